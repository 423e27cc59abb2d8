//! The blocks of a GIF, up to the compressed data of its images (GIF89a, 17 to 27).
//!
//! ```text
//! header         "GIF87a" or "GIF89a"
//! screen         width, height (16 bits each), flags, background index, aspect ratio
//! global palette if flag 0x80: 2 << (flags & 7) entries of red, green, blue
//! then blocks, each after its introducer:
//!     ','   image: left, top, width, height, flags; local palette; code size; sub-blocks
//!     '!'   extension: label; sub-blocks. Label 0xF9 is the graphic control of the next image
//!     ';'   the end
//! sub-blocks     a length from 1 to 255, that many bytes; and so on, until a length of 0
//! ```
//!
//! Where files differ from the standard, we follow browsers:
//!
//! - An extension is skipped by its sub-blocks, whatever its label and length. A graphic control
//!   counts if its first sub-block has at least the 4 bytes that the standard defines.
//! - A byte that introduces no block ends the file.
//! - An image without width or height is as large as the screen.

use crate::decode::animation::Disposal;
use crate::error::{Error, Result};
use crate::geometry::Size;

/// The blocks of a GIF, read one image at a time.
#[derive(Clone, Debug)]
pub(super) struct GifContainer<'a> {
    /// The logical screen, which may be empty and smaller than its images.
    pub screen: Size,
    palette: Option<&'a [u8]>,
    reader: ByteCursor<'a>,
    /// How many times the animation plays, 0 for without end, by the extensions that were read.
    #[cfg(feature = "animation")]
    pub plays: u16,
}

/// One image: the fields of its descriptor and of its graphic control, and its data.
#[derive(Clone, Debug)]
pub(super) struct GifImage<'a> {
    pub left: u32,
    pub top: u32,
    pub size: Size,
    pub interlaced: bool,
    /// Red, green, blue of each index; `None` if the file has no palette for this image.
    pub palette: Option<&'a [u8]>,
    /// The index that leaves the canvas as it is.
    pub transparent: Option<u8>,
    pub disposal: Disposal,
    /// How long it is shown, in hundredths of a second.
    #[cfg_attr(not(feature = "animation"), allow(dead_code))]
    pub delay: u16,
    /// Bits of an index (GIF89a, appendix F: the "LZW minimum code size").
    pub code_size: u8,
    pub data: SubBlocks<'a>,
}

impl GifImage<'_> {
    /// The logical screen, grown to hold all of the image.
    pub(super) fn canvas(&self, screen: Size) -> Size {
        Size::new(
            screen.width.max(self.left + self.size.width),
            screen.height.max(self.top + self.size.height),
        )
    }

    /// The image's rows in the order in which they are stored (GIF89a, appendix E).
    pub(super) fn stored_rows(&self) -> impl Iterator<Item = u32> + use<> {
        // First row and step of each pass.
        const SEQUENTIAL: &[(u32, usize)] = &[(0, 1)];
        const INTERLACED: &[(u32, usize)] = &[(0, 8), (4, 8), (2, 4), (1, 2)];
        let passes = if self.interlaced {
            INTERLACED
        } else {
            SEQUENTIAL
        };
        let height = self.size.height;
        passes
            .iter()
            .flat_map(move |&(first, step)| (first..height).step_by(step))
    }
}

/// A graphic control extension (GIF89a, 23).
#[derive(Clone, Copy, Debug, Default)]
struct GraphicControl {
    disposal: Disposal,
    delay: u16,
    transparent: Option<u8>,
}

impl<'a> GifContainer<'a> {
    /// Reads header, screen and global palette.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self> {
        let mut reader = ByteCursor {
            rest: bytes,
            length: bytes.len(),
        };
        reader.bytes::<6>()?; // the signature, which sniffing has checked
        let (width, height) = (reader.u16()?, reader.u16()?);
        let [flags, _background, _aspect] = *reader.bytes()?;
        Ok(Self {
            screen: Size::new(width.into(), height.into()),
            palette: reader.palette(flags)?,
            reader,
            #[cfg(feature = "animation")]
            plays: 1,
        })
    }

    /// The next image; `None` at the end of the file, whether marked or not.
    pub(super) fn next_image(&mut self) -> Result<Option<GifImage<'a>>> {
        let mut control = GraphicControl::default();
        while let Some(introducer) = self.reader.next_byte() {
            match introducer {
                b',' => return self.image(control).map(Some),
                b'!' => self.extension(&mut control)?,
                _ => break,
            }
        }
        Ok(None)
    }

    fn extension(&mut self, control: &mut GraphicControl) -> Result<()> {
        const GRAPHIC_CONTROL: u8 = 0xF9;
        let [label] = *self.reader.bytes()?;
        let mut blocks = self.reader.sub_blocks();
        #[cfg(feature = "animation")]
        if label == APPLICATION {
            self.plays = plays(blocks.clone()).unwrap_or(self.plays);
        }
        if label == GRAPHIC_CONTROL
            && let Some(&fields) = blocks.next().and_then(<[u8]>::first_chunk)
        {
            *control = GraphicControl::new(fields);
        }
        self.reader.rest = blocks.skip();
        Ok(())
    }

    fn image(&mut self, control: GraphicControl) -> Result<GifImage<'a>> {
        let reader = &mut self.reader;
        let (left, top) = (reader.u16()?, reader.u16()?);
        let size = Size::new(reader.u16()?.into(), reader.u16()?.into());
        let [flags] = *reader.bytes()?;
        let palette = reader.palette(flags)?.or(self.palette);
        let [code_size] = *reader.bytes()?;
        // Palettes have at most 256 colors, so indices have at most 8 bits.
        if code_size > 8 {
            return Err(Error::malformed("the GIF has indices of more than 8 bits"));
        }
        let data = reader.sub_blocks();
        reader.rest = data.clone().skip();
        Ok(GifImage {
            left: left.into(),
            top: top.into(),
            size: if size.pixels() == 0 {
                self.screen
            } else {
                size
            },
            interlaced: flags & 0x40 != 0,
            palette,
            transparent: control.transparent,
            disposal: control.disposal,
            delay: control.delay,
            code_size,
            data,
        })
    }
}

impl GraphicControl {
    fn new([flags, low, high, index]: [u8; 4]) -> Self {
        // GIF89a, 23.c.iv.
        Self {
            delay: u16::from_le_bytes([low, high]),
            disposal: match flags >> 2 & 7 {
                2 => Disposal::Background,
                // Some early encoders wrote 4 (bit 2) for Previous, and browsers accept it.
                3 | 4 => Disposal::Previous,
                _ => Disposal::Keep,
            },
            transparent: (flags & 1 != 0).then_some(index),
        }
    }
}

/// The label of an application extension (GIF89a, 26).
#[cfg(feature = "animation")]
const APPLICATION: u8 = 0xFF;

/// Netscape's extension, which is in no standard: an identifier of 11 bytes, then a sub-block of 1 and a
/// count (16 bits). Browsers play the animation once and then repeat it this many times; 0 means without end.
#[cfg(feature = "animation")]
fn plays(mut blocks: SubBlocks<'_>) -> Option<u16> {
    if !matches!(blocks.next()?, b"NETSCAPE2.0" | b"ANIMEXTS1.0") {
        return None;
    }
    match *blocks.find(|block| block.first() == Some(&1))? {
        [_, low, high, ..] => Some(match u16::from_le_bytes([low, high]) {
            0 => 0,
            repeats => repeats.saturating_add(1),
        }),
        _ => None,
    }
}

/// The unread rest of the file.
#[derive(Clone, Debug)]
struct ByteCursor<'a> {
    rest: &'a [u8],
    /// Length of the whole file: the offset in an error if it ends early.
    length: usize,
}

impl<'a> ByteCursor<'a> {
    fn next_byte(&mut self) -> Option<u8> {
        let (&byte, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(byte)
    }

    fn bytes<const N: usize>(&mut self) -> Result<&'a [u8; N]> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or_else(|| self.cut())?;
        self.rest = rest;
        Ok(bytes)
    }

    fn u16(&mut self) -> Result<u16> {
        self.bytes().map(|&bytes| u16::from_le_bytes(bytes))
    }

    /// The palette that `flags` of a screen or image announce (GIF89a, 18.c, 20.c).
    fn palette(&mut self, flags: u8) -> Result<Option<&'a [u8]>> {
        if flags & 0x80 == 0 {
            return Ok(None);
        }
        let length = 3 * (2 << (flags & 7));
        let split = self.rest.split_at_checked(length);
        let (palette, rest) = split.ok_or_else(|| self.cut())?;
        self.rest = rest;
        Ok(Some(palette))
    }

    fn sub_blocks(&self) -> SubBlocks<'a> {
        SubBlocks { rest: self.rest }
    }

    fn cut(&self) -> Error {
        Error::malformed("the GIF ends before its first image").at(self.length)
    }
}

/// The sub-blocks of an image or extension (GIF89a, 15 and 16). A block that the end of the file
/// cuts has the bytes that are left.
#[derive(Clone, Debug)]
pub(super) struct SubBlocks<'a> {
    rest: &'a [u8],
}

impl<'a> SubBlocks<'a> {
    /// The rest of the file after all sub-blocks.
    fn skip(mut self) -> &'a [u8] {
        while self.next().is_some() {}
        self.rest.get(1..).unwrap_or_default() // the length of 0
    }

    /// Whether the file ends here, without the length of 0.
    pub(super) fn is_at_end_of_file(&self) -> bool {
        self.rest.is_empty()
    }
}

impl<'a> Iterator for SubBlocks<'a> {
    type Item = &'a [u8];

    /// Stays in front of the length of 0 that ends the sub-blocks.
    fn next(&mut self) -> Option<&'a [u8]> {
        let (&length, rest) = self.rest.split_first()?;
        if length == 0 {
            return None;
        }
        let (block, rest) = rest.split_at(rest.len().min(length.into()));
        self.rest = rest;
        Some(block)
    }
}
