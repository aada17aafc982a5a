//! Lists that are one JSON document.
//!
//! In go bytes, out come the entries one after the other, so that a document of any length is never held. An entry is an element of an array,
//! and the array is the document itself or a field of its outermost object, whatever its name: `[…]`, `{"data": […]}`. Arrays
//! further inside are passed over.

use std::fmt;
use std::io::Read;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::{Columns, Entry, WrongLine};

/// Most fields of an entry that are looked at.
const MOST_FIELDS: usize = 64;
/// The longest text of an entry, in bytes, that is looked at.
const LONGEST_TEXT: usize = 1_024;

/// The document is none, or ends too early.
#[derive(Debug, thiserror::Error)]
#[error("it is no JSON document")]
pub struct NoDocument(#[from] serde_json::Error);

/// Reads a document; `take` is given each entry, or what is wrong with it.
///
/// # Errors
/// It is no JSON, or its bytes cannot be read. What came before was taken.
pub fn read_document(
    from: impl Read,
    columns: &Columns,
    take: &mut dyn FnMut(Result<Entry, WrongLine>),
) -> Result<(), NoDocument> {
    let mut document = serde_json::Deserializer::from_reader(from);
    let mut element = |element: Value| take(columns.read(&element));
    Part {
        level: Level::Document,
        take: &mut element,
    }
    .deserialize(&mut document)?;
    Ok(document.end()?)
}

/// How far inside a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    /// It is all.
    Document,
    /// It is a field of the outermost object.
    Field,
}

/// A part of the document that may be an array of entries.
struct Part<'take> {
    level: Level,
    take: &'take mut dyn FnMut(Value),
}

impl<'de> DeserializeSeed<'de> for Part<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of addresses")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(element) = elements.next_element_seed(Flat::Element)? {
            (self.take)(element);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while fields.next_key::<IgnoredAny>()?.is_some() {
            if self.level == Level::Field {
                fields.next_value::<IgnoredAny>()?;
                continue;
            }
            fields.next_value_seed(Part {
                level: Level::Field,
                take: &mut *self.take,
            })?;
        }
        Ok(())
    }

    fn visit_str<E>(self, _text: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _truth: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _number: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _number: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _number: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Reads an element: a text, or an object of texts and numbers. What lies further inside, and what is too long, is passed over and not held.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flat {
    /// The element.
    Element,
    /// A field of it.
    Field,
}

impl<'de> DeserializeSeed<'de> for Flat {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Flat {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an entry of a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Value, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while self == Self::Element
            && object.len() < MOST_FIELDS
            && let Some(name) = fields.next_key::<String>()?
        {
            let value = fields.next_value_seed(Self::Field)?;
            if !value.is_null() {
                object.insert(name, value);
            }
        }
        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Object(object))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        let is_short = text.len() <= LONGEST_TEXT;
        Ok(if is_short { text.into() } else { Value::Null })
    }

    fn visit_bool<E>(self, _truth: bool) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, _number: f64) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
}
