//! Inputs of the benchmarks: photo-like pictures that are drawn from a seed, as files of every format.
//!
//! [`scene`] draws them, [`files`] encodes them, and [`inputs`] lists the files that the benchmarks use.
//! `cargo run --release -p roundel-benches --bin inputs -- FOLDER` writes them for other tools.

pub mod files;
pub mod inputs;
pub mod scene;
pub mod timing;

/// Any failure, for programs that only report it.
pub type Failed = Box<dyn std::error::Error + Send + Sync>;
