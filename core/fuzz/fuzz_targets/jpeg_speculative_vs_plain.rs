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
    let speculative = decode(Path::Speculative(subsequence));
    match (plain, speculative) {
        (Ok(plain), Ok(speculative)) => {
            assert_eq!(plain.missing, speculative.missing);
            assert!(plain.samples == speculative.samples, "{scale}/8, {region:?}");
        }
        (Err(plain), Err(speculative)) => assert_eq!(plain.to_string(), speculative.to_string()),
        (plain, speculative) => panic!("{:?} {:?}", plain.err(), speculative.err()),
    }
});
