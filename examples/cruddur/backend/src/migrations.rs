//! Schema migrations: one set for PostgreSQL and SQLite. A rollback keeps the data of the dropped
//! columns and tables.
//!
//! sqlx records applied migrations in `_sqlx_migrations`. The table of the original,
//! `schema_information(id, last_successful_run)`, holds the newest version for people and for
//! [`check`].

use futures_util::future::BoxFuture;
use sqlx::error::BoxDynError;
use sqlx::migrate::{Migrate, MigrateError, Migration, MigrationSource, MigrationType, Migrator};
use sqlx::{AnyConnection, AnyPool, Connection, Executor};

/// Version, name, `up` script and `down` script.
type Scripts = (i64, &'static str, &'static str, &'static str);

macro_rules! scripts {
    ($version:literal, $name:literal) => {
        (
            $version,
            $name,
            include_str!(concat!("../migrations/", $version, "_", $name, ".up.sql")),
            include_str!(concat!("../migrations/", $version, "_", $name, ".down.sql")),
        )
    };
}

/// All migrations in order. A released migration is never changed; add a new one instead.
const MIGRATIONS: &[Scripts] = &[
    scripts!(20261124000001, "users"),
    scripts!(20261124000002, "bio"),
    scripts!(20261124000003, "avatar"),
];

/// The schema version does not match this program.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// Migrations are missing.
    #[error(
        "the database has version {found}, but this program needs {needed}: run bin/db/migrate"
    )]
    Behind {
        /// The version of the database; 0 if no migration was applied.
        found: i64,
        /// The version that this program needs.
        needed: i64,
    },
    /// A newer program has migrated the database.
    #[error(
        "the database has version {found}, but this program knows versions up to {known}: \
         start the newer program, or use it to roll back"
    )]
    Ahead {
        /// The version of the database.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The version cannot be read.
    #[error("cannot read the version of the database: {0}")]
    Database(#[from] sqlx::Error),
}

#[derive(Debug)]
struct EmbeddedMigrations;

impl MigrationSource<'static> for EmbeddedMigrations {
    fn resolve(self) -> BoxFuture<'static, Result<Vec<Migration>, BoxDynError>> {
        let up_and_down = |&(version, name, up, down): &Scripts| {
            [
                (MigrationType::ReversibleUp, up),
                (MigrationType::ReversibleDown, down),
            ]
            .map(|(kind, sql)| Migration::new(version, name.into(), kind, sql.into(), false))
        };
        let migrations = MIGRATIONS.iter().flat_map(up_and_down).collect();
        Box::pin(std::future::ready(Ok(migrations)))
    }
}

/// The version that this program needs: that of the last migration.
pub fn newest() -> i64 {
    MIGRATIONS.last().map_or(0, |scripts| scripts.0)
}

/// Applies all missing migrations. Returns the newest version.
///
/// # Errors
///
/// A migration fails and is rolled back, or an applied migration was changed since.
pub async fn migrate(connection: &mut AnyConnection) -> Result<i64, MigrateError> {
    let migrator = Migrator::new(EmbeddedMigrations).await?;
    let migrated = migrator.run_direct(connection).await;
    // Also after a failure: the migrations before the failed one were applied.
    let version = record_version(connection).await;
    migrated?;
    Ok(version?)
}

/// Reverts the last migration. Returns its version, or `None` if no migration was applied.
///
/// # Errors
///
/// The `down` script fails and is rolled back.
pub async fn rollback(connection: &mut AnyConnection) -> Result<Option<i64>, MigrateError> {
    let migrator = Migrator::new(EmbeddedMigrations).await?;
    connection.ensure_migrations_table().await?;
    let mut applied: Vec<_> = connection.list_applied_migrations().await?;
    applied.sort_by_key(|migration| migration.version);
    let Some(last) = applied.pop() else {
        return Ok(None);
    };
    let target = applied.last().map_or(0, |migration| migration.version);
    let reverted = migrator.undo(&mut *connection, target).await;
    record_version(connection).await?;
    reverted.map(|()| Some(last.version))
}

/// Copies the newest applied version to `schema_information` and returns it.
async fn record_version(connection: &mut AnyConnection) -> sqlx::Result<i64> {
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
    let version = sqlx::query_scalar::<_, String>(SELECT_VERSION)
        .fetch_one(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(version.parse().unwrap_or(0))
}

const SELECT_VERSION: &str = "SELECT last_successful_run FROM schema_information WHERE id = 1";

/// Checks that the database has the version that this program needs.
///
/// # Errors
///
/// The database has another version, or the version cannot be read.
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
    let read = sqlx::query_scalar::<_, String>(SELECT_VERSION)
        .fetch_optional(pool)
        .await;
    match read {
        Err(error) if is_missing_table(&error) => Ok(0),
        read => Ok(read?.and_then(|version| version.parse().ok()).unwrap_or(0)),
    }
}

pub(crate) fn is_missing_table(error: &sqlx::Error) -> bool {
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
    fn every_file_of_the_migrations_folder_is_embedded() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let embedded: Vec<_> = MIGRATIONS
            .iter()
            .flat_map(|(version, name, ..)| {
                ["down", "up"].map(|way| format!("{version}_{name}.{way}.sql"))
            })
            .collect();
        assert_eq!(files, embedded);
    }
}
