//! Shared by the fuzz targets.

use roundel::internals::formats;
use roundel::internals::jpeg::{self, Image};
use roundel::{Frame, Limits, Region, probe};

/// Small enough for many runs per second.
pub const LIMITS: Limits = Limits {
    input_bytes: 64 << 20,
    width: 65_535,
    height: 65_535,
    pixels: 1 << 20,
    memory: 64 << 20,
    frames: 100,
    duration_ms: 60_000,
    scans: 100,
    work: 1 << 26,
};

/// The scale and region in the last bytes of the input. Bytes after the end of a JPEG do not change
/// it, so plain files can be seeds.
pub fn request(bytes: &[u8]) -> Option<(u8, Region)> {
    let (_, choice) = bytes.split_last_chunk::<5>()?;
    let scale = choice[0] % 8 + 1;
    let size = jpeg::scaled(jpeg::size(bytes, &LIMITS).ok()?, scale);
    let (x0, x1) = span(choice[1], choice[2], size.width);
    let (y0, y1) = span(choice[3], choice[4], size.height);
    Some((scale, Region { x0, y0, x1, y1 }))
}

/// Lets a panic happen that is caught. One that leaves the target still ends the run; it has no message.
pub fn allow_contained_panics() {
    std::panic::set_hook(Box::new(|_| ()));
}

/// The whole image at N/8.
pub fn whole(bytes: &[u8], scale: u8) -> Option<Image> {
    let size = jpeg::scaled(jpeg::size(bytes, &LIMITS).ok()?, scale);
    jpeg::decode(bytes, scale, Region::whole(size), &LIMITS).ok()
}

/// The samples of `region` in a whole image.
pub fn cut(whole: &Image, region: Region) -> Vec<u8> {
    let stride = whole.region.size().width as usize * whole.channels;
    let columns = region.x0 as usize * whole.channels..region.x1 as usize * whole.channels;
    let rows = whole.samples.chunks(stride);
    let rows = rows.skip(region.y0 as usize).take(region.size().height as usize);
    rows.flat_map(|row| row[columns.clone()].to_vec()).collect()
}

/// A frame of an animation.
pub fn frame(choice: u8) -> Frame {
    match choice % 8 {
        0 | 1 => Frame::First,
        2 | 3 => Frame::Poster,
        number => Frame::Number(u32::from(number) - 4),
    }
}

/// Decodes a whole frame of a file of `format`, and the region in its last bytes.
///
/// Every pixel of the region is sent once, is the same as in the whole image, and counts as missing at
/// most once. A file of another format is not decoded.
pub fn check_regions(bytes: &[u8], format: &str) {
    let Some((_, choice)) = bytes.split_last_chunk::<5>() else {
        return;
    };
    let frame = match format {
        "bmp" | "heic" | "avif" => Frame::First,
        _ => frame(choice[4]),
    };
    let size = match probe(bytes, &LIMITS) {
        Ok(source) if source.format.name() == format => source.size,
        _ => return,
    };
    let (x0, x1) = span(choice[0], choice[1], size.width);
    let (y0, y1) = span(choice[2], choice[3], size.height);
    let region = Region { x0, y0, x1, y1 };
    let decode = |region| formats::decode(bytes, frame, region, &LIMITS);
    let Ok(whole) = decode(Region::whole(size)) else {
        return;
    };
    let part = decode(region).expect("the whole was decoded");
    assert!(part.counts.iter().all(|&count| count == 1), "{region:?}");
    assert!(part.missing <= region.size().pixels() && part.missing <= whole.missing);
    let whole = Image {
        region: Region::whole(size),
        channels: whole.channels,
        samples: whole.samples,
        missing: whole.missing,
    };
    assert!(part.samples == cut(&whole, region), "{region:?}");
}

/// Part of a length: its start, and its share of the rest, both in 255ths.
fn span(start: u8, share: u8, length: u32) -> (u32, u32) {
    let part = |length: u32, of: u8| (u64::from(length) * u64::from(of) / 255) as u32;
    let start = part(length - 1, start);
    (start, start + part(length - start, share).max(1))
}
