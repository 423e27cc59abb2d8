use super::layers::{LayerWeights, padded, pointwise};
use super::*;
use crate::limits::Limits;
use crate::simd;

/// A picture of gradients.
fn gradients() -> Vec<u8> {
    let pixels = (0..128u32).flat_map(|y| (0..128u32).map(move |x| [2 * x, 2 * y, x * y / 64]));
    pixels.flatten().map(|sample| sample as u8).collect()
}

fn predictions(picture: &[u8]) -> Vec<Prediction> {
    let mut network = Network::new(&Budget::new(&Limits::default())).unwrap();
    let mut all = Vec::new();
    network.run(picture, &mut |prediction| all.push(prediction));
    all
}

#[test]
fn predictions_are_those_of_litert() {
    // From ai-edge-litert 2.3.0 and the file that README.md names: anchor, logit, box.
    let expected: [(usize, f32, [f32; 4]); 8] = [
        (0, -5.696, [0.858, -0.782, 28.602, 28.602]),
        (1, -4.644, [1.269, 0.840, 44.010, 44.010]),
        (255, -4.392, [-0.947, 0.292, 45.159, 45.158]),
        (300, -4.541, [0.761, 0.527, 25.497, 25.497]),
        (511, -4.573, [-0.365, 0.182, 48.006, 48.006]),
        (512, -5.093, [1.119, 0.670, 46.224, 46.211]),
        (700, -5.521, [5.103, 2.140, 76.588, 76.575]),
        (895, -28.810, [6.705, 1.839, 123.813, 123.903]),
    ];
    let predictions = predictions(&gradients());
    assert_eq!(predictions.len(), 896);
    for (at, logit, bounds) in expected {
        let found = predictions[at];
        let differences = found.bounds.iter().zip(bounds).map(|(a, b)| (a - b).abs());
        let most = differences.fold((found.logit - logit).abs(), f32::max);
        assert!(most < 2e-3, "{at}: {found:?}");
    }
}

#[test]
fn predictions_are_the_same_on_every_instruction_set() {
    let picture = gradients();
    let best = predictions(&picture);
    simd::BASELINE_ONLY.set(true);
    let baseline = predictions(&picture);
    simd::BASELINE_ONLY.set(false);
    assert_eq!(best, baseline);
}

#[test]
fn a_network_has_no_memory_of_the_last_picture() {
    let mut network = Network::new(&Budget::new(&Limits::default())).unwrap();
    network.run(&[255; 3 * 128 * 128], &mut |_| ());
    let mut again = Vec::new();
    network.run(&gradients(), &mut |prediction| again.push(prediction));
    assert_eq!(again, predictions(&gradients()));
}

#[test]
fn a_pointwise_convolution_is_a_weighted_sum_for_any_number_of_pixels_and_channels() {
    let number = |seed: usize| ((seed * 7919) % 101) as f32 - 50.0;
    for (pixels, inputs, outputs) in [(1, 3, 8), (4, 24, 16), (5, 42, 24), (11, 75, 40)] {
        let stride = padded(inputs);
        let from: Vec<f32> = (0..pixels * stride).map(number).collect();
        let weights: Vec<f32> = (0..inputs * outputs).map(|at| number(at + 13)).collect();
        let bias: Vec<f32> = (0..outputs).map(number).collect();
        let layer = LayerWeights {
            weights: &weights,
            bias: &bias,
        };
        let mut to = vec![0.0; pixels * outputs];
        fearless_simd::dispatch!(simd::level(), simd => {
            pointwise(simd, inputs, &from, layer, &mut to);
        });
        for (at, &sum) in to.iter().enumerate() {
            let (pixel, output) = (at / outputs, at % outputs);
            // Integers, so the order of additions does not matter.
            let product = |input| from[pixel * stride + input] * weights[input * outputs + output];
            let expected = bias[output] + (0..inputs).map(product).sum::<f32>();
            assert_eq!(sum, expected, "{pixels} {inputs} {outputs}: {at}");
        }
    }
}

#[test]
fn overlapping_candidates_are_one_face_at_their_weighted_mean() {
    let mut detector = FaceDetector::new(&Budget::new(&Limits::default())).unwrap();
    let candidate = |logit, x| Candidate {
        logit,
        rect: Rect {
            x,
            y: 0.0,
            width: 10.0,
            height: 10.0,
        },
    };
    detector.candidates = vec![
        candidate(1.0, 0.0),
        candidate(30.0, 2.0),
        candidate(2.0, 50.0),
    ];
    let faces = detector.faces();
    assert_eq!(faces.len(), 2);
    assert!(faces[0].score > faces[1].score);
    // A score of 0.731 and one of 1.
    assert!((faces[0].rect.x - 2.0 / 1.731).abs() < 1e-3, "{faces:?}");
    assert_eq!(faces[1].rect.x, 50.0);
}

#[test]
fn a_candidate_without_an_area_is_no_face() {
    let mut detector = FaceDetector::new(&Budget::new(&Limits::default())).unwrap();
    let rect = |width, height| Rect {
        x: 1.0,
        y: 1.0,
        width,
        height,
    };
    let rects = [rect(0.0, 2.0), rect(2.0, -2.0), rect(f64::NAN, 1.0)];
    let candidate = |rect| Candidate { logit: 1.0, rect };
    detector.candidates = rects.map(candidate).to_vec();
    assert_eq!(detector.faces(), []);
}
