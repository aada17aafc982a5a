//! The command's side: a line to whoever can answer.

use std::sync::Arc;

use anyhow::{Context, anyhow, bail};
use atalaya_model::Clock;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

use super::{MAX_LINE, Request, SOCKET};
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
                let house = House::open(config, Clock::system(), Upkeep::OnDemand).await?;
                Ok(Self::Own {
                    house,
                    _folder: folder,
                })
            }
        }
    }

    /// Asks, and reads the answer as `T`.
    ///
    /// # Errors
    /// What the answering side refused or failed at, in its words.
    pub(crate) async fn ask<T: DeserializeOwned>(&mut self, request: Request) -> anyhow::Result<T> {
        let value = match self {
            Self::Own { house, .. } => Box::pin(house.answer(request)).await?,
            Self::Server { read, write } => ask_server(read, write, &request).await?,
        };
        serde_json::from_value(value)
            .context("the server answered in an unknown form; is it of the same version?")
    }
}

/// Sends one line and reads one.
async fn ask_server(
    read: &mut BufReader<OwnedReadHalf>,
    write: &mut OwnedWriteHalf,
    request: &Request,
) -> anyhow::Result<Value> {
    let mut line = serde_json::to_vec(request)?;
    line.push(b'\n');
    if line.len() as u64 > MAX_LINE {
        bail!("this is more than the server takes at once; without a server it would work");
    }
    write.write_all(&line).await.context("the server hung up")?;
    let mut answer = Vec::new();
    if read
        .take(MAX_LINE)
        .read_until(b'\n', &mut answer)
        .await
        .context("the server hung up")?
        == 0
    {
        bail!("the server ended before it answered; ask again");
    }
    let mut answer: Value =
        serde_json::from_slice(&answer).context("the server answered in an unknown form")?;
    match answer.get("error").and_then(Value::as_str) {
        Some(error) => Err(anyhow!("{error}")),
        None => Ok(answer.get_mut("ok").map(Value::take).unwrap_or_default()),
    }
}
