//! What can be typed, and its help.

mod contact;
mod fingerprint;
mod judging;
mod rbldnsd;
mod serve;

use std::net::IpAddr;
use std::path::PathBuf;

use atalaya_decide::import::Source;
use atalaya_formats::lists::{Column, ListForm};
use atalaya_model::{Class, Prefix, Timestamp};
use atalaya_publish::{Family, Format};
use clap::{Args, Parser, Subcommand};

pub(crate) use self::contact::{
    Contact, ContactPlan, ContactSet, ContactShow, ContactUnset, ContactWhat, Subject, Whom,
};
pub(crate) use self::fingerprint::Fingerprint;
pub(crate) use self::judging::{Purge, RulesCommand, Simulate, Sources};
pub(crate) use self::rbldnsd::{Rbldnsd, TtlLimits};
pub(crate) use self::serve::{NamedTwice, Serve};
use crate::commands::account::AccountCommand;
use crate::commands::audit::AuditCommand;
use crate::commands::backup::Backup;
use crate::commands::complaint::ComplaintCommand;
use crate::commands::data::DataCommand;
use crate::commands::dkim::DkimCommand;
use crate::commands::evidence::EvidenceCommand;
use crate::commands::exception::ExceptionCommand;
use crate::commands::feedback::FeedbackCommand;
use crate::commands::feeds::FeedsCommand;
use crate::commands::hear::HearCommand;
use crate::commands::jobs::JobsCommand;
use crate::commands::key::KeyCommand;
use crate::commands::logs::LogsCommand;
use crate::commands::notice::NoticeCommand;
use crate::commands::outbox::OutboxCommand;
use crate::commands::public_log::PublicLogCommand;
use crate::commands::replies::RepliesCommand;
use crate::commands::reporter::ReporterCommand;
use crate::commands::stats::StatsCommand;
use crate::commands::suppress::SuppressCommand;
use crate::commands::token::TokenCommand;
use crate::commands::top::TopCommand;
use crate::commands::trap::TrapCommand;
use crate::commands::verify_log::VerifyLog;

/// Watches spam arrive, publishes the senders in a DNS blocklist, tells the network each one belongs to, and lets it leave.
#[derive(Debug, Parser)]
#[command(
    name = "atalaya",
    version,
    max_term_width = 100,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Every command.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the whole pipeline on loopback, in a scratch folder, without configuration
    Demo(Demo),
    /// Run the server: trap, list, notices, pages
    Serve(Serve),
    /// Feed kept mail (mbox, Maildir, .eml) into the trap's path
    Replay(Replay),
    /// Say what complaints (ARF, X-ARF) would be recorded as
    Complaint(ComplaintCommand),
    /// Hear mail that came back to notices: bounces, automatic answers, replies
    Hear(HearCommand),
    /// Show what was heard of notices, and settle what waits for a person
    #[command(subcommand)]
    Replies(RepliesCommand),
    /// Say what the lines of a mail server's log would be recorded as
    Logs(LogsCommand),
    /// Say what the list holds about an address, and why
    Lookup(Lookup),
    /// List by hand, unlist, show
    #[command(subcommand)]
    List(List),
    /// Keep the allow list: what is never listed
    #[command(subcommand)]
    Allow(Allow),
    /// Keep the keys of those who may ask the list from anywhere
    #[command(subcommand)]
    Key(KeyCommand),
    /// Keep the registry of traps: which address or domain is which kind
    #[command(subcommand)]
    Trap(TrapCommand),
    /// Keep the keys of those who report addresses
    #[command(subcommand)]
    Reporter(ReporterCommand),
    /// Keep the accounts of the console: who may sign in, and as what
    #[command(subcommand)]
    Account(AccountCommand),
    /// Keep the tokens with which programs call the console
    #[command(subcommand)]
    Token(TokenCommand),
    /// Say who did what at the console, by tokens and by commands
    Audit(AuditCommand),
    /// Answer networks that ask for lasting exceptions
    #[command(subcommand)]
    Exception(ExceptionCommand),
    /// Show the public log of decisions, forget in it, begin another
    #[command(subcommand)]
    PublicLog(PublicLogCommand),
    /// Check the public log of a list: that nothing in it was cut or changed
    VerifyLog(VerifyLog),
    /// Say who asked most today, and about what
    Top(TopCommand),
    /// Write the list for other programs
    Export(Export),
    /// Take over a list of others: plain, CIDR, CSV or JSON lines
    Import(Import),
    /// Try other rules over what was seen, in memory, and tell what they would have listed
    Simulate(Simulate),
    /// Show the rules of judging, or put others into their place
    #[command(subcommand)]
    Rules(RulesCommand),
    /// Take back what followed from observations or a rule that turned out to be wrong
    Purge(Purge),
    /// Say what the word of every source has proven to be worth
    Sources(Sources),
    /// Say how the lists of others are that are fetched and asked; try one, release one
    Feeds(FeedsCommand),
    /// Keep the feedback loop: who is told of every message from his addresses
    #[command(subcommand)]
    Feedback(FeedbackCommand),
    /// Fetch and show the files that say in which country and network an address is
    #[command(subcommand)]
    Data(DataCommand),
    /// Show what was seen of an address, to whom it may be shown
    Evidence(EvidenceCommand),
    /// Say what was counted: botnets, systems, dialects, countries, networks, by day
    Stats(StatsCommand),
    /// Find the abuse contact of an address or a domain name; plan it for many
    Contact(Contact),
    /// Preview notices, and write their templates to start from
    #[command(subcommand)]
    Notice(NoticeCommand),
    /// Show the notices that wait, left or failed; try one anew, give one up
    #[command(subcommand)]
    Outbox(OutboxCommand),
    /// Show the jobs that wait, and those with trouble; try those anew that were given up
    #[command(subcommand)]
    Jobs(JobsCommand),
    /// Keep the addresses that no mail goes to
    #[command(subcommand)]
    Suppress(SuppressCommand),
    /// Make keys that notices are signed with, and print their records
    #[command(subcommand)]
    Dkim(DkimCommand),
    /// Say what the SYNs of a capture tell about the network stacks that sent them
    Fingerprint(Fingerprint),
    /// Copy the store, and what else of the data folder cannot be made again, into a new folder
    Backup(Backup),
    /// Serve zone files as rbldnsd does, with its options
    Rbldnsd(Rbldnsd),
    /// Print the configuration
    #[command(subcommand)]
    Config(Config),
    /// Check a configuration file and say what is wrong with it
    CheckConfig(CheckConfig),
    /// Print the manual of every command as Markdown
    #[command(hide = true)]
    Reference,
}

/// Where the configuration and the data are. One of the two is needed.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Place {
    /// The configuration file (TOML); `atalaya config example` prints one
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The data folder; a file atalaya.toml in it is read when --config is not given
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

/// `demo`.
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// End after the last step, with exit code 0 if every step held
    #[arg(long)]
    pub(crate) once: bool,
}

/// `replay`.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line, free of the others"
)]
pub(crate) struct Replay {
    #[command(flatten)]
    pub(crate) place: Place,
    /// mbox files, Maildirs, .eml files, or folders of them
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// A relay or network of relays of yours, whose Received header is believed; added to those of the configuration. May be repeated
    #[arg(long, value_name = "PREFIX")]
    pub(crate) trust: Vec<Prefix>,
    /// Weigh each mail by the date at which your server took it, as if the trap had caught it then; without this, as if it came now
    #[arg(long)]
    pub(crate) by_date: bool,
    /// Take each file as one mail, also if it looks like an mbox: for folders of single mails whose names do not end in .eml
    #[arg(long)]
    pub(crate) single: bool,
    /// Only say what would be taken; record nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Print each mail with the source that was taken, or why it was skipped
    #[arg(long)]
    pub(crate) verbose: bool,
    /// Print the summary as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `lookup`.
#[derive(Debug, Args)]
pub(crate) struct Lookup {
    #[command(flatten)]
    pub(crate) place: Place,
    /// The address
    pub(crate) address: IpAddr,
    /// Print what the API gives, and the number of observations
    #[arg(long)]
    pub(crate) json: bool,
}

/// `list`.
#[derive(Debug, Subcommand)]
pub(crate) enum List {
    /// List an address or prefix by hand
    Add(ListAdd),
    /// Take an address or prefix off the list
    Remove(ListRemove),
    /// Show the listings, all or those inside a prefix
    Show(Show),
}

/// `list add`.
#[derive(Debug, Args)]
pub(crate) struct ListAdd {
    #[command(flatten)]
    pub(crate) place: Place,
    /// The address or prefix
    pub(crate) prefix: Prefix,
    /// The class: manual, spam, bot, hijacked, policy, policy-declared
    #[arg(long, default_value = "manual")]
    pub(crate) class: Class,
    /// Why, in one sentence that the listed party may read
    #[arg(long, default_value = "Listed by hand.", value_parser = reason)]
    pub(crate) reason: String,
    /// The end: 2026-12-31, 2026-12-31T18:00:00Z, or a length of time such as 30d; without it the listing has no end
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<End>,
    /// Print the decision as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The end of an entry, as typed: a moment, or a length of time from now.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    /// A moment.
    At(Timestamp),
    /// So long from now.
    After(atalaya_model::Period),
}

impl End {
    /// The moment that is meant, if it is `now`.
    pub(crate) fn moment(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(moment) => moment,
            Self::After(period) => now.plus(period.duration()),
        }
    }
}

impl std::str::FromStr for End {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(period) = text.parse() {
            return Ok(Self::After(period));
        }
        let moment = text.parse().map(Self::At);
        moment.map_err(|_bad: atalaya_model::BadTimestamp| {
            format!(
                "`{text}` is no time: write 2026-12-31, 2026-12-31T18:00:00Z, or a length of time such as 30d"
            )
        })
    }
}

/// The longest reason in characters: two or three sentences. The page shows all of it, DNS as much as a TXT record takes.
const MAX_REASON: usize = 400;

/// Reads a reason: one line that can stand in a page, a notice and a log.
pub(crate) fn reason(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err("a reason is one line, without control characters".to_owned());
    }
    if text.is_empty() || text.chars().count() > MAX_REASON {
        return Err(format!("a reason has from 1 to {MAX_REASON} characters"));
    }
    Ok(text.to_owned())
}

/// `list remove`.
#[derive(Debug, Args)]
pub(crate) struct ListRemove {
    #[command(flatten)]
    pub(crate) place: Place,
    /// The address or prefix, as it is listed
    pub(crate) prefix: Prefix,
    /// Only this class; without it, all
    #[arg(long)]
    pub(crate) class: Option<Class>,
    /// Why
    #[arg(long, default_value = "Removed by hand.", value_parser = reason)]
    pub(crate) reason: String,
    /// Print the decisions as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `list show` and `allow show`.
#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) place: Place,
    /// Only what overlaps this address or prefix
    pub(crate) prefix: Option<Prefix>,
    /// Print JSON, one entry a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// `allow`.
#[derive(Debug, Subcommand)]
pub(crate) enum Allow {
    /// Put an address or prefix on the allow list; what is listed inside leaves the list
    Add(AllowAdd),
    /// Take an address or prefix off the allow list
    Remove(AllowRemove),
    /// Show the allow list
    Show(Show),
}

/// `allow add`.
#[derive(Debug, Args)]
pub(crate) struct AllowAdd {
    #[command(flatten)]
    pub(crate) place: Place,
    /// The address or prefix
    pub(crate) prefix: Prefix,
    /// Why, for your own memory
    #[arg(long, default_value = "Allowed by hand.", value_parser = reason)]
    pub(crate) reason: String,
    /// The end: a date, a moment, or a length of time such as 30d; without it the entry has no end
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<End>,
    /// Print the decisions as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `allow remove`.
#[derive(Debug, Args)]
pub(crate) struct AllowRemove {
    #[command(flatten)]
    pub(crate) place: Place,
    /// The address or prefix, as it is allowed
    pub(crate) prefix: Prefix,
    /// Why
    #[arg(long, default_value = "Removed by hand.", value_parser = reason)]
    pub(crate) reason: String,
    /// Print the decision as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `export`.
#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) place: Place,
    /// The format: plain, cidr, nftables, postfix, jsonl, rbldnsd, bind, bind-codes, rpz, rpz-ip
    pub(crate) format: Format,
    /// Only this class. May be repeated
    #[arg(long)]
    pub(crate) class: Vec<Class>,
    /// Only addresses of this family: 4 or 6
    #[arg(long)]
    pub(crate) family: Option<Family>,
    /// Write to this file, which is replaced in one step when all is written; without it, to standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// `import`.
#[derive(Debug, Args)]
pub(crate) struct Import {
    #[command(flatten)]
    pub(crate) place: Place,
    /// The list, also packed with gzip or zstd; - for standard input
    pub(crate) file: PathBuf,
    /// The class that all of it is put in
    #[arg(long)]
    pub(crate) class: Class,
    /// Why, in one sentence that the listed party may read
    #[arg(long, value_parser = reason)]
    pub(crate) reason: String,
    /// The end: a date, a moment, or a length of time such as 30d; without it the listings have no end
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<End>,
    #[command(flatten)]
    pub(crate) list: KnownList,
    /// The form: plain (or cidr), csv, jsonl; without it, as the first line looks
    #[arg(long, value_name = "FORM")]
    pub(crate) format: Option<ListForm>,
    /// The column of the addresses in a CSV file, or the field in JSON lines, by name or number
    #[arg(long, value_name = "NAME")]
    pub(crate) column: Option<Column>,
    /// Only say what would be listed and withdrawn; change nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Also take prefixes wider than /8 (IPv4) or /19 (IPv6), and withdraw more than half with --replace
    #[arg(long)]
    pub(crate) force: bool,
    /// Print the summary as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// A list that is imported again and again.
#[derive(Debug, Args)]
pub(crate) struct KnownList {
    /// Withdraw what this list had listed before and does not name any more
    #[arg(long)]
    pub(crate) replace: bool,
    /// The name of the list, where several go into one class: --replace leaves the others alone
    #[arg(long, value_name = "NAME")]
    pub(crate) source: Option<Source>,
}

/// `config`.
#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Print every option with its manual and its default, as a file to start from
    Example,
}

/// `check-config`.
#[derive(Debug, Args)]
pub(crate) struct CheckConfig {
    /// The configuration file; also taken without `--config`
    #[arg(long = "config", value_name = "FILE", conflicts_with = "file")]
    pub(crate) config: Option<PathBuf>,
    /// The configuration file
    #[arg(value_name = "FILE", required_unless_present = "config")]
    pub(crate) file: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_end_is_a_moment_or_a_length_of_time() {
        let now = Timestamp::from_seconds(0);
        assert_eq!(
            "30d".parse::<End>().unwrap().moment(now),
            Timestamp::from_seconds(30 * 86_400)
        );
        assert_eq!(
            "1970-01-02".parse::<End>().unwrap().moment(now),
            Timestamp::from_seconds(86_400)
        );
        assert!("tomorrow".parse::<End>().is_err());
    }

    #[test]
    fn a_reason_is_one_short_line() {
        assert_eq!(reason(" Sends spam. "), Ok("Sends spam.".to_owned()));
        for wrong in [
            "",
            "  ",
            "two\nlines",
            "\u{1b}[31mred",
            "bell\u{7}",
            &"x".repeat(401),
        ] {
            assert!(reason(wrong).is_err(), "{wrong:?}");
        }
        assert!(reason(&"ñ".repeat(400)).is_ok());
    }
}
