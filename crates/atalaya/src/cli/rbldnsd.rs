//! The command line of `rbldnsd`, whose options have the letters that they have there.

use std::path::PathBuf;

use atalaya_publish::FileZone;
use clap::Args;

use crate::commands::rbldnsd::FirstLoad;

/// `rbldnsd`.
#[derive(Debug, Args)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a switch of the command line, free of the others"
)]
pub(crate) struct Rbldnsd {
    /// Zones as ZONE:TYPE:FILE[,FILE...]; the types are ip4set, ip4tset, ip4trie, ip6tset, ip6trie, dnset, generic, combined and acl
    #[arg(required = true, value_name = "ZONE:TYPE:FILE")]
    pub(crate) zones: Vec<FileZone>,
    /// Listen here, UDP and TCP; the port is 53 unless given, 0 takes a free one. May be repeated
    #[arg(short, required = true, value_name = "ADDRESS/PORT")]
    pub(crate) bind: Vec<String>,
    /// Look for changed files so often; 0 only at SIGHUP
    #[arg(short, default_value = "1m", value_name = "TIME", value_parser = seconds)]
    pub(crate) check: u32,
    /// How long answers may be kept where a file says nothing, and the least and the most that a file may say
    #[arg(short, default_value = "35m", value_name = "DEFAULT:LEAST:MOST")]
    pub(crate) ttl: TtlLimits,
    /// Take networks with bits behind their length, such as 10.1.2.3/24, and clear these bits
    #[arg(short = 'e')]
    pub(crate) accept_host_bits: bool,
    /// Take a line that lists every address there is
    #[arg(long)]
    pub(crate) list_everything: bool,
    /// Start even if a file cannot be used, and tell less
    #[arg(short)]
    pub(crate) quiet: bool,
    /// Name files from this folder
    #[arg(short, value_name = "DIR")]
    pub(crate) workdir: Option<PathBuf>,
    /// Name files, and the folder of -w, from this folder; the process is not locked into it
    #[arg(short, value_name = "DIR")]
    pub(crate) rootdir: Option<PathBuf>,
    /// Write the number of the process to this file
    #[arg(short, value_name = "FILE")]
    pub(crate) pidfile: Option<PathBuf>,
    /// IPv4 only
    #[arg(short = '4', conflicts_with = "only_ipv6")]
    pub(crate) only_ipv4: bool,
    /// IPv6 only
    #[arg(short = '6')]
    pub(crate) only_ipv6: bool,
    /// Without effect: it never goes to the background
    #[arg(short)]
    pub(crate) n: bool,
    /// Without effect: files are always loaded aside while it answers
    #[arg(short)]
    pub(crate) f: bool,
    /// Without effect: the version is told to nobody
    #[arg(short, action = clap::ArgAction::Count)]
    pub(crate) v: u8,
    /// Without effect: name servers are only told to those who ask for them
    #[arg(short)]
    pub(crate) a: bool,
    /// Without effect, as -a
    #[arg(short = 'A')]
    pub(crate) always: bool,
    /// Without effect: it never needs to be root; let the supervisor choose the user, and give it the right to port 53
    #[arg(short, value_name = "USER")]
    pub(crate) user: Option<String>,
    /// Not to be had
    #[arg(short, hide = true)]
    pub(crate) logfile: Option<String>,
    /// Not to be had
    #[arg(short, hide = true)]
    pub(crate) statsfile: Option<String>,
    /// Not to be had
    #[arg(short, hide = true)]
    pub(crate) dump: bool,
    /// Not to be had
    #[arg(short = 'x', hide = true)]
    pub(crate) extension: Option<String>,
}

impl Rbldnsd {
    /// What the first load must bring.
    pub(crate) const fn quick(&self) -> FirstLoad {
        if self.quiet {
            FirstLoad::Partial
        } else {
            FirstLoad::Whole
        }
    }
}

/// Times to live, in seconds, as `-t` gives them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TtlLimits {
    /// Where a file says nothing.
    pub(crate) default: Option<u32>,
    /// The least.
    pub(crate) least: u32,
    /// The most; 0 is no limit.
    pub(crate) most: u32,
}

impl std::str::FromStr for TtlLimits {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.splitn(3, ':').map(|part| match part {
            "" => Ok(None),
            part => seconds(part).map(Some),
        });
        let mut next = || parts.next().unwrap_or(Ok(None));
        Ok(Self {
            default: next()?,
            least: next()?.unwrap_or_default(),
            most: next()?.unwrap_or_default(),
        })
    }
}

/// Reads a length of time as rbldnsd writes it.
fn seconds(text: &str) -> Result<u32, String> {
    atalaya_formats::rbldnsd::read_seconds(text.as_bytes())
        .ok_or_else(|| format!("`{text}` is no length of time: write 30, 35m, 2h or 1w"))
}
