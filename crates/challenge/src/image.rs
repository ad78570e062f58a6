//! Pictures of prompts: vector outlines, bent and scattered by a seed, as small PNG files.
//!
//! A picture is made in steps, each a module that knows nothing of the later ones:
//!
//! 1. `font` and `outline` flatten a glyph's curves into polygons, once for each glyph. Only outlines are kept, never
//!    bitmaps: no two letters of any two pictures have the same pixels.
//! 2. `layout` gives each letter its font, size, turn, lean, place and ink, sets it close to the shape of the letter
//!    before it, and `warp` bends the line by moving the points of the outlines. All letters are then fitted into the
//!    picture, so none is ever clipped.
//! 3. `noise` adds strokes and dots in the inks of the letters, so that no colour tells them apart.
//! 4. `canvas` turns outlines into exact coverage of pixels, one layer for each ink.
//! 5. `palette` lays the layers over each other in at most 16 colours where three inks or fewer are used.
//! 6. `png` writes them with as few bits for each pixel as the colours need, and codes made for the one picture; `gif`
//!    writes those that follow each other.
//!
//! All that is random comes from the [`Seed`], letters and noise from a stream each. No step uses a function whose
//! result the platform may choose, so the bytes are the same everywhere.
//!
//! A picture slows down whoever has to train a machine on it. It does not stop one that is trained.

mod canvas;
mod colour;
mod dice;
mod font;
mod gif;
mod layout;
mod noise;
mod outline;
mod palette;
mod png;
mod seed;
mod style;
mod warp;

use std::cell::RefCell;
use std::fmt;
use std::time::Duration;

pub use colour::{Background, Colour};
pub use font::{Font, Fonts};
pub use noise::Noise;
pub use seed::Seed;
pub use style::{Preset, Size, Style, StyleOptions};

use crate::Prompt;
use canvas::Canvas;
use dice::Dice;
use gif::Still;
use layout::{Frame, Line};
use palette::Indexed;
use png::Encoder;

/// How many pixels of the file stand for one pixel of the style.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Scale {
    /// One: the size that the style says.
    #[default]
    One,
    /// Two each way: the same drawing at twice the size, for screens with small pixels.
    Two,
}

impl Scale {
    /// The factor: 1 or 2.
    pub fn factor(self) -> u32 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }
}

/// A picture. `Debug` shows its size alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Image {
    /// The file's bytes, `image/png`.
    pub png: Vec<u8>,
    /// In pixels of the file.
    pub width: u32,
    /// In pixels of the file.
    pub height: u32,
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Image")
            .field("width", &self.width)
            .field("height", &self.height)
            .finish_non_exhaustive()
    }
}

/// Pictures that follow each other for ever. `Debug` shows their size alone.
#[derive(Clone, PartialEq, Eq)]
pub struct Animation {
    /// The file's bytes, `image/gif`.
    pub gif: Vec<u8>,
    /// In pixels of the file.
    pub width: u32,
    /// In pixels of the file.
    pub height: u32,
}

impl fmt::Debug for Animation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Animation")
            .field("width", &self.width)
            .field("height", &self.height)
            .finish_non_exhaustive()
    }
}

/// Draws the prompt.
///
/// The bytes follow from the arguments alone, and are the same on every machine. A character that none of the style's
/// fonts has is drawn as the first font's box for that: check with [`Fonts::missing`] beforehand.
pub fn draw(prompt: &Prompt, style: &Style, seed: &Seed, scale: Scale) -> Image {
    at_work(|studio| {
        let frame = studio.line.compose(prompt, style, seed);
        let noise = || Dice::for_noise(seed);
        studio
            .easel
            .paint(&studio.line, &frame, style, scale, noise);
        studio.easel.png()
    })
}

/// Draws the prompt as one picture for each letter, all of one size, each with its letter alone where it stands in the
/// whole, under noise of its own.
///
/// Spaces have no picture; a prompt of nothing else has one, without a letter.
pub fn frames(prompt: &Prompt, style: &Style, seed: &Seed, scale: Scale) -> Vec<Image> {
    at_work(|studio| studio.each_letter(prompt, style, seed, scale, Easel::png))
}

/// Draws the [`frames`] into one file, in which each is shown for `each`: 20 milliseconds to 10 seconds, in steps of 10
/// milliseconds. Where the background is transparent, the edges of letters are not smooth: GIF has no such colours.
pub fn animate(
    prompt: &Prompt,
    style: &Style,
    seed: &Seed,
    scale: Scale,
    each: Duration,
) -> Animation {
    at_work(|studio| {
        let stills = studio.each_letter(prompt, style, seed, scale, Easel::still);
        let (width, height) = studio.easel.canvas.size();
        Animation {
            gif: gif::encode(width, height, &stills, each),
            width: width as u32,
            height: height as u32,
        }
    })
}

/// Works with this thread's studio, and leaves it tidy.
fn at_work<T>(work: impl FnOnce(&mut Studio) -> T) -> T {
    thread_local! {
        static STUDIO: RefCell<Studio> = RefCell::default();
    }
    STUDIO.with_borrow_mut(|studio| {
        let done = work(studio);
        if studio.easel.bytes() > Easel::KEPT_BYTES {
            *studio = Studio::default();
        }
        done
    })
}

/// The buffers that one thread draws with, kept from picture to picture.
#[derive(Default)]
struct Studio {
    line: Line,
    easel: Easel,
}

impl Studio {
    /// Paints one picture for each letter, and takes from the easel what `take` takes.
    fn each_letter<T>(
        &mut self,
        prompt: &Prompt,
        style: &Style,
        seed: &Seed,
        scale: Scale,
        take: impl Fn(&mut Easel) -> T,
    ) -> Vec<T> {
        let frame = self.line.compose(prompt, style, seed);
        let mut letters = self.line.letters();
        if letters.is_empty() {
            letters.push(std::mem::take(&mut self.line));
        }
        let painted = letters.iter().enumerate().map(|(number, letter)| {
            let noise = || Dice::for_noise_of_frame(seed, number);
            self.easel.paint(letter, &frame, style, scale, noise);
            take(&mut self.easel)
        });
        painted.collect()
    }
}

/// Where one picture is painted and written.
#[derive(Default)]
struct Easel {
    canvas: Canvas,
    picture: Indexed,
    encoder: Encoder,
}

impl Easel {
    /// The most bytes to keep between pictures.
    const KEPT_BYTES: usize = 4 << 20;

    fn bytes(&self) -> usize {
        self.canvas.bytes() + self.picture.bytes() + self.encoder.bytes()
    }

    fn paint(
        &mut self,
        line: &Line,
        frame: &Frame,
        style: &Style,
        scale: Scale,
        noise: impl Fn() -> Dice,
    ) {
        let inks = line.inks();
        self.picture
            .clear(frame.pixels(scale), inks, style.background);
        // Why from the beginning each time: whoever draws a few inks at a time needs no more memory for many.
        for first in (0..inks.len()).step_by(Canvas::INKS) {
            let inks = first..inks.len().min(first + Canvas::INKS);
            self.canvas.clear(frame.width, frame.height, &inks, scale);
            line.draw(&mut self.canvas);
            noise::draw(style, line, frame, &mut noise(), &mut self.canvas);
            self.canvas.develop(style.smoothing);
            self.picture.lay(&self.canvas);
        }
    }

    fn png(&mut self) -> Image {
        let (width, height) = self.canvas.size();
        let Indexed {
            palette, indices, ..
        } = &self.picture;
        Image {
            png: self.encoder.encode(width, palette, indices),
            width: width as u32,
            height: height as u32,
        }
    }

    fn still(&mut self) -> Still {
        Still::of(&self.picture)
    }
}
