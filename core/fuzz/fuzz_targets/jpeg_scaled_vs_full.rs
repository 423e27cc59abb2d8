#![no_main]

use libfuzzer_sys::fuzz_target;
use roundel::internals::jpeg;
use roundel_fuzz::{LIMITS, cut, request, whole};

fuzz_target!(|bytes: &[u8]| {
    let Some((scale, region)) = request(bytes) else {
        return;
    };
    // Where parts are missing, how much of them is noticed depends on what is asked for.
    let whole = match whole(bytes, scale) {
        Some(whole) if !whole.missing => whole,
        _ => return,
    };
    let part = jpeg::decode(bytes, scale, region, &LIMITS).expect("the whole was decoded");
    assert!(!part.missing);
    assert!(part.samples == cut(&whole, region), "{scale}/8, {region:?}");
});
