//! The caller's wishes: the one options struct that every surface shares.

use crate::error::{Error, Result};
use crate::geometry::{Rect, Size};
use crate::limits::Limits;

/// What to make of a photo.
///
/// The defaults suit a profile picture: one 256 px square JPEG, cropped from the centre, the
/// right way up, in sRGB, without metadata.
///
/// ```
/// use roundel::{Format, Options, Size};
///
/// let options = Options {
///     sizes: vec![Size::square(512), Size::square(64)],
///     format: Format::Webp,
///     ..Options::default()
/// };
/// assert!(options.upscale);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Options {
    /// The avatars' sizes in pixels, 1 to 32 of them, each side 1 to 16,383. In JSON a number is
    /// a square and `[width, height]` any rectangle.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 32)))]
    pub sizes: Vec<Size>,
    /// The file format of every avatar.
    pub format: Format,
    /// Quality of a JPEG, 1 to 100 on the IJG scale. PNG and WebP are lossless and have none.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    pub quality: u8,
    /// Whether a JPEG is progressive.
    pub progressive: bool,
    /// How many chroma samples a JPEG keeps.
    pub subsampling: Subsampling,
    /// Which part of the photo to show, as a person sees it (after its orientation is applied).
    pub crop: Crop,
    /// Whether the part fills the avatar or fits into it.
    pub fit: Fit,
    /// What stands behind transparency and beside a `contain`ed photo. By default white in a
    /// JPEG, and transparent in a PNG or WebP.
    pub background: Option<Rgb>,
    /// Whether a photo smaller than the avatar is enlarged. If not, that avatar comes out as
    /// large as the photo allows, in the same proportions.
    pub upscale: bool,
    /// Faithful or fast decoding of large JPEGs.
    pub speed: Speed,
    /// Whether a damaged JPEG is rendered although a part that shows is missing. A damaged PNG,
    /// WebP or BMP never is; a GIF frame that ends early is completed with its first colour.
    pub accept_damaged: bool,
    /// Whether several sizes may be rendered on several threads. The bytes are the same.
    pub parallel: bool,
    /// What the photo may cost.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            sizes: vec![Size::square(256)],
            format: Format::Jpeg,
            quality: 80,
            progressive: false,
            subsampling: Subsampling::Quarter,
            crop: Crop::default(),
            fit: Fit::Cover,
            background: None,
            upscale: true,
            speed: Speed::Faithful,
            accept_damaged: false,
            parallel: true,
            limits: Limits::default(),
        }
    }
}

impl Options {
    /// The longest side that an avatar may have: what WebP can hold.
    pub const MAX_SIDE: u32 = 16_383;
    /// The most sizes of one render.
    pub const MAX_SIZES: usize = 32;

    /// Reads options from a JSON object, as `options.schema.json` has them, and checks them.
    ///
    /// ```
    /// let options = roundel::Options::from_json(r#"{"sizes": [512, [300, 200]], "crop": "north"}"#)?;
    /// assert_eq!(options.sizes[1], roundel::Size::new(300, 200));
    /// # Ok::<(), roundel::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check); also for an option that is unknown or of another type.
    #[cfg(feature = "json")]
    pub fn from_json(json: &str) -> Result<Self> {
        let refuse = |error: &dyn std::fmt::Display| Error::invalid_options(error.to_string());
        // By way of a value, so that the message is free of lines and columns.
        let value: serde_json::Value = serde_json::from_str(json).map_err(|e| refuse(&e))?;
        let options: Self = serde_path_to_error::deserialize(value).map_err(|e| refuse(&e))?;
        options.check().map(|()| options)
    }

    /// Whether these options can be met by any photo at all.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidOptions`](crate::ErrorKind::InvalidOptions), naming the option, what it was and
    /// what was expected.
    pub fn check(&self) -> Result<()> {
        self.check_sizes()?;
        if !(1..=100).contains(&self.quality) {
            let quality = self.quality;
            return Err(Error::invalid_options(format!(
                "quality must be 1 to 100, not {quality}"
            )));
        }
        self.crop.check()
    }

    fn check_sizes(&self) -> Result<()> {
        let (count, most) = (self.sizes.len(), Self::MAX_SIZES);
        if !(1..=most).contains(&count) {
            let message = format!("sizes must name 1 to {most} sizes, not {count}");
            return Err(Error::invalid_options(message));
        }
        let allowed = 1..=Self::MAX_SIDE;
        let bad = |size: &&Size| !allowed.contains(&size.width) || !allowed.contains(&size.height);
        match self.sizes.iter().find(bad) {
            None => Ok(()),
            Some(Size { width, height }) => Err(Error::invalid_options(format!(
                "each side must be 1 to {} pixels, not {width}x{height}",
                Self::MAX_SIDE
            ))),
        }
    }
}

/// A format that avatars are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Format {
    /// JPEG, 8 bits, YCbCr, optimised Huffman tables.
    Jpeg,
    /// PNG, 8 bits, RGB or RGBA.
    Png,
    /// WebP, lossless, RGB or RGBA.
    Webp,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Jpeg, Self::Png, Self::Webp];

    /// The name in options: `jpeg`, `png` or `webp`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Png => "png",
            Self::Webp => "webp",
        }
    }

    /// The usual file name extension, without the dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::Webp => "webp",
        }
    }

    /// The media type (IANA), as in a `Content-Type` header.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Webp => "image/webp",
        }
    }

    pub(crate) fn has_alpha(self) -> bool {
        self != Self::Jpeg
    }
}

/// How many chroma samples a JPEG keeps for each luma sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Subsampling {
    /// 4:4:4, all of them.
    #[cfg_attr(feature = "serde", serde(rename = "4:4:4"))]
    Full,
    /// 4:2:2, half across.
    #[cfg_attr(feature = "serde", serde(rename = "4:2:2"))]
    Half,
    /// 4:2:0, half across and half down.
    #[cfg_attr(feature = "serde", serde(rename = "4:2:0"))]
    Quarter,
}

/// Whether the cropped part fills the avatar or fits into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Fit {
    /// Fills the avatar; what protrudes is cut off.
    Cover,
    /// All of it is seen; the background shows beside it.
    Contain,
}

/// How faithful the decoding of a large JPEG is to a full decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Speed {
    /// Nobody can tell it from a full decode.
    Faithful,
    /// Decodes as few samples as fill the avatar; fine detail may alias.
    Fast,
}

/// Which part of the photo to show.
///
/// In JSON: a gravity's name, `[x, y]` for a focal point, `[x, y, width, height]` for a rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(
    feature = "serde",
    serde(
        untagged,
        expecting = "expected a gravity (center, north, northeast, ...), [x, y] or \
                     [x, y, width, height]"
    )
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Crop {
    /// The largest part of the avatar's proportions, pushed towards an edge or corner.
    Gravity(Gravity),
    /// The largest part of the avatar's proportions, with this point as near to its centre as
    /// the edges let it be. Fractions of width and height, 0 to 1.
    Focal(FocalPoint),
    /// This part, in pixels of the upright photo; of another shape than the avatar, its centre.
    /// It is clipped to the photo.
    Rect(Rect),
}

impl Default for Crop {
    fn default() -> Self {
        Self::Gravity(Gravity::Center)
    }
}

impl Crop {
    fn check(&self) -> Result<()> {
        match *self {
            Crop::Gravity(_) => Ok(()),
            Crop::Focal(FocalPoint { x, y }) if unit(x) && unit(y) => Ok(()),
            Crop::Focal(FocalPoint { x, y }) => Err(Error::invalid_options(format!(
                "a focal point takes fractions from 0 to 1, not {x}, {y}"
            ))),
            Crop::Rect(rect) if sensible(rect) => Ok(()),
            Crop::Rect(Rect {
                x,
                y,
                width,
                height,
            }) => Err(Error::invalid_options(format!(
                "a crop takes x, y >= 0 and width, height > 0, not {x}, {y}, {width}, {height}"
            ))),
        }
    }
}

fn unit(fraction: f64) -> bool {
    (0.0..=1.0).contains(&fraction)
}

fn sensible(
    Rect {
        x,
        y,
        width,
        height,
    }: Rect,
) -> bool {
    let finite = [x, y, width, height].iter().all(|side| side.is_finite());
    finite && x >= 0.0 && y >= 0.0 && width > 0.0 && height > 0.0
}

/// Towards which edge or corner a crop is pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transform = add_british_spelling))]
#[allow(missing_docs)] // the points of the compass speak for themselves
pub enum Gravity {
    #[cfg_attr(feature = "serde", serde(alias = "centre"))]
    Center,
    North,
    Northeast,
    East,
    Southeast,
    South,
    Southwest,
    West,
    Northwest,
}

/// Adds `centre`, which is accepted for `center`, to the schema of [`Gravity`].
#[cfg(feature = "schema")]
fn add_british_spelling(schema: &mut schemars::Schema) {
    if let Some(names) = schema
        .get_mut("enum")
        .and_then(|names| names.as_array_mut())
    {
        names.push("centre".into());
    }
}

impl Gravity {
    /// Every gravity with its name in options.
    pub const NAMED: [(&'static str, Self); 9] = [
        ("center", Self::Center),
        ("north", Self::North),
        ("northeast", Self::Northeast),
        ("east", Self::East),
        ("southeast", Self::Southeast),
        ("south", Self::South),
        ("southwest", Self::Southwest),
        ("west", Self::West),
        ("northwest", Self::Northwest),
    ];

    /// The focal point that gives the same crop.
    pub(crate) fn focal_point(self) -> FocalPoint {
        let (x, y) = match self {
            Self::Center => (0.5, 0.5),
            Self::North => (0.5, 0.0),
            Self::Northeast => (1.0, 0.0),
            Self::East => (1.0, 0.5),
            Self::Southeast => (1.0, 1.0),
            Self::South => (0.5, 1.0),
            Self::Southwest => (0.0, 1.0),
            Self::West => (0.0, 0.5),
            Self::Northwest => (0.0, 0.0),
        };
        FocalPoint { x, y }
    }
}

/// The point that matters, as fractions of the upright photo's width and height.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(from = "[f64; 2]", into = "[f64; 2]"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FocalPoint {
    /// 0 at the left edge, 1 at the right.
    pub x: f64,
    /// 0 at the top, 1 at the bottom.
    pub y: f64,
}

impl From<[f64; 2]> for FocalPoint {
    fn from([x, y]: [f64; 2]) -> Self {
        Self { x, y }
    }
}

impl From<FocalPoint> for [f64; 2] {
    fn from(point: FocalPoint) -> Self {
        [point.x, point.y]
    }
}

/// An sRGB colour. In JSON a string, `"RRGGBB"` in hexadecimal, `#` before it or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Rgb(
    /// Red, green and blue.
    pub [u8; 3],
);

impl Rgb {
    /// White.
    pub const WHITE: Self = Self([255; 3]);
}

impl std::str::FromStr for Rgb {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let digits = text.strip_prefix('#').unwrap_or(text);
        let hexadecimal = digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        match u32::from_str_radix(digits, 16) {
            Ok(value) if hexadecimal => {
                let [_, rgb @ ..] = value.to_be_bytes();
                Ok(Self(rgb))
            }
            _ => Err(Error::invalid_options(format!(
                "a colour is RRGGBB, not {text:?}"
            ))),
        }
    }
}

impl std::fmt::Display for Rgb {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [r, g, b] = self.0;
        write!(f, "{r:02x}{g:02x}{b:02x}")
    }
}

impl TryFrom<String> for Rgb {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Rgb> for String {
    fn from(colour: Rgb) -> Self {
        colour.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(options: Options) -> String {
        let error = options.check().unwrap_err();
        assert_eq!(error.code(), "invalid_options");
        error.to_string()
    }

    #[test]
    fn impossible_options_are_named() {
        let no_size = Options {
            sizes: vec![],
            ..Options::default()
        };
        assert!(refusal(no_size).contains("sizes"));
        let flat = Options {
            sizes: vec![Size::new(4, 0)],
            ..Options::default()
        };
        assert!(refusal(flat).contains("4x0"));
        let bad_quality = Options {
            quality: 0,
            ..Options::default()
        };
        assert!(refusal(bad_quality).contains("quality"));
        let outside = Crop::Focal(FocalPoint {
            x: f64::NAN,
            y: 0.0,
        });
        assert!(
            refusal(Options {
                crop: outside,
                ..Options::default()
            })
            .contains("focal")
        );
        let empty = Crop::Rect(Rect {
            x: 0.0,
            y: 0.0,
            width: 0.0,
            height: 1.0,
        });
        assert!(
            refusal(Options {
                crop: empty,
                ..Options::default()
            })
            .contains("crop")
        );
    }

    #[cfg(feature = "json")]
    #[test]
    fn options_in_json_are_refused_by_name() {
        let cases = [
            (r#"{"size": 1}"#, "size"),
            (r#"{"sizes": [1, "2"]}"#, "sizes[1]: expected a side"),
            (r#"{"quality": "high"}"#, "quality: "),
            (r#"{"quality": 0}"#, "quality must be"),
            (r#"{"crop": "top"}"#, "crop: expected a gravity"),
            (r#"{"limits": {"pixels": -1}}"#, "limits.pixels: "),
            ("[", "EOF"),
        ];
        for (json, said) in cases {
            let error = Options::from_json(json).unwrap_err();
            assert_eq!(error.code(), "invalid_options");
            assert!(error.to_string().contains(said), "{json}: {error}");
        }
    }

    #[test]
    fn a_colour_is_six_hexadecimal_digits() {
        assert_eq!("#0a0B0c".parse(), Ok(Rgb([10, 11, 12])));
        for wrong in ["", "fff", "+12345", "#1234567", "gggggg", "é1234"] {
            assert_eq!(
                wrong.parse::<Rgb>().unwrap_err().code(),
                "invalid_options",
                "{wrong}"
            );
        }
    }
}
