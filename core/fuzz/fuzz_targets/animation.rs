#![no_main]

use std::io::Cursor;

use image_webp::WebPDecoder;
use libfuzzer_sys::fuzz_target;
use roundel::{Avatar, ErrorKind, Fit, Format, Options, Size, render};
use roundel_fuzz::{LIMITS, frame};

fuzz_target!(|bytes: &[u8]| {
    let Some((_, &[width, height, flags])) = bytes.split_last_chunk::<3>() else {
        return;
    };
    let flag = |bit: u8| flags >> bit & 1 == 1;
    let size = |divisor: u8| Size::new((width / divisor).max(1).into(), (height / divisor).max(1).into());
    let options = Options {
        sizes: vec![size(3), size(9)],
        formats: vec![Format::Webp],
        lossless: true,
        animated: true,
        frame: frame(flags >> 4),
        fit: if flag(0) { Fit::Contain } else { Fit::Cover },
        upscale: !flag(1),
        accept_damaged: flag(2),
        max_bytes: flag(3).then_some(3000),
        parallel: false,
        limits: LIMITS,
        ..Options::default()
    };
    match render(bytes, &options) {
        Ok(rendered) => rendered.avatars.iter().for_each(check),
        Err(error) => assert_ne!(error.kind(), ErrorKind::Internal, "{error}"),
    }
});

/// Decodes every frame.
fn check(avatar: &Avatar) {
    let mut decoder = WebPDecoder::new(Cursor::new(&avatar.bytes)).expect("a WebP");
    assert_eq!(decoder.dimensions(), (avatar.size.width, avatar.size.height));
    assert_eq!(decoder.is_animated(), avatar.frames > 1);
    if avatar.frames == 1 {
        return assert_eq!(avatar.duration_ms, 0);
    }
    assert_eq!(decoder.num_frames(), avatar.frames);
    let mut samples = vec![0; decoder.output_buffer_size().expect("a size")];
    let durations = (0..avatar.frames).map(|_| decoder.read_frame(&mut samples).expect("a frame"));
    assert_eq!(durations.map(u64::from).sum::<u64>(), avatar.duration_ms);
}
