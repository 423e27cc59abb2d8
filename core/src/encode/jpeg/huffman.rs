//! The best Huffman codes for the symbols of an image (T.81 K.2).

/// Symbols, and one that is not used. It takes the code of ones only, which is not allowed.
const SYMBOLS: usize = 257;

/// The longest code.
const MAX_LENGTH: usize = 16;

/// How often each symbol occurs.
pub(super) struct Frequencies([u32; SYMBOLS]);

impl Frequencies {
    pub(super) fn new() -> Self {
        let mut counts = [0; SYMBOLS];
        counts[SYMBOLS - 1] = 1;
        Self(counts)
    }

    #[inline(always)]
    pub(super) fn count(&mut self, symbol: u8) {
        self.0[usize::from(symbol)] += 1;
    }

    /// The length of each symbol's code in the best tree (figure K.1); 0 if it does not occur.
    ///
    /// ```text
    /// until one tree is left: join the two rarest. Each code in them becomes a bit longer
    /// ```
    fn lengths(&self) -> [usize; SYMBOLS] {
        // Of equally rare trees, the one with the larger number is joined first.
        let tree = |(tree, &count): (usize, &u32)| u64::from(count) << 16 | (SYMBOLS - tree) as u64;
        let counts = self.0.iter().enumerate();
        let mut trees: Vec<u64> = counts.filter(|(_, count)| **count > 0).map(tree).collect();
        // The symbols of a tree as a list: from its number on, the next one of each.
        let mut next = [None; SYMBOLS];
        let mut lengths = [0; SYMBOLS];
        while let (Some(a), Some(b)) = (remove_least(&mut trees), remove_least(&mut trees)) {
            let [first, second] = [a, b].map(|tree| SYMBOLS - (tree & 0xFFFF) as usize);
            let last = lengthen(first, &next, &mut lengths);
            lengthen(second, &next, &mut lengths);
            next[last] = Some(second);
            trees.push(a + (b & !0xFFFF));
        }
        lengths
    }
}

fn remove_least(trees: &mut Vec<u64>) -> Option<u64> {
    let least = trees.iter().enumerate().min_by_key(|(_, tree)| **tree)?.0;
    Some(trees.swap_remove(least))
}

/// Makes the codes of a tree a bit longer. Returns its last symbol.
fn lengthen(tree: usize, next: &[Option<usize>; SYMBOLS], lengths: &mut [usize; SYMBOLS]) -> usize {
    let mut symbol = tree;
    loop {
        lengths[symbol] += 1;
        match next[symbol] {
            Some(following) => symbol = following,
            None => return symbol,
        }
    }
}

/// Codes of up to [`MAX_LENGTH`] bits.
pub(super) struct HuffmanCodes {
    /// For each symbol, `code << 8 | length`.
    codes: [u32; 256],
    /// BITS and HUFFVAL of the table's segment (B.2.4.2).
    pub(super) counts: [u8; MAX_LENGTH],
    pub(super) symbols: Vec<u8>,
    /// The bits of all symbols that were counted, with their values.
    pub(super) total_bits: u64,
}

impl HuffmanCodes {
    pub(super) fn new(frequencies: &Frequencies) -> Self {
        let lengths = frequencies.lengths();
        let mut symbols = Vec::new();
        let longest = lengths.iter().copied().max().unwrap_or_default();
        for length in 1..=longest {
            symbols.extend((0..=255).filter(|&symbol: &u8| lengths[usize::from(symbol)] == length));
        }
        let counts = limited(&lengths);
        let codes = codes(&counts, &symbols);
        let bits = |&symbol: &u8| {
            let bits = codes[usize::from(symbol)] % 256 + u32::from(symbol % 16);
            u64::from(frequencies.0[usize::from(symbol)]) * u64::from(bits)
        };
        Self {
            total_bits: symbols.iter().map(bits).sum(),
            codes,
            counts,
            symbols,
        }
    }

    /// The code of a symbol and its length.
    #[inline(always)]
    pub(super) fn code(&self, symbol: u8) -> (u32, u32) {
        let entry = self.codes[usize::from(symbol)];
        (entry >> 8, entry & 0xFF)
    }
}

/// The number of codes of each length, where none is longer than [`MAX_LENGTH`] (figures K.2 and K.3),
/// without the symbol that is not used.
///
/// ```text
/// the two longest codes of one prefix: one becomes the prefix; the other and a shorter code get the two
/// codes that are one bit longer than the shorter one
/// ```
fn limited(lengths: &[usize; SYMBOLS]) -> [u8; MAX_LENGTH] {
    let mut counts = [0u16; SYMBOLS + 1];
    for &length in lengths.iter().filter(|length| **length > 0) {
        counts[length] += 1;
    }
    for length in (MAX_LENGTH + 1..=SYMBOLS).rev() {
        while counts[length] > 0 {
            let shorter = (1..length - 1).rfind(|&shorter| counts[shorter] > 0);
            let Some(shorter) = shorter else { break };
            counts[length] -= 2;
            counts[length - 1] += 1;
            counts[shorter + 1] += 2;
            counts[shorter] -= 1;
        }
    }
    if let Some(longest) = counts[..=MAX_LENGTH].iter_mut().rfind(|count| **count > 0) {
        *longest -= 1;
    }
    std::array::from_fn(|at| counts[at + 1] as u8)
}

/// Codes of one length are consecutive (C.2).
fn codes(counts: &[u8; MAX_LENGTH], symbols: &[u8]) -> [u32; 256] {
    let mut codes = [0; 256];
    let mut code = 0;
    let mut left = symbols.iter();
    for (length, &count) in (1..).zip(counts) {
        for &symbol in left.by_ref().take(count.into()) {
            codes[usize::from(symbol)] = code << 8 | length;
            code += 1;
        }
        code <<= 1;
    }
    codes
}
