#![no_main]

use libfuzzer_sys::fuzz_target;
use roundel::internals::formats;
use roundel_fuzz::{LIMITS, check_regions};

fuzz_target!(|bytes: &[u8]| {
    check_regions(bytes, "webp");
    if let Ok(Some(halved)) = formats::decode_halved(bytes, &LIMITS) {
        assert!(halved.counts.iter().all(|&count| count == 1));
    }
});
