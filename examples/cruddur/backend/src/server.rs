//! Listens, answers, and stops when it is told to.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::App;
use crate::routes::router;

/// How long requests may still take after the server was told to stop.
const FAREWELL: Duration = Duration::from_secs(5);

/// Answers until SIGINT or SIGTERM; then streams end, and what has begun is finished.
///
/// # Errors
///
/// The signals cannot be heard.
pub async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    stop: watch::Sender<bool>,
) -> io::Result<()> {
    let signal = Signals::new()?;
    let mut stopping = stop.subscribe();
    tokio::spawn(async move {
        signal.wait().await;
        tracing::info!("stopping");
        let _ = stop.send(true);
    });
    let mut told = stopping.clone();
    let stopped = async move { drop(told.wait_for(|stopping| *stopping).await) };
    let served = axum::serve(listener, router(app)).with_graceful_shutdown(stopped);
    let late = async move {
        let _ = stopping.wait_for(|stopping| *stopping).await;
        tokio::time::sleep(FAREWELL).await;
    };
    tokio::select! {
        result = served => result,
        () = late => Ok(()),
    }
}

#[cfg(unix)]
struct Signals(tokio::signal::unix::Signal);

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate()).map(Self)
    }

    async fn wait(mut self) {
        tokio::select! {
            _ = self.0.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn wait(self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
