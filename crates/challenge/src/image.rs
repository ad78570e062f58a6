//! Pictures of prompts: vector outlines, bent and scattered by a seed, as small PNG files.
//!
//! A picture is drawn in one pass through these modules, each of which knows nothing of the later ones:
//! `font` gives outlines, `layout` sets them in a line and bends it, `noise` adds strokes and dots, `raster` turns
//! outlines into coverage, `palette` turns coverage into few colours, and `png` writes those.

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
        f.debug_struct("Image").field("width", &self.width).field("height", &self.height).finish_non_exhaustive()
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
    encoder: Encoder,
}

impl Studio {
    /// The most bytes to keep between pictures.
    const KEPT_BYTES: usize = 4 << 20;

    fn draw(&mut self, prompt: &Prompt, style: &Style, seed: &Seed, scale: Scale) -> Image {
        self.line.set(prompt.as_str(), style, &mut Dice::for_letters(seed));
        let frame = self.line.fit(style);
        let inks = style.inks.len();
        self.canvas.clear(frame.width, frame.height, inks, scale);
        self.line.draw(&mut self.canvas);
        noise::draw(style, &self.line, &frame, &mut Dice::for_noise(seed), &mut self.canvas);
        self.canvas.develop(style.smoothing);
        let picture = palette::paint(&self.canvas, style);
        let (width, height) = self.canvas.size();
        let png = self.encoder.encode(width, &picture.palette, &picture.indices);
        Image { png, width: width as u32, height: height as u32 }
    }

    fn tidy(&mut self) {
        if self.canvas.bytes() + self.encoder.bytes() > Self::KEPT_BYTES {
            *self = Self::default();
        }
    }
}
