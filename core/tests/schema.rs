//! `options.schema.json` describes `Options` for every surface that is not Rust.

// Tests fail by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(feature = "schema")]

use std::path::Path;
use std::{env, fs};

use roundel::Options;

#[test]
fn the_committed_schema_matches_the_options() {
    let schema = schemars::schema_for!(Options);
    let fresh = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("options.schema.json");
    if env::var_os("ROUNDEL_BLESS").is_some() {
        return fs::write(path, fresh).unwrap();
    }
    let committed = fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == fresh,
        "options.schema.json is stale: make bless"
    );
}

#[test]
fn options_in_json_refuse_unknown_fields() {
    for wrong in [r#"{"size": 64}"#, r#"{"limits": {"megapixels": 1}}"#] {
        let error = serde_json::from_str::<Options>(wrong).unwrap_err();
        assert!(error.to_string().contains("unknown field"), "{error}");
    }
}

#[test]
fn options_in_json_default_to_those_of_rust() {
    assert_eq!(
        serde_json::from_str::<Options>("{}").unwrap(),
        Options::default()
    );
    let options = Options::default();
    let text = serde_json::to_string(&options).unwrap();
    assert_eq!(serde_json::from_str::<Options>(&text).unwrap(), options);
}
