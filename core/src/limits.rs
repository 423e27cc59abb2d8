//! Limits, and the budget of one render.
//!
//! [`Limits`] are set by the caller; a [`Budget`] tracks how much of them one render has used.
//! Charges are checked before allocation; a charge over the limit returns an error. Every
//! allocation whose size depends on a file goes through [`Budget::buffer`]. Where a dependency
//! allocates, [`Budget::reserve`] charges an upper bound before the call.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
#[cfg(feature = "animation")]
use std::time::Duration;

use crate::error::{Error, Limit, Result};
use crate::geometry::Size;

/// Upper bounds on the cost of one photo. Every limit is on by default and can be lowered or raised.
///
/// A file that needs more is refused with
/// [`ErrorKind::LimitExceeded`](crate::ErrorKind::LimitExceeded), before the memory is allocated or
/// the work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Limits {
    /// Size of the file in bytes. Default 64 MiB.
    pub input_bytes: u64,
    /// Stored width in pixels, never more than 2^28. Default 65,535.
    pub width: u32,
    /// Stored height in pixels, never more than 2^28. Default 65,535.
    pub height: u32,
    /// Stored width times height; in an animated avatar, of all frames. Default 256,000,000.
    pub pixels: u64,
    /// Bytes that one render holds at once, not counting the file itself. Default 64 MiB.
    pub memory: u64,
    /// Frames that an animation declares, and frames that are decoded for one render. Default 10,000.
    pub frames: u32,
    /// Milliseconds that an animated avatar takes. Default 60,000.
    pub duration_ms: u32,
    /// Scans of a JPEG. Default 100.
    pub scans: u32,
    /// Samples decoded plus coefficients parsed, and 64 for each pixel of an AVIF that is written. Three
    /// times that with the effort `small`, and 11 times with `max_bytes`. An animated avatar adds the samples of
    /// its avatars and 4 to 16 for each pixel written; with `max_bytes` it may be decoded 11 times.
    /// Default 1,073,741,824.
    pub work: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            input_bytes: 64 << 20,
            width: 65_535,
            height: 65_535,
            pixels: 256_000_000,
            memory: 64 << 20,
            frames: 10_000,
            duration_ms: 60_000,
            scans: 100,
            work: 1 << 30,
        }
    }
}

/// The longest side that any limit allows. A row of it, with 4 channels of 16 bits, can be addressed
/// with 32 bits.
const MAX_SIDE: u32 = 1 << 28;

impl Limits {
    pub(crate) fn check_input(&self, bytes: usize) -> Result<()> {
        at_most(Limit::InputBytes, bytes as u64, self.input_bytes)
    }

    pub(crate) fn check_size(&self, size: Size) -> Result<()> {
        let side = |limit, wanted: u32, allowed: u32| {
            at_most(limit, wanted.into(), allowed.min(MAX_SIDE).into())
        };
        side(Limit::Width, size.width, self.width)?;
        side(Limit::Height, size.height, self.height)?;
        at_most(Limit::Pixels, size.pixels(), self.pixels)
    }

    pub(crate) fn check_frames(&self, frames: u32) -> Result<()> {
        at_most(Limit::Frames, frames.into(), self.frames.into())
    }

    /// The limits of an animation, so far.
    #[cfg(feature = "animation")]
    pub(crate) fn check_animation(&self, frames: u32, canvas: Size, time: Duration) -> Result<()> {
        self.check_frames(frames)?;
        let pixels = canvas.pixels().saturating_mul(frames.into());
        at_most(Limit::Pixels, pixels, self.pixels)?;
        let milliseconds = time.as_nanos().div_ceil(1_000_000);
        let milliseconds = milliseconds.try_into().unwrap_or(u64::MAX);
        at_most(Limit::DurationMs, milliseconds, self.duration_ms.into())
    }
}

fn at_most(limit: Limit, wanted: u64, allowed: u64) -> Result<()> {
    if wanted > allowed {
        Err(Error::limit(limit, wanted, allowed))
    } else {
        Ok(())
    }
}

/// The memory and work used by one render. Clones share one account.
#[derive(Clone, Debug)]
pub(crate) struct Budget(Arc<Account>);

#[derive(Debug)]
struct Account {
    limits: Limits,
    memory: AtomicU64,
    work: AtomicU64,
}

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Self {
        let (memory, work) = (AtomicU64::new(0), AtomicU64::new(0));
        Self(Arc::new(Account {
            limits: *limits,
            memory,
            work,
        }))
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Bytes that may still be held.
    pub(crate) fn memory_left(&self) -> u64 {
        self.0
            .limits
            .memory
            .saturating_sub(self.0.memory.load(Relaxed))
    }

    /// Charges `bytes` of memory until the reservation is dropped.
    pub(crate) fn reserve(&self, bytes: u64) -> Result<Reservation> {
        let allowed = self.0.limits.memory;
        let charge = |used: u64| used.checked_add(bytes).filter(|&sum| sum <= allowed);
        match self.0.memory.fetch_update(Relaxed, Relaxed, charge) {
            Ok(_) => Ok(Reservation {
                budget: self.clone(),
                bytes,
            }),
            Err(used) => Err(Error::limit(
                Limit::Memory,
                used.saturating_add(bytes),
                allowed,
            )),
        }
    }

    /// Allocates `len` default values, charged until the buffer is dropped.
    pub(crate) fn buffer<T: Copy + Default>(&self, len: usize) -> Result<Buffer<T>> {
        let (mut items, reservation) = self.room(len)?;
        items.resize(len, T::default());
        Ok(Buffer {
            items,
            _reservation: reservation,
        })
    }

    /// An empty vector with room for `len` items, charged until the reservation is dropped.
    pub(crate) fn room<T>(&self, len: usize) -> Result<(Vec<T>, Reservation)> {
        let bytes = (len as u64).saturating_mul(size_of::<T>() as u64);
        let reservation = self.reserve(bytes)?;
        let mut items = Vec::new();
        let allocated = items.try_reserve_exact(len);
        allocated.map_err(|_| Error::limit(Limit::Memory, bytes, self.0.limits.memory))?;
        Ok((items, reservation))
    }

    /// Charges `units` of work, which are never given back.
    pub(crate) fn work(&self, units: u64) -> Result<()> {
        let spent = self.0.work.fetch_add(units, Relaxed).saturating_add(units);
        at_most(Limit::Work, spent, self.0.limits.work)
    }
}

/// Memory charged to a budget; given back when dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    budget: Budget,
    bytes: u64,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.0.memory.fetch_sub(self.bytes, Relaxed);
    }
}

/// A slice on the heap whose bytes are charged to a budget.
#[derive(Debug)]
pub(crate) struct Buffer<T> {
    items: Vec<T>,
    _reservation: Reservation,
}

impl<T> Deref for Buffer<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.items
    }
}

impl<T> DerefMut for Buffer<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.items
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(memory: u64, work: u64) -> Budget {
        Budget::new(&Limits {
            memory,
            work,
            ..Limits::default()
        })
    }

    #[test]
    fn dropped_memory_is_given_back_and_the_limit_is_exact() {
        let budget = budget(16, 0);
        let held = budget.buffer::<u64>(2).unwrap();
        assert_eq!(budget.memory_left(), 0);
        assert_eq!(budget.reserve(1).unwrap_err().code(), "limit_exceeded");
        drop(held);
        assert!(budget.reserve(16).is_ok());
    }

    #[test]
    fn no_limit_allows_a_side_that_32_bits_cannot_address() {
        let limits = Limits {
            width: u32::MAX,
            height: u32::MAX,
            pixels: u64::MAX,
            ..Limits::default()
        };
        let sides = |side| limits.check_size(Size::new(side, 1)).is_ok();
        assert!(sides(MAX_SIDE) && !sides(MAX_SIDE + 1));
    }

    #[test]
    fn a_buffer_beyond_the_address_space_is_an_error() {
        let error = budget(u64::MAX, 0).buffer::<u8>(usize::MAX).unwrap_err();
        assert_eq!(error.code(), "limit_exceeded");
    }

    #[test]
    fn work_is_never_given_back() {
        let budget = budget(0, 10);
        assert!(budget.work(10).is_ok());
        assert_eq!(budget.work(1).unwrap_err().code(), "limit_exceeded");
    }
}
