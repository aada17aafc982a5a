//! Everything that the pages say. One struct, one value per language: a text that is missing in one language does not compile.
//!
//! What is filled in is a function, so that each language puts its words in its own order. Texts from outside (reasons, HELO
//! names, subjects) never pass through here: templates escape them.

mod api;
mod causes;
mod console;
mod english;
mod feedback;
mod glance;
mod log;
mod many;
mod network;
mod open_data;
mod policy;
mod proof;
mod seen;
mod short;
mod spanish;
mod using;

use atalaya_formats::why::Why;

pub(crate) use api::ApiTexts;
pub(crate) use causes::CausesTexts;
pub(crate) use console::{
    AccessTexts, AccountTexts, ConsoleFrameTexts, ConsoleTexts, EvidenceTexts, OverviewTexts, ReadTexts,
    TellingTexts,
};
pub(crate) use english::ENGLISH;
pub(crate) use feedback::FeedbackTexts;
pub(crate) use glance::GlanceTexts;
pub(crate) use log::LogTexts;
pub(crate) use many::ManyTexts;
pub(crate) use network::NetworkTexts;
pub(crate) use open_data::OpenDataTexts;
pub(crate) use policy::{EscalationFigures, Figures, PolicyTexts, Section};
pub(crate) use proof::ProofTexts;
pub(crate) use seen::SeenTexts;
pub(crate) use short::ShortTexts;
pub(crate) use spanish::SPANISH;
pub(crate) use using::UsingTexts;

/// A sentence with one thing filled in.
pub(crate) type With1 = fn(&str) -> String;
/// A sentence with two things filled in.
pub(crate) type With2 = fn(&str, &str) -> String;

/// The words for something that is kept by its name, where names and words stand in the same order; none for a name that is not among them.
pub(crate) fn words_of<const N: usize>(
    name: &str,
    names: [&str; N],
    words: [&'static str; N],
) -> Option<&'static str> {
    let mut known = names.into_iter().zip(words);
    known.find(|(known, _)| *known == name).map(|(_, words)| words)
}

/// Everything, by page.
pub(crate) struct Texts {
    /// On every page.
    pub(crate) frame: FrameTexts,
    /// Dates, lengths of time, sizes.
    pub(crate) units: UnitTexts,
    /// The first page.
    pub(crate) home: HomeTexts,
    /// The list in short, on the first page.
    pub(crate) short: ShortTexts,
    /// Using the list.
    pub(crate) using: UsingTexts,
    /// Open data.
    pub(crate) open_data: OpenDataTexts,
    pub(crate) api: ApiTexts,
    /// The public log.
    pub(crate) log: LogTexts,
    /// The page of an address.
    pub(crate) address: AddressTexts,
    /// What stands beside its verdict.
    pub(crate) glance: GlanceTexts,
    /// The words for what was seen.
    pub(crate) seen: SeenTexts,
    /// The pages of ranges and domains.
    pub(crate) many: ManyTexts,
    /// The classes, in the order of `Class::ALL`.
    pub(crate) classes: [ClassTexts; 6],
    /// What usually stands behind spam.
    pub(crate) causes: CausesTexts,
    /// Leaving the list.
    pub(crate) removal: RemovalTexts,
    /// The step before that.
    pub(crate) proof: ProofTexts,
    /// The policy.
    pub(crate) policy: PolicyTexts,
    /// The end of notices.
    pub(crate) stop: StopTexts,
    /// The page of a network.
    pub(crate) network: NetworkTexts,
    /// The pages of the feedback loop.
    pub(crate) feedback: FeedbackTexts,
    /// Statistics.
    pub(crate) statistics: StatisticsTexts,
    /// The console.
    pub(crate) console: ConsoleTexts,
    /// What went wrong.
    pub(crate) failure: FailureTexts,
}

/// On every page.
pub(crate) struct FrameTexts {
    /// The tag of the language (RFC 5646).
    pub(crate) tag: &'static str,
    pub(crate) skip: &'static str,
    pub(crate) look_up: &'static str,
    pub(crate) policy: &'static str,
    pub(crate) pages: &'static str,
    /// The name of the other language, in that language.
    pub(crate) other_language: &'static str,
    /// Zone, serial.
    pub(crate) state: With2,
    pub(crate) free: &'static str,
}

/// Dates, lengths of time, sizes.
pub(crate) struct UnitTexts {
    pub(crate) months: [&'static str; 12],
    /// Day, month, year.
    pub(crate) date: fn(u32, &str, &str) -> String,
    /// One and many of days, hours, minutes, seconds.
    pub(crate) days: [&'static str; 2],
    pub(crate) hours: [&'static str; 2],
    pub(crate) minutes: [&'static str; 2],
    pub(crate) seconds: [&'static str; 2],
    pub(crate) decimal: char,
    pub(crate) thousands: char,
    pub(crate) and: &'static str,
}

/// The first page.
pub(crate) struct HomeTexts {
    pub(crate) title: &'static str,
    pub(crate) lead: With1,
    pub(crate) label: &'static str,
    pub(crate) hint: &'static str,
    pub(crate) button: &'static str,
    pub(crate) refused_title: &'static str,
    pub(crate) refused: &'static str,
    pub(crate) server_title: &'static str,
    /// Zone.
    pub(crate) server: With1,
    pub(crate) network_title: &'static str,
    pub(crate) network: &'static str,
    pub(crate) codes_title: &'static str,
    pub(crate) code: &'static str,
    pub(crate) class: &'static str,
    pub(crate) meaning: &'static str,
    /// Number of listings.
    pub(crate) size: fn(&str) -> String,
}

/// The page of an address.
pub(crate) struct AddressTexts {
    pub(crate) listed: &'static str,
    pub(crate) not_listed: &'static str,
    pub(crate) allowed: &'static str,
    pub(crate) reserved: &'static str,
    pub(crate) test_entry: &'static str,
    /// What a listing does.
    pub(crate) lead_effect: &'static str,
    pub(crate) lead_listed: With1,
    pub(crate) lead_until: With1,
    pub(crate) lead_endless: &'static str,
    pub(crate) lead_not_listed: &'static str,
    pub(crate) lead_left: With1,
    pub(crate) lead_allowed: With1,
    pub(crate) lead_reserved: &'static str,
    pub(crate) lead_test_entry: &'static str,
    /// The /64.
    pub(crate) unit_note: With1,
    /// The wider prefix.
    pub(crate) scope_note: With1,
    pub(crate) at_serial: With2,
    pub(crate) no_details_title: &'static str,
    pub(crate) no_details: &'static str,
    pub(crate) why: &'static str,
    pub(crate) scope: &'static str,
    pub(crate) scope_address: &'static str,
    pub(crate) scope_unit: With1,
    pub(crate) scope_range: With1,
    pub(crate) code: &'static str,
    pub(crate) reason: &'static str,
    /// Why our rules listed or withdrew.
    pub(crate) say_why: fn(&Why) -> String,
    pub(crate) since: &'static str,
    pub(crate) until: &'static str,
    pub(crate) endless: &'static str,
    pub(crate) rule: &'static str,
    /// Rule, score.
    pub(crate) rule_with_score: With2,
    pub(crate) serial: &'static str,
    pub(crate) steps: &'static str,
    pub(crate) evidence: &'static str,
    pub(crate) evidence_note: &'static str,
    /// How many of how many.
    pub(crate) evidence_count: With2,
    pub(crate) evidence_none: &'static str,
    pub(crate) seen_at: &'static str,
    pub(crate) sensor: &'static str,
    pub(crate) helo: &'static str,
    pub(crate) sender: &'static str,
    pub(crate) sender_none: &'static str,
    pub(crate) subject: &'static str,
    pub(crate) size: &'static str,
    pub(crate) from_address: &'static str,
    pub(crate) system: &'static str,
    /// A label that is a guess.
    pub(crate) system_likely: With1,
    pub(crate) system_unknown: &'static str,
    pub(crate) dialect: &'static str,
    /// Programs.
    pub(crate) dialect_known: With1,
    /// The name of the dialect.
    pub(crate) dialect_unknown: With1,
    pub(crate) empty: &'static str,
    pub(crate) backscatter: &'static str,
    pub(crate) unproven: &'static str,
    pub(crate) history: &'static str,
    pub(crate) history_none: &'static str,
    pub(crate) verdicts: VerdictTexts,
    pub(crate) notices: &'static str,
    /// Date, domain.
    pub(crate) notice: With2,
    pub(crate) as_json: &'static str,
}

/// What was decided, in the history.
pub(crate) struct VerdictTexts {
    /// Class.
    pub(crate) listed: With1,
    /// Class, end.
    pub(crate) extended: With2,
    /// Class.
    pub(crate) withdrawn: With1,
    pub(crate) allowed: &'static str,
    pub(crate) disallowed: &'static str,
}

/// A class: its name, what it means, what its holder can do.
pub(crate) struct ClassTexts {
    pub(crate) name: &'static str,
    pub(crate) meaning: &'static str,
    pub(crate) steps: &'static [&'static str],
}

/// Leaving the list.
pub(crate) struct RemovalTexts {
    pub(crate) title: &'static str,
    pub(crate) now: &'static str,
    /// The wait after the next removal.
    pub(crate) comes_back: With1,
    pub(crate) comes_back_free: &'static str,
    pub(crate) button: With1,
    /// The date.
    pub(crate) wait: With1,
    pub(crate) wait_short: With1,
    /// The listings.
    pub(crate) will_stay: With1,
    pub(crate) by_hand: &'static str,
    pub(crate) by_hand_range: With1,
    pub(crate) write: &'static str,
    /// Address: the subject of the mail.
    pub(crate) mail_subject: With1,
    pub(crate) left: With1,
    pub(crate) left_in_part: With1,
    /// Classes, serial.
    pub(crate) in_part: With2,
    /// Serial.
    pub(crate) in_zone: With1,
    pub(crate) on_its_way: With1,
    /// TTL.
    pub(crate) cached: With1,
    pub(crate) staying: &'static str,
    pub(crate) look_again: &'static str,
    pub(crate) not_yet: With1,
    pub(crate) was_not_listed: With1,
    pub(crate) was_not_listed_text: &'static str,
    pub(crate) only_by_hand: With1,
    pub(crate) too_many: &'static str,
    /// The date.
    pub(crate) too_many_text: With1,
}

/// The end of notices.
pub(crate) struct StopTexts {
    pub(crate) title: &'static str,
    /// Contact.
    pub(crate) question: With1,
    pub(crate) consequence: &'static str,
    pub(crate) button: &'static str,
    pub(crate) stopped: &'static str,
    pub(crate) stopped_text: With1,
    pub(crate) undo: &'static str,
}

/// Statistics; what stands in their sections is in `atalaya_stats`.
pub(crate) struct StatisticsTexts {
    pub(crate) title: &'static str,
    pub(crate) home_title: &'static str,
    pub(crate) home: &'static str,
    /// Addresses, messages.
    pub(crate) today: With2,
    pub(crate) earlier: &'static str,
    pub(crate) later: &'static str,
    pub(crate) week: &'static str,
    pub(crate) month: &'static str,
    pub(crate) ranked_by: &'static str,
    pub(crate) days: &'static str,
    pub(crate) first: &'static str,
    pub(crate) last: &'static str,
    pub(crate) show: &'static str,
    pub(crate) report: &'static str,
    pub(crate) json: &'static str,
}

/// What went wrong: a title and a sentence that says what can be done.
pub(crate) struct FailureTexts {
    pub(crate) bad_address: &'static str,
    pub(crate) bad_empty: &'static str,
    pub(crate) bad_prefix: With1,
    pub(crate) bad_name: With1,
    pub(crate) bad_zone: With1,
    pub(crate) bad_other: With1,
    pub(crate) bad_request: &'static str,
    pub(crate) bad_request_text: &'static str,
    pub(crate) cross_site: &'static str,
    pub(crate) cross_site_text: &'static str,
    pub(crate) not_found: &'static str,
    pub(crate) not_found_text: &'static str,
    pub(crate) bad_day: &'static str,
    pub(crate) bad_day_text: With1,
    /// Most days.
    pub(crate) bad_days_text: With1,
    pub(crate) no_day: &'static str,
    pub(crate) no_day_text: With1,
    pub(crate) no_notice: &'static str,
    pub(crate) no_notice_text: &'static str,
    pub(crate) method: &'static str,
    pub(crate) method_text: &'static str,
    pub(crate) too_large: &'static str,
    pub(crate) too_large_text: &'static str,
    pub(crate) too_often: &'static str,
    pub(crate) too_often_text: &'static str,
    pub(crate) internal: &'static str,
    pub(crate) internal_text: &'static str,
    pub(crate) not_loaded: &'static str,
    pub(crate) not_loaded_text: &'static str,
    pub(crate) unavailable: &'static str,
    pub(crate) unavailable_text: &'static str,
    pub(crate) unsure_text: &'static str,
}
