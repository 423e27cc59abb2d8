//! The headers of a BMP: file header, bitmap header, color masks, palette, profile.
//!
//! ```text
//! file header    "BM", file size, reserved, offset of the pixels                     14 bytes
//! bitmap header  its own length, then as much of the following as the length covers
//!      12        BITMAPCOREHEADER: width, height, planes, bits, 16 bits each
//!   16..64       OS/2 2.x: as BITMAPINFOHEADER, cut anywhere after the bits; missing fields are 0
//!      40        BITMAPINFOHEADER: width, height (32 bits each, signed), planes, bits,
//!                compression, image size, resolution, colors used, colors important
//!      52        + masks of red, green, blue
//!      56        + mask of alpha
//!     108        BITMAPV4HEADER: + color space
//!     124        BITMAPV5HEADER: + rendering intent, ICC profile
//! masks          after a header of 40 bytes with BI_BITFIELDS (3) or BI_ALPHABITFIELDS (4 masks)
//! palette        blue, green, red (and a 4th byte, unless the header is a BITMAPCOREHEADER)
//! ```
//!
//! All numbers are little-endian. We read the fields that affect the pixels. The file size, the
//! image size, the number of planes and the resolution are often wrong and are ignored, as every
//! browser does. A negative height means that the top row is stored first.
//!
//! - The palette ends where the pixels begin, even if it announces more entries.
//! - An offset of the pixels that lies within the headers, or where the palette must begin, is replaced
//!   by the palette's end.

use crate::decode::sniff::is_bmp_header;
use crate::error::{Error, Feature, Result};
use crate::geometry::Size;

/// The fields of both headers, and the slices of the file that they name.
#[derive(Debug)]
pub(super) struct BmpHeader<'a> {
    pub size: Size,
    pub top_down: bool,
    /// Bits of a pixel.
    pub bits: u16,
    pub encoding: PixelCoding,
    /// Where the bits of red, green, blue and alpha are; alpha's may be 0.
    pub masks: [u32; 4],
    pub palette: BmpPalette,
    /// From the first stored pixel to the end of the file.
    pub pixels: &'a [u8],
    pub icc: Option<&'a [u8]>,
}

/// How the pixels are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PixelCoding {
    /// Rows of `bits` a pixel, padded to 32 bits.
    Packed,
    /// Run lengths of pixels of 4, 8 or 24 bits.
    RunLength,
}

/// Red, green, blue and an alpha of 255 for each index; black beyond the file's palette.
pub(super) type BmpPalette = [[u8; 4]; 256];

const FILE_HEADER: usize = 14;
const CORE_HEADER: usize = 12;

/// Values of the field `compression`; 3 and 4 mean something else in OS/2 2.x.
mod compression {
    pub(super) const RGB: u32 = 0;
    pub(super) const RLE8: u32 = 1;
    pub(super) const RLE4: u32 = 2;
    pub(super) const BITFIELDS: u32 = 3;
    pub(super) const JPEG: u32 = 4;
    pub(super) const PNG: u32 = 5;
    pub(super) const ALPHABITFIELDS: u32 = 6;
    pub(super) const OS2_RLE24: u32 = 4;
}

impl<'a> BmpHeader<'a> {
    pub(super) fn parse(file: &'a [u8]) -> Result<Self> {
        let fields = HeaderFields::locate(file)?;
        let (size, top_down) = fields.size()?;
        let bits = fields.bits();
        let encoding = fields.encoding(bits)?;
        let (palette, palette_end) = fields.palette(bits);
        let offset = fields.pixel_offset();
        let offset = if offset < FILE_HEADER + fields.length || fields.skips_palette(bits, offset) {
            palette_end
        } else {
            offset
        };
        Ok(Self {
            size,
            top_down,
            bits,
            encoding,
            masks: fields.masks(bits),
            palette,
            pixels: file.get(offset..).unwrap_or_default(),
            icc: fields.icc(),
        })
    }
}

impl BmpHeader<'_> {
    /// From a row of the photo to one of the file, and back.
    pub(super) fn stored_row(&self, y: u32) -> u32 {
        if self.top_down {
            y
        } else {
            self.size.height - 1 - y
        }
    }
}

/// The fields of both headers, by their offsets. Those that the header is too short for are 0.
struct HeaderFields<'a> {
    file: &'a [u8],
    /// The file from the bitmap header on.
    bitmap: &'a [u8],
    /// Length of the bitmap header.
    length: usize,
}

impl<'a> HeaderFields<'a> {
    fn locate(file: &'a [u8]) -> Result<Self> {
        let cut = || Error::malformed("the BMP ends within its header").at(file.len());
        let bitmap = file.get(FILE_HEADER..).ok_or_else(cut)?;
        let length = bitmap
            .first_chunk()
            .map(|&length| u32::from_le_bytes(length));
        let length = length.ok_or_else(cut)? as usize;
        if !is_bmp_header(length) {
            let message = format!("a BMP header has no length of {length} bytes");
            return Err(Error::malformed(message).at(FILE_HEADER));
        }
        if bitmap.len() < length {
            return Err(cut());
        }
        Ok(Self {
            file,
            bitmap,
            length,
        })
    }

    fn is_core(&self) -> bool {
        self.length == CORE_HEADER
    }

    /// Whether the header is of a length that only OS/2 2.x wrote.
    fn is_os2(&self) -> bool {
        (16..=64).contains(&self.length) && !matches!(self.length, 40 | 52 | 56)
    }

    fn u32(&self, offset: usize) -> u32 {
        let header = &self.bitmap[..self.length];
        let bytes = header.get(offset..).and_then(<[u8]>::first_chunk);
        bytes.map_or(0, |&bytes| u32::from_le_bytes(bytes))
    }

    fn u16(&self, offset: usize) -> u16 {
        let header = &self.bitmap[..self.length];
        let bytes = header.get(offset..).and_then(<[u8]>::first_chunk);
        bytes.map_or(0, |&bytes| u16::from_le_bytes(bytes))
    }

    /// The size, and whether the top row is stored first.
    fn size(&self) -> Result<(Size, bool)> {
        if self.is_core() {
            let size = Size::new(self.u16(4).into(), self.u16(6).into());
            return Ok((size, false));
        }
        let (width, height) = (self.u32(4) as i32, self.u32(8) as i32);
        if width < 0 {
            return Err(Error::malformed("the BMP's width is negative").at(FILE_HEADER + 4));
        }
        let size = Size::new(width.unsigned_abs(), height.unsigned_abs());
        Ok((size, height < 0))
    }

    fn bits(&self) -> u16 {
        self.u16(if self.is_core() { 10 } else { 14 })
    }

    fn compression(&self) -> u32 {
        self.u32(16)
    }

    fn encoding(&self, bits: u16) -> Result<PixelCoding> {
        use compression::*;
        match (self.compression(), bits) {
            (RGB, 1 | 2 | 4 | 8 | 16 | 24 | 32) => Ok(PixelCoding::Packed),
            (RLE8, 8) | (RLE4, 4) => Ok(PixelCoding::RunLength),
            (OS2_RLE24, 24) if self.is_os2() => Ok(PixelCoding::RunLength),
            (BITFIELDS, 1) if self.is_os2() => Err(Error::unsupported(
                Feature::BmpCompression,
                "a BMP with Huffman coding (OS/2) is not supported; save it as PNG or JPEG",
            )),
            (BITFIELDS | ALPHABITFIELDS, 16 | 24 | 32) => Ok(PixelCoding::Packed),
            (JPEG, _) => Err(Error::unsupported(
                Feature::BmpCompression,
                "a BMP that contains a JPEG is not supported; save it as JPEG",
            )),
            (PNG, _) => Err(Error::unsupported(
                Feature::BmpCompression,
                "a BMP that contains a PNG is not supported; save it as PNG",
            )),
            (RGB, 64) => Err(Error::unsupported(
                Feature::BmpCompression,
                "a BMP of 64 bits a pixel is not supported; save it as PNG or JPEG",
            )),
            (compression, _) => Err(Error::malformed(format!(
                "no BMP has {bits} bits a pixel with compression {compression}"
            ))
            .at(FILE_HEADER + 14)),
        }
    }

    /// Masks that follow a header of 40 bytes, and the header's own.
    fn has_masks(&self) -> bool {
        use compression::*;
        !self.is_os2() && matches!(self.compression(), BITFIELDS | ALPHABITFIELDS)
    }

    /// Where masks end and the palette begins, from the bitmap header on.
    fn palette_start(&self) -> usize {
        match self.compression() {
            compression::BITFIELDS if self.length == 40 => self.length + 12,
            compression::ALPHABITFIELDS if self.length == 40 => self.length + 16,
            _ => self.length,
        }
    }

    fn masks(&self, bits: u16) -> [u32; 4] {
        let default = match bits {
            16 => [0x7C00, 0x03E0, 0x001F],
            _ => [0x00FF_0000, 0x0000_FF00, 0x0000_00FF],
        };
        let stated = [40, 44, 48, 52].map(|offset| self.mask(offset));
        let [red, green, blue] = match stated {
            [red, green, blue, _] if self.has_masks() && red | green | blue != 0 => {
                [red, green, blue]
            }
            _ => default,
        };
        // Without BI_BITFIELDS, a version 4 or 5 header still may name the alpha bits.
        let counts = bits >= 16 && (self.has_masks() || self.length >= 108);
        let overlaps = stated[3] & (red | green | blue) != 0;
        let alpha = if counts && !overlaps { stated[3] } else { 0 };
        [red, green, blue, alpha]
    }

    /// The mask at `offset`, within the header or behind it.
    fn mask(&self, offset: usize) -> u32 {
        let end = self.palette_start().max(self.length);
        let bytes = self.bitmap.get(offset..end).and_then(<[u8]>::first_chunk);
        bytes.map_or(0, |&bytes| u32::from_le_bytes(bytes))
    }

    fn pixel_offset(&self) -> usize {
        let bytes = self.file.get(10..).and_then(<[u8]>::first_chunk);
        bytes.map_or(0, |&bytes| u32::from_le_bytes(bytes) as usize)
    }

    /// The palette, and where it ends in the file.
    fn palette(&self, bits: u16) -> (BmpPalette, usize) {
        let mut palette = [[0, 0, 0, 255]; 256];
        let entry_length = if self.is_core() { 3 } else { 4 };
        let start = FILE_HEADER + self.palette_start();
        let announced = match (self.u32(32) as usize, bits) {
            (0, 1..=8) => 1 << bits,
            (announced, _) => announced,
        };
        let mut end = start.saturating_add(announced.saturating_mul(entry_length));
        let offset = self.pixel_offset();
        if offset >= start && !self.skips_palette(bits, offset) {
            end = end.min(offset);
        }
        let end = end.min(self.file.len());
        let entries = self.file.get(start..end).unwrap_or_default();
        for (color, entry) in palette.iter_mut().zip(entries.chunks_exact(entry_length)) {
            *color = [entry[2], entry[1], entry[0], 255];
        }
        (palette, end)
    }

    /// Whether the pixels would begin in place of the palette. Some writers always store the offset
    /// that a file without a palette has.
    fn skips_palette(&self, bits: u16, offset: usize) -> bool {
        bits <= 8 && offset == FILE_HEADER + self.palette_start()
    }

    /// The ICC profile that a version 5 header embeds (BITMAPV5HEADER: PROFILE_EMBEDDED).
    fn icc(&self) -> Option<&'a [u8]> {
        const PROFILE_EMBEDDED: u32 = 0x4D42_4544; // 'MBED'
        if self.length < 124 || self.u32(56) != PROFILE_EMBEDDED {
            return None;
        }
        let (offset, length) = (self.u32(112) as usize, self.u32(116) as usize);
        self.bitmap.get(offset..)?.get(..length)
    }
}
