//! The backend, on SQLite and on a PostgreSQL of the test's own.

// A test may panic: that is how it fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../../functions/tests/openssl/mod.rs"]
mod openssl;

mod engine;
mod postgres;
mod sns;
mod stand_in;
mod tokens;
mod world;

/// Each test once on SQLite and once on PostgreSQL.
macro_rules! on_both {
    ($($test:ident)*) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test($crate::engine::Engine::sqlite(stringify!($test))).await;
            })*
        }

        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                super::$test($crate::engine::Engine::postgres(stringify!($test))).await;
            })*
        }
    };
}

mod catch_up;
mod outages;
mod page;
mod profiles;
mod program;
mod schema;
mod seeds;
mod spoofs;
mod streams;
mod webhook;
