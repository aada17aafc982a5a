//! What concerns the process as a whole: its log, its limits, its end.

use std::future::Future;
use std::sync::OnceLock;

use anyhow::Context;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::config::LogConfig;

/// Sends the log to standard error, as the configuration says.
///
/// # Errors
/// The level cannot be read.
pub(crate) fn start_logging(config: &LogConfig) -> anyhow::Result<()> {
    // The database driver repeats what PostgreSQL only mentions; whoever wants that names the driver in the level.
    let level = format!("sqlx=warn,{}", config.level);
    let filter: EnvFilter = level.parse().context("log.level cannot be used")?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let colour = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let started = match config.format.as_str() {
        "json" => log.json().try_init(),
        _ => log.with_ansi(colour).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("cannot start the log: {error}"))
}

/// Raises the number of files and sockets that the process may hold open to what the system allows it.
///
/// Sockets are files; the usual soft limit of 1,024 would end the trap's work long before its own limits do.
pub(crate) fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current < maximum {
        let raised = setrlimit(
            Resource::Nofile,
            Rlimit {
                current: maximum,
                maximum,
            },
        );
        if let Err(error) = raised {
            tracing::warn!(%error, ?current, "the limit of open files stays low");
        }
    }
}

/// Waits for the signal to end: SIGINT (Ctrl-C) or SIGTERM. They are caught from the call on, not from the first wait.
///
/// # Errors
/// The signals cannot be caught.
pub(crate) fn end_signal() -> anyhow::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot catch SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot catch SIGTERM")?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// What gives the text of `/metrics`. The recorder behind it is the process's, made at the first call.
///
/// # Errors
/// Another recorder was installed.
pub(crate) fn metrics() -> anyhow::Result<PrometheusHandle> {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let handle = PrometheusBuilder::new()
        .install_recorder()
        .context("cannot count what happens")?;
    Ok(HANDLE.get_or_init(|| handle).clone())
}
