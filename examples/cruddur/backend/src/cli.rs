//! The command line.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use roundel_lambda::environment::Environment;
use roundel_lambda::transport::Transport;
use sqlx::Any;
use sqlx::migrate::MigrateDatabase;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::App;
use crate::catch_up::Found;
use crate::{catch_up, database, migrations, seed, server, settings};

/// How it is used.
pub const USAGE: &str = "\
usage: cruddur-backend [COMMAND]

  serve        answers requests (what happens without a command)
  setup        creates the database if it is missing, migrates it, and adds people if nobody is there
  migrate      brings the database to the newest version
  rollback     undoes the last migration; what it stored is kept for the next migrate
  seed [FILE]  adds people, or brings them up to date by their handle
  catch-up     takes over avatars that no notice has told of, from ASSETS_URL

The README says which environment variables there are; DATABASE_URL is the database.";

/// How long one answer of the assets may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Answer requests.
    Serve,
    /// From nothing to a database with people.
    Setup,
    /// To the newest version.
    Migrate,
    /// One version back.
    Rollback,
    /// People of a file, or those that come along.
    Seed(Option<String>),
    /// Avatars that no notice has told of.
    CatchUp,
    /// How it is used.
    Help,
}

impl Command {
    /// Reads the arguments after the program's name; `None` if they make no sense.
    pub fn read(arguments: &[String]) -> Option<Self> {
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        Some(match arguments[..] {
            [] | ["serve"] => Self::Serve,
            ["setup"] => Self::Setup,
            ["migrate"] => Self::Migrate,
            ["rollback"] => Self::Rollback,
            ["seed"] => Self::Seed(None),
            ["seed", file] if !file.starts_with('-') => Self::Seed(Some(file.to_owned())),
            ["catch-up"] => Self::CatchUp,
            ["help" | "--help" | "-h"] => Self::Help,
            _ => return None,
        })
    }

    /// Does it, and gives what to say of it.
    ///
    /// # Errors
    ///
    /// For a person to read.
    pub async fn run(&self, environment: &Environment) -> Result<String, Box<dyn Error>> {
        let url = settings::database_url(environment);
        let done = match self {
            Self::Serve => serve(environment, url).await,
            Self::Setup => setup(url).await,
            Self::Migrate => migrate(url).await,
            Self::Rollback => rollback(url).await,
            Self::Seed(file) => seed(url, file.as_deref()).await,
            Self::CatchUp => catch_up(environment, url).await,
            Self::Help => Ok(USAGE.to_owned()),
        };
        done.map_err(explained)
    }
}

/// With what to do about a database that does not open.
fn explained(error: Box<dyn Error>) -> Box<dyn Error> {
    match error.downcast_ref::<sqlx::Error>() {
        None | Some(sqlx::Error::RowNotFound) => error,
        Some(_) => format!(
            "the database of DATABASE_URL (postgres://... or sqlite://...): {error}; bin/db/setup creates one that is missing"
        )
        .into(),
    }
}

async fn serve(environment: &Environment, url: &str) -> Result<String, Box<dyn Error>> {
    let (stop, stopping) = watch::channel(false);
    let app = App::new(environment, database::open(url)?, stopping)?;
    let address = settings::bind(environment)?;
    migrations::check(&app.pool).await?;
    let listener = TcpListener::bind(address).await;
    let listener =
        listener.map_err(|error| format!("cannot listen at {address} (BIND): {error}"))?;
    roundel_lambda::logs::start();
    tracing::info!(address = %listener.local_addr()?, page = app.web.is_some(), "listening");
    let pool = app.pool.clone();
    server::serve(listener, Arc::new(app), stop).await?;
    // Whatever still holds a connection is late as it is.
    let _ = tokio::time::timeout(Duration::from_secs(1), pool.close()).await;
    Ok(String::new())
}

async fn setup(url: &str) -> Result<String, Box<dyn Error>> {
    sqlx::any::install_default_drivers();
    if !Any::database_exists(url).await? {
        Any::create_database(url).await?;
    }
    let migrated = migrate(url).await?;
    if seed::anybody(&mut database::connect(url).await?).await? {
        return Ok(migrated);
    }
    Ok(format!("{migrated}\n{}", seed(url, None).await?))
}

async fn migrate(url: &str) -> Result<String, Box<dyn Error>> {
    let mut connection = database::connect(url).await?;
    let version = migrations::migrate(&mut connection).await?;
    Ok(format!("the database is at version {version}"))
}

async fn rollback(url: &str) -> Result<String, Box<dyn Error>> {
    let mut connection = database::connect(url).await?;
    Ok(match migrations::rollback(&mut connection).await? {
        Some(version) => {
            format!("rolled back {version}; bin/db/migrate takes it back with all that it held")
        }
        None => "there is nothing to roll back".to_owned(),
    })
}

async fn seed(url: &str, file: Option<&str>) -> Result<String, Box<dyn Error>> {
    let json = match file {
        Some(file) => std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?,
        None => seed::BUILT_IN.to_owned(),
    };
    let people = seed::read(&json)?;
    let mut connection = database::connect(url).await?;
    let number = seed::seed(&mut connection, &people).await?;
    Ok(format!("{number} people are there"))
}

async fn catch_up(environment: &Environment, url: &str) -> Result<String, Box<dyn Error>> {
    let pool = database::open(url)?;
    let assets = settings::assets(environment)?;
    migrations::check(&pool).await?;
    let transport = Transport::new(PATIENCE);
    let found = catch_up::catch_up(&pool, &assets, &transport).await?;
    let Found {
        taken,
        known,
        without,
        failed,
    } = &found;
    let said =
        format!("{taken} avatars taken over; {known} were known, {without} people have none");
    match failed.first() {
        None => Ok(said),
        Some(first) => {
            let number = failed.len();
            Err(format!(
                "{said}; {number} could not be had, the first because of {first}. Try again."
            )
            .into())
        }
    }
}
