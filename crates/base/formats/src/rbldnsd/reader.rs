//! Reads the files of one dataset, line by line.

use std::io::{self, BufRead};

use atalaya_model::Timestamp;

use super::lines::{self, Line};
use super::names::Key;
use super::special::{self, NameServers, Soa, Special};
use super::value::{self, Value, Values, Variables};
use super::wrong::{Reason, Wrong};
use super::{Entry, Everything, Kind, Options, Reach, Sign, Sink, ValueNumber, generic, ip4, ip6};

/// Datasets in a combined one.
const MOST_DATASETS: usize = 4096;

/// What a whole dataset said beside its entries.
#[derive(Debug)]
pub struct Parsed {
    /// The datasets, in the order in which they began: one, or those of a combined one.
    pub parts: Vec<Part>,
    /// `$SOA`, the first one.
    pub soa: Option<Soa>,
    /// `$NS`, the first one.
    pub name_servers: Option<NameServers>,
    /// `$TIMESTAMP`, when it was made: the latest of several.
    pub made: Option<Timestamp>,
    /// When it must not be used any more: the earliest of several.
    pub expires: Option<Timestamp>,
    /// The lines that were left out.
    pub wrong: Wrong,
}

/// One dataset.
#[derive(Debug)]
pub struct Part {
    /// Its kind.
    pub kind: Kind,
    /// The sub-zones that it answers in; the empty name for the zone itself.
    pub origins: Vec<Key>,
    /// The values of its entries, by their number.
    pub values: Vec<Value>,
    /// What is filled into their texts.
    pub variables: Variables,
    /// How long its records may be kept.
    pub ttl_seconds: u32,
}

/// A dataset while it is read.
struct Scope {
    kind: Kind,
    origins: Vec<Key>,
    values: Values,
    default: Option<ValueNumber>,
    variables: Variables,
    ttl: Option<u32>,
    max_range: Option<u64>,
}

impl Scope {
    fn new(kind: Kind, origins: Vec<Key>) -> Self {
        Self {
            kind,
            origins,
            values: Values::default(),
            default: None,
            variables: Variables::default(),
            ttl: None,
            max_range: None,
        }
    }
}

/// Reads the files of a dataset into a [`Sink`].
#[expect(missing_debug_implementations, reason = "the sink need not have one")]
pub struct Reader<S> {
    options: Options,
    sink: S,
    scopes: Vec<Scope>,
    /// What stands before the first `$DATASET`; where nothing is combined, unused.
    common: Scope,
    is_combined: bool,
    is_open: bool,
    file: usize,
    line: u64,
    left_bytes: u64,
    soa: Option<Soa>,
    name_servers: Option<NameServers>,
    made: Option<Timestamp>,
    expires: Option<Timestamp>,
    wrong: Wrong,
}

impl<S: Sink> Reader<S> {
    /// Begins a dataset.
    pub fn new(kind: Kind, options: Options, mut sink: S) -> Self {
        let is_combined = kind == Kind::Combined;
        let mut scopes = Vec::new();
        if !is_combined {
            sink.begin(kind);
            scopes.push(Scope::new(kind, vec![Key::default()]));
        }
        Self {
            options,
            sink,
            scopes,
            common: Scope::new(Kind::Combined, Vec::new()),
            is_combined,
            is_open: !is_combined,
            file: 0,
            line: 0,
            left_bytes: options.most_bytes,
            soa: None,
            name_servers: None,
            made: None,
            expires: None,
            wrong: Wrong::default(),
        }
    }

    /// Reads the next file.
    ///
    /// # Errors
    /// It cannot be read to its end, or is packed and cut in the middle. The dataset must not be used.
    pub fn read(&mut self, file: impl BufRead) -> io::Result<()> {
        self.line = 0;
        let most = self.left_bytes;
        let left = lines::each(file, most, |line| {
            self.line = self.line.saturating_add(1);
            let taken = match line {
                Line::Whole(line) => self.take(line),
                Line::TooLong => Err(Reason::TooLong),
            };
            if let Err(reason) = taken {
                self.wrong.add(self.file, self.line, reason);
            }
        })?;
        self.left_bytes = left;
        self.end_file();
        Ok(())
    }

    /// Ends the dataset.
    pub fn finish(self) -> (Parsed, S) {
        let Self { common, options, .. } = self;
        let parts = self.scopes.into_iter().map(|scope| {
            // The first setting counts, and what all share is set first.
            let mut variables = common.variables.clone();
            variables.inherit(&scope.variables);
            Part {
                kind: scope.kind,
                origins: scope.origins,
                values: scope.values.into_all(),
                variables,
                ttl_seconds: scope.ttl.or(common.ttl).unwrap_or(options.ttl_seconds),
            }
        });
        let parsed = Parsed {
            parts: parts.collect(),
            soa: self.soa,
            name_servers: self.name_servers,
            made: self.made,
            expires: self.expires,
            wrong: self.wrong,
        };
        (parsed, self.sink)
    }

    /// Defaults last until the end of the file, and so do the datasets of a combined one.
    fn end_file(&mut self) {
        self.file = self.file.saturating_add(1);
        self.is_open = !self.is_combined;
        if let Some(scope) = self.scopes.last_mut().filter(|scope| !has_one_value(scope.kind)) {
            scope.default = None;
        }
    }

    fn take(&mut self, line: &[u8]) -> Result<(), Reason> {
        if let Some((text, is_comment)) = special::text(line) {
            return match (special::is_known(text), is_comment) {
                (true, _) => self.take_special(text),
                (false, true) => Ok(()),
                (false, false) => Err(Reason::Special),
            };
        }
        if line.is_empty() || line.starts_with(b"#") || line.starts_with(b";") {
            return Ok(());
        }
        let scope = self.scopes.last_mut().filter(|_scope| self.is_open);
        let mut dataset = Dataset {
            scope: scope.ok_or(Reason::NoDataset)?,
            common: &self.common,
            options: &self.options,
        };
        dataset.take(line, &mut self.sink)
    }

    fn take_special(&mut self, text: &[u8]) -> Result<(), Reason> {
        let outer = self.common.ttl.unwrap_or(self.options.ttl_seconds);
        let scope = match self.scopes.last_mut() {
            Some(scope) if self.is_open => scope,
            _ => &mut self.common,
        };
        let ttl = scope.ttl.unwrap_or(outer);
        match special::read(text, &self.options, ttl).ok_or(Reason::Argument)? {
            Special::Soa(_) | Special::NameServers(_) if scope.kind == Kind::Acl => {
                return Err(Reason::Special);
            }
            Special::Soa(soa) => drop(self.soa.get_or_insert(soa)),
            Special::NameServers(servers) => drop(self.name_servers.get_or_insert(servers)),
            Special::Ttl(seconds) => scope.ttl = Some(seconds),
            Special::Stamp(made, expires) => {
                self.made = self.made.max(made);
                self.expires = self.expires.into_iter().chain(expires).min();
            }
            // It can be made smaller only.
            Special::MaxRange(most) => {
                scope.max_range = Some(scope.max_range.map_or(most, |before| before.min(most)));
            }
            Special::Variable(letter, text) => _ = scope.variables.set(letter, text),
            Special::Dataset(kind, origins) if self.is_combined && self.scopes.len() < MOST_DATASETS => {
                self.sink.begin(kind);
                self.scopes.push(Scope::new(kind, origins));
                self.is_open = true;
            }
            Special::Dataset(..) => return Err(Reason::Special),
        }
        Ok(())
    }
}

/// What takes an entry: the dataset and what it stands in.
struct Dataset<'a> {
    scope: &'a mut Scope,
    common: &'a Scope,
    options: &'a Options,
}

impl Dataset<'_> {
    fn take(&mut self, line: &[u8], sink: &mut impl Sink) -> Result<(), Reason> {
        match self.scope.kind {
            Kind::Generic => return self.take_record(line, sink),
            // `::1` is an address.
            Kind::Ip6Trie | Kind::Ip6TSet | Kind::Acl if line.starts_with(b"::") => {}
            _ if line.starts_with(b":") => return self.take_default(line),
            _ => {}
        }
        let (line, sign) = match line.strip_prefix(b"!") {
            Some(line) => (line.trim_ascii_start(), Sign::Excluded),
            None => (line, Sign::Listed),
        };
        match self.scope.kind {
            Kind::Names => self.take_name(line, sign, sink),
            Kind::Ip4TSet | Kind::Acl if sign == Sign::Excluded => Err(Reason::Address),
            Kind::Acl if !is_ipv4(line) => self.take_ip6(line, sign, sink),
            Kind::Ip6Trie | Kind::Ip6TSet => self.take_ip6(line, sign, sink),
            _ => self.take_ip4(line, sign, sink),
        }
    }

    fn take_default(&mut self, line: &[u8]) -> Result<(), Reason> {
        let Scope {
            kind,
            values,
            default,
            ..
        } = &mut *self.scope;
        if has_one_value(*kind) && default.is_some() {
            return Ok(());
        }
        let value = value::read(line, *kind, &value::first_default(*kind))?;
        *default = Some(values.number(value)?);
        Ok(())
    }

    fn take_ip4(&mut self, line: &[u8], sign: Sign, sink: &mut impl Sink) -> Result<(), Reason> {
        let (first, last, rest) = ip4::read(line, self.scope.kind, self.options.host_bits)?;
        let value = self.value(rest, sign)?;
        if value.is_some() && (first, last) == (0, u32::MAX) {
            self.refuse_everything()?;
        }
        let most = self
            .scope
            .max_range
            .into_iter()
            .chain(self.common.max_range)
            .min();
        if most.is_some_and(|most| u64::from(last.saturating_sub(first)) >= most) {
            return Err(Reason::TooWide);
        }
        sink.entry(Entry::Ip4 { first, last, value });
        Ok(())
    }

    fn take_ip6(&mut self, line: &[u8], sign: Sign, sink: &mut impl Sink) -> Result<(), Reason> {
        let (network, length, rest) = ip6::read(line, self.scope.kind, sign, self.options.host_bits)?;
        let value = self.value(rest, sign)?;
        if value.is_some() && length == 0 {
            self.refuse_everything()?;
        }
        sink.entry(Entry::Ip6 {
            network,
            length,
            value,
        });
        Ok(())
    }

    fn take_name(&mut self, line: &[u8], sign: Sign, sink: &mut impl Sink) -> Result<(), Reason> {
        let is_end = |byte: &u8| byte.is_ascii_whitespace() || b":#;".contains(byte);
        let end = line.iter().position(is_end).unwrap_or(line.len());
        let (name, rest) = line.split_at_checked(end).ok_or(Reason::Name)?;
        let (name, reach) = match name {
            [b'*', b'.', name @ ..] => (name, Reach::Below),
            [b'.', name @ ..] => (name, Reach::Both),
            name => (name, Reach::Itself),
        };
        // Nothing stands for the zone itself here: `@` is a label as any other.
        let name = match name {
            b"@" => Key::of_labels([name].into_iter()),
            name => Key::read(name),
        };
        let name = name.filter(|key| *key != Key::default()).ok_or(Reason::Name)?;
        let value = self.value(rest, sign)?;
        sink.entry(Entry::Name {
            name: &name,
            reach,
            value,
        });
        Ok(())
    }

    fn take_record(&mut self, line: &[u8], sink: &mut impl Sink) -> Result<(), Reason> {
        let (name, own_ttl, data) = generic::read(line)?;
        let outer = self.common.ttl.unwrap_or(self.options.ttl_seconds);
        let (least, most) = self.options.ttl_limits;
        let ttl_seconds = match own_ttl {
            Some(own) => own.max(least).min(most),
            None => self.scope.ttl.unwrap_or(outer),
        };
        sink.entry(Entry::Record {
            name: &name,
            ttl_seconds,
            data: &data,
        });
        Ok(())
    }

    /// The value that stands behind an entry; none for an exclusion.
    fn value(&mut self, text: &[u8], sign: Sign) -> Result<Option<ValueNumber>, Reason> {
        if sign == Sign::Excluded {
            return Ok(None);
        }
        let Scope {
            kind,
            values,
            default,
            ..
        } = &mut *self.scope;
        let text = text.trim_ascii_start();
        let is_silent = text.is_empty() || text.starts_with(b"#") || text.starts_with(b";");
        match default {
            Some(number) if is_silent || has_one_value(*kind) => return Ok(Some(*number)),
            _ => {}
        }
        let first = value::first_default(*kind);
        if is_silent || has_one_value(*kind) {
            let number = values.number(first)?;
            *default = Some(number);
            return Ok(Some(number));
        }
        let before = default.and_then(|number| values.get(number)).unwrap_or(&first);
        let value = value::read(text, *kind, before)?;
        values.number(value).map(Some)
    }

    fn refuse_everything(&self) -> Result<(), Reason> {
        match self.options.everything {
            // Of an access list it is no listing.
            _ if self.scope.kind == Kind::Acl => Ok(()),
            Everything::Refused => Err(Reason::Everything),
            Everything::Listed => Ok(()),
        }
    }
}

/// Whether all entries share the value that was set first.
fn has_one_value(kind: Kind) -> bool {
    matches!(kind, Kind::Ip4TSet | Kind::Ip6TSet)
}

/// Whether a line begins with an IPv4 address rather than an IPv6 one.
fn is_ipv4(line: &[u8]) -> bool {
    let digits = line.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let behind = line.get(digits);
    digits > 0 && !behind.is_some_and(|byte| *byte == b':' || byte.is_ascii_hexdigit())
}
