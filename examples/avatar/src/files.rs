//! Which photos there are, what their avatars are called, and how they get there whole.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use roundel::Options;

use crate::args::label;

/// Names under which photos are looked for in a folder. A file named on the command line may be
/// called anything: what it is, its content decides.
const EXTENSIONS: [&str; 17] = [
    "jpg", "jpeg", "jpe", "jfif", "mpo", "png", "apng", "webp", "gif", "bmp", "dib", "avif",
    "heic", "heif", "jxl", "tif", "tiff",
];

/// A photo, and what its avatars' names begin with.
pub(crate) struct Job {
    pub(crate) photo: PathBuf,
    pub(crate) stem: OsString,
}

impl Job {
    /// Says so where the avatars are not called after the photo.
    pub(crate) fn renamed(&self) -> Option<String> {
        let (photo, stem) = (self.photo.display(), self.stem.display());
        let as_photo = self.photo.file_stem() == Some(&self.stem);
        (!as_photo)
            .then(|| format!("note: {photo}: its avatars are called {stem}, not to overwrite"))
    }
}

/// Every photo that `paths` lead to, each once. Folders are searched at any depth, in the order
/// of their names; `out` is left out, lest avatars be made of avatars.
pub(crate) fn find(paths: &[PathBuf], out: &Path) -> Vec<PathBuf> {
    let out = fs::canonicalize(out).ok();
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            search(path, out.as_deref(), &mut found);
        } else {
            found.push(path.clone());
        }
    }
    let mut seen = HashSet::new();
    found.retain(|path| seen.insert(path.clone()));
    found
}

/// A folder that cannot be read is kept as if it were a photo, so that it is reported as one.
fn search(folder: &Path, out: Option<&Path>, found: &mut Vec<PathBuf>) {
    if out.is_some() && fs::canonicalize(folder).ok().as_deref() == out {
        return;
    }
    let Ok(entries) = fs::read_dir(folder) else {
        return found.push(folder.to_owned());
    };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(|entry| entry.file_name());
    for entry in entries {
        let path = entry.path();
        // Of the entry and not of the path: a symbolic link to a folder may lead in a circle.
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => search(&path, out, found),
            Ok(_) if path.is_file() && photo_name(&path) => found.push(path),
            _ => (),
        }
    }
}

fn photo_name(path: &Path) -> bool {
    let Some(extension) = path.extension() else {
        return false;
    };
    let extension = extension.to_string_lossy().to_ascii_lowercase();
    !hidden(path) && EXTENSIONS.contains(&extension.as_str())
}

fn hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.as_encoded_bytes().starts_with(b".")
}

/// Gives every photo a stem of its own: its name without extension, with `-2`, `-3`, ... behind
/// it where that would overwrite the avatars of an earlier photo, or one of the photos.
pub(crate) fn name(photos: Vec<PathBuf>, out: &Path, options: &Options) -> Vec<Job> {
    let sources: HashSet<_> = photos.iter().flat_map(fs::canonicalize).collect();
    let folder = fs::canonicalize(out).unwrap_or_else(|_| out.to_owned());
    let mut taken = HashSet::new();
    let mut free = |stem: &OsStr| {
        let targets = options.sizes.iter();
        let mut targets = targets.map(|&size| folder.join(file_name(stem, &label(size), options)));
        // Some file systems take A and a for one name.
        let key = stem.to_string_lossy().to_lowercase();
        !targets.any(|target| sources.contains(&target)) && taken.insert(key)
    };
    let job = |photo: PathBuf| {
        let stem = photo.file_stem().unwrap_or(OsStr::new("photo"));
        let mut candidates = std::iter::once(stem.to_owned()).chain((2u32..).map(|number| {
            let mut numbered = stem.to_owned();
            numbered.push(format!("-{number}"));
            numbered
        }));
        let stem = candidates.find(|candidate| free(candidate));
        Job {
            stem: stem.unwrap_or_default(),
            photo,
        }
    };
    photos.into_iter().map(job).collect()
}

/// `<stem>-<size>.<ext>`
pub(crate) fn file_name(stem: &OsStr, size: &str, options: &Options) -> OsString {
    let mut name = stem.to_owned();
    name.push(format!("-{size}.{}", options.format.extension()));
    name
}

/// Reads a photo, but not more of it than it takes to see that it is too long.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A file that is written under another name and renamed when it is whole. Unless that happens,
/// nothing of it stays.
pub(crate) struct Beside {
    part: PathBuf,
    place: PathBuf,
}

impl Beside {
    pub(crate) fn write(place: PathBuf, bytes: &[u8]) -> io::Result<Self> {
        let mut name = OsString::from(".");
        name.push(place.file_name().unwrap_or_default());
        name.push(format!(".{}.part", std::process::id()));
        let part = place.with_file_name(name);
        let beside = Self { part, place };
        File::create(&beside.part)?.write_all(bytes)?;
        Ok(beside)
    }

    pub(crate) fn keep(self) -> io::Result<()> {
        fs::rename(&self.part, &self.place)
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        // After keep() there is nothing under this name.
        let _ = fs::remove_file(&self.part);
    }
}
