//! The value of an entry: its code and its text, and how the text is filled in.

use std::collections::HashMap;
use std::net::Ipv4Addr;

use super::wrong::Reason;
use super::{Kind, ValueNumber, ip4};

/// What an entry says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Value {
    /// Listed, with this code and, unless there is none, this text, in which variables are still to be filled.
    Listed(Ipv4Addr, Option<Box<[u8]>>),
    /// A client that gets no answer.
    Ignore,
    /// A client that is refused.
    Refuse,
    /// A client to whom nothing is listed.
    Empty,
    /// A client that is answered as any other.
    Pass,
}

/// The code of an entry that says none.
const CODE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// Different values of one dataset; each is kept once.
const MOST_VALUES: usize = 1 << 24;
/// What a client may get, by its name.
const ACTIONS: [(&[u8], Value); 4] = [
    (b"ignore", Value::Ignore),
    (b"refuse", Value::Refuse),
    (b"empty", Value::Empty),
    (b"pass", Value::Pass),
];
/// Bytes of the longest string of a TXT record (RFC 1035 section 3.3).
pub(super) const MOST_TEXT_BYTES: usize = 255;

/// The values of a dataset, each once, by their number.
#[derive(Debug, Default)]
pub(super) struct Values {
    all: Vec<Value>,
    numbers: HashMap<Value, ValueNumber>,
}

impl Values {
    /// The number of a value.
    pub(super) fn number(&mut self, value: Value) -> Result<ValueNumber, Reason> {
        if let Some(number) = self.numbers.get(&value) {
            return Ok(*number);
        }
        if self.all.len() >= MOST_VALUES {
            return Err(Reason::TooMany);
        }
        let number = ValueNumber::try_from(self.all.len()).map_err(|_many| Reason::TooMany)?;
        self.all.push(value.clone());
        self.numbers.insert(value, number);
        Ok(number)
    }

    /// The value of a number.
    pub(super) fn get(&self, number: ValueNumber) -> Option<&Value> {
        self.all.get(usize::try_from(number).ok()?)
    }

    /// All of them.
    pub(super) fn into_all(self) -> Vec<Value> {
        self.all
    }
}

/// The value of entries that say none, before the first line that sets another.
pub(super) fn first_default(kind: Kind) -> Value {
    match kind {
        Kind::Acl => Value::Ignore,
        _ => Value::Listed(CODE, None),
    }
}

/// Reads `:CODE:TEXT`, `:CODE` or `TEXT`; what it does not say comes from the default.
pub(super) fn read(text: &[u8], kind: Kind, default: &Value) -> Result<Value, Reason> {
    let (code, own_text) = match default {
        Value::Listed(code, text) => (*code, text.clone()),
        _ => (CODE, None),
    };
    let Some(rest) = text.strip_prefix(b":") else {
        return Ok(Value::Listed(code, not_empty(text)));
    };
    match memchr::memchr(b':', rest).and_then(|at| rest.split_at_checked(at)) {
        Some((code, text)) => {
            let text = text.get(1..).unwrap_or_default().trim_ascii_start();
            Ok(Value::Listed(read_code(code)?, not_empty(text)))
        }
        None => {
            let action = ACTIONS.iter().find(|(name, _)| rest.eq_ignore_ascii_case(name));
            match action {
                Some((_, action)) if kind == Kind::Acl => Ok(action.clone()),
                _ => Ok(Value::Listed(read_code(rest)?, own_text)),
            }
        }
    }
}

/// A code: an address, or the last part of one in 127.0.0.0/24.
fn read_code(text: &[u8]) -> Result<Ipv4Addr, Reason> {
    let code = ip4::read_short(text.trim_ascii_end()).ok_or(Reason::Code)?;
    let code = if code < 256 {
        code | u32::from_be_bytes([127, 0, 0, 0])
    } else {
        code
    };
    if code == u32::from_be_bytes([127, 0, 0, 0]) {
        return Err(Reason::Code);
    }
    Ok(Ipv4Addr::from_bits(code))
}

fn not_empty(text: &[u8]) -> Option<Box<[u8]>> {
    (!text.is_empty()).then(|| text.into())
}

/// What stands for `$0` to `$9` in texts, and the text around them (`$=`).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Variables {
    digits: [Option<Box<[u8]>>; 10],
    base: Option<Box<[u8]>>,
}

impl Variables {
    /// Sets a variable by its letter; the first setting counts. Tells whether there is such a variable.
    pub(super) fn set(&mut self, letter: u8, text: &[u8]) -> bool {
        let place = match letter {
            b'=' => Some(&mut self.base),
            b'0'..=b'9' => self.digits.get_mut(usize::from(letter.saturating_sub(b'0'))),
            _ => None,
        };
        let known = place.is_some();
        if let Some(place @ None) = place {
            *place = Some(text.into());
        }
        known
    }

    /// Takes from `other` what is not set here.
    pub(super) fn inherit(&mut self, other: &Self) {
        for (place, other) in self.digits.iter_mut().zip(&other.digits) {
            if place.is_none() {
                place.clone_from(other);
            }
        }
        if self.base.is_none() {
            self.base.clone_from(&other.base);
        }
    }

    /// Fills in a text about `listed`: an address or a name. None where nothing is left; never more than 255 bytes.
    #[must_use]
    pub fn fill(&self, template: Option<&[u8]>, listed: &str) -> Option<Vec<u8>> {
        let own = template.unwrap_or_default();
        let mut filled = Vec::new();
        match (own.strip_prefix(b"="), &self.base) {
            (Some(plain), _) => self.expand(plain, listed, None, &mut filled),
            (None, Some(base)) => self.expand(base, listed, Some(own), &mut filled),
            (None, None) => self.expand(own, listed, None, &mut filled),
        }
        filled.truncate(MOST_TEXT_BYTES);
        (!filled.is_empty()).then_some(filled)
    }

    fn expand(&self, template: &[u8], listed: &str, entry: Option<&[u8]>, filled: &mut Vec<u8>) {
        let mut rest = template;
        while let Some((before, behind)) = memchr::memchr(b'$', rest).and_then(|at| rest.split_at_checked(at))
        {
            filled.extend_from_slice(before);
            let behind = behind.get(1..).unwrap_or_default();
            let letter = behind.first().copied();
            let variable = match (letter, entry) {
                (Some(b'$'), _) => Some(&b"$"[..]),
                (Some(b'='), Some([])) => Some(listed.as_bytes()),
                (Some(b'='), Some(entry)) => Some(entry),
                // One that is not set stays as it is written.
                (Some(digit @ b'0'..=b'9'), _) => self
                    .digits
                    .get(usize::from(digit.saturating_sub(b'0')))
                    .and_then(Option::as_deref)
                    .or_else(|| rest.get(before.len()..before.len().saturating_add(2))),
                _ => None,
            };
            filled.extend_from_slice(variable.unwrap_or(listed.as_bytes()));
            rest = match variable {
                Some(_) => behind.get(1..).unwrap_or_default(),
                None => behind,
            };
        }
        filled.extend_from_slice(rest);
    }
}
