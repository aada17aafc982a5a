//! The command's side: a line to whoever can answer.

use std::io::Write;
use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use atalaya_model::{Class, Clock};
use atalaya_publish::{Family, Filter, Format};
use data_encoding::BASE64;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

use super::{MAX_LINE, Request, SOCKET, deeds};
use crate::config::Config;
use crate::folder::{Folder, Missing, require};
use crate::house::{House, Upkeep};

/// A line to whoever can answer: the server that runs on the data folder, or this process with the store opened.
pub(crate) enum Line {
    /// A server runs.
    Server {
        read: BufReader<OwnedReadHalf>,
        write: OwnedWriteHalf,
    },
    /// None runs; the folder is ours until the command ends.
    Own { house: Arc<House>, _folder: Folder },
}

impl Line {
    /// Opens the line.
    ///
    /// # Errors
    /// No server answers and the store cannot be opened, or is not there to be read.
    pub(crate) async fn open(config: Config, missing: Missing) -> anyhow::Result<Self> {
        let path = config.in_data(SOCKET);
        match UnixStream::connect(&path).await {
            Ok(stream) => {
                let (read, write) = stream.into_split();
                Ok(Self::Server {
                    read: BufReader::new(read),
                    write,
                })
            }
            Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => Err(error)
                .with_context(|| format!("a server may run here, but {} is not open to you", path.display())),
            Err(_no_server) => {
                if missing == Missing::Refused {
                    require(&config)?;
                }
                let folder = Folder::lock(&config.data)?;
                let house = Box::pin(House::open(config, Clock::system(), Upkeep::OnDemand)).await?;
                Ok(Self::Own {
                    house,
                    _folder: folder,
                })
            }
        }
    }

    /// The line to the server that runs on the data folder; none where none does, or where it does not let us ask.
    pub(crate) async fn to_server(config: &Config) -> Option<Self> {
        let stream = UnixStream::connect(config.in_data(SOCKET)).await.ok()?;
        let (read, write) = stream.into_split();
        Some(Self::Server {
            read: BufReader::new(read),
            write,
        })
    }

    /// Asks, and reads the answer as `T`.
    ///
    /// # Errors
    /// What the answering side refused or failed at, in its words.
    pub(crate) async fn ask<T: DeserializeOwned>(&mut self, request: Request) -> anyhow::Result<T> {
        let value = match self {
            Self::Own { house, .. } => {
                let uid = rustix::process::getuid().as_raw();
                Box::pin(deeds::answer(house, request, uid)).await?
            }
            Self::Server { read, write } => ask_server(read, write, &request).await?,
        };
        serde_json::from_value(value).context(UNKNOWN_FORM)
    }

    /// Writes an export as it comes.
    ///
    /// # Errors
    /// What the answering side refused or failed at, or the writer failed.
    pub(crate) async fn export(
        &mut self,
        format: Format,
        classes: &[Class],
        family: Option<Family>,
        out: &mut dyn Write,
    ) -> anyhow::Result<()> {
        let (read, write) = match self {
            Self::Own { house, .. } => {
                let export = house.export(Filter::new(classes, family)).await?;
                return Ok(export.write(format, out)?);
            }
            Self::Server { read, write } => (read, write),
        };
        let request = Request::Export {
            format,
            classes: classes.to_vec(),
            family,
        };
        send(write, &request).await?;
        loop {
            let answer = receive(read).await?;
            let Some(part) = answer.get("part") else {
                return Ok(());
            };
            let part = part.as_str().context(UNKNOWN_FORM)?;
            out.write_all(&BASE64.decode(part.as_bytes()).context(UNKNOWN_FORM)?)?;
        }
    }
}

/// Sends one line and reads one.
async fn ask_server(
    read: &mut BufReader<OwnedReadHalf>,
    write: &mut OwnedWriteHalf,
    request: &Request,
) -> anyhow::Result<Value> {
    send(write, request).await?;
    let mut answer = receive(read).await?;
    Ok(answer.get_mut("ok").map(Value::take).unwrap_or_default())
}

/// Sends a request.
async fn send(write: &mut OwnedWriteHalf, request: &Request) -> anyhow::Result<()> {
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    if line.len() as u64 > MAX_LINE {
        bail!("this is more than the server takes at once; without a server it would work");
    }
    write.write_all(&line).await.context("the server hung up")
}

/// Reads a line of an answer; a refusal is an error.
async fn receive(read: &mut BufReader<OwnedReadHalf>) -> anyhow::Result<Value> {
    let mut answer = Vec::new();
    let mut read = read.take(MAX_LINE);
    let line = read.read_until(b'\n', &mut answer);
    if line.await.context("the server hung up")? == 0 {
        bail!("the server ended before it answered; ask again");
    }
    let answer: Value = serde_json::from_slice(&answer).context(UNKNOWN_FORM)?;
    match answer.get("error").and_then(Value::as_str) {
        Some(error) => Err(anyhow!("{error}")),
        None => Ok(answer),
    }
}

/// What is said of an answer that cannot be read.
const UNKNOWN_FORM: &str = "the server answered in an unknown form; is it of the same version?";
