//! Rows of macroblocks that helpers build.

use super::frames::for_every_frame;
use super::writer::FrameSpec;
use super::{IS_PARALLEL, decode_halved, decode_whole};
use crate::decode::webp::vp8::{FrameTag, decode};
use crate::error::Error;
use crate::geometry::Region;
use crate::limits::{Budget, Limits};
use crate::plan::DecodeRequest;
use crate::threads::HELP_AT_ONCE;

/// Many rows of macroblocks.
const TALL: FrameSpec = FrameSpec {
    width: 40,
    height: 330,
    filter_level: 30,
    ..FrameSpec::PLAIN
};

fn with_helpers<R>(work: impl FnOnce() -> R) -> R {
    IS_PARALLEL.set(true);
    let result = work();
    IS_PARALLEL.set(false);
    result
}

fn in_pool<R: Send>(threads: usize, work: impl FnOnce() -> R + Send) -> R {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
    pool.build().unwrap().install(|| with_helpers(work))
}

#[test]
fn any_number_of_threads_gives_the_same_pixels() {
    for_every_frame(|spec, frame| {
        let alone = decode_whole(frame).unwrap();
        HELP_AT_ONCE.set(true);
        let helped = with_helpers(|| decode_whole(frame).unwrap());
        HELP_AT_ONCE.set(false);
        assert!(alone == helped, "{spec:?}");
    });
    for seed in 0..8 {
        let frame = TALL.random(seed);
        // The second frame ends early.
        for frame in [&frame[..], &frame[..frame.len() / 2]] {
            let decode = || (decode_whole(frame).unwrap(), decode_halved(frame).unwrap());
            let alone = decode();
            for threads in [1, 2, 8] {
                assert!(alone == in_pool(threads, decode), "{threads} threads");
            }
        }
    }
}

#[test]
fn an_error_of_the_sink_ends_decoding_on_any_thread() {
    let frame = TALL.random(1);
    let tag = FrameTag::parse(&frame).unwrap();
    let request = DecodeRequest::full_size(Region::whole(tag.size));
    for threads in [1, 2, 8] {
        let mut rows = 0;
        let mut sink = |_: crate::pixels::Row<'_>| {
            rows += 1;
            match rows {
                9 => Err(Error::internal("the ninth row")),
                _ => Ok(()),
            }
        };
        let budget = Budget::new(&Limits::default());
        let error = in_pool(threads, || {
            decode(&tag, None, &request, true, &budget, &mut sink).unwrap_err()
        });
        assert!(error.to_string().contains("the ninth row"), "{error}");
        assert_eq!(rows, 9);
    }
}

#[test]
fn work_is_charged_before_a_row_is_decoded_by_helpers() {
    let frame = TALL.random(1);
    let tag = FrameTag::parse(&frame).unwrap();
    let request = DecodeRequest::full_size(Region::whole(tag.size));
    let decode = |work| {
        let limits = Limits {
            work,
            ..Limits::default()
        };
        let budget = Budget::new(&limits);
        in_pool(2, || {
            decode(&tag, None, &request, true, &budget, &mut |_| Ok(()))
        })
    };
    assert_eq!(decode(3 * 21 * 384), Ok(0));
    assert_eq!(
        decode(3 * 21 * 384 - 1).unwrap_err().code(),
        "limit_exceeded"
    );
}
