//! The server: one thread of its own, which ends with the context.

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use axum::routing::get;
use axum::{Router, middleware};
use crossbeam::channel::{Receiver, bounded};
use tokio::sync::watch;

use super::app::App;
use super::guard::{self, Guard};
use super::{metrics, page, rest};
use crate::error::{Error, Result};

/// Where a page is wanted.
pub struct Wanted {
    /// The address to listen on: 127.0.0.1 unless others may look.
    pub host: String,
    /// The first port that is tried; 0 for any.
    pub port: u16,
    /// So many more are tried, one after the other. Spark's `spark.port.maxRetries`.
    pub retries: u16,
    /// What others must know; made by who opens the page to them.
    pub token: Option<String>,
}

/// Serves a program's page until it is dropped.
pub struct Server {
    address: SocketAddr,
    /// None in the end.
    stop: Option<watch::Sender<bool>>,
    /// Disconnected when the thread ends. Its handle isn't kept: a forked process has a copy, and no such thread.
    ended: Receiver<()>,
    process: u32,
}

/// Who still reads when the server stops is left so long.
const PATIENCE: Duration = Duration::from_millis(200);

impl Server {
    /// Starts to serve. Fails where no port is free or the host is not this machine's.
    pub fn start(app: Arc<App>, wanted: &Wanted) -> Result<Self> {
        let listener = bind(wanted).map_err(|error| {
            Error::io(
                format!("the web page on {}:{} and {} ports behind it", wanted.host, wanted.port, wanted.retries),
                &error,
            )
        })?;
        let failed = |error: io::Error| Error::io("the web page", &error);
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let guard = Guard { token: wanted.token.clone(), hosts: vec![wanted.host.clone(), address.ip().to_string()] };
        let (stop, stopped) = watch::channel(false);
        let (running, ended) = bounded::<()>(0);
        let serve = move || {
            let _running = running;
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build() else {
                return;
            };
            // What is wrong with one connection ends that one; there is nobody to tell more.
            let _ = runtime.block_on(serve(listener, app, guard, stopped));
            runtime.shutdown_timeout(PATIENCE);
        };
        std::thread::Builder::new().name("pyrite-page".into()).spawn(serve).map_err(failed)?;
        Ok(Self { address, stop: Some(stop), ended, process: std::process::id() })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops to serve, and waits a little for that.
    pub fn stop(&self) {
        if self.process != std::process::id() {
            return;
        }
        if let Some(stop) = &self.stop {
            let _ = stop.send(true);
        }
        let _ = self.ended.recv_timeout(2 * PATIENCE);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let Some(stop) = self.stop.take() else { return };
        if self.process == std::process::id() {
            let _ = stop.send(true);
        } else {
            // Whoever held its locks when the process was forked isn't here to let go of them.
            std::mem::forget(stop);
        }
    }
}

/// The first free port.
fn bind(wanted: &Wanted) -> io::Result<TcpListener> {
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    for more in 0..=wanted.retries {
        let Some(port) = wanted.port.checked_add(more) else { break };
        for address in (wanted.host.as_str(), port).to_socket_addrs()? {
            match TcpListener::bind(address) {
                Ok(listener) => return Ok(listener),
                Err(error) => last = error,
            }
        }
        if wanted.port == 0 || last.kind() != io::ErrorKind::AddrInUse {
            break;
        }
    }
    Err(last)
}

async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    guard: Guard,
    mut stopped: watch::Receiver<bool>,
) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let router = Router::new()
        .merge(page::routes())
        .nest("/api/v1", rest::routes())
        .merge(metrics::routes())
        .route("/healthz", get(|| async { "ok\n" }))
        .layer(middleware::from_fn_with_state(guard, guard::check))
        .with_state(app);
    let serving = axum::serve(listener, router);
    tokio::select! {
        done = std::future::IntoFuture::into_future(serving) => done,
        _ = stopped.wait_for(|stop| *stop) => Ok(()),
    }
}
