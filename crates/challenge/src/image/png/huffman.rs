/// A prefix code: for each symbol its bits, in the order they are written, and their number.
#[derive(Clone)]
pub(super) struct Code<const N: usize> {
    pub(super) bits: [u16; N],
    pub(super) lengths: [u8; N],
}

impl<const N: usize> Code<N> {
    /// The shortest code for symbols that occur so often, none longer than `limit` bits. A symbol that does not
    /// occur has none; a lone symbol has one bit.
    pub(super) fn for_counts(counts: &[u32; N], limit: u8) -> Self {
        let lengths = lengths(counts, limit);
        Self { bits: canonical(&lengths), lengths }
    }
}

/// Huffman's algorithm with two queues: leaves in the order of their counts, and the nodes made of them, which
/// come about in that order by themselves.
fn lengths<const N: usize>(counts: &[u32; N], limit: u8) -> [u8; N] {
    let mut lengths = [0; N];
    let mut leaves: Vec<(u32, u16)> = (0_u16..).zip(counts).filter(|&(_, &n)| n > 0).map(|(s, &n)| (n, s)).collect();
    if let [(_, only)] = leaves[..] {
        lengths[usize::from(only)] = 1;
        return lengths;
    }
    leaves.sort_unstable();
    loop {
        let depths = depths(&leaves);
        if depths.iter().all(|&depth| depth <= limit) {
            for (&(_, symbol), depth) in leaves.iter().zip(depths) {
                lengths[usize::from(symbol)] = depth;
            }
            return lengths;
        }
        // Why: flatter counts make a flatter tree; it is a little longer than the best one, and hardly ever needed.
        for (count, _) in &mut leaves {
            *count = count.div_ceil(2);
        }
    }
}

/// The depth of each leaf in the tree.
fn depths(leaves: &[(u32, u16)]) -> Vec<u8> {
    let n = leaves.len();
    if n < 2 {
        return vec![0; n];
    }
    // Nodes 0..n are the leaves, the others the inner nodes; the last one is the root.
    let mut weights: Vec<u32> = leaves.iter().map(|&(count, _)| count).collect();
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
fn canonical<const N: usize>(lengths: &[u8; N]) -> [u16; N] {
    let mut next = [0_u16; 17];
    for &length in lengths.iter().filter(|&&length| length > 0) {
        next[usize::from(length) + 1] += 1;
    }
    for length in 1..17 {
        next[length] = (next[length] + next[length - 1]) << 1;
    }
    lengths.map(|length| {
        if length == 0 {
            return 0;
        }
        let code = &mut next[usize::from(length)];
        *code += 1;
        (*code - 1).reverse_bits() >> (16 - length)
    })
}
