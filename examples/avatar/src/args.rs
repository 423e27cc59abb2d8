//! The arguments: one flag for each option of core, and where the avatars go.
//!
//! Core names the values of an option and checks them. Only their spelling on a command line
//! (`64x32`, `0.5,0.3`) is parsed here.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Parser;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use roundel::{
    Crop, Effort, Fit, FocalPoint, Format, Frame, Options, Rect, ResizeFilter, Rgb, Shape, Size,
    Speed, Subject, Subsampling,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde::de::IntoDeserializer;
use serde::de::value::Error as NameError;

/// Make exact avatars from photos: JPEG, PNG, WebP, GIF or BMP.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "roundel",
    version,
    after_help = "Exit status: 0 all photos rendered, 1 some refused, 2 wrong usage."
)]
pub(crate) struct Args {
    /// Photos, and folders that are searched for photos at any depth
    #[arg(value_name = "PHOTO", required = true)]
    pub(crate) photos: Vec<PathBuf>,

    /// Folder for the avatars
    #[arg(long, value_name = "DIR", default_value = "avatars")]
    pub(crate) out: PathBuf,

    #[command(flatten)]
    render: RenderArgs,

    /// Print one JSON object per photo
    #[arg(long)]
    pub(crate) json: bool,

    /// Also write a contact sheet, DIR/index.html
    #[arg(long)]
    pub(crate) sheet: bool,
}

/// Core's [`Options`] as flags, apart from `limits` and `parallel`.
#[derive(Clone, Debug, clap::Args)]
struct RenderArgs {
    /// Sides of squares in pixels, or WIDTHxHEIGHT
    #[arg(
        long,
        value_name = "N,N,...",
        value_delimiter = ',',
        default_value = "512,256,128,64,32",
        value_parser = size
    )]
    sizes: Vec<Size>,

    /// File formats of the avatars: each size is written in each of them
    #[arg(
        long,
        visible_alias = "format",
        value_name = "NAME,NAME,...",
        value_delimiter = ',',
        default_value = "jpeg",
        value_parser = named::<Format>(["jpeg", "png", "webp", "avif"])
    )]
    formats: Vec<Format>,

    /// Quality of a JPEG, a lossy WebP or an AVIF, 1 to 100
    #[arg(long, value_name = "N", default_value_t = 80)]
    quality: u8,

    /// Write lossless WebP
    #[arg(long)]
    lossless: bool,

    /// Encode for a request (default), or for the smallest file (small)
    #[arg(long, default_value = "default", value_parser = named::<Effort>(["default", "small"]))]
    effort: Effort,

    /// Most bytes of each file: the quality is lowered until it fits
    #[arg(long, value_name = "N")]
    max_bytes: Option<u32>,

    /// Write progressive JPEGs
    #[arg(long)]
    progressive: bool,

    /// Chroma resolution of a JPEG [default: 4:4:4 up to 128 px, else 4:2:0]
    #[arg(
        long,
        value_name = "RATIO",
        value_parser = named::<Subsampling>(["4:4:4", "4:2:2", "4:2:0"])
    )]
    subsampling: Option<Subsampling>,

    /// Frame of an animation: first, poster (the first that is not of one color), or its number
    #[arg(long, value_name = "FRAME", default_value = "first", value_parser = frame)]
    frame: Frame,

    /// Write an animated WebP from an animated GIF, PNG or WebP
    #[arg(long)]
    animated: bool,

    /// Part to show: face, attention; center, north, ...; X,Y as fractions; or X,Y,WIDTH,HEIGHT in pixels
    #[arg(long, value_name = "WHERE", default_value = "center", value_parser = crop)]
    crop: Crop,

    /// Fill the avatar (cover) or show all of the crop (contain)
    #[arg(long, default_value = "cover", value_parser = named::<Fit>(["cover", "contain"]))]
    fit: Fit,

    /// Fill color for transparency and letterboxing [default: white in a JPEG, else transparent]
    #[arg(long, value_name = "RRGGBB")]
    background: Option<Rgb>,

    /// Shape to cut to: rectangle, circle, or the radius of round corners (0% to 50%)
    #[arg(long, value_name = "SHAPE", default_value_t = Shape::Rectangle)]
    shape: Shape,

    /// Do not enlarge photos that are smaller than the avatar
    #[arg(long)]
    no_upscale: bool,

    /// Enlarge smoothly (auto) or with hard edges for pixel art (pixelated)
    #[arg(long, default_value = "auto", value_parser = named::<ResizeFilter>(["auto", "pixelated"]))]
    filter: ResizeFilter,

    /// Decode large JPEGs faithfully, or as few samples as fill the avatar (fast)
    #[arg(long, default_value = "faithful", value_parser = named::<Speed>(["faithful", "fast"]))]
    speed: Speed,

    /// Render damaged photos too; missing parts are filled in
    #[arg(long)]
    accept_damaged: bool,
}

impl Args {
    /// Parses the arguments, of which the first is the program's name, and checks the options.
    ///
    /// # Errors
    ///
    /// Wrong usage, and also `--help` and `--version`: clap's error knows what to print where.
    pub(crate) fn parse(args: impl Iterator<Item = OsString>) -> clap::error::Result<Self> {
        let args = Self::try_parse_from(args)?;
        match args.options().check() {
            Ok(()) => args.check_sizes(),
            Err(error) => Err(Self::usage_error(error)),
        }?;
        Ok(args)
    }

    /// Core's options.
    pub(crate) fn options(&self) -> Options {
        let flags = self.render.clone();
        Options {
            sizes: flags.sizes,
            formats: flags.formats,
            quality: flags.quality,
            lossless: flags.lossless,
            effort: flags.effort,
            max_bytes: flags.max_bytes,
            progressive: flags.progressive,
            subsampling: flags.subsampling,
            frame: flags.frame,
            animated: flags.animated,
            crop: flags.crop,
            fit: flags.fit,
            background: flags.background,
            shape: flags.shape,
            upscale: !flags.no_upscale,
            filter: flags.filter,
            speed: flags.speed,
            accept_damaged: flags.accept_damaged,
            ..Options::default()
        }
    }

    /// Two avatars of one size would have one file name.
    fn check_sizes(&self) -> clap::error::Result<()> {
        let sizes = &self.render.sizes;
        let repeated = (1..sizes.len()).find(|&at| sizes[..at].contains(&sizes[at]));
        repeated.map_or(Ok(()), |at| {
            let label = size_label(sizes[at]);
            Err(Self::usage_error(format!("--sizes lists {label} twice")))
        })
    }

    /// Wrong usage that clap cannot detect.
    pub(crate) fn usage_error(message: impl std::fmt::Display) -> clap::Error {
        let message = format!("{message}\n\nFor more information, try '--help'.\n");
        clap::Error::raw(ErrorKind::ValueValidation, message)
    }
}

/// Parses one of `names`, which `--help` lists, by core's own `Deserialize`.
fn named<T>(names: impl IntoIterator<Item = &'static str>) -> impl TypedValueParser<Value = T>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(names).try_map(|name| from_name(&name))
}

fn from_name<T: for<'de> Deserialize<'de>>(name: &str) -> Result<T, NameError> {
    T::deserialize(name.into_deserializer())
}

fn size(text: &str) -> Result<Size, String> {
    let side = |text: &str| {
        let side = text.trim().parse();
        side.map_err(|_| "expected a number of pixels, or WIDTHxHEIGHT".to_owned())
    };
    match text.split_once('x') {
        Some((width, height)) => Ok(Size::new(side(width)?, side(height)?)),
        None => side(text).map(Size::square),
    }
}

/// A size as in a file's name: `64`, or `64x32`.
pub(crate) fn size_label(Size { width, height }: Size) -> String {
    if width == height {
        width.to_string()
    } else {
        format!("{width}x{height}")
    }
}

fn frame(text: &str) -> Result<Frame, String> {
    match text.parse() {
        Ok(number) => Ok(Frame::Number(number)),
        Err(_) => from_name(text).map_err(|_| "expected first, poster, or a number from 0".into()),
    }
}

fn crop(text: &str) -> Result<Crop, String> {
    let numbers = text.split(',').map(|number| number.trim().parse());
    match numbers.collect::<Result<Vec<f64>, _>>().as_deref() {
        Ok(&[x, y]) => Ok(Crop::Focal(FocalPoint { x, y })),
        Ok(&[x, y, width, height]) => Ok(Crop::Rect(Rect {
            x,
            y,
            width,
            height,
        })),
        Ok(_) => Err("expected 2 numbers (X,Y) or 4 (X,Y,WIDTH,HEIGHT)".into()),
        Err(_) => from_name(text)
            .map(Crop::Gravity)
            .or_else(|_| from_name::<Subject>(text).map(Crop::Subject))
            .map_err(|_| {
                "expected face, attention, center, north, ...; X,Y; or X,Y,WIDTH,HEIGHT".into()
            }),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use clap::CommandFactory;

    use super::*;

    fn parse(line: &str) -> Args {
        let words = ["avatar", "me.jpg"].into_iter().chain(line.split(' '));
        let words = words.filter(|word| !word.is_empty());
        Args::parse(words.map(OsString::from)).unwrap()
    }

    #[test]
    fn the_defaults_are_those_of_core_apart_from_the_sizes() {
        let options = parse("").options();
        assert_eq!(options.sizes, [512, 256, 128, 64, 32].map(Size::square));
        let sizes = options.sizes.clone();
        assert_eq!(
            options,
            Options {
                sizes,
                ..Options::default()
            }
        );
    }

    #[test]
    fn every_option_of_core_has_a_flag_with_its_values() {
        let schema = include_str!("../../../core/options.schema.json");
        let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
        let command = Args::command();
        for (name, option) in schema["properties"].as_object().unwrap() {
            let flag = match name.as_str() {
                // A command line is for trusted photos, and its threads are its own business.
                "limits" | "parallel" => continue,
                "upscale" => "no-upscale".to_owned(),
                name => name.replace('_', "-"),
            };
            let arg = command
                .get_arguments()
                .find(|arg| arg.get_long() == Some(&flag));
            let values = arg.unwrap().get_possible_values();
            let definition = option["$ref"].as_str().unwrap_or_default();
            let definition = definition.trim_start_matches('#');
            let choices = schema.pointer(definition).map(|kind| &kind["oneOf"]);
            for choice in choices
                .and_then(|list| list.as_array())
                .into_iter()
                .flatten()
            {
                let choice = choice["const"].as_str().unwrap();
                assert!(
                    values.iter().any(|value| value.get_name() == choice),
                    "{flag} {choice}"
                );
            }
        }
    }

    #[test]
    fn a_frame_is_a_name_or_a_number() {
        assert_eq!(parse("").options().frame, Frame::First);
        assert_eq!(parse("--frame=poster").options().frame, Frame::Poster);
        assert_eq!(frame("12"), Ok(Frame::Number(12)));
        assert!(frame("-1").unwrap_err().contains("poster"));
    }

    #[test]
    fn a_shape_is_a_name_or_a_radius() {
        assert_eq!(parse("--shape=circle").options().shape, Shape::Circle);
        assert_eq!(parse("--shape 25%").options().shape, Shape::Rounded(25));
    }

    #[test]
    fn a_crop_is_a_name_in_either_spelling_a_point_or_a_rectangle() {
        assert_eq!(crop("center"), Ok(Crop::default()));
        assert_eq!(crop("centre"), Ok(Crop::default()));
        let point = FocalPoint { x: 0.5, y: 0.25 };
        assert_eq!(crop("0.5, 0.25"), Ok(Crop::Focal(point)));
        let rect = Rect {
            x: 1.0,
            y: 2.0,
            width: 30.0,
            height: 40.0,
        };
        assert_eq!(crop("1,2,30,40"), Ok(Crop::Rect(rect)));
        assert_eq!(crop("face"), Ok(Crop::Subject(Subject::Face)));
        assert!(crop("middle").unwrap_err().contains("north"));
        assert!(crop("1,2,3").unwrap_err().contains("4"));
    }
}
