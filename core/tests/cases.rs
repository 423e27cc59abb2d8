//! `cases.json`: inputs and options, with the expected sizes, format and digest, or error code.
//!
//! Every surface (Rust, Python, wasm, Lambda) runs this file, so all of them agree to the byte. After an
//! intended change of bytes, `ROUNDEL_BLESS=1` (or `make bless`) rewrites the expectations. The diff then
//! shows one line per changed case.

// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(all(feature = "animation", feature = "serde", feature = "subject"))]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use base64::{Engine, prelude::BASE64_STANDARD};
use roundel::{Options, Size, render};
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Deserialize)]
struct File {
    inputs: BTreeMap<String, Input>,
    cases: Vec<Case>,
}

#[derive(Deserialize, Serialize)]
struct Input {
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    input: String,
    /// A feature of core that it needs. Without it, the photo is unsupported if the feature reads a format, and
    /// else the options are invalid.
    #[serde(default)]
    feature: Option<String>,
    options: Value,
    expect: Expect,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
enum Expect {
    Rendered {
        /// Of the first avatar.
        format: String,
        sizes: Vec<Size>,
        /// `Rendered::digest`, of all avatars together.
        digest: String,
    },
    Refused {
        error: String,
    },
}

impl Input {
    fn bytes(&self) -> Vec<u8> {
        match (&self.file, &self.base64) {
            (Some(file), None) => fs::read(core().join("..").join(file)).unwrap(),
            (None, Some(text)) => BASE64_STANDARD.decode(text).unwrap(),
            _ => panic!("an input is either a file or base64: {}", self.what),
        }
    }
}

impl Case {
    fn run(&self, inputs: &BTreeMap<String, Input>) -> Expect {
        // JSON that is not valid options is refused like options that cannot be met.
        let Ok(options) = Options::deserialize(&self.options) else {
            return refused("invalid_options");
        };
        match render(&inputs[&self.input].bytes(), &options) {
            Ok(rendered) => Expect::Rendered {
                format: rendered.avatars[0].format.name().into(),
                sizes: rendered.avatars.iter().map(|avatar| avatar.size).collect(),
                digest: rendered.digest(),
            },
            Err(error) => refused(error.code()),
        }
    }

    fn expected(&self) -> Expect {
        match self.feature.as_deref() {
            Some("heic") if cfg!(not(feature = "heic")) => refused("unsupported"),
            Some("avif") if cfg!(not(feature = "avif")) => refused("unsupported"),
            _ => self.expect.clone(),
        }
    }
}

fn refused(code: &str) -> Expect {
    Expect::Refused { error: code.into() }
}

#[test]
fn every_case_gives_its_expected_result() {
    let path = core().join("cases.json");
    let mut file: File = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let got: Vec<_> = file
        .cases
        .iter()
        .map(|case| case.run(&file.inputs))
        .collect();
    if env::var_os("ROUNDEL_BLESS").is_some() {
        file.cases
            .iter_mut()
            .zip(got)
            .for_each(|(case, got)| case.expect = got);
        return fs::write(path, file.text()).unwrap();
    }
    let differ = file
        .cases
        .iter()
        .zip(&got)
        .filter(|(case, got)| case.expected() != **got);
    let report: String = differ
        .map(|(case, got)| format!("\n{}\n  was {:?}\n  is  {got:?}", case.name, case.expect))
        .collect();
    assert!(
        report.is_empty(),
        "{report}\n\nIf this is intended: make bless"
    );
}

#[test]
fn every_input_is_used_and_every_name_is_unique() {
    let text = fs::read_to_string(core().join("cases.json")).unwrap();
    let file: File = serde_json::from_str(&text).unwrap();
    for name in file.inputs.keys() {
        assert!(file.cases.iter().any(|case| &case.input == name), "{name}");
    }
    let mut names: Vec<_> = file.cases.iter().map(|case| &case.name).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), file.cases.len());
}

impl File {
    /// Three lines per case, so that a diff shows the name next to a change.
    fn text(&self) -> String {
        let inputs = self
            .inputs
            .iter()
            .map(|(name, input)| format!("    {}: {}", json(name), json(input)));
        let cases = self.cases.iter().map(Case::text);
        let mut text = String::from("{\n  \"inputs\": {\n");
        let (inputs, cases): (Vec<_>, Vec<_>) = (inputs.collect(), cases.collect());
        write!(text, "{}\n  }},\n", inputs.join(",\n")).unwrap();
        write!(text, "  \"cases\": [\n{}\n  ]\n}}\n", cases.join(",\n")).unwrap();
        text
    }
}

impl Case {
    fn text(&self) -> String {
        let feature = self
            .feature
            .as_ref()
            .map(|name| format!(" \"feature\": {},", json(name)));
        format!(
            "    {{ \"name\": {}, \"input\": {},{}\n      \"options\": {},\n      \"expect\": {} }}",
            json(&self.name),
            json(&self.input),
            feature.unwrap_or_default(),
            json(&self.options),
            json(&self.expect),
        )
    }
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

fn core() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
