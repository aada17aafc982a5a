//! A country by its two letters (ISO 3166-1 alpha-2), with its names and its number.

mod names;

use std::fmt;
use std::str::FromStr;

use names::NAMES;

/// The two letters of a country, or of what registries write in place of one: `EU` and `AP` for a region, `XK` for Kosovo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

/// A language that countries have names in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    English,
    /// Spanish.
    Spanish,
}

/// The text is no code of a country.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a country is two letters, such as ES")]
pub struct BadCountry;

impl Country {
    /// Makes a country of two letters; none of anything else.
    #[must_use]
    pub const fn new(letters: [u8; 2]) -> Option<Self> {
        let [one, other] = letters;
        if one.is_ascii_alphabetic() && other.is_ascii_alphabetic() {
            Some(Self([one.to_ascii_uppercase(), other.to_ascii_uppercase()]))
        } else {
            None
        }
    }

    /// The two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The short name.
    #[must_use]
    pub fn name(self, language: Language) -> &'static str {
        match (self.row(), language) {
            (Some((_, _, name, _)), Language::English) | (Some((_, _, _, name)), Language::Spanish) => name,
            (None, Language::English) => "Unknown country",
            (None, Language::Spanish) => "País desconocido",
        }
    }

    /// The number of ISO 3166-1, by which maps know it; none for what is no country there.
    #[must_use]
    pub fn numeric(self) -> Option<u16> {
        self.row()
            .map(|(_, number, _, _)| *number)
            .filter(|number| *number != 0)
    }

    /// The country of such a number.
    #[must_use]
    pub fn of_numeric(number: u16) -> Option<Self> {
        let row = NAMES
            .iter()
            .find(|(_, known, ..)| *known == number && number != 0)?;
        row.0.parse().ok()
    }

    /// Every country that has a name, in the order of their letters.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().filter_map(|(code, ..)| code.parse().ok())
    }

    fn row(self) -> Option<&'static names::Row> {
        let at = NAMES.binary_search_by(|(code, ..)| code.as_bytes().cmp(&self.0));
        at.ok().and_then(|at| NAMES.get(at))
    }

    /// As two bytes in a table, where 0 is none.
    pub(crate) const fn to_bits(country: Option<Self>) -> u16 {
        match country {
            Some(Self(letters)) => u16::from_be_bytes(letters),
            None => 0,
        }
    }

    /// Back from there.
    pub(crate) const fn from_bits(bits: u16) -> Option<Self> {
        Self::new(bits.to_be_bytes())
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Country {
    type Err = BadCountry;

    fn from_str(text: &str) -> Result<Self, BadCountry> {
        let letters = text.as_bytes().try_into().map_err(|_bad| BadCountry)?;
        Self::new(letters).ok_or(BadCountry)
    }
}

atalaya_model::as_text!(Country);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_country_is_found_by_its_letters_and_by_its_number() {
        assert!(NAMES.is_sorted_by(|one, other| one.0 < other.0));
        assert!(Country::all().count() > 248);
        for country in Country::all() {
            assert!(!country.name(Language::English).is_empty());
            assert!(!country.name(Language::Spanish).is_empty());
            if let Some(number) = country.numeric() {
                assert_eq!(Country::of_numeric(number), Some(country));
            }
        }
        let spain: Country = "es".parse().unwrap();
        assert_eq!((spain.to_string().as_str(), spain.numeric()), ("ES", Some(724)));
        assert_eq!(spain.name(Language::English), "Spain");
        assert_eq!(spain.name(Language::Spanish), "España");
    }

    #[test]
    fn what_is_no_country_is_refused_or_has_no_name() {
        for text in ["", "E", "ESP", "E1", "ñ", "<>"] {
            assert_eq!(text.parse::<Country>(), Err(BadCountry), "{text}");
        }
        let nobody = Country::new(*b"QQ").unwrap();
        assert_eq!(nobody.name(Language::English), "Unknown country");
        assert_eq!((nobody.numeric(), Country::of_numeric(0)), (None, None));
        assert_eq!(Country::from_bits(Country::to_bits(Some(nobody))), Some(nobody));
        assert_eq!(Country::from_bits(Country::to_bits(None)), None);
    }

    /// The lists of codes and names that stand beside the project agree.
    #[test]
    fn the_table_agrees_with_another_list_of_codes() {
        let Some(path) = atalaya_testkit::data("geo-asn-map/country-codes.json") else {
            return atalaya_testkit::skip("the list of country codes is not here");
        };
        let text = std::fs::read_to_string(path).unwrap();
        let rows: Vec<Vec<&str>> = text
            .lines()
            .map(|line| line.split('"').skip(1).step_by(2).collect())
            .filter(|row: &Vec<&str>| row.len() >= 3)
            .collect();
        assert!(rows.len() > 240);
        for row in rows {
            let country: Country = row[0].parse().unwrap();
            let number = Some(row[2].parse().unwrap()).filter(|number| *number != 0);
            if row[0] != "XK" {
                assert_eq!(country.numeric(), number, "{}", row[0]);
            }
            assert!(country.row().is_some(), "{}", row[0]);
        }
    }
}
