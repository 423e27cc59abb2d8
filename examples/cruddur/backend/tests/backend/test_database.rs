//! A database for one test, which is deleted when the test ends.

use std::time::Duration;

use cruddur_backend::database;
use sqlx::{AnyConnection, Executor};

use crate::openssl::Folder;
use crate::postgres::Cluster;

/// A SQLite file or a PostgreSQL cluster.
pub(crate) enum TestDatabase {
    Sqlite(Folder),
    Postgres(Cluster),
}

impl TestDatabase {
    pub(crate) fn sqlite(test: &str) -> Self {
        Self::Sqlite(Folder::new(&format!("sqlite-{test}")))
    }

    pub(crate) fn postgres(test: &str) -> Self {
        Self::Postgres(Cluster::start(test))
    }

    /// The URL. The database may not exist yet.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => format!("sqlite://{}?mode=rwc", folder.path("cruddur.db")),
            Self::Postgres(cluster) => cluster.url("postgres"),
        }
    }

    pub(crate) async fn connect(&self) -> AnyConnection {
        database::connect(&self.url()).await.unwrap()
    }

    /// Makes the database unavailable: crashes PostgreSQL, or locks SQLite with a write
    /// transaction.
    pub(crate) async fn interrupt(&mut self) -> Outage {
        if let Self::Postgres(cluster) = self {
            cluster.crash();
            return Outage(None);
        }
        let mut connection = self.connect().await;
        connection.execute("BEGIN EXCLUSIVE").await.unwrap();
        Outage(Some(connection))
    }

    /// Makes the database available again.
    pub(crate) async fn restore(&mut self, mut outage: Outage) {
        if let Self::Postgres(cluster) = self {
            cluster.start_server();
        }
        if let Some(connection) = &mut outage.0 {
            connection.execute("ROLLBACK").await.unwrap();
        }
        drop(outage);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Holds the lock of SQLite.
pub(crate) struct Outage(Option<AnyConnection>);
