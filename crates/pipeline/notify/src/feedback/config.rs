//! The section `feedback` of the configuration.

use std::net::SocketAddr;

use atalaya_model::{Period, settings};
use serde::{Deserialize, Serialize};

/// Who may enrol by the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Enrolling {
    /// Whoever proves that the scope is his.
    Open,
    /// The same, once the operator approves.
    Approve,
    /// Nobody.
    Closed,
}

settings! {
    /// Our own feedback loop: telling those who enrolled of every message that came from their addresses.
    pub struct FeedbackConfig {
        /// Who may enrol at `/feedback`: `open`, whoever proves that the scope is his; `approve`, whoever does and whom you approve of
        /// (`atalaya feedback approve`); `closed`, only whom you enrol yourself. Domains (`dkim:`) need your approval also where it is `open`: see the
        /// guide. Until both mailbox and scope are proven nothing is told. At most 1,000 requests wait, of a mailbox 3, of a client 10.
        enrol: Enrolling = Enrolling::Open,
        /// How long a proof holds that a scope is the enroller's. After that nothing is told until it is proven again.
        prove_again: Period = Period::days(180),
        /// How long before that the enroller is warned by mail.
        warn_before: Period = Period::days(14),
        /// How many enrolments there may be in all; of these, those that made themselves are at most three quarters. Each keeps some hundred bytes in
        /// memory.
        most_enrolments: u32 = 20_000,
        /// How many events an enrolment gets by mail on one day (UTC), one mail each. What goes beyond stands in the summary of that
        /// day, which is sent in that case.
        mails_per_day: u32 = 100,
        /// Web servers that webhooks may lead to beside public ones with HTTPS at port 443, as `host:port`: those inside the own
        /// network, also without TLS.
        webhook_servers: Vec<String> = Vec::new() => "[\"soar.example.net:8443\"]",
        /// How long one call of a webhook may take. What the server says beside its status is not read.
        webhook_timeout: Period = Period::seconds(10),
        /// The wait after the first call of a webhook that failed. Each further wait is twice as long, and all vary by a quarter.
        first_retry: Period = Period::minutes(1),
        /// The longest wait between two calls.
        longest_retry: Period = Period::hours(8),
        /// After how long without an accepted call a webhook counts as dead: the enroller is told by mail, and it is not called again
        /// before somebody asks for it. What was not told waits in the feed.
        give_up_after: Period = Period::days(5),
        /// How long events are kept for the feed and the summaries.
        keep_events: Period = Period::days(90),
        /// The resolvers that are asked for the keys of DKIM signatures. Asked only where somebody enrolled by domain, or with `cfbl`.
        resolvers: Vec<SocketAddr> = vec![SocketAddr::from(([127, 0, 0, 1], 53))],
        /// Whether a message that names an address for complaints (`CFBL-Address`, RFC 9477), and whose signatures allow it, is reported there.
        /// Whoever wrote the message learns by it that the mailbox is a trap: see the guide before you say yes.
        cfbl: bool = false,
        /// How many of these reports an address gets on one day (UTC). What goes beyond is not reported.
        cfbl_per_address: u32 = 10,
        /// How many of these reports leave on one day (UTC) in all.
        cfbl_per_day: u32 = 200,
        /// From how many messages on one day an address is yellow in the summary. Below it is green.
        yellow_from: u32 = 2,
        /// From how many it is red. Whatever is listed is red too.
        red_from: u32 = 10,
    }
}

impl FeedbackConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    /// A sentence that names the key and what it takes.
    pub fn check(&self) -> Result<(), String> {
        for (key, period) in [
            ("webhook_timeout", self.webhook_timeout),
            ("first_retry", self.first_retry),
            ("keep_events", self.keep_events),
        ] {
            if period.duration().is_zero() {
                return Err(format!("feedback.{key} must be longer than 0s"));
            }
        }
        if self.prove_again <= self.warn_before {
            return Err("feedback.warn_before must be shorter than feedback.prove_again".to_owned());
        }
        if self.webhook_timeout > Period::minutes(2) {
            return Err("feedback.webhook_timeout must be at most 2m".to_owned());
        }
        if self.longest_retry < self.first_retry || self.longest_retry > Period::days(7) {
            return Err(
                "feedback.longest_retry must not be shorter than feedback.first_retry, and at most 7d"
                    .to_owned(),
            );
        }
        if self.yellow_from == 0 || self.red_from < self.yellow_from {
            return Err(
                "feedback.yellow_from must be at least 1, and feedback.red_from not below it".to_owned(),
            );
        }
        if self.most_enrolments > MOST_ENROLMENTS {
            return Err(format!(
                "feedback.most_enrolments must be at most {MOST_ENROLMENTS}"
            ));
        }
        let mut servers = self.webhook_servers.iter();
        match servers.find(|server| crate::notice::host_and_port(server).is_none()) {
            Some(server) => Err(format!(
                "feedback.webhook_servers takes host:port, not `{server}`"
            )),
            None => Ok(()),
        }
    }
}

/// Most enrolments that any configuration allows: all are held in memory.
const MOST_ENROLMENTS: u32 = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_pass_and_mistakes_name_their_key() {
        assert_eq!(FeedbackConfig::default().check(), Ok(()));
        type Spoil = fn(&mut FeedbackConfig);
        let wrong: [(&str, Spoil); 6] = [
            ("webhook_timeout", |config| {
                config.webhook_timeout = Period::seconds(0);
            }),
            ("webhook_timeout", |config| {
                config.webhook_timeout = Period::hours(1);
            }),
            ("warn_before", |config| config.warn_before = Period::days(365)),
            ("longest_retry", |config| {
                config.longest_retry = Period::seconds(1);
            }),
            ("yellow_from", |config| config.red_from = 1),
            ("webhook_servers", |config| {
                config.webhook_servers = vec!["https://x".to_owned()];
            }),
        ];
        for (key, spoil) in wrong {
            let mut config = FeedbackConfig::default();
            spoil(&mut config);
            let told = config.check().unwrap_err();
            assert!(told.starts_with(&format!("feedback.{key}")), "{told}");
        }
    }
}
