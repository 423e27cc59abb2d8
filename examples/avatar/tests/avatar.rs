//! The main job as its users meet it: a program, its arguments, its files and its exit status.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A folder of its own for one test, gone when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let name = format!("roundel-{test}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// The names in the folder `out`, sorted.
    fn out(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.join("out")).into_iter().flatten();
        let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
        let mut names: Vec<_> = entries.flatten().map(name).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs the example, which cargo builds beside the tests, with the folder as working directory.
fn avatar(folder: &Folder, arguments: &[&str]) -> Output {
    let test = std::env::current_exe().unwrap();
    let target = test.ancestors().nth(2).unwrap();
    let program = target
        .join("examples")
        .join(format!("avatar{}", std::env::consts::EXE_SUFFIX));
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(&folder.0)
        .stdin(Stdio::null());
    command
        .output()
        .expect("cargo builds the example with the tests, unless told not to")
}

fn astronaut() -> Vec<u8> {
    let photos = Path::new(env!("CARGO_MANIFEST_DIR")).join("../photos");
    fs::read(photos.join("astronaut.jpg")).unwrap()
}

/// The astronaut with another value in its EXIF orientation tag.
fn oriented(value: u8) -> Vec<u8> {
    let mut photo = astronaut();
    let tag = [0x01, 0x12, 0x00, 0x03, 0, 0, 0, 1, 0];
    let at = photo
        .windows(tag.len())
        .position(|bytes| bytes == tag)
        .unwrap();
    photo[at + tag.len()] = value;
    photo
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn a_photo_becomes_five_avatars() {
    let folder = Folder::new("five");
    folder.put("me.jpg", &astronaut());
    let run = avatar(&folder, &["me.jpg", "--out", "out"]);
    assert_eq!((run.status.code(), text(&run.stderr)), (Some(0), ""));
    let sizes = ["128", "256", "32", "512", "64"];
    assert_eq!(folder.out(), sizes.map(|size| format!("me-{size}.jpg")));
}

#[test]
fn every_option_is_heeded() {
    let folder = Folder::new("options");
    folder.put("me.jpg", &astronaut());
    let line = "me.jpg --out out --sizes 40,30x20 --format webp --quality 70 --crop 0.4,0.25 \
                --background #336699";
    let run = avatar(&folder, &line.split_whitespace().collect::<Vec<_>>());
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    assert_eq!(folder.out(), ["me-30x20.webp", "me-40.webp"]);
}

#[test]
fn json_tells_all_of_a_photo_on_one_line() {
    let folder = Folder::new("json");
    folder.put("me.jpg", &astronaut());
    folder.put("empty.jpg", b"");
    let run = avatar(
        &folder,
        &[
            "me.jpg",
            "empty.jpg",
            "--json",
            "--out",
            "out",
            "--sizes",
            "64",
        ],
    );
    assert_eq!(run.status.code(), Some(1));
    let lines: Vec<Value> = text(&run.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let [me, empty] = &lines[..] else {
        panic!("{lines:?}")
    };
    assert_eq!(me["format"], "jpeg");
    assert_eq!(me["stored_size"], serde_json::json!([512, 512]));
    assert_eq!(me["orientation"], 6);
    assert!(me["decode_scale"].is_u64() && me["milliseconds"]["decode"].is_f64());
    let output = &me["outputs"][0];
    let bytes = fs::metadata(folder.0.join(output["path"].as_str().unwrap()))
        .unwrap()
        .len();
    assert_eq!(output["bytes"], bytes);
    assert_eq!(output["digest"].as_str().map(str::len), Some(64));
    assert_eq!(empty["error"]["code"], "malformed");
}

#[test]
fn a_refused_photo_leaves_nothing_and_the_rest_is_rendered() {
    let folder = Folder::new("refused");
    folder.put("a-cut.jpg", &astronaut()[..300]);
    folder.put("b-text.jpg", b"not a photo");
    folder.put("c-good.jpg", &astronaut());
    let run = avatar(
        &folder,
        &[
            "a-cut.jpg",
            "b-text.jpg",
            "gone.jpg",
            "c-good.jpg",
            "--out",
            "out",
            "--sizes",
            "32",
        ],
    );
    assert_eq!(run.status.code(), Some(1));
    let errors: Vec<_> = text(&run.stderr).lines().collect();
    assert!(
        errors[0].starts_with("error[malformed]: a-cut.jpg: "),
        "{errors:?}"
    );
    assert!(
        errors[1].starts_with("error[unsupported]: b-text.jpg: "),
        "{errors:?}"
    );
    assert!(errors[2].starts_with("error[io]: gone.jpg: "), "{errors:?}");
    assert_eq!(folder.out(), ["c-good-32.jpg"]);
}

#[test]
fn folders_are_searched_in_order_but_not_the_one_that_avatars_go_to() {
    let folder = Folder::new("folders");
    for name in [
        "photos/b/2.jpg",
        "photos/a/1.jpg",
        "photos/3.JPEG",
        "photos/notes.txt",
    ] {
        folder.put(name, &astronaut());
    }
    let line = ["photos", "--out", "photos/out", "--sizes", "32", "--json"];
    for _ in 0..2 {
        let run = avatar(&folder, &line);
        assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
        let paths: Vec<Value> = text(&run.stdout)
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()["path"].clone())
            .collect();
        assert_eq!(paths, ["photos/3.JPEG", "photos/a/1.jpg", "photos/b/2.jpg"]);
    }
}

#[test]
fn one_name_is_never_given_to_two_photos() {
    let folder = Folder::new("names");
    folder.put("a/me.jpg", &oriented(1));
    folder.put("b/me.jpg", &oriented(3));
    let run = avatar(
        &folder,
        &["a", "b", "a/me.jpg", "--out", "out", "--sizes", "32"],
    );
    assert_eq!(run.status.code(), Some(0));
    assert!(
        text(&run.stderr).starts_with("note: b/me.jpg: "),
        "{}",
        text(&run.stderr)
    );
    assert_eq!(folder.out(), ["me-2-32.jpg", "me-32.jpg"]);
}

#[test]
fn a_photo_is_never_overwritten_by_an_avatar() {
    let folder = Folder::new("originals");
    folder.put("me.jpg", &astronaut());
    folder.put("me-32.jpg", &astronaut());
    let run = avatar(
        &folder,
        &["me.jpg", "me-32.jpg", "--out", ".", "--sizes", "32"],
    );
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    assert_eq!(fs::read(folder.0.join("me-32.jpg")).unwrap(), astronaut());
    assert!(folder.0.join("me-2-32.jpg").exists());
}

#[test]
fn wrong_usage_is_2_and_says_what_is_wrong() {
    let folder = Folder::new("usage");
    folder.put("me.jpg", &astronaut());
    let cases: [(&[&str], &str); 11] = [
        (&[], "no photo"),
        (&["me.jpg", "--frobnicate"], "--frobnicate"),
        (&["me.jpg", "--sizes", "many"], "many"),
        (&["me.jpg", "--sizes", "0"], "0x0"),
        (&["me.jpg", "--sizes", "64,64"], "twice"),
        (&["me.jpg", "--format", "tiff"], "tiff"),
        (&["me.jpg", "--quality", "101"], "101"),
        (&["me.jpg", "--crop", "middle"], "middle"),
        (&["me.jpg", "--crop", "2,0"], "2"),
        (&["me.jpg", "--background", "red"], "red"),
        (&["me.jpg", "--out"], "--out"),
    ];
    for (arguments, culprit) in cases {
        let run = avatar(&folder, arguments);
        assert_eq!(run.status.code(), Some(2), "{arguments:?}");
        let complaint = text(&run.stderr);
        assert!(
            complaint.starts_with("error: ") && complaint.contains(culprit),
            "{complaint}"
        );
    }
    assert!(!folder.0.join("avatars").exists());
}

#[test]
fn help_is_no_error() {
    let run = avatar(&Folder::new("help"), &["--help"]);
    assert_eq!(run.status.code(), Some(0));
    assert!(text(&run.stdout).contains("--sheet"));
}

#[test]
fn the_sheet_draws_the_same_crop_whichever_way_the_photo_is_stored() {
    let folder = Folder::new("sheet");
    for value in 1..=8 {
        folder.put(&format!("photos/{value}.jpg"), &oriented(value));
    }
    let line = "photos --out out --sizes 64x32 --crop north --sheet";
    let run = avatar(&folder, &line.split_whitespace().collect::<Vec<_>>());
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let page = fs::read_to_string(folder.0.join("out/index.html")).unwrap();
    let top_half = "d=\"M0 0H512V512H0Z M0 0h512v256h-512Z\"";
    assert_eq!(page.matches(top_half).count(), 8);
}

#[test]
fn a_hostile_name_stays_text_on_the_sheet() {
    let folder = Folder::new("markup");
    folder.put("<img src=x onerror=alert(1)>.jpg", &astronaut());
    let run = avatar(&folder, &[".", "--out", "out", "--sizes", "32", "--sheet"]);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let page = fs::read_to_string(folder.0.join("out/index.html")).unwrap();
    assert!(page.contains("&lt;img src=x") && !page.contains("<img src=x"));
    assert!(page.contains("src=\"./%3Cimg%20src%3Dx"));
}
