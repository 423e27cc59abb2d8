//! Runs the HTTP server until SIGINT or SIGTERM, with a graceful shutdown.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::AppState;
use crate::routes::router;

/// How long open requests may continue after the shutdown has begun.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// Serves until SIGINT or SIGTERM. Then event streams end, and open requests are completed.
///
/// # Errors
///
/// The signal handlers cannot be installed, or the listener fails.
pub async fn serve(
    listener: TcpListener,
    app: Arc<AppState>,
    stop: watch::Sender<bool>,
) -> io::Result<()> {
    let signal = ShutdownSignal::new()?;
    let mut stopping = stop.subscribe();
    tokio::spawn(async move {
        signal.wait().await;
        tracing::info!("stopping");
        let _ = stop.send(true);
    });
    let mut shutdown = stopping.clone();
    let shutdown = async move { drop(shutdown.wait_for(|stopping| *stopping).await) };
    let service = router(app).into_make_service_with_connect_info::<SocketAddr>();
    let served = axum::serve(listener, service).with_graceful_shutdown(shutdown);
    let deadline = async move {
        let _ = stopping.wait_for(|stopping| *stopping).await;
        tokio::time::sleep(SHUTDOWN_GRACE).await;
    };
    tokio::select! {
        result = served => result,
        () = deadline => Ok(()),
    }
}

#[cfg(unix)]
struct ShutdownSignal(tokio::signal::unix::Signal);

#[cfg(unix)]
impl ShutdownSignal {
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
struct ShutdownSignal;

#[cfg(not(unix))]
impl ShutdownSignal {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn wait(self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
