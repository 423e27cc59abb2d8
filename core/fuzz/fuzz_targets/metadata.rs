#![no_main]

use libfuzzer_sys::fuzz_target;
use roundel::internals::formats;

fuzz_target!(|bytes: &[u8]| {
    // Each is a value of an enum, so nothing is left to check but that all bytes are read safely.
    formats::orientations(bytes);
});
