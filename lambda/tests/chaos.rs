//! 10,000 uploads and removals out of order, with faults. Afterwards every user has the newest good
//! avatar, or none if it was removed, and nothing from before the last removal is left.
//!
//! The seed decides the uploads, their order and the faults; the scheduler interleaves the tasks.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod memory_aws;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use memory_aws::{
    ASSETS, FIRST_TIME, TestProcess, UPLOADS, Xorshift, event, folder, form, photo, removal,
    test_process, upload,
};
use roundel_lambda::key::AvatarKeys;
use roundel_lambda::notice::{Latest, Notice, Refusal};
use roundel_lambda::store::Expiry;
use serde_json::Value;

const UPLOADS_IN_ALL: u32 = 10_000;
const USERS: u64 = 100;
/// Events that are handled at the same time.
const FUNCTIONS: usize = 32;

#[derive(Default)]
struct Expected {
    /// The newest good photo of each user and its number; `None` after a removal.
    newest: HashMap<String, Option<(Vec<u8>, u64)>>,
    /// The number of the last removal of each user.
    removed: HashMap<String, u64>,
    /// The keys of all bad uploads.
    refused: Vec<String>,
}

/// Makes all uploads, and returns their events in order.
fn uploads(process: &TestProcess, random: &mut Xorshift) -> (Vec<Value>, Expected) {
    let mut expected = Expected::default();
    let mut events = vec![];
    for number in 1..=UPLOADS_IN_ALL {
        let sub = format!("user-{}", random.below(USERS));
        let sequencer = u64::from(number);
        if random.below(10) == 0 {
            events.push(event(&[removal(process, &sub, sequencer)]));
            expected.removed.insert(sub.clone(), sequencer);
            expected.newest.insert(sub, None);
            continue;
        }
        let bad = random.below(10) == 0;
        // Some photos are uploaded again, under another key.
        let photo = if bad {
            format!("no photo {number}").into_bytes()
        } else {
            photo(number / 3)
        };
        let key = format!("in/{sub}/{number}.bmp");
        let send = if random.below(8) == 0 { form } else { upload };
        events.push(event(&[send(process, &key, &photo, sequencer)]));
        if bad {
            expected.refused.push(key);
        } else {
            expected.newest.insert(sub, Some((photo, sequencer)));
        }
    }
    (events, expected)
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
async fn every_user_has_the_newest_good_avatar_and_nothing_that_was_removed() {
    let process = Arc::new(test_process(Some(0x5EED)));
    let mut random = Xorshift(0xC0FFEE);
    let (events, expected) = uploads(&process, &mut random);
    let events = shuffled(events, &mut random);
    let delivered = events.len();
    let repeated = deliver(&process, events).await;
    eprintln!("{UPLOADS_IN_ALL} uploads, {delivered} deliveries, {repeated} repeated after faults");
    assert!(repeated > 1000, "only {repeated} faults");
    let removed = expected.newest.values().filter(|newest| newest.is_none());
    assert!(removed.count() > 3, "some users end with a removal");
    for (sub, newest) in &expected.newest {
        match newest {
            Some((photo, number)) => assert_newest(&process, sub, photo, *number),
            None => assert_removed(&process, sub, expected.removed[sub]),
        }
    }
    assert_nothing_is_left_from_before_a_removal(&process, &expected);
    assert_refusals_are_recorded(&process, expected);
}

fn assert_newest(process: &TestProcess, sub: &str, photo: &[u8], number: u64) {
    let folder = folder(process, photo, number);
    let find = |key: &str| {
        let found = process.store.find(ASSETS, key);
        found.unwrap_or_else(|| panic!("{key}"))
    };
    let latest: Latest =
        serde_json::from_slice(&find(&format!("avatars/{sub}/latest.json")).bytes).unwrap();
    assert_eq!(latest.digest, folder, "{sub}");
    let alias = find(&format!("avatars/{sub}.jpg"));
    assert_eq!(alias.digest.as_ref(), Some(&folder), "{sub}");
    let largest = find(&format!("avatars/{sub}/{folder}/64.jpg"));
    assert_eq!(alias.bytes, largest.bytes, "{sub}");
    for size in [64, 32] {
        let version = find(&format!("avatars/{sub}/{folder}/{size}.jpg"));
        assert_eq!(version.expiry, None, "{sub}");
    }
    assert!(
        avatar_notices(process).any(|notice| notice == latest),
        "{sub}: no notice of the newest"
    );
    let mut previous = HashSet::new();
    for key in process.store.keys(ASSETS) {
        if let Some((other, _)) = AvatarKeys::new("avatars").folder_and_time(sub, &key)
            && other != folder
        {
            let expiry = process.store.find(ASSETS, &key).unwrap().expiry;
            assert_eq!(expiry, Some(Expiry::Replaced), "{key}");
            previous.insert(other.to_owned());
        }
    }
    assert!(previous.len() <= 1, "{previous:?}");
}

fn assert_removed(process: &TestProcess, sub: &str, number: u64) {
    let of_user = |key: &String| {
        key.starts_with(&format!("avatars/{sub}/")) || *key == format!("avatars/{sub}.jpg")
    };
    let left: Vec<_> = process
        .store
        .keys(ASSETS)
        .into_iter()
        .filter(of_user)
        .collect();
    assert_eq!(left, [format!("avatars/{sub}/latest.json")]);
    let notices = process.notifier.0.lock().unwrap();
    let is_last = |notice: &Notice| {
        matches!(notice, Notice::Removed(removal)
            if removal.sub == sub && removal.order.time == number_time(number))
    };
    assert!(
        notices.iter().any(is_last),
        "{sub}: no notice of the removal"
    );
}

/// No avatar, and no photo that is a second older: the times of a listing are seconds.
fn assert_nothing_is_left_from_before_a_removal(process: &TestProcess, expected: &Expected) {
    let keys = AvatarKeys::new("avatars");
    for (sub, &removed) in &expected.removed {
        for key in process.store.keys(ASSETS) {
            let time = keys.folder_and_time(sub, &key).map(|(_, time)| time);
            assert!(time.is_none_or(|time| time > number_time(removed)), "{key}");
        }
        for key in process.store.keys(UPLOADS) {
            if key.starts_with(&format!("in/{sub}/")) {
                let time = number_time(number_of(&key));
                assert!(!key.ends_with(".remove"), "{key}");
                assert!(time + 1000 > number_time(removed) / 1000 * 1000, "{key}");
            }
        }
    }
}

fn assert_refusals_are_recorded(process: &TestProcess, expected: Expected) {
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
    // A bad upload is skipped if a newer upload or removal of the user was handled first.
    let is_overtaken = |key: &String| {
        let (number, sub) = (number_of(key), key.split('/').nth(1).unwrap());
        let is_removed = expected
            .removed
            .get(sub)
            .is_some_and(|&removed| removed > number);
        let mut newer = avatar_notices(process)
            .filter(|notice| notice.sub == sub && notice.order.time > number_time(number));
        is_removed || newer.next().is_some()
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
        recorded.len() > 50,
        "{} of {}",
        recorded.len(),
        refused.len()
    );
}

fn avatar_notices(process: &TestProcess) -> impl Iterator<Item = Latest> {
    let notices = process.notifier.0.lock().unwrap().clone();
    notices.into_iter().filter_map(|notice| match notice {
        Notice::Avatar(latest) => Some(latest),
        Notice::Refused(_) | Notice::Removed(_) => None,
    })
}

/// The number in the key of an upload.
fn number_of(key: &str) -> u64 {
    let (_, file) = key.rsplit_once('/').unwrap();
    file.split('.').next().unwrap().parse().unwrap()
}

fn number_time(number: u64) -> i64 {
    FIRST_TIME + number as i64
}
