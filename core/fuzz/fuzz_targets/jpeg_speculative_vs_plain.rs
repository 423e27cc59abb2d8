#![no_main]

use libfuzzer_sys::fuzz_target;
use roundel::internals::jpeg::{self, Path};
use roundel_fuzz::{LIMITS, request};

/// Bytes of a subsequence: many windows and joins in a small file, or few.
const SUBSEQUENCES: [usize; 4] = [16, 100, 600, 5000];

fuzz_target!(|bytes: &[u8]| {
    let Some((scale, region)) = request(bytes) else {
        return;
    };
    let decode = |path| jpeg::decode_by(path, bytes, scale, region, &LIMITS);
    let plain = decode(Path::Plain);
    let subsequence = SUBSEQUENCES[bytes.len() % SUBSEQUENCES.len()];
    for path in [Path::Speculative(subsequence), Path::Parallel(subsequence)] {
        match (&plain, decode(path)) {
            (Ok(plain), Ok(other)) => {
                assert_eq!(plain.missing, other.missing, "{path:?}");
                assert!(
                    plain.samples == other.samples,
                    "{path:?}, {scale}/8, {region:?}"
                );
            }
            (Err(plain), Err(other)) => assert_eq!(plain.to_string(), other.to_string()),
            (plain, other) => panic!("{path:?}: {:?} {:?}", plain.as_ref().err(), other.err()),
        }
    }
});
