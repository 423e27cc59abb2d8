//! The quality of one encoder that looks the same as a quality of `jpeg`.
//!
//! Measured over 22 photos at 256 px: points of equal mean SSIMULACRA2. Between them the quality is
//! interpolated. At quality 80 a JPEG scores 79.5; at the same score a lossy WebP takes 0.81 of its
//! bytes, a JPEG of mozjpeg 0.90, and an AVIF 0.71.

/// (quality of `jpeg`, quality of another encoder), growing.
type Points = [(u8, u8); 12];

/// libwebp, method 4.
#[cfg(feature = "webp-lossy")]
const WEBP: Points = [
    (1, 1),
    (20, 15),
    (30, 31),
    (40, 45),
    (50, 57),
    (60, 67),
    (70, 76),
    (80, 82),
    (90, 91),
    (95, 97),
    (98, 100),
    (100, 100),
];

/// libwebp with sharp chroma.
#[cfg(feature = "webp-lossy")]
const SHARP_WEBP: Points = [
    (1, 1),
    (20, 14),
    (30, 30),
    (40, 42),
    (50, 53),
    (60, 63),
    (70, 75),
    (80, 81),
    (90, 88),
    (95, 93),
    (98, 98),
    (100, 100),
];

/// mozjpeg.
#[cfg(feature = "jpeg-small")]
const MOZJPEG: Points = [
    (1, 1),
    (10, 12),
    (20, 24),
    (30, 36),
    (40, 47),
    (50, 57),
    (60, 64),
    (70, 73),
    (80, 82),
    (90, 92),
    (95, 96),
    (100, 100),
];

/// ravif, speed 8. At speed 4 a quality scores 0.2 more.
#[cfg(feature = "avif-out")]
const AVIF: Points = [
    (1, 1),
    (20, 28),
    (30, 42),
    (40, 52),
    (50, 59),
    (60, 65),
    (70, 73),
    (80, 83),
    (86, 85),
    (90, 87),
    (95, 91),
    (100, 94),
];

/// The quality of a lossy WebP.
#[cfg(feature = "webp-lossy")]
pub(super) fn webp(quality: u8, sharp: bool) -> u8 {
    interpolate(if sharp { &SHARP_WEBP } else { &WEBP }, quality)
}

/// The quality of mozjpeg.
#[cfg(feature = "jpeg-small")]
pub(super) fn mozjpeg(quality: u8) -> u8 {
    interpolate(&MOZJPEG, quality)
}

/// The quality of an AVIF: at most 94, from which on it scores more than a JPEG can.
#[cfg(feature = "avif-out")]
pub(super) fn avif(quality: u8) -> u8 {
    interpolate(&AVIF, quality)
}

fn interpolate(points: &Points, quality: u8) -> u8 {
    let segment = points.windows(2).find_map(|pair| match *pair {
        [from, to] if quality <= to.0 => Some((from, to)),
        _ => None,
    });
    let Some(((x0, y0), (x1, y1))) = segment else {
        return quality;
    };
    let step = u32::from(quality.saturating_sub(x0));
    let (width, rise) = (u32::from(x1 - x0), u32::from(y1 - y0));
    y0 + ((2 * step * rise + width) / (2 * width)) as u8
}

#[cfg(all(
    test,
    feature = "webp-lossy",
    feature = "jpeg-small",
    feature = "avif-out"
))]
mod tests {
    use super::*;

    #[test]
    fn a_higher_quality_is_never_mapped_to_a_lower_one() {
        for (points, highest) in [
            (&WEBP, 100),
            (&SHARP_WEBP, 100),
            (&MOZJPEG, 100),
            (&AVIF, 94),
        ] {
            let all: Vec<u8> = (1..=100).map(|q| interpolate(points, q)).collect();
            assert!(all.is_sorted());
            assert_eq!((all[0], all[99]), (1, highest));
        }
        assert_eq!(webp(80, false), 82);
        assert_eq!(webp(75, false), 79);
    }
}
