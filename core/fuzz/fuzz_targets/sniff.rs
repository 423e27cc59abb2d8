#![no_main]

use libfuzzer_sys::fuzz_target;
use roundel::{ErrorKind, probe};
use roundel_fuzz::LIMITS;

fuzz_target!(|bytes: &[u8]| {
    if let Err(error) = probe(bytes, &LIMITS) {
        assert!(error.kind() != ErrorKind::Internal && error.kind() != ErrorKind::InvalidOptions);
        assert!(!error.to_string().is_empty());
    }
});
