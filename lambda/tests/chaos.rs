//! 10,000 uploads out of order, with faults. Afterwards every user has the newest good avatar.
//!
//! The seed decides the uploads, their order and the faults; the scheduler interleaves the tasks.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod memory_aws;

use std::collections::HashMap;
use std::sync::Arc;

use memory_aws::{
    ASSETS, TestProcess, UPLOADS, Xorshift, digest, event, photo, test_process, upload,
};
use roundel_lambda::notice::{Latest, Notice, Refusal};
use serde_json::Value;

const UPLOADS_IN_ALL: u32 = 10_000;
const USERS: u64 = 100;
/// Events that are handled at the same time.
const FUNCTIONS: usize = 32;

struct Expected {
    /// The newest good photo of each user.
    newest: HashMap<String, Vec<u8>>,
    /// The keys of all bad uploads.
    refused: Vec<String>,
}

/// Makes all uploads, and returns their events in order.
fn uploads(process: &TestProcess, random: &mut Xorshift) -> (Vec<Value>, Expected) {
    let (mut newest, mut refused) = (HashMap::new(), vec![]);
    let mut events = vec![];
    for number in 1..=UPLOADS_IN_ALL {
        let sub = format!("user-{}", random.below(USERS));
        let bad = random.below(10) == 0;
        // Some photos are uploaded again, under another key.
        let photo = if bad {
            format!("no photo {number}").into_bytes()
        } else {
            photo(number / 3)
        };
        let key = format!("in/{sub}/{number}.bmp");
        events.push(event(&[upload(process, &key, &photo, u64::from(number))]));
        if bad {
            refused.push(key);
        } else {
            newest.insert(sub, photo);
        }
    }
    (events, Expected { newest, refused })
}

/// Out of order by up to 200 places; one in ten is delivered twice.
fn shuffled(events: Vec<Value>, random: &mut Xorshift) -> Vec<Value> {
    let mut placed: Vec<(u64, Value)> = vec![];
    for (place, event) in events.into_iter().enumerate() {
        if random.below(10) == 0 {
            placed.push((place as u64 + random.below(400), event.clone()));
        }
        placed.push((place as u64 + random.below(200), event));
    }
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, event)| event).collect()
}

/// Delivers every event until it is handled, as Lambda and the dead-letter queue do.
async fn deliver(process: &Arc<TestProcess>, events: Vec<Value>) -> u64 {
    let queue = Arc::new(tokio::sync::Mutex::new(events.into_iter()));
    let function = |_| {
        let (process, queue) = (Arc::clone(process), Arc::clone(&queue));
        tokio::spawn(async move {
            let mut repeated = 0;
            loop {
                let Some(event) = queue.lock().await.next() else {
                    return repeated;
                };
                while process.handle(&event, "request").await.is_err() {
                    repeated += 1;
                }
            }
        })
    };
    let functions: Vec<_> = (0..FUNCTIONS).map(function).collect();
    let mut repeated = 0;
    for function in functions {
        repeated += function.await.unwrap();
    }
    repeated
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_user_has_the_newest_good_avatar_and_every_refusal_is_recorded() {
    let process = Arc::new(test_process(Some(0x5EED)));
    let mut random = Xorshift(0xC0FFEE);
    let (events, expected) = uploads(&process, &mut random);
    let events = shuffled(events, &mut random);
    let delivered = events.len();
    let repeated = deliver(&process, events).await;
    eprintln!("{UPLOADS_IN_ALL} uploads, {delivered} deliveries, {repeated} repeated after faults");
    assert!(repeated > 1000, "only {repeated} faults");

    for (sub, photo) in &expected.newest {
        let digest = digest(&process, photo);
        let find = |key: &str| {
            process
                .store
                .find(ASSETS, key)
                .unwrap_or_else(|| panic!("{key}"))
        };
        let latest: Latest =
            serde_json::from_slice(&find(&format!("avatars/{sub}/latest.json")).bytes).unwrap();
        assert_eq!(latest.digest, digest, "{sub}");
        let alias = find(&format!("avatars/{sub}.jpg"));
        assert_eq!(alias.digest.as_ref(), Some(&digest), "{sub}");
        assert_eq!(
            alias.bytes,
            find(&format!("avatars/{sub}/{digest}/64.jpg")).bytes,
            "{sub}"
        );
        find(&format!("avatars/{sub}/{digest}/32.jpg"));
        assert!(
            notices(&process).any(|notice| notice == latest),
            "{sub}: no notice of the newest"
        );
    }
    let mut recorded: Vec<String> = process
        .store
        .keys(UPLOADS)
        .iter()
        .filter(|key| key.starts_with("refused/"))
        .map(|key| process.store.find(UPLOADS, key).unwrap())
        .map(|stored| {
            serde_json::from_slice::<Refusal>(&stored.bytes)
                .unwrap()
                .key
        })
        .collect();
    recorded.sort();
    let mut refused = expected.refused;
    refused.sort();
    // A bad upload is skipped if a newer upload of the user was handled first.
    let is_overtaken = |key: &String| {
        let number: u64 = key
            .rsplit('/')
            .next()
            .unwrap()
            .trim_end_matches(".bmp")
            .parse()
            .unwrap();
        let sub = key.split('/').nth(1).unwrap();
        notices(&process).any(|notice| notice.sub == sub && notice.order.time > number_time(number))
    };
    for key in &refused {
        assert!(
            recorded.binary_search(key).is_ok() || is_overtaken(key),
            "{key} is not recorded"
        );
    }
    assert!(
        recorded
            .iter()
            .all(|key| refused.binary_search(key).is_ok())
    );
    assert!(
        recorded.len() > refused.len() / 4,
        "{} of {}",
        recorded.len(),
        refused.len()
    );
}

fn notices(process: &TestProcess) -> impl Iterator<Item = Latest> {
    let notices = process.notifier.0.lock().unwrap().clone();
    notices.into_iter().filter_map(|notice| match notice {
        Notice::Avatar(latest) => Some(latest),
        Notice::Refused(_) => None,
    })
}

/// 2026-01-01 plus as many milliseconds.
fn number_time(number: u64) -> i64 {
    1_767_225_600_000 + number as i64
}
