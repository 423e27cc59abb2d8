//! The store in S3, through `aws-sdk-s3`.
//!
//! The SDK signs, and retries what is transient. Two of the retries are ours:
//!
//! - 408, 409 and 429, which are not transient for the SDK. S3 sends 409 when another conditional write
//!   to the same key is in progress.
//! - A body that breaks off. The SDK has returned by then, so the whole request is sent again.

use std::time::Duration;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::config::interceptors::InterceptorContext;
use aws_sdk_s3::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::operation::put_object::builders::PutObjectFluentBuilder;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Object, Tag, Tagging};
use aws_types::SdkConfig;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};

use crate::aws::{ATTEMPT_LIMIT, endpoint, innermost, reason, status};
use crate::environment::Environment;
use crate::store::{
    Expiry, GetOutcome, GetRequest, ListedObject, PutOutcome, PutRequest, Store, StoreError,
    StoredObject, WriteCondition,
};

/// How often a body is requested. Each request has the attempts of the SDK.
const BODY_ATTEMPTS: u32 = 3;
/// Pause before a body that broke off is requested again. It doubles with each retry.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// The usual reason for 403.
const IF_FORBIDDEN: &str = "; the function's role needs s3:GetObject, s3:PutObject, \
                            s3:PutObjectTagging, s3:DeleteObject and s3:ListBucket (without the \
                            last, S3 answers 403 instead of 404)";

/// S3.
#[derive(Clone, Debug)]
pub struct S3 {
    client: Client,
}

impl S3 {
    /// S3 as `config` says, at the endpoint of the environment if it names one.
    pub fn new(config: &SdkConfig, environment: &Environment) -> Self {
        let endpoint = endpoint(environment, "S3");
        let mut config = Builder::from(config)
            // A local S3 has no host for each bucket.
            .force_path_style(endpoint.is_some())
            .retry_classifier(TransientStatus);
        config.set_endpoint_url(endpoint);
        Self {
            client: Client::from_conf(config.build()),
        }
    }

    /// Sends a get once, as the SDK counts. `Err(reason)` if the body breaks off.
    async fn try_get(
        &self,
        get: &GetRequest<'_>,
    ) -> Result<Result<GetOutcome, String>, StoreError> {
        let request = self.client.get_object().bucket(get.bucket).key(get.key);
        let request = request
            .set_version_id(get.version.map(str::to_owned))
            .set_if_match(get.if_match.map(quoted));
        match request.send().await {
            Ok(object) => Ok(found(object, get.max_bytes).await),
            Err(error) => match status(&error) {
                Some(404) => Ok(Ok(GetOutcome::NotFound)),
                Some(412) => Ok(Ok(GetOutcome::Changed)),
                _ => Err(failed("GET", get.bucket, get.key, &error)),
            },
        }
    }
}

impl Store for S3 {
    async fn get(&self, get: GetRequest<'_>) -> Result<GetOutcome, StoreError> {
        let mut pause = FIRST_PAUSE;
        let mut attempt = 1;
        loop {
            let reason = match self.try_get(&get).await? {
                Ok(outcome) => return Ok(outcome),
                Err(reason) => reason,
            };
            if attempt == BODY_ATTEMPTS {
                return Err(StoreError {
                    operation: operation("GET", get.bucket, get.key),
                    reason: format!("{reason} ({BODY_ATTEMPTS} attempts)"),
                });
            }
            attempt += 1;
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }

    async fn digest(&self, bucket: &str, key: &str) -> Result<Option<String>, StoreError> {
        let request = self.client.head_object().bucket(bucket).key(key);
        match request.send().await {
            Ok(head) => Ok(head.metadata.and_then(|mut all| all.remove("digest"))),
            Err(error) if status(&error) == Some(404) => Ok(None),
            Err(error) => Err(failed("HEAD", bucket, key, &error)),
        }
    }

    async fn list(&self, bucket: &str, prefix: &str) -> Result<Vec<ListedObject>, StoreError> {
        let request = self.client.list_objects_v2().bucket(bucket).prefix(prefix);
        let mut pages = request.into_paginator().send();
        let mut listed = vec![];
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| failed("LIST", bucket, prefix, &error))?;
            listed.extend(
                page.contents
                    .into_iter()
                    .flatten()
                    .filter_map(listed_object),
            );
        }
        Ok(listed)
    }

    async fn delete(
        &self,
        bucket: &str,
        key: &str,
        if_match: Option<&str>,
    ) -> Result<(), StoreError> {
        let request = self.client.delete_object().bucket(bucket).key(key);
        let request = request.set_if_match(if_match.map(quoted));
        match request.send().await {
            Ok(_) => Ok(()),
            Err(error) if matches!(status(&error), Some(404 | 412)) => Ok(()),
            Err(error) => Err(failed("DELETE", bucket, key, &error)),
        }
    }

    async fn tag(&self, bucket: &str, key: &str, expiry: Expiry) -> Result<(), StoreError> {
        let tag = Tag::builder().key(Expiry::TAG).value(expiry.value());
        let tagging = tag
            .build()
            .and_then(|tag| Tagging::builder().tag_set(tag).build());
        let invalid = |error: aws_sdk_s3::error::BuildError| StoreError {
            operation: operation("TAG", bucket, key),
            reason: error.to_string(),
        };
        let request = self.client.put_object_tagging().bucket(bucket).key(key);
        match request.tagging(tagging.map_err(invalid)?).send().await {
            Ok(_) => Ok(()),
            Err(error) if status(&error) == Some(404) => Ok(()),
            Err(error) => Err(failed("TAG", bucket, key, &error)),
        }
    }

    async fn put(&self, put: PutRequest<'_>) -> Result<PutOutcome, StoreError> {
        match put_request(&self.client, &put).send().await {
            Ok(written) => Ok(PutOutcome::Written(unquoted(written.e_tag()))),
            Err(error) => match (status(&error), put.condition) {
                (Some(412), _) => Ok(PutOutcome::ConditionFailed),
                // The object with this entity tag has been deleted.
                (Some(404), WriteCondition::IfMatch(_)) => Ok(PutOutcome::ConditionFailed),
                _ => Err(failed("PUT", put.bucket, put.key, &error)),
            },
        }
    }
}

fn put_request(client: &Client, put: &PutRequest<'_>) -> PutObjectFluentBuilder {
    let request = client
        .put_object()
        .bucket(put.bucket)
        .key(put.key)
        .content_type(put.content_type)
        .cache_control(put.cache_control)
        .checksum_sha256(STANDARD.encode(digest(&SHA256, put.bytes)))
        .body(ByteStream::from(put.bytes.to_vec()));
    let request = match put.digest {
        Some(digest) => request.metadata("digest", digest),
        None => request,
    };
    let tag = |expiry: Expiry| format!("{}={}", Expiry::TAG, expiry.value());
    let request = request.set_tagging(put.expiry.map(tag));
    match put.condition {
        WriteCondition::Always => request,
        WriteCondition::IfAbsent => request.if_none_match("*"),
        WriteCondition::IfMatch(etag) => request.if_match(quoted(etag)),
    }
}

fn listed_object(object: Object) -> Option<ListedObject> {
    let modified = object.last_modified.and_then(|time| time.to_millis().ok());
    Some(ListedObject {
        key: object.key?,
        modified: modified.unwrap_or(0),
    })
}

/// Reads the body, unless it has more than `max_bytes`. `Err(reason)` if it breaks off.
async fn found(object: GetObjectOutput, max_bytes: u64) -> Result<GetOutcome, String> {
    let length = object.content_length().map_or(0, i64::unsigned_abs);
    if length > max_bytes {
        return Ok(GetOutcome::TooLarge(length));
    }
    let etag = unquoted(object.e_tag());
    let modified = object
        .last_modified()
        .and_then(|time| time.to_millis().ok());
    let body = tokio::time::timeout(ATTEMPT_LIMIT, read(object.body, length, max_bytes)).await;
    let late = |_| format!("no complete body within {} s", ATTEMPT_LIMIT.as_secs());
    Ok(match body.map_err(late)?? {
        Ok(bytes) => GetOutcome::Found(StoredObject {
            bytes,
            etag,
            modified: modified.unwrap_or(0),
        }),
        Err(length) => GetOutcome::TooLarge(length),
    })
}

/// The body, or the bytes so far if they are more than `max_bytes`.
async fn read(
    mut body: ByteStream,
    length: u64,
    max_bytes: u64,
) -> Result<Result<Vec<u8>, u64>, String> {
    let mut bytes = Vec::with_capacity(length as usize);
    while let Some(chunk) = body.try_next().await.map_err(|error| innermost(&error))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() as u64 > max_bytes {
            return Ok(Err(bytes.len() as u64));
        }
    }
    Ok(Ok(bytes))
}

/// Retries the statuses that the SDK takes for final.
#[derive(Debug)]
struct TransientStatus;

impl ClassifyRetry for TransientStatus {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let response = context.response();
        match response.map(|response| response.status().as_u16()) {
            Some(408 | 409 | 429) => RetryAction::transient_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "transient status"
    }
}

fn failed<E>(method: &str, bucket: &str, key: &str, error: &SdkError<E>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    StoreError {
        operation: operation(method, bucket, key),
        reason: reason(error, IF_FORBIDDEN),
    }
}

fn operation(method: &str, bucket: &str, key: &str) -> String {
    format!("{method} s3://{bucket}/{key}")
}

fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}

fn unquoted(etag: Option<&str>) -> String {
    etag.unwrap_or_default().trim_matches('"').to_owned()
}
