//! The messages of a transfer (RFC 5936 section 2.2): made one by one, each when the client has taken the one before.

use atalaya_model::Timestamp;
use atalaya_net::Pass;
use domain::base::iana::{Class as DnsClass, Rtype};
use domain::base::{Header, Message, MessageBuilder, ToName};

use super::compress::Compressor;
use super::records::{OwnRecord, Records};
use super::signature::{Sequence, Signature};
use crate::apex::OwnName;

/// Bytes of a message: all of it can be pointed to (RFC 1035 section 4.1.4), and it is all that a client that stalls keeps from others.
const MESSAGE_BYTES: usize = 16 * 1024;

/// A transfer that is being sent. Holds one message at a time, and a place among those that may go on at once.
#[derive(Debug)]
pub(crate) struct Transfer {
    header: Header,
    question: (OwnName, Rtype),
    records: Records,
    /// The record that did not fit into the last message.
    next: Option<OwnRecord>,
    signatures: Option<Sequence>,
    _pass: Pass,
}

impl Transfer {
    /// Makes the answer to a query of these records.
    pub(super) fn new(
        asked: &Message<Vec<u8>>,
        records: Records,
        signature: Option<Signature>,
        pass: Pass,
    ) -> Option<Self> {
        let question = asked.sole_question().ok()?;
        let mut header = Header::new();
        header.set_id(asked.header().id());
        header.set_rd(asked.header().rd());
        header.set_qr(true);
        header.set_aa(true);
        Some(Self {
            header,
            question: (question.qname().to_vec(), question.qtype()),
            records,
            next: None,
            signatures: signature.map(Signature::sequence),
            _pass: pass,
        })
    }

    /// The next message; nothing when all is sent.
    pub(crate) fn next_message(&mut self, now: Timestamp) -> Option<Vec<u8>> {
        let first = self.next.take().or_else(|| self.records.next())?;
        let reserved = self
            .signatures
            .as_ref()
            .map_or(0, |signatures| signatures.reserved);
        let mut builder = MessageBuilder::from_target(Compressor::new(MESSAGE_BYTES)).ok()?;
        builder.set_push_limit(MESSAGE_BYTES.saturating_sub(reserved));
        *builder.header_mut() = self.header;
        let mut question = builder.question();
        question
            .push((&self.question.0, self.question.1, DnsClass::IN))
            .ok()?;
        let mut answer = question.answer();
        answer.push(&first).ok()?;
        for record in self.records.by_ref() {
            if answer.push(&record).is_err() {
                self.next = Some(record);
                break;
            }
        }
        let mut additional = answer.additional();
        if let Some(signatures) = &mut self.signatures {
            additional.set_push_limit(MESSAGE_BYTES);
            signatures.sign(&mut additional, now).ok()?;
        }
        let mut message = additional.finish().into_bytes();
        if let Some(signatures) = &self.signatures {
            signatures.address(&mut message);
        }
        Some(message)
    }
}
