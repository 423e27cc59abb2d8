//! Limits how many event streams are open at the same time: in this process, from one address, and of one
//! user. So one viewer cannot use up the streams of all others.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Something whose streams are counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Viewer {
    /// All viewers of this process.
    Everyone,
    /// The clients of an address. A home or an office has one IPv4 address, or one IPv6 network.
    Address(IpAddr),
    /// The signed-in user with this `sub`.
    User(String),
}

impl Viewer {
    /// The viewers at an address. For IPv6, that is the network of 64 bits, because a client can choose the
    /// rest of its address.
    pub fn at(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => {
                let network = Ipv6Addr::from_bits(address.to_bits() >> 64 << 64);
                Self::Address(network.into())
            }
            address => Self::Address(address),
        }
    }

    /// Maximum number of open streams.
    pub fn limit(&self) -> usize {
        match self {
            Self::Everyone => 500,
            Self::Address(_) => 50,
            Self::User(_) => 10,
        }
    }
}

/// The number of open streams of each viewer.
#[derive(Debug, Default)]
pub struct StreamLimits(Mutex<HashMap<Viewer, usize>>);

impl StreamLimits {
    /// Counts a stream for each of the viewers, until the value is dropped.
    ///
    /// # Errors
    ///
    /// The first viewer whose limit is reached. Then nothing is counted.
    pub fn open(self: &Arc<Self>, viewers: Vec<Viewer>) -> Result<OpenStream, Viewer> {
        let mut counts = self.counts();
        let is_full =
            |viewer: &&Viewer| counts.get(*viewer).copied().unwrap_or(0) >= viewer.limit();
        if let Some(full) = viewers.iter().find(is_full) {
            return Err(full.clone());
        }
        for viewer in &viewers {
            *counts.entry(viewer.clone()).or_default() += 1;
        }
        Ok(OpenStream {
            limits: Arc::clone(self),
            viewers,
        })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Viewer, usize>> {
        // No code panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A counted stream.
#[derive(Debug)]
pub struct OpenStream {
    limits: Arc<StreamLimits>,
    viewers: Vec<Viewer>,
}

impl Drop for OpenStream {
    fn drop(&mut self) {
        let mut counts = self.limits.counts();
        for viewer in &self.viewers {
            if let Some(count) = counts.get_mut(viewer) {
                *count -= 1;
            }
        }
        counts.retain(|_, count| *count > 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_stream_makes_room_and_a_refused_one_is_not_counted() {
        let limits = Arc::new(StreamLimits::default());
        let ada = || Viewer::User("ada".to_owned());
        let bob = || Viewer::User("bob".to_owned());
        let mut open: Vec<_> = (0..ada().limit())
            .map(|_| limits.open(vec![ada()]).unwrap())
            .collect();
        assert_eq!(limits.open(vec![bob(), ada()]).unwrap_err(), ada());
        assert!(!limits.counts().contains_key(&bob()));
        open.pop();
        drop(limits.open(vec![bob(), ada()]).unwrap());
        drop(open);
        assert!(limits.counts().is_empty());
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let at = |text: &str| Viewer::at(text.parse().unwrap());
        assert_eq!(at("2001:db8:1:2::1"), at("2001:db8:1:2:ffff::9"));
        assert_ne!(at("2001:db8:1:2::1"), at("2001:db8:1:3::1"));
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
        assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
    }
}
