//! The program `avatar`: the command line of roundel.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(roundel_avatar::run())
}
