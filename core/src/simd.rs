//! One source, several instruction sets.
//!
//! Two kinds of code are worth compiling for more than what every CPU of an architecture has:
//!
//! - Plain loops over integers, through [`fastest`]: compiled once more for AVX2 and BMI2, they
//!   become wide vectors and three-operand shifts. aarch64 and wasm need no second copy.
//! - The arithmetic of the IDCT and the resizer, written for eight lanes, through
//!   `fearless_simd::dispatch!` at [`level`].
//!
//! The same bytes come out everywhere: integers are exact, and floats are added in one order, lane
//! by lane, no multiplication fused with an addition.

/// Runs `stage` as compiled for the best instruction set of this CPU. All that is to profit must
/// be inlined into it.
#[inline(always)]
pub(crate) fn fastest<R>(stage: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = level().as_avx2() {
        use fearless_simd::Simd;
        return avx2.vectorize(stage);
    }
    stage()
}

/// What this CPU can do.
pub(crate) fn level() -> fearless_simd::Level {
    #[cfg(test)]
    if PLAIN.get() {
        return fearless_simd::Level::baseline();
    }
    fearless_simd::Level::new()
}

#[cfg(test)]
thread_local! {
    /// Whether this thread does without the best instruction set.
    pub(crate) static PLAIN: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}
