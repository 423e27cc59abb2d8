//! authorizer: verifies the access token of a request, as a Lambda authorizer of an HTTP API
//! (payload 2.0, simple response).
//!
//! A cached response must not outlive its token: keep the API's authorizer cache at 0 seconds, or
//! well below the lifetime of the tokens.

use std::net::IpAddr;

use aws_lambda_events::apigw::{
    ApiGatewayV2CustomAuthorizerSimpleResponse as SimpleResponse,
    ApiGatewayV2CustomAuthorizerV2Request as AuthorizerRequest,
};
use roundel_lambda::clock::Clock;
use roundel_lambda::environment::{Environment, SettingError};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::fetch::Fetch;
use crate::jwks::KeyCache;
use crate::jwt::{Claims, Requirements, TokenError};

/// The function.
#[derive(Debug)]
pub struct Authorizer<F, C> {
    requirements: Requirements,
    keys: KeyCache<F, C>,
}

/// The keys of the user pool cannot be fetched, so it is unknown whether the token is valid.
///
/// The function fails with this error, and the API answers 500. A refusal would end the session of
/// the user, and would ring no alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the keys of the user pool are not available")]
pub struct KeysUnavailable;

impl<F: Fetch + 'static, C: Clock> Authorizer<F, C> {
    /// Reads USER_POOL_ID and CLIENT_ID (several separated by commas). JWKS_URL and ISSUER replace
    /// those of the pool, for tests. The server at JWKS_URL decides who is signed in, so the URL must
    /// be HTTPS or a loopback address.
    ///
    /// # Errors
    ///
    /// Names the variable that is missing or invalid.
    pub fn from_environment(
        environment: &Environment,
        fetch: F,
        clock: C,
    ) -> Result<Self, SettingError> {
        let issuer = issuer(environment)?;
        environment.required("CLIENT_ID")?;
        let default_url = format!("{issuer}/.well-known/jwks.json");
        let url = environment.optional("JWKS_URL").unwrap_or(&default_url);
        if !is_authentic(url) {
            let problem = format!("must be https://, or http:// on this machine, not {url:?}");
            return Err(SettingError::new("JWKS_URL", problem));
        }
        let clients = environment.list("CLIENT_ID");
        Ok(Self {
            keys: KeyCache::new(url, fetch, clock),
            requirements: Requirements {
                issuer,
                clients: clients.into_iter().map(str::to_owned).collect(),
            },
        })
    }

    /// Verifies an `Authorization` header, for a server without a gateway in front.
    ///
    /// # Errors
    ///
    /// [`TokenError`]. Log it, but do not send it to the client: it helps only an attacker. Answer
    /// 503 for [`TokenError::Unavailable`], else 401.
    pub async fn verify(&self, authorization: &str) -> Result<Claims, TokenError> {
        self.keys.verify(authorization, &self.requirements).await
    }

    /// Answers one request: `isAuthorized`, with `sub` in the context for the next function. An
    /// event that cannot be read is not authorized.
    ///
    /// # Errors
    ///
    /// [`KeysUnavailable`].
    pub async fn handle(&self, event: &Value) -> Result<SimpleResponse, KeysUnavailable> {
        let mut response = SimpleResponse::default();
        match self.authorize(event).await {
            Ok(claims) => {
                response.is_authorized = true;
                response.context = json!({ "sub": claims.sub, "exp": claims.exp.to_string() });
            }
            Err(TokenError::Unavailable) => return Err(KeysUnavailable),
            Err(error) => {
                tracing::info!(%error, "unauthorized");
                response.context = json!({});
            }
        }
        Ok(response)
    }

    async fn authorize(&self, event: &Value) -> Result<Claims, TokenError> {
        let request = AuthorizerRequest::deserialize(event);
        let request = request.map_err(|_| TokenError::Malformed)?;
        let token = token(&request).ok_or(TokenError::Malformed)?;
        self.verify(token).await
    }
}

/// The identity source that the API is set up with, or else the `Authorization` header.
fn token(request: &AuthorizerRequest) -> Option<&str> {
    let sources = request.identity_source.as_ref();
    let source = sources.and_then(|sources| sources.first());
    let header = || request.headers.get("authorization")?.to_str().ok();
    source.map(String::as_str).or_else(header)
}

/// ISSUER, or the URL of the pool USER_POOL_ID.
fn issuer(environment: &Environment) -> Result<String, SettingError> {
    let pool = environment.required("USER_POOL_ID")?;
    let (region, _) = pool.split_once('_').ok_or_else(|| {
        let problem = format!("must be <region>_<id>, not {pool:?}");
        SettingError::new("USER_POOL_ID", problem)
    })?;
    let of_pool = || format!("https://cognito-idp.{region}.amazonaws.com/{pool}");
    Ok(environment
        .optional("ISSUER")
        .map_or_else(of_pool, str::to_owned))
}

/// Whether the server at `url` is authenticated by TLS, or is on this machine.
fn is_authentic(url: &str) -> bool {
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
    fn keys_are_fetched_over_https_or_from_loopback_only() {
        for good in [
            "https://cognito-idp.eu-central-1.amazonaws.com/p/.well-known/jwks.json",
            "http://127.0.0.1:4566/p/jwks.json",
            "http://[::1]:4566/p/jwks.json",
        ] {
            assert!(is_authentic(good), "{good}");
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
            assert!(!is_authentic(bad), "{bad}");
        }
    }
}
