#![doc = include_str!("../README.md")]

mod catalogue;
mod closing;
mod config;
mod counter;
mod counts;
mod day;
mod error;
mod exchange;
mod figures;
mod fold;
mod profile;
mod segment;
mod sender;
mod statistics;
mod whereabouts;

pub use catalogue::{Botnet, Catalogue, Confidence};
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
pub use profile::Profile;
pub use segment::{BadSegment, Cell, Segment};
pub use sender::{Neighbourhood, Sender};
pub use statistics::{MOST_DAYS, Statistics};
pub use whereabouts::Whereabouts;
