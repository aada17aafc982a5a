//! A form as browsers and `curl --data` send it (`application/x-www-form-urlencoded`, WHATWG URL section 5.1).

use std::borrow::Cow;

use percent_encoding::percent_decode;

/// The name and the value of a field.
type Field<'a> = (Cow<'a, [u8]>, Cow<'a, [u8]>);

/// Most fields of a form that are looked at. The forms that are read here have at most seven.
pub const MAX_FIELDS: usize = 32;

/// The fields of a form. Values are bytes: a log may be in any encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form<'a> {
    fields: Vec<Field<'a>>,
}

impl<'a> Form<'a> {
    /// Reads a body or a query. Nothing is refused: what has no `=` is a field without a value, and a broken `%` stands for itself.
    #[must_use]
    pub fn read(body: &'a [u8]) -> Self {
        let fields = body.split(|byte| *byte == b'&').filter(|field| !field.is_empty());
        let split = |field: &'a [u8]| {
            let mut halves = field.splitn(2, |byte| *byte == b'=');
            let mut half = || decoded(halves.next().unwrap_or_default());
            (half(), half())
        };
        Self {
            fields: fields.take(MAX_FIELDS).map(split).collect(),
        }
    }

    /// The first field of this name that has a value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let of_name = self
            .fields
            .iter()
            .filter(|(key, _)| key.as_ref() == name.as_bytes());
        of_name
            .map(|(_, value)| value.as_ref())
            .find(|value| !value.is_empty())
    }

    /// The same as text; what is no UTF-8 becomes U+FFFD.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        self.get(name).map(String::from_utf8_lossy)
    }
}

/// Reads `+` and `%XX`.
fn decoded(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'+') {
        return percent_decode(text).into();
    }
    let spaced: Vec<u8> = text
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    let decoded: Cow<'_, [u8]> = percent_decode(&spaced).into();
    Cow::Owned(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_they_were_meant_in_any_encoding() {
        let form = Form::read(b"ip=192.0.2.1&comment=a+b%26c%0Ad%E9&empty=&broken=%zz%4&bare&ip=192.0.2.2");
        assert_eq!(form.get("ip"), Some(&b"192.0.2.1"[..]));
        assert_eq!(form.get("comment"), Some(&b"a b&c\nd\xe9"[..]));
        assert_eq!(form.text("comment").unwrap(), "a b&c\nd\u{FFFD}");
        assert_eq!(form.get("broken"), Some(&b"%zz%4"[..]));
        assert_eq!(
            (form.get("empty"), form.get("bare"), form.get("none")),
            (None, None, None)
        );
    }

    #[test]
    fn a_form_has_only_so_many_fields() {
        let many = "a=1&".repeat(MAX_FIELDS) + "ip=192.0.2.1";
        assert_eq!(Form::read(many.as_bytes()).get("ip"), None);
    }
}
