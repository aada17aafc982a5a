//! The whole list as it is at one moment, as whoever answers from memory reads it.
//!
//! It comes in the order of the first addresses, so that a reader can put one piece after the other in its place. And it comes with no more
//! than an answer needs, a whole piece in one row: the database puts the lines together, which takes it far less time than a driver
//! takes to hand out a row for each.

use std::net::{IpAddr, Ipv6Addr};

use atalaya_model::{AllowEntry, Class, Prefix, Serial, Timestamp};
use tokio::sync::mpsc::Sender;

use crate::decisions::serial;
use crate::listings::all_allowed;
use crate::sql::{Connection, Dialect, values};
use crate::{Store, StoreError};

/// Listings of one piece.
const PAGE: u32 = 10_000;
/// Where a line has nothing to say.
const NOTHING: &str = "-";

/// A part of the whole list.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// The allow list, which comes first.
    Allowed(Vec<AllowEntry>),
    /// The next listings in the order of their first addresses, IPv4 in the place of its mapped form; also those whose end has passed
    /// but was not yet decided.
    Listings(Vec<ListLine>),
}

/// A listing, as far as an answer needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListLine {
    /// What is listed.
    pub prefix: Prefix,
    /// The class.
    pub class: Class,
    /// When it ends; none for no end.
    pub until: Option<Timestamp>,
    /// Why, where its rule is the one whose reasons were asked for.
    pub reason: Option<String>,
}

impl Store {
    /// Reads the whole list as it is at one moment, piece by piece, and tells the last decision that is contained. Only of the rule of
    /// this name the reasons are read.
    ///
    /// Ends sooner where nobody takes the pieces any more.
    ///
    /// # Errors
    /// The store failed.
    pub async fn read_list(&self, reasons_of: &str, pieces: Sender<Piece>) -> Result<Serial, StoreError> {
        let mut connection = self.read().await?;
        connection.begin_snapshot().await?;
        let serial = serial(&mut connection).await?;
        let allowed = all_allowed(&mut connection).await?;
        if pieces.send(Piece::Allowed(allowed)).await.is_ok() {
            send_listings(&mut connection, reasons_of, pieces).await?;
        }
        connection.commit().await?;
        Ok(serial)
    }
}

/// Sends all listings, a page at a time.
async fn send_listings(
    connection: &mut Connection,
    reasons_of: &str,
    pieces: Sender<Piece>,
) -> Result<(), StoreError> {
    let sql = page_query(connection.dialect());
    let reasons_of = format!("{reasons_of}/");
    let begin: IpAddr = Ipv6Addr::UNSPECIFIED.into();
    let mut after = (begin, String::new(), "");
    loop {
        let (address, prefix, class) = after;
        let values = values![address, prefix, class, PAGE, reasons_of.as_str()];
        let row = connection.row(sql.clone(), values).await?;
        let text = match row {
            Some(mut row) => row.take::<Option<String>>()?.unwrap_or_default(),
            None => String::new(),
        };
        let page: Vec<ListLine> = text.lines().map(read_line).collect::<Result<_, _>>()?;
        let is_last = page.len() < PAGE as usize;
        after = page.last().map_or((begin, String::new(), ""), |last| {
            (last.prefix.network(), last.prefix.to_string(), last.class.name())
        });
        if pieces.send(Piece::Listings(page)).await.is_err() || is_last {
            return Ok(());
        }
    }
}

/// A page of listings as one text: `prefix class end reason` in each line, the reason in hexadecimal digits.
fn page_query(dialect: Dialect) -> String {
    let hex = dialect.hex("reason");
    format!(
        "SELECT string_agg(prefix || ' ' || class || ' ' || COALESCE(CAST(ends_at AS TEXT), '{NOTHING}') || ' ' || \
         CASE WHEN substr(rule || '/', 1, length($5)) = $5 THEN {hex} ELSE '{NOTHING}' END, '\n' ORDER BY first_address, prefix, class) \
         FROM (SELECT prefix, class, first_address, ends_at, rule, reason FROM listings \
         WHERE first_address >= $1 AND (first_address, prefix, class) > ($1, $2, $3) \
         ORDER BY first_address, prefix, class LIMIT $4) AS page"
    )
}

/// Reads a line of [`page_query`].
fn read_line(line: &str) -> Result<ListLine, StoreError> {
    let broken = || StoreError::corrupt(format!("the listing `{line}`"));
    let mut words = line.split(' ');
    let mut word = || words.next().ok_or_else(broken);
    let (prefix, class, until, reason) = (word()?, word()?, word()?, word()?);
    Ok(ListLine {
        prefix: prefix.parse().map_err(StoreError::corrupt)?,
        class: class.parse().map_err(StoreError::corrupt)?,
        until: match until {
            NOTHING => None,
            until => Some(Timestamp::from_micros(
                until.parse().map_err(StoreError::corrupt)?,
            )),
        },
        reason: match reason {
            NOTHING => None,
            reason => Some(from_hex(reason).ok_or_else(broken)?),
        },
    })
}

/// The text behind hexadecimal digits.
fn from_hex(digits: &str) -> Option<String> {
    let pairs = digits.as_bytes().chunks(2);
    let bytes = pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    String::from_utf8(bytes.collect::<Option<_>>()?).ok()
}
