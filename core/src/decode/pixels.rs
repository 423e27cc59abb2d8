//! Pixels that the caller has decoded: their rows are sent without a copy.

use super::header::{Header, IccProfile};
use super::rows::{DecodeReport, charge_row};
use crate::error::Result;
use crate::format::SourceFormat;
use crate::limits::{Budget, Limits};
use crate::photo::Pixels;
use crate::pixels::{Layout, Row, RowSink, SampleDepth, StatedColor};
use crate::plan::DecodeRequest;

/// Reads rows out of the caller's samples.
#[derive(Debug)]
pub(super) struct PixelsDecoder<'a> {
    pixels: Pixels<'a>,
    layout: Layout,
}

impl<'a> PixelsDecoder<'a> {
    pub(super) fn open(pixels: Pixels<'a>, limits: &Limits) -> Result<(Self, Header<'a>)> {
        pixels.check(limits)?;
        let layout = if pixels.alpha {
            Layout::Rgba
        } else {
            Layout::Rgb
        };
        let header = Header {
            format: SourceFormat::Pixels,
            size: pixels.size,
            orientation: pixels.orientation,
            halvable: false,
            layout,
            icc: pixels.icc.map(IccProfile::whole),
            depth: SampleDepth::Eight,
            stated: StatedColor::default(),
            out_of_order: false,
            band: 1,
        };
        Ok((Self { pixels, layout }, header))
    }

    pub(super) fn rows(
        &mut self,
        request: &DecodeRequest,
        budget: &Budget,
        sink: &mut RowSink<'_>,
    ) -> Result<DecodeReport> {
        let size = self.pixels.size;
        let stride = size.width as usize * self.layout.channels();
        let rows = (0..).zip(self.pixels.samples.chunks_exact(stride));
        let wanted = request.region.y0 as usize..request.region.y1 as usize;
        for (y, row) in rows.skip(wanted.start).take(wanted.len()) {
            charge_row(size.width, self.layout, budget)?;
            sink(Row::whole(y, row))?;
        }
        Ok(DecodeReport::default())
    }
}

#[cfg(test)]
mod tests {
    use crate::{Format, Options, Pixels, Size, render};

    fn gradient(size: Size) -> Vec<u8> {
        let rows = 0..size.height;
        let pixels = rows.flat_map(|y| (0..size.width).map(move |x| [x as u8, y as u8, 128]));
        pixels.flatten().collect()
    }

    #[test]
    fn pixels_give_the_same_avatar_as_the_file_they_came_from() {
        let size = Size::new(120, 90);
        let samples = gradient(size);
        let whole = Options {
            sizes: vec![size],
            format: Format::Png,
            ..Options::default()
        };
        let photo = Pixels::rgb(size, &samples);
        let file = render(photo, &whole).unwrap();
        let small = Options::default();
        let from_file = render(&file.avatars[0].bytes, &small).unwrap();
        let from_pixels = render(photo, &small).unwrap();
        assert_eq!(from_file.avatars, from_pixels.avatars);
        assert_eq!(from_pixels.source.format.name(), "pixels");
    }

    #[test]
    fn samples_of_the_wrong_length_are_invalid_options() {
        let samples = [0; 12];
        for size in [Size::new(2, 3), Size::new(0, 4), Size::new(65_535, 3_000)] {
            let error = render(Pixels::rgb(size, &samples), &Options::default());
            assert_eq!(error.unwrap_err().code(), "invalid_options", "{size:?}");
        }
    }
}
