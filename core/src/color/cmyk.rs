//! CMYK without an ICC profile.

/// Mixes inks on white paper: each ink and black multiply the light that is left. 255 is full ink.
pub(super) fn cmyk_to_rgb([c, m, y, k]: [u8; 4]) -> [u8; 3] {
    [c, m, y].map(|ink| {
        let product = u32::from(255 - ink) * u32::from(255 - k);
        ((product + 127) / 255) as u8
    })
}

#[cfg(test)]
mod tests {
    use super::cmyk_to_rgb;

    #[test]
    fn no_ink_is_white_and_full_ink_or_black_is_black() {
        assert_eq!(cmyk_to_rgb([0; 4]), [255; 3]);
        assert_eq!(cmyk_to_rgb([255, 255, 255, 0]), [0; 3]);
        assert_eq!(cmyk_to_rgb([0, 0, 0, 255]), [0; 3]);
        assert_eq!(cmyk_to_rgb([255, 0, 0, 0]), [0, 255, 255]);
    }
}
