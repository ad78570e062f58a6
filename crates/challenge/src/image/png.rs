//! Writes pictures of at most 256 colours as PNG (W3C, third edition), as small as they allow.

mod bits;
mod deflate;
mod huffman;

use super::palette::Entry;
use deflate::Deflater;

/// Writes PNG files, keeping its buffers from one to the next.
#[derive(Default)]
pub(super) struct Encoder {
    rows: Vec<u8>,
    deflater: Deflater,
}

impl Encoder {
    const SIGNATURE: [u8; 8] = [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];

    /// The bytes that are held.
    pub(super) fn bytes(&self) -> usize {
        self.rows.capacity() + self.deflater.bytes()
    }

    /// A PNG file of the picture whose rows of `width` indices follow each other. The palette has 1 to 256 entries,
    /// and every index is one of them.
    pub(super) fn encode(&mut self, width: usize, palette: &[Entry], indices: &[u8]) -> Vec<u8> {
        let (depth, height) = (depth(palette.len()), indices.len() / width);
        let stride = 1 + (width * depth).div_ceil(8);
        self.pack(width, depth, indices);

        let mut file = Vec::with_capacity(self.rows.len() / 2 + 128);
        file.extend(Self::SIGNATURE);
        chunk(&mut file, *b"IHDR", |data| {
            data.extend((width as u32).to_be_bytes());
            data.extend((height as u32).to_be_bytes());
            // Colour type 3: a palette. Then the only compression, the only filter method, and no interlacing.
            data.extend([depth as u8, 3, 0, 0, 0]);
        });
        chunk(&mut file, *b"PLTE", |data| {
            data.extend(
                palette
                    .iter()
                    .flat_map(|e| [e.colour.red, e.colour.green, e.colour.blue]),
            );
        });
        if let Some(last) = palette.iter().rposition(|entry| entry.alpha < 255) {
            chunk(&mut file, *b"tRNS", |data| {
                data.extend(palette[..=last].iter().map(|entry| entry.alpha));
            });
        }
        chunk(&mut file, *b"IDAT", |data| {
            self.deflater.zlib(&self.rows, stride, data);
        });
        chunk(&mut file, *b"IEND", |_| ());
        file
    }

    /// Packs each row's indices into bytes, the leftmost in the highest bits, behind a filter byte of zero.
    fn pack(&mut self, width: usize, depth: usize, indices: &[u8]) {
        self.rows.clear();
        for row in indices.chunks_exact(width) {
            self.rows.push(0);
            match depth {
                8 => self.rows.extend(row),
                4 => {
                    let (pairs, last) = row.as_chunks::<2>();
                    let begin = self.rows.len();
                    self.rows.resize(begin + pairs.len(), 0);
                    for (byte, &pair) in self.rows[begin..].iter_mut().zip(pairs) {
                        // Why as one number: so the compiler sees that it can do many at once.
                        let pair = u16::from_le_bytes(pair);
                        *byte = (pair << 4 | pair >> 8) as u8;
                    }
                    self.rows.extend(last.iter().map(|index| index << 4));
                }
                _ => self.rows.extend(row.chunks(8 / depth).map(|pixels| {
                    let packed = pixels.iter().fold(0, |byte, index| byte << depth | index);
                    packed << (depth * (8 / depth - pixels.len()))
                })),
            }
        }
    }
}

/// The bits for an index into so many colours.
fn depth(colours: usize) -> usize {
    match colours {
        0..=2 => 1,
        3..=4 => 2,
        5..=16 => 4,
        _ => 8,
    }
}

/// Writes a chunk: length, name, data, checksum of the last two.
fn chunk(file: &mut Vec<u8>, name: [u8; 4], write: impl FnOnce(&mut Vec<u8>)) {
    let begin = file.len();
    file.extend([0; 4]);
    file.extend(name);
    write(file);
    let length = (file.len() - begin - 8) as u32;
    file[begin..begin + 4].copy_from_slice(&length.to_be_bytes());
    let checksum = crc32fast::hash(&file[begin + 4..]);
    file.extend(checksum.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Colour;
    use super::*;

    fn decoded(file: &[u8]) -> (png::Info<'static>, Vec<u8>) {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
        decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::ALPHA);
        let mut reader = decoder.read_info().unwrap();
        let mut rgba = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut rgba).unwrap();
        reader.finish().unwrap();
        (reader.info().clone(), rgba)
    }

    fn check(encoder: &mut Encoder, width: usize, palette: &[Entry], indices: &[u8]) -> Vec<u8> {
        let file = encoder.encode(width, palette, indices);
        let (info, rgba) = decoded(&file);
        assert_eq!(
            (info.width as usize, info.height as usize),
            (width, indices.len() / width)
        );
        let expected: Vec<u8> = indices
            .iter()
            .flat_map(|&index| {
                let Entry { colour, alpha } = palette[usize::from(index)];
                [colour.red, colour.green, colour.blue, alpha]
            })
            .collect();
        assert!(rgba == expected, "another picture came back");
        file
    }

    fn palette(colours: usize) -> Vec<Entry> {
        let entry = |number: u32| Entry {
            colour: Colour::rgb(number * 0x01_03_07),
            alpha: (number * 37) as u8,
        };
        (0..colours as u32).map(entry).collect()
    }

    /// Noise, with even parts and repeated rows so that every kind of repetition is met.
    fn picture() -> impl Strategy<Value = (usize, usize, Vec<u8>)> {
        (1_usize..=256, 1_usize..300, 1_usize..40).prop_flat_map(|(colours, width, height)| {
            let row = prop::collection::vec((0..colours, 1_usize..80), 1..60);
            let rows = prop::collection::vec((row, 1_usize..4), 1..=height);
            rows.prop_map(move |rows| {
                let mut indices = Vec::new();
                for (runs, times) in rows {
                    let pixels = runs
                        .iter()
                        .flat_map(|&(index, length)| std::iter::repeat_n(index as u8, length));
                    let row: Vec<u8> = pixels.chain(std::iter::repeat(0)).take(width).collect();
                    indices.extend(row.repeat(times));
                }
                (colours, width, indices)
            })
        })
    }

    proptest! {
        #[test]
        fn a_decoder_sees_what_was_encoded((colours, width, indices) in picture()) {
            check(&mut Encoder::default(), width, &palette(colours), &indices);
        }
    }

    #[test]
    fn buffers_are_used_again() {
        let mut encoder = Encoder::default();
        for (colours, width) in [(256, 100), (2, 9), (16, 101), (4, 3), (1, 1)] {
            let indices: Vec<u8> = (0..width * 7).map(|at| (at * at % colours) as u8).collect();
            check(&mut encoder, width, &palette(colours), &indices);
        }
    }

    #[test]
    fn every_number_of_colours_takes_the_fewest_bits() {
        for (colours, bits) in [
            (1, 1),
            (2, 1),
            (3, 2),
            (4, 2),
            (5, 4),
            (16, 4),
            (17, 8),
            (256, 8),
        ] {
            let file = check(&mut Encoder::default(), 5, &palette(colours), &[0; 35]);
            assert_eq!(file[24], bits, "{colours} colours");
        }
    }

    #[test]
    fn an_empty_picture_takes_next_to_nothing() {
        let file = check(
            &mut Encoder::default(),
            2000,
            &palette(2),
            &vec![0; 2000 * 800],
        );
        assert!(file.len() < 1000, "{} bytes", file.len());
    }
}
