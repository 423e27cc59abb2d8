#![no_main]

use libfuzzer_sys::fuzz_target;
use roundel::internals::jpeg;
use roundel_fuzz::{LIMITS, request};

fuzz_target!(|bytes: &[u8]| {
    let Some((scale, region)) = request(bytes) else {
        return;
    };
    if let Ok(image) = jpeg::decode(bytes, scale, region, &LIMITS) {
        let samples = region.size().pixels() as usize * image.channels;
        assert_eq!(image.samples.len(), samples);
    }
});
