#![no_main]

use libfuzzer_sys::fuzz_target;
use roundel::{Crop, Effort, ErrorKind, Fit, FocalPoint, Format, Gravity, Options, Rect, Rgb, Size};
use roundel::{ResizeFilter, Shape, Speed, Subsampling, render};
use roundel_fuzz::{LIMITS, frame};

fuzz_target!(|bytes: &[u8]| {
    let Some((_, choice)) = bytes.split_last_chunk::<13>() else {
        return;
    };
    let options = options(choice);
    match render(bytes, &options) {
        Ok(rendered) => {
            let firsts = rendered.avatars.iter().step_by(options.formats.len());
            let sizes: Vec<Size> = firsts.map(|avatar| avatar.size).collect();
            assert!(sizes == options.sizes || !options.upscale);
            assert!(
                rendered
                    .avatars
                    .iter()
                    .all(|a| options.formats.contains(&a.format) && !a.bytes.is_empty())
            );
        }
        Err(error) => assert_ne!(error.kind(), ErrorKind::Internal, "{error}"),
    }
});

/// Valid and invalid options.
fn options(choice: &[u8; 13]) -> Options {
    let [
        count,
        width,
        height,
        quality,
        flags,
        kind,
        x,
        y,
        w,
        h,
        format,
        color,
        shown,
    ] = *choice;
    let flag = |bit: u8| flags >> bit & 1 == 1;
    let size = |i: u8| Size::new(u32::from(width) >> i, u32::from(height) >> i);
    Options {
        sizes: (0..count % 4).map(size).collect(),
        formats: (0..3)
            .filter(|bit| format >> bit & 1 == 1)
            .map(|bit| Format::ALL[bit])
            .collect(),
        lossless: format >> 3 & 1 == 1,
        effort: if format >> 4 & 1 == 1 {
            Effort::Small
        } else {
            Effort::Default
        },
        max_bytes: (format >> 5 > 0).then_some(u32::from(format) << 4),
        quality,
        progressive: flag(0),
        subsampling: [
            None,
            Some(Subsampling::Full),
            Some(Subsampling::Half),
            Some(Subsampling::Quarter),
        ][usize::from(kind >> 6)],
        frame: frame(shown),
        animated: shown >> 3 & 1 == 1,
        crop: crop(kind, [x, y, w, h].map(f64::from)),
        fit: if flag(1) { Fit::Contain } else { Fit::Cover },
        background: flag(2).then_some(Rgb([color, 0, 255])),
        shape: [
            Shape::Rectangle,
            Shape::Rectangle,
            Shape::Circle,
            Shape::Rounded(x / 4),
        ][usize::from(shown >> 4 & 3)],
        upscale: !flag(3),
        filter: if flag(6) {
            ResizeFilter::Pixelated
        } else {
            ResizeFilter::Auto
        },
        speed: if flag(4) {
            Speed::Fast
        } else {
            Speed::Faithful
        },
        accept_damaged: flag(5),
        parallel: false,
        limits: LIMITS,
    }
}

fn crop(kind: u8, [x, y, width, height]: [f64; 4]) -> Crop {
    match kind % 3 {
        0 => Crop::Gravity(Gravity::NAMED[x as usize % 9].1),
        1 => Crop::Focal(FocalPoint {
            x: x / 250.0,
            y: y / 250.0,
        }),
        _ => Crop::Rect(Rect {
            x: x / 2.0 - 1.0,
            y: y / 3.0,
            width: width / 2.0,
            height: height / 3.0,
        }),
    }
}
