//! The program: see the README.

use std::io::Write;
use std::process::ExitCode;

use cruddur_backend::cli::{Command, USAGE};
use roundel_lambda::environment::Environment;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let Some(command) = Command::read(&arguments) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match command.run(&Environment::of_process()).await {
        Ok(said) => {
            // Whoever closed the output does not want to hear of it.
            let _ = writeln!(std::io::stdout(), "{said}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
