#![no_main]

use libfuzzer_sys::fuzz_target;
use roundel::internals::color;

fuzz_target!(|bytes: &[u8]| {
    // A profile that is broken is ignored.
    color::convert(bytes).unwrap();
});
