//! The memory of a decoding is known before it starts.

use super::writer::{JpegShape, Random, write};
use super::{ChromaMode, DecodeRequest, JpegDecoder, decode_region, region, size};
use crate::limits::Limits;
use crate::plan::SCALES;

/// The bytes that are announced for `request`.
fn announced(bytes: &[u8], request: &DecodeRequest) -> u64 {
    let limits = Limits::default();
    let (mut decoder, _) = JpegDecoder::open(bytes, &limits).unwrap();
    decoder.memory(request, &limits).unwrap()
}

#[test]
fn a_decoding_takes_exactly_the_announced_memory() {
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
        let memory = announced(&bytes, &request);
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
    }
}
