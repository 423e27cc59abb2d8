//! A file of at most so many bytes.
//!
//! ```text
//! the set quality fits             -> that file
//! quality 1 does not fit           -> refused
//! otherwise fits(low), not fits(high), for low = 1 and high = the set quality:
//!     halve the interval until low + 1 = high
//!     the highest of high + 1 .. high + LOOK_AHEAD that fits, else low
//! ```
//!
//! A file need not grow with its quality, so several qualities can be the last one that fits.
//! Halving finds one of them; which one depends only on the sizes of the files, and so on the image.
//! The sizes of neighbors differ by less than what a few steps of quality add, so the look ahead
//! finds the highest in practice.

use crate::error::{Error, Limit, Result};

/// The most files that are encoded: the highest and the lowest quality, seven halvings, and the look ahead.
#[cfg(any(test, feature = "avif-out"))]
pub(super) const MOST_FILES: u64 = 9 + LOOK_AHEAD as u64;

/// How many qualities above the first one that does not fit are tried.
const LOOK_AHEAD: u8 = 2;

/// The file of the highest quality, up to `quality`, that has at most `most` bytes.
///
/// # Errors
///
/// `LimitExceeded` with the size at quality 1; those of `encode`.
pub(super) fn highest_quality(
    quality: u8,
    most: u32,
    mut encode: impl FnMut(u8) -> Result<Vec<u8>>,
) -> Result<Vec<u8>> {
    let fits = |file: &Vec<u8>| file.len() as u64 <= u64::from(most);
    let file = encode(quality)?;
    if fits(&file) {
        return Ok(file);
    }
    drop(file);
    let mut best = encode(1)?;
    if !fits(&best) {
        return Err(too_large(best.len(), most, "choose a smaller size"));
    }
    let (mut low, mut high) = (1, quality);
    while high - low > 1 {
        let middle = low.midpoint(high);
        let file = encode(middle)?;
        if fits(&file) {
            (low, best) = (middle, file);
        } else {
            high = middle;
        }
    }
    for above in (high + 1..quality).take(LOOK_AHEAD.into()) {
        let file = encode(above)?;
        if fits(&file) {
            best = file;
        }
    }
    Ok(best)
}

/// A lossless file, if it has at most `most` bytes.
pub(super) fn check(file: Vec<u8>, most: u32) -> Result<Vec<u8>> {
    if file.len() as u64 <= u64::from(most) {
        return Ok(file);
    }
    let remedy = "it is lossless; choose jpeg or a lossy webp, or a smaller size";
    Err(too_large(file.len(), most, remedy))
}

fn too_large(bytes: usize, most: u32, remedy: &str) -> Error {
    let needed = format!("an avatar needs {bytes} bytes, and `max_bytes` is {most}: {remedy}");
    Error::limit_with(Limit::MaxBytes, bytes as u64, most.into(), needed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The quality that is found among files of these sizes, and how many were written.
    fn found(sizes: &[usize], quality: u8, most: u32) -> (Option<u8>, usize) {
        let mut written = 0;
        let file = highest_quality(quality, most, |quality| {
            written += 1;
            Ok(vec![quality; sizes[usize::from(quality) - 1]])
        });
        (file.ok().map(|file| file[0]), written)
    }

    #[test]
    fn the_refusal_has_the_size_at_the_lowest_quality() {
        let error = highest_quality(90, 9, |quality| Ok(vec![0; usize::from(quality) + 9]));
        let error = error.unwrap_err();
        assert_eq!(error, too_large(10, 9, "choose a smaller size"));
        assert_eq!(error.code(), "limit_exceeded");
        assert!(error.to_string().contains("10 bytes"), "{error}");
    }

    proptest! {
        #[test]
        fn among_growing_files_the_highest_quality_that_fits_is_found(
            steps in proptest::collection::vec(0..9usize, 100),
            quality in 1..=100u8,
            most in 0..600u32,
        ) {
            let sizes: Vec<usize> = steps.iter().scan(1, |sum, step| { *sum += step; Some(*sum) }).collect();
            let (found, written) = found(&sizes, quality, most);
            let best = (1..=quality).rev().find(|&q| sizes[usize::from(q) - 1] <= most as usize);
            prop_assert_eq!(found, best);
            prop_assert!(written as u64 <= MOST_FILES);
        }

        #[test]
        fn among_any_files_one_that_fits_is_found_if_the_lowest_or_the_set_quality_fits(
            sizes in proptest::collection::vec(1..50usize, 100),
            quality in 1..=100u8,
            most in 1..50u32,
        ) {
            let fits = |q: u8| sizes[usize::from(q) - 1] <= most as usize;
            let (found, _) = found(&sizes, quality, most);
            match found {
                Some(best) => prop_assert!(fits(best) && best <= quality),
                None => prop_assert!(!fits(1) && !fits(quality)),
            }
        }
    }
}
