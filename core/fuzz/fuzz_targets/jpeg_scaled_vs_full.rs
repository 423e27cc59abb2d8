#![no_main]

use libfuzzer_sys::fuzz_target;
use roundel::internals::jpeg;
use roundel_fuzz::{LIMITS, cut, request, whole};

fuzz_target!(|bytes: &[u8]| {
    let Some((scale, region)) = request(bytes) else {
        return;
    };
    // How much damage is noticed depends on the region.
    let whole = match whole(bytes, scale) {
        Some(whole) if whole.missing == 0 => whole,
        _ => return,
    };
    let part = jpeg::decode(bytes, scale, region, &LIMITS).expect("the whole was decoded");
    assert_eq!(part.missing, 0);
    assert!(part.samples == cut(&whole, region), "{scale}/8, {region:?}");
});
