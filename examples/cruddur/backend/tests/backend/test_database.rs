//! A database that is made for one test, and gone with it.

use std::time::Duration;

use cruddur_backend::database;
use sqlx::{AnyConnection, Executor};

use crate::openssl::Folder;
use crate::postgres::Cluster;

/// One of the two kinds.
pub(crate) enum Engine {
    Sqlite(Folder),
    Postgres(Cluster),
}

impl Engine {
    pub(crate) fn sqlite(test: &str) -> Self {
        Self::Sqlite(Folder::new(&format!("sqlite-{test}")))
    }

    pub(crate) fn postgres(test: &str) -> Self {
        Self::Postgres(Cluster::start(test))
    }

    /// Where it is; there need not be one yet.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(folder) => format!("sqlite://{}?mode=rwc", folder.path("cruddur.db")),
            Self::Postgres(cluster) => cluster.url("postgres"),
        }
    }

    pub(crate) async fn connect(&self) -> AnyConnection {
        database::connect(&self.url()).await.unwrap()
    }

    /// Takes the database away from everybody else: PostgreSQL crashes; SQLite is locked by a
    /// writer that does not end.
    pub(crate) async fn away(&mut self) -> Away {
        if let Self::Postgres(cluster) = self {
            cluster.crash();
            return Away(None);
        }
        let mut connection = self.connect().await;
        connection.execute("BEGIN EXCLUSIVE").await.unwrap();
        Away(Some(connection))
    }

    pub(crate) async fn back(&mut self, mut away: Away) {
        if let Self::Postgres(cluster) = self {
            cluster.run();
        }
        if let Some(connection) = &mut away.0 {
            connection.execute("ROLLBACK").await.unwrap();
        }
        drop(away);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What keeps a database away.
pub(crate) struct Away(Option<AnyConnection>);
