//! Finds faces by BlazeFace ("short range": from about 1/6 of the picture's side).
//!
//! ```text
//! picture -> network                                   896 predictions      network.rs, layers.rs
//! keep those with a high score                         candidates
//! until no candidate is left:
//!     best = the candidate with the highest score
//!     group = the candidates that overlap it by more than 0.3 of their union
//!     a face: the mean of the group, weighted by score; the score of the best
//! ```
//!
//! The paper's section 4.3 describes the mean: without it, boxes jitter from picture to picture.

mod layers;
mod network;
mod weights;

use self::network::{Network, Prediction, SIDE};
use crate::error::{Error, Result};
use crate::geometry::Rect;
use crate::limits::Budget;
use crate::pixels::SrgbImage;
use crate::plan::{DETECTOR_SIDE, SubjectView};
use crate::rendered::Face;

/// The least logit of a face in the picture of the whole photo. 0.75 is a score of 0.68.
const LEAST_LOGIT: f32 = 0.75;
/// The same in pictures of its parts. They are many, and some show textures without their context.
const LEAST_LOGIT_IN_PARTS: f32 = 1.25;
/// Candidates that share more of their union are the same face.
const SAME_FACE: f64 = 0.3;

/// The detector and its memory.
pub(crate) struct FaceDetector {
    network: Network,
    candidates: Vec<Candidate>,
}

#[derive(Clone, Copy, Debug)]
struct Candidate {
    logit: f32,
    /// In pixels of the upright photo.
    rect: Rect,
}

impl FaceDetector {
    pub(crate) fn new(budget: &Budget) -> Result<Self> {
        Ok(Self {
            network: Network::new(budget)?,
            candidates: Vec::new(),
        })
    }

    /// Looks for faces in the picture of the whole photo.
    pub(crate) fn search(&mut self, picture: &SrgbImage, view: &SubjectView) -> Result<()> {
        self.add_candidates(picture, view, LEAST_LOGIT)
    }

    /// Looks for faces in the picture of a part of the photo.
    pub(crate) fn search_part(&mut self, picture: &SrgbImage, view: &SubjectView) -> Result<()> {
        self.add_candidates(picture, view, LEAST_LOGIT_IN_PARTS)
    }

    /// Whether no face was found so far.
    pub(crate) fn is_empty(&self) -> bool {
        self.candidates.is_empty()
    }

    /// The faces so far, that with the highest score first.
    pub(crate) fn faces(&self) -> Vec<Face> {
        let has_area = |rect: Rect| rect.width > 0.0 && rect.height > 0.0;
        let candidates = self.candidates.iter().copied();
        let mut left: Vec<_> = candidates.filter(|one| has_area(one.rect)).collect();
        // A stable sort: equal scores keep the order of the anchors.
        left.sort_by(|a, b| b.logit.total_cmp(&a.logit));
        let mut faces = Vec::new();
        while !left.is_empty() {
            let best = left.remove(0);
            let is_same = |other: &Candidate| overlap(best.rect, other.rect) > SAME_FACE;
            let (group, others) = left.into_iter().partition::<Vec<_>, _>(is_same);
            faces.push(mean(best, &group));
            left = others;
        }
        faces
    }

    fn add_candidates(
        &mut self,
        picture: &SrgbImage,
        view: &SubjectView,
        least: f32,
    ) -> Result<()> {
        if picture.channels != 3 || picture.size.pixels() != (SIDE * SIDE) as u64 {
            return Err(Error::internal("the detector's picture has another size"));
        }
        let candidates = &mut self.candidates;
        self.network.run(&picture.samples, &mut |prediction| {
            if prediction.logit >= least {
                candidates.push(candidate(prediction, view));
            }
        });
        Ok(())
    }
}

/// The prediction in pixels of the photo.
fn candidate(prediction: Prediction, view: &SubjectView) -> Candidate {
    let side = f64::from(DETECTOR_SIDE);
    let [x, y, width, height] = prediction.bounds.map(f64::from);
    let [anchor_x, anchor_y] = prediction.anchor.map(|at| f64::from(at) * side);
    let (area, shown) = (view.area, view.picture.crop);
    let in_photo = |length: f64, shown: f64, area: u32| length * shown / f64::from(area);
    let (columns, rows) = (area.size().width, area.size().height);
    let left = anchor_x + x - width / 2.0 - f64::from(area.x0);
    let top = anchor_y + y - height / 2.0 - f64::from(area.y0);
    Candidate {
        logit: prediction.logit,
        rect: Rect {
            x: shown.x + in_photo(left, shown.width, columns),
            y: shown.y + in_photo(top, shown.height, rows),
            width: in_photo(width, shown.width, columns),
            height: in_photo(height, shown.height, rows),
        },
    }
}

/// The area that both have, as a share of their union's. 0 without an area.
fn overlap(a: Rect, b: Rect) -> f64 {
    let shared = |a: f64, a_length: f64, b: f64, b_length: f64| {
        ((a + a_length).min(b + b_length) - a.max(b)).max(0.0)
    };
    let both = shared(a.x, a.width, b.x, b.width) * shared(a.y, a.height, b.y, b.height);
    let union = a.width * a.height + b.width * b.height - both;
    if union > 0.0 { both / union } else { 0.0 }
}

/// The mean of the best candidate and those of the same face, weighted by score.
fn mean(best: Candidate, others: &[Candidate]) -> Face {
    let mut sums = [0.0; 5];
    for candidate in std::iter::once(&best).chain(others) {
        let score = score(candidate.logit);
        let [x, y, width, height] = candidate.rect.into();
        for (sum, value) in sums.iter_mut().zip([x, y, width, height, 1.0]) {
            *sum += score * value;
        }
    }
    let [x, y, width, height, weight] = sums;
    Face {
        rect: [x, y, width, height].map(|sum| sum / weight).into(),
        score: score(best.logit),
    }
}

/// The probability of a logit.
fn score(logit: f32) -> f64 {
    1.0 / (1.0 + libm::exp(-f64::from(logit)))
}

/// The head of a face, with hair. The detector's box reaches from the brows to the chin.
pub(crate) fn head(face: Rect) -> Rect {
    Rect {
        x: face.x - 0.25 * face.width,
        y: face.y - 0.5 * face.height,
        width: 1.5 * face.width,
        height: 1.7 * face.height,
    }
}

#[cfg(test)]
mod tests;
