//! From the planes of a decoded picture to rows of samples (ITU-T H.273, 8.3).
//!
//! ```text
//! for each row:
//!     Y      = the row of luma, from x0 to x1
//!     Cb, Cr = the rows of chroma around it, interpolated, times 16
//!     R, G, B = scale Y + matrix * (Cb, Cr), rounded, clamped to the output's range
//! ```
//!
//! All arithmetic is on integers, so the result is the same everywhere.
//!
//! Decisions:
//!
//! - **8 bits** stay 8 bits; deeper samples are scaled to 16.
//! - **Chroma** is interpolated between its centers, as libavif and libheif do at full size: 3/4 of the
//!   nearer sample and 1/4 of the other one, in each direction that is subsampled. Where the image is
//!   averaged afterwards, the nearest sample is taken: a box of 2 x 2 pixels averages to what the file
//!   stores. Each tile of a grid is interpolated on its own.
//! - **Matrix coefficients**: 0 (RGB), 1, 2 and 4 to 10, 12 and 13. 2 (unspecified) means BT.601, as in
//!   libheif and libavif; 10 (constant luminance) is read as 9, and 12 and 13 (derived from the
//!   primaries) as the matrix that belongs to the primaries. Others, such as ICtCp, are refused.

use super::container::CodePoints;
use crate::error::{Error, Feature, Result};
use crate::format::Subsampling;
use crate::geometry::Size;
use crate::limits::{Budget, Buffer};
use crate::pixels::SampleDepth;
use crate::plan::ChromaMode;
use crate::simd;

/// A decoded picture, borrowed from its decoder.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlanarPicture<'a> {
    /// Of the luma plane.
    pub size: Size,
    /// Bits of a sample, 8 to 16.
    pub bits: u8,
    /// `None` without chroma.
    pub subsampling: Option<Subsampling>,
    /// Luma, Cb, Cr. The last two are empty without chroma.
    pub planes: [Plane<'a>; 3],
}

/// Rows of samples.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plane<'a> {
    pub samples: PlaneSamples<'a>,
    /// Samples from one row to the next.
    pub stride: usize,
}

/// Samples of 8 bits, or of up to 16.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(all(feature = "avif", feature = "heic")), allow(dead_code))]
pub(super) enum PlaneSamples<'a> {
    Narrow(&'a [u8]),
    Wide(&'a [u16]),
    /// Of 16 bits, as bytes in the order of the machine.
    Pairs(&'a [[u8; 2]]),
}

impl Plane<'_> {
    /// Writes `out.len()` samples of row `y` from column `x` on. Samples that are not there stay.
    #[inline(always)]
    fn read(&self, x: usize, y: usize, out: &mut [i32]) {
        let first = y * self.stride + x;
        let range = first..first + out.len();
        match self.samples {
            PlaneSamples::Narrow(samples) => {
                let row = samples.get(range).unwrap_or_default();
                out.iter_mut()
                    .zip(row)
                    .for_each(|(out, &v)| *out = v.into());
            }
            PlaneSamples::Wide(samples) => {
                let row = samples.get(range).unwrap_or_default();
                out.iter_mut()
                    .zip(row)
                    .for_each(|(out, &v)| *out = v.into());
            }
            PlaneSamples::Pairs(samples) => {
                let row = samples.get(range).unwrap_or_default();
                out.iter_mut()
                    .zip(row)
                    .for_each(|(out, &v)| *out = u16::from_ne_bytes(v).into());
            }
        }
    }

    /// The number of samples.
    pub(super) fn len(&self) -> usize {
        match self.samples {
            PlaneSamples::Narrow(samples) => samples.len(),
            PlaneSamples::Wide(samples) => samples.len(),
            PlaneSamples::Pairs(samples) => samples.len(),
        }
    }
}

impl PlanarPicture<'_> {
    /// Columns and rows of luma for each sample of chroma.
    fn subsampled(&self) -> (usize, usize) {
        match self.subsampling {
            Some(Subsampling::Quarter) => (2, 2),
            Some(Subsampling::Half) => (2, 1),
            _ => (1, 1),
        }
    }

    /// Width and height of a plane of chroma.
    fn chroma_size(&self) -> (usize, usize) {
        let (across, down) = self.subsampled();
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        (width.div_ceil(across), height.div_ceil(down))
    }

    /// Whether every plane has the samples that its size needs.
    pub(super) fn is_whole(&self) -> bool {
        let holds = |plane: &Plane<'_>, width: usize, height: usize| {
            let last_row = height.saturating_sub(1).checked_mul(plane.stride);
            let end = last_row.and_then(|start| start.checked_add(width));
            plane.stride >= width && end.is_some_and(|end| end <= plane.len())
        };
        let [luma, chroma @ ..] = &self.planes;
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let (chroma_width, chroma_height) = self.chroma_size();
        holds(luma, width, height)
            && (self.subsampling.is_none()
                || chroma
                    .iter()
                    .all(|plane| holds(plane, chroma_width, chroma_height)))
    }
}

/// Fractional bits of the interpolated chroma.
const CHROMA_FRACTION: u32 = 4;

/// How samples become red, green and blue, as fixed-point numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct YcbcrMatrix {
    /// Fractional bits.
    fraction: u32,
    /// Subtracted from luma, then the factor.
    luma: (i32, i32),
    /// Subtracted from chroma, which has [`CHROMA_FRACTION`] more bits.
    chroma_zero: i32,
    /// The factors of Cb and Cr in red, green and blue.
    chroma: [[i32; 2]; 3],
    /// Whether planes are green, blue and red.
    is_rgb: bool,
    /// The largest output.
    max: i32,
}

impl YcbcrMatrix {
    fn new(color: &CodePoints, bits: u8, depth: SampleDepth) -> Result<Self> {
        let (max, fraction) = match depth {
            SampleDepth::Eight => (255, 20),
            SampleDepth::Sixteen => (65_535, 13),
        };
        let unit = f64::from(max) * f64::from(1u32 << fraction);
        let step = f64::from(1u32 << (bits - 8));
        let widest = f64::from((1u32 << bits) - 1);
        let (black, luma, chroma) = match color.full_range {
            true => (0.0, widest, widest),
            false => (16.0 * step, 219.0 * step, 224.0 * step),
        };
        let factors = chroma_factors(color)?;
        let scale = unit / chroma / f64::from(1u32 << CHROMA_FRACTION);
        // Rounded products of constants: the same on every platform.
        let fixed = |v: f64| libm::round(v) as i32;
        Ok(Self {
            fraction,
            luma: (black as i32, fixed(unit / luma)),
            chroma_zero: 1 << (u32::from(bits) - 1 + CHROMA_FRACTION),
            chroma: factors.map(|row| row.map(|factor| fixed(factor * scale))),
            is_rgb: color.matrix == 0,
            max,
        })
    }

    #[inline(always)]
    fn luma(&self, y: i32) -> i32 {
        (y - self.luma.0) * self.luma.1 + (1 << (self.fraction - 1))
    }

    #[inline(always)]
    fn output(&self, sum: i32) -> i32 {
        (sum >> self.fraction).clamp(0, self.max)
    }

    /// Red, green and blue.
    #[inline(always)]
    fn rgb(&self, y: i32, cb: i32, cr: i32) -> [i32; 3] {
        let y = self.luma(y);
        let (cb, cr) = (cb - self.chroma_zero, cr - self.chroma_zero);
        self.chroma.map(|[b, r]| self.output(y + b * cb + r * cr))
    }

    /// Red, green and blue of planes that are green, blue and red (8.3, equations 47 to 49).
    #[inline(always)]
    fn reorder(&self, green: i32, blue: i32, red: i32) -> [i32; 3] {
        let samples = [red >> CHROMA_FRACTION, green, blue >> CHROMA_FRACTION];
        samples.map(|v| self.output(self.luma(v)))
    }
}

/// The factors of Cb and Cr in red, green and blue (8.3, equations 38 to 46).
fn chroma_factors(color: &CodePoints) -> Result<[[f64; 2]; 3]> {
    let matrix = match (color.matrix, color.primaries) {
        (12 | 13, 9) => 9,
        (12 | 13, 5 | 6) => 6,
        (12 | 13, _) => 1,
        (matrix, _) => matrix,
    };
    let (kr, kb) = match matrix {
        0 | 2 | 5 | 6 => (0.299, 0.114),
        1 => (0.2126, 0.0722),
        4 => (0.30, 0.11),
        7 => (0.212, 0.087),
        9 | 10 => (0.2627, 0.0593),
        8 => return Ok([[-1.0, 1.0], [1.0, 0.0], [-1.0, -1.0]]),
        _ => {
            return Err(Error::unsupported(
                Feature::Heif,
                "the color coding of the HEIC or AVIF is not supported; use JPEG, PNG or WebP",
            ));
        }
    };
    let (red, blue) = (2.0 * (1.0 - kr), 2.0 * (1.0 - kb));
    let green = 1.0 - kr - kb;
    Ok([
        [0.0, red],
        [-kb * blue / green, -kr * red / green],
        [blue, 0.0],
    ])
}

/// Converts rows of pictures of one form.
#[derive(Debug)]
pub(super) struct RowConverter {
    matrix: YcbcrMatrix,
    depth: SampleDepth,
    mode: ChromaMode,
    luma: Buffer<i32>,
    /// Cb and Cr for each pixel.
    chroma: [Buffer<i32>; 2],
    /// A row of chroma as stored, with one sample more on each side, and the one above or below.
    stored: [Buffer<i32>; 2],
}

/// The depth of the output for samples of `bits`.
pub(super) fn output_depth(bits: u8) -> SampleDepth {
    match bits {
        8 => SampleDepth::Eight,
        _ => SampleDepth::Sixteen,
    }
}

impl RowConverter {
    /// For rows of at most `width` pixels.
    pub(super) fn new(
        color: &CodePoints,
        bits: u8,
        depth: SampleDepth,
        mode: ChromaMode,
        width: u32,
        budget: &Budget,
    ) -> Result<Self> {
        let width = width as usize;
        let line = || budget.buffer(width);
        let stored = || budget.buffer(width + 2);
        Ok(Self {
            matrix: YcbcrMatrix::new(color, bits, depth)?,
            depth,
            mode,
            luma: line()?,
            chroma: [line()?, line()?],
            stored: [stored()?, stored()?],
        })
    }

    /// Writes the pixels of row `y` from column `x` on: gray without chroma, else red, green and blue.
    /// `out` has as many bytes as the pixels need.
    pub(super) fn convert(&mut self, picture: &PlanarPicture<'_>, x: u32, y: u32, out: &mut [u8]) {
        simd::dispatch(
            #[inline(always)]
            || self.convert_row(picture, x as usize, y as usize, out),
        );
    }

    #[inline(always)]
    fn convert_row(&mut self, picture: &PlanarPicture<'_>, x: usize, y: usize, out: &mut [u8]) {
        let channels = if picture.subsampling.is_some() { 3 } else { 1 };
        let pixels = (out.len() / (channels * self.depth.bytes())).min(self.luma.len());
        let [luma, planes @ ..] = &picture.planes;
        luma.read(x, y, &mut self.luma[..pixels]);
        if channels == 1 {
            return self.write_gray(pixels, out);
        }
        for (plane, line) in planes.iter().zip(&mut self.chroma) {
            let line = &mut line[..pixels];
            match (picture.subsampling, self.mode) {
                (Some(Subsampling::Full) | None, _) => read_full(plane, x, y, line),
                (_, ChromaMode::AsStored) => {
                    read_nearest(picture, plane, x, y, &mut self.stored[0], line);
                }
                (_, ChromaMode::Full) => {
                    interpolate(picture, plane, x, y, &mut self.stored, line);
                }
            }
        }
        self.write_rgb(pixels, out);
    }

    // Loops, not adapters such as `for_each`: only what is inlined is compiled for the vectors of
    // `simd::dispatch`.
    #[inline(always)]
    fn write_gray(&self, pixels: usize, out: &mut [u8]) {
        let matrix = self.matrix;
        let luma = &self.luma[..pixels];
        match self.depth {
            SampleDepth::Eight => {
                for (out, &y) in out.iter_mut().zip(luma) {
                    *out = matrix.output(matrix.luma(y)) as u8;
                }
            }
            SampleDepth::Sixteen => {
                for (out, &y) in out.as_chunks_mut().0.iter_mut().zip(luma) {
                    *out = (matrix.output(matrix.luma(y)) as u16).to_be_bytes();
                }
            }
        }
    }

    #[inline(always)]
    fn write_rgb(&self, pixels: usize, out: &mut [u8]) {
        let matrix = self.matrix;
        let [cb, cr] = &self.chroma;
        let (luma, cb, cr) = (&self.luma[..pixels], &cb[..pixels], &cr[..pixels]);
        match (self.depth, matrix.is_rgb) {
            (SampleDepth::Eight, false) => {
                for (((out, &y), &cb), &cr) in
                    out.as_chunks_mut().0.iter_mut().zip(luma).zip(cb).zip(cr)
                {
                    *out = matrix.rgb(y, cb, cr).map(|v| v as u8);
                }
            }
            (SampleDepth::Eight, true) => {
                for (((out, &y), &cb), &cr) in
                    out.as_chunks_mut().0.iter_mut().zip(luma).zip(cb).zip(cr)
                {
                    *out = matrix.reorder(y, cb, cr).map(|v| v as u8);
                }
            }
            (SampleDepth::Sixteen, is_rgb) => {
                let out = out.as_chunks_mut::<2>().0.as_chunks_mut().0;
                for (((out, &y), &cb), &cr) in out.iter_mut().zip(luma).zip(cb).zip(cr) {
                    let rgb = match is_rgb {
                        true => matrix.reorder(y, cb, cr),
                        false => matrix.rgb(y, cb, cr),
                    };
                    *out = rgb.map(|v| (v as u16).to_be_bytes());
                }
            }
        }
    }
}

/// Chroma with a sample for each pixel.
#[inline(always)]
fn read_full(plane: &Plane<'_>, x: usize, y: usize, line: &mut [i32]) {
    plane.read(x, y, line);
    for v in line {
        *v <<= CHROMA_FRACTION;
    }
}

/// The sample of chroma in whose area each pixel is.
#[inline(always)]
fn read_nearest(
    picture: &PlanarPicture<'_>,
    plane: &Plane<'_>,
    x: usize,
    y: usize,
    stored: &mut [i32],
    line: &mut [i32],
) {
    let (_, down) = picture.subsampled();
    let first = x / 2;
    let stored = &mut stored[..(x + line.len()).div_ceil(2) - first];
    plane.read(first, y / down, stored);
    let odd = x % 2;
    if let (1, Some((pixel, _)), Some(&v)) = (odd, line.split_first_mut(), stored.first()) {
        *pixel = v << CHROMA_FRACTION;
    }
    let (pairs, last) = line.get_mut(odd..).unwrap_or_default().as_chunks_mut();
    let stored = stored.get(odd..).unwrap_or_default();
    for (pair, &v) in pairs.iter_mut().zip(stored) {
        *pair = [v << CHROMA_FRACTION; 2];
    }
    if let ([pixel], Some(&v)) = (last, stored.last()) {
        *pixel = v << CHROMA_FRACTION;
    }
}

/// Chroma between the centers of its samples.
///
/// ```text
/// v[i]     = 3 * near row[i] + far row[i], or 4 * row[i] if rows are not subsampled
/// pixel 2i     = 3 * v[i] + v[i - 1]
/// pixel 2i + 1 = 3 * v[i] + v[i + 1]
/// ```
///
/// Beyond its edges the plane continues with its outermost samples.
#[inline(always)]
fn interpolate(
    picture: &PlanarPicture<'_>,
    plane: &Plane<'_>,
    x: usize,
    y: usize,
    stored: &mut [Buffer<i32>; 2],
    line: &mut [i32],
) {
    let (_, down) = picture.subsampled();
    let (width, height) = picture.chroma_size();
    let near = y / down;
    let far = match (down, y % 2) {
        (1, _) => near,
        (_, 0) => near.saturating_sub(1),
        _ => (near + 1).min(height - 1),
    };
    // Columns from one before the first needed to one after the last.
    let (first, end) = (x / 2, (x + line.len()).div_ceil(2));
    let length = end - first + 2;
    let [v, other] = stored;
    let (v, other) = (&mut v[..length], &mut other[..length]);
    read_padded(plane, first, end, near, width, v);
    read_padded(plane, first, end, far, width, other);
    v.iter_mut()
        .zip(&*other)
        .for_each(|(near, &far)| *near = 3 * *near + far);
    let at = |i: usize| (3 * v[i + 1] + v[i], 3 * v[i + 1] + v[i + 2]);
    let odd = x % 2;
    if let (1, Some(pixel)) = (odd, line.first_mut()) {
        *pixel = at(0).1;
    }
    let pairs = line.get_mut(odd..).unwrap_or_default().chunks_mut(2);
    for (pixels, v) in pairs.zip(v[odd..].windows(3)) {
        let pair = [3 * v[1] + v[0], 3 * v[1] + v[2]];
        pixels.copy_from_slice(&pair[..pixels.len()]);
    }
}

/// Columns `first - 1..end + 1`, of which those outside the plane repeat its outermost ones.
#[inline(always)]
fn read_padded(
    plane: &Plane<'_>,
    first: usize,
    end: usize,
    y: usize,
    width: usize,
    out: &mut [i32],
) {
    let (from, to) = (first.saturating_sub(1), (end + 1).min(width));
    let skipped = from + 1 - first;
    let inside = skipped..skipped + (to - from);
    plane.read(from, y, &mut out[inside.clone()]);
    if skipped == 1 {
        out[0] = out[1];
    }
    if inside.end < out.len() {
        out[inside.end] = out[inside.end - 1];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;

    const SIZE: Size = Size::new(13, 7);

    fn noise(count: usize, bits: u8) -> Vec<u16> {
        let mut seed = 7u32;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> (32 - u32::from(bits))) as u16
        };
        (0..count).map(|_| next()).collect()
    }

    /// A sample of chroma at a pixel, by the definition, in floating point.
    fn chroma_at(
        plane: &[u16],
        picture: &PlanarPicture<'_>,
        mode: ChromaMode,
        x: u32,
        y: u32,
    ) -> f64 {
        let (across, down) = picture.subsampled();
        let (width, height) = picture.chroma_size();
        let at = |x: f64, y: f64| {
            let x = x.clamp(0.0, width as f64 - 1.0) as usize;
            let y = y.clamp(0.0, height as f64 - 1.0) as usize;
            f64::from(plane[y * width + x])
        };
        let center = |v: u32, step: usize| (f64::from(v) + 0.5) / step as f64 - 0.5;
        let (cx, cy) = (center(x, across), center(y, down));
        if mode == ChromaMode::AsStored {
            return at((x as usize / across) as f64, (y as usize / down) as f64);
        }
        let (fx, fy) = (cx - cx.floor(), cy - cy.floor());
        let row = |y: f64| at(cx.floor(), y) * (1.0 - fx) + at(cx.floor() + 1.0, y) * fx;
        row(cy.floor()) * (1.0 - fy) + row(cy.floor() + 1.0) * fy
    }

    /// Red, green and blue of 0 to 1 by H.273.
    fn rgb_of(color: &CodePoints, bits: u8, [y, cb, cr]: [f64; 3]) -> [f64; 3] {
        let step = f64::from(1u32 << (bits - 8));
        let widest = f64::from((1u32 << bits) - 1);
        let (black, luma, chroma) = match color.full_range {
            true => (0.0, widest, widest),
            false => (16.0 * step, 219.0 * step, 224.0 * step),
        };
        let y = (y - black) / luma;
        if color.matrix == 0 {
            let [cb, cr] = [cb, cr].map(|v| (v - black) / luma);
            return [cr, y, cb].map(|v| v.clamp(0.0, 1.0));
        }
        let [cb, cr] = [cb, cr].map(|v| (v - 128.0 * step) / chroma);
        let (kr, kb) = match color.matrix {
            1 => (0.2126, 0.0722),
            9 => (0.2627, 0.0593),
            8 => return [y - cb + cr, y + cb, y - cb - cr].map(|v| v.clamp(0.0, 1.0)),
            _ => (0.299, 0.114),
        };
        let red = y + 2.0 * (1.0 - kr) * cr;
        let blue = y + 2.0 * (1.0 - kb) * cb;
        let green = (y - kr * red - kb * blue) / (1.0 - kr - kb);
        [red, green, blue].map(|v| v.clamp(0.0, 1.0))
    }

    /// The largest difference from the definition, in steps of the output.
    fn worst(
        color: CodePoints,
        bits: u8,
        subsampling: Option<Subsampling>,
        mode: ChromaMode,
    ) -> f64 {
        let samples = [0; 3].map(|_: u8| noise(SIZE.pixels() as usize, bits));
        let plane = |at: usize, stride: usize| Plane {
            samples: PlaneSamples::Wide(&samples[at]),
            stride,
        };
        let mut picture = PlanarPicture {
            size: SIZE,
            bits,
            subsampling,
            planes: [plane(0, 13), plane(1, 0), plane(2, 0)],
        };
        let (width, _) = picture.chroma_size();
        picture.planes = [plane(0, 13), plane(1, width), plane(2, width)];
        assert!(picture.is_whole());
        let depth = output_depth(bits);
        let budget = Budget::new(&Limits::default());
        let mut converter = RowConverter::new(&color, bits, depth, mode, 13, &budget).unwrap();
        let mut worst = 0.0f64;
        for y in 0..SIZE.height {
            for x0 in 0..SIZE.width {
                let mut out = vec![0; (SIZE.width - x0) as usize * 3 * depth.bytes()];
                converter.convert(&picture, x0, y, &mut out);
                for (x, pixel) in (x0..).zip(out.chunks(3 * depth.bytes())) {
                    let luma = f64::from(samples[0][(y * 13 + x) as usize]);
                    let [cb, cr] = [1, 2].map(|at| chroma_at(&samples[at], &picture, mode, x, y));
                    let expected = rgb_of(&color, bits, [luma, cb, cr]);
                    for (got, expected) in pixel.chunks(depth.bytes()).zip(expected) {
                        let (got, max) = match got {
                            &[v] => (f64::from(v), 255.0),
                            v => (f64::from(u16::from_be_bytes([v[0], v[1]])), 65_535.0),
                        };
                        worst = worst.max((got - expected * max).abs());
                    }
                }
            }
        }
        worst
    }

    #[test]
    fn every_matrix_range_depth_and_subsampling_is_as_defined() {
        let forms = [Subsampling::Full, Subsampling::Half, Subsampling::Quarter];
        for matrix in [1, 2, 6, 8, 9] {
            for (full_range, bits) in [(true, 8), (false, 8), (true, 10), (false, 12)] {
                let color = CodePoints {
                    matrix,
                    full_range,
                    ..CodePoints::UNSPECIFIED
                };
                for form in forms {
                    for mode in [ChromaMode::Full, ChromaMode::AsStored] {
                        let worst = worst(color, bits, Some(form), mode);
                        let most = if bits == 8 { 0.51 } else { 4.0 };
                        assert!(worst <= most, "{color:?} {bits} {form:?} {mode:?}: {worst}");
                    }
                }
            }
        }
    }

    #[test]
    fn planes_that_are_green_blue_and_red_are_reordered() {
        for (full_range, bits) in [(true, 8), (false, 8), (true, 12)] {
            let color = CodePoints {
                matrix: 0,
                full_range,
                ..CodePoints::UNSPECIFIED
            };
            let worst = worst(color, bits, Some(Subsampling::Full), ChromaMode::Full);
            assert!(worst <= if bits == 8 { 0.51 } else { 4.0 }, "{worst}");
        }
    }

    #[test]
    fn unknown_matrices_are_refused_by_name() {
        for matrix in [3, 11, 14, 255] {
            let color = CodePoints {
                matrix,
                ..CodePoints::UNSPECIFIED
            };
            let error = YcbcrMatrix::new(&color, 8, SampleDepth::Eight).unwrap_err();
            assert_eq!(error.code(), "unsupported");
        }
    }
}
