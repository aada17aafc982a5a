//! The one call of the system for which no library has a safe form: reading what Linux kept of a connection's first packet.

#![expect(
    unsafe_code,
    reason = "TCP_SAVED_SYN gives bytes of a length that only the kernel knows; nix, socket2 and rustix wrap fixed sizes"
)]

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::libc;
use nix::sys::socket::setsockopt;

nix::setsockopt_impl!(
    SaveSyn,
    libc::IPPROTO_TCP,
    libc::TCP_SAVE_SYN,
    bool,
    nix::sys::socket::sockopt::SetBool
);

/// The option that makes a listener keep the first packet of each connection.
#[derive(Clone, Copy)]
struct SaveSyn;

/// Sets that option.
///
/// # Errors
/// The socket is not of TCP.
pub(crate) fn save_syns(socket: BorrowedFd<'_>) -> io::Result<()> {
    Ok(setsockopt(&socket, SaveSyn, &true)?)
}

/// Reads the first packet of a connection into `buffer`; gives its length, which is 0 where none was kept. The kernel then forgets it.
///
/// # Errors
/// The packet is longer than the buffer (EINVAL, and it stays kept), or the socket is not of TCP.
pub(crate) fn saved_syn(socket: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<usize> {
    let mut length = libc::socklen_t::try_from(buffer.len()).unwrap_or(libc::socklen_t::MAX);
    // SAFETY: the descriptor is open, as `socket` borrows it. The kernel writes at most `length` bytes, which are those of `buffer`, and
    // one number to `length`; both are ours alone until it returns, and of types that any bytes are good for.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_SAVED_SYN,
            buffer.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(usize::try_from(length).unwrap_or_default().min(buffer.len()))
}
