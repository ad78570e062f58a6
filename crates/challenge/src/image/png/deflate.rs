use simd_adler32::Adler32;

use super::bits::{BitWriter, Word};
use super::huffman::{Code, Coded};

const LITERALS: usize = 286;
const DISTANCES: usize = 30;
const END: usize = 256;
/// The shortest repetition that is written as one: shorter ones take more bits than the bytes do.
const SHORTEST: usize = 4;
/// How far back a repetition may be.
const WINDOW: usize = 32_768;

/// Compresses rows of pixels as zlib data (RFC 1950) of one DEFLATE block (RFC 1951).
///
/// It looks for repetition in two places alone, the byte before and the byte above: drawings on an even ground have
/// it nowhere else, and a search for more would take longer than all the rest of a picture.
#[derive(Default)]
pub(super) struct Deflater {
    tokens: Vec<Token>,
    bits: BitWriter,
}

/// What stands for the next bytes.
#[derive(Clone, Copy)]
enum Token {
    /// So many bytes are written as they are.
    Literals(usize),
    /// So many bytes, 4 to 258, are each as another before them.
    Repeat(usize, Source),
}

/// Where a repetition is from.
#[derive(Clone, Copy)]
enum Source {
    /// The byte before.
    Left,
    /// The byte in the row above.
    Above,
}

impl Deflater {
    /// The bytes that are held.
    pub(super) fn bytes(&self) -> usize {
        self.tokens.capacity() * size_of::<Token>() + self.bits.held()
    }

    /// Appends the compressed data to the file. A row is `stride` bytes, at least 2.
    pub(super) fn zlib(&mut self, data: &[u8], stride: usize, file: &mut Vec<u8>) {
        // Deflate with a window of 32 KiB; the second number makes the two bytes a multiple of 31.
        file.extend([0x78, 0x01]);
        self.find_repetition(data, stride);
        self.write(data, stride);
        file.extend(self.bits.bytes());
        let mut checksum = Adler32::new();
        checksum.write(data);
        file.extend(checksum.finish().to_be_bytes());
    }

    fn find_repetition(&mut self, data: &[u8], stride: usize) {
        self.tokens.clear();
        let (mut at, mut told) = (0, 0);
        while at < data.len() {
            let run = repeated(data, at, 1);
            let above = repeated(data, at, stride);
            // The byte before takes fewer bits to name.
            let (bytes, from) = if above > run + 1 {
                (above, Source::Above)
            } else {
                (run, Source::Left)
            };
            if bytes == 0 {
                at += 1;
                continue;
            }
            if told < at {
                self.tokens.push(Token::Literals(at - told));
            }
            self.tokens.push(Token::Repeat(bytes, from));
            at += bytes;
            told = at;
        }
        if told < at {
            self.tokens.push(Token::Literals(at - told));
        }
    }

    /// Writes the block: codes made for the tokens' counts, then the tokens in them.
    fn write(&mut self, data: &[u8], stride: usize) {
        let distances = [distance(1), distance(stride.min(WINDOW))];
        let counts = Counts::of(&self.tokens, data, distances);
        let literal_code = Code::for_counts(&counts.literals, 15);
        let distance_code = Code::for_counts(&counts.distances, 15);
        let distances = distances.map(|distance| distance_code.word(distance));

        // Of the codes' lengths there is at most one word for each symbol, and a few before them.
        self.bits.begin(data.len() + LITERALS + DISTANCES + 32);
        // The last block, with codes of its own.
        self.bits.put(Word {
            bits: 0b101,
            count: 3,
        });
        write_codes(&mut self.bits, &literal_code, &distance_code);
        let mut rest = data;
        for &token in &self.tokens {
            match token {
                Token::Literals(bytes) => {
                    // Two codes of at most 15 bits fit in one word.
                    let (pairs, last) = rest[..bytes].as_chunks::<2>();
                    for &[first, second] in pairs {
                        let second = literal_code.symbol(second.into());
                        self.bits
                            .put(literal_code.symbol(first.into()).then(second));
                    }
                    for &byte in last {
                        self.bits.put(literal_code.symbol(byte.into()));
                    }
                }
                Token::Repeat(bytes, from) => {
                    self.bits.put(literal_code.word(length(bytes)));
                    self.bits.put(distances[from as usize]);
                }
            }
            rest = &rest[token.bytes()..];
        }
        self.bits.put(literal_code.symbol(END));
    }
}

impl Token {
    /// How many bytes it stands for.
    fn bytes(self) -> usize {
        match self {
            Self::Literals(bytes) | Self::Repeat(bytes, _) => bytes,
        }
    }
}

/// How often each symbol is used.
struct Counts {
    literals: [u32; LITERALS],
    distances: [u32; DISTANCES],
}

impl Counts {
    fn of(tokens: &[Token], data: &[u8], distances: [Coded; 2]) -> Self {
        let mut counts = Self {
            literals: [0; LITERALS],
            distances: [0; DISTANCES],
        };
        counts.literals[END] = 1;
        let mut rest = data;
        for &token in tokens {
            match token {
                Token::Literals(bytes) => {
                    for &byte in &rest[..bytes] {
                        counts.literals[usize::from(byte)] += 1;
                    }
                }
                Token::Repeat(bytes, from) => {
                    counts.literals[length(bytes).symbol] += 1;
                    counts.distances[distances[from as usize].symbol] += 1;
                }
            }
            rest = &rest[token.bytes()..];
        }
        counts
    }
}

/// How many bytes from `at` on, at most 258, are as those `distance` before them; 0 if too few to be worth it.
#[inline]
fn repeated(data: &[u8], at: usize, distance: usize) -> usize {
    let begin = |at: usize| {
        data.get(at..at + SHORTEST)
            .and_then(|bytes| bytes.first_chunk::<SHORTEST>())
    };
    match (begin(at), at.checked_sub(distance).and_then(begin)) {
        (Some(ahead), Some(before)) if ahead == before && distance <= WINDOW => {
            same(&data[at..data.len().min(at + 258)], &data[at - distance..])
        }
        _ => 0,
    }
}

/// How many bytes are the same at the beginning of both.
#[inline(never)]
fn same(ahead: &[u8], before: &[u8]) -> usize {
    let words = ahead
        .as_chunks::<8>()
        .0
        .iter()
        .zip(before.as_chunks::<8>().0);
    let mut same = 0;
    for (a, b) in words {
        let differing = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if differing != 0 {
            return same + differing.trailing_zeros() as usize / 8;
        }
        same += 8;
    }
    same + ahead[same..]
        .iter()
        .zip(&before[same..])
        .take_while(|(a, b)| a == b)
        .count()
}

/// RFC 1951, section 3.2.5: lengths in eighths of powers of two.
fn length(length: usize) -> Coded {
    if length == 258 {
        return Coded {
            symbol: 285,
            extra: 0,
            extra_bits: 0,
        };
    }
    let coded = stepped(length as u32 - 3, 4);
    Coded {
        symbol: coded.symbol + 257,
        ..coded
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
    Coded {
        symbol: symbol as usize,
        extra: number & ((1 << extra_bits) - 1),
        extra_bits,
    }
}

/// Writes both codes' lengths (RFC 1951, section 3.2.7).
fn write_codes(bits: &mut BitWriter, literals: &Code<LITERALS>, distances: &Code<DISTANCES>) {
    const ORDER: [usize; 19] = [
        16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
    ];
    let (literals, distances) = (literals.lengths(), distances.lengths());
    let used = |lengths: &[u8]| {
        lengths
            .iter()
            .rposition(|&length| length > 0)
            .map_or(0, |last| last + 1)
    };
    let (literals, distances) = (
        &literals[..used(&literals).max(257)],
        &distances[..used(&distances).max(1)],
    );
    let runs = runs(literals.iter().chain(distances).copied());
    let mut counts = [0; 19];
    for run in &runs {
        counts[run.symbol] += 1;
    }
    let code = Code::for_counts(&counts, 7);
    let lengths = ORDER.map(|symbol| code.lengths()[symbol]);
    let shown = used(&lengths).max(4);
    bits.put(Word {
        bits: literals.len() as u32 - 257,
        count: 5,
    });
    bits.put(Word {
        bits: distances.len() as u32 - 1,
        count: 5,
    });
    bits.put(Word {
        bits: shown as u32 - 4,
        count: 4,
    });
    for &length in &lengths[..shown] {
        bits.put(Word {
            bits: length.into(),
            count: 3,
        });
    }
    for run in runs {
        bits.put(code.word(run));
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
            runs.push(Coded {
                symbol: value.into(),
                extra: 0,
                extra_bits: 0,
            });
            left -= 1;
        }
        while left > 0 {
            let (symbol, taken, least, extra_bits) = match (value, left) {
                (_, 1..=2) => (usize::from(value), 1, 1, 0),
                (0, 3..=10) => (17, left, 3, 3),
                (0, _) => (18, left.min(138), 11, 7),
                (_, _) => (16, left.min(6), 3, 2),
            };
            runs.push(Coded {
                symbol,
                extra: taken - least,
                extra_bits,
            });
            left -= taken;
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_distances_are_those_of_the_standard() {
        for (bytes, symbol, extra, extra_bits) in [
            (3, 257, 0, 0),
            (10, 264, 0, 0),
            (11, 265, 0, 1),
            (12, 265, 1, 1),
            (257, 284, 30, 5),
            (258, 285, 0, 0),
        ] {
            let coded = length(bytes);
            assert_eq!(
                (coded.symbol, coded.extra, coded.extra_bits),
                (symbol, extra, extra_bits),
                "{bytes}"
            );
        }
        for (back, symbol, extra, extra_bits) in [
            (1, 0, 0, 0),
            (4, 3, 0, 0),
            (5, 4, 0, 1),
            (101, 13, 4, 5),
            (32_768, 29, 8191, 13),
        ] {
            let coded = distance(back);
            assert_eq!(
                (coded.symbol, coded.extra, coded.extra_bits),
                (symbol, extra, extra_bits),
                "{back}"
            );
        }
    }

    #[test]
    fn repetition_is_found_to_its_end_and_no_further() {
        let mut data = vec![7; 400];
        assert_eq!(repeated(&data, 0, 1), 0);
        assert_eq!(repeated(&data, 397, 1), 0);
        assert_eq!(repeated(&data, 1, 1), 258);
        assert_eq!(repeated(&data, 390, 1), 10);
        // The longest one, just before the end.
        assert_eq!(repeated(&data[..262], 1, 1), 258);
        data[100] = 8;
        assert_eq!(repeated(&data, 60, 1), 40);
        assert_eq!(repeated(&data, 95, 50), 5);
    }
}
