//! Requests and answers of an HTTP API (API Gateway, payload 2.0), as far as presign needs them.

use serde_json::{Map, Value, json};

/// A request.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a>(pub &'a Value);

impl Request<'_> {
    /// `GET`, `POST`, ...
    pub fn method(&self) -> &str {
        let method = self.0["requestContext"]["http"]["method"].as_str();
        method.unwrap_or_default()
    }

    /// A header by its lower-case name, which is how the API hands it over.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0["headers"][name].as_str()
    }

    /// Who is signed in: from our authorizer's context, or the claims of the API's own one.
    /// Never from what the client sends.
    pub fn sub(&self) -> Option<&str> {
        let authorizer = &self.0["requestContext"]["authorizer"];
        let own = authorizer["lambda"]["sub"].as_str();
        own.or(authorizer["jwt"]["claims"]["sub"].as_str())
    }

    /// The body; of one in base64 what it encodes.
    pub fn body(&self) -> Option<Vec<u8>> {
        use base64::Engine;
        let body = self.0["body"].as_str().unwrap_or_default();
        if self.0["isBase64Encoded"] == true {
            return base64::engine::general_purpose::STANDARD.decode(body).ok();
        }
        Some(body.as_bytes().to_vec())
    }
}

/// Which pages of other origins may call: exactly those.
#[derive(Clone, Debug, Default)]
pub struct Cors(pub Vec<String>);

impl Cors {
    /// The headers for a request from this origin.
    pub fn headers(&self, origin: Option<&str>) -> Map<String, Value> {
        let mut headers = Map::new();
        headers.insert("vary".to_owned(), json!("Origin"));
        if let Some(origin) = origin.filter(|origin| self.0.iter().any(|own| own == origin)) {
            headers.insert("access-control-allow-origin".to_owned(), json!(origin));
            headers.insert(
                "access-control-allow-methods".to_owned(),
                json!("OPTIONS,POST"),
            );
            let allowed = json!("authorization,content-type");
            headers.insert("access-control-allow-headers".to_owned(), allowed);
            headers.insert("access-control-max-age".to_owned(), json!("600"));
        }
        headers
    }
}

/// An answer.
pub fn answer(status: u16, body: &Value, mut headers: Map<String, Value>) -> Value {
    headers.insert("content-type".to_owned(), json!("application/json"));
    headers.insert("cache-control".to_owned(), json!("no-store"));
    json!({ "statusCode": status, "headers": headers, "body": body.to_string() })
}
