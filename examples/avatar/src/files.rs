//! Finds photos, names their avatars, and writes files that are never half there.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use roundel::{Format, Options, Size};

use crate::args::size_label;

/// File extensions under which a folder is searched for photos. A file that is given by name may
/// have any: the content decides its format.
const EXTENSIONS: [&str; 17] = [
    "jpg", "jpeg", "jpe", "jfif", "mpo", "png", "apng", "webp", "gif", "bmp", "dib", "avif",
    "heic", "heif", "jxl", "tif", "tiff",
];

/// A photo, and the first part of its avatars' file names.
pub(crate) struct Job {
    pub(crate) photo: PathBuf,
    pub(crate) stem: OsString,
}

impl Job {
    /// A note for the user if the avatars are not named after the photo.
    pub(crate) fn rename_note(&self) -> Option<String> {
        let (photo, stem) = (self.photo.display(), self.stem.display());
        let renamed = self.photo.file_stem() != Some(&self.stem);
        renamed.then(|| {
            format!("note: {photo}: avatars are named {stem} so that no file is overwritten")
        })
    }
}

/// Lists every photo under `paths` once. Folders are searched at any depth, in the order of file
/// names. `out` is skipped, so that no avatar is made from an avatar.
pub(crate) fn find_photos(paths: &[PathBuf], out: &Path) -> Vec<PathBuf> {
    let out = fs::canonicalize(out).ok();
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            search_folder(path, out.as_deref(), &mut found);
        } else {
            found.push(path.clone());
        }
    }
    let mut seen = HashSet::new();
    found.retain(|path| seen.insert(path.clone()));
    found
}

/// A folder that cannot be read is listed as if it were a photo: reading it then fails and is
/// reported.
fn search_folder(folder: &Path, out: Option<&Path>, found: &mut Vec<PathBuf>) {
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
        // The type of the entry itself: a symbolic link to a folder could lead into a cycle.
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => search_folder(&path, out, found),
            Ok(_) if path.is_file() && is_named_like_a_photo(&path) => found.push(path),
            _ => (),
        }
    }
}

fn is_named_like_a_photo(path: &Path) -> bool {
    let Some(extension) = path.extension() else {
        return false;
    };
    let extension = extension.to_string_lossy().to_ascii_lowercase();
    !is_hidden(path) && EXTENSIONS.contains(&extension.as_str())
}

fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.as_encoded_bytes().starts_with(b".")
}

/// Assigns each photo a stem of its own: its file name without extension. `-2`, `-3`, ... is
/// appended where an avatar would overwrite a photo or the avatar of an earlier photo.
pub(crate) fn assign_stems(photos: Vec<PathBuf>, out: &Path, options: &Options) -> Vec<Job> {
    let originals: HashSet<_> = photos.iter().flat_map(fs::canonicalize).collect();
    let folder = fs::canonicalize(out).unwrap_or_else(|_| out.to_owned());
    let mut used = HashSet::new();
    let mut is_free = |stem: &OsStr| {
        let overwrites =
            |(size, format)| originals.contains(&folder.join(file_name(stem, size, format)));
        // File systems that ignore case treat A and a as one name.
        let key = stem.to_string_lossy().to_lowercase();
        !files_of(options).any(overwrites) && used.insert(key)
    };
    let job = |photo: PathBuf| {
        let stem = candidate_stems(&photo).find(|stem| is_free(stem));
        Job {
            stem: stem.unwrap_or_default(),
            photo,
        }
    };
    photos.into_iter().map(job).collect()
}

/// `me`, `me-2`, `me-3`, ...
fn candidate_stems(photo: &Path) -> impl Iterator<Item = OsString> {
    let stem = photo.file_stem().unwrap_or(OsStr::new("photo")).to_owned();
    let numbered = {
        let stem = stem.clone();
        (2u32..).map(move |number| {
            let mut numbered = stem.clone();
            numbered.push(format!("-{number}"));
            numbered
        })
    };
    std::iter::once(stem).chain(numbered)
}

/// Size and format of each avatar, in core's order.
pub(crate) fn files_of(options: &Options) -> impl Iterator<Item = (Size, Format)> {
    let formats = |&size: &Size| options.formats.iter().map(move |&format| (size, format));
    options.sizes.iter().flat_map(formats)
}

/// `<stem>-<size>.<ext>`
pub(crate) fn file_name(stem: &OsStr, size: Size, format: Format) -> OsString {
    let mut name = stem.to_owned();
    name.push(format!("-{}.{}", size_label(size), format.extension()));
    name
}

/// Reads a photo, but at most one byte more than `limit`. Core then refuses it as too long.
pub(crate) fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(limit.saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A complete file under a temporary name. [`commit`](Self::commit) renames it; without that it
/// is deleted on drop.
pub(crate) struct PendingFile {
    temporary: PathBuf,
    path: PathBuf,
}

impl PendingFile {
    /// Writes `bytes` next to `path`.
    pub(crate) fn write(path: PathBuf, bytes: &[u8]) -> io::Result<Self> {
        let mut name = OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(format!(".{}.part", std::process::id()));
        let temporary = path.with_file_name(name);
        // Before the first write, so that a file on a full disk is deleted too.
        let file = Self { temporary, path };
        let result = File::create(&file.temporary).and_then(|mut part| part.write_all(bytes));
        result.map_err(|error| file.cannot_write(&error))?;
        Ok(file)
    }

    /// Gives the file its name, in place of any file that has it.
    pub(crate) fn commit(self) -> io::Result<()> {
        let result = fs::rename(&self.temporary, &self.path);
        result.map_err(|error| self.cannot_write(&error))
    }

    /// Adds the path, which an [`io::Error`] does not have.
    fn cannot_write(&self, error: &io::Error) -> io::Error {
        let message = format!("cannot write {}: {error}", self.path.display());
        io::Error::new(error.kind(), message)
    }
}

impl Drop for PendingFile {
    fn drop(&mut self) {
        // After commit() there is no file under the temporary name, and this fails.
        let _ = fs::remove_file(&self.temporary);
    }
}
