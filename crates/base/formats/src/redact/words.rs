//! Words that are never hidden where they stand alone: half of the world has such a mailbox, or every mail has the word.
//!
//! A sender chooses its recipients, and could otherwise make a report unreadable by writing to `received@` and `charset@`.

/// Every mailbox of the kind, in the languages of the list.
const MAILBOXES: &str = "abuse account accounts admin administrator bank billing client cliente contact contacto customer help \
    hello hola hostmaster info invoice mail mailbox marketing news newsletter noreply office offer offers order postmaster reply \
    root sales security service servicio shop soporte spam support team test user usuario ventas webmaster";
/// The words of pseudonyms and of domains that are kept for examples.
const PSEUDONYMS: &str = "example hidden invalid localhost";
/// Header fields and their values (RFC 5322, 5321, 8601, 6376 and what mail servers write).
const HEADER: &str = "agent arrival auth authentication authenticated author auto base bounce bulk client comments complaints copy date \
    delivered delivery disposition dkim dmarc domain encrypted envelope errors esmtp esmtpa esmtps esmtpsa exim fail feedback \
    forwarded from header headers helo host ident importance keywords language list local loop mailer message neutral none notification \
    original pass path permerror postfix precedence priority qmail query received receiver recipient recipients references relay resent \
    result results return score selector sender server signature smtp smtps softfail source status subject submitted subscribe temperror \
    thread topic trace unknown unsubscribe using version with";
/// MIME, HTML and links.
const MARKUP: &str = "align alternative application ascii attachment audio background base64 binary body boundary bit border button calendar \
    cell center charset class click color content data delsp description digest div encoded encoding family file filename flowed font form \
    format head height href html http https image inline iso javascript left link meta mime mixed multipart name octet padding part pdf plain \
    png printable quoted related relaxed report rfc822 right script simple size span src start stream style table target tbody text \
    title transfer type upload url utf utf8 valign value video weight white width windows wrap zip";

/// Whether somebody could say this word without meaning a mailbox of that name.
pub(super) fn is_common(word: &str) -> bool {
    [MAILBOXES, PSEUDONYMS, HEADER, MARKUP]
        .iter()
        .flat_map(|words| words.split_ascii_whitespace())
        .any(|common| common == word)
}
