//! Crops follow faces, or what draws attention.

// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(feature = "subject")]

use roundel::{
    Crop, Fit, FocalPoint, Format, Options, Pixels, Rect, Rendered, Rgb, Size, Subject, probe,
    render,
};

/// A face of 94 pixels at (226, 125) of 512 x 512. The photo is stored rotated.
const ASTRONAUT: &[u8] = include_bytes!("../../examples/photos/astronaut.jpg");

fn options(subject: Subject, size: Size) -> Options {
    Options {
        sizes: vec![size],
        crop: Crop::Subject(subject),
        ..Options::default()
    }
}

/// An RGB image.
struct Scene {
    size: Size,
    samples: Vec<u8>,
}

impl Scene {
    fn gray(width: u32, height: u32) -> Self {
        let size = Size::new(width, height);
        let samples = vec![120; 3 * size.pixels() as usize];
        Self { size, samples }
    }

    /// A whole photo within `side` x `side` pixels, upright.
    fn of(photo: &[u8], side: u32) -> Self {
        let options = Options {
            sizes: vec![Size::square(side)],
            formats: vec![Format::Png],
            fit: Fit::Contain,
            background: Some(Rgb([120; 3])),
            ..Options::default()
        };
        let png = render(photo, &options).unwrap().avatars.remove(0).bytes;
        let mut reader = png::Decoder::new(std::io::Cursor::new(png))
            .read_info()
            .unwrap();
        let mut samples = vec![0; reader.output_buffer_size().unwrap()];
        reader.next_frame(&mut samples).unwrap();
        Self {
            size: Size::square(side),
            samples,
        }
    }

    /// With another scene at (x, y).
    fn with(mut self, other: &Self, x: u32, y: u32) -> Self {
        let stride = 3 * self.size.width as usize;
        for (row, from) in other
            .samples
            .chunks(3 * other.size.width as usize)
            .enumerate()
        {
            let at = (y as usize + row) * stride + 3 * x as usize;
            self.samples[at..at + from.len()].copy_from_slice(from);
        }
        self
    }

    /// With the astronaut at (x, y), `side` pixels wide.
    fn with_astronaut(self, x: u32, y: u32, side: u32) -> Self {
        self.with(&Self::of(ASTRONAUT, side), x, y)
    }

    fn render(&self, options: &Options) -> Rendered {
        render(Pixels::rgb(self.size, &self.samples), options).unwrap()
    }
}

/// The head of the astronaut who stands at (x, y), `side` pixels wide, as drawn by eye.
fn head(x: u32, y: u32, side: u32) -> Rect {
    let scale = f64::from(side) / 512.0;
    Rect {
        x: f64::from(x) + 168.0 * scale,
        y: f64::from(y) + 35.0 * scale,
        width: 116.0 * scale,
        height: 145.0 * scale,
    }
}

fn contains(outer: Rect, inner: Rect) -> bool {
    outer.x <= inner.x
        && outer.y <= inner.y
        && outer.x + outer.width >= inner.x + inner.width
        && outer.y + outer.height >= inner.y + inner.height
}

fn center(rect: Rect) -> (f64, f64) {
    (rect.x + rect.width / 2.0, rect.y + rect.height / 2.0)
}

#[test]
fn a_face_is_found_in_the_upright_photo() {
    let rendered = render(ASTRONAUT, &options(Subject::Face, Size::square(64))).unwrap();
    let [face] = rendered.faces[..] else {
        panic!("{:?}", rendered.faces);
    };
    let (x, y) = center(face.rect);
    assert!(
        (x - 226.0).abs() < 15.0 && (y - 125.0).abs() < 15.0,
        "{face:?}"
    );
    assert!((75.0..120.0).contains(&face.rect.width), "{face:?}");
    assert!((0.68..=1.0).contains(&face.score), "{face:?}");
}

#[test]
fn a_head_stays_whole_wherever_it_is_in_a_tall_or_wide_photo() {
    for (width, height, x, y, side) in [
        (400, 1200, 0, 0, 400),
        (400, 1200, 0, 790, 400),
        (1200, 400, 0, 0, 400),
        (1200, 400, 790, 0, 400),
        (1600, 900, 1150, 50, 450),
    ] {
        let scene = Scene::gray(width, height).with_astronaut(x, y, side);
        for size in [Size::square(64), Size::new(240, 180)] {
            let rendered = scene.render(&options(Subject::Face, size));
            assert_eq!(rendered.faces.len(), 1, "{width}x{height} {x},{y}");
            let crop = rendered.avatars[0].crop;
            assert!(
                contains(crop, head(x, y, side)),
                "{width}x{height} {x},{y}: {crop:?}"
            );
            let all = Rect::whole(Size::new(width, height));
            assert!(contains(all, crop), "{crop:?}");
        }
    }
}

#[test]
fn a_face_of_a_twelfth_of_the_height_is_found() {
    // 94 of 512 pixels of the astronaut's photo are its face.
    let (height, side) = (1200, 100 * 512 / 94);
    for (x, y) in [(30, 20), (600, 380), (1020, 650)] {
        let scene = Scene::gray(1600, height).with_astronaut(x, y, side);
        let rendered = scene.render(&options(Subject::Face, Size::square(256)));
        assert_eq!(rendered.faces.len(), 1, "{x}, {y}");
        assert!(
            contains(rendered.avatars[0].crop, head(x, y, side)),
            "{x}, {y}"
        );
    }
}

#[test]
fn all_faces_are_shown_if_they_fit_and_else_the_largest() {
    let near = Scene::gray(1200, 600)
        .with_astronaut(100, 80, 400)
        .with_astronaut(420, 180, 360);
    let crop = near
        .render(&options(Subject::Face, Size::square(128)))
        .avatars[0]
        .crop;
    assert!(
        contains(crop, head(100, 80, 400)) && contains(crop, head(420, 180, 360)),
        "{crop:?}"
    );

    let far = Scene::gray(2000, 600)
        .with_astronaut(0, 80, 300)
        .with_astronaut(1500, 80, 400);
    let rendered = far.render(&options(Subject::Face, Size::square(128)));
    let crop = rendered.avatars[0].crop;
    assert!(contains(crop, head(1500, 80, 400)), "{crop:?}");
    assert!(!contains(crop, head(0, 80, 300)), "{crop:?}");
    // The same photo has room for both in another avatar.
    let wide = far
        .render(&options(Subject::Face, Size::new(300, 100)))
        .avatars[0]
        .crop;
    assert!(
        contains(wide, head(0, 80, 300)) && contains(wide, head(1500, 80, 400)),
        "{wide:?}"
    );
}

#[test]
fn a_photo_without_a_face_is_cropped_where_it_draws_attention() {
    let mut scene = Scene::gray(300, 900);
    for y in 600..700 {
        for x in 100..200 {
            let at = 3 * (y * 300 + x);
            scene.samples[at..at + 3].copy_from_slice(&[230, 20, 20]);
        }
    }
    let face = scene.render(&options(Subject::Face, Size::square(100)));
    let attention = scene.render(&options(Subject::Attention, Size::square(100)));
    assert_eq!(face.faces, []);
    assert_eq!(face.avatars, attention.avatars);
    // The center is at 450. The crop moves towards 650, and not too far.
    let (_, y) = center(attention.avatars[0].crop);
    assert!((y - 630.0).abs() < 10.0, "{y}");
}

#[test]
fn a_photo_of_one_color_keeps_its_center() {
    let center_crop = Options {
        sizes: vec![Size::square(100)],
        ..Options::default()
    };
    let scene = Scene::gray(300, 900);
    let expected = scene.render(&center_crop);
    for subject in [Subject::Face, Subject::Attention] {
        let rendered = scene.render(&options(subject, Size::square(100)));
        assert_eq!(rendered.avatars, expected.avatars);
    }
}

#[test]
fn a_contained_photo_is_shown_whole_and_not_searched() {
    let contain = |crop| Options {
        fit: Fit::Contain,
        crop,
        ..Options::default()
    };
    let whole = render(ASTRONAUT, &contain(Crop::default())).unwrap();
    let face = render(ASTRONAUT, &contain(Crop::Subject(Subject::Face))).unwrap();
    assert_eq!(face, whole);
}

#[test]
fn a_found_crop_can_be_chosen_as_a_rectangle() {
    let scene = Scene::gray(400, 1200).with_astronaut(0, 700, 400);
    let found = scene.render(&options(Subject::Face, Size::square(200)));
    let chosen = Options {
        crop: Crop::Rect(found.avatars[0].crop),
        ..options(Subject::Face, Size::square(200))
    };
    assert_eq!(scene.render(&chosen).avatars[0].crop, found.avatars[0].crop);
}

#[test]
fn transparent_and_strip_shaped_photos_are_searched_too() {
    let clear = vec![0; 4 * 200 * 300];
    let transparent = Pixels::rgba(Size::new(200, 300), &clear);
    let rendered = render(transparent, &options(Subject::Face, Size::square(32))).unwrap();
    assert_eq!(rendered.faces, []);
    let rendered = Scene::gray(3000, 2).render(&options(Subject::Face, Size::square(32)));
    assert_eq!(center(rendered.avatars[0].crop).0, 1500.0);
}

#[test]
fn a_focal_point_is_not_searched() {
    let focal = Options {
        crop: Crop::Focal(FocalPoint { x: 0.5, y: 0.5 }),
        ..Options::default()
    };
    assert_eq!(render(ASTRONAUT, &focal).unwrap().faces, []);
}

/// The heads of the portraits of the corpus, drawn by eye: left, top, right, bottom in hundredths of the
/// photo's width and height. Hair counts, hats do not.
const HEADS: [(&str, [u32; 4]); 11] = [
    ("codec-corpus__4.png", [33, 22, 93, 70]),
    ("codec-corpus__4934193.png", [30, 14, 58, 57]), // a man and a child
    (
        "codec-corpus__50d13125b665e0c4c1673264807bfc3cc7a217819329696843fea4c69aff8b91.png",
        [17, 17, 77, 62],
    ),
    ("codec-corpus__pexels-photo-2598024.png", [14, 0, 90, 100]),
    ("codec-corpus__pexels-photo-2846602.png", [22, 3, 67, 58]),
    ("codec-corpus__pexels-photo-7114620.png", [17, 0, 82, 62]),
    ("derived_portrait_0369d229.jpg", [18, 27, 82, 72]),
    ("derived_portrait_2a2420f9.jpg", [24, 0, 72, 78]),
    ("derived_portrait_f67f11de.jpg", [32, 15, 76, 66]),
    ("skimage__astronaut.png", [30, 3, 59, 37]),
    (
        "thumbor__Giunchedi_2C_Filippo_January_2015_01.jpg",
        [38, 10, 62, 60],
    ),
];

/// The portraits of the corpus, where it is present.
fn portraits() -> Vec<(&'static str, Vec<u8>, [f64; 4])> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpus/faces");
    if !folder.is_dir() {
        eprintln!("skipped: there is no corpus");
        return Vec::new();
    }
    let read = |(name, head): (&'static str, [u32; 4])| {
        let head = head.map(|side| f64::from(side) / 100.0);
        (name, std::fs::read(folder.join(name)).unwrap(), head)
    };
    HEADS.map(read).to_vec()
}

/// The head of a photo that is shown at (x, y), `width` x `height` pixels.
fn shown_head(
    [left, top, right, bottom]: [f64; 4],
    x: f64,
    y: f64,
    width: f64,
    height: f64,
) -> Rect {
    Rect {
        x: x + left * width,
        y: y + top * height,
        width: (right - left) * width,
        height: (bottom - top) * height,
    }
}

/// Whether nearly all of the head is in the crop.
fn is_kept(crop: Rect, head: Rect) -> bool {
    let shared = |a: f64, a_length: f64, b: f64, b_length: f64| {
        ((a + a_length).min(b + b_length) - a.max(b)).max(0.0)
    };
    let across = shared(crop.x, crop.width, head.x, head.width);
    let down = shared(crop.y, crop.height, head.y, head.height);
    across * down >= 0.97 * head.width * head.height
}

#[test]
fn the_heads_of_all_portraits_stay_whole() {
    for (name, photo, head) in portraits() {
        let size = probe(&photo[..], &Options::default().limits)
            .unwrap()
            .upright_size;
        let (width, height) = (f64::from(size.width), f64::from(size.height));
        let head = shown_head(head, 0.0, 0.0, width, height);
        for side in [32, 256] {
            let rendered = render(&photo[..], &options(Subject::Face, Size::square(side))).unwrap();
            assert!(!rendered.faces.is_empty(), "{name} at {side}");
            assert!(is_kept(rendered.avatars[0].crop, head), "{name} at {side}");
        }
    }
}

#[test]
fn the_heads_of_portraits_in_larger_photos_stay_whole() {
    let places = [
        (1000, 450, 20, 20),
        (1000, 450, 580, 50),
        (450, 1000, 10, 10),
        (450, 1000, 50, 590),
        (800, 600, 390, 190),
        (640, 640, 100, 220),
    ];
    let mut cut: Vec<String> = Vec::new();
    for (name, photo, head) in portraits() {
        let size = probe(&photo[..], &Options::default().limits)
            .unwrap()
            .upright_size;
        let shown = Scene::of(&photo, 400);
        let scale = 400.0 / f64::from(size.width.max(size.height));
        let [width, height] = [size.width, size.height].map(|side| f64::from(side) * scale);
        for (across, down, x, y) in places {
            let (left, top) = (
                f64::from(x) + 200.0 - width / 2.0,
                f64::from(y) + 200.0 - height / 2.0,
            );
            let head = shown_head(head, left, top, width, height);
            let scene = Scene::gray(across, down).with(&shown, x, y);
            let rendered = scene.render(&options(Subject::Face, Size::square(128)));
            if !is_kept(rendered.avatars[0].crop, head) {
                cut.push(format!("{name} at {x}, {y}: {:?}", rendered.faces));
            }
        }
    }
    assert_eq!(cut, [""; 0]);
}
