//! GIFs built here, by an encoder with every habit that encoders have.

use std::collections::HashMap;

use super::*;
use crate::limits::Limits;

/// How an encoder writes the data of an image.
#[derive(Clone, Copy, Debug)]
pub(super) struct Habits {
    clear_first: bool,
    /// Clears the table after this number of codes. 0 means never.
    clear_every: usize,
    /// Whether a full table is cleared. If not ("deferred clear"), it is still used.
    clear_full: bool,
    end_code: bool,
    /// Bytes of a sub-block.
    block: usize,
}

const USUAL: Habits = Habits {
    clear_first: true,
    clear_every: 0,
    clear_full: true,
    end_code: true,
    block: 255,
};

/// Codes packed from the low bits up.
#[derive(Default)]
struct BitWriter {
    bytes: Vec<u8>,
    bits: u32,
    used: u32,
}

impl BitWriter {
    fn write(&mut self, code: u16, width: u32) {
        self.bits |= u32::from(code) << self.used;
        self.used += width;
        while self.used >= 8 {
            self.bytes.push(self.bits as u8);
            (self.bits, self.used) = (self.bits >> 8, self.used - 8);
        }
    }

    fn finish(mut self) -> Vec<u8> {
        if self.used > 0 {
            self.bytes.push(self.bits as u8);
        }
        self.bytes
    }
}

/// GIF89a, appendix F, from the encoder's side.
struct Encoder {
    writer: BitWriter,
    code_size: u32,
    strings: HashMap<(u16, u8), u16>,
    /// The decoder's next free code and code width.
    next: u16,
    width: u32,
    has_previous: bool,
    codes: usize,
}

impl Encoder {
    fn new(code_size: u8) -> Self {
        let mut encoder = Self {
            writer: BitWriter::default(),
            code_size: code_size.into(),
            strings: HashMap::new(),
            next: 0,
            width: 0,
            has_previous: false,
            codes: 0,
        };
        encoder.reset();
        encoder
    }

    fn clear_code(&self) -> u16 {
        1 << self.code_size
    }

    fn reset(&mut self) {
        self.strings.clear();
        self.next = self.clear_code() + 2;
        self.width = self.code_size + 1;
        self.has_previous = false;
        self.codes = 0;
    }

    fn clear(&mut self) {
        self.writer.write(self.clear_code(), self.width);
        self.reset();
    }

    fn emit(&mut self, code: u16, following: Option<u8>) {
        self.writer.write(code, self.width);
        if self.has_previous && self.next < 4096 {
            self.next += 1;
            if u32::from(self.next) == 1 << self.width && self.width < 12 {
                self.width += 1;
            }
        }
        self.has_previous = true;
        self.codes += 1;
        if let Some(following) = following
            && self.next < 4096
        {
            self.strings.insert((code, following), self.next);
        }
    }

    fn encode(mut self, indices: &[u8], habits: Habits) -> Vec<u8> {
        if habits.clear_first {
            self.clear();
        }
        let mut string: Option<u16> = None;
        for &index in indices {
            let Some(code) = string else {
                string = Some(index.into());
                continue;
            };
            if let Some(&longer) = self.strings.get(&(code, index)) {
                string = Some(longer);
                continue;
            }
            self.emit(code, Some(index));
            string = Some(index.into());
            let due = habits.clear_every > 0 && self.codes >= habits.clear_every;
            if due || habits.clear_full && self.next == 4096 {
                self.clear();
            }
        }
        if let Some(code) = string {
            self.emit(code, None);
        }
        if habits.end_code {
            let end_code = self.clear_code() + 1;
            self.writer.write(end_code, self.width);
        }
        self.writer.finish()
    }
}

fn palette_color(index: u8) -> [u8; 3] {
    [index.wrapping_mul(37), 255 - index, index]
}

/// A GIF to be written. Tests vary its fields.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub(super) screen: Size,
    pub(super) left: u16,
    pub(super) top: u16,
    pub(super) size: Size,
    pub(super) interlaced: bool,
    pub(super) local_palette: bool,
    pub(super) no_palette: bool,
    pub(super) transparent: Option<u8>,
    pub(super) code_size: u8,
    pub(super) indices: Vec<u8>,
    pub(super) habits: Habits,
}

impl Sample {
    pub(super) fn new(size: Size, code_size: u8, indices: Vec<u8>) -> Self {
        Self {
            screen: size,
            left: 0,
            top: 0,
            size,
            interlaced: false,
            local_palette: false,
            no_palette: false,
            transparent: None,
            code_size,
            indices,
            habits: USUAL,
        }
    }

    /// Four colors in diagonals.
    fn stripes(width: u32, height: u32) -> Self {
        let index = |i: u32| ((i % width + i / width) % 4) as u8;
        let indices = (0..width * height).map(index).collect();
        Self::new(Size::new(width, height), 2, indices)
    }

    fn color(&self, index: u8) -> [u8; 4] {
        let [red, green, blue] = palette_color(index);
        if self.transparent == Some(index) {
            [0; 4]
        } else {
            [red, green, blue, 255]
        }
    }

    /// The image's rows in the order in which they are stored.
    fn stored_rows(&self) -> Vec<u32> {
        let rows = 0..self.size.height;
        if !self.interlaced {
            return rows.collect();
        }
        let pass = |y: &u32| match y % 8 {
            0 => 0,
            4 => 1,
            2 | 6 => 2,
            _ => 3,
        };
        let mut rows: Vec<u32> = rows.collect();
        rows.sort_by_key(pass);
        rows
    }

    pub(super) fn data(&self) -> Vec<u8> {
        let row = |y: u32| {
            let start = (y * self.size.width) as usize;
            &self.indices[start..start + self.size.width as usize]
        };
        let stored: Vec<u8> = self
            .stored_rows()
            .into_iter()
            .flat_map(row)
            .copied()
            .collect();
        Encoder::new(self.code_size).encode(&stored, self.habits)
    }

    pub(super) fn head(&self) -> Vec<u8> {
        let mut file = b"GIF89a".to_vec();
        file.extend((self.screen.width as u16).to_le_bytes());
        file.extend((self.screen.height as u16).to_le_bytes());
        let global = !self.local_palette && !self.no_palette;
        file.extend([if global { 0xF7 } else { 0 }, 0, 0]);
        if global {
            file.extend((0..=255).flat_map(palette_color));
        }
        if let Some(index) = self.transparent {
            file.extend([b'!', 0xF9, 4, 1, 0, 0, index, 0]);
        }
        file
    }

    pub(super) fn image(&self, data: &[u8]) -> Vec<u8> {
        let mut file = vec![b','];
        for side in [
            self.left,
            self.top,
            self.size.width as u16,
            self.size.height as u16,
        ] {
            file.extend(side.to_le_bytes());
        }
        let local = if self.local_palette { 0x87 } else { 0 };
        file.push(local | if self.interlaced { 0x40 } else { 0 });
        if self.local_palette {
            file.extend((0..=255).flat_map(palette_color));
        }
        file.push(self.code_size);
        for block in data.chunks(self.habits.block) {
            file.push(block.len() as u8);
            file.extend(block);
        }
        file.push(0);
        file
    }

    fn file(&self) -> Vec<u8> {
        [self.head(), self.image(&self.data()), vec![b';']].concat()
    }

    /// The expected canvas, RGBA.
    fn expected(&self, canvas: Size) -> Vec<[u8; 4]> {
        let mut pixels = vec![[0; 4]; canvas.pixels() as usize];
        for (i, &index) in (0..).zip(&self.indices) {
            let x = i % self.size.width + u32::from(self.left);
            let y = i / self.size.width + u32::from(self.top);
            pixels[(y * canvas.width + x) as usize] = self.color(index);
        }
        pixels
    }
}

struct Decoded {
    size: Size,
    layout: Layout,
    /// RGBA of the region.
    pixels: Vec<[u8; 4]>,
    /// Rows in the order in which they were sent.
    rows: Vec<u32>,
    missing: u64,
}

fn decode_region(file: &[u8], region: Option<Region>, limits: &Limits) -> Result<Decoded> {
    let budget = Budget::new(limits);
    let (mut decoder, header) = GifDecoder::open(file, Frame::First, &budget)?;
    let region = region.unwrap_or(Region::whole(header.size));
    let channels = header.layout.channels();
    let mut pixels = vec![[1; 4]; region.size().pixels() as usize];
    let mut rows = Vec::new();
    let mut sink = |row: Row<'_>| {
        assert_eq!((row.x, row.step), (region.x0, 1));
        rows.push(row.y);
        let start = ((row.y - region.y0) * region.size().width) as usize;
        for (pixel, samples) in pixels[start..].iter_mut().zip(row.samples.chunks(channels)) {
            *pixel = [0, 0, 0, 255];
            pixel[..channels].copy_from_slice(samples);
        }
        Ok(())
    };
    let request = DecodeRequest::full_size(region);
    let report = decoder.rows(&request, &budget, &mut sink)?;
    Ok(Decoded {
        size: header.size,
        layout: header.layout,
        pixels,
        rows,
        missing: report.missing,
    })
}

fn decode_whole(file: &[u8]) -> Result<Decoded> {
    decode_region(file, None, &Limits::default())
}

struct Random(u64);

impl Random {
    /// From 0 to `below` - 1.
    fn next(&mut self, below: u32) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as u32) % below
    }

    fn flag(&mut self) -> bool {
        self.next(2) == 1
    }

    /// Noise, runs, or a pattern, so that strings are short, long, or grow slowly.
    fn indices(&mut self, count: u32, code_size: u8) -> Vec<u8> {
        let colors = 1 << code_size;
        let (kind, length) = (self.next(3), 1 + self.next(300));
        let mut value = 0;
        let mut index = |i: u32| {
            match kind {
                0 => value = self.next(colors),
                1 if i.is_multiple_of(length) => value = self.next(colors),
                1 => {}
                _ => value = i / length % colors.min(3) + u32::from(i.is_multiple_of(7)) % colors,
            }
            (value % colors) as u8
        };
        (0..count).map(&mut index).collect()
    }

    fn habits(&mut self) -> Habits {
        Habits {
            clear_first: self.next(4) > 0,
            clear_every: [0, 0, 2, 7, 500][self.next(5) as usize],
            clear_full: self.flag(),
            end_code: self.next(4) > 0,
            block: [255, 254, 1, 3, 17, 101][self.next(6) as usize],
        }
    }

    fn sample(&mut self, width: u32) -> Sample {
        // A tall one now and then fills the table.
        let height = if self.next(40) == 0 {
            400
        } else {
            1 + self.next(40)
        };
        let code_size = 2 + self.next(7) as u8;
        let size = Size::new(width, height);
        let indices = self.indices(width * height, code_size);
        let (left, top) = if self.flag() {
            (self.next(9), self.next(9))
        } else {
            (0, 0)
        };
        Sample {
            screen: Size::new(width + left + self.next(2), height + top),
            left: left as u16,
            top: top as u16,
            interlaced: self.flag(),
            local_palette: self.flag(),
            transparent: self.flag().then(|| self.next(1 << code_size) as u8),
            habits: self.habits(),
            ..Sample::new(size, code_size, indices)
        }
    }
}

/// The indices that the `gif` crate decodes, the whole image at once. It refuses some sound files.
fn indices_of_gif_crate(file: &[u8]) -> Option<Vec<u8>> {
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::Indexed);
    let mut decoder = options.read_info(file).ok()?;
    Some(decoder.read_next_frame().ok()??.buffer.to_vec())
}

#[test]
fn five_thousand_gifs_of_many_encoders_decode_to_the_pixels_they_were_made_of() {
    let mut random = Random(19);
    let mut confirmed = 0;
    for i in 0..5000 {
        let sample = random.sample(1 + i % 64);
        let file = sample.file();
        let decoded = decode_whole(&file).unwrap();
        let case = || format!("{i}: {:?} {:?}", sample.size, sample.habits);
        assert_eq!(decoded.missing, 0, "{}", case());
        assert!(
            decoded.pixels == sample.expected(decoded.size),
            "{}",
            case()
        );
        // Without an end code, the crate may forget the last indices (weezl before 0.2).
        if sample.habits.end_code
            && let Some(indices) = indices_of_gif_crate(&file)
        {
            assert!(indices == sample.indices, "{}", case());
            confirmed += 1;
        }
    }
    assert!(
        confirmed > 2000,
        "only {confirmed} of them confirmed by the gif crate"
    );
}

#[test]
fn a_region_is_the_same_cut_of_the_whole() {
    let mut random = Random(7);
    for i in 0..500 {
        let file = random.sample(1 + i % 64).file();
        let whole = decode_whole(&file).unwrap();
        let span = |random: &mut Random, length: u32| {
            let start = random.next(length);
            (start, start + 1 + random.next(length - start))
        };
        let ((x0, x1), (y0, y1)) = (
            span(&mut random, whole.size.width),
            span(&mut random, whole.size.height),
        );
        let region = Region { x0, y0, x1, y1 };
        let part = decode_region(&file, Some(region), &Limits::default()).unwrap();
        let rows = whole.pixels.chunks(whole.size.width as usize);
        let rows = rows.skip(y0 as usize).take((y1 - y0) as usize);
        let cut: Vec<_> = rows
            .flat_map(|row| row[x0 as usize..x1 as usize].to_vec())
            .collect();
        assert!(part.pixels == cut, "{i} {region:?}");
        assert_eq!(part.rows.len() as u32, y1 - y0);
    }
}

#[test]
fn rows_of_an_image_within_its_canvas_come_top_to_bottom() {
    let sample = Sample {
        screen: Size::new(9, 12),
        left: 2,
        top: 3,
        ..Sample::stripes(5, 4)
    };
    let decoded = decode_whole(&sample.file()).unwrap();
    assert_eq!(decoded.layout, Layout::Rgba);
    assert_eq!(decoded.rows, (0..12).collect::<Vec<_>>());
    assert_eq!(decoded.pixels, sample.expected(sample.screen));
}

#[test]
fn an_interlaced_image_stores_each_row_once_in_four_passes() {
    let sample = Sample {
        interlaced: true,
        ..Sample::stripes(3, 10)
    };
    let decoded = decode_whole(&sample.file()).unwrap();
    assert_eq!(decoded.rows, [0, 8, 4, 2, 6, 1, 3, 5, 7, 9]);
}

#[test]
fn an_image_that_leaves_the_screen_enlarges_it() {
    for screen in [Size::new(0, 0), Size::new(4, 100), Size::new(6, 3)] {
        let sample = Sample {
            screen,
            left: 2,
            top: 1,
            ..Sample::stripes(8, 6)
        };
        let decoded = decode_whole(&sample.file()).unwrap();
        let size = Size::new(screen.width.max(10), screen.height.max(7));
        assert_eq!(decoded.size, size);
        assert_eq!(decoded.pixels, sample.expected(size));
    }
}

#[test]
fn extensions_of_any_label_and_length_are_skipped() {
    let sample = Sample::stripes(8, 6);
    let image = [sample.image(&sample.data()), vec![b';']].concat();
    let extensions: [&[u8]; 6] = [
        b"!\xFE\x05hello\0",
        b"!\xFF\x0BNETSCAPE2.0\x03\x01\0\0\0",
        b"!\x77\x01a\x02bc\0",
        b"!\x77\0",
        b"!\xF9\x02\x01\0\0",
        b"!\xF9\x04\0\0\0\0\x03abc\0",
    ];
    for extension in extensions {
        let file = [&sample.head(), extension, &image].concat();
        let decoded = decode_whole(&file).unwrap();
        assert_eq!(decoded.layout, Layout::Rgb, "{extension:?}");
        assert_eq!(
            decoded.pixels,
            sample.expected(sample.size),
            "{extension:?}"
        );
    }
}

#[test]
fn a_graphic_control_longer_than_the_standards_still_counts() {
    let sample = Sample::stripes(8, 6);
    let long = b"!\xF9\x07\x01\0\0\x02xyz\0";
    let file = [
        &sample.head(),
        &long[..],
        &sample.image(&sample.data()),
        b";",
    ]
    .concat();
    let expected = Sample {
        transparent: Some(2),
        ..sample
    };
    assert_eq!(
        decode_whole(&file).unwrap().pixels,
        expected.expected(expected.size)
    );
}

#[test]
fn without_a_palette_indices_are_black_and_white_or_a_gray_ramp() {
    for (code_size, grays) in [
        (2, [0, 255, 255, 255]),
        (4, [0, 17, 34, 51]),
        (8, [0, 1, 2, 3]),
    ] {
        let sample = Sample {
            no_palette: true,
            ..Sample::new(Size::new(4, 1), code_size, vec![0, 1, 2, 3])
        };
        let decoded = decode_whole(&sample.file()).unwrap();
        assert_eq!(decoded.pixels, grays.map(|gray| [gray, gray, gray, 255]));
    }
}

#[test]
fn data_that_end_without_an_end_code_lack_their_last_pixels() {
    for interlaced in [false, true] {
        let sample = Sample {
            interlaced,
            ..Sample::new(Size::new(40, 30), 8, Random(3).indices(1200, 8))
        };
        let data = sample.data();
        let file = [
            sample.head(),
            sample.image(&data[..data.len() / 2]),
            vec![b';'],
        ]
        .concat();
        let decoded = decode_whole(&file).unwrap();
        let transparent = decoded.pixels.iter().filter(|pixel| pixel[3] == 0).count() as u64;
        assert!(decoded.missing > 300 && decoded.missing == transparent);
        let expected = sample.expected(sample.size);
        let present = decoded
            .pixels
            .iter()
            .zip(&expected)
            .filter(|(pixel, _)| pixel[3] > 0);
        assert!(
            present
                .into_iter()
                .all(|(pixel, expected)| pixel == expected)
        );
    }
}

#[test]
fn missing_pixels_count_within_the_region_only() {
    let sample = Sample::stripes(40, 30);
    let data = sample.data();
    let file = [sample.head(), sample.image(&data[..data.len() / 2])].concat();
    let count = |y0, y1| {
        let region = Region {
            x0: 5,
            y0,
            x1: 15,
            y1,
        };
        decode_region(&file, Some(region), &Limits::default())
            .unwrap()
            .missing
    };
    assert_eq!((count(0, 5), count(25, 30)), (0, 50));
}

#[test]
fn after_an_early_end_code_the_other_indices_are_0() {
    let sample = Sample::stripes(20, 10);
    let start = Encoder::new(2).encode(&sample.indices[..50], USUAL);
    let file = [sample.head(), sample.image(&start)].concat();
    let decoded = decode_whole(&file).unwrap();
    assert_eq!((decoded.missing, decoded.layout), (0, Layout::Rgb));
    assert_eq!(decoded.pixels[..50], sample.expected(sample.size)[..50]);
    assert!(
        decoded.pixels[50..]
            .iter()
            .all(|&pixel| pixel == sample.color(0))
    );
}

#[test]
fn a_code_that_is_not_in_the_table_ends_the_data() {
    let sample = Sample::new(Size::new(8, 8), 2, vec![0; 64]);
    let mut writer = BitWriter::default();
    // After clear and 1, the next free code is 6.
    [4, 1, 7].iter().for_each(|&code| writer.write(code, 3));
    let file = [sample.head(), sample.image(&writer.finish())].concat();
    assert_eq!(decode_whole(&file).unwrap().missing, 63);
}

#[test]
fn a_file_cut_anywhere_is_refused_or_lacks_pixels_but_for_its_end() {
    let sample = Sample {
        local_palette: true,
        transparent: Some(1),
        ..Sample::stripes(30, 20)
    };
    let file = sample.file();
    for length in 6..file.len() {
        match decode_whole(&file[..length]) {
            // The last bytes hold the end code, the end of the sub-blocks and of the file.
            Ok(decoded) if length + 5 <= file.len() => assert!(decoded.missing > 0, "{length}"),
            Ok(_) => {}
            Err(error) => assert_eq!(error.code(), "malformed", "{length}"),
        }
    }
}

#[test]
fn memory_does_not_grow_with_the_height() {
    let sample = Sample::new(Size::new(1000, 2000), 8, vec![7; 2_000_000]);
    let limits = |memory| Limits {
        memory,
        ..Limits::default()
    };
    let file = sample.file();
    assert!(decode_region(&file, None, &limits(80 << 10)).is_ok());
    let error = decode_region(&file, None, &limits(60 << 10))
        .map(|_| ())
        .unwrap_err();
    assert_eq!(error.code(), "limit_exceeded");
}

#[test]
fn after_a_repair_the_missing_pixels_of_damaged_data_are_transparent() {
    let sample = Sample::new(Size::new(40, 30), 8, Random(3).indices(1200, 8));
    // The data seem complete, as they end with the end code.
    let mut data = sample.data();
    let middle = data.len() / 2;
    data[middle..middle + 40].fill(0xFF);
    let file = [sample.head(), sample.image(&data), vec![b';']].concat();
    let budget = Budget::new(&Limits::default());
    let (mut decoder, header) = GifDecoder::open(&file, Frame::First, &budget).unwrap();
    assert_eq!(header.layout, Layout::Rgb);
    assert_eq!(decoder.repair(), Some(Layout::Rgba));
    let mut transparent = 0;
    let mut sink = |row: Row<'_>| {
        transparent += row.samples.chunks(4).filter(|pixel| pixel[3] == 0).count() as u64;
        Ok(())
    };
    let request = DecodeRequest::full_size(Region::whole(header.size));
    let report = decoder.rows(&request, &budget, &mut sink).unwrap();
    assert!(report.missing > 300 && report.missing == transparent);
    assert_eq!(decoder.repair(), None);
}

#[test]
fn a_chosen_frame_is_sent_row_by_row() {
    let first = Sample::stripes(6, 4);
    let second = Sample {
        left: 2,
        top: 1,
        ..Sample::stripes(3, 2)
    };
    let file = [
        first.head(),
        first.image(&first.data()),
        second.image(&second.data()),
    ]
    .concat();
    let budget = Budget::new(&Limits::default());
    let (mut decoder, header) = GifDecoder::open(&file, Frame::Number(1), &budget).unwrap();
    assert_eq!((header.layout, header.out_of_order), (Layout::Rgb, false));
    let mut expected = first.expected(header.size);
    for (pixel, drawn) in expected.iter_mut().zip(second.expected(header.size)) {
        if drawn[3] > 0 {
            *pixel = drawn;
        }
    }
    let mut pixels = Vec::new();
    let request = DecodeRequest::full_size(Region::whole(header.size));
    let mut sink = |row: Row<'_>| {
        pixels.extend_from_slice(row.samples);
        Ok(())
    };
    decoder.rows(&request, &budget, &mut sink).unwrap();
    let opaque = expected.iter().flat_map(|pixel| &pixel[..3]);
    assert!(pixels.iter().eq(opaque));
}
