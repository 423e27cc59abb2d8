//! authorizer: whether a request's access token is good, as a simple answer (payload 2.0).
//!
//! A cached answer must not outlive its token: keep the API's authorizer cache at 0 seconds, or
//! well below the tokens' lifetime.

use serde_json::{Value, json};

use crate::clock::Clock;
use crate::environment::{Environment, SettingError};
use crate::fetch::Fetch;
use crate::jwks::Keys;
use crate::jwt::{Claims, Rules, TokenError};

/// The function.
#[derive(Debug)]
pub struct Authorizer<F, C> {
    rules: Rules,
    keys: Keys<F, C>,
}

impl<F: Fetch, C: Clock> Authorizer<F, C> {
    /// USER_POOL_ID, CLIENT_ID (several with commas between); JWKS_URL and ISSUER stand in for the
    /// pool's own in tests.
    ///
    /// # Errors
    ///
    /// The variable that is missing or wrong.
    pub fn from_environment(
        environment: &Environment,
        fetch: F,
        clock: C,
    ) -> Result<Self, SettingError> {
        let pool = environment.required("USER_POOL_ID")?;
        let (region, _) = pool.split_once('_').ok_or_else(|| {
            SettingError::new(
                "USER_POOL_ID",
                format!("must be <region>_<id>, not {pool:?}"),
            )
        })?;
        environment.required("CLIENT_ID")?;
        let own = format!("https://cognito-idp.{region}.amazonaws.com/{pool}");
        let issuer = environment.optional("ISSUER").unwrap_or(&own).to_owned();
        let of_issuer = format!("{issuer}/.well-known/jwks.json");
        let url = environment.optional("JWKS_URL").unwrap_or(&of_issuer);
        let clients = environment.list("CLIENT_ID");
        Ok(Self {
            keys: Keys::new(url, fetch, clock),
            rules: Rules {
                issuer,
                clients: clients.into_iter().map(str::to_owned).collect(),
            },
        })
    }

    /// What a good token says, by its `Authorization` header: for a server that is its own gateway.
    ///
    /// # Errors
    ///
    /// [`TokenError`], for the log alone: it would only help whoever forges.
    pub async fn verify(&self, authorization: &str) -> Result<Claims, TokenError> {
        self.keys.verify(authorization, &self.rules).await
    }

    /// Answers one request: `isAuthorized`, and `sub` in the context of what follows.
    pub async fn handle(&self, event: &Value) -> Value {
        let listed = event["identitySource"][0].as_str();
        let token = listed.or(event["headers"]["authorization"].as_str());
        let verified = match token {
            Some(token) => self.verify(token).await,
            None => Err(TokenError::Malformed),
        };
        match verified {
            Ok(claims) => json!({
                "isAuthorized": true,
                "context": { "sub": claims.sub, "exp": claims.exp.to_string() },
            }),
            // Why is for the log alone: it would only help whoever forges.
            Err(error) => {
                tracing::info!(%error, "unauthorized");
                json!({ "isAuthorized": false, "context": {} })
            }
        }
    }
}
