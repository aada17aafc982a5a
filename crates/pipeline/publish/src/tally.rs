//! What one thread counts of the usual questions, and tells once for a batch: a counter that all threads share would cost each
//! question more than its answer.

use std::net::IpAddr;

use atalaya_model::Timestamp;

use crate::answer::Usual;
use crate::meters::TopShard;
use crate::service::Service;
use crate::zone::Zone;

/// One question in so many is looked at for who asks most, and counts for all of them.
const SAMPLE: u64 = 64;

/// The counts of one thread.
#[derive(Debug)]
pub(crate) struct Tally {
    /// For each zone, how many were listed and how many not.
    by_zone: Vec<(u64, u64)>,
    questions: u64,
    top: TopShard,
}

impl Tally {
    pub(crate) fn new(service: &Service) -> Self {
        Self {
            by_zone: vec![(0, 0); service.zone().map_or(0, |zone| zone.published().iter().count())],
            questions: 0,
            top: service.zone().map(Zone::top_shard).unwrap_or_default(),
        }
    }

    /// Counts one question.
    #[inline]
    pub(crate) fn count(&mut self, client: IpAddr, usual: Usual, now: Timestamp) {
        if let Some((listed, not_listed)) = self.by_zone.get_mut(usual.zone) {
            let count = if usual.is_listed { listed } else { not_listed };
            *count = count.saturating_add(1);
        }
        self.questions = self.questions.wrapping_add(1);
        if self.questions.is_multiple_of(SAMPLE) {
            let asked = Some((usual.zone, usual.address));
            self.top.lock().count(client, asked, SAMPLE, now);
        }
    }

    /// Tells what was counted since the last time.
    pub(crate) fn tell(&mut self, service: &Service) {
        for (number, counts) in self.by_zone.iter_mut().enumerate() {
            if *counts != (0, 0) {
                let (listed, not_listed) = std::mem::take(counts);
                service.meters.count_usual(number, listed, not_listed);
            }
        }
    }
}
