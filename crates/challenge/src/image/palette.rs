use super::canvas::Canvas;
use super::{Background, Colour, Style};

/// A colour of a palette, with its opacity: 0 is transparent, 255 opaque.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) colour: Colour,
    pub(super) alpha: u8,
}

/// A picture of few colours: the background, then one step of coverage in each ink, the next step in each ink, and so
/// on, so that of two inks on a pixel the one that covers more of it has the larger index.
#[derive(Default)]
pub(super) struct Indexed {
    pub(super) palette: Vec<Entry>,
    /// Row by row.
    pub(super) indices: Vec<u8>,
}

impl Indexed {
    /// The bytes that are held.
    pub(super) fn bytes(&self) -> usize {
        self.indices.capacity()
    }

    /// Lays the inks over each other, in as many steps of coverage as the palette has room for.
    pub(super) fn paint(&mut self, canvas: &Canvas, style: &Style) {
        let inks = canvas.layers().count() as u8;
        // Why: up to three inks leave 15, 7 or 5 steps each in the 16 colours that take half a byte.
        let steps = if inks <= 3 { 15 / inks.max(1) } else { 15 };
        self.mix_colours(canvas, style, steps);
        let (width, height) = canvas.size();
        self.indices.clear();
        self.indices.resize(width * height, 0);
        for ((_, coverage), number) in canvas.layers().zip(1..) {
            for (index, &covered) in self.indices.iter_mut().zip(coverage) {
                let step = (u16::from(covered) * u16::from(steps) + 128) >> 8;
                *index = (*index).max((step as u8 * inks + number).saturating_sub(inks));
            }
        }
    }

    fn mix_colours(&mut self, canvas: &Canvas, style: &Style, steps: u8) {
        self.palette.clear();
        self.palette.push(match style.background {
            Background::Colour(colour) => Entry { colour, alpha: 255 },
            Background::Transparent => Entry {
                colour: Colour::WHITE,
                alpha: 0,
            },
        });
        for step in 1..=u32::from(steps) {
            let shades = canvas
                .layers()
                .map(|(ink, _)| shade(style.inks[ink], style.background, step, steps.into()));
            self.palette.extend(shades);
        }
    }
}

fn shade(ink: Colour, background: Background, step: u32, steps: u32) -> Entry {
    match background {
        Background::Colour(colour) => Entry {
            colour: colour.towards(ink, step, steps),
            alpha: 255,
        },
        Background::Transparent => Entry {
            colour: ink,
            alpha: (255 * step / steps) as u8,
        },
    }
}
