//! process over an S3 in memory, with faults on request.

// Each test uses a part of this module.
#![allow(dead_code, unreachable_pub)]

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use roundel_lambda::environment::Environment;
use roundel_lambda::notice::{Notice, Notifier, NotifyError};
use roundel_lambda::process::{Process, Settings};
use roundel_lambda::store::{
    GetOutcome, GetRequest, PutOutcome, PutRequest, Store, StoreError, StoredObject, WriteCondition,
};
use serde_json::{Value, json};

pub const UPLOADS: &str = "uploads";
pub const ASSETS: &str = "assets";

/// An object with its metadata.
#[derive(Clone, Debug, Default)]
pub struct MemoryObject {
    pub bytes: Vec<u8>,
    pub etag: String,
    pub digest: Option<String>,
    pub cache_control: String,
    pub content_type: String,
}

/// S3 in memory, with conditional writes as S3 documents them.
#[derive(Default)]
pub struct MemoryStore {
    pub objects: Mutex<HashMap<(String, String), MemoryObject>>,
    /// The keys of all puts, in order.
    pub puts: Mutex<Vec<String>>,
    /// The keys of all gets, in order.
    pub gets: Mutex<Vec<String>>,
    /// The source of faults, if there are any.
    pub faults: Option<Mutex<Xorshift>>,
    /// How many more puts succeed, as if the function died after them.
    pub puts_left: Mutex<Option<usize>>,
}

/// A seeded generator of random numbers (xorshift64).
#[derive(Clone, Debug)]
pub struct Xorshift(pub u64);

impl Xorshift {
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}

impl MemoryStore {
    pub fn add(&self, bucket: &str, key: &str, bytes: &[u8]) -> String {
        let etag = etag(bytes);
        let stored = MemoryObject {
            bytes: bytes.to_vec(),
            etag: etag.clone(),
            ..MemoryObject::default()
        };
        self.objects
            .lock()
            .unwrap()
            .insert((bucket.into(), key.into()), stored);
        etag
    }

    pub fn find(&self, bucket: &str, key: &str) -> Option<MemoryObject> {
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

    /// Lets other tasks run, and fails one time in twenty.
    async fn inject_fault(&self, key: &str) -> Result<(), StoreError> {
        let Some(faults) = &self.faults else {
            return Ok(());
        };
        let (pauses, fails) = {
            let mut random = faults.lock().unwrap();
            (random.below(4), random.below(20) == 0)
        };
        for _ in 0..pauses {
            tokio::task::yield_now().await;
        }
        if fails {
            return Err(StoreError {
                operation: key.into(),
                reason: "injected fault".into(),
            });
        }
        Ok(())
    }
}

pub fn etag(bytes: &[u8]) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    hex::encode(&digest.as_ref()[..16])
}

impl Store for MemoryStore {
    async fn get(&self, get: GetRequest<'_>) -> Result<GetOutcome, StoreError> {
        self.inject_fault(get.key).await?;
        self.gets.lock().unwrap().push(get.key.to_owned());
        Ok(match self.find(get.bucket, get.key) {
            None => GetOutcome::NotFound,
            Some(stored) if get.if_match.is_some_and(|etag| etag != stored.etag) => {
                GetOutcome::Changed
            }
            Some(stored) if stored.bytes.len() as u64 > get.max_bytes => {
                GetOutcome::TooLarge(stored.bytes.len() as u64)
            }
            Some(stored) => GetOutcome::Found(StoredObject {
                bytes: stored.bytes,
                etag: stored.etag,
                modified: 1_000,
            }),
        })
    }

    async fn digest(&self, bucket: &str, key: &str) -> Result<Option<String>, StoreError> {
        self.inject_fault(key).await?;
        Ok(self.find(bucket, key).and_then(|stored| stored.digest))
    }

    async fn put(&self, put: PutRequest<'_>) -> Result<PutOutcome, StoreError> {
        self.inject_fault(put.key).await?;
        {
            let mut puts_left = self.puts_left.lock().unwrap();
            if let Some(left) = puts_left.as_mut() {
                if *left == 0 {
                    return Err(StoreError {
                        operation: put.key.into(),
                        reason: "died".into(),
                    });
                }
                *left -= 1;
            }
            let mut objects = self.objects.lock().unwrap();
            let place = (put.bucket.to_owned(), put.key.to_owned());
            let there = objects.get(&place).map(|stored| stored.etag.as_str());
            let met = match put.condition {
                WriteCondition::Always => true,
                WriteCondition::IfAbsent => there.is_none(),
                WriteCondition::IfMatch(etag) => there == Some(etag),
            };
            if !met {
                return Ok(PutOutcome::ConditionFailed);
            }
            let stored = MemoryObject {
                bytes: put.bytes.to_vec(),
                etag: etag(put.bytes),
                digest: put.digest.map(str::to_owned),
                cache_control: put.cache_control.to_owned(),
                content_type: put.content_type.to_owned(),
            };
            objects.insert(place, stored);
            self.puts.lock().unwrap().push(put.key.to_owned());
        }
        // The object is written, but the response is lost.
        self.inject_fault(put.key).await?;
        Ok(PutOutcome::Written(etag(put.bytes)))
    }
}

/// Records every notice.
#[derive(Default)]
pub struct RecordingNotifier(pub Mutex<Vec<Notice>>);

impl Notifier for RecordingNotifier {
    async fn send(&self, notice: &Notice) -> Result<(), NotifyError> {
        self.0.lock().unwrap().push(notice.clone());
        Ok(())
    }
}

pub type TestProcess = Process<MemoryStore, RecordingNotifier, SystemTime>;

/// process with small avatars over an empty store. A seed switches faults on.
pub fn test_process(faults: Option<u64>) -> TestProcess {
    let environment = Environment::from([
        ("DEST_BUCKET_NAME", ASSETS),
        ("FOLDER_INPUT", "in"),
        ("PROCESS_WIDTH", "64"),
        ("PROCESS_HEIGHT", "64"),
        ("AVATAR_SIZES", "32"),
        ("MAX_UPLOAD_BYTES", "100000"),
    ]);
    let settings = Settings::from_environment(&environment).unwrap();
    let store = MemoryStore {
        faults: faults.map(|seed| Mutex::new(Xorshift(seed))),
        ..MemoryStore::default()
    };
    Process::new(
        settings,
        store,
        RecordingNotifier::default(),
        SystemTime::UNIX_EPOCH + Duration::from_secs(1),
    )
}

/// A BMP of 8 x 8 pixels of one color, different for each number.
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

/// A record of an S3 event. `sequencer` is also its time in milliseconds.
pub fn record(key: &str, etag: &str, size: usize, sequencer: u64) -> Value {
    json!({
        "eventVersion": "2.1", "eventSource": "aws:s3", "eventName": "ObjectCreated:Put",
        "eventTime": time(sequencer),
        "userIdentity": { "principalId": "me" },
        "requestParameters": { "sourceIPAddress": "127.0.0.1" },
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

/// Uploads a photo, and returns the record of its event.
pub fn upload(process: &TestProcess, key: &str, photo: &[u8], sequencer: u64) -> Value {
    let etag = process.store.add(UPLOADS, key, photo);
    record(key, &etag, photo.len(), sequencer)
}

pub fn event(records: &[Value]) -> Value {
    json!({ "Records": records })
}

/// The digest of a photo's avatar.
pub fn digest(process: &TestProcess, photo: &[u8]) -> String {
    roundel::render(photo, &process.settings.options)
        .unwrap()
        .digest()
}
