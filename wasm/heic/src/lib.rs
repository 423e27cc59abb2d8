//! `heic.wasm`: a HEIC in, upright sRGB pixels out. Apart from `roundel.wasm`, so that only an
//! app that asks for HEIC loads it.

use heifer::{Error, Options};
use wasm_bindgen::prelude::*;

/// A decoded photo: upright, sRGB, straight alpha.
#[wasm_bindgen]
pub struct Photo(heifer::Image<u8>);

#[wasm_bindgen]
impl Photo {
    /// Decodes a HEIC of at most `max_pixels` pixels. Its `irot`, `imir` and `clap` boxes are
    /// applied; an EXIF orientation is not, as the standard has it (ISO/IEC 23008-12, A.2.1).
    ///
    /// # Errors
    ///
    /// The code that surfaces share, a space, and why, for a person.
    #[wasm_bindgen(constructor)]
    pub fn new(bytes: &[u8], max_pixels: f64) -> Result<Photo, String> {
        let options = Options {
            max_threads: 1,
            max_pixels: max_pixels as u64,
        };
        let image = heifer::decode_srgb_rgba8(bytes, &options);
        image.map(Photo).map_err(|error| refusal(&error))
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

    /// RGBA, 8 bits, rows without padding, the top row first. They are handed over: a second
    /// call gives none.
    #[wasm_bindgen(js_name = takeSamples)]
    pub fn take_samples(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.0.data)
    }
}

fn refusal(error: &Error) -> String {
    let code = match error {
        Error::Unsupported(_) => "unsupported",
        // Only these words tell heifer's limit from a fault of the file.
        Error::Invalid(why) if why.ends_with("too large") => "limit_exceeded",
        _ => "malformed",
    };
    format!("{code} {error}")
}
