//! Sizes, rectangles and orientation.

#[cfg(feature = "serde")]
use crate::notation::{Notation, read_by_notation, whole};

/// Width and height in pixels. In JSON `[width, height]`, or one number for a square.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(into = "[u32; 2]"))]
pub struct Size {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

impl Size {
    /// `width` x `height` pixels.
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// A square with sides of `side` pixels.
    pub const fn square(side: u32) -> Self {
        Self::new(side, side)
    }

    /// Width times height.
    pub const fn pixels(self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// The size of this image decoded at `scale` eighths, rounded up.
    pub(crate) fn scaled(self, scale: u8) -> Self {
        let side = |length: u32| (u64::from(length) * u64::from(scale)).div_ceil(8) as u32;
        Self::new(side(self.width), side(self.height))
    }

    /// Width and height swapped.
    pub(crate) fn transposed(self) -> Self {
        Self::new(self.height, self.width)
    }
}

impl From<Size> for [u32; 2] {
    fn from(size: Size) -> Self {
        [size.width, size.height]
    }
}

#[cfg(feature = "serde")]
read_by_notation!(Size);

#[cfg(feature = "serde")]
impl TryFrom<Notation> for Size {
    type Error = &'static str;

    fn try_from(notation: Notation) -> Result<Self, Self::Error> {
        let sides = match notation {
            Notation::Number(side) => Some([side; 2]),
            _ => notation.list(),
        };
        match sides.map(|sides| sides.map(whole)) {
            Some([Some(width), Some(height)]) => Ok(Self::new(width, height)),
            _ => Err("expected a side in pixels or [width, height]"),
        }
    }
}

/// The forms of [`Size`] in JSON.
#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
#[serde(untagged)]
#[allow(dead_code)] // a schema only
enum Sides {
    Square(#[schemars(range(min = 1, max = 16_383))] u32),
    Both([u32; 2]),
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Size {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Size".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Sides::json_schema(generator)
    }
}

/// A rectangle with fractional edges, in pixels from the top left corner of an image.
/// In JSON `[x, y, width, height]`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(from = "[f64; 4]", into = "[f64; 4]"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Rect {
    /// Left edge.
    pub x: f64,
    /// Top edge.
    pub y: f64,
    /// Pixels across.
    pub width: f64,
    /// Pixels down.
    pub height: f64,
}

impl From<[f64; 4]> for Rect {
    fn from([x, y, width, height]: [f64; 4]) -> Self {
        Self {
            x,
            y,
            width,
            height,
        }
    }
}

impl From<Rect> for [f64; 4] {
    fn from(
        Rect {
            x,
            y,
            width,
            height,
        }: Rect,
    ) -> Self {
        [x, y, width, height]
    }
}

impl Rect {
    /// The whole of an image.
    pub fn whole(size: Size) -> Self {
        Self {
            x: 0.0,
            y: 0.0,
            width: size.width.into(),
            height: size.height.into(),
        }
    }

    /// The smallest rectangle that contains both.
    pub(crate) fn union(self, other: Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let right = (self.x + self.width).max(other.x + other.width);
        let bottom = (self.y + self.height).max(other.y + other.height);
        Self {
            x,
            y,
            width: right - x,
            height: bottom - y,
        }
    }

    /// This rectangle with the origin moved to `(x, y)` and every length divided by `(sx, sy)`.
    pub(crate) fn relative_to(self, x: f64, y: f64, sx: f64, sy: f64) -> Self {
        Self {
            x: (self.x - x) / sx,
            y: (self.y - y) / sy,
            width: self.width / sx,
            height: self.height / sy,
        }
    }
}

/// A rectangle of whole pixels, `x0 <= x < x1` and `y0 <= y < y1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Region {
    /// First column.
    pub x0: u32,
    /// First row.
    pub y0: u32,
    /// The column after the last.
    pub x1: u32,
    /// The row after the last.
    pub y1: u32,
}

impl Region {
    /// The whole of an image.
    pub const fn whole(size: Size) -> Self {
        Self {
            x0: 0,
            y0: 0,
            x1: size.width,
            y1: size.height,
        }
    }

    /// Every pixel of `bounds` that `rect` touches, at least one.
    pub(crate) fn around(rect: Rect, bounds: Size) -> Self {
        let (x0, x1) = touched(rect.x, rect.width, bounds.width);
        let (y0, y1) = touched(rect.y, rect.height, bounds.height);
        Self { x0, y0, x1, y1 }
    }

    /// Columns and rows.
    pub const fn size(self) -> Size {
        Size::new(self.x1 - self.x0, self.y1 - self.y0)
    }
}

fn touched(start: f64, length: f64, bound: u32) -> (u32, u32) {
    let last = f64::from(bound) - 1.0;
    let first = start.floor().clamp(0.0, last);
    let end = (start + length).ceil().clamp(first + 1.0, last + 1.0);
    (first as u32, end as u32)
}

/// How a stored image is rotated and flipped for viewing: the eight values of the EXIF tag
/// `Orientation` (0x0112, TIFF 6.0 p. 36).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(into = "u8"))]
#[repr(u8)]
pub enum Orientation {
    /// 1: as stored.
    #[default]
    Normal = 1,
    /// 2: mirrored left to right.
    FlipHorizontal = 2,
    /// 3: rotated by 180 degrees.
    Rotate180 = 3,
    /// 4: mirrored top to bottom.
    FlipVertical = 4,
    /// 5: mirrored along the main diagonal.
    Transpose = 5,
    /// 6: rotated clockwise by 90 degrees.
    Rotate90 = 6,
    /// 7: mirrored along the other diagonal.
    Transverse = 7,
    /// 8: rotated counterclockwise by 90 degrees.
    Rotate270 = 8,
}

impl From<Orientation> for u8 {
    fn from(orientation: Orientation) -> Self {
        orientation.exif()
    }
}

impl Orientation {
    /// All eight, in the order of their EXIF values.
    pub const ALL: [Self; 8] = [
        Self::Normal,
        Self::FlipHorizontal,
        Self::Rotate180,
        Self::FlipVertical,
        Self::Transpose,
        Self::Rotate90,
        Self::Transverse,
        Self::Rotate270,
    ];

    /// The orientation of an EXIF value; `None` outside 1 to 8.
    pub fn from_exif(value: u16) -> Option<Self> {
        Self::ALL.get(usize::from(value).checked_sub(1)?).copied()
    }

    /// The EXIF value, 1 to 8.
    pub fn exif(self) -> u8 {
        self as u8
    }

    /// Whether rows become columns.
    pub fn transposes(self) -> bool {
        self as u8 >= 5
    }

    /// The upright size of an image of the stored size `stored`. Also the inverse: the stored size
    /// of an image of the upright size `stored`.
    pub fn orient_size(self, stored: Size) -> Size {
        if self.transposes() {
            stored.transposed()
        } else {
            stored
        }
    }

    /// The stored position of the upright pixel (`x`, `y`) of an image of the size `upright`.
    pub(crate) fn stored_position(self, x: u32, y: u32, upright: Size) -> (u32, u32) {
        let (right, bottom) = (upright.width - 1 - x, upright.height - 1 - y);
        match self {
            Self::Normal => (x, y),
            Self::FlipHorizontal => (right, y),
            Self::Rotate180 => (right, bottom),
            Self::FlipVertical => (x, bottom),
            Self::Transpose => (y, x),
            Self::Rotate90 => (y, right),
            Self::Transverse => (bottom, right),
            Self::Rotate270 => (bottom, x),
        }
    }

    /// The stored rectangle of `rect`, which is a rectangle of the upright image.
    pub(crate) fn stored_rect(self, rect: Rect, upright: Size) -> Rect {
        let right = f64::from(upright.width) - rect.x - rect.width;
        let bottom = f64::from(upright.height) - rect.y - rect.height;
        let (x, y) = match self {
            Self::Normal => (rect.x, rect.y),
            Self::FlipHorizontal => (right, rect.y),
            Self::Rotate180 => (right, bottom),
            Self::FlipVertical => (rect.x, bottom),
            Self::Transpose => (rect.y, rect.x),
            Self::Rotate90 => (rect.y, right),
            Self::Transverse => (bottom, right),
            Self::Rotate270 => (bottom, rect.x),
        };
        let (width, height) = if self.transposes() {
            (rect.height, rect.width)
        } else {
            (rect.width, rect.height)
        };
        Rect {
            x,
            y,
            width,
            height,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_rect_contains_the_stored_positions_of_its_pixels() {
        let upright = Size::new(7, 5);
        for orientation in Orientation::ALL {
            let (x, y) = orientation.stored_position(2, 1, upright);
            let pixel = Rect {
                x: 2.0,
                y: 1.0,
                width: 1.0,
                height: 1.0,
            };
            let stored = orientation.stored_rect(pixel, upright);
            assert_eq!(
                (stored.x, stored.y),
                (f64::from(x), f64::from(y)),
                "{orientation:?}"
            );
        }
    }

    #[test]
    fn exif_values_round_trip_and_others_are_none() {
        for value in 1..=8 {
            assert_eq!(Orientation::from_exif(value).unwrap().exif(), value as u8);
        }
        assert_eq!(Orientation::from_exif(0), None);
        assert_eq!(Orientation::from_exif(9), None);
    }

    #[test]
    fn a_region_contains_every_pixel_that_a_rect_touches() {
        let rect = Rect {
            x: 0.5,
            y: 2.0,
            width: 3.0,
            height: 1.0,
        };
        let region = Region::around(rect, Size::new(10, 3));
        assert_eq!(
            region,
            Region {
                x0: 0,
                y0: 2,
                x1: 4,
                y1: 3
            }
        );
    }
}
