#![no_main]

use libfuzzer_sys::fuzz_target;
use roundel::internals::formats;

fuzz_target!(|bytes: &[u8]| {
    // Any orientation is possible. Only panics and allocations are checked.
    formats::orientations(bytes);
});
