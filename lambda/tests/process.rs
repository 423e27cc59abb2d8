//! The promises of process, over an S3 in memory.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod memory_aws;

use memory_aws::{
    ASSETS, TestProcess, UPLOADS, event, folder, form, photo, record, removal, test_process, upload,
};
use roundel::Format;
use roundel_lambda::notice::{Latest, Newest, Notice, Refusal};
use roundel_lambda::store::Expiry;
use serde_json::{Value, json};

async fn handle(process: &TestProcess, records: &[Value]) -> Result<Value, String> {
    process
        .handle(&event(records), "request")
        .await
        .map_err(|error| error.to_string())
}

fn latest(process: &TestProcess, sub: &str) -> Latest {
    let json = process
        .store
        .find(ASSETS, &format!("avatars/{sub}/latest.json"))
        .unwrap();
    serde_json::from_slice(&json.bytes).unwrap()
}

fn refusals(process: &TestProcess) -> Vec<Refusal> {
    let keys = process.store.keys(UPLOADS);
    let records = keys.iter().filter(|key| key.starts_with("refused/"));
    let read = |key: &String| {
        serde_json::from_slice(&process.store.find(UPLOADS, key).unwrap().bytes).unwrap()
    };
    records.map(read).collect()
}

/// Checks that the alias, every size and latest.json exist and belong together.
fn assert_complete(process: &TestProcess, sub: &str, digest: &str) {
    let record = process
        .store
        .find(ASSETS, &format!("avatars/{sub}/latest.json"));
    assert_eq!(record.unwrap().expiry, None, "{sub}");
    assert_eq!(latest(process, sub).digest, digest, "{sub}");
    let alias = process
        .store
        .find(ASSETS, &format!("avatars/{sub}.jpg"))
        .unwrap();
    assert_eq!(alias.digest.as_deref(), Some(digest), "{sub}");
    for size in [64, 32] {
        let key = format!("avatars/{sub}/{digest}/{size}.jpg");
        let version = process.store.find(ASSETS, &key).unwrap();
        assert!(size != 64 || version.bytes == alias.bytes, "{sub}");
    }
}

#[tokio::test]
async fn an_upload_becomes_versions_then_latest_then_alias_then_notice() {
    let process = test_process(None);
    let uploaded = upload(&process, "in/me/1.bmp", &photo(1), 1);
    handle(&process, &[uploaded]).await.unwrap();
    let digest = folder(&process, &photo(1), 1);
    assert_complete(&process, "me", &digest);
    let puts = process.store.puts.lock().unwrap().clone();
    assert_eq!(puts[2..], ["avatars/me/latest.json", "avatars/me.jpg"]);
    let version = process
        .store
        .find(ASSETS, &format!("avatars/me/{digest}/32.jpg"))
        .unwrap();
    assert_eq!(version.cache_control, "public, max-age=86400, immutable");
    assert_eq!(version.content_type, "image/jpeg");
    let alias = process.store.find(ASSETS, "avatars/me.jpg").unwrap();
    assert_eq!(alias.cache_control, "public, max-age=60");
    let notices = process.notifier.0.lock().unwrap();
    assert_eq!(notices[..], [Notice::Avatar(latest(&process, "me"))]);
}

#[tokio::test]
async fn each_size_is_written_in_each_format_and_the_alias_is_the_jpeg() {
    let mut process = test_process(None);
    process.settings.options.formats = vec![Format::Png, Format::Jpeg];
    let uploaded = upload(&process, "in/me/1.bmp", &photo(1), 1);
    handle(&process, &[uploaded]).await.unwrap();
    let latest = latest(&process, "me");
    assert_eq!(latest.formats, ["png", "jpeg"]);
    assert_eq!(latest.sizes, [[64, 64], [32, 32]]);
    assert_complete(&process, "me", &latest.digest);
    for size in [64, 32] {
        let key = format!("avatars/me/{}/{size}.png", latest.digest);
        let version = process.store.find(ASSETS, &key).unwrap();
        assert_eq!(version.content_type, "image/png");
    }
}

#[test]
fn a_document_of_before_the_formats_is_of_jpegs() {
    let old = r#"{"sub":"me","digest":"f00","sizes":[[64,64]],"thumbhash":"","color":"000000",
        "order":{"key":"in/me.bmp","sequencer":null,"time":1,"etag":"a"}}"#;
    let latest: Latest = serde_json::from_str(old).unwrap();
    assert_eq!(latest.formats, ["jpeg"]);
}

#[tokio::test]
async fn the_key_layout_of_the_original_works() {
    let process = test_process(None);
    let uploaded = upload(&process, "in/me.bmp", &photo(1), 1);
    handle(&process, &[uploaded]).await.unwrap();
    assert_complete(&process, "me", &folder(&process, &photo(1), 1));
}

#[tokio::test]
async fn a_duplicate_puts_nothing_and_repeats_the_notice() {
    let process = test_process(None);
    let uploaded = upload(&process, "in/me/1.bmp", &photo(1), 1);
    handle(&process, &[uploaded.clone(), uploaded.clone()])
        .await
        .unwrap();
    handle(&process, &[uploaded]).await.unwrap();
    assert_eq!(process.store.puts.lock().unwrap().len(), 4);
    assert_eq!(process.notifier.0.lock().unwrap().len(), 3);
    let gets = process.store.gets.lock().unwrap();
    assert_eq!(gets.iter().filter(|key| *key == "in/me/1.bmp").count(), 1);
}

#[tokio::test]
async fn an_older_upload_never_replaces_a_newer() {
    let process = test_process(None);
    let old = upload(&process, "in/me/2.bmp", &photo(1), 1);
    let new = upload(&process, "in/me/1.bmp", &photo(2), 2);
    handle(&process, &[new, old]).await.unwrap();
    assert_complete(&process, "me", &folder(&process, &photo(2), 2));
}

#[tokio::test]
async fn the_event_of_a_replaced_object_is_left_to_the_next_event() {
    let process = test_process(None);
    let old = upload(&process, "in/me.bmp", &photo(1), 1);
    let new = upload(&process, "in/me.bmp", &photo(2), 2);
    handle(&process, &[old]).await.unwrap();
    assert_eq!(process.store.keys(ASSETS), [""; 0]);
    handle(&process, &[new]).await.unwrap();
    assert_complete(&process, "me", &folder(&process, &photo(2), 2));
}

#[tokio::test]
async fn process_recovers_from_dying_between_any_two_puts() {
    for survived in 0..4 {
        let process = test_process(None);
        let before = upload(&process, "in/me/0.bmp", &photo(0), 1);
        handle(&process, &[before]).await.unwrap();
        let uploaded = upload(&process, "in/me/1.bmp", &photo(1), 2);
        *process.store.writes_left.lock().unwrap() = Some(survived);
        let error = handle(&process, std::slice::from_ref(&uploaded))
            .await
            .unwrap_err();
        assert!(
            error.starts_with("1 of 1 uploads failed temporarily"),
            "{error}"
        );
        *process.store.writes_left.lock().unwrap() = None;
        handle(&process, &[uploaded]).await.unwrap();
        assert_complete(&process, "me", &folder(&process, &photo(1), 2));
    }
}

#[tokio::test]
async fn an_older_event_updates_the_alias_after_a_newer_one_died() {
    let process = test_process(None);
    let old = upload(&process, "in/me/0.bmp", &photo(0), 1);
    handle(&process, std::slice::from_ref(&old)).await.unwrap();
    let new = upload(&process, "in/me/1.bmp", &photo(1), 2);
    // Two versions and latest.json are written, but not the alias.
    *process.store.writes_left.lock().unwrap() = Some(3);
    handle(&process, &[new]).await.unwrap_err();
    *process.store.writes_left.lock().unwrap() = None;
    handle(&process, &[old]).await.unwrap();
    assert_complete(&process, "me", &folder(&process, &photo(1), 2));
}

#[tokio::test]
async fn refusals_are_recorded_and_not_retried() {
    let process = test_process(None);
    let records = [
        upload(&process, "in/me/1.jpg", b"hello", 1),
        upload(&process, "in/me/2.jpg", b"", 2),
        upload(&process, "in/me/3.jpg", &vec![0; 100_001], 3),
        record("in/me/4.jpg", "e", 5, 4),
        upload(&process, "in/me/5.jxl", b"\0\0\0\x0CJXL \r\n\x87\n", 5),
    ];
    handle(&process, &records).await.unwrap();
    let mut recorded: Vec<_> = refusals(&process)
        .into_iter()
        .map(|refusal| (refusal.key, refusal.code))
        .collect();
    recorded.sort();
    let expected = [
        ("in/me/1.jpg", "unsupported"),
        ("in/me/2.jpg", "empty"),
        ("in/me/3.jpg", "too_large"),
        ("in/me/4.jpg", "gone"),
        ("in/me/5.jxl", "unsupported"),
    ];
    assert_eq!(
        recorded,
        expected.map(|(key, code)| (key.to_owned(), code.to_owned()))
    );
    assert_eq!(process.store.keys(ASSETS), [""; 0]);
    assert_eq!(process.notifier.0.lock().unwrap().len(), 5);
}

#[tokio::test]
async fn a_defect_of_the_renderer_is_a_failure_and_not_a_refusal() {
    let mut process = test_process(None);
    let uploaded = upload(&process, "in/me/1.bmp", &photo(1), 1);
    let renderer = process.renderer;
    process.renderer = |_, _, _| panic!("a defect");
    let error = handle(&process, std::slice::from_ref(&uploaded))
        .await
        .unwrap_err();
    assert!(error.contains("internal: "), "{error}");
    process.renderer = renderer;
    let sizes = std::mem::take(&mut process.settings.options.sizes);
    let error = handle(&process, std::slice::from_ref(&uploaded))
        .await
        .unwrap_err();
    assert!(error.contains("invalid_options: "), "{error}");
    assert!(refusals(&process).is_empty());
    assert!(process.notifier.0.lock().unwrap().is_empty());
    process.settings.options.sizes = sizes;
    handle(&process, &[uploaded]).await.unwrap();
    assert_complete(&process, "me", &folder(&process, &photo(1), 1));
}

#[tokio::test]
async fn a_photo_that_is_too_large_is_not_fetched() {
    let process = test_process(None);
    let record = record("in/me/1.jpg", "e", 100_001, 1);
    handle(&process, &[record]).await.unwrap();
    assert_eq!(refusals(&process)[0].code, "too_large");
    assert!(
        !process
            .store
            .gets
            .lock()
            .unwrap()
            .contains(&"in/me/1.jpg".to_owned())
    );
}

#[tokio::test]
async fn the_objects_that_process_writes_are_ignored() {
    let process = test_process(None);
    let mut avatar = record("avatars/me.jpg", "e", 5, 1);
    avatar["s3"]["bucket"]["name"] = ASSETS.into();
    let refused = record("refused/0123/1.json", "e", 5, 2);
    let elsewhere = record("elsewhere/me.jpg", "e", 5, 3);
    handle(&process, &[avatar, refused, elsewhere])
        .await
        .unwrap();
    assert!(process.store.gets.lock().unwrap().is_empty());
    assert!(process.store.puts.lock().unwrap().is_empty());
}

#[tokio::test]
async fn an_event_of_another_bucket_fails_and_writes_nothing() {
    let mut process = test_process(None);
    process.settings.uploads = Some("another".to_owned());
    let uploaded = upload(&process, "in/me/1.bmp", &photo(1), 1);
    let invalid = record("in/%ff.jpg", "e", 9, 2);
    let removal = removal(&process, "me", 3);
    for record in [uploaded, invalid, removal] {
        let error = handle(&process, &[record]).await.unwrap_err();
        assert!(error.contains("UPLOADS_BUCKET_NAME"), "{error}");
    }
    assert!(process.store.puts.lock().unwrap().is_empty());
}

#[tokio::test]
async fn hostile_keys_are_refused_and_never_written() {
    let corpus = std::env::var_os("ROUNDEL_CORPUS").map_or_else(
        || concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/corpus").into(),
        std::path::PathBuf::from,
    );
    let Ok(listed) = std::fs::read(corpus.join("bombs/hostile_keys.txt")) else {
        eprintln!("SKIPPED: no corpus at {}", corpus.display());
        return;
    };
    let process = test_process(None);
    let listed = String::from_utf8_lossy(&listed).into_owned();
    let names = listed
        .lines()
        .chain(["in//.jpg", "me/../you.jpg", "me/1.jpg/2.jpg"]);
    let mut records = vec![];
    for (place, name) in names.enumerate() {
        for encoded in [form_encoded(name), name.to_owned()] {
            let etag = process.store.add(UPLOADS, &format!("in/{name}"), &photo(9));
            records.push(record(&format!("in/{encoded}"), &etag, 9, place as u64 + 1));
        }
    }
    records.push(record("in/%ff%fe.jpg", "e", 9, 9_999));
    handle(&process, &records).await.unwrap();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_:/.".contains(&byte);
    for key in process.store.keys(ASSETS) {
        assert!(
            key.starts_with("avatars/") && key.bytes().all(plain),
            "{key}"
        );
        assert!(!key.contains(".."), "{key}");
    }
    assert!(
        refusals(&process)
            .iter()
            .any(|refusal| refusal.code == "invalid_key")
    );
}

/// As S3 encodes keys in events.
fn form_encoded(name: &str) -> String {
    let encode = |byte: u8| match byte {
        b' ' => "+".to_owned(),
        b'/' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    name.bytes().map(encode).collect()
}

/// The folders of all versions of a user.
fn versions_of(process: &TestProcess, sub: &str) -> Vec<String> {
    let keys = process.store.keys(ASSETS);
    let prefix = format!("avatars/{sub}/");
    let folders = keys
        .iter()
        .filter_map(|key| key.strip_prefix(&prefix)?.split_once('/'));
    let mut folders: Vec<_> = folders.map(|(folder, _)| folder.to_owned()).collect();
    folders.dedup();
    folders
}

#[tokio::test]
async fn a_form_that_is_sent_again_with_another_photo_makes_no_second_avatar() {
    let process = test_process(None);
    let first = form(&process, "in/me/1.bmp", &photo(1), 1);
    handle(&process, &[first]).await.unwrap();
    // Another upload, so that latest.json does not name the key of the form any more.
    let other = upload(&process, "in/me/2.bmp", &photo(2), 2);
    handle(&process, &[other]).await.unwrap();
    let notices = process.notifier.0.lock().unwrap().len();
    let bad = form(&process, "in/me/1.bmp", b"no photo", 3);
    handle(&process, &[bad]).await.unwrap();
    let again = form(&process, "in/me/1.bmp", &photo(3), 4);
    handle(&process, &[again]).await.unwrap();
    assert_complete(&process, "me", &folder(&process, &photo(2), 2));
    assert_eq!(versions_of(&process, "me").len(), 2);
    assert_eq!(process.notifier.0.lock().unwrap().len(), notices);
    assert!(refusals(&process).is_empty());
}

#[tokio::test]
async fn a_form_that_is_sent_again_with_the_same_photo_is_the_same_upload() {
    let process = test_process(None);
    let first = form(&process, "in/me/1.bmp", &photo(1), 1);
    let again = form(&process, "in/me/1.bmp", &photo(1), 2);
    handle(&process, &[first, again]).await.unwrap();
    let only = folder(&process, &photo(1), 1);
    assert_complete(&process, "me", &only);
    assert_eq!(versions_of(&process, "me"), [only]);
}

#[tokio::test]
async fn a_photo_that_replaces_one_of_the_same_form_before_its_event_is_not_lost() {
    let process = test_process(None);
    let replaced = form(&process, "in/me/1.bmp", &photo(1), 1);
    let newest = form(&process, "in/me/1.bmp", &photo(2), 2);
    handle(&process, &[replaced, newest]).await.unwrap();
    assert_complete(&process, "me", &folder(&process, &photo(2), 2));
}

#[tokio::test]
async fn an_upload_by_form_recovers_from_dying_between_any_two_puts() {
    for survived in 0..5 {
        let process = test_process(None);
        let uploaded = form(&process, "in/me/1.bmp", &photo(1), 1);
        *process.store.writes_left.lock().unwrap() = Some(survived);
        handle(&process, std::slice::from_ref(&uploaded))
            .await
            .unwrap_err();
        *process.store.writes_left.lock().unwrap() = None;
        handle(&process, &[uploaded]).await.unwrap();
        assert_complete(&process, "me", &folder(&process, &photo(1), 1));
    }
}

#[tokio::test]
async fn a_removal_leaves_no_record_of_a_form_that_names_the_user() {
    let process = test_process(None);
    let uploaded = form(&process, "in/me/1.bmp", &photo(1), 1);
    let removal = removal(&process, "me", 5_000);
    handle(&process, &[uploaded, removal]).await.unwrap();
    assert_removed(&process, "me");
    let left = process.store.keys(UPLOADS);
    let [record] = &left[..] else {
        panic!("{left:?}");
    };
    let bytes = process.store.find(UPLOADS, record).unwrap().bytes;
    let text = format!("{record}{}", String::from_utf8_lossy(&bytes));
    assert!(!text.contains("me/"), "{text}");
}

#[tokio::test]
async fn a_bad_record_does_not_affect_the_others() {
    let process = test_process(None);
    let good = upload(&process, "in/me/1.bmp", &photo(1), 1);
    let error = handle(&process, &[json!({}), json!("record"), good])
        .await
        .unwrap_err();
    assert!(
        error.starts_with("2 of 3 uploads failed temporarily"),
        "{error}"
    );
    assert_complete(&process, "me", &folder(&process, &photo(1), 1));
}

#[tokio::test]
async fn an_unreadable_record_fails_so_that_the_dead_letter_queue_keeps_it() {
    let process = test_process(None);
    let uploaded = upload(&process, "in/me/1.bmp", &photo(1), 1);
    let wrapped = json!({ "Type": "Notification", "Message": event(&[uploaded]).to_string() });
    let by_topic = json!({ "EventSource": "aws:sns", "Sns": wrapped });
    assert!(handle(&process, &[by_topic]).await.is_err());
    let queued = json!({ "eventSource": "aws:sqs", "messageId": "1", "body": wrapped.to_string() });
    let answer = handle(&process, &[queued]).await.unwrap();
    assert_eq!(
        answer,
        json!({ "batchItemFailures": [{ "itemIdentifier": "1" }] })
    );
}

#[tokio::test]
async fn only_the_failed_messages_of_a_queue_are_repeated() {
    let process = test_process(None);
    let good = upload(&process, "in/me/1.bmp", &photo(1), 1);
    let late = upload(&process, "in/you/1.bmp", &photo(2), 1);
    *process.store.writes_left.lock().unwrap() = Some(4);
    let message = |id: &str, record: &Value| {
        let body = event(std::slice::from_ref(record)).to_string();
        json!({ "eventSource": "aws:sqs", "messageId": id, "body": body })
    };
    let answer = handle(&process, &[message("1", &good), message("2", &late)])
        .await
        .unwrap();
    assert_eq!(
        answer,
        json!({ "batchItemFailures": [{ "itemIdentifier": "2" }] })
    );
}

#[tokio::test]
async fn a_batch_job_renders_again_and_has_a_result_for_each_task() {
    let process = test_process(None);
    let uploaded = upload(&process, "in/me/1.bmp", &photo(1), 1);
    handle(&process, &[uploaded]).await.unwrap();
    process.store.add(UPLOADS, "in/you/bad.jpg", b"hello");
    let task = |id: &str, key: &str| json!({ "taskId": id, "s3Key": key, "s3BucketArn": format!("arn:aws:s3:::{UPLOADS}") });
    let job = json!({
        "invocationSchemaVersion": "1.0", "invocationId": "job", "job": { "id": "j" },
        "tasks": [task("1", "in/me/1.bmp"), task("2", "in/you/bad.jpg"), task("3", "in/you/gone.jpg")],
    });
    let answer = process.handle(&job, "request").await.unwrap();
    let codes: Vec<_> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["resultCode"].clone())
        .collect();
    assert_eq!(codes, ["Succeeded", "PermanentFailure", "PermanentFailure"]);
    assert_eq!(answer["invocationId"], "job");
    assert_complete(&process, "me", &folder(&process, &photo(1), 1));

    *process.store.writes_left.lock().unwrap() = Some(0);
    process.store.add(UPLOADS, "in/they/1.bmp", &photo(3));
    let job = json!({
        "invocationSchemaVersion": "1.0", "invocationId": "job",
        "tasks": [task("1", "in/they/1.bmp")],
    });
    let answer = process.handle(&job, "request").await.unwrap();
    assert_eq!(answer["results"][0]["resultCode"], "TemporaryFailure");
}

#[tokio::test]
async fn a_batch_job_with_other_options_replaces_the_avatar_and_keeps_its_order() {
    let mut process = test_process(None);
    let uploaded = upload(&process, "in/me/1.bmp", &photo(1), 7);
    handle(&process, &[uploaded]).await.unwrap();
    let order = latest(&process, "me").order;
    process.settings.options.quality = 40;
    let job = json!({
        "invocationSchemaVersion": "2.0", "invocationId": "job",
        "tasks": [{ "taskId": "1", "s3Key": "in/me/1.bmp", "s3Bucket": UPLOADS }],
    });
    process.handle(&job, "request").await.unwrap();
    assert_complete(&process, "me", &folder(&process, &photo(1), 7));
    assert_eq!(latest(&process, "me").order, order);
}

/// The keys of all objects of a user: avatars, photos and refusals.
fn objects_of(process: &TestProcess, sub: &str) -> Vec<String> {
    let of_user = |key: &String| {
        let part = key.split('/').nth(1).unwrap_or_default();
        part.split('.').next() == Some(sub)
    };
    let keys = [ASSETS, UPLOADS].map(|bucket| process.store.keys(bucket));
    keys.into_iter().flatten().filter(of_user).collect()
}

fn assert_removed(process: &TestProcess, sub: &str) {
    let record = format!("avatars/{sub}/latest.json");
    assert_eq!(objects_of(process, sub), std::slice::from_ref(&record));
    let record = process.store.find(ASSETS, &record).unwrap();
    assert!(matches!(
        Newest::parse(&record.bytes),
        Some(Newest::Removed(_))
    ));
    assert_eq!(
        record.expiry,
        Some(Expiry::Removed),
        "also the record expires"
    );
}

#[tokio::test]
async fn a_removal_deletes_everything_before_it_and_notifies_the_app() {
    let process = test_process(None);
    let records = [
        upload(&process, "in/me/1.bmp", &photo(1), 1),
        upload(&process, "in/me/2.jpg", b"no photo", 2),
        upload(&process, "in/me.bmp", &photo(3), 3),
        upload(&process, "in/meme/1.bmp", &photo(4), 4),
        removal(&process, "me", 5_000),
    ];
    handle(&process, &records).await.unwrap();
    assert_removed(&process, "me");
    assert_complete(&process, "meme", &folder(&process, &photo(4), 4));
    let notices = process.notifier.0.lock().unwrap();
    let Some(Notice::Removed(removed)) = notices.last() else {
        panic!("{notices:?}");
    };
    assert_eq!(
        (removed.sub.as_str(), removed.order.time % 100_000),
        ("me", 5_000)
    );
    let invalidated = process.cdn.invalidated.lock().unwrap();
    assert_eq!(invalidated[..], [["/avatars/me/*", "/avatars/me.jpg"]]);
}

#[tokio::test]
async fn an_upload_before_a_removal_is_stale_in_any_order_of_events() {
    let process = test_process(None);
    let old = upload(&process, "in/me/1.bmp", &photo(1), 1);
    let bad = upload(&process, "in/me/2.jpg", b"no photo", 2);
    let removal = removal(&process, "me", 5_000);
    let events = [&removal, &old, &bad, &removal, &old];
    for event in events {
        handle(&process, std::slice::from_ref(event)).await.unwrap();
        assert_removed(&process, "me");
    }
}

#[tokio::test]
async fn an_upload_after_a_removal_stays_in_any_order_of_events() {
    for removal_first in [true, false] {
        let process = test_process(None);
        let old = upload(&process, "in/me/1.bmp", &photo(1), 1);
        handle(&process, &[old]).await.unwrap();
        let removal = removal(&process, "me", 5_000);
        // The same photo again: it does not share its folder with the removed one.
        let new = upload(&process, "in/me/2.bmp", &photo(1), 5_001);
        let events = if removal_first {
            [&removal, &new]
        } else {
            [&new, &removal]
        };
        for event in events {
            handle(&process, std::slice::from_ref(event)).await.unwrap();
        }
        let newest = folder(&process, &photo(1), 5_001);
        assert_complete(&process, "me", &newest);
        let keys = process.store.keys(ASSETS);
        let removed = folder(&process, &photo(1), 1);
        assert!(!keys.iter().any(|key| key.contains(&removed)), "{keys:?}");
    }
}

#[tokio::test]
async fn a_removal_recovers_from_dying_between_any_two_steps() {
    for survived in 0.. {
        let process = test_process(None);
        let records = [
            upload(&process, "in/me/1.jpg", b"no photo", 1),
            // In the second of the removal.
            upload(&process, "in/me/2.bmp", &photo(2), 5_001),
        ];
        handle(&process, &records).await.unwrap();
        let removal = removal(&process, "me", 5_002);
        *process.store.writes_left.lock().unwrap() = Some(survived);
        let died = handle(&process, std::slice::from_ref(&removal))
            .await
            .is_err();
        *process.store.writes_left.lock().unwrap() = None;
        handle(&process, &[removal]).await.unwrap();
        assert_removed(&process, "me");
        assert!(
            !process.cdn.invalidated.lock().unwrap().is_empty(),
            "{survived}"
        );
        if !died {
            assert!(
                survived > 7,
                "tombstone, two sizes, alias, photos, refusal, request"
            );
            return;
        }
    }
}

#[tokio::test]
async fn an_upload_that_dies_before_a_removal_leaves_nothing_public() {
    for survived in 0..4 {
        let process = test_process(None);
        let old = upload(&process, "in/me/1.bmp", &photo(1), 1);
        *process.store.writes_left.lock().unwrap() = Some(survived);
        handle(&process, std::slice::from_ref(&old))
            .await
            .unwrap_err();
        *process.store.writes_left.lock().unwrap() = None;
        let removal = removal(&process, "me", 5_000);
        handle(&process, &[removal]).await.unwrap();
        // As if the function had written its last objects only now.
        let late = folder(&process, &photo(1), 1);
        for key in [
            format!("avatars/me/{late}/32.jpg"),
            "avatars/me.jpg".to_owned(),
        ] {
            let put = roundel_lambda::store::PutRequest {
                bucket: ASSETS,
                key: &key,
                bytes: b"late",
                content_type: "image/jpeg",
                cache_control: "",
                digest: Some(&late),
                expiry: None,
                condition: roundel_lambda::store::WriteCondition::Always,
            };
            roundel_lambda::store::Store::put(&process.store, put)
                .await
                .unwrap();
        }
        let before = process.cdn.invalidated.lock().unwrap().len();
        handle(&process, std::slice::from_ref(&old)).await.unwrap();
        assert_removed(&process, "me");
        // The late objects may be in a cache. Once they are gone, nothing is invalidated any more.
        handle(&process, &[old]).await.unwrap();
        assert_eq!(process.cdn.invalidated.lock().unwrap().len(), before + 1);
    }
}

#[tokio::test]
async fn a_photo_of_the_second_of_a_removal_is_deleted_in_any_order_of_events() {
    for removal_first in [true, false] {
        let process = test_process(None);
        let photo = upload(&process, "in/me/1.bmp", &photo(1), 5_001);
        let removal = removal(&process, "me", 5_002);
        let events = if removal_first {
            [&removal, &photo]
        } else {
            [&photo, &removal]
        };
        for event in events {
            handle(&process, std::slice::from_ref(event)).await.unwrap();
        }
        assert_removed(&process, "me");
    }
}

#[tokio::test]
async fn the_same_photo_under_the_same_key_is_not_deleted_with_the_removed_one() {
    let process = test_process(None);
    let old = upload(&process, "in/me.bmp", &photo(1), 1);
    let removal = removal(&process, "me", 5_000);
    let new = upload(&process, "in/me.bmp", &photo(1), 6_000);
    handle(&process, &[removal, old, new]).await.unwrap();
    assert_complete(&process, "me", &folder(&process, &photo(1), 6_000));
}

#[tokio::test]
async fn refusals_are_removed_by_the_time_of_their_upload() {
    let process = test_process(None);
    let old = upload(&process, "in/me/1.jpg", b"no photo", 1);
    let removal = removal(&process, "me", 5_000);
    let new = upload(&process, "in/me/2.jpg", b"no photo", 5_001);
    handle(&process, &[old, new, removal]).await.unwrap();
    let keys: Vec<_> = refusals(&process).into_iter().map(|r| r.key).collect();
    assert_eq!(keys, ["in/me/2.jpg"]);
}

#[tokio::test]
async fn a_batch_job_does_not_record_a_refusal_of_a_removed_user() {
    let process = test_process(None);
    let removal = removal(&process, "me", 5_000);
    handle(&process, &[removal]).await.unwrap();
    process.store.add(UPLOADS, "in/me/bad.jpg", b"no photo");
    let job = json!({
        "invocationSchemaVersion": "2.0", "invocationId": "job",
        "tasks": [{ "taskId": "1", "s3Key": "in/me/bad.jpg", "s3Bucket": UPLOADS }],
    });
    process.handle(&job, "request").await.unwrap();
    assert!(refusals(&process).is_empty());
}

#[tokio::test]
async fn a_removal_deletes_the_objects_of_earlier_releases() {
    let process = test_process(None);
    let digest = "f".repeat(64);
    for key in [
        "avatars/me.jpg".to_owned(),
        format!("avatars/me/{digest}/512.jpg"),
        "avatars/me/0123/32.jpg".to_owned(),
    ] {
        process.store.add(ASSETS, &key, b"without metadata");
    }
    let refusal = format!("refused/me/{digest}-0A.json");
    process.store.add(UPLOADS, &refusal, b"{}");
    let removal = removal(&process, "me", 5_000);
    handle(&process, &[removal]).await.unwrap();
    assert_removed(&process, "me");
}

#[tokio::test]
async fn a_removal_notifies_the_app_although_its_invalidation_fails() {
    let process = test_process(None);
    let photo = upload(&process, "in/me/1.bmp", &photo(1), 1);
    handle(&process, &[photo]).await.unwrap();
    *process.cdn.faults_left.lock().unwrap() = 1;
    let removal = removal(&process, "me", 5_000);
    handle(&process, std::slice::from_ref(&removal))
        .await
        .unwrap_err();
    let last = process.notifier.0.lock().unwrap().last().cloned();
    assert!(matches!(last, Some(Notice::Removed(_))), "{last:?}");
    assert!(process.store.find(UPLOADS, "in/me/5000.remove").is_some());
    handle(&process, &[removal]).await.unwrap();
    assert_eq!(process.cdn.invalidated.lock().unwrap().len(), 1);
    assert_removed(&process, "me");
}

#[tokio::test]
async fn a_removal_after_one_that_was_given_up_invalidates() {
    let process = test_process(None);
    let photo = upload(&process, "in/me/1.bmp", &photo(1), 1);
    handle(&process, &[photo]).await.unwrap();
    *process.cdn.faults_left.lock().unwrap() = 4;
    let first = removal(&process, "me", 5_000);
    for _ in 0..3 {
        handle(&process, std::slice::from_ref(&first))
            .await
            .unwrap_err();
    }
    let second = removal(&process, "me", 6_000);
    handle(&process, std::slice::from_ref(&second))
        .await
        .unwrap_err();
    handle(&process, &[second]).await.unwrap();
    assert_eq!(process.cdn.invalidated.lock().unwrap().len(), 1);
    assert_removed(&process, "me");
}

#[tokio::test]
async fn a_repeated_removal_invalidates_nothing_because_nothing_is_public() {
    let process = test_process(None);
    let photo = upload(&process, "in/me/1.bmp", &photo(1), 1);
    let first = removal(&process, "me", 5_000);
    let second = removal(&process, "me", 6_000);
    handle(&process, &[photo, first, second]).await.unwrap();
    assert_removed(&process, "me");
    assert_eq!(process.cdn.invalidated.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_replaced_avatar_expires_and_the_newest_does_not() {
    let process = test_process(None);
    let old = upload(&process, "in/me/1.bmp", &photo(1), 1);
    let new = upload(&process, "in/me/2.bmp", &photo(2), 2);
    handle(&process, std::slice::from_ref(&old)).await.unwrap();
    let expiry = |photo: &[u8], sequencer| {
        let folder = folder(&process, photo, sequencer);
        [64, 32].map(|size| {
            let key = format!("avatars/me/{folder}/{size}.jpg");
            process.store.find(ASSETS, &key).unwrap().expiry
        })
    };
    assert_eq!(expiry(&photo(1), 1), [None, None]);
    // The function dies before it has tagged the second size.
    *process.store.writes_left.lock().unwrap() = Some(5);
    handle(&process, std::slice::from_ref(&new))
        .await
        .unwrap_err();
    *process.store.writes_left.lock().unwrap() = None;
    handle(&process, &[new, old]).await.unwrap();
    assert_eq!(expiry(&photo(1), 1), [Some(Expiry::Replaced); 2]);
    assert_eq!(expiry(&photo(2), 2), [None, None]);
    // The avatar before that is deleted at once.
    let third = upload(&process, "in/me/3.bmp", &photo(3), 3);
    handle(&process, &[third]).await.unwrap();
    assert_eq!(expiry(&photo(2), 2), [Some(Expiry::Replaced); 2]);
    let first = folder(&process, &photo(1), 1);
    assert!(
        !objects_of(&process, "me")
            .iter()
            .any(|key| key.contains(&first))
    );
}

#[tokio::test]
async fn the_test_event_is_accepted_and_an_unknown_one_is_not() {
    let process = test_process(None);
    let test = json!({ "Service": "Amazon S3", "Event": "s3:TestEvent" });
    assert!(process.handle(&test, "request").await.is_ok());
    let error = process
        .handle(&json!({ "hello": 1 }), "request")
        .await
        .unwrap_err();
    assert!(
        error.to_string().starts_with("not an event of S3"),
        "{error}"
    );
}

#[tokio::test]
async fn an_unreadable_latest_json_is_replaced() {
    let process = test_process(None);
    process
        .store
        .add(ASSETS, "avatars/me/latest.json", b"<html>");
    let uploaded = upload(&process, "in/me/1.bmp", &photo(1), 1);
    handle(&process, &[uploaded]).await.unwrap();
    assert_complete(&process, "me", &folder(&process, &photo(1), 1));
}
