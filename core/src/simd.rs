//! One source, several instruction sets.
//!
//! Two kinds of code are compiled for more than the base instruction set of an architecture:
//!
//! - Plain integer loops, through [`dispatch`]. Compiled once more for AVX2 and BMI2, they become
//!   wide vectors and three-operand shifts. aarch64 and wasm need no second copy.
//! - The arithmetic of the inverse DCT and the resizer, written for eight lanes, through
//!   `fearless_simd::dispatch!` at [`level`].
//!
//! The output is the same on every CPU: integers are exact, and floats are added in a fixed order,
//! lane by lane, without fused multiply-add.

/// Runs `stage`, compiled for the best instruction set of this CPU.
///
/// A callee is compiled for that instruction set only if it is `#[inline(always)]`.
#[inline(always)]
pub(crate) fn dispatch<R>(stage: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = level().as_avx2() {
        use fearless_simd::Simd;
        return avx2.vectorize(stage);
    }
    stage()
}

/// The best instruction set of this CPU.
pub(crate) fn level() -> fearless_simd::Level {
    #[cfg(test)]
    if BASELINE_ONLY.get() {
        return fearless_simd::Level::baseline();
    }
    fearless_simd::Level::new()
}

/// Whether no instruction set of the target has vectors.
pub(crate) const IS_SCALAR: bool =
    cfg!(all(target_arch = "wasm32", not(target_feature = "simd128")));

#[cfg(test)]
thread_local! {
    /// Whether this thread uses the base instruction set only.
    pub(crate) static BASELINE_ONLY: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}
