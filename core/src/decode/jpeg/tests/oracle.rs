//! A slow, simple JPEG decoder: the text of ITU-T T.81 as code, to compare the fast one with.
//!
//! It reads one bit at a time, keeps every coefficient of every scan, and computes in `f64`.
//! Clause, figure and table numbers are those of T.81. It decodes 8-bit Huffman-coded frames only, and
//! returns `None` for everything else. It is not meant for damaged files.
//!
//! Beyond T.81, which does not say how to scale or upsample:
//!
//! - At N/8 a block gives N x N samples: the N-point inverse DCT of its N x N lowest coefficients.
//!   A component that is stored smaller gets up to 8 points an axis instead of being upsampled.
//! - The rest of the ratio is upsampled as in libjpeg-turbo: by a triangle filter if it is 2, otherwise
//!   by replication.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// Figure 5 and A.3.6: the position of the k-th coefficient of a block, row by row.
#[rustfmt::skip]
pub(super) const ZIGZAG: [usize; 64] = [
     0,  1,  8, 16,  9,  2,  3, 10, 17, 24, 32, 25, 18, 11,  4,  5,
    12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13,  6,  7, 14, 21, 28,
    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
    58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// A frame with every coefficient of every scan.
pub(super) struct OracleFrame {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) model: ColorModel,
    /// Whether any scan refines AC coefficients (G.1.2.3).
    pub(super) refined: bool,
    /// Whether the blocks of every component have N points, as in `ChromaMode::AsStored`.
    pub(super) coarse: bool,
    components: Vec<OracleComponent>,
}

struct OracleComponent {
    id: u8,
    h: usize,
    v: usize,
    quant_slot: usize,
    /// The quantization table in force when the component's first scan began.
    steps: Option<[i32; 64]>,
    /// Blocks of a row, including those that only complete the last MCU.
    across: usize,
    blocks: Vec<[i32; 64]>,
}

/// The meaning of the components.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ColorModel {
    Gray,
    Rgb,
    YCbCr,
    /// 255 is no ink.
    Cmyk,
    Ycck,
}

// ---- B.2: markers ------------------------------------------------------------------------------

#[derive(Default)]
struct OracleTables {
    quant_tables: [Option<[i32; 64]>; 4],
    dc: [Option<HuffmanCode>; 4],
    ac: [Option<HuffmanCode>; 4],
    restart_interval: usize,
    jfif: bool,
    adobe: Option<u8>,
}

/// Reads the first image of `bytes`.
pub(super) fn read(bytes: &[u8]) -> Option<OracleFrame> {
    let mut tables = standard_tables();
    let mut frame: Option<(OracleFrame, bool)> = None;
    let mut at = bytes.windows(2).position(|pair| pair == [0xFF, 0xD8])? + 2;
    while let Some((marker, after)) = next_marker(bytes, at) {
        at = after;
        match marker {
            0xD9 => break,                  // EOI
            0x01 | 0xD0..=0xD8 => continue, // TEM, RSTm, a second SOI: no parameters
            _ => {}
        }
        let Some(segment) = segment(bytes, at) else {
            break;
        };
        at += 2 + segment.len();
        match marker {
            0xC4 => define_codes(&mut tables, segment)?,
            0xDB => define_quant_tables(&mut tables, segment)?,
            0xDD => tables.restart_interval = word(segment, 0)?,
            0xE0 => tables.jfif |= segment.starts_with(b"JFIF\0"),
            0xEE if segment.starts_with(b"Adobe") => tables.adobe = segment.get(11).copied(),
            0xC0..=0xC2 if frame.is_none() => {
                let lines = lines_of_dnl(&bytes[at..]);
                frame = Some((read_frame(segment, lines)?, marker == 0xC2));
            }
            0xC0..=0xCF if marker != 0xC8 && marker != 0xCC => return None,
            0xDA => {
                let (frame, progressive) = frame.as_mut()?;
                let end = end_of_scan(bytes, at);
                read_scan(frame, *progressive, &tables, segment, &bytes[at..end])?;
                at = end;
            }
            _ => {}
        }
    }
    let (mut frame, _) = frame?;
    frame.model = model(&frame, &tables)?;
    Some(frame)
}

/// B.1.1.2: a marker is 0xFF, any number of 0xFF fill bytes, and neither 0x00 nor 0xFF.
fn next_marker(bytes: &[u8], from: usize) -> Option<(u8, usize)> {
    let pair = |at: usize| Some((*bytes.get(at)?, *bytes.get(at + 1)?));
    let mut at = from;
    loop {
        match pair(at)? {
            (0xFF, code) if code != 0x00 && code != 0xFF => return Some((code, at + 2)),
            _ => at += 1,
        }
    }
}

/// B.1.1.4: the parameters after a segment's length.
fn segment(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let length = word(bytes, at)?;
    bytes.get(at + 2..at + length)
}

/// F.1.2.3, B.2.1: a scan ends where a marker other than a restart marker begins.
fn end_of_scan(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some((marker, after)) = next_marker(bytes, at) {
        if !(0xD0..=0xD7).contains(&marker) {
            return after - 2;
        }
        at = after;
    }
    bytes.len()
}

fn word(bytes: &[u8], at: usize) -> Option<usize> {
    Some(usize::from(*bytes.get(at)?) << 8 | usize::from(*bytes.get(at + 1)?))
}

/// B.2.5: the number of lines, which follows the first scan if the frame header has 0.
fn lines_of_dnl(bytes: &[u8]) -> Option<usize> {
    let at = bytes
        .windows(4)
        .position(|four| four == [0xFF, 0xDC, 0x00, 0x04])?;
    word(bytes, at + 4)
}

/// B.2.2.
fn read_frame(segment: &[u8], dnl: Option<usize>) -> Option<OracleFrame> {
    let (precision, count) = (*segment.first()?, usize::from(*segment.get(5)?));
    let height = word(segment, 1).filter(|&lines| lines > 0).or(dnl)?;
    let width = word(segment, 3)?;
    if precision != 8 || !matches!(count, 1 | 3 | 4) || width == 0 {
        return None;
    }
    let mut components = Vec::new();
    for spec in segment.get(6..6 + 3 * count)?.chunks(3) {
        let (h, v) = (usize::from(spec[1] >> 4), usize::from(spec[1] & 15));
        if !(1..=4).contains(&h) || !(1..=4).contains(&v) || spec[2] > 3 {
            return None;
        }
        components.push(OracleComponent {
            id: spec[0],
            h,
            v,
            quant_slot: usize::from(spec[2]),
            steps: None,
            across: 0,
            blocks: Vec::new(),
        });
    }
    let mut frame = OracleFrame {
        width,
        height,
        model: ColorModel::Gray,
        refined: false,
        coarse: false,
        components,
    };
    let (mcus_across, mcus_down) = frame.mcus();
    for component in &mut frame.components {
        component.across = mcus_across * component.h;
        component.blocks = vec![[0; 64]; component.across * mcus_down * component.v];
    }
    Some(frame)
}

impl OracleFrame {
    fn h_max(&self) -> usize {
        self.components.iter().map(|c| c.h).max().unwrap_or(1)
    }

    fn v_max(&self) -> usize {
        self.components.iter().map(|c| c.v).max().unwrap_or(1)
    }

    /// A.2.4: MCUs of an interleaved scan.
    fn mcus(&self) -> (usize, usize) {
        let (w, h) = (8 * self.h_max(), 8 * self.v_max());
        (self.width.div_ceil(w), self.height.div_ceil(h))
    }

    /// A.1.1 and A.2.2: blocks of a component, without those that hold no sample of the image.
    fn blocks(&self, component: &OracleComponent) -> (usize, usize) {
        let x = (self.width * component.h).div_ceil(self.h_max());
        let y = (self.height * component.v).div_ceil(self.v_max());
        (x.div_ceil(8), y.div_ceil(8))
    }
}

/// B.2.4.1.
fn define_quant_tables(tables: &mut OracleTables, mut segment: &[u8]) -> Option<()> {
    while let Some((&head, rest)) = segment.split_first() {
        let bytes = if head >> 4 == 0 { 1 } else { 2 };
        let mut steps = [0; 64];
        for (k, step) in steps.iter_mut().enumerate() {
            *step = match bytes {
                1 => i32::from(*rest.get(k)?),
                _ => word(rest, 2 * k)? as i32,
            };
        }
        *tables.quant_tables.get_mut(usize::from(head & 15))? = Some(steps);
        segment = rest.get(64 * bytes..)?;
    }
    Some(())
}

/// B.2.4.2.
fn define_codes(tables: &mut OracleTables, mut segment: &[u8]) -> Option<()> {
    while let Some((&head, rest)) = segment.split_first() {
        let counts: [u8; 16] = rest.get(..16)?.try_into().ok()?;
        let total = counts.iter().map(|&n| usize::from(n)).sum::<usize>();
        let values = rest.get(16..16 + total)?;
        let class = if head >> 4 == 0 {
            &mut tables.dc
        } else {
            &mut tables.ac
        };
        *class.get_mut(usize::from(head & 15))? = Some(HuffmanCode::new(counts, values.to_vec()));
        segment = &rest[16 + total..];
    }
    Some(())
}

/// T.81 leaves color to the application: JFIF means YCbCr, and an Adobe segment names a transform.
fn model(frame: &OracleFrame, tables: &OracleTables) -> Option<ColorModel> {
    let ids: Vec<u8> = frame.components.iter().map(|c| c.id).collect();
    Some(match (ids.len(), tables.adobe) {
        (1, _) => ColorModel::Gray,
        (3, _) if tables.jfif => ColorModel::YCbCr,
        (3, Some(0)) => ColorModel::Rgb,
        (3, None) if ids == *b"RGB" => ColorModel::Rgb,
        (3, _) => ColorModel::YCbCr,
        (4, None | Some(0)) => ColorModel::Cmyk,
        (4, _) => ColorModel::Ycck,
        _ => return None,
    })
}

// ---- Annex C and F.2.2: Huffman codes, bit by bit ----------------------------------------------

#[derive(Clone)]
struct HuffmanCode {
    counts: [u8; 16],
    values: Vec<u8>,
}

impl HuffmanCode {
    fn new(counts: [u8; 16], values: Vec<u8>) -> Self {
        Self { counts, values }
    }

    /// F.2.2.3, with the codes of C.2 counted on the way: those of one length are consecutive
    /// and begin at twice the number that follows the last shorter one.
    fn decode(&self, bits: &mut BitByBitReader) -> Option<u8> {
        let (mut code, mut first, mut before) = (0, 0, 0);
        for &count in &self.counts {
            let count = usize::from(count);
            code = code << 1 | bits.next()?;
            first <<= 1;
            if code < first + count {
                return self.values.get(before + code - first).copied();
            }
            first += count;
            before += count;
        }
        None
    }
}

/// The bits of one restart interval, most significant first.
struct BitByBitReader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl BitByBitReader<'_> {
    fn next(&mut self) -> Option<usize> {
        let byte = *self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit.into())
    }

    /// F.2.2.4, RECEIVE.
    fn receive(&mut self, count: u8) -> Option<i32> {
        (0..count).try_fold(0, |value, _| Some(value << 1 | self.next()? as i32))
    }

    /// F.2.2.1, RECEIVE and EXTEND: a difference or coefficient of `size` bits.
    fn signed(&mut self, size: u8) -> Option<i32> {
        let value = self.receive(size)?;
        let negative = size > 0 && value < 1 << (size - 1);
        Some(if negative {
            value - (1 << size) + 1
        } else {
            value
        })
    }
}

// ---- Scans: B.2.3, F.2 and G.2 -----------------------------------------------------------------

/// One component of a scan.
struct ScanPart {
    component: usize,
    dc: usize,
    ac: usize,
}

/// The part of each block that a scan codes.
#[derive(Clone, Copy)]
struct ScanBand {
    progressive: bool,
    start: usize,
    end: usize,
    high: u8,
    low: u8,
}

fn read_scan(
    frame: &mut OracleFrame,
    progressive: bool,
    tables: &OracleTables,
    head: &[u8],
    coded: &[u8],
) -> Option<()> {
    let count = usize::from(*head.first()?);
    let mut parts = Vec::new();
    for spec in head.get(1..1 + 2 * count)?.chunks(2) {
        // Components may share an identifier in odd files; then their order decides.
        let is_next = |(i, c): (usize, &OracleComponent)| {
            c.id == spec[0] && parts.iter().all(|p: &ScanPart| p.component != i)
        };
        let component = frame.components.iter().enumerate().position(is_next)?;
        parts.push(ScanPart {
            component,
            dc: usize::from(spec[1] >> 4),
            ac: usize::from(spec[1] & 15),
        });
    }
    let last = head.get(1 + 2 * count..4 + 2 * count)?;
    let band = ScanBand {
        progressive,
        start: last[0].into(),
        end: last[1].into(),
        high: last[2] >> 4,
        low: last[2] & 15,
    };
    if progressive && (band.end > 63 || band.start > band.end || band.low > 13) {
        return None;
    }
    frame.refined |= progressive && band.start > 0 && band.high > 0;
    for part in &parts {
        let component = &mut frame.components[part.component];
        let steps = tables.quant_tables[component.quant_slot];
        component.steps = component.steps.or(steps);
    }
    let order = block_order(frame, &parts);
    let per_interval = match tables.restart_interval {
        0 => order.len(),
        mcus => mcus,
    };
    let intervals = restart_intervals(coded, tables.restart_interval > 0);
    for (mcus, bytes) in order.chunks(per_interval).zip(&intervals) {
        read_interval(frame, tables, &parts, band, mcus, bytes);
    }
    Some(())
}

/// A.2: for each MCU of the scan, the (part, block) pairs that it codes, in order.
fn block_order(frame: &OracleFrame, parts: &[ScanPart]) -> Vec<Vec<(usize, usize)>> {
    if let [part] = parts {
        let component = &frame.components[part.component];
        let (across, down) = frame.blocks(component);
        let block = |i: usize| i / across * component.across + i % across;
        return (0..across * down).map(|i| vec![(0, block(i))]).collect();
    }
    let (across, down) = frame.mcus();
    let mcu = |i: usize| {
        let mut blocks = Vec::new();
        for (p, part) in parts.iter().enumerate() {
            let c = &frame.components[part.component];
            for y in i / across * c.v..(i / across + 1) * c.v {
                for x in i % across * c.h..(i % across + 1) * c.h {
                    blocks.push((p, y * c.across + x));
                }
            }
        }
        blocks
    };
    (0..across * down).map(mcu).collect()
}

/// B.1.1.5 and F.1.2.3: the coded bytes between restart markers, without their stuffed zeros.
fn restart_intervals(coded: &[u8], restarts: bool) -> Vec<Vec<u8>> {
    let mut intervals = vec![Vec::new()];
    let mut at = 0;
    while let Some(&byte) = coded.get(at) {
        match (byte, coded.get(at + 1)) {
            (0xFF, Some(0xD0..=0xD7)) => {
                if restarts {
                    intervals.push(Vec::new());
                }
                at += 2;
                continue;
            }
            (0xFF, Some(0xFF)) => {} // a fill byte
            (0xFF, Some(0x00)) => {
                intervals.last_mut().unwrap().push(0xFF);
                at += 1;
            }
            _ => intervals.last_mut().unwrap().push(byte),
        }
        at += 1;
    }
    intervals
}

/// One restart interval. `None` if its bits end early or are invalid.
fn read_interval(
    frame: &mut OracleFrame,
    tables: &OracleTables,
    parts: &[ScanPart],
    band: ScanBand,
    mcus: &[Vec<(usize, usize)>],
    bytes: &[u8],
) -> Option<()> {
    let mut bits = BitByBitReader { bytes, at: 0 };
    let mut predictions = [0; 4];
    let mut end_of_band_run = 0;
    for &(p, block) in mcus.iter().flatten() {
        let part = &parts[p];
        let block = &mut frame.components[part.component].blocks[block];
        let dc = tables.dc.get(part.dc).and_then(Option::as_ref);
        let ac = tables.ac.get(part.ac).and_then(Option::as_ref);
        let (prediction, run) = (&mut predictions[p], &mut end_of_band_run);
        match (band.progressive, band.start, band.high) {
            (false, ..) => {
                dc_first(block, dc?, &mut bits, prediction, 0)?;
                ac_sequential(block, ac?, &mut bits)?;
            }
            (_, 0, 0) => dc_first(block, dc?, &mut bits, prediction, band.low)?,
            (_, 0, _) => block[0] |= (bits.next()? as i32) << band.low,
            (_, _, 0) => ac_first(block, ac?, &mut bits, band, run)?,
            _ => ac_refinement(block, ac?, &mut bits, band, run)?,
        }
    }
    Some(())
}

/// F.2.2.1, and G.1.2.1 with its point transform.
fn dc_first(
    block: &mut [i32; 64],
    code: &HuffmanCode,
    bits: &mut BitByBitReader,
    prediction: &mut i32,
    low: u8,
) -> Option<()> {
    let size = code.decode(bits)?;
    *prediction += bits.signed(size)?;
    block[0] = *prediction << low;
    Some(())
}

/// F.2.2.2.
fn ac_sequential(
    block: &mut [i32; 64],
    code: &HuffmanCode,
    bits: &mut BitByBitReader,
) -> Option<()> {
    let mut k = 1;
    while k < 64 {
        let symbol = code.decode(bits)?;
        match (symbol >> 4, symbol & 15) {
            (15, 0) => k += 16,
            (_, 0) => break,
            (run, size) => {
                k += usize::from(run);
                block[*ZIGZAG.get(k)?] = bits.signed(size)?;
                k += 1;
            }
        }
    }
    Some(())
}

/// G.1.2.2: as sequential, with runs of blocks whose band has ended.
fn ac_first(
    block: &mut [i32; 64],
    code: &HuffmanCode,
    bits: &mut BitByBitReader,
    band: ScanBand,
    end_of_band_run: &mut i32,
) -> Option<()> {
    if *end_of_band_run > 0 {
        *end_of_band_run -= 1;
        return Some(());
    }
    let mut k = band.start;
    while k <= band.end {
        let symbol = code.decode(bits)?;
        match (symbol >> 4, symbol & 15) {
            (15, 0) => k += 16,
            (size, 0) => {
                *end_of_band_run = (1 << size) + bits.receive(size)? - 1;
                break;
            }
            (run, size) => {
                k += usize::from(run);
                block[*ZIGZAG.get(k)?] = bits.signed(size)? << band.low;
                k += 1;
            }
        }
    }
    Some(())
}

/// G.1.2.3: one more bit of every coefficient that is not zero yet, and new ones of magnitude 1.
fn ac_refinement(
    block: &mut [i32; 64],
    code: &HuffmanCode,
    bits: &mut BitByBitReader,
    band: ScanBand,
    end_of_band_run: &mut i32,
) -> Option<()> {
    let mut k = band.start;
    while k <= band.end && *end_of_band_run == 0 {
        let symbol = code.decode(bits)?;
        let mut zeros = symbol >> 4;
        let fresh = match (zeros, symbol & 15) {
            (15, 0) => 0,
            (size, 0) => {
                *end_of_band_run = (1 << size) + bits.receive(size)?;
                break;
            }
            _ => (2 * bits.next()? as i32 - 1) << band.low,
        };
        // The run counts zeros only. The coefficients between them are refined.
        while k <= band.end {
            let coefficient = &mut block[ZIGZAG[k]];
            k += 1;
            if *coefficient != 0 {
                refine(coefficient, bits, band.low)?;
            } else if zeros == 0 {
                *coefficient = fresh;
                break;
            } else {
                zeros -= 1;
            }
        }
    }
    if *end_of_band_run > 0 {
        *end_of_band_run -= 1;
        for &position in &ZIGZAG[k..=band.end] {
            if block[position] != 0 {
                refine(&mut block[position], bits, band.low)?;
            }
        }
    }
    Some(())
}

fn refine(coefficient: &mut i32, bits: &mut BitByBitReader, low: u8) -> Option<()> {
    *coefficient += coefficient.signum() * ((bits.next()? as i32) << low);
    Some(())
}

// ---- Samples: A.3, at N/8 ----------------------------------------------------------------------

/// An image of `f64` samples, interleaved: gray, red-green-blue, or inks with 255 for full.
pub(super) struct OracleImage {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) channels: usize,
    pub(super) samples: Vec<f64>,
}

/// One component's samples at its scale.
struct OraclePlane {
    width: usize,
    height: usize,
    stride: usize,
    samples: Vec<f64>,
    /// Columns and rows of the image to one of the plane.
    ratio: (f64, f64),
}

impl OracleFrame {
    /// The finest quantization step of any AC coefficient.
    pub(super) fn finest_step(&self) -> i32 {
        let steps = self.components.iter().filter_map(|c| c.steps);
        steps
            .flat_map(|steps| steps.into_iter().skip(1))
            .min()
            .unwrap_or(0)
    }

    /// Whether any component has fewer samples than the image at N/8.
    pub(super) fn upsampled(&self, n: usize) -> bool {
        let ratio = |c| {
            self.plane(c, n)
                .is_none_or(|plane| plane.ratio != (1.0, 1.0))
        };
        self.components.iter().any(ratio)
    }

    /// The image at N/8.
    pub(super) fn image(&self, n: usize) -> Option<OracleImage> {
        let (width, height) = ((self.width * n).div_ceil(8), (self.height * n).div_ceil(8));
        let planes: Option<Vec<OraclePlane>> =
            self.components.iter().map(|c| self.plane(c, n)).collect();
        let planes = planes?;
        let mut samples = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let pixel: Vec<f64> = planes.iter().map(|plane| plane.at(x, y)).collect();
                samples.extend(color(self.model, &pixel));
            }
        }
        Some(OracleImage {
            width,
            height,
            channels: planes.len(),
            samples,
        })
    }

    fn plane(&self, component: &OracleComponent, n: usize) -> Option<OraclePlane> {
        let (h_max, v_max) = (self.h_max(), self.v_max());
        let (nx, ny) = if self.coarse {
            (n, n)
        } else {
            (points(n, h_max, component.h), points(n, v_max, component.v))
        };
        let steps = component.steps?;
        let stride = component.across * nx;
        let mut samples = vec![0.0; component.blocks.len() * nx * ny];
        for (i, block) in component.blocks.iter().enumerate() {
            let (left, top) = (i % component.across * nx, i / component.across * ny);
            for (y, row) in inverse_dct(block, &steps, nx, ny).chunks(nx).enumerate() {
                let start = (top + y) * stride + left;
                samples[start..start + nx].copy_from_slice(row);
            }
        }
        Some(OraclePlane {
            width: (self.width * component.h * nx).div_ceil(8 * h_max),
            height: (self.height * component.v * ny).div_ceil(8 * v_max),
            stride,
            samples,
            ratio: (
                (n * h_max) as f64 / (nx * component.h) as f64,
                (n * v_max) as f64 / (ny * component.v) as f64,
            ),
        })
    }
}

/// Points of a block's transform along one axis: doubled while the component is still smaller
/// than the image, and while a block has that many coefficients.
fn points(n: usize, most: usize, own: usize) -> usize {
    let mut points = n;
    while points * 2 <= 8 && (most * n).is_multiple_of(own * points * 2) {
        points *= 2;
    }
    points
}

/// A.3.3 with `nx` x `ny` points, A.3.4's dequantization before and A.3.1's level shift after it.
/// The result is not rounded.
fn inverse_dct(block: &[i32; 64], steps: &[i32; 64], nx: usize, ny: usize) -> Vec<f64> {
    let basis = |n: usize, x: usize, u: usize| {
        let c = if u == 0 { FRAC_1_SQRT_2 } else { 1.0 };
        c / 2.0 * ((2 * x + 1) as f64 * u as f64 * PI / (2 * n) as f64).cos()
    };
    let mut samples = vec![128.0; nx * ny];
    for (k, &position) in ZIGZAG.iter().enumerate() {
        let (u, v) = (position % 8, position / 8);
        let coefficient = f64::from(block[position]) * f64::from(steps[k]);
        if coefficient == 0.0 || u >= nx || v >= ny {
            continue;
        }
        let across: Vec<f64> = (0..nx).map(|x| basis(nx, x, u)).collect();
        for y in 0..ny {
            let down = coefficient * basis(ny, y, v);
            for x in 0..nx {
                samples[y * nx + x] += down * across[x];
            }
        }
    }
    samples.iter().map(|s| s.clamp(0.0, 255.0)).collect()
}

impl OraclePlane {
    /// The sample under pixel (x, y) of the image. At two to one, an axis is interpolated: three
    /// parts the nearer sample and one part the other. The edge of the plane is repeated.
    fn at(&self, x: usize, y: usize) -> f64 {
        let wide = self.width > 2;
        let triangle = match self.ratio {
            (2.0, 1.0) | (2.0, 2.0) => wide,
            (1.0, 2.0) => true,
            _ => false,
        };
        if !triangle {
            let (rx, ry) = self.ratio;
            return self.sample((x as f64 / rx) as isize, (y as f64 / ry) as isize);
        }
        let mut sum = 0.0;
        for (row, down) in taps(y, self.ratio.1) {
            for (column, across) in taps(x, self.ratio.0) {
                sum += down * across * self.sample(column, row);
            }
        }
        sum
    }

    fn sample(&self, x: isize, y: isize) -> f64 {
        let x = x.clamp(0, self.width as isize - 1) as usize;
        let y = y.clamp(0, self.height as isize - 1) as usize;
        self.samples[y * self.stride + x]
    }
}

/// The two samples next to a position, and their weights.
fn taps(position: usize, ratio: f64) -> [(isize, f64); 2] {
    let position = position as isize;
    if ratio == 1.0 {
        return [(position, 1.0), (position, 0.0)];
    }
    let other = if position % 2 == 0 { -1 } else { 1 };
    [(position / 2, 0.75), (position / 2 + other, 0.25)]
}

/// T.871 clause 7 for YCbCr. Ink is 255 minus light.
fn color(model: ColorModel, pixel: &[f64]) -> Vec<f64> {
    let rgb = |p: &[f64]| {
        let (y, cb, cr) = (p[0], p[1] - 128.0, p[2] - 128.0);
        let green = y - (0.114 * 1.772 * cb + 0.299 * 1.402 * cr) / 0.587;
        [y + 1.402 * cr, green, y + 1.772 * cb].map(|s| s.clamp(0.0, 255.0))
    };
    match model {
        ColorModel::YCbCr => rgb(pixel).to_vec(),
        ColorModel::Ycck => [&rgb(pixel)[..], &[255.0 - pixel[3]]].concat(),
        ColorModel::Cmyk => pixel.iter().map(|s| 255.0 - s).collect(),
        _ => pixel.to_vec(),
    }
}

// ---- Annex K.3: the tables of a stream without DHT         -------------------------------------

fn standard_tables() -> OracleTables {
    let dc = |counts| Some(HuffmanCode::new(counts, (0..12).collect()));
    let ac = |counts, values: &[u8; 162]| Some(HuffmanCode::new(counts, values.to_vec()));
    let luminance = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0];
    let chrominance = [0, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0];
    let ac_luminance = [0, 2, 1, 3, 3, 2, 4, 3, 5, 5, 4, 4, 0, 0, 1, 0x7D];
    let ac_chrominance = [0, 2, 1, 2, 4, 4, 3, 4, 7, 5, 4, 4, 0, 1, 2, 0x77];
    OracleTables {
        dc: [dc(luminance), dc(chrominance), None, None],
        ac: [
            ac(ac_luminance, &AC_LUMINANCE),
            ac(ac_chrominance, &AC_CHROMINANCE),
            None,
            None,
        ],
        ..OracleTables::default()
    }
}

/// Table K.5, by code length.
#[rustfmt::skip]
const AC_LUMINANCE: [u8; 162] = [
    0x01, 0x02, 0x03, 0x00, 0x04, 0x11, 0x05, 0x12, 0x21, 0x31, 0x41, 0x06, 0x13, 0x51, 0x61, 0x07,
    0x22, 0x71, 0x14, 0x32, 0x81, 0x91, 0xA1, 0x08, 0x23, 0x42, 0xB1, 0xC1, 0x15, 0x52, 0xD1, 0xF0,
    0x24, 0x33, 0x62, 0x72, 0x82, 0x09, 0x0A, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x25, 0x26, 0x27, 0x28,
    0x29, 0x2A, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49,
    0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69,
    0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89,
    0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0xA2, 0xA3, 0xA4, 0xA5, 0xA6, 0xA7,
    0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3, 0xC4, 0xC5,
    0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA, 0xE1, 0xE2,
    0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xF1, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8,
    0xF9, 0xFA,
];

/// Table K.6, by code length.
#[rustfmt::skip]
const AC_CHROMINANCE: [u8; 162] = [
    0x00, 0x01, 0x02, 0x03, 0x11, 0x04, 0x05, 0x21, 0x31, 0x06, 0x12, 0x41, 0x51, 0x07, 0x61, 0x71,
    0x13, 0x22, 0x32, 0x81, 0x08, 0x14, 0x42, 0x91, 0xA1, 0xB1, 0xC1, 0x09, 0x23, 0x33, 0x52, 0xF0,
    0x15, 0x62, 0x72, 0xD1, 0x0A, 0x16, 0x24, 0x34, 0xE1, 0x25, 0xF1, 0x17, 0x18, 0x19, 0x1A, 0x26,
    0x27, 0x28, 0x29, 0x2A, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48,
    0x49, 0x4A, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68,
    0x69, 0x6A, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87,
    0x88, 0x89, 0x8A, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9A, 0xA2, 0xA3, 0xA4, 0xA5,
    0xA6, 0xA7, 0xA8, 0xA9, 0xAA, 0xB2, 0xB3, 0xB4, 0xB5, 0xB6, 0xB7, 0xB8, 0xB9, 0xBA, 0xC2, 0xC3,
    0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xC9, 0xCA, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD8, 0xD9, 0xDA,
    0xE2, 0xE3, 0xE4, 0xE5, 0xE6, 0xE7, 0xE8, 0xE9, 0xEA, 0xF2, 0xF3, 0xF4, 0xF5, 0xF6, 0xF7, 0xF8,
    0xF9, 0xFA,
];
