//! Rows of pixels to blocks of quantized coefficients, one row of MCUs at a time.

use super::transform::{Block, BlockQuantizer, transform};
use crate::format::Subsampling;
use crate::pixels::SrgbImage;

/// A component of the image: Y, Cb or Cr.
pub(super) struct Component {
    /// Blocks in an MCU, across and down.
    pub(super) h: u8,
    pub(super) v: u8,
    /// Row by row. A scan of one component has only the blocks that show a pixel (A.2.2).
    pub(super) blocks: Vec<Block>,
}

/// Samples of one or two rows of blocks.
struct SampleRows {
    samples: Vec<u8>,
    stride: usize,
}

/// The blocks of luma in an MCU, across and down. Of chroma there is one.
fn sampling_factors(subsampling: Subsampling) -> (u8, u8) {
    match subsampling {
        Subsampling::Full => (1, 1),
        Subsampling::Half => (2, 1),
        Subsampling::Quarter => (2, 2),
    }
}

/// Transforms `image`. The quantization tables are those of luma and chroma.
#[inline(always)]
pub(super) fn components(
    image: &SrgbImage,
    subsampling: Subsampling,
    quantizers: &[BlockQuantizer; 2],
) -> [Component; 3] {
    let (h, v) = sampling_factors(subsampling);
    let size = [image.size.width, image.size.height];
    let [columns, rows] = size.map(|side| side.div_ceil(8) as usize);
    let (chroma_columns, chroma_rows) = (columns.div_ceil(h.into()), rows.div_ceil(v.into()));
    let component = |h, v, blocks| Component {
        h,
        v,
        blocks: Vec::with_capacity(blocks),
    };
    let mut components = [
        component(h, v, columns * rows),
        component(1, 1, chroma_columns * chroma_rows),
        component(1, 1, chroma_columns * chroma_rows),
    ];
    let (h, v) = (usize::from(h), usize::from(v));
    let stride = 8 * h * chroma_columns;
    let mut planes: [_; 3] = std::array::from_fn(|_| SampleRows::new(stride, 8 * v));
    let mut means = SampleRows::new(stride / h, 8);
    let [luma, chroma] = quantizers;
    for first in (0..rows).step_by(v) {
        read_rows(image, 8 * first as u32, &mut planes);
        let [y, cb, cr] = &mut components;
        for row in 0..v.min(rows - first) {
            append_blocks(&planes[0], row, columns, luma, &mut y.blocks);
        }
        for (plane, component) in planes[1..].iter().zip([cb, cr]) {
            let mut plane = plane;
            if h > 1 {
                plane.average(v, &mut means);
                plane = &means;
            }
            append_blocks(plane, 0, chroma_columns, chroma, &mut component.blocks);
        }
    }
    components
}

/// Reads the rows from `first` on. The last pixel and the last row are repeated.
#[inline(always)]
fn read_rows(image: &SrgbImage, first: u32, planes: &mut [SampleRows; 3]) {
    let width = image.size.width as usize;
    let stride = planes[0].stride;
    let [ys, cbs, crs] = planes
        .each_mut()
        .map(|plane| plane.samples.chunks_exact_mut(stride));
    for (row, ((ys, cbs), crs)) in (first..).zip(ys.zip(cbs).zip(crs)) {
        let pixels = image.row(row.min(image.size.height - 1)).as_chunks::<3>().0;
        let targets = ys.iter_mut().zip(cbs.iter_mut()).zip(crs.iter_mut());
        for (pixel, ((y, cb), cr)) in pixels.iter().zip(targets) {
            (*y, *cb, *cr) = to_ycbcr(*pixel);
        }
        for samples in [ys, cbs, crs] {
            let (row, padding) = samples.split_at_mut(width);
            padding.fill(row.last().copied().unwrap_or_default());
        }
    }
}

/// The color transform of JFIF, in fixed point.
#[inline(always)]
fn to_ycbcr(rgb: [u8; 3]) -> (u8, u8, u8) {
    let [r, g, b] = rgb.map(i32::from);
    let center = 128 << 16;
    let y = 19_595 * r + 38_470 * g + 7471 * b;
    let cb = -11_059 * r - 21_709 * g + 32_768 * b + center;
    let cr = 32_768 * r - 27_439 * g - 5329 * b + center;
    let rounded = |sum: i32| ((sum + 0x7FFF) >> 16) as u8;
    (rounded(y), rounded(cb), rounded(cr))
}

impl SampleRows {
    fn new(stride: usize, rows: usize) -> Self {
        Self {
            samples: vec![0; stride * rows],
            stride,
        }
    }

    /// Averages two columns and `v` rows, 1 or 2, to `means`. Rounding is down and up in turn, as in
    /// libjpeg.
    #[inline(always)]
    fn average(&self, v: usize, means: &mut Self) {
        let rows = self.samples.chunks_exact(v * self.stride);
        for (rows, means) in rows.zip(means.samples.chunks_exact_mut(means.stride)) {
            // One row counts twice. That rounds in the same way.
            let first = rows.as_chunks::<4>().0;
            let second = rows[(v - 1) * self.stride..].as_chunks::<4>().0;
            let pairs = first.iter().zip(second);
            for (pair, (&first, &second)) in means.as_chunks_mut::<2>().0.iter_mut().zip(pairs) {
                let [a, b, c, d] = first.map(u16::from);
                let [e, f, g, h] = second.map(u16::from);
                *pair = [(a + b + e + f + 1) >> 2, (c + d + g + h + 2) >> 2].map(|mean| mean as u8);
            }
        }
    }

    /// The block in `column` of a row of blocks, minus 128.
    #[inline(always)]
    fn block(&self, row: usize, column: usize) -> [[i32; 8]; 8] {
        std::array::from_fn(|y| {
            let samples = &self.samples[(8 * row + y) * self.stride + 8 * column..];
            let samples = samples.first_chunk().copied().unwrap_or([0u8; 8]);
            samples.map(|sample| i32::from(sample) - 128)
        })
    }
}

#[inline(always)]
fn append_blocks(
    plane: &SampleRows,
    row: usize,
    columns: usize,
    table: &BlockQuantizer,
    blocks: &mut Vec<Block>,
) {
    blocks.extend((0..columns).map(
        #[inline(always)]
        |column| transform(&plane.block(row, column), table),
    ));
}
