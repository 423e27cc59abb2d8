//! roundel as a peer of `benches/compare`, whose README describes the protocol.

#![allow(clippy::print_stdout)] // the protocol uses standard output

use std::error::Error;
use std::io::{BufRead, stdin};
use std::time::Instant;

use roundel::{Format, Options, Size, Speed};

#[derive(Default)]
struct Peer {
    photo: Vec<u8>,
    avatar: Vec<u8>,
}

impl Peer {
    fn answer(&mut self, words: &[&str]) -> Result<String, Box<dyn Error>> {
        match words {
            ["version"] => return Ok(concat!("roundel ", env!("CARGO_PKG_VERSION")).into()),
            ["load", path] => self.photo = std::fs::read(path)?,
            ["save", path] => std::fs::write(path, &self.avatar)?,
            ["render", sizes, format, mode, quality] => {
                return self.render(&options(sizes, format, mode, quality)?);
            }
            _ => return Err("unknown line".into()),
        }
        Ok("ok".into())
    }

    fn render(&mut self, options: &Options) -> Result<String, Box<dyn Error>> {
        let start = Instant::now();
        let rendered = roundel::render(&self.photo, options)?;
        let milliseconds = start.elapsed().as_secs_f64() * 1000.0;
        self.avatar = rendered
            .avatars
            .into_iter()
            .last()
            .ok_or("no avatar")?
            .bytes;
        Ok(milliseconds.to_string())
    }
}

fn options(sizes: &str, format: &str, mode: &str, quality: &str) -> Result<Options, Box<dyn Error>> {
    let side = |side: &str| side.parse().map(Size::square);
    Ok(Options {
        sizes: sizes.split(',').map(side).collect::<Result<_, _>>()?,
        formats: vec![match format {
            "png" => Format::Png,
            "webp" => Format::Webp,
            _ => Format::Jpeg,
        }],
        speed: match mode {
            "fast" => Speed::Fast,
            _ => Speed::Faithful,
        },
        quality: quality.parse()?,
        // As rayon reads it.
        parallel: std::env::var("RAYON_NUM_THREADS").as_deref() != Ok("1"),
        ..Options::default()
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut peer = Peer::default();
    for line in stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split('\t').collect();
        match peer.answer(&words) {
            Ok(answer) => println!("{answer}"),
            Err(error) => println!("error {error}"),
        }
    }
    Ok(())
}
