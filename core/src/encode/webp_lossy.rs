//! Lossy WebP through libwebp, in C: the only unsafe code of this crate. It reads pixels that this
//! crate has made and checked, never a file.
//!
//! The bytes do not depend on the processor: libwebp's vector code and its C code have the same
//! results.

#![allow(unsafe_code)]

use std::mem::MaybeUninit;

use libwebp_sys::{
    WebPConfig, WebPEncode, WebPEncodingError, WebPMemoryWrite, WebPMemoryWriter,
    WebPMemoryWriterClear, WebPMemoryWriterInit, WebPPicture, WebPPictureFree,
    WebPPictureImportRGB, WebPPictureImportRGBA,
};

use super::same_look;
use crate::error::{Error, Result};
use crate::format::Effort;
use crate::pixels::SrgbImage;

/// Above this many pixels, libwebp encodes twice instead of keeping all symbols in memory.
const LARGE: u64 = 1 << 20;

pub(super) fn encode(image: &SrgbImage, quality: u8, effort: Effort) -> Result<Vec<u8>> {
    let config = config(image, quality, effort)?;
    let mut picture = EncoderPicture::import(image)?;
    let mut file = EncodedFile::new();
    picture.0.writer = Some(WebPMemoryWrite);
    picture.0.custom_ptr = (&raw mut file.0).cast();
    // SAFETY: `config` and the picture are initialized, and the picture owns its pixels. `custom_ptr`
    // is the writer that WebPMemoryWrite needs; it lives until after the call.
    let encoded = unsafe { WebPEncode(&raw const config, &raw mut picture.0) };
    if encoded == 0 {
        return Err(refused(picture.0.error_code));
    }
    Ok(file.bytes().to_vec())
}

/// An upper bound on the allocations of libwebp, including both copies of the file.
///
/// Measured for noise at quality 100: 44 bytes a pixel, 13 with less memory, 47 with alpha; and for
/// alpha a hash table of 1 MiB.
pub(super) fn memory(image: &SrgbImage) -> u64 {
    let pixels = image.size.pixels();
    match (image.has_alpha(), pixels > LARGE) {
        (false, false) => pixels * 48 + (128 << 10),
        (false, true) => pixels * 20 + (128 << 10),
        (true, _) => pixels * 56 + (1280 << 10),
    }
}

fn config(image: &SrgbImage, quality: u8, effort: Effort) -> Result<WebPConfig> {
    let config = WebPConfig::new().map_err(|()| wrong_version())?;
    let method = match (effort, image.has_alpha()) {
        (Effort::Default, _) => 4,
        // Method 6 takes seconds for noise in alpha.
        (Effort::Small, true) => 5,
        (Effort::Small, false) => 6,
    };
    let sharp = effort == Effort::Small;
    Ok(WebPConfig {
        quality: same_look::webp(quality, sharp).into(),
        method,
        use_sharp_yuv: sharp.into(),
        low_memory: (image.size.pixels() > LARGE).into(),
        thread_level: 0,
        ..config
    })
}

/// libwebp's copy of an image.
struct EncoderPicture(WebPPicture);

impl EncoderPicture {
    fn import(image: &SrgbImage) -> Result<Self> {
        let mut picture = Self(WebPPicture::new().map_err(|()| wrong_version())?);
        // No side is longer than Options::MAX_SIDE.
        picture.0.width = image.size.width as i32;
        picture.0.height = image.size.height as i32;
        picture.0.use_argb = 1;
        let stride = image.stride() as i32;
        let samples = image.samples.as_ptr();
        let import = if image.has_alpha() {
            WebPPictureImportRGBA
        } else {
            WebPPictureImportRGB
        };
        // SAFETY: the picture is initialized. `samples` are `height` rows of `stride` bytes, and a row is
        // `width` pixels of the 4 or 3 bytes that the function reads.
        let imported = unsafe { import(&raw mut picture.0, samples, stride) };
        if imported == 0 {
            return Err(refused(picture.0.error_code));
        }
        Ok(picture)
    }
}

impl Drop for EncoderPicture {
    fn drop(&mut self) {
        // SAFETY: the picture is initialized, and nothing uses its pixels after this.
        unsafe { WebPPictureFree(&raw mut self.0) }
    }
}

/// The file, in memory of libwebp.
struct EncodedFile(WebPMemoryWriter);

impl EncodedFile {
    fn new() -> Self {
        let mut writer = MaybeUninit::uninit();
        // SAFETY: WebPMemoryWriterInit initializes every field.
        Self(unsafe {
            WebPMemoryWriterInit(writer.as_mut_ptr());
            writer.assume_init()
        })
    }

    fn bytes(&self) -> &[u8] {
        if self.0.mem.is_null() {
            return &[];
        }
        // SAFETY: WebPMemoryWrite has written `size` bytes at `mem`, which live until the drop.
        unsafe { std::slice::from_raw_parts(self.0.mem, self.0.size) }
    }
}

impl Drop for EncodedFile {
    fn drop(&mut self) {
        // SAFETY: the writer is initialized, and `bytes` cannot be borrowed any more.
        unsafe { WebPMemoryWriterClear(&raw mut self.0) }
    }
}

fn wrong_version() -> Error {
    Error::internal("libwebp has another version than its bindings")
}

fn refused(code: WebPEncodingError) -> Error {
    use WebPEncodingError as Code;
    match code {
        Code::VP8_ENC_ERROR_PARTITION0_OVERFLOW
        | Code::VP8_ENC_ERROR_PARTITION_OVERFLOW
        | Code::VP8_ENC_ERROR_FILE_TOO_BIG => {
            Error::invalid_options("a lossy WebP cannot store this much; choose a smaller size")
        }
        Code::VP8_ENC_ERROR_OUT_OF_MEMORY | Code::VP8_ENC_ERROR_BITSTREAM_OUT_OF_MEMORY => {
            Error::internal("libwebp got no memory")
        }
        _ => Error::internal("libwebp failed"),
    }
}
