//! The shared corpus: `$ROUNDEL_CORPUS`, or `../shared/corpus` next to the checkout.

use std::fs;
use std::path::PathBuf;

/// One row of `manifest.tsv`.
pub(super) struct CorpusFile {
    pub(super) name: String,
    pub(super) class: String,
    pub(super) expect: String,
    /// Whether the frame's components differ in their sampling factors.
    pub(super) subsampled: bool,
    pub(super) path: PathBuf,
}

impl CorpusFile {
    pub(super) fn bytes(&self) -> Vec<u8> {
        fs::read(&self.path).unwrap()
    }
}

/// The files of `classes`. Prints a line and returns `None` if there is no corpus.
pub(super) fn files(classes: &[&str]) -> Option<Vec<CorpusFile>> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpus");
    let folder = std::env::var_os("ROUNDEL_CORPUS").map_or_else(|| default.into(), PathBuf::from);
    let Ok(manifest) = fs::read_to_string(folder.join("manifest.tsv")) else {
        println!("skipped: no corpus at {}", folder.display());
        return None;
    };
    let row = |line: &str| {
        let columns: Vec<&str> = line.split('\t').collect();
        CorpusFile {
            name: columns[0].into(),
            class: columns[3].into(),
            expect: columns[4].into(),
            subsampled: subsampled(columns[6]),
            path: folder.join(columns[0]),
        }
    };
    let rows = manifest.lines().skip(1).map(row);
    Some(rows.filter(|f| classes.contains(&&*f.class)).collect())
}

/// The `header` column of a JPEG: type, size, frame kind, then sampling factors as in `2x2,1x1`.
fn subsampled(header: &str) -> bool {
    let factors = header.split(' ').nth(3).unwrap_or_default();
    let mut factors = factors.split(',');
    let first = factors.next();
    factors.any(|factor| Some(factor) != first)
}

/// Counts for each class the files that met their expectation.
#[derive(Default)]
pub(super) struct Tally(Vec<(String, usize, Vec<String>)>);

impl Tally {
    pub(super) fn add(&mut self, file: &CorpusFile, outcome: Result<(), String>) {
        if self.0.last().is_none_or(|row| row.0 != file.class) {
            self.0.push((file.class.clone(), 0, Vec::new()));
        }
        let Some((_, met, not_met)) = self.0.last_mut() else {
            return;
        };
        match outcome {
            Ok(()) => *met += 1,
            Err(why) => not_met.push(format!("{}: {why}", file.name)),
        }
    }

    /// Prints a line per class, and fails if any file did not meet its expectation.
    pub(super) fn finish(self, what: &str) {
        for (class, met, not_met) in &self.0 {
            println!("{what}: {class}: {met} met, {} not met", not_met.len());
            not_met.iter().for_each(|why| println!("    {why}"));
        }
        assert!(self.0.iter().all(|(_, _, not_met)| not_met.is_empty()));
    }
}
