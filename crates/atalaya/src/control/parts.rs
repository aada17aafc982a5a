//! An export in parts: written on a thread of its own, a few parts ahead of whoever takes them.

use std::io::{self, BufWriter, Write};

use atalaya_publish::{Export, Format};
use tokio::sync::mpsc;

/// Bytes of a part: as many as one call to the system moves well.
const PART: usize = 64 * 1024;
/// Parts that may wait; the writer waits for more room.
const AHEAD: usize = 4;

/// Begins to write; nobody taking the parts any more ends it.
pub(super) fn parts(export: Export, format: Format) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        let mut out = BufWriter::with_capacity(PART, Parts(sender));
        let written = export.write(format, &mut out).and_then(|()| out.flush());
        if let Err(error) = written {
            tracing::debug!(%error, "an export ended early");
        }
    });
    receiver
}

/// Hands on what is written.
struct Parts(mpsc::Sender<Vec<u8>>);

impl Write for Parts {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(bytes.to_vec());
        sent.map_err(|_gone| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
