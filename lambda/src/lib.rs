//! roundel on AWS Lambda: the event of an upload in, avatars and a notice out.
//!
//! ```text
//! uploads bucket --event--> process --> assets bucket (store, s3)
//!                  event    key, order, process/     +--> SNS topic (notice, topic)
//!                                                    +--> CloudFront (cdn, cloudfront), for removals
//! ```
//!
//! The handler is a plain function over four small traits ([`store::Store`], [`notice::Notifier`],
//! [`cdn::Cdn`], [`clock::Clock`]), so that tests need no network. The binary reads the environment, builds the
//! real ones and passes the events on.
//!
//! The rest of an avatar system (tokens, presigned uploads, the app's webhook) is not here; see
//! `examples/cruddur`. What it shares with this function is here, without the feature `process`:
//! [`clock`], [`environment`], [`key`], [`logs`], [`notice`], [`order`].

#[cfg(feature = "process")]
pub mod aws;
#[cfg(feature = "process")]
pub mod cdn;
pub mod clock;
#[cfg(feature = "process")]
pub mod cloudfront;
pub mod environment;
#[cfg(feature = "process")]
pub mod event;
pub mod key;
pub mod logs;
#[cfg(feature = "process")]
pub mod metrics;
pub mod notice;
pub mod order;
#[cfg(feature = "process")]
pub mod process;
#[cfg(feature = "process")]
pub mod s3;
#[cfg(feature = "process")]
pub mod store;
#[cfg(feature = "process")]
pub mod topic;
