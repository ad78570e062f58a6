use super::canvas::Canvas;
use super::{Background, Colour};

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
    inks: u8,
    steps: u8,
}

impl Indexed {
    /// The bytes that are held.
    pub(super) fn bytes(&self) -> usize {
        self.indices.capacity()
    }

    /// Begins a picture of `pixels` pixels in these inks, at most 64 of them, with as many steps of coverage as the palette
    /// has room for.
    pub(super) fn clear(&mut self, pixels: usize, inks: &[Colour], background: Background) {
        self.inks = inks.len() as u8;
        self.steps = match self.inks {
            // Why: up to three inks leave 15, 7 or 5 steps each in the 16 colours that take half a byte.
            0..=3 => 15 / self.inks.max(1),
            4..=17 => 15,
            more => 255 / more,
        };
        self.mix_colours(inks, background);
        self.indices.clear();
        self.indices.resize(pixels, 0);
    }

    /// Lays what was drawn over what is there.
    pub(super) fn lay(&mut self, canvas: &Canvas) {
        let (inks, steps) = (self.inks, u16::from(self.steps));
        for (ink, coverage) in canvas.layers() {
            let others = inks - 1 - ink as u8;
            for (index, &covered) in self.indices.iter_mut().zip(coverage) {
                let step = (u16::from(covered) * steps + 128) >> 8;
                *index = (*index).max((step as u8 * inks).saturating_sub(others));
            }
        }
    }

    fn mix_colours(&mut self, inks: &[Colour], background: Background) {
        self.palette.clear();
        self.palette.push(match background {
            Background::Colour(colour) => Entry { colour, alpha: 255 },
            Background::Transparent => Entry {
                colour: Colour::WHITE,
                alpha: 0,
            },
        });
        let steps = u32::from(self.steps);
        for step in 1..=steps {
            let shades = inks.iter().map(|&ink| shade(ink, background, step, steps));
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
