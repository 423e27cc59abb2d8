//! A world for process without a network: S3's rules in memory, with faults if asked for.

// Each test uses its part of it.
#![allow(dead_code, unreachable_pub)]

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use roundel_lambda::environment::Environment;
use roundel_lambda::notice::{Notice, NoticeError, Notify};
use roundel_lambda::process::{Process, Settings};
use roundel_lambda::store::{Ask, Condition, Found, Object, Put, Store, StoreError, Written};
use serde_json::{Value, json};

pub const UPLOADS: &str = "uploads";
pub const ASSETS: &str = "assets";

/// An object and what was said of it.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    pub bytes: Vec<u8>,
    pub etag: String,
    pub digest: Option<String>,
    pub cache_control: String,
    pub content_type: String,
}

/// S3 in memory. Conditional writes behave as S3 documents them.
#[derive(Default)]
pub struct Memory {
    pub objects: Mutex<HashMap<(String, String), Stored>>,
    /// Every put that was done, in order.
    pub puts: Mutex<Vec<String>>,
    pub gets: Mutex<Vec<String>>,
    pub chaos: Option<Mutex<Chance>>,
    /// Puts fail, undone, from this one on: the function died there.
    pub dies_after: Mutex<Option<usize>>,
}

/// A small generator of numbers (xorshift64), the same for the same seed.
#[derive(Clone, Debug)]
pub struct Chance(pub u64);

impl Chance {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}

impl Memory {
    pub fn add(&self, bucket: &str, key: &str, bytes: &[u8]) -> String {
        let etag = etag(bytes);
        let stored = Stored {
            bytes: bytes.to_vec(),
            etag: etag.clone(),
            ..Stored::default()
        };
        self.objects
            .lock()
            .unwrap()
            .insert((bucket.into(), key.into()), stored);
        etag
    }

    pub fn find(&self, bucket: &str, key: &str) -> Option<Stored> {
        self.objects
            .lock()
            .unwrap()
            .get(&(bucket.into(), key.into()))
            .cloned()
    }

    pub fn keys(&self, bucket: &str) -> Vec<String> {
        let objects = self.objects.lock().unwrap();
        let mut keys: Vec<_> = objects
            .keys()
            .filter(|(b, _)| b == bucket)
            .map(|(_, key)| key.clone())
            .collect();
        keys.sort();
        keys
    }

    /// Lets others run, and fails one time in twenty if there is chaos.
    async fn weather(&self, what: &str) -> Result<(), StoreError> {
        let Some(chaos) = &self.chaos else {
            return Ok(());
        };
        let (pauses, fails) = {
            let mut chance = chaos.lock().unwrap();
            (chance.below(4), chance.below(20) == 0)
        };
        for _ in 0..pauses {
            tokio::task::yield_now().await;
        }
        if fails {
            return Err(StoreError {
                what: what.into(),
                problem: "chaos".into(),
            });
        }
        Ok(())
    }
}

pub fn etag(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    digest
        .as_ref()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

impl Store for Memory {
    async fn get(&self, ask: Ask<'_>) -> Result<Found, StoreError> {
        self.weather(ask.key).await?;
        self.gets.lock().unwrap().push(ask.key.to_owned());
        Ok(match self.find(ask.bucket, ask.key) {
            None => Found::Missing,
            Some(stored) if ask.etag.is_some_and(|etag| etag != stored.etag) => Found::Changed,
            Some(stored) if stored.bytes.len() as u64 > ask.at_most => {
                Found::TooLarge(stored.bytes.len() as u64)
            }
            Some(stored) => Found::Object(Object {
                bytes: stored.bytes,
                etag: stored.etag,
                modified: 1_000,
            }),
        })
    }

    async fn digest(&self, bucket: &str, key: &str) -> Result<Option<String>, StoreError> {
        self.weather(key).await?;
        Ok(self.find(bucket, key).and_then(|stored| stored.digest))
    }

    async fn put(&self, put: Put<'_>) -> Result<Written, StoreError> {
        self.weather(put.key).await?;
        {
            let mut dies_after = self.dies_after.lock().unwrap();
            if let Some(left) = dies_after.as_mut() {
                if *left == 0 {
                    return Err(StoreError {
                        what: put.key.into(),
                        problem: "died".into(),
                    });
                }
                *left -= 1;
            }
            let mut objects = self.objects.lock().unwrap();
            let place = (put.bucket.to_owned(), put.key.to_owned());
            let there = objects.get(&place).map(|stored| stored.etag.as_str());
            let met = match put.condition {
                Condition::None => true,
                Condition::Absent => there.is_none(),
                Condition::Matches(etag) => there == Some(etag),
            };
            if !met {
                return Ok(Written::Unmet);
            }
            let stored = Stored {
                bytes: put.bytes.to_vec(),
                etag: etag(put.bytes),
                digest: put.digest.map(str::to_owned),
                cache_control: put.cache_control.to_owned(),
                content_type: put.content_type.to_owned(),
            };
            objects.insert(place, stored);
            self.puts.lock().unwrap().push(put.key.to_owned());
        }
        // Put, but the answer was lost.
        self.weather(put.key).await?;
        Ok(Written::Done(etag(put.bytes)))
    }
}

/// Keeps every notice.
#[derive(Default)]
pub struct Told(pub Mutex<Vec<Notice>>);

impl Notify for Told {
    async fn send(&self, notice: &Notice) -> Result<(), NoticeError> {
        self.0.lock().unwrap().push(notice.clone());
        Ok(())
    }
}

pub type World = Process<Memory, Told, SystemTime>;

/// process with small avatars over an empty world.
pub fn world(chaos: Option<u64>) -> World {
    let environment = Environment::from([
        ("DEST_BUCKET_NAME", ASSETS),
        ("FOLDER_INPUT", "in"),
        ("PROCESS_WIDTH", "64"),
        ("PROCESS_HEIGHT", "64"),
        ("AVATAR_SIZES", "32"),
        ("MAX_UPLOAD_BYTES", "100000"),
    ]);
    let settings = Settings::from_environment(&environment).unwrap();
    let store = Memory {
        chaos: chaos.map(|seed| Mutex::new(Chance(seed))),
        ..Memory::default()
    };
    Process::new(
        settings,
        store,
        Told::default(),
        SystemTime::UNIX_EPOCH + Duration::from_secs(1),
    )
}

/// A BMP of 8 x 8 pixels of one colour, so that each upload can be told from every other.
pub fn photo(number: u32) -> Vec<u8> {
    let [blue, green, red, _] = (number.wrapping_mul(0x9E37_79B1)).to_le_bytes();
    let mut bmp = b"BM".to_vec();
    for field in [54 + 192, 0, 54, 40, 8, 8] {
        bmp.extend_from_slice(&u32::to_le_bytes(field));
    }
    bmp.extend_from_slice(&[1, 0, 24, 0]);
    bmp.resize(54, 0);
    for _ in 0..64 {
        bmp.extend_from_slice(&[blue, green, red]);
    }
    bmp
}

/// A record of an S3 event. `sequencer` doubles as the time in milliseconds.
pub fn record(key: &str, etag: &str, size: usize, sequencer: u64) -> Value {
    json!({
        "eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
        "eventTime": time(sequencer),
        "s3": {
            "bucket": { "name": UPLOADS },
            "object": {
                "key": key, "size": size, "eTag": etag, "sequencer": format!("{sequencer:018X}"),
            },
        },
    })
}

fn time(milliseconds: u64) -> String {
    let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!(
        "2026-01-01T{hours:02}:{minutes:02}:{:02}.{rest:03}Z",
        seconds % 60
    )
}

/// Uploads a photo and gives the record of its event.
pub fn upload(world: &World, key: &str, photo: &[u8], sequencer: u64) -> Value {
    let etag = world.store.add(UPLOADS, key, photo);
    record(key, &etag, photo.len(), sequencer)
}

pub fn event(records: &[Value]) -> Value {
    json!({ "Records": records })
}

/// The digest of what a photo is rendered to.
pub fn digest(world: &World, photo: &[u8]) -> String {
    roundel::render(photo, &world.settings.options)
        .unwrap()
        .digest()
}
