//! Copies of half the size. Small avatars are resized from them when a large one is made too.

use crate::error::Result;
use crate::geometry::Size;
use crate::limits::Budget;
use crate::pixels::LinearImage;

/// Half the size in both directions, averaging 2 x 2 pixels. An odd edge is averaged with itself.
pub(crate) fn halve(image: &LinearImage, budget: &Budget) -> Result<LinearImage> {
    let size = Size::new(image.size.width.div_ceil(2), image.size.height.div_ceil(2));
    let mut out = LinearImage::new(size, image.channels, budget)?;
    for y in 0..size.height {
        let lower = (2 * y + 1).min(image.size.height - 1);
        let (above, below) = (image.row(2 * y), image.row(lower));
        match image.channels {
            4 => halve_rows::<4>(above, below, out.row_mut(y)),
            _ => halve_rows::<3>(above, below, out.row_mut(y)),
        }
    }
    Ok(out)
}

fn halve_rows<const CHANNELS: usize>(above: &[u16], below: &[u16], out: &mut [u16]) {
    let (above, below) = (
        above.as_chunks::<CHANNELS>().0,
        below.as_chunks::<CHANNELS>().0,
    );
    let quads = above.chunks(2).zip(below.chunks(2));
    for ((above, below), pixel) in quads.zip(out.as_chunks_mut::<CHANNELS>().0) {
        let (left, right) = (0, above.len() - 1);
        for (channel, sample) in pixel.iter_mut().enumerate() {
            let at = |row: &[[u16; CHANNELS]], x: usize| u32::from(row[x][channel]);
            let sum = at(above, left) + at(above, right) + at(below, left) + at(below, right);
            *sample = ((sum + 2) / 4) as u16;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn a_halved_image_averages_and_keeps_odd_edges() {
        let budget = Budget::new(&Limits::default());
        let mut image = LinearImage::new(Size::new(3, 3), 3, &budget).unwrap();
        for (value, pixel) in (0..).zip(image.samples.chunks_exact_mut(3)) {
            pixel.fill(value * 4);
        }
        let half = halve(&image, &budget).unwrap();
        assert_eq!(half.size, Size::square(2));
        let red: Vec<u16> = half.samples.iter().copied().step_by(3).collect();
        assert_eq!(red, [8, 14, 26, 32]);
    }
}
