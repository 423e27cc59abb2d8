//! The schema's history: one set of migrations for PostgreSQL and SQLite, each of which can be
//! rolled back without losing what was stored.
//!
//! sqlx keeps its own account. The original's `schema_information(id, last_successful_run)` says
//! the same to people and to [`check`].

use futures_util::future::BoxFuture;
use sqlx::error::BoxDynError;
use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationSource, MigrationType, Migrator};
use sqlx::{AnyConnection, AnyPool, Connection, Executor};

/// Version, description, and what does and undoes it.
type Step = (i64, &'static str, &'static str, &'static str);

macro_rules! step {
    ($version:literal, $name:literal) => {
        (
            $version,
            $name,
            include_str!(concat!("../migrations/", $version, "_", $name, ".up.sql")),
            include_str!(concat!("../migrations/", $version, "_", $name, ".down.sql")),
        )
    };
}

/// In their order. A step that has been released is never changed, only followed.
const STEPS: &[Step] = &[
    step!(20261124000001, "users"),
    step!(20261124000002, "bio"),
    step!(20261124000003, "avatar"),
];

/// Why a database cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// It lacks migrations.
    #[error(
        "the database is at version {found}, and this program needs {needed}: run bin/db/migrate"
    )]
    Behind {
        /// The version it is at; 0 is none.
        found: i64,
        /// The version it must be at.
        needed: i64,
    },
    /// A newer program has migrated it.
    #[error(
        "the database is at version {found}, and this program knows {known}: \
         start the newer program, or roll back with it"
    )]
    Ahead {
        /// The version it is at.
        found: i64,
        /// The newest one that is known here.
        known: i64,
    },
    /// It does not answer.
    #[error("the database cannot be read: {0}")]
    Database(#[from] sqlx::Error),
}

#[derive(Debug)]
struct Embedded;

impl MigrationSource<'static> for Embedded {
    fn resolve(self) -> BoxFuture<'static, Result<Vec<Migration>, BoxDynError>> {
        let both = |&(version, name, up, down): &Step| {
            [
                (MigrationType::ReversibleUp, up),
                (MigrationType::ReversibleDown, down),
            ]
            .map(|(kind, sql)| Migration::new(version, name.into(), kind, sql.into(), false))
        };
        let migrations = STEPS.iter().flat_map(both).collect();
        Box::pin(std::future::ready(Ok(migrations)))
    }
}

/// The version that this program needs.
pub fn newest() -> i64 {
    STEPS.last().map_or(0, |step| step.0)
}

/// Brings the database to the newest version, which is returned.
///
/// # Errors
///
/// A step fails (it is undone as a whole), or one that was applied has been changed since.
pub async fn migrate(connection: &mut AnyConnection) -> Result<i64, MigrateError> {
    let migrator = Migrator::new(Embedded).await?;
    let migrated = migrator.run_direct(connection).await;
    // Steps before the one that failed were done.
    let told = tell(connection).await;
    migrated?;
    Ok(told?)
}

/// Undoes the last step, which is returned; `None` where there was none.
///
/// # Errors
///
/// The step fails, and is undone as a whole.
pub async fn rollback(connection: &mut AnyConnection) -> Result<Option<i64>, MigrateError> {
    let migrator = Migrator::new(Embedded).await?;
    connection.ensure_migrations_table().await?;
    let mut applied: Vec<_> = connection.list_applied_migrations().await?;
    applied.sort_by_key(|migration| migration.version);
    let Some(last) = applied.pop() else {
        return Ok(None);
    };
    let target = applied.last().map_or(0, |migration| migration.version);
    let undone = migrator.undo(&mut *connection, target).await;
    tell(connection).await?;
    undone.map(|()| Some(last.version))
}

/// Writes the version into `schema_information`.
async fn tell(connection: &mut AnyConnection) -> sqlx::Result<i64> {
    let mut transaction = connection.begin().await?;
    transaction
        .execute(
            "CREATE TABLE IF NOT EXISTS schema_information \
             (id INTEGER UNIQUE, last_successful_run TEXT); \
             INSERT INTO schema_information (id, last_successful_run) VALUES (1, '0') \
             ON CONFLICT (id) DO NOTHING; \
             UPDATE schema_information SET last_successful_run = \
             (SELECT CAST(COALESCE(MAX(version), 0) AS TEXT) FROM _sqlx_migrations WHERE success) \
             WHERE id = 1",
        )
        .await?;
    let version = sqlx::query_scalar::<_, String>(VERSION)
        .fetch_one(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(version.parse().unwrap_or(0))
}

const VERSION: &str = "SELECT last_successful_run FROM schema_information WHERE id = 1";

/// Whether the database is at the version that this program needs.
///
/// # Errors
///
/// It is at another one, or does not answer.
pub async fn check(pool: &AnyPool) -> Result<(), SchemaError> {
    let needed = newest();
    match version(pool).await? {
        found if found < needed => Err(SchemaError::Behind { found, needed }),
        found if found > needed => Err(SchemaError::Ahead {
            found,
            known: needed,
        }),
        _ => Ok(()),
    }
}

async fn version(pool: &AnyPool) -> sqlx::Result<i64> {
    let read = sqlx::query_scalar::<_, String>(VERSION)
        .fetch_optional(pool)
        .await;
    match read {
        Err(error) if lacks_table(&error) => Ok(0),
        read => Ok(read?.and_then(|version| version.parse().ok()).unwrap_or(0)),
    }
}

fn lacks_table(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else {
        return false;
    };
    let undefined_table = error.code().is_some_and(|code| code == "42P01");
    undefined_table || error.message().starts_with("no such table")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_embedded() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let embedded: Vec<_> = STEPS
            .iter()
            .flat_map(|(version, name, ..)| {
                ["down", "up"].map(|way| format!("{version}_{name}.{way}.sql"))
            })
            .collect();
        assert_eq!(files, embedded);
    }
}
