//! Connections to the database, PostgreSQL or SQLite depending on the scheme of its URL.

use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions, install_default_drivers};
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
    let options: AnyConnectOptions = url.parse()?;
    options.connect().await
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
