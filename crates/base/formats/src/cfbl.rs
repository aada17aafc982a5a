//! `CFBL-Address` (RFC 9477): where a sender wants complaints about his message.
//!
//! In: a message, and those of its signatures that are valid. Out: the address and the form that it asks for, and whether the signatures allow
//! it. Nothing is believed that is not signed: by the domain of `From`, and by that of the address where it is another one.

use atalaya_model::MailAddress;

use crate::dkim::{Signature, has_odd_line_ends};
use crate::message::{Field, Glance, Head, Oddity};

/// The longest value that is read.
const MAX_VALUE: usize = 1_000;
const ADDRESS: &str = "CFBL-Address";
const FEEDBACK_ID: &str = "CFBL-Feedback-ID";

/// In which form a report is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportForm {
    /// ARF (RFC 5965).
    Arf,
    /// X-ARF.
    Xarf,
}

/// What a message asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportWish {
    /// Where reports go.
    pub address: MailAddress,
    /// Their form.
    pub form: ReportForm,
    /// The domain of `From`, in small letters.
    from: String,
    /// Whether the message names itself for reports.
    has_feedback_id: bool,
}

impl ReportWish {
    /// Reads what a message asks for; none where it asks for nothing, or not plainly. RFC 9477 section 3.2 lets the first of several fields
    /// count; of several, a signature covers the last. So whoever writes several gets no report, and neither does a report.
    #[must_use]
    pub fn read(mail: &[u8]) -> Option<Self> {
        if has_odd_line_ends(mail) {
            return None;
        }
        let head = Head::read(mail);
        let field = only(&head, ADDRESS)?;
        let glance = Glance::of(&head);
        if glance.is_report || glance.oddities.has(Oddity::ManyFrom) {
            return None;
        }
        let has_feedback_id = head.first(FEEDBACK_ID).is_some();
        if has_feedback_id {
            only(&head, FEEDBACK_ID)?;
        }
        let from: MailAddress = glance.from?.parse().ok()?;
        let line = field.line(MAX_VALUE);
        let (address, more) = line.split_once(';').unwrap_or((&line, ""));
        Some(Self {
            address: address.trim().parse().ok()?,
            form: match more.trim() {
                "report=xarf" => ReportForm::Xarf,
                _ => ReportForm::Arf,
            },
            from: from.domain().to_owned(),
            has_feedback_id,
        })
    }

    /// Whether a signature, if it is valid, has anything to do with this.
    #[must_use]
    pub fn concerns(&self, signature: &Signature) -> bool {
        let names = [self.from.as_str(), self.address.domain()];
        names.into_iter().any(|name| is_within(name, signature.domain()))
    }

    /// Whether these signatures, all of them valid, allow to send a report there (RFC 9477 section 3.1).
    ///
    /// Where the address is in the domain of `From` or below, that domain must have signed both fields. Where it is another one, the domain of
    /// the address must have, and that of `From` must have signed the message; it may have done so before the fields were added.
    #[must_use]
    pub fn is_allowed_by(&self, valid: &[&Signature]) -> bool {
        let by = |name: &str| {
            let own = valid
                .iter()
                .filter(move |signature| is_within(name, signature.domain()));
            own.copied().collect::<Vec<_>>()
        };
        let covers = |signature: &&Signature| {
            signature.covers(ADDRESS) && (!self.has_feedback_id || signature.covers(FEEDBACK_ID))
        };
        let by_from = by(&self.from);
        match is_within(self.address.domain(), &self.from) {
            true => by_from.iter().any(covers),
            false => !by_from.is_empty() && by(self.address.domain()).iter().any(covers),
        }
    }
}

/// Whether a name is a domain or stands below it. Both in small letters.
#[must_use]
pub fn is_within(name: &str, domain: &str) -> bool {
    let rest = name.strip_suffix(domain);
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// The field of a name, where it stands once.
fn only<'a, 'b>(head: &'b Head<'a>, name: &str) -> Option<&'b Field<'a>> {
    let mut all = head.all(name);
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use atalaya_model::Timestamp;

    use super::*;

    fn mail(from: &str, fields: &str) -> Vec<u8> {
        format!("From: News <news@{from}>\r\n{fields}Subject: x\r\n\r\nx\r\n").into_bytes()
    }

    fn signed(domain: &str, names: &str) -> Signature {
        let value = format!("v=1; a=rsa-sha256; d={domain}; s=s; h={names}; bh=AA==; b=AA==");
        Signature::read(value.as_bytes(), Timestamp::from_seconds(0)).unwrap()
    }

    fn allowed(from: &str, address: &str, signatures: &[(&str, &str)]) -> bool {
        let wish = ReportWish::read(&mail(
            from,
            &format!("CFBL-Address: {address}\r\nCFBL-Feedback-ID: 1:2\r\n"),
        ));
        let signatures: Vec<Signature> = signatures
            .iter()
            .map(|(domain, names)| signed(domain, names))
            .collect();
        wish.unwrap()
            .is_allowed_by(&signatures.iter().collect::<Vec<_>>())
    }

    const ALL: &str = "From:CFBL-Address:CFBL-Feedback-ID";

    #[test]
    fn the_cases_of_rfc_9477_are_told_apart() {
        // Strict, relaxed (both examples), third party, and signed before the fields were added.
        assert!(allowed("a.example", "fbl@a.example", &[("a.example", ALL)]));
        assert!(allowed("m.a.example", "fbl@m.a.example", &[("a.example", ALL)]));
        assert!(allowed("a.example", "fbl@m.a.example", &[("a.example", ALL)]));
        assert!(allowed(
            "a.example",
            "fbl@esp.example",
            &[("esp.example", ALL), ("a.example", ALL)]
        ));
        assert!(allowed(
            "a.example",
            "fbl@esp.example",
            &[("a.example", "From"), ("esp.example", ALL)]
        ));
    }

    #[test]
    fn what_is_not_signed_by_whom_it_must_is_not_allowed() {
        assert!(!allowed("a.example", "fbl@a.example", &[]));
        assert!(!allowed("a.example", "fbl@a.example", &[("b.example", ALL)]));
        assert!(!allowed("a.example", "fbl@a.example", &[("m.a.example", ALL)]));
        assert!(!allowed(
            "a.example",
            "fbl@a.example",
            &[("a.example", "From:CFBL-Address")]
        ));
        assert!(!allowed(
            "a.example",
            "fbl@a.example",
            &[("a.example", "From:CFBL-Feedback-ID")]
        ));
        assert!(!allowed("a.example", "fbl@m.a.example", &[("m.a.example", ALL)]));
        assert!(!allowed("a.example", "victim@b.example", &[("a.example", ALL)]));
        assert!(!allowed("a.example", "fbl@esp.example", &[("esp.example", ALL)]));
        assert!(!allowed(
            "a.example",
            "fbl@esp.example",
            &[("esp.example", "From"), ("a.example", ALL)]
        ));
        assert!(!allowed(
            "evila.example",
            "fbl@evila.example",
            &[("a.example", ALL)]
        ));
    }

    #[test]
    fn a_wish_is_read_only_where_it_is_plain() {
        let read = |fields: &str| ReportWish::read(&mail("a.example", fields));
        let wish = read("cfbl-address:\r\n fbl@A.example ;\r\n report=xarf\r\n").unwrap();
        assert_eq!(
            (wish.address.as_str(), wish.form),
            ("fbl@a.example", ReportForm::Xarf)
        );
        assert_eq!(
            read("CFBL-Address: f@a.example; report=arf\r\n").unwrap().form,
            ReportForm::Arf
        );
        for not in [
            "",
            "CFBL-Address: nobody\r\n",
            "CFBL-Address: f@a.example, g@a.example\r\n",
            "CFBL-Address: f@a.example\r\nCFBL-Address: f@a.example\r\n",
            "CFBL-Address: f@a.example\r\nCFBL-Feedback-ID: 1\r\nCFBL-Feedback-ID: 2\r\n",
            "CFBL-Address: f@a.example\r\nFrom: other@a.example\r\n",
            "CFBL-Address: f@a.example\r\nContent-Type: multipart/report; report-type=feedback-report\r\n",
            "CFBL-Address: f@a.example\r\nAuto-Submitted: auto-replied\r\n",
        ] {
            assert_eq!(read(not), None, "{not}");
        }
        assert_eq!(ReportWish::read(b"CFBL-Address: f@a.example\r\n\r\n"), None);
        for odd in [
            "X: a\rCFBL-Address: f@a.example\r\n",
            "X: a\nCFBL-Address: f@a.example\r\n",
        ] {
            assert_eq!(read(odd), None, "others read another header: {odd:?}");
        }
        let in_a_file = mail("a.example", "CFBL-Address: f@a.example\r\n");
        let in_a_file = String::from_utf8(in_a_file).unwrap().replace('\r', "");
        assert!(ReportWish::read(in_a_file.as_bytes()).is_some());
    }
}
