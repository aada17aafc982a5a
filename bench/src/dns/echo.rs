//! The floor: a responder that looks nothing up. It receives and sends in batches and says "no such name" to everything.
//!
//! What it costs is what the sockets cost; a list server can only come near.

use std::io::{IoSlice, IoSliceMut};
use std::net::UdpSocket;
use std::os::fd::AsRawFd;

use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, recvmmsg, sendmmsg};

/// Messages of one call.
const BATCH: usize = 64;
/// Longest message.
const MESSAGE: usize = 512;
/// A SOA record without its data, so that the answer is as long as a real one: 60 bytes behind the question.
const SOA: [u8; 60] = [0; 60];

/// Answers until the process is killed.
///
/// # Errors
/// The socket fails.
pub(super) fn serve(socket: &UdpSocket) -> anyhow::Result<()> {
    let mut buffers = vec![[0_u8; MESSAGE]; BATCH];
    let mut receiving = MultiHeaders::<SockaddrIn>::preallocate(BATCH, None);
    let mut sending = MultiHeaders::<SockaddrIn>::preallocate(BATCH, None);
    let mut met = Vec::with_capacity(BATCH);
    loop {
        met.clear();
        {
            let mut slices: Vec<[IoSliceMut<'_>; 1]> = buffers
                .iter_mut()
                .map(|buffer| [IoSliceMut::new(buffer)])
                .collect();
            let flags = MsgFlags::MSG_WAITFORONE;
            let received = recvmmsg(socket.as_raw_fd(), &mut receiving, slices.iter_mut(), flags, None)?;
            met.extend(received.map(|message| (message.bytes, message.address)));
        }
        let mut answers = Vec::with_capacity(met.len());
        let mut addresses = Vec::with_capacity(met.len());
        for (buffer, (length, address)) in buffers.iter_mut().zip(&met) {
            let end = length.saturating_add(SOA.len()).min(MESSAGE);
            if let (Some(flags), true) = (buffer.get_mut(2..4), *length >= 12) {
                flags.copy_from_slice(&[0x84, 0x03]);
            }
            answers.push([IoSlice::new(buffer.get(..end).unwrap_or_default())]);
            addresses.push(*address);
        }
        let _sent = sendmmsg(
            socket.as_raw_fd(),
            &mut sending,
            &answers,
            &addresses,
            [],
            MsgFlags::empty(),
        )?;
    }
}
