//! Figures: from the cells of some days to their picture.

mod build;
mod census;
mod crowd;
mod estimate;
mod group;
mod look;
mod past;
mod picture;
mod table;
mod tally;

#[cfg(test)]
mod tests;

pub(crate) use self::build::{Around, picture};
pub(crate) use self::census::Census;
pub(crate) use self::crowd::Crowd;
pub use self::estimate::Estimate;
pub(crate) use self::look::Names;
pub(crate) use self::past::Past;
pub use self::picture::{
    BotnetKind, BotnetRow, DayRow, Dimension, Figures, Measure, Origin, Pair, Picture, Ranking, Row, Share,
};
pub(crate) use self::tally::Tally;
