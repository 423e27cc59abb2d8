//! The avatar system on AWS Lambda: an upload's event in; avatars and a notice out.
//!
//! ```text
//! browser --POST /avatars/key_upload--> authorizer --> presign --> what to send, where
//!    |                                  jwt, jwks      policy
//!    +--PUT or POST--> uploads bucket --event--> process --> assets bucket, notice
//!                                                process/, order, key
//!                                      app's webhook <-- SNS: webhook/
//! ```
//!
//! Handlers are plain functions over three small traits ([`store::Store`], [`notice::Notify`],
//! [`clock::Clock`]), so that what they promise is tested without a network. The binaries read the
//! environment, build the real ones and hand the events over. The parts can be used alone:
//! [`jwt`] and [`jwks`] by any service that gets the same tokens, [`webhook`] by the app.

#[cfg(feature = "authorizer")]
pub mod authorizer;
pub mod clock;
pub mod environment;
#[cfg(feature = "process")]
pub mod event;
#[cfg(feature = "transport")]
pub mod fetch;
#[cfg(feature = "presign")]
pub mod http_api;
#[cfg(feature = "authorizer")]
pub mod jwks;
#[cfg(feature = "authorizer")]
pub mod jwt;
pub mod key;
pub mod logs;
#[cfg(feature = "process")]
pub mod metrics;
#[cfg(any(feature = "process", feature = "webhook"))]
pub mod notice;
#[cfg(any(feature = "process", feature = "webhook"))]
pub mod order;
#[cfg(feature = "presign")]
pub mod policy;
#[cfg(feature = "presign")]
pub mod presign;
#[cfg(feature = "process")]
pub mod process;
#[cfg(any(feature = "aws", feature = "webhook"))]
mod region;
#[cfg(feature = "process")]
pub mod s3;
#[cfg(feature = "aws")]
pub mod sign;
#[cfg(feature = "process")]
pub mod store;
#[cfg(feature = "process")]
pub mod topic;
#[cfg(feature = "transport")]
pub mod transport;
#[cfg(feature = "webhook")]
pub mod webhook;
