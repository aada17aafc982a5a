#![doc = include_str!("../README.md")]

mod catalogue;
mod charts;
mod config;
mod counter;
mod counts;
mod day;
mod error;
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
mod words;

pub use catalogue::{Botnet, Catalogue, Confidence};
pub use charts::{Drawing, NARROW, View, WIDE, chart, clean, style};
pub use config::StatsConfig;
pub use counter::{Counter, READER};
pub use counts::Counts;
pub use day::{BadDay, Day, Days};
pub use error::StatsError;
pub use figures::{
    BotnetKind, BotnetRow, DayRow, Dimension, Estimate, Figures, Measure, Origin, Pair, Picture, Ranking,
    Row, Share,
};
pub use fold::Fold;
pub use parts::Part;
pub use profile::Profile;
pub use report::{Stand, report, sections, title};
pub use segment::{BadSegment, Cell, Segment};
pub use sender::{Neighbourhood, Sender};
pub use statistics::{MOST_DAYS, Statistics};
pub use tables::{Table, json, table};
pub use words::{Words, words};
