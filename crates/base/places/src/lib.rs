#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

mod built_in;
mod config;
mod country;
mod error;
mod load;
mod places;
mod ranges;
mod read;
mod source;
mod world;

pub use config::PlacesConfig;
pub use country::{BadCountry, Country, Language};
pub use error::PlacesError;
pub use load::Loaded;
pub use places::{Network, Place, Places};
pub use read::{Examined, examine};
pub use source::{Attribution, Origin, Part, Source};
pub use world::{MAP_HEIGHT, MAP_WIDTH, dots, world};
