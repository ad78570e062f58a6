use super::bits::Word;

/// A prefix code of N symbols. A symbol that does not occur has no bits.
pub(super) struct Code<const N: usize> {
    words: [Word; N],
}

/// A symbol with the extra bits that follow it.
#[derive(Clone, Copy)]
pub(super) struct Coded {
    pub(super) symbol: usize,
    pub(super) extra: u32,
    pub(super) extra_bits: u32,
}

impl<const N: usize> Code<N> {
    /// The shortest code for symbols that occur so often, none longer than `limit` bits. A lone symbol has one bit.
    pub(super) fn for_counts(counts: &[u32; N], limit: u8) -> Self {
        Self {
            words: canonical(&lengths(counts, limit)),
        }
    }

    /// How many bits each symbol has.
    pub(super) fn lengths(&self) -> [u8; N] {
        self.words.map(|word| word.count as u8)
    }

    /// What to write for the symbol.
    #[inline]
    pub(super) fn symbol(&self, symbol: usize) -> Word {
        self.words[symbol]
    }

    /// What to write for the symbol and its extra bits.
    #[inline]
    pub(super) fn word(&self, coded: Coded) -> Word {
        self.symbol(coded.symbol).then(Word {
            bits: coded.extra,
            count: coded.extra_bits,
        })
    }
}

/// Huffman's algorithm with two queues: leaves in the order of their counts, and the nodes made of them, which
/// come about in that order by themselves.
fn lengths<const N: usize>(counts: &[u32; N], limit: u8) -> [u8; N] {
    let mut lengths = [0; N];
    // Count and symbol in one number, which sorts faster than a pair.
    let mut leaves: Vec<u64> = (0_u64..)
        .zip(counts)
        .filter(|&(_, &n)| n > 0)
        .map(|(symbol, &n)| u64::from(n) << 16 | symbol)
        .collect();
    let symbol = |leaf: u64| usize::from(leaf as u16);
    if let [only] = leaves[..] {
        lengths[symbol(only)] = 1;
        return lengths;
    }
    leaves.sort_unstable();
    let mut weights: Vec<u32> = leaves.iter().map(|leaf| (leaf >> 16) as u32).collect();
    loop {
        let depths = depths(&weights);
        if depths.iter().all(|&depth| depth <= limit) {
            for (&leaf, depth) in leaves.iter().zip(depths) {
                lengths[symbol(leaf)] = depth;
            }
            return lengths;
        }
        // Why: flatter counts make a flatter tree; it is a little longer than the best one, and hardly ever needed.
        for weight in &mut weights {
            *weight = weight.div_ceil(2);
        }
    }
}

/// The depth of each leaf in the tree, the leaves being in the order of their weights.
fn depths(leaves: &[u32]) -> Vec<u8> {
    let n = leaves.len();
    if n < 2 {
        return vec![0; n];
    }
    // Nodes 0..n are the leaves, the others the inner nodes; the last one is the root.
    let mut weights: Vec<u32> = Vec::with_capacity(2 * n);
    weights.extend(leaves);
    let mut parents = vec![0; 2 * n - 1];
    let (mut leaf, mut inner) = (0, n);
    for node in n..2 * n - 1 {
        let mut lightest = || {
            let take_leaf = leaf < n && (inner >= weights.len() || weights[leaf] <= weights[inner]);
            let taken = if take_leaf { &mut leaf } else { &mut inner };
            *taken += 1;
            *taken - 1
        };
        let (a, b) = (lightest(), lightest());
        parents[a] = node;
        parents[b] = node;
        weights.push(weights[a] + weights[b]);
    }
    let mut depths = vec![0_u8; 2 * n - 1];
    for node in (0..2 * n - 2).rev() {
        depths[node] = depths[parents[node]] + 1;
    }
    depths.truncate(n);
    depths
}

/// The bits that follow from the lengths (RFC 1951, section 3.2.2), turned round because they are written from the top.
fn canonical<const N: usize>(lengths: &[u8; N]) -> [Word; N] {
    let mut next = [0_u16; 17];
    for &length in lengths.iter().filter(|&&length| length > 0) {
        next[usize::from(length) + 1] += 1;
    }
    for length in 1..17 {
        next[length] = (next[length] + next[length - 1]) << 1;
    }
    lengths.map(|length| {
        if length == 0 {
            return Word { bits: 0, count: 0 };
        }
        let code = &mut next[usize::from(length)];
        *code += 1;
        Word {
            bits: u32::from((*code - 1).reverse_bits() >> (16 - length)),
            count: length.into(),
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// How much of the code space is taken, in units of the longest code.
    fn taken(lengths: &[u8], limit: u8) -> u32 {
        lengths
            .iter()
            .filter(|&&length| length > 0)
            .map(|&length| 1 << (limit - length))
            .sum()
    }

    proptest! {
        #[test]
        fn every_symbol_that_occurs_has_a_place(counts: [u16; 19], limit in 5_u8..15) {
            let counts = counts.map(u32::from);
            let code = Code::for_counts(&counts, limit);
            for (count, length) in counts.iter().zip(code.lengths()) {
                prop_assert_eq!(*count > 0, length > 0);
                prop_assert!(length <= limit);
            }
            if counts.iter().filter(|&&count| count > 0).count() > 1 {
                prop_assert_eq!(taken(&code.lengths(), limit), 1 << limit);
            }
        }
    }

    #[test]
    fn the_most_lopsided_counts_keep_to_the_limit() {
        let mut fibonacci = [1_u32; 30];
        for at in 2..30 {
            fibonacci[at] = fibonacci[at - 1] + fibonacci[at - 2];
        }
        assert_eq!(lengths(&fibonacci, 29).iter().max(), Some(&29));
        assert_eq!(taken(&lengths(&fibonacci, 15), 15), 1 << 15);
        assert_eq!(taken(&lengths(&fibonacci, 7), 7), 1 << 7);
    }

    #[test]
    fn the_code_is_that_of_the_standard() {
        // The example of RFC 1951, section 3.2.2: 010 011 100 101 110 00 1110 1111.
        let words = canonical(&[3, 3, 3, 3, 3, 2, 4, 4]);
        let turned: Vec<u16> = words
            .iter()
            .map(|word| (word.bits as u16).reverse_bits() >> (16 - word.count))
            .collect();
        assert_eq!(
            turned,
            [0b010, 0b011, 0b100, 0b101, 0b110, 0b00, 0b1110, 0b1111]
        );
    }
}
