//! What answers the queries of one transport, wherever the answers come from, and counts them.

use std::net::IpAddr;
use std::sync::Arc;

use atalaya_model::{Clock, Timestamp};

use crate::answer::{
    Answered, Client, Request, Strangers, Transport, answer_from_contacts, answer_from_files, truncated,
};
use crate::contacts::ContactZone;
use crate::files::FileZones;
use crate::meters::{Meters, TopShard};
use crate::transfer::{self, Response};
use crate::zone::Zone;

/// Where answers come from.
#[derive(Debug, Clone)]
pub(crate) struct Sources {
    /// The list.
    pub(crate) zone: Option<Arc<Zone>>,
    /// Zones made of files, which are asked first.
    pub(crate) files: Option<Arc<FileZones>>,
    /// The zone of contacts, which is asked before the list that may hold it.
    pub(crate) contacts: Option<Arc<ContactZone>>,
    pub(crate) max_udp_answer: u16,
}

/// What answers the queries of one transport.
#[derive(Debug)]
pub(crate) struct Service {
    sources: Sources,
    pub(crate) clock: Clock,
    transport: Transport,
    /// What is counted for it.
    pub(crate) meters: Meters,
    top: TopShard,
    /// Whether no file has a say about the names of the list.
    is_list_alone: bool,
}

impl Sources {
    /// Answers one query, or says which copy of the zone it gets.
    fn respond(&self, query: &[u8], client: Client, now: Timestamp) -> Response {
        let Some(request) = Request::read(query) else {
            return Response::Message(None);
        };
        let strangers = match &self.zone {
            Some(_) => Strangers::Left,
            None => Strangers::Refused,
        };
        if let Some(files) = &self.files
            && let Some(answered) =
                answer_from_files(&request, files, (client, self.max_udp_answer), now, strangers)
        {
            return Response::Message(answered);
        }
        if let (Some(zone), Some(contacts)) = (&self.zone, &self.contacts)
            && let Some(answered) = answer_from_contacts(&request, contacts, zone, client, now)
        {
            return Response::Message(answered);
        }
        match &self.zone {
            Some(zone) => transfer::respond(query, &request, zone, client, now),
            None => Response::Message(None),
        }
    }

    /// Whether no zone made of files has the name of the list or lies in it.
    fn is_list_alone(&self) -> bool {
        match (&self.zone, &self.files) {
            (Some(zone), Some(files)) => !files.has_any_in(&zone.apex().zone),
            _ => true,
        }
    }
}

impl Service {
    pub(crate) fn new(sources: Sources, clock: Clock, transport: Transport) -> Arc<Self> {
        let name = match transport {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
        };
        let zone = sources.zone.as_deref();
        Arc::new(Self {
            meters: Meters::new(name, zone.map(Zone::published)),
            top: zone.map(Zone::top_shard).unwrap_or_default(),
            is_list_alone: sources.is_list_alone(),
            sources,
            clock,
            transport,
        })
    }

    /// The list, if there is one.
    pub(crate) fn zone(&self) -> Option<&Zone> {
        self.sources.zone.as_deref()
    }

    /// The list, if usual questions may be answered from it straight away.
    pub(crate) fn zone_alone(&self) -> Option<&Zone> {
        self.zone().filter(|_zone| self.is_list_alone)
    }

    /// Whether a query brings a cookie of ours, so that its sender is who he says.
    pub(crate) fn is_proven(&self, query: &[u8], client: IpAddr, now: Timestamp) -> bool {
        self.zone()
            .is_some_and(|zone| zone.has_valid_cookie(query, client, now))
    }

    /// Tells one client to ask over TCP, and counts it.
    pub(crate) fn truncate(&self, query: &[u8]) -> Option<Vec<u8>> {
        let answered = truncated(query);
        self.meters.count(answered.as_ref());
        answered.map(|answered| answered.bytes)
    }

    /// Answers one query that one message answers, and counts it.
    pub(crate) fn answer(&self, query: &[u8], address: IpAddr) -> Option<Vec<u8>> {
        match self.respond(query, address) {
            Response::Message(answered) => answered.map(|answered| answered.bytes),
            // Copies go over TCP only.
            Response::Copy(_) => None,
        }
    }

    /// Answers one query, or says which copy of the zone it gets, and counts it.
    pub(crate) fn respond(&self, query: &[u8], address: IpAddr) -> Response {
        let client = Client {
            address,
            transport: self.transport,
        };
        let now = self.clock.now();
        let response = self.sources.respond(query, client, now);
        // Over UDP a whole batch is timed at once.
        if self.transport == Transport::Tcp {
            self.meters.latency(self.clock.now().since(now), 1);
        }
        if let Response::Message(answered) = &response {
            self.count(answered.as_ref(), address, now);
        }
        response
    }

    fn count(&self, answered: Option<&Answered>, client: IpAddr, now: Timestamp) {
        self.meters.count(answered);
        if let Some(answered) = answered {
            let asked = answered.zone.zip(answered.address);
            self.top.lock().count(client, asked, 1, now);
        }
    }

    /// What time it is.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
