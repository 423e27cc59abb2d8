//! Connections to the database, PostgreSQL or SQLite depending on the scheme of its URL.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions, install_default_drivers};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AnyConnection, AnyPool, ConnectOptions, Executor};

/// Default of DATABASE_URL.
pub const DEFAULT_URL: &str = "sqlite://cruddur.db?mode=rwc";
/// Maximum number of connections of one process.
const MAX_CONNECTIONS: u32 = 10;
/// How long a request waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// A pool that connects lazily, so that the server survives a restart of the database.
///
/// # Errors
///
/// The URL is not that of a supported database.
pub fn open(url: &str) -> sqlx::Result<AnyPool> {
    install_default_drivers();
    create_private_file(url, url.contains("mode=rwc"))?;
    let options = AnyPoolOptions::new()
        .max_connections(MAX_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(|connection, _| Box::pin(prepare(connection)));
    options.connect_lazy(url)
}

/// Opens one connection, for the command line.
///
/// # Errors
///
/// The database cannot be opened.
pub async fn connect(url: &str) -> sqlx::Result<AnyConnection> {
    install_default_drivers();
    create_private_file(url, url.contains("mode=rwc"))?;
    let options: AnyConnectOptions = url.parse()?;
    options.connect().await
}

/// Creates the file of a SQLite database if it does not exist and `creates`. Only the user of this
/// process can read it, and the files that SQLite creates next to it. SQLite itself would create it with
/// the permissions of the umask.
///
/// # Errors
///
/// The file cannot be created.
pub fn create_private_file(url: &str, creates: bool) -> sqlx::Result<()> {
    let is_in_memory = [":memory:", "mode=memory"]
        .iter()
        .any(|word| url.contains(word));
    if !creates || !url.starts_with("sqlite:") || is_in_memory {
        return Ok(());
    }
    let options: SqliteConnectOptions = url.parse()?;
    let path = options.get_filename();
    if path.exists() {
        return Ok(());
    }
    private_file(path).map_err(sqlx::Error::Io)
}

fn private_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// SQLite: with write-ahead logging, readers do not wait for a writer; a writer waits up to 3
/// seconds for another one. PostgreSQL: no query of this program takes seconds, so a stuck one is
/// canceled.
async fn prepare(connection: &mut AnyConnection) -> sqlx::Result<()> {
    let statements = if connection.backend_name() == "SQLite" {
        "PRAGMA busy_timeout = 3000; PRAGMA journal_mode = WAL"
    } else {
        "SET statement_timeout = '10s'"
    };
    connection.execute(statements).await.map(drop)
}
