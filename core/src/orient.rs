//! Orients the resized image and places it on the avatar.

use crate::error::Result;
use crate::geometry::{Orientation, Region};
use crate::limits::Budget;
use crate::pixels::{Rgb, SrgbImage};
use crate::plan::Placement;

/// Rotates and flips `image` into its area of the avatar.
pub(crate) fn place(image: SrgbImage, placement: &Placement, budget: &Budget) -> Result<SrgbImage> {
    let Placement { size, area, .. } = *placement;
    let whole = area == Region::whole(size);
    let channels = if placement.alpha { 4 } else { 3 };
    let as_stored = placement.orientation == Orientation::Normal && image.channels == channels;
    if whole && as_stored {
        return Ok(image);
    }
    let mut out = SrgbImage::new(size, channels, budget)?;
    if let (Some(Rgb([r, g, b])), false) = (placement.background, whole) {
        for pixel in out.samples.chunks_exact_mut(channels) {
            pixel.copy_from_slice(&[r, g, b, 255][..channels]);
        }
    }
    for y in area.y0..area.y1 {
        orient_row(&image, placement, y, &mut out);
    }
    Ok(out)
}

fn orient_row(image: &SrgbImage, placement: &Placement, y: u32, out: &mut SrgbImage) {
    let Placement {
        area, orientation, ..
    } = *placement;
    let channels = out.channels;
    let first = area.x0 as usize * channels;
    let pixels = out.row_mut(y)[first..].chunks_exact_mut(channels);
    for (x, pixel) in (0..area.size().width).zip(pixels) {
        let (stored_x, stored_y) = orientation.stored_position(x, y - area.y0, area.size());
        let from = stored_x as usize * image.channels;
        let stored = &image.row(stored_y)[from..from + image.channels];
        pixel.fill(255); // opaque if the stored pixel has no alpha
        pixel[..stored.len()].copy_from_slice(stored);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::limits::Limits;

    /// A 3 x 2 image of the values 1 to 6, oriented.
    fn oriented(orientation: Orientation) -> Vec<u8> {
        let budget = Budget::new(&Limits::default());
        let mut image = SrgbImage::new(Size::new(3, 2), 3, &budget).unwrap();
        for (value, pixel) in (1..).zip(image.samples.chunks_exact_mut(3)) {
            pixel.fill(value);
        }
        let size = orientation.orient_size(image.size);
        let placement = Placement {
            size,
            area: Region::whole(size),
            orientation,
            background: Some(Rgb::WHITE),
            alpha: false,
            cutout: None,
        };
        let out = place(image, &placement, &budget).unwrap();
        out.samples.iter().copied().step_by(3).collect()
    }

    #[test]
    fn each_exif_value_orients_as_the_standard_draws_it() {
        let expected = [
            [1, 2, 3, 4, 5, 6],
            [3, 2, 1, 6, 5, 4],
            [6, 5, 4, 3, 2, 1],
            [4, 5, 6, 1, 2, 3],
            [1, 4, 2, 5, 3, 6],
            [4, 1, 5, 2, 6, 3],
            [6, 3, 5, 2, 4, 1],
            [3, 6, 2, 5, 1, 4],
        ];
        for (orientation, expected) in Orientation::ALL.into_iter().zip(expected) {
            assert_eq!(oriented(orientation), expected, "{orientation:?}");
        }
    }
}
