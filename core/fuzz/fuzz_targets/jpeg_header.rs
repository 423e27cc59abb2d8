#![no_main]

use libfuzzer_sys::fuzz_target;
use roundel::{Limits, internals::jpeg};

fuzz_target!(|bytes: &[u8]| {
    let limits = Limits::default();
    if let Ok(size) = jpeg::size(bytes, &limits) {
        assert!((1..=limits.width).contains(&size.width));
        assert!((1..=limits.height).contains(&size.height));
        assert!(size.pixels() <= limits.pixels);
    }
});
