use super::canvas::Canvas;
use super::{Background, Colour, Style};

/// A colour of a palette, with its opacity: 0 is transparent, 255 opaque.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) colour: Colour,
    pub(super) alpha: u8,
}

/// A picture of few colours. Colour 0 is the background.
pub(super) struct Indexed {
    pub(super) palette: Vec<Entry>,
    pub(super) indices: Vec<u8>,
}

/// Lays the inks over each other, in as many steps of coverage as the palette has room for.
pub(super) fn paint(canvas: &Canvas, style: &Style) -> Indexed {
    let layers: Vec<_> = canvas.layers().collect();
    // Why: up to three inks leave 15, 7 or 5 steps each in the 16 colours that take half a byte.
    let steps = if layers.len() <= 3 { 15 / layers.len().max(1) as u32 } else { 15 };
    let mut palette = vec![background(style.background)];
    for &(ink, _) in &layers {
        palette.extend((1..=steps).map(|step| shade(style.inks[ink], style.background, step, steps)));
    }
    let (width, height) = canvas.size();
    let mut indices = vec![0; width * height];
    let mut deepest = vec![0; width * height];
    for (place, (_, coverage)) in layers.iter().enumerate() {
        let base = (place as u32 * steps) as u8;
        for ((index, deepest), &covered) in indices.iter_mut().zip(&mut deepest).zip(*coverage) {
            let step = ((u32::from(covered) * steps + 127) / 255) as u8;
            if step > *deepest {
                *deepest = step;
                *index = base + step;
            }
        }
    }
    Indexed { palette, indices }
}

fn background(background: Background) -> Entry {
    match background {
        Background::Colour(colour) => Entry { colour, alpha: 255 },
        Background::Transparent => Entry { colour: Colour::WHITE, alpha: 0 },
    }
}

fn shade(ink: Colour, background: Background, step: u32, steps: u32) -> Entry {
    match background {
        Background::Colour(colour) => Entry { colour: colour.towards(ink, step, steps), alpha: 255 },
        Background::Transparent => Entry { colour: ink, alpha: (255 * step / steps) as u8 },
    }
}
