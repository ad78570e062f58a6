//! How pictures look.

use cattlegrid::challenge::image::{self, Font, Fonts, Noise, Preset, Size, StyleOptions};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error::Error;
use crate::text::bounded;

/// How pictures look. Lengths are in pixels at scale 1. Immutable, and safe to share between threads.
///
/// `fonts` are contents of TrueType or OpenType files, at most 16; none for those of the preset. `size` is exact, and text
/// that is too large for it shrinks; `at_least` grows where the text needs it; neither is as the preset has it. `rotation`
/// is in degrees clockwise, from and to. Colours are `#rrggbb` or `#rgb`, and `background` may be `transparent`.
/// `noise` is which of the preset's is drawn over the letters: `strokes` (lines and arcs too), `spots` (dots and specks).
///
/// Raises `ConfigurationError` for what is out of bounds; a contrast between letters and background is not asked for.
#[pyclass(frozen, module = "cattlegrid")]
pub(crate) struct Style(pub(crate) image::Style);

const MAX_FONTS: usize = 16;

#[pymethods]
impl Style {
    #[new]
    #[pyo3(signature = (
        preset = None, *, fonts = None, size = None, at_least = None, font_size = None, rotation = None,
        foreground = None, background = None, noise = None, smoothing = None,
    ))]
    #[pyo3(
        text_signature = "(preset='hard', *, fonts=(), size=None, at_least=None, font_size=None, rotation=None, \
                             foreground=None, background=None, noise=('strokes', 'spots'), smoothing=None)"
    )]
    #[allow(clippy::too_many_arguments, reason = "they are keywords in Python")]
    fn new(
        preset: Option<&Bound<'_, PyAny>>,
        fonts: Option<&Bound<'_, PyAny>>,
        size: Option<&Bound<'_, PyAny>>,
        at_least: Option<&Bound<'_, PyAny>>,
        font_size: Option<&Bound<'_, PyAny>>,
        rotation: Option<&Bound<'_, PyAny>>,
        foreground: Option<&Bound<'_, PyAny>>,
        background: Option<&Bound<'_, PyAny>>,
        noise: Option<&Bound<'_, PyAny>>,
        smoothing: Option<bool>,
    ) -> Result<Self, Error> {
        let preset = match preset {
            Some(name) => read_preset(name)?,
            None => Preset::default(),
        };
        let options = StyleOptions {
            preset,
            size: read_size(size, at_least)?,
            font_size: number("font_size", "a number", font_size)?,
            rotation: number("rotation", "two numbers", rotation)?,
            foreground: colour("foreground", foreground)?,
            background: colour("background", background)?,
            smoothing,
            ..StyleOptions::default()
        };
        let fonts = match fonts {
            Some(files) => read_fonts(files)?,
            None => None,
        };
        let style = options.resolve(fonts.unwrap_or_else(|| preset.fonts()))?;
        Ok(Self(match noise {
            Some(names) => style.with_noise(read_noise(names)?),
            None => style,
        }))
    }

    /// The first character of `text` that no font of the style has.
    fn missing(&self, text: &Bound<'_, PyAny>) -> Result<Option<char>, Error> {
        let text = text.str().map_err(Error::from)?;
        Ok(self.0.missing(&text.to_string_lossy()))
    }
}

fn wrong(name: &str, allowed: &str) -> Error {
    Error::Configuration(format!("`{name}` must be {allowed}"))
}

fn read_preset(name: &Bound<'_, PyAny>) -> Result<Preset, Error> {
    let name = bounded(name, 16).unwrap_or_default();
    Preset::ALL
        .into_iter()
        .find(|preset| preset.as_str() == name)
        .ok_or_else(|| wrong("preset", "classic or hard"))
}

/// Which noise is wanted.
fn read_noise(names: &Bound<'_, PyAny>) -> Result<impl Fn(Noise) -> bool + use<>, Error> {
    let not_names = || wrong("noise", "a list of `strokes` and `spots`");
    let names: Vec<String> = names.extract().map_err(|_| not_names())?;
    if !names
        .iter()
        .all(|name| matches!(name.as_str(), "strokes" | "spots"))
    {
        return Err(not_names());
    }
    let wanted = move |name| names.iter().any(|wanted| wanted == name);
    let (strokes, spots) = (wanted("strokes"), wanted("spots"));
    Ok(move |noise: Noise| {
        if noise.is_drawn_along() {
            strokes
        } else {
            spots
        }
    })
}

fn read_size(
    exact: Option<&Bound<'_, PyAny>>,
    at_least: Option<&Bound<'_, PyAny>>,
) -> Result<Option<Size>, Error> {
    const ALLOWED: &str =
        "two whole numbers, a width of 16 to 1000 and a height of 16 to 400 pixels";
    match (
        number("size", ALLOWED, exact)?,
        number("at_least", ALLOWED, at_least)?,
    ) {
        (Some(_), Some(_)) => Err(wrong("size", "left out where `at_least` is given")),
        (Some((width, height)), None) => Ok(Some(Size::Fixed(width, height))),
        (None, Some((width, height))) => Ok(Some(Size::AtLeast(width, height))),
        (None, None) => Ok(None),
    }
}

fn number<'py, T: for<'a> FromPyObject<'a, 'py>>(
    name: &str,
    allowed: &str,
    given: Option<&Bound<'py, PyAny>>,
) -> Result<Option<T>, Error> {
    given
        .map(|given| given.extract().map_err(|_| wrong(name, allowed)))
        .transpose()
}

fn colour<T: std::str::FromStr<Err = impl std::fmt::Display>>(
    name: &str,
    given: Option<&Bound<'_, PyAny>>,
) -> Result<Option<T>, Error> {
    given
        .map(|given| {
            bounded(given, 16)
                .unwrap_or_default()
                .parse()
                .map_err(|error| Error::Configuration(format!("`{name}`: {error}")))
        })
        .transpose()
}

/// The fonts, or nothing if the list is empty.
fn read_fonts(files: &Bound<'_, PyAny>) -> Result<Option<Fonts>, Error> {
    let not_a_list = || {
        wrong(
            "fonts",
            "a list of at most 16 contents of font files, as bytes",
        )
    };
    let files: Vec<Bound<'_, PyBytes>> = files.extract().map_err(|_| not_a_list())?;
    if files.len() > MAX_FONTS {
        return Err(not_a_list());
    }
    if files.is_empty() {
        return Ok(None);
    }
    let fonts = files
        .iter()
        .map(|file| Font::parse(file.as_bytes().to_vec()))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Some(Fonts::new(fonts)?))
}
