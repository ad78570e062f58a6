use simd_adler32::Adler32;

use super::bits::BitWriter;
use super::huffman::Code;

const LITERALS: usize = 286;
const DISTANCES: usize = 30;
const END: usize = 256;

/// Compresses rows of pixels as zlib data (RFC 1950) of one DEFLATE block (RFC 1951).
///
/// It looks for repetition in two places alone, the byte before and the byte above: drawings on an even ground have
/// it nowhere else, and a search for more would take longer than all the rest of a picture.
#[derive(Default)]
pub(super) struct Deflater {
    tokens: Vec<Token>,
}

/// A literal byte, or a length of 3 to 258 with a distance.
#[derive(Clone, Copy)]
struct Token {
    /// 0 for a literal.
    length: u16,
    /// The byte, or 0 for the byte before and 1 for the byte above.
    value: u8,
}

impl Deflater {
    /// The bytes that are held.
    pub(super) fn bytes(&self) -> usize {
        self.tokens.capacity() * size_of::<Token>()
    }

    /// Appends the compressed data to the file. A row is `stride` bytes, at least 2.
    pub(super) fn zlib(&mut self, data: &[u8], stride: usize, file: &mut Vec<u8>) {
        // Deflate with a window of 32 KiB; the number makes the two bytes a multiple of 31.
        file.extend([0x78, 0x01]);
        self.find_repetition(data, stride);
        self.write(stride, file);
        let mut checksum = Adler32::new();
        checksum.write(data);
        file.extend(checksum.finish().to_be_bytes());
    }

    fn find_repetition(&mut self, data: &[u8], stride: usize) {
        self.tokens.clear();
        let mut at = 0;
        while at < data.len() {
            let run = repeated(data, at, 1);
            let above = repeated(data, at, stride);
            let (length, value) = if above > run + 1 { (above, 1) } else { (run, 0) };
            if length < 4 {
                self.tokens.push(Token { length: 0, value: data[at] });
                at += 1;
            } else {
                self.tokens.push(Token { length: length as u16, value });
                at += length;
            }
        }
    }

    fn write(&self, stride: usize, file: &mut Vec<u8>) {
        let distances = [distance(1), distance(stride.min(32_768))];
        let mut literal_counts = [0; LITERALS];
        let mut distance_counts = [0; DISTANCES];
        literal_counts[END] = 1;
        for token in &self.tokens {
            if token.length == 0 {
                literal_counts[usize::from(token.value)] += 1;
            } else {
                literal_counts[length(token.length).symbol] += 1;
                distance_counts[distances[usize::from(token.value)].symbol] += 1;
            }
        }
        let literals = Code::for_counts(&literal_counts, 15);
        let offsets = Code::for_counts(&distance_counts, 15);

        let mut bits = BitWriter::new(file);
        // The last block, with codes of its own.
        bits.put(0b101, 3);
        write_codes(&mut bits, &literals.lengths, &offsets.lengths);
        for token in &self.tokens {
            if token.length == 0 {
                let symbol = usize::from(token.value);
                bits.put(literals.bits[symbol].into(), literals.lengths[symbol].into());
            } else {
                let (length, distance) = (length(token.length), distances[usize::from(token.value)]);
                bits.put(literals.bits[length.symbol].into(), literals.lengths[length.symbol].into());
                bits.put(length.extra, length.extra_bits);
                bits.put(offsets.bits[distance.symbol].into(), offsets.lengths[distance.symbol].into());
                bits.put(distance.extra, distance.extra_bits);
            }
        }
        bits.put(literals.bits[END].into(), literals.lengths[END].into());
        bits.finish();
    }
}

/// How many bytes from `at` on, at most 258, are as those `distance` before them.
fn repeated(data: &[u8], at: usize, distance: usize) -> usize {
    if distance > at || distance > 32_768 {
        return 0;
    }
    let ahead = data[at..].iter().take(258);
    ahead.zip(&data[at - distance..]).take_while(|(a, b)| a == b).count()
}

/// A length or distance as DEFLATE writes it.
#[derive(Clone, Copy)]
struct Coded {
    symbol: usize,
    extra: u32,
    extra_bits: u32,
}

/// RFC 1951, section 3.2.5: lengths in eighths of powers of two.
fn length(length: u16) -> Coded {
    match length {
        258 => Coded { symbol: 285, extra: 0, extra_bits: 0 },
        _ => {
            let coded = stepped(u32::from(length) - 3, 4);
            Coded { symbol: coded.symbol + 257, ..coded }
        }
    }
}

/// RFC 1951, section 3.2.5: distances in halves of powers of two.
fn distance(distance: usize) -> Coded {
    stepped(distance as u32 - 1, 2)
}

/// Numbers in steps that double in width every `steps` (a power of two) symbols, after the first twice as many.
fn stepped(number: u32, steps: u32) -> Coded {
    let extra_bits = (number / steps).checked_ilog2().unwrap_or(0);
    let symbol = extra_bits * steps + (number >> extra_bits);
    Coded { symbol: symbol as usize, extra: number & ((1 << extra_bits) - 1), extra_bits }
}

/// Writes both codes' lengths (RFC 1951, section 3.2.7).
fn write_codes(bits: &mut BitWriter<'_>, literals: &[u8; LITERALS], distances: &[u8; DISTANCES]) {
    const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
    let used = |lengths: &[u8]| lengths.iter().rposition(|&length| length > 0).map_or(0, |last| last + 1);
    let (literals, distances) = (&literals[..used(literals).max(257)], &distances[..used(distances).max(1)]);
    let runs = runs(literals.iter().chain(distances).copied());
    let mut counts = [0; 19];
    for run in &runs {
        counts[run.symbol] += 1;
    }
    let code = Code::for_counts(&counts, 7);
    let shown = ORDER.iter().rposition(|&symbol| code.lengths[symbol] > 0).map_or(4, |last| (last + 1).max(4));
    bits.put(literals.len() as u32 - 257, 5);
    bits.put(distances.len() as u32 - 1, 5);
    bits.put(shown as u32 - 4, 4);
    for &symbol in &ORDER[..shown] {
        bits.put(code.lengths[symbol].into(), 3);
    }
    for run in runs {
        bits.put(code.bits[run.symbol].into(), code.lengths[run.symbol].into());
        bits.put(run.extra, run.extra_bits);
    }
}

/// Lengths as they are, or as repetitions: 16 of the one before, 17 and 18 of zeros.
fn runs(lengths: impl Iterator<Item = u8>) -> Vec<Coded> {
    let lengths: Vec<u8> = lengths.collect();
    let mut runs = Vec::with_capacity(lengths.len());
    for same in lengths.chunk_by(|a, b| a == b) {
        let value = same[0];
        let mut left = same.len() as u32;
        if value > 0 {
            runs.push(Coded { symbol: value.into(), extra: 0, extra_bits: 0 });
            left -= 1;
        }
        while left > 0 {
            let (symbol, taken, least, extra_bits) = match (value, left) {
                (_, 1..=2) => (usize::from(value), 1, 1, 0),
                (0, 3..=10) => (17, left, 3, 3),
                (0, _) => (18, left.min(138), 11, 7),
                (_, _) => (16, left.min(6), 3, 2),
            };
            runs.push(Coded { symbol, extra: taken - least, extra_bits });
            left -= taken;
        }
    }
    runs
}
