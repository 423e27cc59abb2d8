//! Entropy-coded data to coefficients (T.81 annexes F and G).

pub(super) mod band;
pub(super) mod bits;
pub(super) mod huffman;
