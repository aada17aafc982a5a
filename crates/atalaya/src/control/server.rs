//! The server's side of the control socket.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use atalaya_publish::{Export, Filter, Format};
use data_encoding::BASE64;
use serde_json::{Value, json};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::parts::parts;
use super::{EvidenceRequest, MAX_LINE, Request, SOCKET, deeds};
use crate::house::House;

/// Commands served at the same time; more wait.
const MAX_COMMANDS: usize = 16;

/// Binds the control socket of a data folder. The caller holds the folder's lock, so that a socket found there is a dead one.
///
/// # Errors
/// The socket cannot be made, for example because the path is longer than the system allows.
pub(crate) fn bind(data: &Path) -> anyhow::Result<UnixListener> {
    let path = data.join(SOCKET);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(error)
                .with_context(|| format!("cannot remove the old control socket {}", path.display()));
        }
        _ => {}
    }
    let listener = UnixListener::bind(&path)
        .with_context(|| format!("cannot make the control socket {}", path.display()))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))
        .with_context(|| format!("cannot protect the control socket {}", path.display()))?;
    Ok(listener)
}

/// Answers commands until `stop`.
pub(crate) async fn serve(listener: UnixListener, house: Arc<House>, stop: CancellationToken) {
    let places = Arc::new(Semaphore::new(MAX_COMMANDS));
    loop {
        let Ok(place) = places.clone().acquire_owned().await else {
            return;
        };
        let stream = tokio::select! {
            () = stop.cancelled() => return,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    tracing::warn!(%error, "the control socket failed to accept a command");
                    tokio::task::yield_now().await;
                    continue;
                }
            },
        };
        let house = Arc::clone(&house);
        let stop = stop.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                result = converse(stream, &house) => {
                    if let Err(error) = result {
                        tracing::debug!(%error, "a command went away");
                    }
                }
            }
            drop(place);
        });
    }
}

/// Answers the lines of one command until it hangs up.
async fn converse(stream: UnixStream, house: &House) -> std::io::Result<()> {
    let uid = stream.peer_cred()?.uid();
    let (read, mut write) = stream.into_split();
    let mut read = BufReader::new(read);
    while let Some(line) = read_line(&mut read, MAX_LINE).await? {
        let answer = match serde_json::from_slice(&line) {
            Ok(Request::Export {
                format,
                classes,
                family,
            }) => match house.export(Filter::new(&classes, family)).await {
                Ok(export) => send_parts(&mut write, export, format).await?,
                Err(error) => refusal(&error),
            },
            Ok(request) => answer(as_user(request, uid), house, uid).await,
            Err(error) => refusal(&anyhow::anyhow!(
                "the server does not understand this command: {error}"
            )),
        };
        send(&mut write, &answer).await?;
    }
    Ok(())
}

/// Sends an export in parts; gives what is to be sent behind them.
async fn send_parts(
    write: &mut (impl AsyncWrite + Unpin),
    export: Export,
    format: Format,
) -> std::io::Result<Value> {
    let mut parts = parts(export, format);
    while let Some(part) = parts.recv().await {
        send(write, &json!({"part": BASE64.encode(&part)})).await?;
    }
    Ok(json!({"ok": null}))
}

/// Sends a line.
async fn send(write: &mut (impl AsyncWrite + Unpin), document: &Value) -> std::io::Result<()> {
    let mut line = document.to_string();
    line.push('\n');
    write.write_all(line.as_bytes()).await
}

/// Reads the next line; none at the end.
///
/// # Errors
/// The line is longer than `longest` bytes: where the next one begins is then unknown, so that the command must be hung up on.
async fn read_line(read: &mut (impl AsyncBufRead + Unpin), longest: u64) -> std::io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    read.take(longest).read_until(b'\n', &mut line).await?;
    if line.len() as u64 == longest && line.last() != Some(&b'\n') {
        return Err(std::io::Error::new(
            std::io::ErrorKind::FileTooLarge,
            "a command sent too long a line",
        ));
    }
    Ok((!line.is_empty()).then_some(line))
}

/// The request with the user who sends it, as the system knows it and not as the command says.
fn as_user(mut request: Request, uid: u32) -> Request {
    if let Request::Evidence(EvidenceRequest::Sealed { asked, .. }) = &mut request {
        (asked.uid, asked.account) = (Some(uid), None);
    }
    request
}

/// The answer to one request.
async fn answer(request: Request, house: &House, uid: u32) -> Value {
    match Box::pin(deeds::answer(house, request, uid)).await {
        Ok(value) => json!({"ok": value}),
        Err(error) => refusal(&error),
    }
}

/// The answer where something was refused or failed.
fn refusal(error: &anyhow::Error) -> Value {
    json!({"error": format!("{error:#}")})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_takes_evidence_is_known_from_the_socket() {
        let asked = super::super::AskedBy {
            reason: "a court".to_owned(),
            uid: Some(0),
            account: Some("marta".to_owned()),
        };
        let id = atalaya_model::ObservationId(uuid::Uuid::from_u128(1));
        let sent = Request::Evidence(EvidenceRequest::Sealed { id, asked });
        match as_user(sent, 1_001) {
            Request::Evidence(EvidenceRequest::Sealed { asked, .. }) => {
                assert_eq!((asked.uid, asked.account), (Some(1_001), None));
            }
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn lines_are_read_until_the_command_hangs_up() {
        let mut read = &b"one\ntwo"[..];
        assert_eq!(read_line(&mut read, 4).await.unwrap().unwrap(), b"one\n");
        assert_eq!(read_line(&mut read, 4).await.unwrap().unwrap(), b"two");
        assert_eq!(read_line(&mut read, 4).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_ends_the_conversation() {
        let mut read = &b"settle\n"[..];
        let refused = read_line(&mut read, 6).await.unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::FileTooLarge);
    }
}
