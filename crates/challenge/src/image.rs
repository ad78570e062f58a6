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
//! 6. `png` writes them with as few bits for each pixel as the colours need, and codes made for the one picture.
//!
//! All that is random comes from the [`Seed`], letters and noise from a stream each. No step uses a function whose
//! result the platform may choose, so the bytes are the same everywhere.
//!
//! A picture slows down whoever has to train a machine on it. It does not stop one that is trained.

mod canvas;
mod colour;
mod dice;
mod font;
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

pub use colour::{Background, Colour};
pub use font::{Font, Fonts};
pub use noise::Noise;
pub use seed::Seed;
pub use style::{Preset, Size, Style, StyleOptions};

use crate::Prompt;
use canvas::Canvas;
use dice::Dice;
use layout::Line;
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

/// Draws the prompt.
///
/// The bytes follow from the arguments alone, and are the same on every machine. A character that none of the style's
/// fonts has is drawn as the first font's box for that: check with [`Fonts::missing`] beforehand.
pub fn draw(prompt: &Prompt, style: &Style, seed: &Seed, scale: Scale) -> Image {
    thread_local! {
        static STUDIO: RefCell<Studio> = RefCell::default();
    }
    STUDIO.with_borrow_mut(|studio| {
        let image = studio.draw(prompt, style, seed, scale);
        studio.tidy();
        image
    })
}

/// The buffers that one thread draws with, kept from picture to picture.
#[derive(Default)]
struct Studio {
    line: Line,
    canvas: Canvas,
    picture: Indexed,
    encoder: Encoder,
}

impl Studio {
    /// The most bytes to keep between pictures.
    const KEPT_BYTES: usize = 4 << 20;

    fn draw(&mut self, prompt: &Prompt, style: &Style, seed: &Seed, scale: Scale) -> Image {
        let mut dice = Dice::for_letters(seed);
        self.line.set(prompt.as_str(), style, &mut dice);
        let frame = self.line.fit(style, &mut dice);
        let inks = style.inks.len();
        self.canvas.clear(frame.width, frame.height, inks, scale);
        self.line.draw(&mut self.canvas);
        noise::draw(
            style,
            &self.line,
            &frame,
            &mut Dice::for_noise(seed),
            &mut self.canvas,
        );
        self.canvas.develop(style.smoothing);
        self.picture.paint(&self.canvas, style);
        let (width, height) = self.canvas.size();
        let png = self
            .encoder
            .encode(width, &self.picture.palette, &self.picture.indices);
        Image {
            png,
            width: width as u32,
            height: height as u32,
        }
    }

    fn tidy(&mut self) {
        if self.canvas.bytes() + self.picture.bytes() + self.encoder.bytes() > Self::KEPT_BYTES {
            *self = Self::default();
        }
    }
}
