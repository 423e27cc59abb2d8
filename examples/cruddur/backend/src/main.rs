//! The program `cruddur-backend`. The README describes its commands and environment variables.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use cruddur_backend::cli::Cli;
use roundel_lambda::environment::Environment;

#[tokio::main]
async fn main() -> ExitCode {
    match Cli::parse().run(&Environment::from_process()).await {
        Ok(text) => {
            // An error means that stdout was closed, as by `| head`.
            let _ = writeln!(std::io::stdout(), "{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
