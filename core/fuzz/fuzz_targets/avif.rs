#![no_main]

use libfuzzer_sys::fuzz_target;
use roundel::{Options, Size, render};
use roundel_fuzz::{LIMITS, allow_contained_panics, check_regions};

// The decoder of pictures panics on damage, which must not go further.
fuzz_target!(init: allow_contained_panics(), |bytes: &[u8]| {
    check_regions(bytes, "avif");
    // So small that filters are skipped.
    let options = Options {
        sizes: vec![Size::square(16)],
        limits: LIMITS,
        ..Options::default()
    };
    let _ = render(bytes, &options);
});
