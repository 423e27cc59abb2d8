//! From indices to colors.
//!
//! Indices beyond the file's palette are black. A file without a palette leaves its colors to the
//! decoder; the standard recommends that the first two be black and white (GIF89a, 18). We use a
//! gray ramp over the code size's indices; with the smallest code size, 2, which black-and-white
//! images have too, it begins with black and white.

use super::container::GifImage;

/// The color and alpha of each of 256 indices.
pub(super) struct GifPalette([[u8; 4]; 256]);

impl GifPalette {
    pub(super) fn new(image: &GifImage<'_>) -> Self {
        let mut palette = Self([[0, 0, 0, 255]; 256]);
        match image.palette {
            Some(colors) => palette.set(colors),
            None => palette.set_gray(image.code_size),
        }
        if let Some(index) = image.transparent {
            palette.0[usize::from(index)] = [0; 4];
        }
        palette
    }

    fn set(&mut self, colors: &[u8]) {
        for (entry, &[red, green, blue]) in self.0.iter_mut().zip(colors.as_chunks().0) {
            *entry = [red, green, blue, 255];
        }
    }

    /// The colors of a file without a palette.
    fn set_gray(&mut self, code_size: u8) {
        let white = if code_size <= 2 {
            1
        } else {
            (1 << code_size) - 1
        };
        for (index, entry) in self.0.iter_mut().enumerate() {
            let gray = (index * 255 / white).min(255) as u8;
            *entry = [gray, gray, gray, 255];
        }
    }

    pub(super) fn paint<const CHANNELS: usize>(&self, indices: &[u8], samples: &mut [u8]) {
        let pixels = samples.as_chunks_mut::<CHANNELS>().0;
        for (pixel, &index) in pixels.iter_mut().zip(indices) {
            pixel.copy_from_slice(&self.0[usize::from(index)][..CHANNELS]);
        }
    }
}
