//! The program: its commands, and its shutdown.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::test_database::TestDatabase;

/// Timeout of a command.
const TIMEOUT: Duration = Duration::from_secs(30);
const ENVIRONMENT: [(&str, &str); 4] = [
    ("USER_POOL_ID", "eu-central-1_pool"),
    ("CLIENT_ID", "app"),
    (
        "AVATAR_TOPIC_ARN",
        "arn:aws:sns:eu-central-1:123456789012:avatars",
    ),
    ("ASSETS_URL", "https://assets.example.com"),
];

fn command(url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cruddur-backend"));
    command
        .args(arguments)
        .env("DATABASE_URL", url)
        .env("BIND", "127.0.0.1:0")
        .envs(ENVIRONMENT);
    command
}

fn run(url: &str, arguments: &[&str]) -> (bool, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = run_to_end(&mut command(url, arguments));
    let output = String::from_utf8([stdout, stderr].concat()).unwrap();
    (status.success(), output)
}

/// Runs a command to its end. The timeout catches a program that serves although it must not.
fn run_to_end(command: &mut Command) -> Output {
    let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > TIMEOUT {
            child.kill().unwrap();
            panic!("the command did not end: {:?}", child.wait_with_output());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

on_both_databases!(setup_migrate_rollback_and_seed_work_in_sequence);

async fn setup_migrate_rollback_and_seed_work_in_sequence(database: TestDatabase) {
    let url = match &database {
        TestDatabase::Sqlite(_) => database.url(),
        TestDatabase::Postgres(cluster) => cluster.url("not_there_yet"),
    };
    for step in [
        "setup", "setup", "migrate", "rollback", "rollback", "rollback",
    ] {
        let (succeeded, output) = run(&url, &[step]);
        assert!(succeeded, "{step}: {output}");
    }
    let (succeeded, output) = run(&url, &["rollback"]);
    assert!(
        succeeded && output.contains("nothing to roll back"),
        "{output}"
    );
    for command in [&["serve"][..], &[]] {
        let (succeeded, output) = run(&url, command);
        assert!(!succeeded && output.contains("bin/db/migrate"), "{output}");
    }
    let (succeeded, output) = run(&url, &["seed"]);
    assert!(
        !succeeded && output.contains("Check that the database is migrated"),
        "{output}"
    );
    assert!(run(&url, &["migrate"]).0);
    assert!(run(&url, &["seed"]).0);
}

#[cfg(unix)]
#[test]
fn only_the_user_of_the_program_can_read_a_sqlite_database() {
    use std::os::unix::fs::PermissionsExt;

    let TestDatabase::Sqlite(folder) = TestDatabase::sqlite("private") else {
        unreachable!()
    };
    for (command, name) in [("setup", "set-up.db"), ("migrate", "migrated.db")] {
        let path = folder.path(name);
        assert!(run(&format!("sqlite://{path}?mode=rwc"), &[command]).0);
        let mode = std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{command}");
    }
}

#[test]
fn wrong_usage_and_missing_variables_are_reported_and_nothing_is_served() {
    let database = TestDatabase::sqlite("usage");
    for arguments in [&["serv"][..], &["migrate", "now"], &["seed", "--all"]] {
        let output = run_to_end(&mut command(&database.url(), arguments));
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    assert!(run(&database.url(), &["setup"]).0);
    for (name, _) in ENVIRONMENT {
        let output = run_to_end(command(&database.url(), &[]).env_remove(name));
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && stderr.contains(name),
            "{stderr}"
        );
    }
    let (succeeded, output) = run(&database.url(), &["seed", "/nowhere/users.json"]);
    assert!(
        !succeeded && output.contains("/nowhere/users.json"),
        "{output}"
    );
    let (succeeded, output) = run(
        &database.url(),
        &["catch-up", "--refusals", "/nowhere/refused"],
    );
    assert!(
        !succeeded && output.contains("/nowhere/refused"),
        "{output}"
    );
    let (succeeded, output) = run("mysql://localhost/x", &["migrate"]);
    assert!(!succeeded, "{output}");
}

/// A running server, and its address.
struct Server(Child, String);

impl Server {
    fn start(url: &str) -> Self {
        let mut child = command(url, &[]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let log: serde_json::Value = serde_json::from_str(&line).expect("a log in JSON");
        let address = log["address"].as_str().unwrap().to_owned();
        Self(child, address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_signal_stops_the_server_within_seconds_while_a_stream_is_open() {
    let database = TestDatabase::sqlite("stops");
    assert!(run(&database.url(), &["setup"]).0);
    for signal in ["-TERM", "-INT"] {
        let mut server = Server::start(&database.url());
        let mut stream = TcpStream::connect(&server.1).unwrap();
        stream
            .write_all(b"GET /api/profile/ada/events HTTP/1.1\r\nhost: a\r\n\r\n")
            .unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        while !line.starts_with("event: profile") {
            line.clear();
            assert!(
                reader.read_line(&mut line).unwrap() > 0,
                "the stream ended early"
            );
        }
        let start = Instant::now();
        Command::new("kill")
            .arg(signal)
            .arg(server.0.id().to_string())
            .status()
            .unwrap();
        let mut rest = String::new();
        reader.read_to_string(&mut rest).unwrap();
        assert!(
            rest.ends_with("0\r\n\r\n"),
            "the response has a complete chunked body: {rest:?}"
        );
        assert!(server.0.wait().unwrap().success(), "{signal}");
        assert!(
            start.elapsed() < Duration::from_secs(3),
            "{signal}: {:?}",
            start.elapsed()
        );
    }
}
