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
        let height = indices.len() / width;
        let depth = depth(palette.len());
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
            data.extend(palette.iter().flat_map(|e| [e.colour.red, e.colour.green, e.colour.blue]));
        });
        if let Some(last) = palette.iter().rposition(|entry| entry.alpha < 255) {
            chunk(&mut file, *b"tRNS", |data| data.extend(palette[..=last].iter().map(|entry| entry.alpha)));
        }
        let stride = self.rows.len() / height.max(1);
        chunk(&mut file, *b"IDAT", |data| self.deflater.zlib(&self.rows, stride, data));
        chunk(&mut file, *b"IEND", |_| ());
        file
    }

    /// Packs each row's indices into bytes, the leftmost in the highest bits, behind a filter byte of zero.
    fn pack(&mut self, width: usize, depth: usize, indices: &[u8]) {
        let per_byte = 8 / depth;
        self.rows.clear();
        for row in indices.chunks_exact(width) {
            self.rows.push(0);
            let bytes = row.chunks(per_byte).map(|pixels| {
                let packed = pixels.iter().fold(0, |byte, &index| if depth == 8 { index } else { byte << depth | index });
                packed << (depth * (per_byte - pixels.len()))
            });
            self.rows.extend(bytes);
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
