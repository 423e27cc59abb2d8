//! process over an S3 in memory, with faults on request.

// Each test uses a part of this module.
#![allow(dead_code, unreachable_pub)]

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use roundel_lambda::cdn::{Cdn, InvalidateError, Invalidation};
use roundel_lambda::environment::Environment;
use roundel_lambda::key::version_folder;
use roundel_lambda::notice::{Notice, Notifier, NotifyError};
use roundel_lambda::process::{Process, Settings};
use roundel_lambda::store::{
    Expiry, GetOutcome, GetRequest, ListedObject, PutOutcome, PutRequest, Store, StoreError,
    StoredObject, WriteCondition,
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
    pub expiry: Option<Expiry>,
    /// In milliseconds since 1970.
    pub modified: i64,
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
    /// How many more writes (puts, deletions and tags) succeed, as if the function died after them.
    pub writes_left: Mutex<Option<usize>>,
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
        self.add_at(bucket, key, bytes, 1_000)
    }

    /// Adds an object that was written at this time, in milliseconds since 1970.
    pub fn add_at(&self, bucket: &str, key: &str, bytes: &[u8], modified: i64) -> String {
        let etag = etag(bytes);
        let stored = MemoryObject {
            bytes: bytes.to_vec(),
            etag: etag.clone(),
            modified,
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

    /// Fails if the function is dead.
    fn count_write(&self, key: &str) -> Result<(), StoreError> {
        let mut writes_left = self.writes_left.lock().unwrap();
        let Some(left) = writes_left.as_mut() else {
            return Ok(());
        };
        *left = left.checked_sub(1).ok_or_else(|| StoreError {
            operation: key.into(),
            reason: "died".into(),
        })?;
        Ok(())
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
                modified: stored.modified,
            }),
        })
    }

    async fn digest(&self, bucket: &str, key: &str) -> Result<Option<String>, StoreError> {
        self.inject_fault(key).await?;
        Ok(self.find(bucket, key).and_then(|stored| stored.digest))
    }

    async fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<ListedObject>, StoreError> {
        self.inject_fault(prefix).await?;
        let objects = self.objects.lock().unwrap();
        let mut listed: Vec<_> = objects
            .iter()
            .filter(|((of, key), _)| of == bucket && key.starts_with(prefix))
            .map(|((_, key), stored)| ListedObject {
                key: key.clone(),
                // S3 lists times in seconds.
                modified: stored.modified / 1000 * 1000,
            })
            .collect();
        listed.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(listed)
    }

    async fn delete(
        &self,
        bucket: &str,
        key: &str,
        if_match: Option<&str>,
    ) -> Result<(), StoreError> {
        self.inject_fault(key).await?;
        self.count_write(key)?;
        {
            let mut objects = self.objects.lock().unwrap();
            let place = (bucket.to_owned(), key.to_owned());
            let matches = |stored: &MemoryObject| if_match.is_none_or(|etag| stored.etag == etag);
            if objects.get(&place).is_some_and(matches) {
                objects.remove(&place);
            }
        }
        self.inject_fault(key).await
    }

    async fn tag(&self, bucket: &str, key: &str, expiry: Expiry) -> Result<(), StoreError> {
        self.inject_fault(key).await?;
        self.count_write(key)?;
        let mut objects = self.objects.lock().unwrap();
        if let Some(stored) = objects.get_mut(&(bucket.to_owned(), key.to_owned())) {
            stored.expiry = Some(expiry);
        }
        Ok(())
    }

    async fn put(&self, put: PutRequest<'_>) -> Result<PutOutcome, StoreError> {
        self.inject_fault(put.key).await?;
        {
            self.count_write(put.key)?;
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
                expiry: put.expiry,
                modified: WRITTEN,
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

/// Records the paths of every invalidation.
#[derive(Default)]
pub struct RecordingCdn {
    pub invalidated: Mutex<Vec<Vec<String>>>,
    /// How many invalidations fail first.
    pub faults_left: Mutex<usize>,
}

impl Cdn for RecordingCdn {
    async fn invalidate(&self, invalidation: &Invalidation) -> Result<(), InvalidateError> {
        {
            let mut faults_left = self.faults_left.lock().unwrap();
            if let Some(left) = faults_left.checked_sub(1) {
                *faults_left = left;
                return Err(InvalidateError("injected fault".into()));
            }
        }
        let mut invalidated = self.invalidated.lock().unwrap();
        invalidated.push(invalidation.paths.clone());
        Ok(())
    }
}

pub type TestProcess = Process<MemoryStore, RecordingNotifier, RecordingCdn, SystemTime>;

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
        RecordingCdn::default(),
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

/// 2026-01-01, the time of sequencer 0.
pub const FIRST_TIME: i64 = 1_767_225_600_000;

/// The time of every object that process writes: a day later, as if its events had waited.
pub const WRITTEN: i64 = FIRST_TIME + 86_400_000;

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
    let time = FIRST_TIME + sequencer as i64;
    let etag = process.store.add_at(UPLOADS, key, photo, time);
    record(key, &etag, photo.len(), sequencer)
}

/// Sends a presigned form, and returns the record of its event.
pub fn form(process: &TestProcess, key: &str, photo: &[u8], sequencer: u64) -> Value {
    let mut record = upload(process, key, photo, sequencer);
    record["eventName"] = "ObjectCreated:Post".into();
    record
}

/// Asks for the removal of a user's avatar, and returns the record of its event.
pub fn removal(process: &TestProcess, sub: &str, sequencer: u64) -> Value {
    upload(
        process,
        &format!("in/{sub}/{sequencer}.remove"),
        b"",
        sequencer,
    )
}

pub fn event(records: &[Value]) -> Value {
    json!({ "Records": records })
}

/// The folder of the avatar of a photo with this sequencer.
pub fn folder(process: &TestProcess, photo: &[u8], sequencer: u64) -> String {
    version_folder(FIRST_TIME + sequencer as i64, &digest(process, photo))
}

/// The digest of a photo's avatar.
pub fn digest(process: &TestProcess, photo: &[u8]) -> String {
    roundel::render(photo, &process.settings.options)
        .unwrap()
        .digest()
}
