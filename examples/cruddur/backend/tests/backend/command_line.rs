//! The program itself: its command line, and how it stops.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use crate::test_database::Engine;

/// How long a command may take.
const PATIENCE: Duration = Duration::from_secs(30);
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
    } = finish(&mut command(url, arguments));
    let said = String::from_utf8([stdout, stderr].concat()).unwrap();
    (status.success(), said)
}

/// What it printed; a program that serves although it should not would never end.
fn finish(command: &mut Command) -> Output {
    let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("it does not end: {:?}", child.wait_with_output());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    child.wait_with_output().unwrap()
}

on_both!(from_nothing_to_people_and_back);

async fn from_nothing_to_people_and_back(engine: Engine) {
    let url = match &engine {
        Engine::Sqlite(_) => engine.url(),
        Engine::Postgres(cluster) => cluster.url("not_there_yet"),
    };
    for step in [
        "setup", "setup", "migrate", "rollback", "rollback", "rollback",
    ] {
        let (succeeded, said) = run(&url, &[step]);
        assert!(succeeded, "{step}: {said}");
    }
    let (succeeded, said) = run(&url, &["rollback"]);
    assert!(succeeded && said.contains("nothing to roll back"), "{said}");
    for command in [&["serve"][..], &[]] {
        let (succeeded, said) = run(&url, command);
        assert!(!succeeded && said.contains("bin/db/migrate"), "{said}");
    }
    let (succeeded, said) = run(&url, &["seed"]);
    assert!(
        !succeeded && said.contains("is the database migrated"),
        "{said}"
    );
    assert!(run(&url, &["migrate"]).0);
    assert!(run(&url, &["seed"]).0);
}

#[test]
fn what_makes_no_sense_is_said_and_nothing_is_served() {
    let engine = Engine::sqlite("usage");
    for arguments in [&["serv"][..], &["migrate", "now"], &["seed", "--all"]] {
        let output = finish(&mut command(&engine.url(), arguments));
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    }
    assert!(run(&engine.url(), &["setup"]).0);
    for (name, _) in ENVIRONMENT {
        let output = finish(command(&engine.url(), &[]).env_remove(name));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(name), "{said}");
    }
    let (succeeded, said) = run(&engine.url(), &["seed", "/nowhere/people.json"]);
    assert!(
        !succeeded && said.contains("/nowhere/people.json"),
        "{said}"
    );
    let (succeeded, said) = run("mysql://localhost/x", &["migrate"]);
    assert!(!succeeded, "{said}");
}

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
fn it_stops_within_seconds_although_a_stream_is_open() {
    let engine = Engine::sqlite("stops");
    assert!(run(&engine.url(), &["setup"]).0);
    for signal in ["-TERM", "-INT"] {
        let mut server = Server::start(&engine.url());
        let mut stream = TcpStream::connect(&server.1).unwrap();
        stream
            .write_all(b"GET /api/profile/ada/events HTTP/1.1\r\nhost: a\r\n\r\n")
            .unwrap();
        let mut seen = BufReader::new(stream);
        let mut line = String::new();
        while !line.starts_with("event: profile") {
            line.clear();
            assert!(
                seen.read_line(&mut line).unwrap() > 0,
                "the stream ended early"
            );
        }
        let begun = Instant::now();
        Command::new("kill")
            .arg(signal)
            .arg(server.0.id().to_string())
            .status()
            .unwrap();
        let mut rest = String::new();
        seen.read_to_string(&mut rest).unwrap();
        assert!(
            rest.ends_with("0\r\n\r\n"),
            "the stream ends as it should: {rest:?}"
        );
        assert!(server.0.wait().unwrap().success(), "{signal}");
        assert!(
            begun.elapsed() < Duration::from_secs(3),
            "{signal}: {:?}",
            begun.elapsed()
        );
    }
}
