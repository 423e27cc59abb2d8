//! The database: PostgreSQL or SQLite, as its address says.

use std::time::Duration;

use sqlx::any::{AnyConnectOptions, AnyPoolOptions, install_default_drivers};
use sqlx::{AnyConnection, AnyPool, ConnectOptions, Executor};

/// Where the database is unless DATABASE_URL says otherwise.
pub const DEFAULT_URL: &str = "sqlite://cruddur.db?mode=rwc";
/// The most connections of one process.
const CONNECTIONS: u32 = 10;
/// How long a request waits for one of them.
const PATIENCE: Duration = Duration::from_secs(3);

/// Connections that are made when they are needed, so that a database that goes away may come back.
///
/// # Errors
///
/// The address is of no database that is known here.
pub fn open(url: &str) -> sqlx::Result<AnyPool> {
    install_default_drivers();
    let options = AnyPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .after_connect(|connection, _| Box::pin(prepare(connection)));
    options.connect_lazy(url)
}

/// One connection, for the command line.
///
/// # Errors
///
/// There is no database at the address.
pub async fn connect(url: &str) -> sqlx::Result<AnyConnection> {
    install_default_drivers();
    let options: AnyConnectOptions = url.parse()?;
    options.connect().await
}

/// With a log that is written ahead, SQLite's readers do not wait for who writes, and who writes
/// waits for who writes before. No query of this program takes PostgreSQL seconds.
async fn prepare(connection: &mut AnyConnection) -> sqlx::Result<()> {
    let statements = if connection.backend_name() == "SQLite" {
        "PRAGMA busy_timeout = 3000; PRAGMA journal_mode = WAL"
    } else {
        "SET statement_timeout = '10s'"
    };
    connection.execute(statements).await.map(drop)
}
