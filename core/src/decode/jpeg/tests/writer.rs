//! JPEGs of any frame and scan structure, from random samples: the encoding procedures of T.81
//! F.1 and G.1, with Huffman codes drawn at random so that every code length occurs.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use super::oracle::ZIGZAG;

/// Pseudorandom numbers, the same in every execution (SplitMix64).
pub(super) struct Random(pub(super) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ z >> 31
    }

    /// A number below `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(super) fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())].clone()
    }
}

/// The structure of a JPEG.
#[derive(Clone, Debug)]
pub(super) struct JpegShape {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Sampling factors, a pair for each component.
    pub(super) factors: Vec<(usize, usize)>,
    pub(super) adobe: Option<u8>,
    pub(super) progressive: bool,
    pub(super) interleaved: bool,
    pub(super) restart_interval: usize,
    /// The finest and the coarsest quantization step.
    pub(super) steps: (u8, u8),
}

impl JpegShape {
    /// Any structure that T.81 allows and that fits a few MCUs.
    pub(super) fn random(random: &mut Random) -> Self {
        let factors = random.pick::<&[_]>(&[
            &[(1, 1)],
            &[(2, 2)],
            &[(1, 1), (1, 1), (1, 1)],
            &[(2, 1), (1, 1), (1, 1)],
            &[(1, 2), (1, 1), (1, 1)],
            &[(2, 2), (1, 1), (1, 1)],
            &[(4, 1), (1, 1), (1, 1)],
            &[(1, 4), (1, 1), (1, 1)],
            &[(4, 2), (1, 1), (1, 1)],
            &[(2, 2), (2, 1), (1, 2)],
            &[(1, 1), (2, 2), (1, 2)],
            &[(3, 1), (1, 1), (1, 1)],
            &[(1, 1), (1, 1), (1, 1), (1, 1)],
            &[(2, 2), (1, 1), (1, 1), (2, 2)],
        ]);
        let shape = Self {
            width: 1 + random.below(80),
            height: 1 + random.below(80),
            factors: factors.to_vec(),
            adobe: random.pick(&[None, None, Some(0), Some(1)]),
            progressive: random.below(2) == 0,
            interleaved: random.below(3) > 0,
            restart_interval: random.pick(&[0, 0, 1, 2, 7]),
            steps: random.pick(&[(1, 1), (1, 6), (9, 20), (49, 100), (49, 255)]),
        };
        match shape.factors.len() {
            4 => Self {
                adobe: random.pick(&[None, Some(0), Some(2)]),
                ..shape
            },
            _ => shape,
        }
    }

    fn h_max(&self) -> usize {
        self.factors.iter().map(|f| f.0).max().unwrap()
    }

    fn v_max(&self) -> usize {
        self.factors.iter().map(|f| f.1).max().unwrap()
    }

    fn mcus(&self) -> (usize, usize) {
        let (w, h) = (8 * self.h_max(), 8 * self.v_max());
        (self.width.div_ceil(w), self.height.div_ceil(h))
    }
}

struct JpegWriter<'a> {
    shape: &'a JpegShape,
    steps: [u8; 64],
    /// Quantized coefficients in zigzag order, for each component and block.
    blocks: Vec<Vec<[i32; 64]>>,
    codes: [RandomCode; 4],
    out: Vec<u8>,
}

/// A JPEG of the structure `shape`, its samples drawn from `random`.
pub(super) fn write(shape: &JpegShape, random: &mut Random) -> Vec<u8> {
    let (finest, coarsest) = shape.steps;
    let range = usize::from(coarsest - finest) + 1;
    let steps = [(); 64].map(|()| finest + random.below(range) as u8);
    let (across, down) = shape.mcus();
    let component = |&(h, v): &(usize, usize)| {
        let paint = Paint::random(random);
        let (across, blocks) = (across * h, across * h * down * v);
        let block = |i| quantized(&paint.block(i % across, i / across, random), &steps);
        (0..blocks).map(block).collect()
    };
    let blocks = shape.factors.iter().map(component).collect();
    let symbols = [12, 255, 12, 255];
    let codes = symbols.map(|count| RandomCode::random(count, random));
    let mut writer = JpegWriter {
        shape,
        steps,
        blocks,
        codes,
        out: Vec::new(),
    };
    writer.head();
    for scan in scans(shape, random) {
        writer.scan(&scan);
    }
    writer.out.extend([0xFF, 0xD9]);
    writer.out
}

// ---- Samples -----------------------------------------------------------------------------------

/// A component of samples: waves and noise, clipped to black and white.
struct Paint {
    wave: (f64, f64),
    noise: usize,
    contrast: f64,
}

impl Paint {
    fn random(random: &mut Random) -> Self {
        let wave = [(); 2].map(|()| random.below(150) as f64 / 100.0);
        Self {
            wave: (wave[0], wave[1]),
            noise: random.pick(&[1, 1, 20, 300]),
            contrast: random.pick(&[10.0, 60.0, 180.0]),
        }
    }

    fn block(&self, column: usize, row: usize, random: &mut Random) -> [f64; 64] {
        let sample = |i: usize| {
            let (x, y) = ((column * 8 + i % 8) as f64, (row * 8 + i / 8) as f64);
            let wave = (x * self.wave.0).sin() + (y * self.wave.1).sin();
            let noise = random.below(self.noise) as f64 - self.noise as f64 / 2.0;
            (self.contrast * wave + noise).clamp(-128.0, 127.0)
        };
        let mut sample = sample;
        std::array::from_fn(&mut sample)
    }
}

/// A.3.3's forward DCT and A.3.4, in zigzag order.
fn quantized(samples: &[f64; 64], steps: &[u8; 64]) -> [i32; 64] {
    let c = |u: usize| if u == 0 { FRAC_1_SQRT_2 } else { 1.0 };
    let cos = |x: usize, u: usize| ((2 * x + 1) as f64 * u as f64 * PI / 16.0).cos();
    std::array::from_fn(|k| {
        let (u, v) = (ZIGZAG[k] % 8, ZIGZAG[k] / 8);
        let term = |i: usize| samples[i] * cos(i % 8, u) * cos(i / 8, v);
        let sum: f64 = (0..64).map(term).sum();
        (c(u) * c(v) / 4.0 * sum / f64::from(steps[k])).round() as i32
    })
}

// ---- Scripts -----------------------------------------------------------------------------------

#[derive(Clone, Debug)]
struct WrittenScan {
    components: Vec<usize>,
    start: usize,
    end: usize,
    high: u8,
    low: u8,
}

/// The scans of a JPEG, in an order that G.1.1.1 allows.
fn scans(shape: &JpegShape, random: &mut Random) -> Vec<WrittenScan> {
    let all: Vec<usize> = (0..shape.factors.len()).collect();
    // B.2.3: an MCU has at most ten blocks.
    let fits = shape.factors.iter().map(|(h, v)| h * v).sum::<usize>() <= 10;
    let together: Vec<Vec<usize>> = match shape.interleaved && fits {
        true => vec![all.clone()],
        false => all.iter().map(|&c| vec![c]).collect(),
    };
    let last = if shape.progressive { 0 } else { 63 };
    let mut scans = Vec::new();
    for components in together {
        scans.extend(refined(components, (0, last), shape.progressive, random));
    }
    if shape.progressive {
        let mut bands = Vec::new();
        for component in all {
            let split = 1 + random.below(63);
            for band in [(1, split), (split + 1, 63)] {
                if band.0 <= band.1 {
                    bands.push(refined(vec![component], band, true, random));
                }
            }
        }
        // The bands are mixed in any order. Within a band, the order stays.
        while !bands.is_empty() {
            let band = random.below(bands.len());
            scans.push(bands[band].remove(0));
            bands.retain(|rest| !rest.is_empty());
        }
    }
    scans
}

/// The scans of one band, from the first down to the last bit.
fn refined(
    components: Vec<usize>,
    band: (usize, usize),
    progressive: bool,
    random: &mut Random,
) -> Vec<WrittenScan> {
    let first = if progressive {
        random.below(4) as u8
    } else {
        0
    };
    let scan = |low| WrittenScan {
        components: components.clone(),
        start: band.0,
        end: band.1,
        high: if low == first { 0 } else { low + 1 },
        low,
    };
    (0..=first).rev().map(scan).collect()
}

// ---- Segments ----------------------------------------------------------------------------------

impl JpegWriter<'_> {
    fn segment(&mut self, marker: u8, parameters: &[u8]) {
        self.out.extend([0xFF, marker]);
        self.out.extend((parameters.len() as u16 + 2).to_be_bytes());
        self.out.extend(parameters);
    }

    fn head(&mut self) {
        let shape = self.shape;
        self.out.extend([0xFF, 0xD8]);
        if let Some(transform) = shape.adobe {
            self.segment(
                0xEE,
                &[b"Adobe\0\x64\0\0\0\0".as_slice(), &[transform]].concat(),
            );
        }
        self.segment(0xDB, &[&[0], self.steps.as_slice()].concat());
        let (height, width) = (shape.height as u16, shape.width as u16);
        let mut frame = vec![8];
        frame.extend(height.to_be_bytes());
        frame.extend(width.to_be_bytes());
        frame.push(shape.factors.len() as u8);
        for (i, &(h, v)) in shape.factors.iter().enumerate() {
            frame.extend([i as u8 + 1, (h << 4 | v) as u8, 0]);
        }
        self.segment(if shape.progressive { 0xC2 } else { 0xC0 }, &frame);
        for (i, destination) in [0x00, 0x10, 0x01, 0x11].into_iter().enumerate() {
            let code = &self.codes[i];
            let table = [&[destination], code.counts.as_slice(), &code.values].concat();
            self.segment(0xC4, &table);
        }
        if shape.restart_interval > 0 {
            self.segment(0xDD, &(shape.restart_interval as u16).to_be_bytes());
        }
    }

    fn scan(&mut self, scan: &WrittenScan) {
        let mut head = vec![scan.components.len() as u8];
        for &component in &scan.components {
            let table = component as u8 % 2;
            head.extend([component as u8 + 1, table << 4 | table]);
        }
        head.extend([scan.start as u8, scan.end as u8, scan.high << 4 | scan.low]);
        self.segment(0xDA, &head);
        let order = self.order(scan);
        let per_interval = match self.shape.restart_interval {
            0 => order.len(),
            mcus => mcus,
        };
        for (i, mcus) in order.chunks(per_interval).enumerate() {
            if i > 0 {
                self.out.extend([0xFF, 0xD0 + (i - 1) as u8 % 8]);
            }
            let coded = self.interval(scan, mcus);
            self.out.extend(coded);
        }
    }

    /// A.2: for each MCU of the scan, its (component, block) pairs.
    fn order(&self, scan: &WrittenScan) -> Vec<Vec<(usize, usize)>> {
        let (shape, (across, down)) = (self.shape, self.shape.mcus());
        let mut order = Vec::new();
        if let [c] = scan.components[..] {
            let (h, v) = shape.factors[c];
            let columns = (shape.width * h).div_ceil(shape.h_max()).div_ceil(8);
            let rows = (shape.height * v).div_ceil(shape.v_max()).div_ceil(8);
            for y in 0..rows {
                let block = |x| vec![(c, y * across * h + x)];
                order.extend((0..columns).map(block));
            }
            return order;
        }
        for (row, column) in (0..down).flat_map(|y| (0..across).map(move |x| (y, x))) {
            let mut mcu = Vec::new();
            for &c in &scan.components {
                let (h, v) = shape.factors[c];
                for i in 0..h * v {
                    let (x, y) = (column * h + i % h, row * v + i / h);
                    mcu.push((c, y * across * h + x));
                }
            }
            order.push(mcu);
        }
        order
    }

    fn interval(&self, scan: &WrittenScan, mcus: &[Vec<(usize, usize)>]) -> Vec<u8> {
        let mut coder = IntervalEncoder::default();
        let mut predictions = [0; 4];
        for &(component, block) in mcus.iter().flatten() {
            let [dc, ac] = [0, 1].map(|i| &self.codes[component % 2 * 2 + i]);
            let block = &self.blocks[component][block];
            if scan.start == 0 {
                coder.dc(dc, block[0], scan, &mut predictions[component]);
            }
            match scan.high {
                0 => coder.ac_first(ac, block, scan, self.shape.progressive),
                _ => coder.ac_refinement(ac, block, scan),
            }
            // A run that is still open at the end of the interval is written with the last code.
            coder.run_code = Some(ac);
        }
        coder.end_run();
        coder.bits.finish()
    }
}

// ---- Entropy coding ----------------------------------------------------------------------------

/// A Huffman code of Annex C: how many codes of each length, and the symbols in their order.
struct RandomCode {
    counts: [u8; 16],
    values: Vec<u8>,
}

impl RandomCode {
    /// A code for the symbols below `count`: a tree with one leaf more, for the code of
    /// all ones that C.2 keeps free, grown by splitting leaves at random.
    fn random(count: usize, random: &mut Random) -> Self {
        let mut depths = vec![0];
        while depths.len() <= count {
            let leaf = random.below(depths.len());
            if depths[leaf] < 16 {
                depths[leaf] += 1;
                depths.push(depths[leaf]);
            }
        }
        depths.sort_unstable();
        depths.pop();
        let mut values: Vec<u8> = (0..count as u8).collect();
        for i in 0..count {
            values.swap(i, random.below(count));
        }
        let of = |length| depths.iter().filter(|&&d| d == length).count() as u8;
        Self {
            counts: std::array::from_fn(|i| of(i + 1)),
            values,
        }
    }

    /// The code word of `symbol` and its length.
    fn word(&self, symbol: u8) -> (u32, u32) {
        let (mut word, mut values) = (0, self.values.iter());
        for length in 0..16 {
            word <<= 1;
            for _ in 0..self.counts[length] {
                if values.next() == Some(&symbol) {
                    return (word, length as u32 + 1);
                }
                word += 1;
            }
        }
        panic!("no code for {symbol:#x}");
    }
}

#[derive(Default)]
struct BitWriter {
    bytes: Vec<u8>,
    byte: u8,
    filled: u32,
}

impl BitWriter {
    fn put(&mut self, value: u32, count: u32) {
        for i in (0..count).rev() {
            self.byte = self.byte << 1 | (value >> i & 1) as u8;
            self.filled += 1;
            if self.filled == 8 {
                self.bytes.push(self.byte);
                if self.byte == 0xFF {
                    self.bytes.push(0);
                }
                (self.byte, self.filled) = (0, 0);
            }
        }
    }

    /// F.1.2.3: the last byte is filled up with ones.
    fn finish(mut self) -> Vec<u8> {
        while self.filled > 0 {
            self.put(1, 1);
        }
        self.bytes
    }
}

/// The state of one restart interval.
#[derive(Default)]
struct IntervalEncoder<'a> {
    bits: BitWriter,
    /// Blocks whose band has ended and is not written yet, and their correction bits.
    run: u32,
    run_bits: Vec<u32>,
    run_code: Option<&'a RandomCode>,
}

impl<'a> IntervalEncoder<'a> {
    fn symbol(&mut self, code: &RandomCode, symbol: u8) {
        let (word, length) = code.word(symbol);
        self.bits.put(word, length);
    }

    /// F.1.2.1.1 and F.1.2.2: a symbol, and the bits that select the value within its size.
    fn value(&mut self, code: &RandomCode, run: u8, value: i32) {
        let size = 32 - value.unsigned_abs().leading_zeros();
        self.symbol(code, run << 4 | size as u8);
        let low = if value < 0 { value - 1 } else { value };
        self.bits.put(low as u32, size);
    }

    fn dc(&mut self, code: &RandomCode, value: i32, scan: &WrittenScan, prediction: &mut i32) {
        let value = value >> scan.low;
        if scan.high > 0 {
            return self.bits.put(value as u32 & 1, 1);
        }
        self.value(code, 0, value - *prediction);
        *prediction = value;
    }

    /// F.1.2.2 and G.1.2.2. In a sequential scan, a run is one block long.
    fn ac_first(
        &mut self,
        code: &'a RandomCode,
        block: &[i32; 64],
        scan: &WrittenScan,
        runs: bool,
    ) {
        let mut zeros = 0;
        for coefficient in &block[scan.start.max(1)..=scan.end] {
            let value = coefficient.signum() * (coefficient.abs() >> scan.low);
            if value == 0 {
                zeros += 1;
                continue;
            }
            self.end_run();
            for _ in 0..zeros / 16 {
                self.symbol(code, 0xF0);
            }
            self.value(code, zeros as u8 % 16, value);
            zeros = 0;
        }
        self.run += u32::from(zeros > 0);
        if !runs || self.run == 0x7FFF {
            self.run_code = Some(code);
            self.end_run();
        }
    }

    /// G.1.2.3.
    fn ac_refinement(&mut self, code: &'a RandomCode, block: &[i32; 64], scan: &WrittenScan) {
        let band = scan.start.max(1)..=scan.end;
        let magnitude = |k: usize| block[k].unsigned_abs() >> scan.low;
        let last_new = band.clone().rev().find(|&k| magnitude(k) == 1);
        let (mut zeros, mut corrections) = (0, Vec::new());
        for k in band {
            if magnitude(k) == 0 {
                zeros += 1;
                continue;
            }
            while zeros > 15 && last_new.is_some_and(|last| k <= last) {
                self.end_run();
                self.symbol(code, 0xF0);
                self.correct(&mut corrections);
                zeros -= 16;
            }
            if magnitude(k) > 1 {
                corrections.push(magnitude(k) & 1);
                continue;
            }
            self.end_run();
            self.symbol(code, (zeros as u8) << 4 | 1);
            self.bits.put(u32::from(block[k] > 0), 1);
            self.correct(&mut corrections);
            zeros = 0;
        }
        if zeros > 0 || !corrections.is_empty() {
            self.run += 1;
            self.run_bits.append(&mut corrections);
        }
        if self.run == 0x7FFF {
            self.run_code = Some(code);
            self.end_run();
        }
    }

    fn correct(&mut self, corrections: &mut Vec<u32>) {
        corrections.drain(..).for_each(|bit| self.bits.put(bit, 1));
    }

    /// Writes the run of ended bands: EOBn, n bits of the length of the run, the correction bits.
    fn end_run(&mut self) {
        let Some(code) = self.run_code.filter(|_| self.run > 0) else {
            return;
        };
        let size = self.run.ilog2();
        self.symbol(code, (size as u8) << 4);
        self.bits.put(self.run, size);
        self.run = 0;
        let mut bits = std::mem::take(&mut self.run_bits);
        self.correct(&mut bits);
    }
}
