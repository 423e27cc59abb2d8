//! The time of one stage of a render.

use std::hint::black_box;
use std::time::{Duration, Instant};

use roundel::{Options, Photo, Stage, render_observed};

/// How long a render of `photo` is in `wanted`. Zero if the render fails before.
pub fn stage_time(wanted: Stage, photo: Photo<'_>, options: &Options) -> Duration {
    let (mut time, mut start) = (Duration::ZERO, Instant::now());
    let mut observe = |stage| {
        if stage == wanted {
            time = start.elapsed();
        }
        start = Instant::now();
    };
    let _ = black_box(render_observed(photo, options, &mut observe));
    time
}
