#![doc = include_str!("../README.md")]

mod catalogue;
mod charts;
mod closing;
mod config;
mod counter;
mod counts;
mod day;
mod error;
mod exchange;
mod figures;
mod fold;
mod matrix;
mod parts;
mod profile;
mod report;
mod segment;
mod sender;
mod statistics;
mod tables;
mod whereabouts;
mod words;

pub use atalaya_places::{Country, Language, Place, Places};
pub use catalogue::{Botnet, Catalogue, Confidence};
pub use charts::{Drawing, NARROW, View, WIDE, chart, clean, style};
pub use config::StatsConfig;
pub use counter::{Counter, READER};
pub use counts::Counts;
pub use day::{BadDay, Day, Days};
pub use error::StatsError;
pub use exchange::{DayFile, Taken};
pub use figures::{
    BotnetKind, BotnetRow, DayRow, Dimension, Estimate, Figures, Measure, Origin, Pair, Picture, Ranking,
    Row, Share,
};
pub use fold::Fold;
pub use parts::Part;
pub use profile::Profile;
pub use report::{Stand, report, sections, title, warnings};
pub use segment::{BadSegment, Cell, Segment};
pub use sender::{Neighbourhood, Sender};
pub use statistics::{MOST_DAYS, Statistics};
pub use tables::{Table, json, table};
pub use whereabouts::Whereabouts;
pub use words::{Words, words};
