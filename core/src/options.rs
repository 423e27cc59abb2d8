//! The options that every surface shares.

use crate::error::{Error, Feature, Result};
use crate::format::{Effort, Format, SourceFormat, Subsampling};
use crate::geometry::{Rect, Size};
use crate::limits::Limits;
#[cfg(feature = "serde")]
use crate::names::read_by_name;
#[cfg(feature = "serde")]
use crate::notation::{Notation, read_by_notation};
use crate::photo::Frame;
use crate::pixels::Rgb;

/// How avatars are made from a photo.
///
/// The defaults suit a profile picture: one 256 px square JPEG, cropped from the center, upright,
/// in sRGB, without metadata.
///
/// ```
/// use roundel::{Format, Options, Size};
///
/// let options = Options {
///     sizes: vec![Size::square(512), Size::square(64)],
///     formats: vec![Format::Webp, Format::Jpeg],
///     ..Options::default()
/// };
/// assert!(options.upscale);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(default, deny_unknown_fields))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Options {
    /// The sizes of the avatars in pixels: 1 to 32 sizes, each side 1 to 16,383. In JSON a number
    /// is a square and `[width, height]` is any rectangle.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 32)))]
    pub sizes: Vec<Size>,
    /// The file formats of the avatars, without repetition. Every size is written in each of them,
    /// in this order, from one decode. In JSON one name stands for a list of one.
    #[cfg_attr(feature = "serde", serde(deserialize_with = "one_or_more"))]
    #[cfg_attr(feature = "schema", schemars(with = "Formats"))]
    pub formats: Vec<Format>,
    /// Quality of lossy formats, 1 to 100, on the scale of the Independent JPEG Group. A lossy WebP or
    /// an AVIF gets the quality of its own scale that looks the same (equal SSIMULACRA2). For 80, these
    /// are 82 and 83, which take 0.81 and 0.71 of the bytes of the JPEG.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    pub quality: u8,
    /// Whether to write a lossless WebP. A PNG is always lossless, and a JPEG or an AVIF cannot be.
    pub lossless: bool,
    /// How much time the encoders of lossy formats spend on a smaller file that looks the same. With
    /// `small`, a JPEG takes 0.90 of the bytes and several times as long, a lossy WebP 0.96 of the bytes and
    /// 3 times as long, and an AVIF 0.94 and 3 times.
    pub effort: Effort,
    /// The most bytes of each avatar. A lossy format gets the highest quality that fits, at most
    /// `quality`. An avatar that does not fit at the lowest quality is refused, and so is a lossless
    /// one that is too large.
    pub max_bytes: Option<u32>,
    /// Whether to write progressive JPEGs.
    pub progressive: bool,
    /// Chroma subsampling of JPEGs. By default 4:4:4 if no side is longer than 128 pixels, and
    /// 4:2:0 if one is.
    pub subsampling: Option<Subsampling>,
    /// The frame of an animated GIF, PNG or WebP that is shown. In an animated avatar, the crop is chosen
    /// by this frame.
    pub frame: Frame,
    /// Whether to write an animated WebP if the photo is an animated GIF, PNG or WebP. All frames have one
    /// crop and the timing of the photo, except that a frame of 10 ms or less is shown for 100 ms, as in
    /// browsers. Other formats, and a photo of one frame, stay stills. An animation with a damaged frame is
    /// refused, even where its first frame is sound. Needs the feature `animation`.
    pub animated: bool,
    /// The part of the upright photo to show.
    pub crop: Crop,
    /// Whether the crop fills the avatar or fits inside it.
    pub fit: Fit,
    /// Fill color for transparency and letterboxing. Without it, a JPEG is filled with white, and the
    /// other formats stay transparent.
    pub background: Option<Rgb>,
    /// The shape that avatars are cut to. Outside of it, a JPEG has the background, and the other formats
    /// are transparent, whatever the background.
    pub shape: Shape,
    /// Whether to enlarge a photo that is smaller than the avatar. If `false`, that avatar comes
    /// out smaller, in the same proportions.
    pub upscale: bool,
    /// How an enlarged photo is resampled: smoothly, or with hard edges for pixel art.
    pub filter: ResizeFilter,
    /// Faithful or fast decoding of large JPEGs.
    pub speed: Speed,
    /// Whether to render a damaged photo although a visible part of it is missing. The missing part
    /// is gray in a JPEG, a lossy WebP or an AVIF, and else transparent, unless a part of its data is known. The report has its
    /// share of the photo. An animated avatar ends before its first damaged frame.
    pub accept_damaged: bool,
    /// Whether to render a photo on several threads if it is large or has several sizes. The bytes are
    /// the same either way. Threads take more processor time, so switch them off where other photos keep
    /// the cores busy.
    pub parallel: bool,
    /// Upper bounds on the cost of one photo.
    pub limits: Limits,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            sizes: vec![Size::square(256)],
            formats: vec![Format::Jpeg],
            quality: 80,
            lossless: false,
            effort: Effort::Default,
            max_bytes: None,
            progressive: false,
            subsampling: None,
            frame: Frame::First,
            animated: false,
            crop: Crop::default(),
            fit: Fit::Cover,
            background: None,
            shape: Shape::Rectangle,
            upscale: true,
            filter: ResizeFilter::Auto,
            speed: Speed::Faithful,
            accept_damaged: false,
            parallel: true,
            limits: Limits::default(),
        }
    }
}

impl Options {
    /// The longest side of an avatar, in pixels: the longest that WebP can store.
    pub const MAX_SIDE: u32 = 16_383;
    /// The largest number of sizes in one render.
    pub const MAX_SIZES: usize = 32;

    /// Parses options from a JSON object, as described by `options.schema.json`, and checks them.
    ///
    /// ```
    /// let options = roundel::Options::from_json(r#"{"sizes": [512, [300, 200]], "crop": "north"}"#)?;
    /// assert_eq!(options.sizes[1], roundel::Size::new(300, 200));
    /// # Ok::<(), roundel::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check); also for an unknown option or a value of the wrong type.
    #[cfg(feature = "json")]
    pub fn from_json(json: &str) -> Result<Self> {
        let refuse = |error: &dyn std::fmt::Display| Error::invalid_options(error.to_string());
        // Errors of a parsed value name the option; those of a text name a line and column.
        let value: serde_json::Value = serde_json::from_str(json).map_err(|e| refuse(&e))?;
        let options: Self = serde_path_to_error::deserialize(value).map_err(|e| refuse(&e))?;
        options.check().map(|()| options)
    }

    /// Checks that some photo can meet these options.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidOptions`](crate::ErrorKind::InvalidOptions). The message names the option,
    /// its value and the expected values.
    pub fn check(&self) -> Result<()> {
        self.check_sizes()?;
        self.check_formats()?;
        if !(1..=100).contains(&self.quality) {
            let quality = self.quality;
            return Err(Error::invalid_options(format!(
                "quality must be 1 to 100, not {quality}"
            )));
        }
        self.shape.check()?;
        self.crop.check()
    }

    /// Checks that this build can meet `animated` for a photo of `format`.
    pub(crate) fn check_animated(&self, format: SourceFormat) -> Result<()> {
        let may_be_animated = matches!(
            format,
            SourceFormat::Gif | SourceFormat::Png | SourceFormat::Webp
        );
        let is_wanted = self.animated && self.formats.contains(&Format::Webp);
        if cfg!(feature = "animation") || !(is_wanted && may_be_animated) {
            return Ok(());
        }
        Err(Error::unsupported(
            Feature::Animation,
            "animated avatars are not built in; build with the feature `animation`",
        ))
    }

    fn check_formats(&self) -> Result<()> {
        let formats = &self.formats;
        if formats.is_empty() {
            return Err(Error::invalid_options("formats must name a format"));
        }
        for (at, format) in formats.iter().enumerate() {
            let name = format.name();
            if formats[..at].contains(format) {
                let message = format!("formats names {name} twice");
                return Err(Error::invalid_options(message));
            }
            if self.lossless && matches!(format, Format::Jpeg | Format::Avif) {
                let message = format!("{name} cannot be lossless; choose png or webp");
                return Err(Error::invalid_options(message));
            }
            self.check_build(*format)?;
        }
        Ok(())
    }

    /// Refuses an encoder that this build does not have.
    fn check_build(&self, format: Format) -> Result<()> {
        let lossy_webp = format == Format::Webp && !self.lossless;
        if lossy_webp && !cfg!(feature = "webp-lossy") {
            let message = "this build does not write lossy webp; set lossless, or choose jpeg";
            return Err(Error::invalid_options(message));
        }
        // The encoder may panic.
        if format == Format::Avif && cfg!(any(not(feature = "avif-out"), panic = "abort")) {
            let message = "this build does not write avif; choose jpeg, png or webp";
            return Err(Error::invalid_options(message));
        }
        let small_jpeg = format == Format::Jpeg && self.effort == Effort::Small;
        if small_jpeg && !cfg!(feature = "jpeg-small") {
            let message = "this build does not write jpeg with the effort small; choose default";
            return Err(Error::invalid_options(message));
        }
        Ok(())
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

/// One format, or a list of them without repetition.
#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
#[serde(untagged)]
#[allow(dead_code)] // a schema only
enum Formats {
    One(Format),
    More(Vec<Format>),
}

/// Reads [`Options::formats`]. A derived reader would take another kilobyte of wasm.
#[cfg(feature = "serde")]
struct FormatsVisitor;

#[cfg(feature = "serde")]
impl<'de> serde::de::Visitor<'de> for FormatsVisitor {
    type Value = Vec<Format>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("jpeg, png, webp or avif, or a list of them")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> std::result::Result<Self::Value, E> {
        let format = Format::ALL.into_iter().find(|format| format.name() == name);
        let unknown = || E::invalid_value(serde::de::Unexpected::Str(name), &self);
        format.map(|format| vec![format]).ok_or_else(unknown)
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(
        self,
        mut list: A,
    ) -> std::result::Result<Self::Value, A::Error> {
        let mut formats = Vec::new();
        while let Some(format) = list.next_element()? {
            formats.push(format);
        }
        Ok(formats)
    }
}

#[cfg(feature = "serde")]
fn one_or_more<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> std::result::Result<Vec<Format>, D::Error> {
    deserializer.deserialize_any(FormatsVisitor)
}

/// Whether the crop fills the avatar or fits inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Fit {
    /// The crop fills the avatar. Its protruding edges are cut off.
    Cover,
    /// The whole crop is shown, with the background beside it (letterboxing).
    Contain,
}

#[cfg(feature = "serde")]
read_by_name!(Fit { "cover" => Cover, "contain" => Contain });

/// The shape that avatars are cut to.
///
/// In JSON a string: `"rectangle"`, `"circle"`, or the radius of round corners as in CSS, `"20%"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub enum Shape {
    /// All of the avatar.
    #[default]
    Rectangle,
    /// The largest circle, at the center of the avatar.
    Circle,
    /// Round corners with this radius, in percent of the shorter side, 0 to 50. In a square, 50 is a circle.
    Rounded(u8),
}

impl Shape {
    fn check(self) -> Result<()> {
        match self {
            Self::Rounded(51..) => Err(Error::invalid_options("a radius is 0% to 50%")),
            _ => Ok(()),
        }
    }
}

impl std::str::FromStr for Shape {
    type Err = Error;

    /// Parses `rectangle`, `circle` or a radius like `20%`.
    fn from_str(text: &str) -> Result<Self> {
        let radius = || text.strip_suffix('%')?.parse().ok().map(Self::Rounded);
        let shape = match text {
            "rectangle" => Some(Self::Rectangle),
            "circle" => Some(Self::Circle),
            _ => radius(),
        };
        let unknown = "a shape is rectangle, circle, or the radius of its corners, 0% to 50%";
        shape.ok_or_else(|| Error::invalid_options(unknown))
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rectangle => f.write_str("rectangle"),
            Self::Circle => f.write_str("circle"),
            Self::Rounded(radius) => write!(f, "{radius}%"),
        }
    }
}

impl TryFrom<String> for Shape {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Shape> for String {
    fn from(shape: Shape) -> Self {
        shape.to_string()
    }
}

/// The forms of [`Shape`] in JSON.
#[cfg(feature = "schema")]
#[derive(schemars::JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[allow(dead_code)] // a schema only
enum ShapeName {
    /// All of the avatar.
    Rectangle,
    /// The largest circle, at the center of the avatar.
    Circle,
    /// Round corners with this radius, in percent of the shorter side, `"0%"` to `"50%"`. In a square, `"50%"`
    /// is a circle.
    #[schemars(untagged)]
    Rounded(#[schemars(regex(pattern = "^\\d{1,2}%$"))] String),
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Shape {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Shape".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        ShapeName::json_schema(generator)
    }
}

/// How a photo is resampled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum ResizeFilter {
    /// For photos and graphics: sharp, without rings beside edges.
    Auto,
    /// For pixel art: an enlarged photo keeps its pixels as blocks with hard edges, and no color
    /// is added. A reduced one is resampled as by `auto`.
    Pixelated,
}

#[cfg(feature = "serde")]
read_by_name!(ResizeFilter { "auto" => Auto, "pixelated" => Pixelated });

/// How closely the decoding of a large JPEG follows a full decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Speed {
    /// Visually the same as a full decode, as far as a large progressive JPEG fits into memory.
    Faithful,
    /// Decodes no more samples than the avatar has pixels. Fine detail may alias.
    Fast,
}

#[cfg(feature = "serde")]
read_by_name!(Speed { "faithful" => Faithful, "fast" => Fast });

/// The part of the photo to show.
///
/// In JSON: the name of a gravity, `"face"` or `"attention"`, `[x, y]` for a focal point,
/// `[x, y, width, height]` for a rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
#[cfg_attr(feature = "serde", serde(untagged))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Crop {
    /// The largest part in the avatar's proportions, moved towards an edge or corner.
    Gravity(Gravity),
    /// The largest part in the avatar's proportions, moved to the subject of the photo. Needs the
    /// feature `subject`. No effect with [`Fit::Contain`].
    Subject(Subject),
    /// The largest part in the avatar's proportions, centered on this point as closely as the
    /// photo's edges permit. Fractions of width and height, 0 to 1.
    Focal(FocalPoint),
    /// This rectangle, in pixels of the upright photo, clipped to the photo. If its proportions
    /// differ from the avatar's, `cover` shows the center of it.
    Rect(Rect),
}

impl Default for Crop {
    fn default() -> Self {
        Self::Gravity(Gravity::Center)
    }
}

#[cfg(feature = "serde")]
read_by_notation!(Crop);

#[cfg(feature = "serde")]
impl TryFrom<Notation> for Crop {
    type Error = &'static str;

    fn try_from(notation: Notation) -> std::result::Result<Self, Self::Error> {
        let found = match &notation {
            Notation::Name(name) => Self::named(name),
            _ => None,
        };
        let point = || notation.list::<2>().map(|point| Self::Focal(point.into()));
        let rect = || notation.list::<4>().map(|rect| Self::Rect(rect.into()));
        found.or_else(point).or_else(rect).ok_or(
            "expected a gravity (center, north, northeast, ...), face, attention, [x, y] or \
             [x, y, width, height]",
        )
    }
}

impl Crop {
    #[cfg(feature = "serde")]
    fn named(name: &str) -> Option<Self> {
        let name = if name == "centre" { "center" } else { name };
        match name {
            "face" => return Some(Self::Subject(Subject::Face)),
            "attention" => return Some(Self::Subject(Subject::Attention)),
            _ => {}
        }
        let mut gravities = Gravity::NAMED.iter();
        let found = gravities.find(|(known, _)| *known == name);
        found.map(|&(_, gravity)| Self::Gravity(gravity))
    }

    fn check(&self) -> Result<()> {
        match *self {
            Crop::Gravity(_) => Ok(()),
            Crop::Subject(subject) => subject.check(),
            Crop::Focal(FocalPoint { x, y }) if is_fraction(x) && is_fraction(y) => Ok(()),
            Crop::Focal(FocalPoint { x, y }) => Err(Error::invalid_options(format!(
                "a focal point is two fractions from 0 to 1, not {x}, {y}"
            ))),
            Crop::Rect(rect) if has_area(rect) => Ok(()),
            Crop::Rect(Rect {
                x,
                y,
                width,
                height,
            }) => Err(Error::invalid_options(format!(
                "a crop needs x, y >= 0 and width, height > 0, not {x}, {y}, {width}, {height}"
            ))),
        }
    }
}

fn is_fraction(fraction: f64) -> bool {
    (0.0..=1.0).contains(&fraction)
}

fn has_area(
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

/// The subject that a crop follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Subject {
    /// Faces: all that fit into the avatar together, or else the largest. In a photo without a face,
    /// as [`Attention`](Self::Attention). [`Rendered::faces`](crate::Rendered::faces) has what was
    /// found. No person is recognized.
    Face,
    /// The part that draws attention: edges, saturated colors, the colors of skin. It stays near the
    /// center.
    Attention,
}

impl Subject {
    /// Every subject with its name in options.
    pub const NAMED: [(&'static str, Self); 2] =
        [("face", Self::Face), ("attention", Self::Attention)];

    fn check(self) -> Result<()> {
        if cfg!(feature = "subject") {
            return Ok(());
        }
        Err(Error::unsupported(
            Feature::SubjectCrop,
            "a crop that follows faces is not built in; build with the feature `subject`, or use a focal point",
        ))
    }
}

/// The edge or corner that a crop is moved towards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "lowercase"))]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(transform = add_british_spelling))]
#[allow(missing_docs)] // compass points
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
    /// Every gravity with its canonical name in options.
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

/// A point of the upright photo, in fractions of its width and height. In JSON `[x, y]`.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(options: Options) -> String {
        let error = options.check().unwrap_err();
        assert_eq!(error.code(), "invalid_options");
        error.to_string()
    }

    #[test]
    fn refused_options_are_named() {
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
        let round = Options {
            shape: Shape::Rounded(51),
            ..Options::default()
        };
        assert!(refusal(round).contains("radius"));
    }

    #[cfg(feature = "json")]
    #[test]
    fn a_shape_is_a_name_or_a_radius() {
        for (json, shape) in [
            (r#""rectangle""#, Shape::Rectangle),
            (r#""circle""#, Shape::Circle),
            (r#""25%""#, Shape::Rounded(25)),
            (r#""0%""#, Shape::Rounded(0)),
        ] {
            let options = Options::from_json(&format!(r#"{{"shape": {json}}}"#)).unwrap();
            assert_eq!(options.shape, shape);
            let written = serde_json::to_value(options).unwrap();
            assert_eq!(
                serde_json::from_value::<Options>(written).unwrap().shape,
                shape
            );
        }
    }

    #[cfg(feature = "json")]
    #[test]
    fn refused_json_options_are_named() {
        let cases = [
            (r#"{"size": 1}"#, "size"),
            (r#"{"sizes": [1, "2"]}"#, "sizes[1]: expected a side"),
            (r#"{"quality": "high"}"#, "quality: "),
            (r#"{"quality": 0}"#, "quality must be"),
            (r#"{"formats": "tiff"}"#, "expected jpeg, png, webp or avif"),
            (
                r#"{"formats": ["tiff"]}"#,
                "formats[0]: unknown variant `tiff`",
            ),
            (r#"{"formats": 1}"#, "expected jpeg, png, webp or avif"),
            (r#"{"formats": []}"#, "formats must name"),
            (r#"{"formats": ["png", "png"]}"#, "png twice"),
            (
                r#"{"formats": ["png", "jpeg"], "lossless": true}"#,
                "jpeg cannot be lossless",
            ),
            (
                r#"{"formats": "avif", "lossless": true}"#,
                "avif cannot be lossless",
            ),
            (
                r#"{"fit": "fill"}"#,
                "fit: unknown variant `fill`, expected one of `cover`, `contain`",
            ),
            (r#"{"fit": 1}"#, "fit: invalid type"),
            (r#"{"crop": "top"}"#, "crop: expected a gravity"),
            (r#"{"shape": "oval"}"#, "shape: a shape is rectangle"),
            (r#"{"shape": "-1%"}"#, "shape: a shape is rectangle"),
            (r#"{"shape": "51%"}"#, "a radius is 0% to 50%"),
            (r#"{"shape": 20}"#, "shape: invalid type"),
            (r#"{"limits": {"pixels": -1}}"#, "limits.pixels: "),
            ("[", "EOF"),
        ];
        for (json, said) in cases {
            let error = Options::from_json(json).unwrap_err();
            assert_eq!(error.code(), "invalid_options");
            assert!(error.to_string().contains(said), "{json}: {error}");
        }
    }
}
