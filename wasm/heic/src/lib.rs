//! `heic.wasm`: decodes a HEIC to upright sRGB pixels.
//!
//! It is apart from `roundel.wasm`, so that only apps that use HEIC load it.

use heifer::heifer_hevc_dec::Error as HevcError;
use heifer::heifer_isobmff::{Error as ContainerError, HeifFile};
use heifer::{Error, Image, Options};
use wasm_bindgen::prelude::*;

/// The limit of heifer itself, for callers that give none.
const DEFAULT_MAX_PIXELS: u64 = 1 << 28;

/// A decoded photo: upright, sRGB, straight alpha.
#[wasm_bindgen]
pub struct DecodedPhoto(Image<u8>);

#[wasm_bindgen]
impl DecodedPhoto {
    /// Decodes a HEIC of at most `max_pixels` pixels.
    ///
    /// Its `irot`, `imir` and `clap` boxes are applied. An EXIF orientation is ignored, as
    /// ISO/IEC 23008-12, A.2.1 requires.
    ///
    /// # Errors
    ///
    /// A string of words, the first of which is the code that every surface shares:
    /// `limit_exceeded WANTED ALLOWED`, or `malformed` or `unsupported` and the reason.
    /// A class for errors would add 1 kB to the download.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: &[u8], max_pixels: Option<f64>) -> Result<DecodedPhoto, String> {
        let max_pixels = max_pixels.map_or(DEFAULT_MAX_PIXELS, |pixels| pixels as u64);
        check_declared_size(bytes, max_pixels)?;
        let options = Options {
            max_threads: 1,
            max_pixels,
        };
        let image = heifer::decode_srgb_rgba8(bytes, &options).map_err(describe)?;
        Ok(DecodedPhoto(image))
    }

    /// In pixels.
    #[wasm_bindgen(getter)]
    pub fn width(&self) -> u32 {
        self.0.width
    }

    /// In pixels.
    #[wasm_bindgen(getter)]
    pub fn height(&self) -> u32 {
        self.0.height
    }

    /// Moves the samples out: RGBA, 8 bits, rows without padding, the top row first.
    ///
    /// A second call returns none.
    #[wasm_bindgen(js_name = takeSamples)]
    pub fn take_samples(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0.data)
    }
}

/// Compares the size in the header with the limit, before anything is decoded.
///
/// heifer checks its limit too, but its errors do not say that it was the limit. A file that
/// declares one size and codes another is refused there, as malformed.
fn check_declared_size(bytes: &[u8], max_pixels: u64) -> Result<(), String> {
    let Some((width, height)) = declared_size(bytes) else {
        return Ok(());
    };
    let pixels = u64::from(width) * u64::from(height);
    if pixels <= max_pixels {
        return Ok(());
    }
    Err(format!("limit_exceeded {pixels} {max_pixels}"))
}

/// The primary item's `ispe` property (ISO/IEC 23008-12, 6.5.3).
fn declared_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let file = HeifFile::parse(bytes).ok()?;
    file.image_size(file.primary_id).ok()?
}

fn describe(error: Error) -> String {
    let code = match error {
        Error::Unsupported(_)
        | Error::Container(ContainerError::Unimplemented(_))
        | Error::Hevc(HevcError::Unimplemented(_)) => "unsupported",
        _ => "malformed",
    };
    format!("{code} {error}")
}
