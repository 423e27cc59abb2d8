//! The command line.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, Subcommand};
use cruddur_functions::transport::Transport;
use roundel_lambda::clock::SystemClock;
use roundel_lambda::environment::Environment;
use sqlx::Any;
use sqlx::migrate::MigrateDatabase;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::AppState;
use crate::catch_up::{CatchUpError, CatchUpReport, RefusalReport};
use crate::client_address::AddressSource;
use crate::{catch_up, database, erase, migrations, seed, server, settings};

/// Timeout of one request to the assets.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long the server waits at its end for connections to the database that are still in use.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The backend of Cruddur. The README describes the environment variables.
#[derive(Debug, Parser)]
#[command(name = "cruddur-backend")]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer requests (the default)
    Serve,
    /// Create the database if it is missing, migrate it, and add users if it has none
    Setup,
    /// Migrate the database to the newest version
    Migrate,
    /// Revert the last migration; its data is kept for the next migrate
    Rollback,
    /// Add users, or update the users that have the same handle
    Seed {
        /// A JSON array of users; without it, the users of the demo
        file: Option<PathBuf>,
    },
    /// Delete a user from all tables, also from those that a rollback keeps
    Erase {
        /// The Cognito id of the user
        sub: String,
    },
    /// Store avatars whose notice was lost, from ASSETS_URL
    CatchUp {
        /// A copy of the folder refused/ of the uploads bucket: stores the refusals too
        #[arg(long)]
        refusals: Option<PathBuf>,
    },
}

impl Cli {
    /// Runs the command. Returns the text to print.
    ///
    /// # Errors
    ///
    /// A message for a person.
    pub async fn run(&self, environment: &Environment) -> Result<String, Box<dyn Error>> {
        let url = &settings::database_url(environment)?;
        let result = match &self.command {
            None | Some(Command::Serve) => serve(environment, url).await,
            Some(Command::Setup) => setup(url).await,
            Some(Command::Migrate) => migrate(url).await,
            Some(Command::Rollback) => rollback(url).await,
            Some(Command::Seed { file }) => seed(url, file.as_deref()).await,
            Some(Command::Erase { sub }) => erase(url, sub).await,
            Some(Command::CatchUp { refusals }) => {
                catch_up(environment, url, refusals.as_deref()).await
            }
        };
        result.map_err(with_database_hint)
    }
}

/// Adds what to do to an error of the database.
fn with_database_hint(error: Box<dyn Error>) -> Box<dyn Error> {
    match error.downcast_ref::<sqlx::Error>() {
        None | Some(sqlx::Error::RowNotFound) => error,
        Some(_) => format!(
            "cannot use the database at DATABASE_URL (postgres://... or sqlite://...): {error}; \
             bin/db/setup creates the database if it is missing"
        )
        .into(),
    }
}

async fn serve(environment: &Environment, url: &str) -> Result<String, Box<dyn Error>> {
    let (stop, stopping) = watch::channel(false);
    let pool = database::open(url)?;
    let app = AppState::new(environment, pool, Arc::new(SystemClock), stopping)?;
    let address = settings::bind_address(environment)?;
    migrations::check(&app.pool).await?;
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| format!("cannot listen at {address} (BIND): {error}"))?;
    roundel_lambda::logs::init();
    tracing::info!(address = %listener.local_addr()?, page = app.web.is_some(), "listening");
    if app.address_source == AddressSource::Unknown {
        tracing::warn!("CLIENT_ADDRESS is not set: event streams have no limit for each address");
    }
    let pool = app.pool.clone();
    server::serve(listener, Arc::new(app), stop).await?;
    let _ = tokio::time::timeout(CLOSE_TIMEOUT, pool.close()).await;
    Ok(String::new())
}

async fn setup(url: &str) -> Result<String, Box<dyn Error>> {
    sqlx::any::install_default_drivers();
    database::create_private_file(url, true)?;
    if !Any::database_exists(url).await? {
        Any::create_database(url).await?;
    }
    let migrated = migrate(url).await?;
    if seed::has_users(&mut database::connect(url).await?).await? {
        return Ok(migrated);
    }
    Ok(format!("{migrated}\n{}", seed(url, None).await?))
}

async fn migrate(url: &str) -> Result<String, Box<dyn Error>> {
    let mut connection = database::connect(url).await?;
    let version = migrations::migrate(&mut connection).await?;
    Ok(format!("the database has version {version}"))
}

async fn rollback(url: &str) -> Result<String, Box<dyn Error>> {
    let mut connection = database::connect(url).await?;
    Ok(match migrations::rollback(&mut connection).await? {
        Some(version) => {
            format!("rolled back {version}; bin/db/migrate restores it with its data")
        }
        None => "nothing to roll back".to_owned(),
    })
}

async fn seed(url: &str, file: Option<&Path>) -> Result<String, Box<dyn Error>> {
    let json = match file {
        Some(file) => std::fs::read_to_string(file)
            .map_err(|error| format!("cannot read {}: {error}", file.display()))?,
        None => seed::DEFAULT_USERS.to_owned(),
    };
    let users = seed::parse(&json)?;
    let mut connection = database::connect(url).await?;
    let count = seed::upsert_all(&mut connection, &users).await?;
    Ok(format!("added or updated {count} users"))
}

async fn erase(url: &str, sub: &str) -> Result<String, Box<dyn Error>> {
    let mut connection = database::connect(url).await?;
    Ok(match erase::erase(&mut connection, sub).await? {
        0 => format!("no table has a user with the id {sub}"),
        rows => format!("deleted {rows} rows of {sub}"),
    })
}

async fn catch_up(
    environment: &Environment,
    url: &str,
    refusals: Option<&Path>,
) -> Result<String, Box<dyn Error>> {
    let pool = database::open(url)?;
    let assets = settings::avatar_urls(environment)?;
    migrations::check(&pool).await?;
    let transport = Transport::new(TIMEOUT);
    // The refusals first: they need no network, and their folder may be misspelled.
    let refusals = match refusals {
        Some(folder) => catch_up::catch_up_refusals(&pool, folder).await,
        None => Ok(RefusalReport::default()),
    };
    let refusals = refusals.map_err(unwrap_database_error)?;
    let avatars = catch_up::catch_up(&pool, &assets, &transport).await;
    summary(&avatars.map_err(unwrap_database_error)?, &refusals)
}

/// The error of the database itself, which [`with_database_hint`] recognizes.
fn unwrap_database_error(error: CatchUpError) -> Box<dyn Error> {
    match error {
        CatchUpError::Database(error) => error.into(),
        other => other.into(),
    }
}

fn summary(avatars: &CatchUpReport, refusals: &RefusalReport) -> Result<String, Box<dyn Error>> {
    let CatchUpReport {
        stored,
        unchanged,
        without_avatar,
        ..
    } = avatars;
    let counts = format!(
        "stored {stored} avatars; {unchanged} were up to date, {without_avatar} users have none; \
         stored {} refusals, {} were up to date",
        refusals.stored, refusals.unchanged
    );
    let mut failures = avatars.failures.iter().chain(&refusals.failures);
    match failures.next() {
        None => Ok(counts),
        Some(first) => {
            let failed = 1 + failures.count();
            Err(format!("{counts}; {failed} failed, the first with: {first}. Try again.").into())
        }
    }
}
