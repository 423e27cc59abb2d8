//! The colors of an image with few of them.

/// An image as indices into a palette.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Indexed {
    /// At most 256 colors as RGBA. Colors that are not opaque come first, so that PNG's list of
    /// alpha values ends early.
    pub palette: Vec<[u8; 4]>,
    /// The color of each pixel.
    pub indices: Vec<u8>,
}

impl Indexed {
    /// Collects the colors of `pixels`. `None` if there are more than 256.
    ///
    /// The palette is sorted by alpha, red, green and blue, whatever the pixels' places, so that a
    /// color is found by a binary search.
    pub(super) fn new(pixels: impl Iterator<Item = [u8; 4]> + Clone) -> Option<Self> {
        let mut palette = Vec::with_capacity(256);
        for pixel in pixels.clone() {
            if let Err(place) = find(&palette, pixel) {
                if palette.len() == 256 {
                    return None;
                }
                palette.insert(place, pixel);
            }
        }
        let index = |pixel| find(&palette, pixel).map_or(0, |index| index as u8);
        let indices = pixels.map(index).collect();
        Some(Self { palette, indices })
    }

    /// Bits of an index: 1, 2, 4 or 8.
    pub(super) fn bits(&self) -> usize {
        match self.palette.len() {
            0..=2 => 1,
            3..=4 => 2,
            5..=16 => 4,
            _ => 8,
        }
    }

    /// The indices, `bits()` each, the first pixel of a byte in its highest bits. Each row begins
    /// with a new byte (PNG, third edition, 7.2).
    pub(super) fn packed(&self, width: usize) -> Vec<u8> {
        let bits = self.bits();
        let pack = |byte: &[u8]| {
            let shifts = (0..8 / bits).map(|i| 8 - bits * (i + 1));
            byte.iter()
                .zip(shifts)
                .fold(0, |sum, (&v, shift)| sum | v << shift)
        };
        let rows = self.indices.chunks(width);
        rows.flat_map(|row| row.chunks(8 / bits).map(pack))
            .collect()
    }
}

/// The index of `color`, or the place where it belongs.
fn find(palette: &[[u8; 4]], color: [u8; 4]) -> Result<usize, usize> {
    let key = |&[r, g, b, a]: &[u8; 4]| [a, r, g, b];
    palette.binary_search_by_key(&key(&color), key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn indexed(colors: u32) -> Option<Indexed> {
        let pixels = (0..4000).map(move |i| (i * 7919 % colors).to_be_bytes());
        Indexed::new(pixels)
    }

    #[test]
    fn every_pixel_keeps_its_color() {
        let image = indexed(256).unwrap();
        assert_eq!(image.palette.len(), 256);
        for (i, &index) in (0..4000).zip(&image.indices) {
            let color: u32 = i * 7919 % 256;
            assert_eq!(image.palette[usize::from(index)], color.to_be_bytes());
        }
    }

    #[test]
    fn an_image_with_257_colors_has_no_palette() {
        assert_eq!(indexed(257), None);
    }

    #[test]
    fn transparent_colors_come_first() {
        let pixels = [
            [9, 9, 9, 255],
            [1, 1, 1, 255],
            [200, 0, 0, 128],
            [0, 0, 0, 0],
        ];
        let image = Indexed::new(pixels.into_iter()).unwrap();
        let alphas: Vec<u8> = image.palette.iter().map(|color| color[3]).collect();
        assert_eq!(alphas, [0, 128, 255, 255]);
    }

    #[test]
    fn rows_of_few_colors_are_packed_into_whole_bytes() {
        let black_or_white = [0, 1, 1, 0, 1, 1, 1, 1, 1, 0].map(|v| [v * 255; 3]);
        let pixels = black_or_white.map(|[r, g, b]| [r, g, b, 255]);
        let image = Indexed::new(pixels.into_iter()).unwrap();
        assert_eq!(image.packed(5), [0b0110_1000, 0b1111_0000]);
    }
}
