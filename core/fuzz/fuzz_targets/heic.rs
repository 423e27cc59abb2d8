#![no_main]

use libfuzzer_sys::fuzz_target;
use roundel_fuzz::check_regions;

fuzz_target!(|bytes: &[u8]| check_regions(bytes, "heic"));
