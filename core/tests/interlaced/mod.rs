//! Interlaced PNGs, which the `png` crate does not write.

use std::io::Write;

use roundel::Size;

/// First column, columns between two pixels, first row, rows between two pixels of each pass (PNG 3rd
/// ed., 8.1).
const ADAM7: [(u32, usize, u32, usize); 7] = [
    (0, 8, 0, 8),
    (4, 8, 0, 8),
    (0, 4, 4, 8),
    (2, 4, 0, 4),
    (0, 2, 2, 4),
    (1, 2, 0, 2),
    (0, 1, 1, 2),
];

/// An interlaced PNG of RGB samples.
pub(crate) fn interlaced_png(size: Size, samples: &[u8]) -> Vec<u8> {
    let mut rows = Vec::new();
    for (x0, across, y0, down) in ADAM7 {
        for y in (y0..size.height).step_by(down) {
            // No filter.
            rows.push(0);
            for x in (x0..size.width).step_by(across) {
                let at = (y * size.width + x) as usize * 3;
                rows.extend(&samples[at..at + 3]);
            }
        }
    }
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    zlib.write_all(&rows).unwrap();
    let mut info = png::Info::with_size(size.width, size.height);
    info.color_type = png::ColorType::Rgb;
    info.interlaced = true;
    let mut png = Vec::new();
    let encoder = png::Encoder::with_info(&mut png, info).unwrap();
    let mut writer = encoder.write_header().unwrap();
    let data = zlib.finish().unwrap();
    writer.write_chunk(png::chunk::IDAT, &data).unwrap();
    drop(writer);
    png
}
