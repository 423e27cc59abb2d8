//! The IP address of a client.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName};
use roundel_lambda::environment::{Environment, SettingError};

use crate::app::AppState;

/// Where the address of a client is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AddressSource {
    /// Nowhere: behind a proxy, the other end of the connection is the proxy.
    Unknown,
    /// The other end of the connection.
    Peer,
    /// This header. Its last address is the one that the nearest proxy has added; a client can send the others.
    Header(HeaderName),
}

impl AddressSource {
    /// Reads CLIENT_ADDRESS: `peer`, or the name of a header.
    ///
    /// # Errors
    ///
    /// It cannot be the name of a header.
    pub fn from_environment(environment: &Environment) -> Result<Self, SettingError> {
        match environment.optional("CLIENT_ADDRESS") {
            None => Ok(Self::Unknown),
            Some("peer") => Ok(Self::Peer),
            Some(name) => name.parse().map(Self::Header).map_err(|_| {
                let problem = format!("must be peer or the name of a header, not {name:?}");
                SettingError::new("CLIENT_ADDRESS", problem)
            }),
        }
    }

    fn find(&self, headers: &HeaderMap, peer: Option<IpAddr>) -> Option<IpAddr> {
        match self {
            Self::Unknown => None,
            Self::Peer => peer,
            Self::Header(name) => {
                let values = headers.get_all(name);
                let last = values.into_iter().next_back()?.to_str().ok()?;
                let address = last.rsplit(',').next()?.trim();
                let of_socket = |_| address.parse().map(|socket: SocketAddr| socket.ip());
                address.parse().or_else(of_socket).ok()
            }
        }
    }
}

/// An extractor of the address, if CLIENT_ADDRESS says where it is.
#[derive(Clone, Copy, Debug)]
pub struct ClientAddress(pub Option<IpAddr>);

impl FromRequestParts<Arc<AppState>> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        app: &Arc<AppState>,
    ) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let peer = peer.map(|ConnectInfo(peer)| peer.ip());
        Ok(Self(app.address_source.find(&parts.headers, peer)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_address_of_the_nearest_proxy_counts() {
        let environment = Environment::from([("CLIENT_ADDRESS", "x-forwarded-for")]);
        let source = AddressSource::from_environment(&environment).unwrap();
        let peer = Some("10.0.0.1".parse().unwrap());
        let find = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append("x-forwarded-for", value.parse().unwrap());
            }
            source.find(&headers, peer).map(|found| found.to_string())
        };
        assert_eq!(find(&["192.0.2.9, 192.0.2.1"]).unwrap(), "192.0.2.1");
        assert_eq!(find(&["192.0.2.9", "192.0.2.1:443"]).unwrap(), "192.0.2.1");
        assert_eq!(find(&["[2001:db8::1]:443"]).unwrap(), "2001:db8::1");
        assert_eq!(find(&["unknown"]), None);
        assert_eq!(find(&[]), None);
        assert_eq!(AddressSource::Peer.find(&HeaderMap::new(), peer), peer);
        assert_eq!(AddressSource::Unknown.find(&HeaderMap::new(), peer), None);
    }

    #[test]
    fn a_wrong_setting_is_named() {
        let environment = Environment::from([("CLIENT_ADDRESS", "x forwarded for")]);
        let error = AddressSource::from_environment(&environment).unwrap_err();
        assert_eq!(error.name, "CLIENT_ADDRESS");
    }
}
