//! What stands before the message: time, host, program. Syslog in the old form and with RFC 3339 times, and Exim's own.

use atalaya_model::Timestamp;
use jiff::civil::{Date, DateTime, Time};

use super::LogClock;

/// The months as syslog writes them.
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
/// How far before now a line without a year may lie: so far that 29 February finds its year.
const YEARS_BACK: i16 = 4;
/// How far after now a line may lie before it is taken for one of last year: clocks and zones differ by less than that.
const AHEAD: std::time::Duration = std::time::Duration::from_hours(24);

/// A line, taken apart.
#[derive(Debug)]
pub(super) struct Written<'a> {
    /// When, if it can be told.
    pub(super) at: Option<Timestamp>,
    /// The program, without its process number, such as `postfix/smtpd`; empty in Exim's own files.
    pub(super) program: &'a str,
    /// The message.
    pub(super) message: &'a str,
}

impl<'a> Written<'a> {
    /// The name of a mail in the queue, or `NOQUEUE`, and what follows.
    pub(super) fn queued(&self) -> Option<(&'a str, &'a str)> {
        let (id, rest) = self.message.split_once(": ")?;
        let is_id = id != "warning" && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_id.then_some((id, rest))
    }

    /// The message without such a name.
    pub(super) fn after_queue_id(&self) -> &'a str {
        self.queued().map_or(self.message, |(_id, rest)| rest)
    }
}

/// Reads a line of syslog: time, host, `program[123]:`, message.
pub(super) fn syslog<'a>(line: &'a str, clock: &LogClock) -> Option<Written<'a>> {
    let (at, rest) = time(line, clock)?;
    let (first, after) = rest.split_once(' ')?;
    // Some daemons write facility and level before the host.
    let rest = if first.starts_with('<') && first.ends_with('>') {
        after.split_once(' ')?.1
    } else {
        after
    };
    let (tag, message) = rest.split_once(": ")?;
    let program = tag.split_once('[').map_or(tag, |(program, _number)| program);
    if program.contains(' ') {
        return None;
    }
    let message = match message.strip_prefix("[ID ") {
        Some(solaris) => solaris.split_once("] ")?.1,
        None => message,
    };
    Some(Written { at, program, message })
}

/// Reads a line of Exim: its own time, process number and message id, all of it also after a prefix of syslog.
pub(super) fn exim<'a>(line: &'a str, clock: &LogClock) -> Option<Written<'a>> {
    let (at, rest) = match own_time(line, clock) {
        Some(read) => read,
        None => after_syslog(line, clock)?,
    };
    // The process number. `[2\3]` and its like begin the later pieces of a long line: what follows there may be a stranger's words.
    let rest = match rest.strip_prefix('[') {
        Some(number) => {
            let (number, rest) = number.split_once("] ")?;
            number.bytes().all(|byte| byte.is_ascii_digit()).then_some(rest)?
        }
        None => rest,
    };
    let (first, after) = rest.split_once(' ').unwrap_or((rest, ""));
    let message = if is_message_id(first) { after } else { rest };
    Some(Written {
        at,
        program: "",
        message,
    })
}

/// Exim's own time (or none) behind time, host and program of syslog. A line without a time of syslog may be part of a header that Exim
/// wrote into its reject log.
fn after_syslog<'a>(line: &'a str, clock: &LogClock) -> Option<(Option<Timestamp>, &'a str)> {
    let (at, after) = time(line, clock)?;
    let (before, message) = after.split_once(": ")?;
    let (host, tag) = before.rsplit_once(' ')?;
    let program = tag.split_once('[').map_or(tag, |(program, _number)| program);
    if host.contains(' ') || !program.starts_with("exim") {
        return None;
    }
    Some(own_time(message, clock).unwrap_or((at, message)))
}

/// `2026-11-26 19:29:36.123 +0100 `; the part of a second and the zone may be missing. Exim over syslog leaves out all of it, or the host
/// and the program stand in between, which other programs do not write here.
fn own_time<'a>(line: &'a str, clock: &LogClock) -> Option<(Option<Timestamp>, &'a str)> {
    let (day, rest) = line.split_once(' ')?;
    let (hour, rest) = rest.split_once(' ')?;
    let date: Date = day.parse().ok()?;
    let time: Time = hour.parse().ok()?;
    let local = date.to_datetime(time);
    let (at, rest) = match rest.split_once(' ') {
        Some((zone, after)) if is_zone(zone) => {
            let whole = format!("{day}T{hour}{zone}");
            (whole.parse::<jiff::Timestamp>().ok().map(from_jiff), after)
        }
        _ => (in_zone(local, clock), rest),
    };
    // The journal's own form: host and program between the time and the message.
    match rest.split_once(": ") {
        Some((before, message)) if is_exim_tag(before) => Some((at, message)),
        _ => Some((at, rest)),
    }
}

/// `host exim[123]`.
fn is_exim_tag(text: &str) -> bool {
    let tag = text.split_once(' ').map(|(_host, tag)| tag);
    tag.and_then(|tag| tag.strip_prefix("exim["))
        .and_then(|tag| tag.strip_suffix(']'))
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `+0100`.
fn is_zone(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']);
    digits.is_some_and(|digits| digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `1ahr79-0006jK-G9`, in the lengths of old and new Exim.
fn is_message_id(text: &str) -> bool {
    let mut parts = text.split('-').map(|part| {
        let plain = part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if plain { part.len() } else { 0 }
    });
    let lengths = [parts.next(), parts.next(), parts.next(), parts.next()];
    matches!(
        lengths,
        [Some(6), Some(6), Some(2), None] | [Some(6), Some(11), Some(4), None]
    )
}

/// The time of a line of syslog, in either form.
fn time<'a>(line: &'a str, clock: &LogClock) -> Option<(Option<Timestamp>, &'a str)> {
    let (first, rest) = line.split_once(' ')?;
    let Some(month) = MONTHS.iter().position(|month| *month == first) else {
        let at = first.parse::<jiff::Timestamp>().ok()?;
        return Some((Some(from_jiff(at)), rest));
    };
    let month = i8::try_from(month).ok()?.checked_add(1)?;
    let (day, rest) = rest.trim_start_matches(' ').split_once(' ')?;
    let (hour, rest) = rest.split_once(' ')?;
    let (day, hour): (i8, Time) = (day.parse().ok()?, hour.parse().ok()?);
    Some((with_year(month, day, hour, clock), rest))
}

/// The youngest year in which the day does not lie ahead.
fn with_year(month: i8, day: i8, hour: Time, clock: &LogClock) -> Option<Timestamp> {
    let now = jiff::Timestamp::from_microsecond(clock.now.micros()).ok()?;
    let this = now.to_zoned(clock.zone.clone()).year();
    // On New Year's Eve a line may be of next year already, where the machines' clocks differ.
    let years = (0..=YEARS_BACK.saturating_add(1)).map(|back| this.saturating_add(1).saturating_sub(back));
    let times = years.filter_map(|year| in_zone(Date::new(year, month, day).ok()?.to_datetime(hour), clock));
    let latest = clock.now.plus(AHEAD);
    times.filter(|at| *at <= latest).max()
}

/// The time by the zone of the machine that wrote it.
fn in_zone(local: DateTime, clock: &LogClock) -> Option<Timestamp> {
    let zoned = local.to_zoned(clock.zone.clone()).ok()?;
    Some(from_jiff(zoned.timestamp()))
}

/// Ours of jiff's.
fn from_jiff(at: jiff::Timestamp) -> Timestamp {
    Timestamp::from_micros(at.as_microsecond())
}
