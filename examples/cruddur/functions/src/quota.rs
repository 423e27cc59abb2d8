//! Limits how often each user may do something in an hour.
//!
//! A user has a counter for each action and hour in a table of DynamoDB. One request adds 1, on the
//! condition that the limit is not reached. DynamoDB does both at once, so concurrent requests cannot exceed
//! the limit, and no request reads first:
//!
//! ```text
//! UpdateItem <sub>/<action>/<hour>: SET expires_at = ... ADD permits 1 IF permits < limit, or is missing
//! ```
//!
//! The hours are those of the clock: twice the limit fits around their change. The table deletes a counter
//! some time after its hour (`expires_at`).

use std::time::SystemTime;

use http::{Method, StatusCode};
use ring::digest::{SHA256, digest};
use roundel_lambda::clock::since_epoch;
use roundel_lambda::environment::{Environment, SettingError};
use serde_json::{Value, json};

use crate::region::domain;
use crate::send::{SendSigned, SignedRequest, SignedResponse};
use crate::sign::{SignError, Signer, UnsignedRequest};

/// Attempts for one permit. If only the response of the first is lost, the user has a permit less.
const ATTEMPTS: u32 = 2;
/// Default of UPLOADS_PER_HOUR.
const DEFAULT_LIMIT: u32 = 20;
const SECONDS_PER_HOUR: u64 = 3600;

/// What a user does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Uploading a photo.
    Upload,
    /// Removing the avatar.
    Removal,
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Removal => "removal",
        }
    }
}

/// Why a user gets no permit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuotaError {
    /// The limit of this hour is reached. The next hour begins after so many seconds.
    #[error("the limit is reached; it ends in {0} s")]
    Exceeded(u64),
    /// The table does not answer, or refuses the request.
    #[error("the quota cannot be checked: {0}")]
    Unavailable(String),
}

impl From<SignError> for QuotaError {
    fn from(error: SignError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// The limit and its table.
#[derive(Clone, Debug)]
pub struct Quota {
    table: String,
    limit: u32,
    url: String,
}

impl Quota {
    /// Reads QUOTA_TABLE_NAME and UPLOADS_PER_HOUR (20). `None` without a table.
    ///
    /// # Errors
    ///
    /// Names the variable that is missing or invalid.
    pub fn from_environment(environment: &Environment) -> Result<Option<Self>, SettingError> {
        let limit = environment.number("UPLOADS_PER_HOUR", DEFAULT_LIMIT, 1, 10_000)?;
        let region = environment.required("AWS_REGION")?;
        let overridden = environment
            .optional("AWS_ENDPOINT_URL_DYNAMODB")
            .or(environment.optional("AWS_ENDPOINT_URL"));
        let of_amazon = || format!("https://dynamodb.{region}.{}", domain(region));
        let url = overridden.map_or_else(of_amazon, |url| url.trim_end_matches('/').to_owned());
        let table = environment.optional("QUOTA_TABLE_NAME");
        Ok(table.map(|table| Self {
            table: table.to_owned(),
            limit,
            url: format!("{url}/"),
        }))
    }

    /// Gives the user `sub` one permit of this hour.
    ///
    /// # Errors
    ///
    /// [`QuotaError`].
    pub async fn take(
        &self,
        sub: &str,
        action: Action,
        now: SystemTime,
        signer: &Signer,
        transport: &impl SendSigned,
    ) -> Result<(), QuotaError> {
        let mut reason = String::new();
        for _ in 0..ATTEMPTS {
            let request = self.request(sub, action, now, signer)?;
            match transport.send(&request).await {
                Ok(response) if response.status == StatusCode::OK => return Ok(()),
                Ok(response) if is_exceeded(&response) => {
                    let into_hour = since_epoch(now).as_secs() % SECONDS_PER_HOUR;
                    return Err(QuotaError::Exceeded(SECONDS_PER_HOUR - into_hour));
                }
                Ok(response) => reason = description(&response),
                Err(error) => reason = error,
            }
        }
        Err(QuotaError::Unavailable(reason))
    }

    fn request(
        &self,
        sub: &str,
        action: Action,
        now: SystemTime,
        signer: &Signer,
    ) -> Result<SignedRequest, SignError> {
        let body = self.update(sub, action, now).to_string().into_bytes();
        let unsigned = UnsignedRequest {
            method: "POST",
            url: &self.url,
            headers: vec![
                ("content-type", "application/x-amz-json-1.0".into()),
                ("x-amz-target", "DynamoDB_20120810.UpdateItem".into()),
            ],
        };
        let sha256 = hex::encode(digest(&SHA256, &body));
        let signature = signer.headers("dynamodb", &unsigned, &sha256, now)?;
        let own = unsigned.headers.into_iter();
        let own = own.map(|(name, value)| (name.to_owned(), value.into_owned()));
        Ok(SignedRequest {
            method: Method::POST,
            url: self.url.clone(),
            headers: own.chain(signature).collect(),
            body,
        })
    }

    fn update(&self, sub: &str, action: Action, now: SystemTime) -> Value {
        let hour = since_epoch(now).as_secs() / SECONDS_PER_HOUR;
        // After the next hour too, in case the clocks differ.
        let expires_at = (hour + 2) * SECONDS_PER_HOUR;
        json!({
            "TableName": self.table,
            "Key": { "id": { "S": format!("{sub}/{}/{hour}", action.name()) } },
            "UpdateExpression": "SET expires_at = :expires_at ADD permits :one",
            "ConditionExpression": "attribute_not_exists(permits) OR permits < :limit",
            "ExpressionAttributeValues": {
                ":expires_at": { "N": expires_at.to_string() },
                ":one": { "N": "1" },
                ":limit": { "N": self.limit.to_string() },
            },
        })
    }
}

fn is_exceeded(response: &SignedResponse) -> bool {
    response.status == StatusCode::BAD_REQUEST
        && error_type(response).ends_with("ConditionalCheckFailedException")
}

fn description(response: &SignedResponse) -> String {
    format!(
        "status {} {}",
        response.status.as_u16(),
        error_type(response)
    )
}

/// The type of an error of DynamoDB, such as `com.amazonaws.dynamodb.v20120810#ThrottlingException`.
fn error_type(response: &SignedResponse) -> String {
    let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    body["__type"].as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;

    /// A table in memory that understands the one request of this module.
    #[derive(Default)]
    struct FakeTable {
        requests: Mutex<Vec<SignedRequest>>,
        /// How many requests fail first.
        faults_left: Mutex<u32>,
    }

    impl FakeTable {
        fn permits(&self, id: &Value) -> usize {
            let requests = self.requests.lock().unwrap();
            let of_id = |request: &&SignedRequest| {
                let body: Value = serde_json::from_slice(&request.body).unwrap();
                body["Key"]["id"] == *id
            };
            requests.iter().filter(of_id).count()
        }
    }

    impl SendSigned for FakeTable {
        async fn send(&self, request: &SignedRequest) -> Result<SignedResponse, String> {
            let mut faults_left = self.faults_left.lock().unwrap();
            if let Some(left) = faults_left.checked_sub(1) {
                *faults_left = left;
                return Err("no connection".to_owned());
            }
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            let limit = body["ExpressionAttributeValues"][":limit"]["N"].as_str();
            let limit: usize = limit.unwrap().parse().unwrap();
            if self.permits(&body["Key"]["id"]) >= limit {
                let error = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException";
                return Ok(SignedResponse {
                    status: StatusCode::BAD_REQUEST,
                    body: json!({ "__type": error }).to_string().into_bytes(),
                });
            }
            self.requests.lock().unwrap().push(request.clone());
            Ok(SignedResponse {
                status: StatusCode::OK,
                body: b"{}".to_vec(),
            })
        }
    }

    fn quota() -> Quota {
        let environment = Environment::from([
            ("AWS_REGION", "eu-central-1"),
            ("QUOTA_TABLE_NAME", "quota"),
            ("UPLOADS_PER_HOUR", "2"),
        ]);
        Quota::from_environment(&environment).unwrap().unwrap()
    }

    async fn take(
        table: &FakeTable,
        sub: &str,
        action: Action,
        seconds: u64,
    ) -> Result<(), QuotaError> {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let signer = Signer::new("AKID", "secret", None, "eu-central-1");
        quota().take(sub, action, now, &signer, table).await
    }

    #[tokio::test]
    async fn each_user_has_a_limit_for_each_action_and_hour() {
        let table = FakeTable::default();
        for _ in 0..2 {
            take(&table, "me", Action::Upload, 7200).await.unwrap();
        }
        let exceeded = take(&table, "me", Action::Upload, 7300).await;
        assert_eq!(exceeded, Err(QuotaError::Exceeded(3500)));
        take(&table, "me", Action::Removal, 7300).await.unwrap();
        take(&table, "you", Action::Upload, 7300).await.unwrap();
        take(&table, "me", Action::Upload, 10_800).await.unwrap();
    }

    #[tokio::test]
    async fn a_request_is_one_signed_conditional_addition() {
        let table = FakeTable::default();
        take(&table, "me", Action::Upload, 7200).await.unwrap();
        let requests = table.requests.lock().unwrap();
        let request = &requests[0];
        assert_eq!(request.url, "https://dynamodb.eu-central-1.amazonaws.com/");
        let header = |name: &str| {
            &request
                .headers
                .iter()
                .find(|(other, _)| other == name)
                .unwrap()
                .1
        };
        assert!(header("authorization").contains("/eu-central-1/dynamodb/aws4_request"));
        assert!(header("authorization").contains("x-amz-target"));
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(body["Key"]["id"]["S"], "me/upload/2");
        assert_eq!(
            body["ExpressionAttributeValues"][":expires_at"]["N"],
            "14400"
        );
    }

    #[tokio::test]
    async fn a_table_that_does_not_answer_is_not_an_exceeded_limit() {
        let table = FakeTable::default();
        *table.faults_left.lock().unwrap() = 1;
        take(&table, "me", Action::Upload, 0).await.unwrap();
        *table.faults_left.lock().unwrap() = ATTEMPTS;
        let error = take(&table, "me", Action::Upload, 0).await.unwrap_err();
        assert!(matches!(error, QuotaError::Unavailable(_)), "{error}");
    }

    #[test]
    fn without_a_table_there_is_no_quota() {
        let environment = Environment::from([("AWS_REGION", "eu-central-1")]);
        assert!(Quota::from_environment(&environment).unwrap().is_none());
    }
}
