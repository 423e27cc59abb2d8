//! PNGs built here, whole and damaged.

use std::io::Write;

use super::*;
use crate::geometry::Region;
use crate::limits::Limits;

pub(super) fn png_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut chunk = (data.len() as u32).to_be_bytes().to_vec();
    chunk.extend(kind);
    chunk.extend(data);
    let checksum = crc32fast::hash(&chunk[4..]);
    chunk.extend(checksum.to_be_bytes());
    chunk
}

/// An image of 8-bit RGB samples.
#[derive(Clone)]
pub(super) struct TestImage {
    pub size: Size,
    pub interlaced: bool,
    pub pixels: Vec<[u8; 3]>,
}

impl TestImage {
    /// Noise, so that every row takes about the same number of bytes.
    pub(super) fn noise(size: Size, interlaced: bool) -> Self {
        let mut seed = 5u32;
        let mut sample = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 24) as u8
        };
        let pixels = (0..size.pixels()).map(|_| std::array::from_fn(|_| sample()));
        Self {
            size,
            interlaced,
            pixels: pixels.collect(),
        }
    }

    pub(super) fn at(&self, x: u32, y: u32) -> [u8; 3] {
        self.pixels[(y * self.size.width + x) as usize]
    }

    /// The zlib stream.
    pub(super) fn data(&self) -> Vec<u8> {
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        for (y, x, step) in positions(self.size, self.interlaced) {
            let columns = (x..self.size.width).step_by(step as usize);
            let samples: Vec<u8> = columns.flat_map(|x| self.at(x, y)).collect();
            zlib.write_all(&[0]).unwrap(); // no filter
            zlib.write_all(&samples).unwrap();
        }
        zlib.finish().unwrap()
    }

    pub(super) fn header(&self) -> Vec<u8> {
        let Size { width, height } = self.size;
        let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
        header.extend([8, 2, 0, 0, u8::from(self.interlaced)]);
        [&b"\x89PNG\r\n\x1A\n"[..], &png_chunk(b"IHDR", &header)].concat()
    }

    /// A file with image data in chunks of at most `length` bytes.
    pub(super) fn file(&self, length: usize) -> Vec<u8> {
        let mut file = self.header();
        for data in self.data().chunks(length) {
            file.extend(png_chunk(b"IDAT", data));
        }
        file.extend(png_chunk(b"IEND", &[]));
        file
    }
}

/// Pixels of a region in RGBA, and how many are missing.
pub(super) struct DecodedPng {
    pub pixels: Vec<[u8; 4]>,
    pub missing: u64,
}

/// `frame` of a file; `repair` to decode it as far as it goes.
pub(super) fn decode(
    file: &[u8],
    frame: Frame,
    region: Option<Region>,
    repair: bool,
) -> Result<DecodedPng> {
    let budget = Budget::new(&Limits::default());
    let (mut decoder, header) = PngDecoder::open(file, frame, &budget)?;
    let layout = match repair {
        true => decoder.repair().unwrap(),
        false => header.layout,
    };
    let region = region.unwrap_or(Region::whole(header.size));
    let width = region.size().width;
    let mut pixels = vec![[1; 4]; region.size().pixels() as usize];
    let mut sink = |row: Row<'_>| {
        let columns = (row.x..).step_by(row.step as usize);
        for (x, pixel) in columns.zip(row.samples.chunks(layout.channels())) {
            let inside =
                (region.x0..region.x1).contains(&x) && (region.y0..region.y1).contains(&row.y);
            if !inside {
                continue;
            }
            let rgba = match *pixel {
                [gray] => [gray, gray, gray, 255],
                [gray, alpha] => [gray, gray, gray, alpha],
                [red, green, blue] => [red, green, blue, 255],
                _ => [pixel[0], pixel[1], pixel[2], pixel[3]],
            };
            pixels[((row.y - region.y0) * width + x - region.x0) as usize] = rgba;
        }
        Ok(())
    };
    let request = DecodeRequest::full_size(region);
    let report = decoder.rows(&request, &budget, &mut sink)?;
    Ok(DecodedPng {
        pixels,
        missing: report.missing,
    })
}

fn opaque([red, green, blue]: [u8; 3]) -> [u8; 4] {
    [red, green, blue, 255]
}

pub(super) fn is_whole(image: &TestImage, file: &[u8]) -> bool {
    let decoded = decode(file, Frame::First, None, false);
    decoded.is_ok_and(|decoded| {
        let expected = image.pixels.iter().copied().map(opaque);
        decoded.missing == 0 && decoded.pixels.into_iter().eq(expected)
    })
}

#[test]
fn sequential_and_interlaced_images_decode_to_their_pixels() {
    for interlaced in [false, true] {
        for side in 1..10 {
            let image = TestImage::noise(Size::new(side, 11 - side), interlaced);
            assert!(is_whole(&image, &image.file(100)), "{side} {interlaced}");
        }
    }
}

#[test]
fn a_palette_of_a_wrong_length_is_malformed() {
    let mut header = [0, 0, 0, 1, 0, 0, 0, 1].to_vec();
    header.extend([8, 3, 0, 0, 0]);
    let outcome = |length: usize| {
        let mut file = b"\x89PNG\r\n\x1A\n".to_vec();
        file.extend(png_chunk(b"IHDR", &header));
        file.extend(png_chunk(b"PLTE", &vec![7; length]));
        file.extend(png_chunk(b"IDAT", &fdeflate::compress_to_vec(&[0, 0])));
        file.extend(png_chunk(b"IEND", &[]));
        [false, true].map(|repair| {
            let decoded = decode(&file, Frame::First, None, repair);
            decoded
                .map_err(|error| error.code())
                .map(|image| image.pixels)
        })
    };
    for length in [1, 4, 49, 769, 771, 800] {
        let malformed = Err("malformed");
        assert_eq!(outcome(length), [malformed.clone(), malformed], "{length}");
    }
    for length in [3, 768] {
        let sound = Ok(vec![[7, 7, 7, 255]]);
        assert_eq!(outcome(length), [sound.clone(), sound], "{length}");
    }
}
