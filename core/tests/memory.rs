//! The real allocations of a render stay within its memory limit. There is only one test, because the
//! counting allocator is global to the process.

// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use roundel::{ErrorKind, Format, Limit, Limits, Options, Size, render};

struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

fn grow(bytes: usize) {
    let held = HELD.fetch_add(bytes, Relaxed) + bytes;
    PEAK.fetch_max(held, Relaxed);
}

// SAFETY: every call is forwarded to the system's allocator unchanged; only sizes are counted.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        grow(layout.size());
        // SAFETY: the caller keeps the contract of `GlobalAlloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller keeps the contract of `GlobalAlloc`.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most bytes that were held at once while `work` ran, beyond those held before.
fn peak<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let before = HELD.load(Relaxed);
    PEAK.store(before, Relaxed);
    let result = work();
    (result, (PEAK.load(Relaxed) - before) as u64)
}

/// A photo of noise that no codec can compress, in `format`, made by roundel itself.
fn photo(size: Size, format: Format) -> Vec<u8> {
    let mut seed = 1u32;
    let mut noise = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 24) as u8
    };
    let pixels: Vec<u8> = (0..64 * 64 * 3).map(|_| noise()).collect();
    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, 64, 64);
    encoder.set_color(png::ColorType::Rgb);
    encoder
        .write_header()
        .unwrap()
        .write_image_data(&pixels)
        .unwrap();
    let wide = Limits {
        memory: 1 << 30,
        ..Limits::default()
    };
    let options = Options {
        sizes: vec![size],
        format,
        limits: wide,
        ..Options::default()
    };
    render(&png, &options).unwrap().avatars.remove(0).bytes
}

fn limited(memory: u64, format: Format, sizes: &[u32]) -> Options {
    let limits = Limits {
        memory,
        ..Limits::default()
    };
    let sizes = sizes.iter().map(|&side| Size::square(side)).collect();
    Options {
        sizes,
        format,
        limits,
        ..Options::default()
    }
}

/// The smallest memory limit under which the photo renders, to the byte.
fn least_memory(photo: &[u8], format: Format, sizes: &[u32]) -> u64 {
    let (mut refused, mut enough) = (0, 64 << 20);
    while enough - refused > 1 {
        let middle = (refused + enough) / 2;
        match render(photo, &limited(middle, format, sizes)) {
            Ok(_) => enough = middle,
            Err(error) => {
                assert!(matches!(
                    error.kind(),
                    ErrorKind::LimitExceeded {
                        limit: Limit::Memory,
                        ..
                    }
                ));
                refused = middle;
            }
        }
    }
    enough
}

#[test]
fn allocations_stay_within_the_memory_limit() {
    // Static tables and thread pools are allocated once and do not belong to a photo.
    let warm = photo(Size::square(16), Format::Png);
    render(&warm, &limited(64 << 20, Format::Jpeg, &[8, 4])).unwrap();
    // Small allocations are not charged: names, plans, tables of a codec.
    const UNCOUNTED: u64 = 256 << 10;
    let size = Size::new(1600, 1200);
    for source in [Format::Png, Format::Webp, Format::Jpeg] {
        let photo = photo(size, source);
        for (target, sizes) in [
            (Format::Jpeg, &[256][..]),
            (Format::Png, &[256]),
            (Format::Webp, &[256]),
            (Format::Jpeg, &[512, 256, 128, 64, 32]),
            (Format::Jpeg, &[2000]),
        ] {
            let least = least_memory(&photo, target, sizes);
            let options = limited(least, target, sizes);
            let (result, peak) = peak(|| render(&photo, &options));
            let case = format!("{source:?} to {target:?} {sizes:?}");
            println!("{case}: limit {least}, peak {peak}");
            assert!(result.is_ok(), "{case}");
            assert!(
                peak <= least + UNCOUNTED,
                "{case}: peak {peak} over the limit {least}"
            );
        }
    }
}
