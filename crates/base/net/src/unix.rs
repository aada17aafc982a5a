//! Unix sockets to listen at.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::Path;

use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::UnixListener;

use crate::NetError;

/// Makes a unix socket with the permissions `mode`. Who may write to it may connect, if the folders above let him pass. Must be called inside a
/// tokio runtime.
///
/// A socket that a process left behind is replaced; one at which somebody answers is not, and neither is any other file.
///
/// # Errors
/// Something is in the way, or the folder cannot be written.
pub fn bind_unix(path: &Path, mode: u32) -> Result<UnixListener, NetError> {
    let bind = || {
        clear(path)?;
        let listener = UnixListener::bind(path)?;
        fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
        Ok(listener)
    };
    bind().map_err(|source| NetError::BindUnix {
        path: path.to_owned(),
        source,
    })
}

/// Removes a socket that nobody listens at.
fn clear(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => {}
        Ok(_other) => {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "a file that is no socket stands there",
            ));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // A queue that is full would let us wait.
    socket.set_nonblocking(true)?;
    match socket.connect(&SockAddr::unix(path)?) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        _answered => Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            "another process listens there",
        )),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixStream;

    use super::*;
    use crate::Acceptor;

    #[tokio::test]
    async fn a_socket_takes_the_place_of_a_dead_one_and_of_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        drop(bind_unix(&path, 0o600).unwrap());
        let listener = bind_unix(&path, 0o666).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o666);
        let taken = bind_unix(&path, 0o600).unwrap_err();
        assert!(taken.to_string().contains("socket"), "{taken}");
        let mut acceptor = Acceptor::new(listener);
        // The first is of whoever looked whether somebody answers.
        acceptor.next().await;
        let mut client = UnixStream::connect(&path).await.unwrap();
        let (mut stream, _) = acceptor.next().await;
        client.write_all(b"x").await.unwrap();
        assert_eq!(stream.read_u8().await.unwrap(), b'x');
        let file = folder.path().join("file");
        fs::write(&file, "precious").unwrap();
        assert!(bind_unix(&file, 0o600).is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
        assert!(bind_unix(&folder.path().join("none/socket"), 0o600).is_err());
    }
}
