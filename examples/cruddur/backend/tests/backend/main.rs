//! Tests of the backend, on SQLite and on a PostgreSQL cluster that each test creates.

// A test fails by a panic.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../../functions/tests/openssl/mod.rs"]
mod openssl;

mod postgres;
mod sns_signer;
mod stub_server;
mod test_app;
mod test_database;
mod user_pool;

/// Runs each test on SQLite and on PostgreSQL.
macro_rules! on_both_databases {
    ($($test:ident)*) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test($crate::test_database::TestDatabase::sqlite(stringify!($test))).await;
            })*
        }

        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test($crate::test_database::TestDatabase::postgres(stringify!($test))).await;
            })*
        }
    };
}

mod catch_up;
mod command_line;
mod events;
mod forged_messages;
mod migrations;
mod outages;
mod profiles;
mod seeds;
mod static_files;
mod webhook;
