//! What was asked for on the command line.

use std::path::PathBuf;
use std::str::FromStr;

use lexopt::{Arg, Parser, ValueExt};
use roundel::{Crop, FocalPoint, Format, Gravity, Options, Size};

pub(crate) const USAGE: &str = "\
Makes exact avatars from photos: JPEG, PNG, WebP, GIF or BMP.

Usage: avatar PHOTO... [OPTIONS]

PHOTO is a file, or a folder, whose photos are found at any depth.

  --out DIR            where the avatars go            [avatars]
  --sizes N,N,...      a side in pixels, or WxH        [512,256,128,64,32]
  --format FORMAT      jpeg, png or webp               [jpeg]
  --quality N          1 to 100, of a JPEG             [80]
  --crop WHERE         center, north, northeast, east, southeast, south,
                       southwest, west, northwest, or a point that matters
                       as fractions X,Y of width and height  [center]
  --background RRGGBB  what stands behind transparency  [ffffff in a JPEG]
  --json               one JSON object a photo on standard output
  --sheet              a contact sheet as well, DIR/index.html
  --help               this page

Exit status: 0 all rendered, 1 some refused, 2 wrong usage.
";

/// The command line, understood.
pub(crate) struct Args {
    pub(crate) photos: Vec<PathBuf>,
    pub(crate) out: PathBuf,
    pub(crate) options: Options,
    pub(crate) json: bool,
    pub(crate) sheet: bool,
    pub(crate) help: bool,
}

impl Args {
    fn new() -> Self {
        let sizes = [512, 256, 128, 64, 32].map(Size::square).to_vec();
        Self {
            photos: Vec::new(),
            out: PathBuf::from("avatars"),
            options: Options {
                sizes,
                ..Options::default()
            },
            json: false,
            sheet: false,
            help: false,
        }
    }

    /// Reads the command line of this program.
    ///
    /// # Errors
    ///
    /// A sentence that says which argument is wrong.
    pub(crate) fn parse() -> Result<Self, String> {
        let mut args = Self::new();
        let mut parser = Parser::from_env();
        while let Some(arg) = parser.next().map_err(sentence)? {
            match arg {
                Arg::Value(photo) => args.photos.push(photo.into()),
                Arg::Short('h') => args.help = true,
                Arg::Long(name) => {
                    let name = name.to_owned();
                    args.set(&name, &mut parser)?;
                }
                other @ Arg::Short(_) => return Err(sentence(other.unexpected())),
            }
        }
        if args.photos.is_empty() && !args.help {
            return Err("no photo is named".into());
        }
        args.options.check().map_err(sentence)?;
        Ok(args)
    }

    fn set(&mut self, name: &str, parser: &mut Parser) -> Result<(), String> {
        match name {
            "out" => self.out = parser.value().map_err(sentence)?.into(),
            "sizes" => self.options.sizes = sizes(&text(parser)?)?,
            "format" => self.options.format = format(&text(parser)?)?,
            "quality" => self.options.quality = number(&text(parser)?, "--quality")?,
            "crop" => self.options.crop = crop(&text(parser)?)?,
            "background" => {
                self.options.background = Some(text(parser)?.parse().map_err(sentence)?);
            }
            "json" => self.json = true,
            "sheet" => self.sheet = true,
            "help" => self.help = true,
            _ => return Err(format!("there is no option --{name}")),
        }
        Ok(())
    }
}

fn sentence(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn text(parser: &mut Parser) -> Result<String, String> {
    let value = parser.value().map_err(sentence)?;
    value.string().map_err(sentence)
}

fn number<T: FromStr>(text: &str, what: &str) -> Result<T, String> {
    let number = text.trim().parse();
    number.map_err(|_| format!("{what} takes a number, not {text:?}"))
}

fn sizes(list: &str) -> Result<Vec<Size>, String> {
    let sizes: Vec<Size> = list.split(',').map(size).collect::<Result<_, _>>()?;
    // Two of one size would have one name.
    for (at, size) in sizes.iter().enumerate() {
        if sizes[..at].contains(size) {
            return Err(format!("--sizes names {} twice", label(*size)));
        }
    }
    Ok(sizes)
}

fn size(text: &str) -> Result<Size, String> {
    let side = |text: &str| number(text, "--sizes");
    match text.split_once('x') {
        Some((width, height)) => Ok(Size::new(side(width)?, side(height)?)),
        None => side(text).map(Size::square),
    }
}

/// A size as in a file's name.
pub(crate) fn label(Size { width, height }: Size) -> String {
    if width == height {
        width.to_string()
    } else {
        format!("{width}x{height}")
    }
}

fn format(text: &str) -> Result<Format, String> {
    let known = Format::ALL.into_iter().find(|format| format.name() == text);
    known.ok_or_else(|| format!("--format takes jpeg, png or webp, not {text:?}"))
}

fn crop(text: &str) -> Result<Crop, String> {
    let text = if text == "centre" { "center" } else { text };
    let named = Gravity::NAMED.iter().find(|(name, _)| *name == text);
    if let Some(&(_, gravity)) = named {
        return Ok(Crop::Gravity(gravity));
    }
    let Some((x, y)) = text.split_once(',') else {
        return Err(format!("--crop takes a gravity or X,Y, not {text:?}"));
    };
    let (x, y) = (number(x, "--crop")?, number(y, "--crop")?);
    Ok(Crop::Focal(FocalPoint { x, y }))
}
