//! One wrong bit in entropy-coded data without restart markers.

use super::full::{djpeg, djpeg_is_absent, pnm_samples};
use super::writer::{JpegShape, Random, write};
use super::{DecodedRegion, decode_whole};

const SIDE: usize = 96;
const PIXELS: usize = SIDE * SIDE;

/// A baseline JPEG with one wrong bit in its scan. No marker appears or disappears.
fn jpeg_with_a_wrong_bit(seed: u64, steps: (u8, u8)) -> Vec<u8> {
    let mut random = Random(seed);
    let shape = JpegShape {
        width: SIDE,
        height: SIDE,
        factors: random.pick(&[vec![(1, 1)], vec![(1, 1); 3]]),
        adobe: None,
        progressive: false,
        interleaved: true,
        restart_interval: 0,
        steps,
    };
    let mut bytes = write(&shape, &mut random);
    let sos = bytes.windows(2).rposition(|pair| pair == [0xFF, 0xDA]);
    let data = sos.unwrap() + 2 + 12;
    loop {
        let at = data + random.below(bytes.len() - 2 - data);
        let wrong = bytes[at] ^ 1 << random.below(8);
        if ![bytes[at - 1], bytes[at], wrong].contains(&0xFF) {
            bytes[at] = wrong;
            return bytes;
        }
    }
}

fn differing_pixels(decoded: &DecodedRegion, expected: &[u8]) -> usize {
    let channels = decoded.channels;
    let pairs = decoded
        .samples
        .chunks(channels)
        .zip(expected.chunks(channels));
    let differs = |(a, b): &(&[u8], &[u8])| a.iter().zip(*b).any(|(&a, &b)| a.abs_diff(b) > 3);
    pairs.filter(differs).count()
}

#[test]
fn after_a_wrong_bit_decoding_goes_on_as_in_djpeg() {
    let mut failures = Vec::new();
    for seed in 0..if djpeg_is_absent() { 0 } else { 100 } {
        // With coarser steps, wrong coefficients overflow the 16 bits of djpeg's inverse DCT.
        let bytes = jpeg_with_a_wrong_bit(seed, (1, 1));
        let decoded = decode_whole(&bytes, 8).unwrap();
        let pnm = djpeg(&bytes).unwrap();
        let differing = differing_pixels(&decoded, pnm_samples(&pnm.bytes).unwrap());
        // The blocks of an MCU in which the data ends are filled in differently.
        let allowed = decoded.missing as usize + PIXELS / 50;
        if differing > allowed {
            failures.push((seed, differing, allowed));
        }
    }
    // In these, wrong DC differences add up to more than 16 bits hold.
    assert!(failures.len() <= 2, "{failures:?}");
}

#[test]
fn a_noticed_wrong_bit_spoils_only_a_small_part() {
    let bytes = (0..100).map(|seed| jpeg_with_a_wrong_bit(seed, (9, 20)));
    let missing = bytes.map(|bytes| decode_whole(&bytes, 8).unwrap().missing);
    let noticed: Vec<u64> = missing.filter(|&missing| missing > 0).collect();
    let small = noticed
        .iter()
        .filter(|&&missing| missing < PIXELS as u64 / 20);
    assert!(noticed.len() > 20, "{} are noticed", noticed.len());
    assert!(2 * small.count() > noticed.len(), "{noticed:?}");
}

#[test]
fn a_wrong_bit_that_makes_a_reserved_marker_loses_only_its_restart_interval() {
    let mut count = 0;
    for seed in 0..40 {
        let mut random = Random(seed);
        let shape = JpegShape {
            width: SIDE,
            height: SIDE,
            factors: vec![(1, 1); 3],
            adobe: None,
            progressive: false,
            interleaved: true,
            restart_interval: SIDE / 8,
            steps: (1, 1),
        };
        let mut bytes = write(&shape, &mut random);
        let sos = bytes.windows(2).rposition(|pair| pair == [0xFF, 0xDA]);
        let stuffed = bytes[sos.unwrap() + 14..]
            .windows(2)
            .position(|pair| pair == [0xFF, 0]);
        let Some(stuffed) = stuffed else { continue };
        bytes[sos.unwrap() + 14 + stuffed + 1] = 0x08;
        let missing = decode_whole(&bytes, 8).unwrap().missing;
        assert!(
            (1..=8 * SIDE as u64).contains(&missing),
            "{seed}: {missing}"
        );
        count += 1;
    }
    assert!(count > 20, "{count}");
}
