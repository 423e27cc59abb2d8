//! Tests of the program: its arguments, files, output and exit status.

// A test fails by a panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A temporary folder for one test.
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

    /// The file names in the folder `out`, sorted.
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

/// Runs the example in `folder`. Cargo builds it next to the tests.
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
        .expect("cargo builds the example together with the tests")
}

fn astronaut() -> Vec<u8> {
    let photos = Path::new(env!("CARGO_MANIFEST_DIR")).join("../photos");
    fs::read(photos.join("astronaut.jpg")).unwrap()
}

/// The photo with `value` in its EXIF orientation tag.
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
fn a_photo_gives_five_avatars() {
    let folder = Folder::new("five");
    folder.put("me.jpg", &astronaut());
    let run = avatar(&folder, &["me.jpg", "--out", "out"]);
    assert_eq!((run.status.code(), text(&run.stderr)), (Some(0), ""));
    let sizes = ["128", "256", "32", "512", "64"];
    assert_eq!(folder.out(), sizes.map(|size| format!("me-{size}.jpg")));
}

#[test]
fn every_option_has_an_effect() {
    let folder = Folder::new("options");
    folder.put("me.jpg", &astronaut());
    let digest = |options: &str| {
        let line = format!("me.jpg --json --out out --sizes 600x300 {options}");
        let run = avatar(&folder, &line.split_whitespace().collect::<Vec<_>>());
        assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
        let report: Value = serde_json::from_slice(&run.stdout).unwrap();
        report["outputs"][0]["digest"].to_string()
    };
    let options = "--format=webp|--format=webp --lossless|--formats=png|--quality=70|\
                   --max-bytes=9000|--effort=small|--progressive|--subsampling=4:4:4|\
                   --crop=north|--crop=0.4,0.3|--crop=0,0,90,90|--fit=contain|--no-upscale|--filter=pixelated|\
                   --fit=contain --background=#336699";
    let mut digests: Vec<_> = options.split('|').map(digest).collect();
    digests.push(digest(""));
    let different: std::collections::HashSet<_> = digests.iter().collect();
    assert_eq!(different.len(), digests.len());
    assert_eq!(
        folder.out(),
        ["me-600x300.jpg", "me-600x300.png", "me-600x300.webp"]
    );
}

#[test]
fn each_size_is_written_in_each_format() {
    let folder = Folder::new("formats");
    folder.put("photo.jpg", &astronaut());
    // No avatar may overwrite this photo.
    folder.put("out/photo-32.webp", &astronaut());
    let line = "photo.jpg out/photo-32.webp --json --out out --sizes 64,32 --formats webp,jpeg";
    let run = avatar(&folder, &line.split(' ').collect::<Vec<_>>());
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let line = text(&run.stdout).lines().next().unwrap();
    let report: Value = serde_json::from_str(line).unwrap();
    let outputs = report["outputs"].as_array().unwrap();
    let formats: Vec<_> = outputs.iter().map(|output| &output["format"]).collect();
    assert_eq!(formats, ["webp", "jpeg", "webp", "jpeg"]);
    let names =
        ["2-32.jpg", "2-32.webp", "2-64.jpg", "2-64.webp"].map(|end| format!("photo-{end}"));
    assert_eq!(folder.out()[..4], names);
}

#[test]
fn a_damaged_photo_is_rendered_if_accepted() {
    let folder = Folder::new("damaged");
    folder.put("cut.jpg", &astronaut()[..30_000]);
    let line = ["cut.jpg", "--out", "out", "--sizes", "32"];
    assert_eq!(avatar(&folder, &line).status.code(), Some(1));
    let accepted = [&line[..], &["--accept-damaged"]].concat();
    let run = avatar(&folder, &accepted);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    assert!(text(&run.stdout).contains(" % missing, "));
    assert_eq!(folder.out(), ["cut-32.jpg"]);
}

#[test]
fn an_unusable_output_folder_is_reported() {
    let folder = Folder::new("output");
    folder.put("me.jpg", &astronaut());
    let run = avatar(&folder, &["me.jpg", "--out", "me.jpg"]);
    assert_eq!(run.status.code(), Some(1));
    let message = text(&run.stderr);
    assert!(message.starts_with("error[io]: me.jpg: "), "{message}");
}

#[test]
fn a_file_that_cannot_be_written_is_named_and_no_other_file_is_left() {
    let folder = Folder::new("unwritable");
    folder.put("me.jpg", &astronaut());
    // A folder in the place of one of the files.
    folder.put("out/me-32.jpg/file", b"");
    let run = avatar(&folder, &["me.jpg", "--out", "out", "--sizes", "32,64"]);
    assert_eq!(run.status.code(), Some(1));
    let message = text(&run.stderr);
    assert!(
        message.contains("cannot write out/me-32.jpg: "),
        "{message}"
    );
    assert_eq!(folder.out(), ["me-32.jpg"]);
}

#[test]
fn json_describes_a_photo_on_one_line() {
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
    assert_eq!(me["upright_size"], serde_json::json!([512, 512]));
    assert_eq!(me["orientation"], 6);
    assert!(me["decode_scale"].is_u64() && me["milliseconds"]["decode"].is_f64());
    let output = &me["outputs"][0];
    let bytes = fs::metadata(folder.0.join(output["path"].as_str().unwrap()))
        .unwrap()
        .len();
    assert_eq!(output["bytes"], bytes);
    assert_eq!(output["digest"].as_str().map(str::len), Some(64));
    assert_eq!(output["crop"], serde_json::json!([0.0, 0.0, 512.0, 512.0]));
    assert_eq!(empty["error"]["code"], "malformed");
    assert_eq!(empty["error"]["feature"], Value::Null);
}

#[test]
fn a_refused_photo_writes_no_file_and_the_others_are_rendered() {
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
fn folders_are_searched_in_order_except_the_output_folder() {
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
fn two_photos_never_share_a_name() {
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
fn an_avatar_never_overwrites_a_photo() {
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
fn wrong_usage_exits_with_2_and_names_the_argument() {
    let folder = Folder::new("usage");
    folder.put("me.jpg", &astronaut());
    folder.put("empty/notes.txt", b"not a photo");
    let cases: [(&[&str], &str); 13] = [
        (&[], "<PHOTO>"),
        (&["empty"], "no photos found"),
        (&["me.jpg", "--frobnicate"], "--frobnicate"),
        (&["me.jpg", "--sizes", "many"], "many"),
        (&["me.jpg", "--sizes", "0"], "0x0"),
        (&["me.jpg", "--sizes", "64,64"], "twice"),
        (&["me.jpg", "--format", "tiff"], "tiff"),
        (&["me.jpg", "--quality", "101"], "101"),
        (&["me.jpg", "--crop", "middle"], "middle"),
        (&["me.jpg", "--crop", "2,0"], "2"),
        (&["me.jpg", "--crop", "1,2,3"], "WIDTH,HEIGHT"),
        (&["me.jpg", "--background", "red"], "red"),
        (&["me.jpg", "--out"], "--out"),
    ];
    for (arguments, expected) in cases {
        let run = avatar(&folder, arguments);
        assert_eq!(run.status.code(), Some(2), "{arguments:?}");
        let message = text(&run.stderr);
        assert!(
            message.starts_with("error: ") && message.contains(expected),
            "{message}"
        );
    }
    assert!(!folder.0.join("avatars").exists());
}

#[test]
fn help_goes_to_standard_output() {
    let run = avatar(&Folder::new("help"), &["--help"]);
    assert_eq!(run.status.code(), Some(0));
    assert!(text(&run.stdout).contains("--sheet"));
}

#[test]
fn the_sheet_draws_the_same_crop_for_every_orientation() {
    let folder = Folder::new("sheet");
    for value in 1..=8 {
        folder.put(&format!("photos/{value}.jpg"), &oriented(value));
    }
    let line = "photos --out out --sizes 64x32 --crop north --sheet";
    let run = avatar(&folder, &line.split_whitespace().collect::<Vec<_>>());
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let page = fs::read_to_string(folder.0.join("out/index.html")).unwrap();
    // Once in the mask and twice as a frame.
    let top_half = "x=\"0\" y=\"0\" width=\"512\" height=\"256\"";
    assert_eq!(page.matches(top_half).count(), 8 * 3);
}

#[test]
fn a_file_name_with_markup_is_escaped_on_the_sheet() {
    let folder = Folder::new("markup");
    folder.put("<img src=x onerror=alert(1)>.jpg", &astronaut());
    let run = avatar(&folder, &[".", "--out", "out", "--sizes", "32", "--sheet"]);
    assert_eq!(run.status.code(), Some(0), "{}", text(&run.stderr));
    let page = fs::read_to_string(folder.0.join("out/index.html")).unwrap();
    assert!(page.contains("&#60;img src=x") && !page.contains("<img src=x"));
    assert!(page.contains("src=\"./%3Cimg%20src%3Dx"));
}
