//! The point of a photo that draws attention, without a model.
//!
//! ```text
//! for each pixel: saliency = edge^2 (1 + saturation + skin)
//! focal point = the mean position, weighted by saliency
//! ```
//!
//! A surface without edges draws no attention, whatever its color: skies and walls are saturated, and
//! many walls have the color of skin.
//!
//! The mean is robust: a texture in a corner moves it little, and a photo without a subject keeps its
//! center. The point leaves the center by at most [`MOST`], so that a wrong guess cuts off little.

use crate::geometry::Region;
use crate::pixels::SrgbImage;

/// How far the point may be from the center, as a share of the photo's width and height.
const MOST: f64 = 0.2;
/// How much more an edge in skin counts, and one in the most saturated color.
const SKIN: u64 = 3;
const SATURATED: u64 = 2;

/// The focal point of the photo in `area` of an opaque picture, in fractions of the area's width and
/// height.
pub(crate) fn focal_point(picture: &SrgbImage, area: Region) -> [f64; 2] {
    let (mut weight, mut across, mut down) = (0, 0, 0);
    for y in area.y0..area.y1 {
        for x in area.x0..area.x1 {
            let saliency = saliency(picture, x, y, area);
            weight += saliency;
            across += saliency * u64::from(2 * (x - area.x0) + 1);
            down += saliency * u64::from(2 * (y - area.y0) + 1);
        }
    }
    let mean = |sum: u64, length: u32| {
        let fraction = match weight {
            0 => 0.5,
            _ => sum as f64 / (2 * weight * u64::from(length)) as f64,
        };
        fraction.clamp(0.5 - MOST, 0.5 + MOST)
    };
    let size = area.size();
    [mean(across, size.width), mean(down, size.height)]
}

fn saliency(picture: &SrgbImage, x: u32, y: u32, area: Region) -> u64 {
    let [r, g, b] = pixel(picture, x, y);
    let right = pixel(picture, (x + 1).min(area.x1 - 1), y);
    let below = pixel(picture, x, (y + 1).min(area.y1 - 1));
    let edge = u64::from(right[1].abs_diff(g).max(below[1].abs_diff(g)));
    let saturation = u64::from(r.max(g).max(b) - r.min(g).min(b));
    let skin = if is_skin([r, g, b]) { 255 * SKIN } else { 0 };
    edge * edge * (255 + saturation * SATURATED + skin)
}

fn pixel(picture: &SrgbImage, x: u32, y: u32) -> [u8; 3] {
    let at = x as usize * picture.channels;
    let pixel = picture.row(y).get(at..at + 3);
    pixel
        .and_then(|pixel| pixel.try_into().ok())
        .unwrap_or_default()
}

/// Whether a color may be skin, of any tone: red is the largest part, then green, and the hue is between
/// red and orange.
fn is_skin([r, g, b]: [u8; 3]) -> bool {
    let (r, g, b) = (u32::from(r), u32::from(g), u32::from(b));
    // Hue from 0 to 40 degrees; saturation from 1/6 to 2/3.
    let spread = r.saturating_sub(b);
    r > g && g >= b && 3 * (g - b) <= 2 * spread && 6 * spread >= r && 3 * spread <= 2 * r && r > 40
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Size;
    use crate::limits::{Budget, Limits};

    fn picture(color: impl Fn(u32, u32) -> [u8; 3]) -> SrgbImage {
        let budget = Budget::new(&Limits::default());
        let mut image = SrgbImage::new(Size::square(64), 3, &budget).unwrap();
        for y in 0..64 {
            let row = image.row_mut(y).as_chunks_mut::<3>().0;
            (0..).zip(row).for_each(|(x, pixel)| *pixel = color(x, y));
        }
        image
    }

    const WHOLE: Region = Region {
        x0: 0,
        y0: 0,
        x1: 64,
        y1: 64,
    };

    #[test]
    fn a_photo_of_one_color_keeps_its_center() {
        let gray = picture(|_, _| [90; 3]);
        assert_eq!(focal_point(&gray, WHOLE), [0.5, 0.5]);
    }

    #[test]
    fn the_point_moves_towards_skin_and_edges_and_not_too_far() {
        let skin = picture(|x, y| {
            if x < 16 && y > 40 {
                [200, 150, 120]
            } else {
                [90; 3]
            }
        });
        let [x, y] = focal_point(&skin, WHOLE);
        assert_eq!((x, y), (0.5 - MOST, 0.5 + MOST));
        let stripes = picture(|x, y| {
            [if x > 44 && y > 20 && y < 44 {
                255 * (x % 2) as u8
            } else {
                0
            }; 3]
        });
        let [x, y] = focal_point(&stripes, WHOLE);
        assert_eq!(x, 0.5 + MOST);
        assert!((y - 0.5).abs() < 0.05, "{y}");
    }

    #[test]
    fn letterboxing_draws_no_attention() {
        let bars = picture(|x, _| if x < 32 { [255, 0, 0] } else { [90; 3] });
        let area = Region { x0: 32, ..WHOLE };
        assert_eq!(focal_point(&bars, area), [0.5, 0.5]);
    }
}
