//! The `image` crate with fast_image_resize. benches/compare/README.md describes the protocol.

use std::error::Error;
use std::io::{BufRead, Cursor, stdin};
use std::time::Instant;

use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Rgba, RgbaImage, imageops};

type Failed = Box<dyn Error>;

#[derive(Default)]
struct Peer {
    photo: Vec<u8>,
    avatar: Vec<u8>,
}

impl Peer {
    fn answer(&mut self, words: &[&str]) -> Result<String, Failed> {
        match words {
            ["version"] => return Ok("image 0.25.10, fast_image_resize 6.1.0".into()),
            ["load", path] => self.photo = std::fs::read(path)?,
            ["save", path] => std::fs::write(path, &self.avatar)?,
            ["render", sizes, format, _, quality] => {
                let start = Instant::now();
                self.avatar = render(&self.photo, sizes, format, quality.parse()?)?;
                return Ok((start.elapsed().as_secs_f64() * 1000.0).to_string());
            }
            _ => return Err("unknown line".into()),
        }
        Ok("ok".into())
    }
}

/// Decodes once and resizes for each size. The last avatar is returned. `image` converts no profiles.
fn render(photo: &[u8], sizes: &str, format: &str, quality: u8) -> Result<Vec<u8>, Failed> {
    let reader = ImageReader::new(Cursor::new(photo)).with_guessed_format()?;
    let mut decoder = reader.into_decoder()?;
    let orientation = decoder.orientation()?;
    let mut image = DynamicImage::from_decoder(decoder)?;
    image.apply_orientation(orientation);
    let mut file = Vec::new();
    for side in sizes.split(',') {
        let avatar = flattened(resize(&image, side.parse()?)?);
        file = encode(&avatar, format, quality)?;
    }
    Ok(file)
}

fn resize(image: &DynamicImage, side: u32) -> Result<DynamicImage, Failed> {
    let mut small = DynamicImage::new(side, side, image.color());
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3))
        .fit_into_destination(Some((0.5, 0.5)));
    Resizer::new().resize(image, &mut small, &options)?;
    Ok(small)
}

/// On white, if it is transparent.
fn flattened(image: DynamicImage) -> DynamicImage {
    if !image.color().has_alpha() {
        return image;
    }
    let mut white = RgbaImage::from_pixel(image.width(), image.height(), Rgba([255; 4]));
    imageops::overlay(&mut white, &image, 0, 0);
    white.into()
}

fn encode(image: &DynamicImage, format: &str, quality: u8) -> Result<Vec<u8>, Failed> {
    let mut file = Vec::new();
    if format == "png" {
        image.write_to(&mut Cursor::new(&mut file), ImageFormat::Png)?;
    } else {
        image.to_rgb8().write_with_encoder(JpegEncoder::new_with_quality(&mut file, quality))?;
    }
    Ok(file)
}

fn main() -> Result<(), Failed> {
    let mut peer = Peer::default();
    for line in stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split('\t').collect();
        match peer.answer(&words) {
            Ok(answer) => println!("{answer}"),
            Err(error) => println!("error {error}"),
        }
    }
    Ok(())
}
