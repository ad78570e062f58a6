//! Pictures by themselves.

use std::time::Duration;

use cattlegrid::challenge::Prompt;
use cattlegrid::challenge::image::{self, Colour, Image, Scale, Seed};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error::Error;
use crate::style::Style;
use crate::text::bounded;

/// A picture of `text` (1 to 64 characters), as a PNG file. The same arguments give the same bytes.
///
/// `seed` is 16 bytes, and secret if the text is. `letter_colours` are the inks of the letters in order, and begin again
/// where they end. The global interpreter lock is released meanwhile.
#[pyfunction]
#[pyo3(signature = (text, style, seed, *, scale = Scaled(Scale::One), letter_colours = None))]
#[pyo3(text_signature = "(text, style, seed, *, scale=1, letter_colours=None)")]
pub(crate) fn draw<'py>(
    py: Python<'py>,
    text: &Bound<'py, PyAny>,
    style: &Bound<'py, Style>,
    seed: &Bound<'py, PyAny>,
    scale: Scaled,
    letter_colours: Option<&Bound<'py, PyAny>>,
) -> Result<Bound<'py, PyBytes>, Error> {
    let sketch = Sketch::of(text, style, seed, letter_colours)?;
    let image = py.detach(|| image::draw(&sketch.prompt, sketch.style(), &sketch.seed, scale.0));
    Ok(PyBytes::new(py, &image.png))
}

/// One PNG file for each letter, all of one size, each with its letter alone where it stands in the whole text.
#[pyfunction]
#[pyo3(signature = (text, style, seed, *, scale = Scaled(Scale::One), letter_colours = None))]
#[pyo3(text_signature = "(text, style, seed, *, scale=1, letter_colours=None)")]
pub(crate) fn frames<'py>(
    py: Python<'py>,
    text: &Bound<'py, PyAny>,
    style: &Bound<'py, Style>,
    seed: &Bound<'py, PyAny>,
    scale: Scaled,
    letter_colours: Option<&Bound<'py, PyAny>>,
) -> Result<Vec<Bound<'py, PyBytes>>, Error> {
    let sketch = Sketch::of(text, style, seed, letter_colours)?;
    let images = py.detach(|| image::frames(&sketch.prompt, sketch.style(), &sketch.seed, scale.0));
    let file = |image: Image| PyBytes::new(py, &image.png);
    Ok(images.into_iter().map(file).collect())
}

/// The `frames` as one GIF file that repeats for ever, each frame for `frame_ms` (20 to 10,000).
#[pyfunction]
#[pyo3(signature = (text, style, seed, *, scale = Scaled(Scale::One), letter_colours = None, frame_ms = Pause(500)))]
#[pyo3(text_signature = "(text, style, seed, *, scale=1, letter_colours=None, frame_ms=500)")]
pub(crate) fn animate<'py>(
    py: Python<'py>,
    text: &Bound<'py, PyAny>,
    style: &Bound<'py, Style>,
    seed: &Bound<'py, PyAny>,
    scale: Scaled,
    letter_colours: Option<&Bound<'py, PyAny>>,
    frame_ms: Pause,
) -> Result<Bound<'py, PyBytes>, Error> {
    let sketch = Sketch::of(text, style, seed, letter_colours)?;
    let each = Duration::from_millis(frame_ms.0);
    let animation =
        py.detach(|| image::animate(&sketch.prompt, sketch.style(), &sketch.seed, scale.0, each));
    Ok(PyBytes::new(py, &animation.gif))
}

/// What is drawn, checked.
struct Sketch<'a> {
    prompt: Prompt,
    style: &'a image::Style,
    coloured: Option<image::Style>,
    seed: Seed,
}

impl<'a> Sketch<'a> {
    fn of(
        text: &Bound<'_, PyAny>,
        style: &'a Bound<'_, Style>,
        seed: &Bound<'_, PyAny>,
        letter_colours: Option<&Bound<'_, PyAny>>,
    ) -> Result<Self, Error> {
        let text = bounded(text, Prompt::MAX_CHARS)
            .filter(|text| !text.is_empty())
            .ok_or_else(|| Error::configuration(&"`text` must be a text of 1 to 64 characters"))?;
        let seed = seed
            .extract()
            .map_err(|_| Error::configuration(&"`seed` must be 16 bytes"))?;
        let style = &style.get().0;
        let colours = letter_colours.map_or(Ok(Vec::new()), read_colours)?;
        Ok(Self {
            prompt: Prompt::lossy(&text),
            style,
            coloured: (!colours.is_empty()).then(|| style.clone().coloured(&colours)),
            seed: Seed::from_bytes(seed),
        })
    }

    fn style(&self) -> &image::Style {
        self.coloured.as_ref().unwrap_or(self.style)
    }
}

fn read_colours(colours: &Bound<'_, PyAny>) -> Result<Vec<Colour>, Error> {
    let colour = |item: PyResult<Bound<'_, PyAny>>| {
        bounded(&item?, 16)
            .unwrap_or_default()
            .parse()
            .map_err(|error| Error::Configuration(format!("`letter_colours`: {error}")))
    };
    // Why no more: no text has more letters.
    colours
        .try_iter()?
        .take(Prompt::MAX_CHARS)
        .map(colour)
        .collect()
}

/// 1 or 2.
#[derive(Clone, Copy)]
pub(crate) struct Scaled(pub(crate) Scale);

impl FromPyObject<'_, '_> for Scaled {
    type Error = Error;

    fn extract(given: Borrowed<'_, '_, PyAny>) -> Result<Self, Error> {
        match given.extract::<u8>() {
            Ok(1) => Ok(Self(Scale::One)),
            Ok(2) => Ok(Self(Scale::Two)),
            _ => Err(Error::configuration(&"`scale` must be 1 or 2")),
        }
    }
}

/// How long a frame is shown, in milliseconds.
#[derive(Clone, Copy)]
pub(crate) struct Pause(u64);

impl FromPyObject<'_, '_> for Pause {
    type Error = Error;

    fn extract(given: Borrowed<'_, '_, PyAny>) -> Result<Self, Error> {
        match given.extract() {
            Ok(pause @ 20..=10_000) => Ok(Self(pause)),
            _ => Err(Error::configuration(
                &"`frame_ms` must be a whole number from 20 to 10000",
            )),
        }
    }
}
