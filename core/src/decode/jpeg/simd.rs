//! One source, several instruction sets.
//!
//! The stages are plain loops over integers. Compiled for what every CPU of an architecture has,
//! they are slow on x86-64; compiled once more for AVX2 and BMI2, the same loops become wide
//! vectors and three-operand shifts. aarch64 and wasm need no second copy. Integer arithmetic is
//! the same everywhere, and so are the bytes that come out.

/// Runs `stage` as compiled for the best instruction set of this CPU. All that is to profit must
/// be inlined into it.
#[inline(always)]
pub(super) fn fastest<R>(stage: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    if let Some(avx2) = fearless_simd::Level::new().as_avx2() {
        use fearless_simd::Simd;
        return avx2.vectorize(stage);
    }
    stage()
}
