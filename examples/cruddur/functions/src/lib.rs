//! The functions around roundel's: who may upload a photo, and how an app learns of a new avatar.
//!
//! ```text
//! browser --POST /avatars/key_upload--> authorizer --> presign --> a form or URL to upload with
//!                                       jwt, jwks      policy, quota
//! uploads bucket --event--> process (crate roundel-lambda) --notice--> SNS --> webhook of the app
//! ```
//!
//! Each handler is a plain function over small traits, [`fetch::Fetch`] or [`send::SendSigned`] and
//! [`roundel_lambda::clock::Clock`], so that tests need no network. The binaries read the
//! environment and pass the events on. An app can use the parts alone: [`jwks`] verifies the
//! tokens, [`webhook`] the messages.

#[cfg(feature = "authorizer")]
pub mod authorizer;
#[cfg(feature = "presign")]
pub mod cors;
#[cfg(feature = "transport")]
pub mod fetch;
#[cfg(feature = "authorizer")]
pub mod jwks;
#[cfg(feature = "authorizer")]
pub mod jwt;
#[cfg(feature = "presign")]
pub mod policy;
#[cfg(feature = "presign")]
pub mod presign;
#[cfg(feature = "presign")]
pub mod quota;
pub mod region;
#[cfg(feature = "presign")]
pub mod send;
#[cfg(feature = "presign")]
pub mod sign;
#[cfg(feature = "transport")]
mod single_flight;
#[cfg(feature = "transport")]
pub mod transport;
#[cfg(feature = "webhook")]
pub mod webhook;
