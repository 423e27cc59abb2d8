//! Turns the finished image upright and puts it in its place.

use crate::error::Result;
use crate::geometry::{Orientation, Region, Size};
use crate::limits::Budget;
use crate::options::Rgb;
use crate::pixels::Srgb;

/// `image`, turned by `orientation`, at `place` in an avatar of `size`. Beside it shows
/// `background`, or nothing where it is `None`.
pub(crate) fn place(
    image: Srgb,
    orientation: Orientation,
    place: Region,
    size: Size,
    background: Option<Rgb>,
    budget: &Budget,
) -> Result<Srgb> {
    let whole = place == Region::whole(size);
    if whole && orientation == Orientation::Normal {
        return Ok(image);
    }
    let channels = if background.is_none() && !whole {
        4
    } else {
        image.channels
    };
    let mut out = Srgb::new(size, channels, budget)?;
    if let (Some(Rgb(colour)), false) = (background, whole) {
        out.samples.as_chunks_mut::<3>().0.fill(colour);
    }
    for y in place.y0..place.y1 {
        turn_row(&image, orientation, place, y, &mut out);
    }
    Ok(out)
}

fn turn_row(image: &Srgb, orientation: Orientation, place: Region, y: u32, out: &mut Srgb) {
    let channels = out.channels;
    let first = place.x0 as usize * channels;
    let pixels = out.row_mut(y)[first..].chunks_exact_mut(channels);
    for (x, pixel) in (0..place.size().width).zip(pixels) {
        let (stored_x, stored_y) = orientation.stored_position(x, y - place.y0, place.size());
        let from = stored_x as usize * image.channels;
        let stored = &image.row(stored_y)[from..from + image.channels];
        pixel.fill(255); // an alpha that the stored pixel may lack
        pixel[..stored.len()].copy_from_slice(stored);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    fn turned(orientation: Orientation) -> Vec<u8> {
        let budget = Budget::new(&Limits::default());
        let mut image = Srgb::new(Size::new(3, 2), 3, &budget).unwrap();
        for (value, pixel) in (1..).zip(image.samples.chunks_exact_mut(3)) {
            pixel.fill(value);
        }
        let size = orientation.turn(image.size);
        let whole = Region::whole(size);
        let out = place(image, orientation, whole, size, Some(Rgb::WHITE), &budget).unwrap();
        out.samples.iter().copied().step_by(3).collect()
    }

    #[test]
    fn each_exif_value_turns_as_the_standard_draws_it() {
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
            assert_eq!(turned(orientation), expected, "{orientation:?}");
        }
    }
}
