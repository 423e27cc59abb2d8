//! Reads and validates the settings from environment variables.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use cruddur_functions::webhook::Trust;
use roundel_lambda::environment::{Environment, SettingError};
use roundel_lambda::key::AvatarKeys;
use url::{Host, Url};

use crate::database::DEFAULT_URL;
use crate::profile::AvatarUrls;

/// The account id that AWS emulators use. No real account has it.
const EMULATOR_ACCOUNT: &str = "000000000000";

/// The address that the server listens at.
///
/// # Errors
///
/// BIND is not an IP address with a port.
pub fn bind_address(environment: &Environment) -> Result<SocketAddr, SettingError> {
    let text = environment.optional("BIND").unwrap_or("127.0.0.1:4567");
    let invalid = |_| SettingError::new("BIND", format!("must be <address>:<port>, not {text:?}"));
    text.parse().map_err(invalid)
}

/// The URL of the database. A PostgreSQL server on another machine must have a certificate that is
/// valid for its name: the URL gets `sslmode=verify-full`.
///
/// # Errors
///
/// DATABASE_URL asks for a weaker verification.
pub fn database_url(environment: &Environment) -> Result<String, SettingError> {
    let text = environment.optional("DATABASE_URL").unwrap_or(DEFAULT_URL);
    match Url::parse(text) {
        Ok(url) if is_remote_postgres(&url, environment) => verified(url),
        _ => Ok(text.to_owned()),
    }
}

/// Whether the connection leaves this machine. The host is that of the URL, of its query, or of the
/// variables of PostgreSQL; without any, the driver connects to this machine.
fn is_remote_postgres(url: &Url, environment: &Environment) -> bool {
    let is_host = |name: &str| matches!(name, "host" | "hostaddr");
    let of_query = url.query_pairs().filter(|(name, _)| is_host(name));
    let mut hosts: Vec<String> = of_query.map(|(_, host)| host.into_owned()).collect();
    hosts.extend(url.host_str().map(str::to_owned));
    if hosts.is_empty() {
        let variables = ["PGHOSTADDR", "PGHOST"].map(|name| environment.optional(name));
        hosts.extend(variables.into_iter().flatten().map(str::to_owned));
    }
    let is_postgres = matches!(url.scheme(), "postgres" | "postgresql");
    is_postgres && !hosts.iter().all(|host| is_this_machine(host))
}

/// Whether a host of PostgreSQL is the folder of a Unix socket, or loopback. In a URL, the slash is encoded.
fn is_this_machine(host: &str) -> bool {
    let is_encoded = |start: &str| start.eq_ignore_ascii_case("%2F");
    let is_socket =
        host.is_empty() || host.starts_with('/') || host.get(..3).is_some_and(is_encoded);
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    is_socket || host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn verified(mut url: Url) -> Result<String, SettingError> {
    let is_mode = |name: &str| matches!(name, "sslmode" | "ssl-mode");
    let modes = url.query_pairs().filter(|(name, _)| is_mode(name));
    let modes: Vec<String> = modes.map(|(_, mode)| mode.into_owned()).collect();
    if modes.iter().any(|mode| mode != "verify-full") {
        let problem = format!(
            "must have sslmode=verify-full for a server on another machine, not {modes:?}; \
             sslrootcert names the file of a private root certificate"
        );
        return Err(SettingError::new("DATABASE_URL", problem));
    }
    if modes.is_empty() {
        url.query_pairs_mut().append_pair("sslmode", "verify-full");
    }
    Ok(url.into())
}

/// Builds the addresses of avatars.
///
/// # Errors
///
/// ASSETS_URL is missing or not a URL.
pub fn avatar_urls(environment: &Environment) -> Result<AvatarUrls, SettingError> {
    let folder = environment.folder("THUMBING_S3_FOLDER_OUTPUT", "avatars");
    Ok(AvatarUrls {
        base_url: required_url(environment, "ASSETS_URL")?,
        keys: AvatarKeys::new(&folder),
    })
}

/// The ARN of the topic whose messages the webhook accepts, and the certificates that it trusts:
/// those of Amazon, or of an emulator on this machine if the topic cannot be one of Amazon.
///
/// # Errors
///
/// AVATAR_TOPIC_ARN is missing or not a topic, or the settings of the emulator are not valid.
pub fn topic_trust(environment: &Environment) -> Result<(String, Trust), SettingError> {
    let topic = environment.required("AVATAR_TOPIC_ARN")?;
    let named = |error: SettingError| SettingError::new("AVATAR_TOPIC_ARN", error.problem);
    let amazon = Trust::amazon(topic).map_err(named)?;
    let trust = match emulator(environment)? {
        None => amazon,
        Some((_, _)) if topic.split(':').nth(4) != Some(EMULATOR_ACCOUNT) => {
            let problem = format!(
                "is allowed for a topic of the account {EMULATOR_ACCOUNT} only, not for {topic:?}"
            );
            return Err(SettingError::new("SNS_EMULATOR_URL", problem));
        }
        Some((url, root)) => {
            let certificate = format!("{url}/SimpleNotificationService-0.pem");
            let named = |error: SettingError| {
                SettingError::new("SNS_EMULATOR_ROOT_CERTIFICATE", error.problem)
            };
            Trust::local(&certificate, &root, &url).map_err(named)?
        }
    };
    Ok((topic.to_owned(), trust))
}

/// The URL of the SNS emulator, and its root certificate.
fn emulator(environment: &Environment) -> Result<Option<(String, Vec<u8>)>, SettingError> {
    let names = ["SNS_EMULATOR_URL", "SNS_EMULATOR_ROOT_CERTIFICATE"];
    let path = match names.map(|name| environment.optional(name)) {
        [None, None] => return Ok(None),
        [Some(_), Some(path)] => path,
        [None, _] => {
            return Err(SettingError::new(
                names[0],
                "is not set, but SNS_EMULATOR_ROOT_CERTIFICATE is",
            ));
        }
        [_, None] => {
            return Err(SettingError::new(
                names[1],
                "is not set, but SNS_EMULATOR_URL is",
            ));
        }
    };
    let url = required_url(environment, names[0])?;
    if !is_loopback(&url) {
        let problem =
            format!("must be http:// with a loopback address (127.0.0.1, [::1]), not {url:?}");
        return Err(SettingError::new(names[0], problem));
    }
    let unreadable = |error| {
        SettingError::new(
            names[1],
            format!("names {path:?}, which cannot be read: {error}"),
        )
    };
    Ok(Some((url, std::fs::read(path).map_err(unreadable)?)))
}

/// A host name like `localhost` could resolve to any machine. An IP address cannot.
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

/// Settings of the web page.
#[derive(Clone, Debug)]
pub struct WebSettings {
    /// Folder of the built files.
    pub root: PathBuf,
    /// URL of the HTTP API that signs uploads.
    pub upload_api: String,
    /// Origin of the uploads bucket.
    pub uploads: String,
    /// URL of Cognito, where users sign in.
    pub cognito: String,
    /// Cognito client id of the page.
    pub client_id: String,
}

/// The settings of the page, if WEB_ROOT is set.
///
/// # Errors
///
/// WEB_ROOT has no `index.html`, or another variable of the page is missing or not valid.
pub fn web_settings(environment: &Environment) -> Result<Option<WebSettings>, SettingError> {
    let Some(root) = environment.optional("WEB_ROOT").map(PathBuf::from) else {
        return Ok(None);
    };
    if !root.join("index.html").is_file() {
        let problem = format!(
            "is {}, which contains no index.html: build the page first",
            root.display()
        );
        return Err(SettingError::new("WEB_ROOT", problem));
    }
    let clients = environment.list("CLIENT_ID");
    let client_id = clients
        .first()
        .ok_or_else(|| SettingError::new("CLIENT_ID", "is not set"))?;
    Ok(Some(WebSettings {
        root,
        upload_api: required_url(environment, "UPLOAD_API_URL")?,
        uploads: required_url(environment, "UPLOADS_ORIGIN")?,
        cognito: cognito_url(environment)?,
        client_id: (*client_id).to_owned(),
    }))
}

fn cognito_url(environment: &Environment) -> Result<String, SettingError> {
    if environment.optional("COGNITO_URL").is_some() {
        return required_url(environment, "COGNITO_URL");
    }
    let pool = environment.required("USER_POOL_ID")?;
    let region = pool.split_once('_').map_or(pool, |(region, _)| region);
    Ok(format!("https://cognito-idp.{region}.amazonaws.com"))
}

/// A URL, without a trailing slash.
fn required_url(environment: &Environment, name: &str) -> Result<String, SettingError> {
    let text = environment.required(name)?;
    let is_http = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    let is_plain = |url: &Url| {
        let no_credentials = url.username().is_empty() && url.password().is_none();
        no_credentials && url.query().is_none() && url.fragment().is_none()
    };
    let is_valid = Url::parse(text).is_ok_and(|url| is_http(&url) && is_plain(&url));
    let invalid = || {
        SettingError::new(
            name,
            format!("must be a URL like https://example.com, not {text:?}"),
        )
    };
    is_valid
        .then(|| text.trim_end_matches('/').to_owned())
        .ok_or_else(invalid)
}

/// Scheme, host and port of a valid URL.
pub(crate) fn origin(address: &str) -> String {
    Url::parse(address)
        .map(|url| url.origin().ascii_serialization())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPIC: &str = "arn:aws:sns:eu-central-1:000000000000:avatars";
    /// A file that is not a certificate.
    const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");

    fn refused(topic: &str, url: &str, root: &str) -> SettingError {
        let pairs = [
            ("AVATAR_TOPIC_ARN", topic),
            ("SNS_EMULATOR_URL", url),
            ("SNS_EMULATOR_ROOT_CERTIFICATE", root),
        ];
        topic_trust(&Environment::from(pairs)).unwrap_err()
    }

    #[test]
    fn the_sns_emulator_must_be_at_a_loopback_address() {
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
            assert_eq!(refused(TOPIC, url, ROOT).name, "SNS_EMULATOR_URL", "{url}");
        }
        for url in [
            "http://127.0.0.1:4566",
            "http://127.8.0.1/sns/",
            "http://[::1]:1",
        ] {
            let error = refused(TOPIC, url, ROOT);
            assert_eq!(
                error.name, "SNS_EMULATOR_ROOT_CERTIFICATE",
                "the URL is accepted: {url}"
            );
        }
    }

    #[test]
    fn an_emulator_is_refused_for_a_topic_of_a_real_account() {
        for account in ["123456789012", "00000000000", "0000000000000"] {
            let topic = TOPIC.replace("000000000000", account);
            let error = refused(&topic, "http://127.0.0.1:4566", ROOT);
            assert_eq!(error.name, "SNS_EMULATOR_URL", "{error}");
            assert!(error.problem.contains(EMULATOR_ACCOUNT), "{error}");
        }
    }

    #[test]
    fn both_settings_of_the_emulator_are_needed() {
        let url = "http://127.0.0.1:4566";
        assert_eq!(
            refused(TOPIC, url, "").name,
            "SNS_EMULATOR_ROOT_CERTIFICATE"
        );
        assert_eq!(refused(TOPIC, "", ROOT).name, "SNS_EMULATOR_URL");
        assert_eq!(
            refused(TOPIC, url, "/nowhere.pem").name,
            "SNS_EMULATOR_ROOT_CERTIFICATE"
        );
        for topic in [
            "",
            "avatars",
            "arn:aws:sqs:eu-central-1:000000000000:avatars",
        ] {
            assert_eq!(refused(topic, "", "").name, "AVATAR_TOPIC_ARN");
        }
        assert!(topic_trust(&Environment::from([("AVATAR_TOPIC_ARN", TOPIC)])).is_ok());
    }

    #[test]
    fn an_invalid_variable_is_named() {
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
                "BIND" => bind_address(&environment).unwrap_err(),
                "ASSETS_URL" => avatar_urls(&environment).unwrap_err(),
                _ => web_settings(&environment).unwrap_err(),
            };
            assert_eq!(error.name, name, "{value}");
        }
    }

    #[test]
    fn a_database_on_another_machine_is_verified() {
        let read = |url: &str| database_url(&Environment::from([("DATABASE_URL", url)]));
        for local in [
            "sqlite://cruddur.db?mode=rwc",
            "postgres://localhost/cruddur",
            "postgres://me@127.0.0.1:5432/cruddur?sslmode=disable",
            "postgres://me@[::1]/cruddur",
            "postgres://me@%2Fvar%2Frun/cruddur",
            "postgres://me@%2fvar%2frun/cruddur",
            "postgres:///cruddur?host=/var/run",
        ] {
            assert_eq!(read(local).unwrap(), local);
        }
        for (remote, end) in [
            ("postgres://db.example.com/cruddur", "?sslmode=verify-full"),
            (
                "postgresql://10.0.0.1/cruddur?sslrootcert=ca.pem",
                "&sslmode=verify-full",
            ),
            (
                "postgres:///cruddur?host=db.example.com",
                "&sslmode=verify-full",
            ),
            ("postgres://db.example.com/cruddur?sslmode=verify-full", ""),
        ] {
            assert_eq!(read(remote).unwrap(), format!("{remote}{end}"));
        }
        let twice = "postgres:///cruddur?host=localhost&host=db.example.com";
        assert!(read(twice).unwrap().ends_with("&sslmode=verify-full"));
        for variable in ["PGHOST", "PGHOSTADDR"] {
            let pairs = [
                ("DATABASE_URL", "postgres:///cruddur"),
                (variable, "10.0.0.1"),
            ];
            let url = database_url(&Environment::from(pairs)).unwrap();
            assert_eq!(url, "postgres:///cruddur?sslmode=verify-full");
        }
        for weak in ["disable", "prefer", "require", "verify-ca", ""] {
            let error = read(&format!("postgres://db.example.com/cruddur?sslmode={weak}"));
            assert_eq!(error.unwrap_err().name, "DATABASE_URL", "{weak}");
        }
        assert_eq!(database_url(&Environment::default()).unwrap(), DEFAULT_URL);
    }

    #[test]
    fn the_default_cognito_url_is_in_the_region_of_the_user_pool() {
        let pool = Environment::from([("USER_POOL_ID", "eu-west-3_abc")]);
        let amazon = "https://cognito-idp.eu-west-3.amazonaws.com";
        assert_eq!(cognito_url(&pool).unwrap(), amazon);
        let other = Environment::from([("COGNITO_URL", "http://127.0.0.1:4566/")]);
        assert_eq!(cognito_url(&other).unwrap(), "http://127.0.0.1:4566");
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
