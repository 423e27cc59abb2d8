//! 10,000 uploads in disorder, with faults: afterwards everybody has the newest good avatar.
//!
//! The seed decides uploads, their order and the faults; how tasks interleave is the scheduler's.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod world;

use std::collections::HashMap;
use std::sync::Arc;

use roundel_lambda::notice::{Latest, Notice, Refusal};
use serde_json::Value;
use world::{ASSETS, Chance, UPLOADS, World, digest, event, photo, upload, world};

const UPLOADS_IN_ALL: u32 = 10_000;
const USERS: u64 = 100;
/// Events under way at once.
const FUNCTIONS: usize = 32;

struct Expected {
    /// Newest good photo of each user.
    newest: HashMap<String, Vec<u8>>,
    /// Keys that have to be on record.
    refused: Vec<String>,
}

/// Uploads everything, and gives the events in the order of the uploads.
fn uploads(world: &World, chance: &mut Chance) -> (Vec<Value>, Expected) {
    let (mut newest, mut refused) = (HashMap::new(), vec![]);
    let mut events = vec![];
    for number in 1..=UPLOADS_IN_ALL {
        let sub = format!("user-{}", chance.below(USERS));
        let bad = chance.below(10) == 0;
        // Photos come again: the same bytes under another key.
        let photo = if bad {
            format!("no photo {number}").into_bytes()
        } else {
            photo(number / 3)
        };
        let key = format!("in/{sub}/{number}.bmp");
        events.push(event(&[upload(world, &key, &photo, u64::from(number))]));
        if bad {
            refused.push(key);
        } else {
            newest.insert(sub, photo);
        }
    }
    (events, Expected { newest, refused })
}

/// Out of order by up to 200 places, and one in ten twice.
fn disordered(events: Vec<Value>, chance: &mut Chance) -> Vec<Value> {
    let mut placed: Vec<(u64, Value)> = vec![];
    for (place, event) in events.into_iter().enumerate() {
        if chance.below(10) == 0 {
            placed.push((place as u64 + chance.below(400), event.clone()));
        }
        placed.push((place as u64 + chance.below(200), event));
    }
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, event)| event).collect()
}

/// Delivers every event until it is handled, as the platform and the dead-letter queue do.
async fn deliver(world: &Arc<World>, events: Vec<Value>) -> u64 {
    let queue = Arc::new(tokio::sync::Mutex::new(events.into_iter()));
    let function = |_| {
        let (world, queue) = (Arc::clone(world), Arc::clone(&queue));
        tokio::spawn(async move {
            let mut repeated = 0;
            loop {
                let Some(event) = queue.lock().await.next() else {
                    return repeated;
                };
                while world.handle(&event, "request").await.is_err() {
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
async fn everybody_has_the_newest_good_avatar_and_every_refusal_is_on_record() {
    let world = Arc::new(world(Some(0x5EED)));
    let mut chance = Chance(0xC0FFEE);
    let (events, expected) = uploads(&world, &mut chance);
    let events = disordered(events, &mut chance);
    let delivered = events.len();
    let repeated = deliver(&world, events).await;
    eprintln!("{UPLOADS_IN_ALL} uploads, {delivered} deliveries, {repeated} repeated after faults");
    assert!(repeated > 1000, "there was chaos: {repeated}");

    for (sub, photo) in &expected.newest {
        let digest = digest(&world, photo);
        let find = |key: &str| {
            world
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
            told(&world).any(|told| told == latest),
            "{sub}: no notice of the newest"
        );
    }
    let mut recorded: Vec<String> = world
        .store
        .keys(UPLOADS)
        .iter()
        .filter(|key| key.starts_with("refused/"))
        .map(|key| world.store.find(UPLOADS, key).unwrap())
        .map(|stored| {
            serde_json::from_slice::<Refusal>(&stored.bytes)
                .unwrap()
                .key
        })
        .collect();
    recorded.sort();
    let mut refused = expected.refused;
    refused.sort();
    // Those of which a newer upload was done first are not looked at, unless they came in time.
    let newer_first = |key: &String| {
        let number: u64 = key
            .rsplit('/')
            .next()
            .unwrap()
            .trim_end_matches(".bmp")
            .parse()
            .unwrap();
        let sub = key.split('/').nth(1).unwrap();
        told(&world).any(|told| told.sub == sub && told.order.time > number_time(number))
    };
    for key in &refused {
        assert!(
            recorded.binary_search(key).is_ok() || newer_first(key),
            "{key} is not on record"
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

fn told(world: &World) -> impl Iterator<Item = Latest> {
    let told = world.notify.0.lock().unwrap().clone();
    told.into_iter().filter_map(|notice| match notice {
        Notice::Avatar(latest) => Some(latest),
        Notice::Refused(_) => None,
    })
}

/// 2026-01-01 and as many milliseconds.
fn number_time(number: u64) -> i64 {
    1_767_225_600_000 + number as i64
}
