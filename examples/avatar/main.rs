//! The program `avatar`: photos in, avatars out.
//!
//! ```text
//! cargo run --release --example avatar -- PHOTO... [OPTIONS]
//! ```
//!
//! All of it is in the library `roundel-avatar`, which the Python package runs too.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(roundel_avatar::run(std::env::args_os()))
}
