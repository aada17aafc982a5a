//! Signatures of queries and answers (TSIG, RFC 8945).

use atalaya_model::Timestamp;
use domain::base::iana::{Class, Rcode, Rtype, TsigRcode};
use domain::base::message_builder::{AdditionalBuilder, PushError};
use domain::base::wire::Composer;
use domain::base::{Message, MessageBuilder, ToName};
use domain::dep::octseq::{OctetsBuilder, Truncate};
use domain::rdata::tsig::{Time48, Tsig};
use domain::tsig::{KeyName, ServerError, ServerSequence, ServerTransaction};

use super::secondaries::{Keys, SharedKey};

/// Type TSIG, class ANY, TTL 0: what every signature begins with behind its name (RFC 8945 section 4.2).
const MARK: [u8; 8] = [0, 250, 0, 255, 0, 0, 0, 0];
/// The last second that the time of a signature can say.
const LAST_SECOND: u64 = (1 << 48) - 1;

/// Whether a query may have a signature. Cheap, because every query is asked.
pub(super) fn may_be_signed(query: &[u8]) -> bool {
    memchr::memmem::find(query, &MARK).is_some()
}

/// The time as signatures say it.
pub(super) fn time48(now: Timestamp) -> Time48 {
    let seconds = u64::try_from(now.seconds()).unwrap_or_default();
    Time48::from_u64(seconds.min(LAST_SECOND))
}

/// The right signature of a query, from which that of its answer follows.
#[derive(Debug)]
pub(super) struct Signature {
    transaction: ServerTransaction<SharedKey>,
    /// The id that the query came with. Whoever passed it on may have changed it: what was signed is the one that the client gave, and the
    /// answer goes back under this one (RFC 8945 section 5.5).
    id: [u8; 2],
}

impl Signature {
    /// Checks the signature of a query and takes it off; none if it has none.
    ///
    /// # Errors
    /// It is wrong: the answer that says so (RFC 8945 section 5.2).
    pub(super) fn check(
        keys: &Keys,
        message: &mut Message<Vec<u8>>,
        now: Timestamp,
    ) -> Result<Option<Self>, Option<(Vec<u8>, Rcode)>> {
        let before = message.clone();
        let checked = ServerTransaction::request(keys, message, time48(now));
        let id = before.header().id().to_be_bytes();
        let signature = |transaction| Self { transaction, id };
        checked.map(|signed| signed.map(signature)).map_err(|error| {
            let rcode = if is_readable(&before) {
                Rcode::NOTAUTH
            } else {
                Rcode::FORMERR
            };
            Some((refusal(error, &before).ok()?, rcode))
        })
    }

    /// The name of the key.
    pub(super) fn key(&self) -> &KeyName {
        self.transaction.key().name()
    }

    /// Bytes that the signature of an answer takes.
    fn bytes(&self) -> usize {
        self.transaction.key().compose_len().into()
    }

    /// Signs an answer. One that gets too long by it is cut to its question, so that the client comes again over TCP.
    pub(super) fn sign(self, answer: Vec<u8>, most: usize, now: Timestamp) -> Option<Vec<u8>> {
        let length = answer.len().saturating_add(self.bytes());
        let answer = if length > most { cut(&answer)? } else { answer };
        let mut whole = MessageBuilder::from_target(Written::new(answer))
            .ok()?
            .additional();
        self.transaction.answer(&mut whole, time48(now)).ok()?;
        let mut bytes = whole.finish().bytes;
        set_id(&mut bytes, self.id);
        Some(bytes)
    }

    /// Signs one message after the other.
    pub(super) fn sequence(self) -> Sequence {
        Sequence {
            reserved: self.bytes(),
            id: self.id,
            sequence: self.transaction.into(),
        }
    }
}

/// The signatures of the messages of a transfer, each of which goes over the one before (RFC 8945 section 5.3.1).
#[derive(Debug)]
pub(super) struct Sequence {
    sequence: ServerSequence<SharedKey>,
    id: [u8; 2],
    /// Bytes that each takes.
    pub(super) reserved: usize,
}

impl Sequence {
    /// Signs the next message.
    pub(super) fn sign<Target: Composer>(
        &mut self,
        message: &mut AdditionalBuilder<Target>,
        now: Timestamp,
    ) -> Result<(), PushError> {
        self.sequence.answer(message, time48(now))
    }

    /// Gives a signed message the id under which it goes back.
    pub(super) fn address(&self, message: &mut [u8]) {
        set_id(message, self.id);
    }
}

fn set_id(message: &mut [u8], id: [u8; 2]) {
    if let Some(place) = message.first_chunk_mut() {
        *place = id;
    }
}

/// The answer to a query whose signature is wrong.
fn refusal(error: ServerError<SharedKey>, message: &Message<Vec<u8>>) -> Result<Vec<u8>, PushError> {
    // The library says FORMERR of a signature that can be read and is wrong. It is BADSIG (RFC 8945 section 5.2.2).
    if error.error() == TsigRcode::FORMERR
        && is_readable(message)
        && let Some(tsig) = message.get_last_additional::<Tsig<_, _>>()
    {
        return bad_signature(message, tsig.owner(), tsig.data());
    }
    let built = error.build_message(message, MessageBuilder::new_vec())?;
    Ok(built.finish())
}

/// Whether a message has one signature, at its end.
fn is_readable(message: &Message<Vec<u8>>) -> bool {
    let count = message.additional().map_or(0, |records| {
        let types = records.filter_map(|record| Some(record.ok()?.rtype()));
        types.filter(|rtype| *rtype == Rtype::TSIG).count()
    });
    count == 1 && message.get_last_additional::<Tsig<_, _>>().is_some()
}

/// The answer that says BADSIG; it has no signature itself.
fn bad_signature<Octs: AsRef<[u8]>>(
    message: &Message<Vec<u8>>,
    key: impl ToName,
    tsig: &Tsig<Octs, impl ToName>,
) -> Result<Vec<u8>, PushError> {
    let answer = MessageBuilder::new_vec().start_answer(message, Rcode::NOTAUTH)?;
    let mut answer = answer.additional();
    let content = Tsig::new(
        tsig.algorithm().to_vec(),
        tsig.time_signed(),
        tsig.fudge(),
        &[][..],
        message.header().id(),
        TsigRcode::BADSIG,
        &[][..],
    );
    if let Ok(content) = content {
        answer.push((key, Class::ANY, 0, content))?;
    }
    Ok(answer.finish())
}

/// Header and question of an answer, with the mark that the rest did not fit.
fn cut(answer: &[u8]) -> Option<Vec<u8>> {
    let answer = Message::from_slice(answer).ok()?;
    let mut builder = MessageBuilder::new_vec();
    *builder.header_mut() = answer.header();
    builder.header_mut().set_tc(true);
    let mut question = builder.question();
    for asked in answer.question().flatten() {
        question.push(asked).ok()?;
    }
    let mut additional = question.additional();
    let opt = answer.opt().filter(|_| answer.header_counts().arcount() > 0);
    if let Some(opt) = opt {
        additional
            .opt(|builder| {
                builder.set_udp_payload_size(opt.udp_payload_size());
                Ok(())
            })
            .ok()?;
    }
    Some(additional.finish())
}

/// A message that stands already, for the library to put a record behind it: what it writes first is the empty header of a new message.
#[derive(Debug)]
struct Written {
    bytes: Vec<u8>,
    is_begun: bool,
}

impl Written {
    const fn new(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            is_begun: false,
        }
    }
}

impl OctetsBuilder for Written {
    type AppendError = <Vec<u8> as OctetsBuilder>::AppendError;

    fn append_slice(&mut self, slice: &[u8]) -> Result<(), Self::AppendError> {
        if self.is_begun {
            self.bytes.append_slice(slice)?;
        }
        self.is_begun = true;
        Ok(())
    }
}

impl Truncate for Written {
    fn truncate(&mut self, length: usize) {
        if self.is_begun {
            Truncate::truncate(&mut self.bytes, length);
        }
    }
}

impl AsRef<[u8]> for Written {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl AsMut<[u8]> for Written {
    fn as_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

impl Composer for Written {}
