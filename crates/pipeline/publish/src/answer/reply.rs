//! Writes an answer, and cuts it to what the client takes.
//!
//! What does not fit is left out whole and TC is set, so that the client asks again over TCP and never takes part of a set of
//! records for all of it (RFC 2181 section 9). Only the addresses of name servers may be left out without saying so, and then all.

use atalaya_model::Serial;
use domain::base::iana::{OptRcode, Rcode};
use domain::base::message_builder::{AdditionalBuilder, MessageBuilder, PushError};
use domain::base::opt::ComposeOptData;
use domain::base::opt::cookie::Cookie;
use domain::base::opt::nsid::Nsid;
use domain::dep::octseq::ShortBuf;

use super::compress::Compressor;
use super::records::{self, OurRecord};
use super::request::{Edns, Request};
use crate::apex::Apex;

/// What we say we take over UDP ourselves: what passes every path without fragments.
pub(super) const OUR_UDP_PAYLOAD: u16 = 1232;
/// Bytes of an OPT record without options (RFC 6891 section 6.1.2).
const OPT_BYTES: usize = 11;
/// Bytes before the data of an option: its code and its length.
const OPTION_BYTES: usize = 4;
/// Space for most answers without growing.
const USUAL_BYTES: usize = 512;

/// An answer before it is written.
#[derive(Debug)]
pub(super) struct Reply<'a> {
    /// The result.
    rcode: OptRcode,
    /// Whether we speak for the zone.
    is_authoritative: bool,
    /// What was asked for.
    answer: Vec<OurRecord<'a>>,
    /// The SOA record beside "there is none".
    authority: Option<OurRecord<'a>>,
    /// What the client will want to know next.
    pub(super) additional: Vec<OurRecord<'a>>,
    /// Whether records were left out.
    is_cut: bool,
}

/// What an answer says in its OPT record beside its result.
#[derive(Debug, Default)]
pub(super) struct Options<'a> {
    /// The cookie of the client with a fresh one of ours.
    pub(super) cookie: Option<Cookie>,
    /// The name of this server.
    pub(super) identity: Option<Nsid<&'a [u8]>>,
}

impl Options<'_> {
    /// Bytes that they take.
    fn bytes(&self) -> usize {
        let cookie = self.cookie.as_ref().map(ComposeOptData::compose_len);
        let identity = self.identity.as_ref().map(ComposeOptData::compose_len);
        let options = cookie.into_iter().chain(identity);
        options
            .map(|bytes| usize::from(bytes).saturating_add(OPTION_BYTES))
            .sum()
    }
}

/// An answer that was written.
#[derive(Debug)]
pub(super) struct Written {
    /// The message.
    pub(super) bytes: Vec<u8>,
    /// The result.
    pub(super) rcode: OptRcode,
    /// Whether records were left out.
    pub(super) is_cut: bool,
}

impl<'a> Reply<'a> {
    /// A result without records: we cannot or will not say.
    pub(super) fn failed(rcode: impl Into<OptRcode>) -> Self {
        Self {
            rcode: rcode.into(),
            is_authoritative: false,
            answer: Vec::new(),
            authority: None,
            additional: Vec::new(),
            is_cut: false,
        }
    }

    /// No records, although there may be some: the client is to ask over TCP.
    pub(super) fn truncated() -> Self {
        Self {
            is_cut: true,
            ..Self::failed(Rcode::NOERROR)
        }
    }

    /// The records of a name that exists. Without any, the SOA record says how long to believe it (RFC 2308 section 2.2).
    pub(super) fn found(answer: Vec<OurRecord<'a>>, apex: &'a Apex, serial: Serial) -> Self {
        Self {
            authority: answer.is_empty().then(|| negative_soa(apex, serial)),
            is_authoritative: true,
            answer,
            ..Self::failed(Rcode::NOERROR)
        }
    }

    /// The name does not exist and nothing is below it (RFC 2308 section 2.1, RFC 8020).
    pub(super) fn no_such_name(apex: &'a Apex, serial: Serial) -> Self {
        Self {
            authority: Some(negative_soa(apex, serial)),
            is_authoritative: true,
            ..Self::failed(Rcode::NXDOMAIN)
        }
    }

    /// A record about the server itself.
    pub(super) fn of_server(record: OurRecord<'a>) -> Self {
        Self {
            is_authoritative: true,
            answer: vec![record],
            ..Self::failed(Rcode::NOERROR)
        }
    }

    /// An answer about a zone made of files: its records, or the SOA record, where there is one, beside "there is none".
    pub(super) fn of_files(rcode: Rcode, answer: Vec<OurRecord<'a>>, soa: Option<OurRecord<'a>>) -> Self {
        Self {
            authority: soa.filter(|_soa| answer.is_empty()),
            is_authoritative: true,
            answer,
            ..Self::failed(rcode)
        }
    }

    /// Writes the answer in at most `most` bytes: all of it, or without what is additional, or no records at all.
    pub(super) fn write(
        mut self,
        request: &Request<'_>,
        options: &Options<'_>,
        most: u16,
    ) -> Option<Written> {
        let most = usize::from(most);
        let mut written = self.build(request, options, most);
        if written.is_err() && !self.additional.is_empty() {
            self.additional.clear();
            written = self.build(request, options, most);
        }
        if written.is_err() {
            self.answer.clear();
            self.authority = None;
            self.is_cut = true;
            written = self.build(request, options, most);
        }
        Some(Written {
            bytes: written.ok()?,
            rcode: self.rcode,
            is_cut: self.is_cut,
        })
    }

    /// Writes everything, or fails if it does not fit.
    fn build(&self, request: &Request<'_>, options: &Options<'_>, most: usize) -> Result<Vec<u8>, PushError> {
        let asked = request.question.as_ref().map(|asked| asked.name.for_slice());
        let target = Compressor::new(asked, USUAL_BYTES);
        let mut builder = MessageBuilder::from_target(target).map_err(|_impossible| ShortBuf)?;
        let reserved = match request.edns {
            Some(_) => options.bytes().saturating_add(OPT_BYTES),
            None => 0,
        };
        // The limit is the first length that is too much.
        builder.set_push_limit(most.saturating_sub(reserved).saturating_add(1));
        self.set_header(request, &mut builder);
        let mut question = builder.question();
        if let Some(asked) = &request.question {
            question.push((asked.name.for_slice(), asked.rtype, asked.class))?;
        }
        let mut answer = question.answer();
        for record in &self.answer {
            answer.push(record)?;
        }
        let mut authority = answer.authority();
        if let Some(record) = &self.authority {
            authority.push(record)?;
        }
        let mut additional = authority.additional();
        for record in &self.additional {
            additional.push(record)?;
        }
        if let Some(edns) = &request.edns {
            additional.set_push_limit(most.saturating_add(1));
            self.push_opt(&mut additional, edns, options)?;
        }
        Ok(additional.finish().into_bytes())
    }

    /// Writes the OPT record.
    fn push_opt(
        &self,
        additional: &mut AdditionalBuilder<Compressor<'_>>,
        edns: &Edns,
        options: &Options<'_>,
    ) -> Result<(), PushError> {
        additional.opt(|opt| {
            opt.set_udp_payload_size(OUR_UDP_PAYLOAD);
            opt.set_version(0);
            opt.set_rcode(self.rcode);
            opt.set_dnssec_ok(edns.dnssec_ok);
            if let Some(cookie) = &options.cookie {
                opt.push(cookie)?;
            }
            if let Some(identity) = &options.identity {
                opt.push(identity)?;
            }
            Ok(())
        })
    }

    /// The header: what the query said where that is to be repeated, our own flags, and nothing else.
    fn set_header(&self, request: &Request<'_>, builder: &mut MessageBuilder<Compressor<'_>>) {
        let header = builder.header_mut();
        header.set_id(request.header.id());
        header.set_opcode(request.header.opcode());
        header.set_qr(true);
        header.set_aa(self.is_authoritative);
        // TC, RFC 1035 section 4.1.1.
        header.set_tc(self.is_cut);
        header.set_rd(request.header.rd());
        header.set_rcode(self.rcode.rcode());
    }
}

/// The SOA record of a negative answer.
fn negative_soa(apex: &Apex, serial: Serial) -> OurRecord<'_> {
    records::soa(apex.zone.for_slice(), apex.negative_soa_ttl(), apex, serial)
}
