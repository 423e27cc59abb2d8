//! The header of an image and its rows.

use super::bits::LowBitReader;
use super::entropy::EntropyDecoder;
use super::transform::Transforms;
use crate::decode::webp::errors::{damaged, unknown_version};
use crate::error::Result;
use crate::geometry::Size;
use crate::limits::{Budget, Buffer};

/// The longest side (3.4).
const MAX_SIDE: u32 = 1 << 14;

/// The highest alpha.
const OPAQUE: u32 = 0xFF00_0000;

/// The start of a VP8L chunk (3.4).
#[derive(Clone, Copy)]
pub(in crate::decode::webp) struct LosslessHeader<'a> {
    pub size: Size,
    /// Whether alpha is used. Otherwise its values are ignored, as programs that use libwebp do.
    pub has_alpha: bool,
    /// Whether the image is sent as RGBA although it has no alpha, so that missing pixels are transparent.
    pub shows_missing: bool,
    bits: LowBitReader<'a>,
}

impl<'a> LosslessHeader<'a> {
    pub(in crate::decode::webp) fn parse(chunk: &'a [u8]) -> Result<Self> {
        let mut bits = LowBitReader::new(chunk);
        let signature = bits.read(8);
        let size = Size::new(bits.read(14) + 1, bits.read(14) + 1);
        let (has_alpha, version) = (bits.flag(), bits.read(3));
        bits.check_end()?;
        if signature != 0x2F {
            return Err(damaged());
        }
        if version != 0 {
            return Err(unknown_version());
        }
        Ok(Self {
            size,
            has_alpha,
            shows_missing: false,
            bits,
        })
    }

    /// Whether rows are sent as RGBA, not as RGB.
    pub(in crate::decode::webp) fn sends_alpha(&self) -> bool {
        self.has_alpha || self.shows_missing
    }

    /// The header that the data of an ALPH chunk lack.
    pub(super) fn without_signature(data: &'a [u8], size: Size) -> Result<Self> {
        let sides = 1..=MAX_SIDE;
        if !sides.contains(&size.width) || !sides.contains(&size.height) {
            return Err(damaged());
        }
        Ok(Self {
            size,
            has_alpha: true,
            shows_missing: false,
            bits: LowBitReader::new(data),
        })
    }
}

/// Decodes an image row by row.
pub(super) struct LosslessDecoder<'a> {
    bits: LowBitReader<'a>,
    entropy: EntropyDecoder,
    transforms: Transforms,
    /// Whether the stored alpha is replaced.
    opaque: bool,
    row: Buffer<u32>,
    /// The next row.
    y: u32,
    /// Column and row of the first missing pixel.
    damage: Option<(u32, u32)>,
    budget: Budget,
}

impl<'a> LosslessDecoder<'a> {
    /// Reads everything before the pixels.
    pub(super) fn open(header: &LosslessHeader<'a>, budget: &Budget) -> Result<Self> {
        let (size, mut bits) = (header.size, header.bits);
        let transforms = Transforms::read(&mut bits, size, budget)?;
        let coded = Size::new(transforms.coded_width, size.height);
        let entropy = EntropyDecoder::open(&mut bits, coded, true, budget)?;
        Ok(Self {
            bits,
            entropy,
            transforms,
            opaque: header.shows_missing,
            row: budget.buffer(size.width as usize)?,
            y: 0,
            damage: None,
            budget: budget.clone(),
        })
    }

    /// The next row. Missing pixels are zero. There are as many rows as the image is high.
    pub(super) fn next_row(&mut self) -> Result<&[u32]> {
        self.budget.work(4 * self.row.len() as u64)?;
        if self.damage.is_none() {
            let valid = self.decode_row()?;
            self.row[valid..].fill(0);
            if self.opaque {
                self.row[..valid]
                    .iter_mut()
                    .for_each(|pixel| *pixel |= OPAQUE);
            }
            if valid < self.row.len() {
                self.damage = Some((valid as u32, self.y));
            }
        } else {
            self.row.fill(0);
        }
        self.y += 1;
        Ok(&self.row)
    }

    /// Returns the number of valid pixels.
    fn decode_row(&mut self) -> Result<usize> {
        let (coded, valid) = self.entropy.next_row(&mut self.bits)?;
        self.row[..coded.len()].copy_from_slice(coded);
        self.transforms.undo(self.y, &mut self.row);
        Ok(self.transforms.pixels_of(valid).min(self.row.len()))
    }

    /// The first missing pixel's column and row.
    pub(super) fn damage(&self) -> Option<(u32, u32)> {
        self.damage
    }
}
