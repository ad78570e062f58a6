//! Writes pictures that follow each other as GIF (version 89a).

use std::borrow::Cow;
use std::time::Duration;

use gif::{DisposalMethod, Encoder, EncodingError, Frame, Repeat};

use super::palette::{Entry, Indexed};

/// One picture of an animation.
pub(super) struct Still {
    /// Red, green and blue of each colour.
    palette: Vec<u8>,
    indices: Vec<u8>,
    /// The colour that is none.
    transparent: Option<u8>,
}

impl Still {
    pub(super) fn of(picture: &Indexed) -> Self {
        // Why: a GIF's pixels are opaque or not there at all.
        let shown = |index: u8| match picture.palette.get(usize::from(index)) {
            Some(Entry { alpha, .. }) if *alpha < 128 => 0,
            _ => index,
        };
        let transparent = picture
            .palette
            .first()
            .is_some_and(|entry| entry.alpha == 0);
        Self {
            palette: picture
                .palette
                .iter()
                .flat_map(|Entry { colour, .. }| [colour.red, colour.green, colour.blue])
                .collect(),
            indices: picture.indices.iter().map(|&index| shown(index)).collect(),
            transparent: transparent.then_some(0),
        }
    }
}

/// A GIF file of the pictures, which are of the same size, at most 65,535 pixels each way. It repeats for ever.
pub(super) fn encode(width: usize, height: usize, stills: &[Still], each: Duration) -> Vec<u8> {
    let mut file = Vec::new();
    let written = write(&mut file, width as u16, height as u16, stills, each);
    // Why: writing into memory does not fail, and neither does what the picture's bounds allow.
    debug_assert!(written.is_ok());
    file
}

fn write(
    file: &mut Vec<u8>,
    width: u16,
    height: u16,
    stills: &[Still],
    each: Duration,
) -> Result<(), EncodingError> {
    let mut encoder = Encoder::new(file, width, height, &[])?;
    encoder.set_repeat(Repeat::Infinite)?;
    for still in stills {
        encoder.write_frame(&Frame {
            delay: (each.as_millis() / 10).clamp(2, 1000) as u16,
            dispose: DisposalMethod::Background,
            transparent: still.transparent,
            width,
            height,
            palette: Some(still.palette.clone()),
            buffer: Cow::Borrowed(&still.indices),
            ..Frame::default()
        })?;
    }
    Ok(())
}
