//! What the environment says, refused by name where it makes no sense.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use cruddur_functions::webhook::Trust;
use roundel_lambda::environment::{Environment, SettingError};
use roundel_lambda::key::AvatarKeys;
use url::{Host, Url};

use crate::database::DEFAULT_URL;
use crate::profile::Assets;

/// The account of every stand-in for AWS, and of nobody at Amazon.
const STAND_IN_ACCOUNT: &str = "000000000000";

/// Where the server listens.
///
/// # Errors
///
/// BIND is no address with a port.
pub fn bind(environment: &Environment) -> Result<SocketAddr, SettingError> {
    let text = environment.optional("BIND").unwrap_or("127.0.0.1:4567");
    let wrong = |_| SettingError::new("BIND", format!("must be <address>:<port>, not {text:?}"));
    text.parse().map_err(wrong)
}

/// Where the database is.
pub fn database_url(environment: &Environment) -> &str {
    environment.optional("DATABASE_URL").unwrap_or(DEFAULT_URL)
}

/// Where avatars are served.
///
/// # Errors
///
/// ASSETS_URL is missing or no address.
pub fn assets(environment: &Environment) -> Result<Assets, SettingError> {
    let folder = environment.folder("THUMBING_S3_FOLDER_OUTPUT", "avatars");
    Ok(Assets {
        url: required_address(environment, "ASSETS_URL")?,
        names: AvatarKeys::new(&folder),
    })
}

/// The topic that the webhook listens to, and whose signatures it believes: Amazon's, or those of
/// a stand-in on this machine for a topic that cannot be Amazon's.
///
/// # Errors
///
/// AVATAR_TOPIC_ARN is missing or no topic; or the stand-in is not one.
pub fn trust(environment: &Environment) -> Result<(String, Trust), SettingError> {
    let topic = environment.required("AVATAR_TOPIC_ARN")?;
    let named = |error: SettingError| SettingError::new("AVATAR_TOPIC_ARN", error.problem);
    let amazon = Trust::amazon(topic).map_err(named)?;
    let trust = match stand_in(environment)? {
        None => amazon,
        Some((_, _)) if topic.split(':').nth(4) != Some(STAND_IN_ACCOUNT) => {
            let problem =
                format!("is only for a topic of the account {STAND_IN_ACCOUNT}, not for {topic:?}");
            return Err(SettingError::new("SNS_STAND_IN_URL", problem));
        }
        Some((url, root)) => {
            let certificate = format!("{url}/SimpleNotificationService-0.pem");
            let named = |error: SettingError| SettingError::new("SNS_STAND_IN_ROOT", error.problem);
            Trust::local(&certificate, &root, &url).map_err(named)?
        }
    };
    Ok((topic.to_owned(), trust))
}

/// The address of the stand-in, and its root certificate.
fn stand_in(environment: &Environment) -> Result<Option<(String, Vec<u8>)>, SettingError> {
    let names = ["SNS_STAND_IN_URL", "SNS_STAND_IN_ROOT"];
    let path = match names.map(|name| environment.optional(name)) {
        [None, None] => return Ok(None),
        [Some(_), Some(path)] => path,
        [None, _] => {
            return Err(SettingError::new(
                names[0],
                "is not set, but SNS_STAND_IN_ROOT is",
            ));
        }
        [_, None] => {
            return Err(SettingError::new(
                names[1],
                "is not set, but SNS_STAND_IN_URL is",
            ));
        }
    };
    let url = required_address(environment, names[0])?;
    if !is_loopback(&url) {
        let problem =
            format!("must be http:// with a loopback address (127.0.0.1, [::1]), not {url:?}");
        return Err(SettingError::new(names[0], problem));
    }
    let unread = |error| {
        SettingError::new(
            names[1],
            format!("names {path:?}, which cannot be read: {error}"),
        )
    };
    Ok(Some((url, std::fs::read(path).map_err(unread)?)))
}

/// A name like `localhost` may lead anywhere; an address cannot.
fn is_loopback(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else {
        return false;
    };
    let address = match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::from(address),
        Some(Host::Ipv6(address)) => IpAddr::from(address),
        _ => return false,
    };
    url.scheme() == "http" && address.is_loopback()
}

/// What the page needs, and where its files are.
#[derive(Clone, Debug)]
pub struct Web {
    /// The folder of its files.
    pub root: PathBuf,
    /// Where uploads are asked for.
    pub upload_api: String,
    /// The uploads bucket.
    pub uploads: String,
    /// Where people sign in.
    pub cognito: String,
    /// As what app.
    pub client: String,
}

/// The page, if WEB_ROOT is set.
///
/// # Errors
///
/// WEB_ROOT has no page, or what it needs is missing.
pub fn web(environment: &Environment) -> Result<Option<Web>, SettingError> {
    let Some(root) = environment.optional("WEB_ROOT").map(PathBuf::from) else {
        return Ok(None);
    };
    if !root.join("index.html").is_file() {
        let problem = format!(
            "is {}, which has no index.html: build the page first",
            root.display()
        );
        return Err(SettingError::new("WEB_ROOT", problem));
    }
    let clients = environment.list("CLIENT_ID");
    let client = clients
        .first()
        .ok_or_else(|| SettingError::new("CLIENT_ID", "is not set"))?;
    Ok(Some(Web {
        root,
        upload_api: required_address(environment, "UPLOAD_API_URL")?,
        uploads: required_address(environment, "UPLOADS_ORIGIN")?,
        cognito: cognito(environment)?,
        client: (*client).to_owned(),
    }))
}

fn cognito(environment: &Environment) -> Result<String, SettingError> {
    if environment.optional("COGNITO_URL").is_some() {
        return required_address(environment, "COGNITO_URL");
    }
    let pool = environment.required("USER_POOL_ID")?;
    let region = pool.split_once('_').map_or(pool, |(region, _)| region);
    Ok(format!("https://cognito-idp.{region}.amazonaws.com"))
}

/// An address without the slash at its end.
fn required_address(environment: &Environment, name: &str) -> Result<String, SettingError> {
    let text = environment.required(name)?;
    let is_web = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    let plain = |url: &Url| {
        let nobody = url.username().is_empty() && url.password().is_none();
        nobody && url.query().is_none() && url.fragment().is_none()
    };
    let suits = Url::parse(text).is_ok_and(|url| is_web(&url) && plain(&url));
    let wrong = || {
        SettingError::new(
            name,
            format!("must be an address (https://...), not {text:?}"),
        )
    };
    suits
        .then(|| text.trim_end_matches('/').to_owned())
        .ok_or_else(wrong)
}

/// Scheme, host and port of an address that is one.
pub(crate) fn origin(address: &str) -> String {
    Url::parse(address)
        .map(|url| url.origin().ascii_serialization())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPIC: &str = "arn:aws:sns:eu-central-1:000000000000:avatars";
    /// A file, and no certificate.
    const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

    fn refused(topic: &str, url: &str, root: &str) -> SettingError {
        let pairs = [
            ("AVATAR_TOPIC_ARN", topic),
            ("SNS_STAND_IN_URL", url),
            ("SNS_STAND_IN_ROOT", root),
        ];
        trust(&Environment::from(pairs)).unwrap_err()
    }

    #[test]
    fn a_stand_in_for_sns_is_on_this_machine() {
        for url in [
            "https://127.0.0.1:4566",
            "http://localhost:4566",
            "http://10.0.0.1",
            "http://0.0.0.0",
            "http://sns.eu-central-1.amazonaws.com",
            "http://127.0.0.1.evil.org",
            "http://127.0.0.1@evil.org",
            "http://evil.org#127.0.0.1",
            "127.0.0.1:4566",
        ] {
            assert_eq!(refused(TOPIC, url, ROOT).name, "SNS_STAND_IN_URL", "{url}");
        }
        for url in [
            "http://127.0.0.1:4566",
            "http://127.8.0.1/sns/",
            "http://[::1]:1",
        ] {
            let error = refused(TOPIC, url, ROOT);
            assert_eq!(
                error.name, "SNS_STAND_IN_ROOT",
                "as far as the certificate: {url}"
            );
        }
    }

    #[test]
    fn a_topic_of_amazons_has_no_stand_in() {
        for account in ["123456789012", "00000000000", "0000000000000"] {
            let topic = TOPIC.replace("000000000000", account);
            let error = refused(&topic, "http://127.0.0.1:4566", ROOT);
            assert_eq!(error.name, "SNS_STAND_IN_URL", "{error}");
            assert!(error.problem.contains(STAND_IN_ACCOUNT), "{error}");
        }
    }

    #[test]
    fn half_a_stand_in_is_an_error() {
        let url = "http://127.0.0.1:4566";
        assert_eq!(refused(TOPIC, url, "").name, "SNS_STAND_IN_ROOT");
        assert_eq!(refused(TOPIC, "", ROOT).name, "SNS_STAND_IN_URL");
        assert_eq!(
            refused(TOPIC, url, "/nowhere.pem").name,
            "SNS_STAND_IN_ROOT"
        );
        for topic in [
            "",
            "avatars",
            "arn:aws:sqs:eu-central-1:000000000000:avatars",
        ] {
            assert_eq!(refused(topic, "", "").name, "AVATAR_TOPIC_ARN");
        }
        assert!(trust(&Environment::from([("AVATAR_TOPIC_ARN", TOPIC)])).is_ok());
    }

    #[test]
    fn a_variable_that_makes_no_sense_is_named() {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
        let cases = [
            ("BIND", "4567"),
            ("ASSETS_URL", ""),
            ("ASSETS_URL", "assets"),
            ("ASSETS_URL", "https://a.example.com?x"),
            ("ASSETS_URL", "https://:password@a.example.com"),
            ("ASSETS_URL", "ftp://a.example.com"),
            ("WEB_ROOT", source),
        ];
        for (name, value) in cases {
            let environment = Environment::from([(name, value)]);
            let error = match name {
                "BIND" => bind(&environment).unwrap_err(),
                "ASSETS_URL" => assets(&environment).unwrap_err(),
                _ => web(&environment).unwrap_err(),
            };
            assert_eq!(error.name, name, "{value}");
        }
    }

    #[test]
    fn people_sign_in_at_cognito_in_the_region_of_the_pool() {
        let pool = Environment::from([("USER_POOL_ID", "eu-west-3_abc")]);
        let amazon = "https://cognito-idp.eu-west-3.amazonaws.com";
        assert_eq!(cognito(&pool).unwrap(), amazon);
        let other = Environment::from([("COGNITO_URL", "http://127.0.0.1:4566/")]);
        assert_eq!(cognito(&other).unwrap(), "http://127.0.0.1:4566");
    }

    #[test]
    fn an_origin_has_no_path() {
        let (address, expected) = (
            "https://a.example.com:8443/stage/x",
            "https://a.example.com:8443",
        );
        assert_eq!(origin(address), expected);
        assert_eq!(origin("http://a.example.com:80"), "http://a.example.com");
    }
}
