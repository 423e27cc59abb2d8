//! Finds the subject of a photo, so that a crop can follow it.
//!
//! ```text
//! the whole photo, as a picture of 128 x 128 pixels  -> faces                 face/
//! none: overlapping parts of it, for smaller faces   -> faces
//! none: the whole picture                            -> focal point           attention
//! ```
//!
//! The pictures are rendered like avatars (`Plan::views`): upright, in sRGB, from the reduced image. So a
//! photo is decoded once.
//!
//! Nothing is recognized: a face is a rectangle, and no person is told from another.

mod attention;
mod face;

pub(crate) use attention::focal_point;
pub(crate) use face::{FaceDetector, head};
