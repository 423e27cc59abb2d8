//! Stores the refusals that process has recorded in the uploads bucket.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use std::{fs, io};

use cruddur_functions::fetch::MAX_BYTES;
use roundel_lambda::key::is_sub;
use roundel_lambda::notice::Refusal;
use sqlx::AnyPool;

use super::CatchUpError;
use crate::avatars::StoreOutcome;
use crate::refusals::{self, MAX_KEPT};

/// Counts of refusals by result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefusalReport {
    /// The refusal was missing in the database, and was stored.
    pub stored: u64,
    /// The database held this refusal already, or its user does not exist.
    pub unchanged: u64,
    /// Error messages, one for each file that is not a refusal or could not be stored.
    pub failures: Vec<String>,
}

/// Stores the last refusals of each user from `folder`, a copy of `refused/` of the uploads bucket.
///
/// The files are ordered by their time of modification, which `aws s3 sync` keeps.
///
/// # Errors
///
/// The folder cannot be read, or the database fails. A file that is not a refusal is in the report
/// instead.
pub async fn catch_up_refusals(
    pool: &AnyPool,
    folder: &Path,
) -> Result<RefusalReport, CatchUpError> {
    let mut report = RefusalReport::default();
    let mut by_sub: BTreeMap<String, Vec<Refusal>> = BTreeMap::new();
    for path in files_by_age(folder)? {
        match read_refusal(&path) {
            Ok(refusal) => {
                // The key of an upload without a user names no profile that could show its refusal.
                if let Some(sub) = refusal.sub.clone().filter(|sub| is_sub(sub)) {
                    by_sub.entry(sub).or_default().push(refusal);
                }
            }
            Err(problem) => report
                .failures
                .push(format!("{}: {problem}", path.display())),
        }
    }
    for (sub, refusals) in by_sub {
        for refusal in &refusals[refusals.len().saturating_sub(MAX_KEPT)..] {
            match refusals::store(pool, &sub, refusal).await? {
                StoreOutcome::Stored => report.stored += 1,
                StoreOutcome::Unchanged | StoreOutcome::UnknownUser => report.unchanged += 1,
                StoreOutcome::Conflict => report.failures.push("concurrent writes".to_owned()),
            }
        }
    }
    Ok(report)
}

/// The JSON files in the folders of `folder`, the oldest first.
fn files_by_age(folder: &Path) -> Result<Vec<PathBuf>, CatchUpError> {
    let mut files: Vec<(SystemTime, PathBuf)> = vec![];
    let unreadable = |path: &Path, error| CatchUpError::Folder(path.to_owned(), error);
    let list = |path: &Path| {
        let entries = fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        entries.map_err(|error| unreadable(path, error))
    };
    for key in list(folder)? {
        if !key.path().is_dir() {
            continue;
        }
        for file in list(&key.path())? {
            let path = file.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                let modified = file.metadata().and_then(|metadata| metadata.modified());
                files.push((modified.map_err(|error| unreadable(&path, error))?, path));
            }
        }
    }
    files.sort();
    Ok(files.into_iter().map(|(_, path)| path).collect())
}

fn read_refusal(path: &Path) -> Result<Refusal, String> {
    let length = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if length > MAX_BYTES {
        return Err(format!("it has {length} bytes, which is too long"));
    }
    let json = fs::read(path).map_err(|error| error.to_string())?;
    serde_json::from_slice(&json).map_err(|error| error.to_string())
}
