//! A PostgreSQL cluster in a temporary folder. It listens on a Unix socket in this folder only.

use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Timeout of the start.
const TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) struct Cluster {
    folder: PathBuf,
    bin: PathBuf,
    server: Option<Child>,
}

impl Cluster {
    pub(crate) fn start(test: &str) -> Self {
        // The path of a Unix socket is limited to about 100 bytes.
        let name = format!(
            "roundel-pg-{}-{}",
            std::process::id(),
            &test[..test.len().min(20)]
        );
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let mut cluster = Self {
            folder,
            bin: find_bin_folder(),
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
        cluster.start_server();
        cluster
    }

    pub(crate) fn url(&self, database: &str) -> String {
        let host = self.folder.to_str().unwrap().replace('/', "%2F");
        format!("postgres://postgres@{host}/{database}")
    }

    /// Starts the server and waits until it accepts connections.
    pub(crate) fn start_server(&mut self) {
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
        let start = Instant::now();
        while !self.is_ready() {
            assert!(
                start.elapsed() < TIMEOUT,
                "PostgreSQL did not start in {:?}",
                self.folder
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Stops the server at once, without a checkpoint, as a crash would.
    pub(crate) fn crash(&mut self) {
        self.signal("-QUIT");
    }

    fn is_ready(&self) -> bool {
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

    /// PostgreSQL refuses to run as root. Root runs it as the user `postgres` of the Debian
    /// package.
    fn command(&self, program: &str) -> Command {
        let program = self.bin.join(program);
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

/// Runs also when the test fails.
impl Drop for Cluster {
    fn drop(&mut self) {
        self.signal("-QUIT");
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The folder of `initdb` and `postgres`: on the PATH, or that of the newest Debian package.
fn find_bin_folder() -> PathBuf {
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

/// The version of a folder like `/usr/lib/postgresql/15/bin`.
fn version(folder: &Path) -> u32 {
    let name = folder
        .parent()
        .and_then(|parent| parent.file_name()?.to_str());
    name.and_then(|name| name.parse().ok()).unwrap_or(0)
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout.trim_ascii() == b"0"
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {stderr}");
}
