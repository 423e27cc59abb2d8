//! A PostgreSQL cluster in a temporary folder, reached by a socket in that folder.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Cluster {
    folder: PathBuf,
    programs: PathBuf,
    server: Option<Child>,
}

impl Cluster {
    pub(crate) fn start(test: &str) -> Self {
        // The path of a socket has about 100 bytes.
        let name = format!(
            "roundel-pg-{}-{}",
            std::process::id(),
            &test[..test.len().min(20)]
        );
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let mut cluster = Self {
            folder,
            programs: programs(),
            server: None,
        };
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&cluster.folder));
        }
        let mut initdb = cluster.command("initdb");
        initdb.args([
            "--no-sync",
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--no-locale",
            "-D",
        ]);
        run(initdb.arg(cluster.folder.join("data")));
        cluster.run();
        cluster
    }

    pub(crate) fn url(&self, database: &str) -> String {
        let host = self.folder.to_str().unwrap().replace('/', "%2F");
        format!("postgres://postgres@{host}/{database}")
    }

    /// Starts the server and waits until it answers.
    pub(crate) fn run(&mut self) {
        let mut command = self.command("postgres");
        command
            .arg("-D")
            .arg(self.folder.join("data"))
            .arg("-k")
            .arg(&self.folder);
        command.args(["-h", "", "-F", "-c", "shared_buffers=16MB"]);
        self.server = Some(
            command
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap(),
        );
        let begun = Instant::now();
        while !self.answers() {
            assert!(
                begun.elapsed() < PATIENCE,
                "PostgreSQL does not start in {:?}",
                self.folder
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends the server as a crash would.
    pub(crate) fn crash(&mut self) {
        self.signal("-QUIT");
    }

    fn answers(&self) -> bool {
        let ready = std::fs::read_to_string(self.folder.join("data/postmaster.pid"));
        let is_ready =
            ready.is_ok_and(|text| text.lines().last().is_some_and(|l| l.trim() == "ready"));
        is_ready && UnixStream::connect(self.folder.join(".s.PGSQL.5432")).is_ok()
    }

    fn signal(&mut self, signal: &str) {
        if let Some(mut server) = self.server.take() {
            let _ = Command::new("kill")
                .arg(signal)
                .arg(server.id().to_string())
                .status();
            let _ = server.wait();
        }
    }

    /// PostgreSQL does not run as root: there it runs as the user that its package made.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = Command::new(&program);
        if is_root() {
            command = Command::new("setpriv");
            command
                .args(["--reuid=postgres", "--regid=postgres", "--clear-groups"])
                .arg(program);
        }
        command.current_dir(&self.folder);
        command
    }
}

/// Also when the test fails.
impl Drop for Cluster {
    fn drop(&mut self) {
        self.signal("-QUIT");
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Where `initdb` and `postgres` are: in the path, or where Debian puts the newest.
fn programs() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).collect::<Vec<_>>();
    let debian = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut debian: Vec<_> = debian.map(|version| version.path().join("bin")).collect();
    debian.sort_by_key(|folder| std::cmp::Reverse(version(folder)));
    let has_both =
        |folder: &PathBuf| folder.join("initdb").exists() && folder.join("postgres").exists();
    let found = in_path.into_iter().chain(debian).find(has_both);
    found.expect(
        "initdb and postgres are neither in PATH nor in /usr/lib/postgresql: run `make setup`",
    )
}

/// `/usr/lib/postgresql/15/bin` is 15.
fn version(folder: &Path) -> u32 {
    let name = folder
        .parent()
        .and_then(|parent| parent.file_name()?.to_str());
    name.and_then(|name| name.parse().ok()).unwrap_or(0)
}

fn is_root() -> bool {
    let printed = Command::new("id").arg("-u").output().unwrap();
    printed.stdout.trim_ascii() == b"0"
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {said}");
}
