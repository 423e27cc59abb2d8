//! authorizer: whether a request's access token is good, as a simple answer (payload 2.0).
//!
//! A cached answer must not outlive its token: keep the API's authorizer cache at 0 seconds, or
//! well below the tokens' lifetime.

use std::net::IpAddr;

use serde_json::{Value, json};

use crate::fetch::Fetch;
use crate::jwks::Keys;
use crate::jwt::{Claims, Rules, TokenError};
use roundel_lambda::clock::Clock;
use roundel_lambda::environment::{Environment, SettingError};

/// The function.
#[derive(Debug)]
pub struct Authorizer<F, C> {
    rules: Rules,
    keys: Keys<F, C>,
}

impl<F: Fetch, C: Clock> Authorizer<F, C> {
    /// USER_POOL_ID, CLIENT_ID (several with commas between); JWKS_URL and ISSUER stand in for the
    /// pool's own in tests. Whoever answers at JWKS_URL says who is signed in, so it is HTTPS or a
    /// loopback address.
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
        if !is_safe(url) {
            let problem = format!("must be https://, or http:// on this machine, not {url:?}");
            return Err(SettingError::new("JWKS_URL", problem));
        }
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

/// Whether nobody on the way can answer in another's place.
fn is_safe(url: &str) -> bool {
    let Ok(url) = url.parse::<http::Uri>() else {
        return false;
    };
    let loopback = |host: &str| {
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        address.is_ok_and(|address| address.is_loopback())
    };
    match (url.scheme_str(), url.host()) {
        (Some("https"), Some(_)) => true,
        (Some("http"), Some(host)) => loopback(host),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_from_whom_nobody_can_stand_in_for() {
        for good in [
            "https://cognito-idp.eu-central-1.amazonaws.com/p/.well-known/jwks.json",
            "http://127.0.0.1:4566/p/jwks.json",
            "http://[::1]:4566/p/jwks.json",
        ] {
            assert!(is_safe(good), "{good}");
        }
        for bad in [
            "http://keys.example.com/jwks.json",
            "http://localhost:4566/jwks.json",
            "http://127.0.0.1.example.com/jwks.json",
            "http://127.0.0.1@example.com/jwks.json",
            "http://10.0.0.1/jwks.json",
            "file:///jwks.json",
            "/jwks.json",
            "",
        ] {
            assert!(!is_safe(bad), "{bad}");
        }
    }
}
