//! How notices are written and sent, as the operator sets it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use atalaya_formats::redact::TrapNames;
use atalaya_model::{BadMailAddress, ByteSize, MailAddress, Period, Prefix, Secret, settings};
use serde::{Deserialize, Serialize};

use super::language::Language;
use super::quiet_hours::QuietHours;
use super::text::{TemplateError, Templates};
use crate::outbox::{Delivery, DkimKey};

/// Who notices come from where the operator named nobody: they stay in the folder then, and the name shows what is missing.
const NOBODY: &str = "abuse@atalaya.invalid";

/// How the connection to the relay is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tls {
    /// Not at all.
    None,
    /// By STARTTLS where the relay offers it; its certificate is not checked, and where TLS fails, mail goes without.
    Opportunistic,
    /// By STARTTLS with a valid certificate, or no mail leaves.
    Required,
    /// From the first byte, with a valid certificate (port 465).
    Implicit,
}

settings! {
    /// Telling the network that an address belongs to: writing notices and sending them.
    pub struct NoticeConfig {
        /// The mailbox that notices come from. Replies and bounces go there, and somebody must read them (RFC 6650 section 4).
        /// Needed as soon as there is a relay, and with it an https `public_url`.
        sender: Option<MailAddress> = None => "\"abuse@example.net\"",
        /// Who runs the list, as it stands in notices.
        organisation: String = "Atalaya".to_owned(),
        /// The language of notices: `auto` (by the country that the network is registered in: Spanish with English below it for
        /// Spanish-speaking countries, English for all others), `en`, `es`, or `both` (English first).
        language: Language = Language::Auto,
        /// The language for single mailboxes, or for domains with all below them.
        languages: BTreeMap<String, Language> = BTreeMap::new() => "{ \"telco.example\" = \"es\", \"abuse@noc.example\" = \"en\" }",
        /// A folder with templates of subject and body: `subject.en.txt`, `body.en.txt`, `digest-subject.en.txt`, `digest.en.txt`, and the
        /// same with `es`. `atalaya notice templates DIR` writes those that the program uses without it, to start from; one that is not in
        /// the folder is used as it comes. They are read at the start.
        templates: Option<PathBuf> = None => "\"/etc/atalaya/templates\"",
        /// The SMTP relay that takes the notices, as `host:port`. Spam that is not ASCII needs one with 8BITMIME (RFC 6152).
        /// Without a relay they are written as .eml files into the folder `notices` of the data folder, and nobody is told.
        relay: Option<String> = None => "\"smtp.example.net:25\"",
        /// How the connection to the relay is protected: `none`; `opportunistic` (STARTTLS where offered, with any
        /// certificate, and in the open where TLS fails); `required` (STARTTLS with a valid certificate, or no mail leaves); `implicit`
        /// (TLS from the first byte with a valid certificate, port 465).
        tls: Tls = Tls::Opportunistic,
        /// The name to log in to the relay with. Needs `tls` to be `required` or `implicit`.
        username: Option<String> = None => "\"atalaya\"",
        /// The password that goes with it.
        password: Option<Secret> = None => "\"secret\"",
        /// The name that we greet the relay with. The domain of `sender` when absent.
        hello: Option<String> = None => "\"list.example.net\"",
        /// How long a server may take to answer at the end of a mail; nothing before it takes longer. RFC 5321 section 4.5.3.2.6 asks for ten
        /// minutes: who hangs up too early sends it twice.
        timeout: Period = Period::minutes(10),
        /// The wait after the first failed try. Each further wait is twice as long, and all vary by a quarter.
        first_retry: Period = Period::minutes(5),
        /// The longest wait between two tries.
        longest_retry: Period = Period::hours(4),
        /// How long a mail is tried (RFC 5321 section 4.5.4.1 asks for 4 to 5 days).
        give_up_after: Period = Period::days(5),
        /// The largest spam that goes into a notice whole; of a larger one only the header goes. Base64 and the two copies (ARF and
        /// X-ARF) make the notice about 2.4 times as large.
        max_evidence: ByteSize = ByteSize::kib(256),
        /// Names of the traps beside `trap.hostname` and those of `trap.addresses`: host names and domains, with all below them, or
        /// addresses. They are hidden in evidence, in notices and on the pages, and no notice is ever written to a mailbox there.
        /// Name every domain that takes mail for traps: of a recipient's domain that is not named here, the bare name is shown
        /// where the sender calls itself by it.
        trap_names: Vec<String> = Vec::new() => "[\"mx.trap.example\", \"trap.example\"]",
        /// The name of the server that took the spam, for the field Reporting-MTA. Absent by default, because it tells where the traps are.
        reporting_mta: Option<String> = None => "\"mx.example.net\"",
        /// A contact gets a notice for each of its first 10 incidents in such a time, then for every 10th, from 100 on for every 100th
        /// (RFC 6650 section 5). Time is cut into spans of this length, in each of which counting begins anew.
        count_over: Period = Period::days(30),
        /// After so long without an incident of a contact, counting begins anew for it: the next one is told at once, with all that was held back.
        quiet_resets: Period = Period::days(7),
        /// How long after a notice further incidents of the same contact are gathered, to be told together in one. The first after a quiet
        /// time is told at once. With `0s` each is told alone.
        digest_window: Period = Period::hours(1),
        /// The most notices that one contact gets in a day (UTC); what stands behind a `+` in its address makes no other contact. What goes beyond is gathered, and told when the next day begins.
        max_per_contact: u32 = 24,
        /// The most notices about one network in a day, whoever gets them. A notice counts for the network of the newest incident that it
        /// tells, as the registries cut it.
        max_per_network: u32 = 48,
        /// The most notices in a day to everybody together: a bound for the day on which something goes wrong.
        max_per_day: u32 = 100_000,
        /// Hours of each day in which nobody is written to, in UTC or with an offset behind them. What happens in them is gathered, and told
        /// when they end.
        quiet_hours: Option<QuietHours> = None => "\"22:00-07:00 +01:00\"",
        /// How long the link to a network's own page opens it. Whoever has the link sees what the network may see.
        link_lifetime: Period = Period::days(30),

        // How notices are sent, beside `relay` and what follows it: docs/guide/sending.md. The checks are in `outbox::config`.

        /// Where notices go: `relay`, `direct` (to the mail servers of each recipient), or `folder` (nobody is told). Without a word, to the relay
        /// where there is one.
        delivery: Option<Delivery> = None => "\"relay\"",
        /// How many connections at once carry notices away. Each is used for many; the relay must allow as many from one client.
        connections: u32 = 20,
        /// The mailbox that takes bounces: notices are sent as `bounces+ID@list.example.net`, where ID names the notice and cannot be made up.
        /// The mail server must deliver mail with anything behind the `+` (Postfix: `recipient_delimiter = +`). Without it, `sender` is used.
        return_path: Option<MailAddress> = None => "\"bounces@list.example.net\"",
        /// The keys that notices are signed with (DKIM), all of them each notice: one of RSA, which everybody verifies, and one of Ed25519.
        /// `atalaya dkim new` makes them. The domain must be that of `sender`, or one above it.
        dkim: Vec<DkimKey> = Vec::new() => "[{ selector = \"a1\", domain = \"example.net\", key = \"/etc/atalaya/a1.pem\" }]",
        /// How long nothing goes to an address that the server knows no mailbox of.
        suppress_for: Period = Period::days(90),
        /// With `delivery = "direct"`: the resolvers that are asked for the mail servers of recipients.
        resolvers: Vec<SocketAddr> = vec![SocketAddr::from(([127, 0, 0, 1], 53))],
        /// With `delivery = "direct"`: how many connections at once go to the servers of one domain.
        connections_per_domain: u32 = 2,
        /// With `delivery = "direct"`: how many mails a minute go to the servers of one domain; more wait.
        mails_per_minute: u32 = 60,
        /// With `delivery = "direct"`: the port of mail servers. Another one is for trials.
        direct_port: u16 = 25,
        /// With `delivery = "direct"`: networks that are reserved and may be delivered to all the same. Without them, mail goes to public
        /// addresses only.
        direct_inside: Vec<Prefix> = Vec::new() => "[\"10.0.0.0/8\"]",
    }
}

impl NoticeConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    /// A sentence that names the key and what it takes.
    pub fn check(&self) -> Result<(), String> {
        if self.way() != Delivery::Folder && self.sender.is_none() {
            return Err(
                "notice.sender must name the mailbox that replies go to, because notices leave".to_owned(),
            );
        }
        if self
            .relay
            .as_deref()
            .is_some_and(|relay| host_and_port(relay).is_none())
        {
            return Err("notice.relay must be host:port".to_owned());
        }
        let protected = matches!(self.tls, Tls::Required | Tls::Implicit);
        if self.username.is_some() && !protected {
            return Err("notice.tls must be required or implicit, because notice.username is set: a password is not sent in the open".to_owned());
        }
        if self.username.is_some() != self.password.is_some() {
            return Err("notice.username and notice.password go together".to_owned());
        }
        self.check_sending()?;
        self.check_texts()?;
        self.check_ranges()
    }

    fn check_texts(&self) -> Result<(), String> {
        let one_line = |text: &str| !text.trim().is_empty() && !text.chars().any(char::is_control);
        if !one_line(&self.organisation) || self.organisation.chars().count() > 100 {
            return Err("notice.organisation must be one line of up to 100 characters".to_owned());
        }
        let is_name = |name: &String| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
        for (key, name) in [("hello", &self.hello), ("reporting_mta", &self.reporting_mta)] {
            if name.as_ref().is_some_and(|name| !is_name(name)) {
                return Err(format!("notice.{key} must be a host name"));
            }
        }
        match self.trap_names.iter().all(is_name) {
            true => Ok(()),
            false => Err("notice.trap_names must be host names or mail addresses".to_owned()),
        }
    }

    fn check_ranges(&self) -> Result<(), String> {
        let positive = [
            ("timeout", self.timeout),
            ("first_retry", self.first_retry),
            ("count_over", self.count_over),
            ("quiet_resets", self.quiet_resets),
            ("link_lifetime", self.link_lifetime),
        ];
        for (key, period) in positive {
            if period.duration().is_zero() {
                return Err(format!("notice.{key} must be longer than 0s"));
            }
        }
        let caps = [
            ("max_per_contact", self.max_per_contact),
            ("max_per_network", self.max_per_network),
            ("max_per_day", self.max_per_day),
        ];
        if let Some((key, _)) = caps.iter().find(|(_, most)| *most == 0) {
            return Err(format!("notice.{key} must be at least 1"));
        }
        if self.digest_window > self.count_over {
            return Err("notice.digest_window must not be longer than notice.count_over".to_owned());
        }
        if self.longest_retry < self.first_retry {
            return Err("notice.longest_retry must not be shorter than notice.first_retry".to_owned());
        }
        // The schema of X-ARF allows 5 MiB for one piece of evidence.
        if self.max_evidence > ByteSize::mib(5) {
            return Err("notice.max_evidence must be at most 5MiB".to_owned());
        }
        Ok(())
    }

    /// The templates of the texts.
    ///
    /// # Errors
    /// The folder of the operator or a file in it cannot be used.
    pub fn templates(&self) -> Result<Templates, TemplateError> {
        self.templates
            .as_deref()
            .map_or_else(|| Ok(Templates::default()), Templates::load)
    }

    /// The names of the traps, read.
    pub(super) fn traps(&self) -> TrapNames {
        TrapNames::new(self.trap_names.iter().map(String::as_str))
    }

    /// The mailbox that notices come from.
    ///
    /// # Errors
    /// Never: the name that stands in where none is configured is a mail address.
    pub(crate) fn sender(&self) -> Result<MailAddress, BadMailAddress> {
        self.sender.clone().map_or_else(|| NOBODY.parse(), Ok)
    }
}

/// Cuts `host:port` or `[address]:port`.
pub(crate) fn host_and_port(relay: &str) -> Option<(&str, u16)> {
    let (host, port) = relay.rsplit_once(':')?;
    let port: u16 = port.parse().ok().filter(|port| *port != 0)?;
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host = match bare {
        Some(address) => address
            .parse::<std::net::Ipv6Addr>()
            .ok()
            .map(|_address| address)?,
        None => host,
    };
    let is_host = !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_graphic());
    (is_host && (bare.is_some() || !host.contains(':'))).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl Fn(&mut NoticeConfig)) -> String {
        let mut config = NoticeConfig {
            sender: Some("abuse@example.net".parse().unwrap()),
            relay: Some("smtp.example.net:25".to_owned()),
            ..NoticeConfig::default()
        };
        assert_eq!(config.check(), Ok(()));
        change(&mut config);
        config.check().unwrap_err()
    }

    #[test]
    fn defaults_pass_and_mistakes_name_their_key() {
        assert_eq!(NoticeConfig::default().check(), Ok(()));
        assert!(
            NoticeConfig::default()
                .sender()
                .unwrap()
                .as_str()
                .ends_with(".invalid")
        );
        assert!(refused(|config| config.sender = None).starts_with("notice.sender"));
        assert!(refused(|config| config.relay = Some("smtp".to_owned())).starts_with("notice.relay"));
        assert!(refused(|config| config.username = Some("x".to_owned())).starts_with("notice.tls"));
        assert!(refused(|config| config.password = Some(Secret::new("x"))).starts_with("notice.username"));
        assert!(
            refused(|config| config.organisation = "a\r\nBcc: x@y.zz".to_owned()).contains("organisation")
        );
        assert!(refused(|config| config.hello = Some("a b".to_owned())).starts_with("notice.hello"));
        assert!(refused(|config| config.first_retry = Period::hours(9)).contains("longest_retry"));
        assert!(refused(|config| config.max_evidence = ByteSize::mib(6)).contains("max_evidence"));
        assert!(refused(|config| config.timeout = Period::seconds(0)).contains("timeout"));
        assert!(refused(|config| config.quiet_resets = Period::seconds(0)).contains("quiet_resets"));
        assert!(refused(|config| config.max_per_day = 0).starts_with("notice.max_per_day"));
        assert!(
            refused(|config| config.digest_window = Period::days(31)).starts_with("notice.digest_window")
        );
    }

    #[test]
    fn relays_are_cut_at_the_port() {
        assert_eq!(
            host_and_port("smtp.example.net:25"),
            Some(("smtp.example.net", 25))
        );
        assert_eq!(host_and_port("[2001:db8::1]:587"), Some(("2001:db8::1", 587)));
        for wrong in [
            "",
            ":25",
            "host",
            "host:0",
            "host:70000",
            "2001:db8::1:25",
            "[host]:25",
            "a b:25",
        ] {
            assert_eq!(host_and_port(wrong), None, "{wrong}");
        }
    }
}
