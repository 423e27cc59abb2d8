//! BMPs built here, with every header and kind of pixel.

use image::ImageDecoder;

use super::*;
use crate::geometry::Size;

const SIZE: Size = Size::new(7, 5);

/// A BMP to be written. Tests vary its fields.
#[derive(Clone, Debug)]
struct Sample {
    /// Length of the bitmap header.
    header: u32,
    size: Size,
    top_down: bool,
    planes: u16,
    bits: u16,
    compression: u32,
    masks: Option<[u32; 4]>,
    colors_used: u32,
    palette: Vec<[u8; 3]>,
    /// As stored.
    pixels: Vec<u8>,
    icc: Vec<u8>,
}

impl Sample {
    /// Pixels of `bits` with bytes that all differ.
    fn new(bits: u16) -> Self {
        let stride = (SIZE.width * u32::from(bits)).div_ceil(32) * 4;
        let byte = |i: u32| (i.wrapping_mul(151) >> 1) as u8;
        Self {
            header: 40,
            size: SIZE,
            top_down: false,
            planes: 1,
            bits,
            compression: 0,
            masks: None,
            colors_used: 0,
            palette: if bits <= 8 {
                colors(1 << bits)
            } else {
                Vec::new()
            },
            pixels: (0..stride * SIZE.height).map(byte).collect(),
            icc: Vec::new(),
        }
    }

    fn run_length(bits: u16, compression: u32, coded: &[u8]) -> Self {
        Self {
            compression,
            pixels: coded.to_vec(),
            ..Self::new(bits)
        }
    }

    fn bitmap_header(&self) -> Vec<u8> {
        let height = self.size.height as i32 * if self.top_down { -1 } else { 1 };
        let mut header = self.header.to_le_bytes().to_vec();
        if self.header == 12 {
            for side in [
                self.size.width as u16,
                self.size.height as u16,
                self.planes,
                self.bits,
            ] {
                header.extend(side.to_le_bytes());
            }
            return header;
        }
        header.extend(self.size.width.to_le_bytes());
        header.extend(height.to_le_bytes());
        header.extend(self.planes.to_le_bytes());
        header.extend(self.bits.to_le_bytes());
        for field in [self.compression, 0, 2835, 2835, self.colors_used, 0] {
            header.extend(field.to_le_bytes());
        }
        if self.header == 40 || self.header >= 52 {
            let masks = self.masks.unwrap_or_default();
            header.extend(masks.into_iter().flat_map(u32::to_le_bytes));
        }
        let masks_behind = match self.compression {
            3 if self.header == 40 => 12,
            6 if self.header == 40 => 16,
            _ => 0,
        };
        header.resize(self.header as usize + masks_behind, 0);
        header
    }

    fn file(&self) -> Vec<u8> {
        let mut header = self.bitmap_header();
        let mut palette: Vec<u8> = Vec::new();
        for [red, green, blue] in &self.palette {
            palette.extend([blue, green, red]);
            palette.extend(vec![0; usize::from(self.header != 12)]);
        }
        let offset = 14 + header.len() + palette.len();
        if self.header == 124 && !self.icc.is_empty() {
            let at = (offset - 14 + self.pixels.len()) as u32;
            header[56..60].copy_from_slice(b"DEBM");
            header[112..116].copy_from_slice(&at.to_le_bytes());
            header[116..120].copy_from_slice(&(self.icc.len() as u32).to_le_bytes());
        }
        let mut file = b"BM\0\0\0\0\0\0\0\0".to_vec();
        file.extend((offset as u32).to_le_bytes());
        [file, header, palette, self.pixels.clone(), self.icc.clone()].concat()
    }

    /// As [`Self::file`], as `image` accepts it.
    fn oracle(&self) -> Vec<[u8; 4]> {
        let decoder = image::codecs::bmp::BmpDecoder::new(std::io::Cursor::new(self.file()));
        let decoder = decoder.unwrap();
        let channels = usize::from(decoder.color_type().channel_count());
        let mut samples = vec![0; decoder.total_bytes() as usize];
        decoder.read_image(&mut samples).unwrap();
        rgba(&samples, channels)
    }
}

fn colors(count: u32) -> Vec<[u8; 3]> {
    let color = |i: u32| [(i * 7) as u8, (255 - i) as u8, (i * 31) as u8];
    (0..count).map(color).collect()
}

fn rgba(samples: &[u8], channels: usize) -> Vec<[u8; 4]> {
    let pixel = |samples: &[u8]| {
        let mut pixel = [0, 0, 0, 255];
        pixel[..channels].copy_from_slice(samples);
        pixel
    };
    samples.chunks(channels).map(pixel).collect()
}

struct Decoded {
    layout: Layout,
    pixels: Vec<[u8; 4]>,
    missing: u64,
}

fn decode_region(file: &[u8], region: Region) -> Result<Decoded> {
    let limits = Limits::default();
    let (mut decoder, header) = BmpDecoder::open(file, &limits)?;
    let channels = header.layout.channels();
    let width = region.size().width as usize;
    let mut pixels = vec![[1; 4]; region.size().pixels() as usize];
    let mut last = None;
    let mut sink = |row: Row<'_>| {
        assert_eq!((row.x, row.step), (region.x0, 1));
        assert!(
            header.out_of_order || last < Some(row.y),
            "rows come top to bottom"
        );
        last = Some(row.y);
        let start = (row.y - region.y0) as usize * width;
        pixels[start..start + width].copy_from_slice(&rgba(row.samples, channels));
        Ok(())
    };
    let request = DecodeRequest::full_size(region);
    let report = decoder.rows(&request, &Budget::new(&limits), &mut sink)?;
    Ok(Decoded {
        layout: header.layout,
        pixels,
        missing: report.missing,
    })
}

fn decode_whole(file: &[u8]) -> Decoded {
    let (_, header) = BmpDecoder::open(file, &Limits::default()).unwrap();
    decode_region(file, Region::whole(header.size)).unwrap()
}

#[test]
fn every_depth_in_every_header_decodes_as_the_image_crate_does() {
    for header in [12, 40, 52, 56, 108, 124] {
        for bits in [1, 4, 8, 16, 24, 32] {
            for top_down in [false, true] {
                let core = header == 12;
                if core && (bits == 16 || bits == 32 || top_down) {
                    continue;
                }
                let sample = Sample {
                    header,
                    top_down,
                    ..Sample::new(bits)
                };
                let decoded = decode_whole(&sample.file());
                let case = format!("header {header}, {bits} bits, {top_down}");
                assert_eq!(decoded.pixels, sample.oracle(), "{case}");
                assert_eq!(
                    (decoded.layout, decoded.missing),
                    (Layout::Rgb, 0),
                    "{case}"
                );
            }
        }
    }
}

#[test]
fn color_masks_decode_as_the_image_crate_does() {
    let masks = [
        (16, [0xF800, 0x07E0, 0x001F, 0]),
        (16, [0x0F00, 0x00F0, 0x000F, 0xF000]),
        (16, [0x7C00, 0x03E0, 0x001F, 0x8000]),
        (32, [0xFF, 0xFF00, 0xFF_0000, 0xFF00_0000]),
        (32, [0x00FF_0000, 0xFF00, 0xFF, 0]),
        (32, [0x00FF_0000, 0xFF00, 0xFF, 0xFF00_0000]),
    ];
    for (bits, masks) in masks {
        for header in [56, 108, 124] {
            let sample = Sample {
                header,
                compression: 3,
                masks: Some(masks),
                ..Sample::new(bits)
            };
            let decoded = decode_whole(&sample.file());
            let off_by =
                |a: &[u8; 4], b: &[u8; 4]| a.iter().zip(b).map(|(a, b)| a.abs_diff(*b)).max();
            let pairs = decoded.pixels.iter().zip(sample.oracle());
            let difference = pairs.filter_map(|(a, b)| off_by(a, &b)).max();
            // The rounding of 5 and 6 bits may differ.
            assert!(difference <= Some(1), "{masks:x?} {header}: {difference:?}");
        }
    }
}

#[test]
fn components_of_any_width_use_the_full_range() {
    let sample = Sample {
        header: 56,
        compression: 3,
        masks: Some([0x3FF0_0000, 0x000F_FC00, 0x0000_03FE, 1]),
        size: Size::new(2, 1),
        pixels: [0x3FFF_FFFFu32, 1]
            .iter()
            .flat_map(|pixel| pixel.to_le_bytes())
            .collect(),
        ..Sample::new(32)
    };
    let pixels = decode_whole(&sample.file()).pixels;
    assert_eq!(pixels, [[255; 4], [0, 0, 0, 255]]);
}

#[test]
fn two_bits_a_pixel_and_masks_behind_the_header_are_read() {
    let two = Sample {
        size: Size::new(5, 1),
        pixels: vec![0b00_01_10_11, 0b10_00_00_00, 0, 0],
        ..Sample::new(2)
    };
    let palette = colors(4);
    let expected =
        [0, 1, 2, 3, 2].map(|i: usize| [palette[i][0], palette[i][1], palette[i][2], 255]);
    assert_eq!(decode_whole(&two.file()).pixels, expected);
    let behind = |compression| Sample {
        compression,
        masks: Some([0xFF, 0xFF00, 0xFF_0000, 0xFF00_0000]),
        size: Size::new(1, 1),
        pixels: vec![1, 2, 3, 4],
        ..Sample::new(32)
    };
    assert_eq!(decode_whole(&behind(3).file()).pixels, [[1, 2, 3, 255]]);
    assert_eq!(decode_whole(&behind(6).file()).pixels, [[1, 2, 3, 4]]);
}

#[test]
fn an_os2_header_of_any_length_decodes_as_the_usual_one() {
    for length in (16..=64).filter(|length| !matches!(length, 52 | 56)) {
        let sample = Sample {
            header: length,
            ..Sample::new(8)
        };
        let usual = decode_whole(&Sample::new(8).file()).pixels;
        assert_eq!(decode_whole(&sample.file()).pixels, usual, "{length}");
    }
}

#[test]
fn alpha_counts_with_a_mask_unless_all_of_it_is_0() {
    let masks = Some([0x00FF_0000, 0xFF00, 0xFF, 0xFF00_0000]);
    let pixels = |alpha| [[10, 20, 30, alpha], [40, 50, 60, alpha]].concat();
    let layout = |header, compression, alpha| {
        let sample = Sample {
            header,
            compression,
            masks,
            size: Size::new(2, 1),
            pixels: pixels(alpha),
            ..Sample::new(32)
        };
        let decoded = decode_whole(&sample.file());
        let alpha = if decoded.layout == Layout::Rgba {
            alpha
        } else {
            255
        };
        assert_eq!(decoded.pixels, [[30, 20, 10, alpha], [60, 50, 40, alpha]]);
        decoded.layout
    };
    for header in [108, 124] {
        for compression in [0, 3] {
            assert_eq!(layout(header, compression, 9), Layout::Rgba);
            assert_eq!(layout(header, compression, 0), Layout::Rgb);
        }
    }
    assert_eq!(layout(56, 3, 9), Layout::Rgba);
    assert_eq!(layout(56, 0, 9), Layout::Rgb);
    assert_eq!(layout(40, 0, 9), Layout::Rgb);
}

#[test]
fn the_number_of_planes_is_ignored() {
    for planes in [0, 3] {
        let sample = Sample {
            planes,
            ..Sample::new(24)
        };
        assert_eq!(
            decode_whole(&sample.file()).pixels,
            decode_whole(&Sample::new(24).file()).pixels
        );
    }
}

#[test]
fn a_palette_ends_where_the_pixels_begin_and_is_black_beyond() {
    let palette = colors(3);
    for (header, colors_used) in [(12, 0), (40, 3), (40, 0), (40, 300), (40, u32::MAX)] {
        let sample = Sample {
            header,
            colors_used,
            palette: palette.clone(),
            size: Size::new(4, 1),
            pixels: vec![0, 1, 2, 3],
            ..Sample::new(8)
        };
        let pixels = decode_whole(&sample.file()).pixels;
        let expected = palette.iter().map(|&[r, g, b]| [r, g, b, 255]);
        let expected: Vec<_> = expected.chain([[0, 0, 0, 255]]).collect();
        assert_eq!(pixels, expected, "{header} {colors_used}");
    }
}

#[test]
fn pixels_do_not_begin_in_place_of_the_palette() {
    for header in [12, 40, 124] {
        let sample = Sample {
            header,
            ..Sample::new(8)
        };
        let right = sample.file();
        let mut wrong = right.clone();
        wrong[10..14].copy_from_slice(&(14 + header).to_le_bytes());
        assert_eq!(decode_whole(&wrong).pixels, decode_whole(&right).pixels);
    }
}

#[test]
fn a_color_without_a_mask_is_0() {
    let sample = Sample {
        compression: 3,
        masks: Some([0xFF, 0, 0, 0]),
        size: Size::new(1, 1),
        pixels: vec![0x2A, 9, 9, 9],
        ..Sample::new(32)
    };
    assert_eq!(decode_whole(&sample.file()).pixels, [[0x2A, 0, 0, 255]]);
}

#[test]
fn the_padding_of_the_last_row_may_be_missing() {
    for bits in [1, 8, 16, 24] {
        let whole = Sample::new(bits).file();
        let padding = (32 - SIZE.width * u32::from(bits) % 32) / 8;
        let decoded = decode_whole(&whole[..whole.len() - padding as usize]);
        assert_eq!(
            (decoded.layout, decoded.missing),
            (Layout::Rgb, 0),
            "{bits}"
        );
        assert_eq!(decoded.pixels, decode_whole(&whole).pixels, "{bits}");
    }
}

#[test]
fn a_last_row_without_padding_may_lack_as_many_bytes() {
    for (bits, lacking, pixels) in [(8, 3, 3), (24, 2, 1), (24, 3, 1), (32, 3, 1)] {
        let sample = Sample {
            size: Size::new(8, 4),
            ..Sample::new(bits)
        };
        let stride = usize::from(bits);
        let sample = Sample {
            pixels: (0..4 * stride).map(|i| ((i * 37) >> 1) as u8).collect(),
            ..sample
        };
        let whole = sample.file();
        let decoded = decode_whole(&whole[..whole.len() - lacking]);
        let mut expected = decode_whole(&whole).pixels;
        let last = expected[7 - pixels];
        expected[8 - pixels..8].fill(last);
        assert_eq!(
            (decoded.layout, decoded.missing),
            (Layout::Rgb, 0),
            "{bits}"
        );
        assert_eq!(decoded.pixels, expected, "{bits} {lacking}");
        let corner = Region {
            x0: 7,
            y0: 0,
            x1: 8,
            y1: 1,
        };
        let part = decode_region(&whole[..whole.len() - lacking], corner).unwrap();
        assert_eq!(part.pixels, [last], "{bits} {lacking}");
        let more = decode_whole(&whole[..whole.len() - 4]);
        assert!(more.missing > 0, "{bits}");
    }
}

#[test]
fn a_file_cut_among_its_pixels_lacks_the_rows_that_are_stored_last() {
    for (bits, top_down) in [(8, false), (24, false), (24, true), (32, false)] {
        let sample = Sample {
            top_down,
            ..Sample::new(bits)
        };
        let whole = sample.file();
        let stride = sample.pixels.len() / 5;
        let decoded = decode_whole(&whole[..whole.len() - 2 * stride]);
        assert_eq!((decoded.layout, decoded.missing), (Layout::Rgba, 14));
        let mut expected = decode_whole(&whole).pixels;
        let lost = if top_down { 21..35 } else { 0..14 };
        expected[lost].fill([0; 4]);
        assert_eq!(decoded.pixels, expected, "{bits} {top_down}");
    }
}

/// A picture of 7 x 5 in every kind of step, bottom row first.
const RLE8: &[u8] = b"\x07\x01\0\0\0\x07\x01\x02\x03\x04\x05\x06\x07\0\0\0\
    \x03\x02\0\x04\x05\x06\x07\x08\0\0\x02\x09\x05\x0A\0\0\x06\x03\x01\x04\0\x01";

#[test]
fn run_lengths_decode_as_the_image_crate_does() {
    let rle4 =
        b"\x07\x12\0\0\0\x07\x12\x34\x56\x70\0\0\x03\x21\x04\x56\0\0\x07\x77\0\0\x07\x01\0\x01";
    let samples = [
        Sample::run_length(8, 1, RLE8),
        Sample::run_length(4, 2, rle4),
    ];
    for sample in samples {
        let decoded = decode_whole(&sample.file());
        assert_eq!(decoded.missing, 0);
        let shown = decoded
            .pixels
            .iter()
            .zip(sample.oracle())
            .filter(|(pixel, _)| pixel[3] > 0);
        assert!(
            shown.into_iter().all(|(pixel, oracle)| *pixel == oracle),
            "{}",
            sample.bits
        );
    }
    let decoded = decode_whole(&Sample::run_length(8, 1, RLE8).file());
    assert_eq!(decoded.layout, Layout::Rgb);
}

#[test]
fn run_lengths_of_24_bits_are_read_in_os2_files_only() {
    let coded = b"\x02\x01\x02\x03\0\x03abcdefghi\0\0\0\0\x01";
    let sample = Sample {
        header: 64,
        size: Size::new(5, 2),
        ..Sample::run_length(24, 4, coded)
    };
    let decoded = decode_whole(&sample.file());
    let bottom = [[3, 2, 1], [3, 2, 1], *b"cba", *b"fed", *b"ihg"].map(|[r, g, b]| [r, g, b, 255]);
    assert_eq!(decoded.pixels[5..], bottom);
    assert_eq!(decoded.layout, Layout::Rgba); // the upper row is not coded
    let jpeg = Sample {
        header: 40,
        ..sample
    };
    let error = BmpDecoder::open(&jpeg.file(), &Limits::default())
        .map(|_| ())
        .unwrap_err();
    assert_eq!(error.code(), "unsupported");
}

#[test]
fn pixels_that_run_lengths_jump_over_are_transparent() {
    let coded = b"\x02\x01\0\x02\x01\x01\x02\x03\0\0\x07\x04\0\x01";
    let decoded = decode_whole(&Sample::run_length(8, 1, coded).file());
    assert_eq!((decoded.layout, decoded.missing), (Layout::Rgba, 0));
    let alphas: Vec<String> = decoded
        .pixels
        .chunks(7)
        .rev()
        .map(|row| {
            row.iter()
                .map(|pixel| if pixel[3] > 0 { 'x' } else { '.' })
                .collect()
        })
        .collect();
    assert_eq!(
        alphas,
        ["xx.....", "...xx..", "xxxxxxx", ".......", "......."]
    );
}

#[test]
fn run_lengths_that_leave_their_row_are_cut_off() {
    let coded = b"\xFF\x01\0\0\0\x09\x01\x02\x03\x04\x05\x06\x07\x08\x09\0\0\0\0\x01";
    let decoded = decode_whole(&Sample::run_length(8, 1, coded).file());
    let palette = colors(256);
    let expected = (1..=7usize).map(|i| [palette[i][0], palette[i][1], palette[i][2], 255]);
    assert_eq!(decoded.pixels[21..28], expected.collect::<Vec<_>>());
}

#[test]
fn run_lengths_that_end_without_an_end_lack_pixels() {
    let whole = Sample::run_length(8, 1, RLE8);
    for length in 0..RLE8.len() - 2 {
        let cut = Sample {
            pixels: RLE8[..length].to_vec(),
            ..whole.clone()
        };
        let decoded = decode_whole(&cut.file());
        let transparent = decoded.pixels.iter().filter(|pixel| pixel[3] == 0).count();
        assert_eq!(decoded.missing, transparent as u64, "{length}");
    }
}

#[test]
fn a_region_is_the_same_cut_of_the_whole() {
    let region = Region {
        x0: 2,
        y0: 1,
        x1: 6,
        y1: 4,
    };
    let rle = Sample::run_length(8, 1, RLE8);
    for sample in [
        Sample::new(1),
        Sample::new(4),
        Sample::new(24),
        Sample::new(16),
        rle,
    ] {
        let whole = decode_whole(&sample.file()).pixels;
        let rows = whole.chunks(7).skip(1).take(3);
        let cut: Vec<_> = rows.flat_map(|row| row[2..6].to_vec()).collect();
        let part = decode_region(&sample.file(), region).unwrap().pixels;
        assert_eq!(part, cut, "{} bits", sample.bits);
    }
}

#[test]
fn the_icc_profile_of_a_version_5_header_is_found() {
    let sample = Sample {
        header: 124,
        icc: b"profile".to_vec(),
        ..Sample::new(24)
    };
    let file = sample.file();
    let icc = |file: &[u8]| BmpHeader::parse(file).unwrap().icc.map(<[u8]>::to_vec);
    assert_eq!(icc(&file), Some(b"profile".to_vec()));
    assert_eq!(icc(&file[..file.len() - 1]), None);
}

#[test]
fn impossible_headers_are_refused() {
    let refused = |change: fn(&mut Sample)| {
        let mut sample = Sample::new(8);
        change(&mut sample);
        let file = sample.file();
        let outcome = BmpDecoder::open(&file, &Limits::default());
        outcome
            .map(|_| "opened")
            .unwrap_or_else(|error| error.code())
    };
    assert_eq!(refused(|sample| sample.bits = 3), "malformed");
    assert_eq!(refused(|sample| sample.compression = 2), "malformed");
    assert_eq!(refused(|sample| sample.header = 66), "malformed");
    assert_eq!(refused(|sample| sample.size.width = 1 << 31), "malformed");
    assert_eq!(
        refused(|sample| sample.size.height = 1 << 30),
        "limit_exceeded"
    );
    assert_eq!(refused(|sample| sample.compression = 4), "unsupported");
    assert_eq!(refused(|sample| sample.compression = 5), "unsupported");
}

#[test]
fn a_header_cut_anywhere_is_malformed() {
    let file = Sample::new(24).file();
    for length in 2..54 {
        let error = BmpDecoder::open(&file[..length], &Limits::default())
            .map(|_| ())
            .unwrap_err();
        assert_eq!(error.code(), "malformed", "{length}");
    }
}
