//! BMP: rows straight from the file.
//!
//! ```text
//! open:   header.rs       both headers, masks, palette, ICC profile
//! rows:   packed.rs       stored rows -> RGB or RGBA of the region's columns -> sink
//!         run_length.rs   the same for run-length coding
//! ```
//!
//! Most files store the bottom row first. Rows of packed pixels have a fixed length, so we read
//! them from the end and send them top to bottom. Run-length coded rows have none: they are
//! sent as they are stored, and [`Header::out_of_order`] is set. Either way, memory holds one
//! row of samples.
//!
//! # Decisions
//!
//! - **Alpha** counts if the header has a mask for it: with BI_BITFIELDS and BI_ALPHABITFIELDS, and
//!   in version 4 and 5 headers with BI_RGB too. If every stored alpha is 0, the writer left the
//!   bits unused, and the photo is opaque. The 4th byte of a pixel without a mask is padding.
//! - **Run-length coding** is opaque if every pixel is coded, else RGBA: jumped-over pixels are
//!   transparent.
//! - **A file that ends early** is damaged: its missing pixels are transparent, so its layout is
//!   RGBA, and they are counted in [`DecodeReport::missing`].
//! - **The ICC profile** of a version 5 header is used if it is embedded. A linked one is a path on
//!   another machine. The calibrated color spaces of version 4 are ignored, as in Pillow.

mod header;
mod packed;
mod run_length;

use header::{BmpHeader, PixelCoding};
use packed::PixelReader;
use run_length::{RowFiller, RunSteps};

use super::header::{Header, IccProfile};
use super::rows::{DecodeReport, charge_row};
use crate::error::Result;
use crate::format::SourceFormat;
use crate::geometry::{Orientation, Region};
use crate::limits::{Budget, Limits};
use crate::pixels::{Layout, Row, RowSink, SampleDepth, StatedColor};
use crate::plan::DecodeRequest;

/// Decodes a BMP.
#[derive(Debug)]
pub(super) struct BmpDecoder<'a> {
    header: BmpHeader<'a>,
    layout: Layout,
}

impl<'a> BmpDecoder<'a> {
    /// Reads the headers. Looks for an alpha other than 0, or for pixels that are not coded.
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Result<(Self, Header<'a>)> {
        let mut header = BmpHeader::parse(bytes)?;
        limits.check_size(header.size)?;
        if !has_alpha(&header) {
            // Then the decoder treats the bits as padding.
            header.masks[3] = 0;
        }
        let layout = layout(&header);
        let facts = Header {
            format: SourceFormat::Bmp,
            size: header.size,
            orientation: Orientation::Normal,
            halvable: false,
            layout,
            icc: header.icc.map(IccProfile::whole),
            depth: SampleDepth::Eight,
            stated: StatedColor::default(),
            out_of_order: header.encoding == PixelCoding::RunLength && !header.top_down,
            band: 1,
        };
        Ok((Self { header, layout }, facts))
    }

    /// Sends the rows of `request.region` to `sink`.
    pub(super) fn rows(
        &mut self,
        request: &DecodeRequest,
        budget: &Budget,
        sink: &mut RowSink<'_>,
    ) -> Result<DecodeReport> {
        let missing = match self.header.encoding {
            PixelCoding::Packed => self.packed_rows(request.region, budget, sink),
            PixelCoding::RunLength => {
                RowFiller::new(&self.header, self.layout, request.region, budget)?
                    .rows(budget, sink)
            }
        }?;
        Ok(DecodeReport { missing })
    }

    fn packed_rows(&self, region: Region, budget: &Budget, sink: &mut RowSink<'_>) -> Result<u64> {
        let reader = PixelReader::new(&self.header);
        let (columns, width) = (region.x0..region.x1, region.size().width);
        let length = width as usize * self.layout.channels();
        let mut samples = budget.buffer::<u8>(length)?;
        let mut missing = 0;
        for y in region.y0..region.y1 {
            charge_row(width, self.layout, budget)?;
            let row = self.header.stored_row(y);
            let present = match self.layout {
                Layout::Rgb => reader.read::<3>(row, columns.clone(), &mut samples),
                _ => reader.read::<4>(row, columns.clone(), &mut samples),
            };
            samples[present as usize * self.layout.channels()..].fill(0);
            missing += u64::from(width - present);
            sink(Row {
                y,
                x: region.x0,
                step: 1,
                samples: &samples,
            })?;
        }
        Ok(missing)
    }
}

/// Whether the header has a mask for alpha, and any pixel an alpha other than 0.
fn has_alpha(header: &BmpHeader<'_>) -> bool {
    header.encoding == PixelCoding::Packed && PixelReader::new(header).has_alpha(header)
}

/// With alpha only if a pixel can be transparent.
fn layout(header: &BmpHeader<'_>) -> Layout {
    let opaque = match header.encoding {
        PixelCoding::Packed => {
            header.masks[3] == 0 && PixelReader::new(header).is_complete(header.size.height)
        }
        PixelCoding::RunLength => {
            let steps = RunSteps::new(header.pixels, header.bits);
            run_length::is_full(steps, header.size)
        }
    };
    if opaque { Layout::Rgb } else { Layout::Rgba }
}

#[cfg(test)]
mod tests;
