//! The files that the benchmarks read: made once, then kept in the target folder; or the user's own.

use std::fs;
use std::path::{Path, PathBuf};

use roundel::Size;

use crate::Failed;
use crate::files::{Chroma, Coding, Encoding};
use crate::scene::photo;

/// A made file.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// Format, kind and megapixels; a part of the benchmarks' names.
    pub name: &'static str,
    /// Width and height.
    pub size: Size,
    /// How it is stored.
    pub encoding: Encoding,
}

/// As phones store 12, 24 and 50 megapixels.
const MP12: Size = Size::new(4032, 3024);
const MP24: Size = Size::new(5712, 4284);
const MP50: Size = Size::new(8160, 6120);
/// GIFs of photos are small, because of their size in bytes.
const MP1: Size = Size::new(1280, 960);

const fn input(name: &'static str, size: Size, encoding: Encoding) -> Input {
    Input {
        name,
        size,
        encoding,
    }
}

/// Every made file.
pub const INPUTS: [Input; 16] = {
    use Chroma::{Full, Half, Quarter};
    use Coding::{Baseline, Progressive, Restarts};
    use Encoding::{Bmp, Gif, Jpeg, Png, PngAlpha, WebpAlpha, WebpLossless, WebpLossy};
    [
        input("jpeg-420-12mp", MP12, Jpeg(Quarter, Baseline)),
        input("jpeg-420-24mp", MP24, Jpeg(Quarter, Baseline)),
        input("jpeg-420-50mp", MP50, Jpeg(Quarter, Baseline)),
        input("jpeg-422-12mp", MP12, Jpeg(Half, Baseline)),
        input("jpeg-444-12mp", MP12, Jpeg(Full, Baseline)),
        input("jpeg-restarts-12mp", MP12, Jpeg(Quarter, Restarts)),
        input("jpeg-progressive-12mp", MP12, Jpeg(Quarter, Progressive)),
        input("jpeg-progressive-24mp", MP24, Jpeg(Quarter, Progressive)),
        input("png-rgb-12mp", MP12, Png),
        input("png-rgba-12mp", MP12, PngAlpha),
        input("webp-lossy-12mp", MP12, WebpLossy),
        input("webp-alpha-12mp", MP12, WebpAlpha),
        input("webp-lossless-12mp", MP12, WebpLossless),
        input("gif-1mp", MP1, Gif),
        input("bmp-12mp", MP12, Bmp),
        input("jpeg-420-1mp", MP1, Jpeg(Quarter, Baseline)),
    ]
};

const SEED: u64 = 14;

impl Input {
    /// The made file with this name.
    pub fn named(name: &str) -> Option<Self> {
        INPUTS.into_iter().find(|input| input.name == name)
    }

    /// The name of the file.
    pub fn file_name(&self) -> String {
        format!("{}.{}", self.name, self.encoding.extension())
    }

    /// Writes the file into `folder`, if it is not there.
    ///
    /// # Errors
    ///
    /// If the folder cannot be written.
    pub fn write(&self, folder: &Path) -> Result<PathBuf, Failed> {
        let path = folder.join(self.file_name());
        if !path.exists() {
            eprintln!("making {}", path.display());
            let part = path.with_extension("part");
            fs::create_dir_all(folder)?;
            fs::write(&part, self.encoding.encode(&photo(self.size, SEED))?)?;
            fs::rename(&part, &path)?;
        }
        Ok(path)
    }

    /// The file's bytes; made at the first call, and then kept in the target folder.
    ///
    /// # Errors
    ///
    /// If the target folder cannot be written.
    pub fn read(&self) -> Result<Vec<u8>, Failed> {
        Ok(fs::read(self.write(&folder()?)?)?)
    }
}

/// `inputs-DIGEST` in the target folder. The digest is that of a small file in each encoding, so files
/// of an older generator are not read.
///
/// # Errors
///
/// If the program does not run from a target folder.
pub fn folder() -> Result<PathBuf, Failed> {
    let program = std::env::current_exe()?;
    let is_profile = |path: &&Path| path.ends_with("release") || path.ends_with("debug");
    let profile = program.ancestors().find(is_profile);
    let target = profile.and_then(Path::parent).ok_or("no target folder")?;
    Ok(target.join(format!("inputs-{}", fingerprint()?)))
}

/// A digest (FNV-1a) of small files of the generator.
fn fingerprint() -> Result<String, Failed> {
    let picture = photo(Size::new(64, 48), SEED);
    let mut hash = 0xCBF2_9CE4_8422_2325_u64;
    for input in INPUTS {
        for byte in input.encoding.encode(&picture)? {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
        }
    }
    Ok(format!("{hash:016x}"))
}

/// Name and bytes of each photo to measure: those in the folder that `ROUNDEL_PHOTOS` names, or the one
/// that `ROUNDEL_PHOTO` names, or else the made ones called `names`.
///
/// # Errors
///
/// If a file cannot be read.
pub fn photos(names: &[&str]) -> Result<Vec<(String, Vec<u8>)>, Failed> {
    let own = own_photos()?;
    if !own.is_empty() {
        let read = |path: PathBuf| {
            let bytes = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            Ok((stem(&path), bytes))
        };
        return own.into_iter().map(read).collect();
    }
    let made = |name: &&str| {
        let input = Input::named(name).ok_or_else(|| format!("no input {name}"))?;
        Ok((input.name.to_owned(), input.read()?))
    };
    names.iter().map(made).collect()
}

fn own_photos() -> Result<Vec<PathBuf>, Failed> {
    if let Some(folder) = std::env::var_os("ROUNDEL_PHOTOS") {
        let entries = fs::read_dir(&folder)?.collect::<Result<Vec<_>, _>>()?;
        let mut paths: Vec<PathBuf> = entries.iter().map(fs::DirEntry::path).collect();
        paths.retain(|path| path.is_file());
        paths.sort();
        return Ok(paths);
    }
    Ok(std::env::var_os("ROUNDEL_PHOTO")
        .into_iter()
        .map(PathBuf::from)
        .collect())
}

fn stem(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}
