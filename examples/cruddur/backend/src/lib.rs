//! The backend of Cruddur: user profiles with avatars.
//!
//! ```text
//! page --PUT /api/profile/update-----> routes::profile --+
//! SNS  --POST /webhooks/avatar-------> routes::webhook --+--> users, avatars, refusals --> database
//!                                                        |
//! page <--events: profile, refusal --- routes::events <--+ feed: on each change, and polled every 5 s
//! ```
//!
//! Tokens are verified by the code of the authorizer, messages by that of
//! `cruddur_functions::webhook`. Each query is written once and runs on PostgreSQL and on SQLite.

pub mod app;
pub mod authentication;
pub mod avatars;
pub mod catch_up;
pub mod cli;
pub mod client_address;
pub mod database;
pub mod erase;
pub mod error;
pub mod feed;
pub mod migrations;
pub mod profile;
pub mod refusals;
pub mod routes;
pub mod seed;
pub mod server;
pub mod settings;
pub mod static_files;
pub mod stream_limits;
pub mod users;
