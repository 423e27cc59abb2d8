//! The memory of a file of several scans is known before it is decoded.

use super::writer::{JpegShape, Random, write};
use super::{ChromaMode, DecodeRequest, JpegDecoder, decode_region, region, size};
use crate::limits::Limits;
use crate::plan::SCALES;

/// The bytes that are announced for `request`, or `None` for a single scan.
fn announced(bytes: &[u8], request: &DecodeRequest) -> Option<u64> {
    let limits = Limits::default();
    let (mut decoder, _) = JpegDecoder::open(bytes, &limits).unwrap();
    decoder.memory(request, &limits).unwrap()
}

#[test]
fn several_scans_take_exactly_the_announced_memory() {
    let mut several = 0;
    for seed in 0..200 {
        let mut random = Random(seed);
        let shape = JpegShape::random(&mut random);
        let bytes = write(&shape, &mut random);
        let scale = random.pick(&SCALES);
        let size = size(&bytes, &Limits::default()).unwrap();
        let request = DecodeRequest {
            scale,
            shrink: 1,
            chroma: random.pick(&[ChromaMode::Full, ChromaMode::AsStored]),
            region: region::random_region(size.scaled(scale), &mut random),
        };
        let Some(memory) = announced(&bytes, &request) else {
            assert!(!shape.progressive);
            continue;
        };
        let within = |memory| {
            let limits = Limits {
                memory,
                ..Limits::default()
            };
            decode_region(&bytes, request, &limits).is_ok()
        };
        let outcome = (within(memory), within(memory - 1));
        assert_eq!(
            outcome,
            (true, false),
            "seed {seed}, {shape:?}, {request:?}"
        );
        several += 1;
    }
    assert!(several > 100, "{several}");
}
