//! The language of the reader: what a link chose, else what the browser asks for, else English.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;

use crate::texts::{ENGLISH, SPANISH, Texts};

/// Most languages of an `Accept-Language` header that are looked at.
const MAX_LANGUAGES: usize = 20;

/// A language that the pages speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Spanish,
}

impl Language {
    /// All of them.
    pub(crate) const ALL: [Self; 2] = [Self::English, Self::Spanish];

    /// The tag of RFC 5646.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }

    /// The one that is not this.
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::English => Self::Spanish,
            Self::Spanish => Self::English,
        }
    }

    /// Everything that the pages say in it.
    pub(crate) const fn texts(self) -> &'static Texts {
        match self {
            Self::English => &ENGLISH,
            Self::Spanish => &SPANISH,
        }
    }

    /// Reads a tag, with or without a region.
    fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or(tag).trim();
        Self::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The best of what the browser asks for (RFC 9110 section 12.5.4).
    fn accepted(headers: &HeaderMap) -> Option<Self> {
        let header = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
        let mut best: Option<(f32, Self)> = None;
        for range in header.split(',').take(MAX_LANGUAGES) {
            let mut parts = range.split(';');
            let Some(language) = parts.next().and_then(Self::from_tag) else {
                continue;
            };
            let weight = parts
                .find_map(|part| part.trim().strip_prefix("q="))
                .map_or(1.0, |weight| weight.trim().parse::<f32>().unwrap_or(0.0));
            if weight > 0.0 && best.is_none_or(|(heaviest, _)| weight > heaviest) {
                best = Some((weight, language));
            }
        }
        best.map(|(_, language)| language)
    }
}

/// How the language was found: what a link chose is carried on by every link of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// `?lang=` said so.
    Chosen(Language),
    /// The browser's settings said so, or nothing did.
    Found(Language),
}

impl Choice {
    /// Looks at the query and the header of a request.
    pub(crate) fn of(query: Option<&str>, headers: &HeaderMap) -> Self {
        query
            .into_iter()
            .flat_map(|query| query.split('&'))
            .find_map(|pair| pair.strip_prefix("lang="))
            .and_then(Language::from_tag)
            .map_or_else(
                || Self::Found(Language::accepted(headers).unwrap_or(Language::English)),
                Self::Chosen,
            )
    }

    /// The language.
    pub(crate) const fn language(self) -> Language {
        match self {
            Self::Chosen(language) | Self::Found(language) => language,
        }
    }

    /// What links carry to keep the choice.
    pub(crate) const fn query(self) -> &'static str {
        match self {
            Self::Chosen(Language::English) => "?lang=en",
            Self::Chosen(Language::Spanish) => "?lang=es",
            Self::Found(_) => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(query: Option<&str>, header: Option<&str>) -> Choice {
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert(ACCEPT_LANGUAGE, header.parse().unwrap());
        }
        Choice::of(query, &headers)
    }

    #[test]
    fn a_link_wins_over_the_browser() {
        assert_eq!(
            choose(Some("lang=es"), Some("en")),
            Choice::Chosen(Language::Spanish)
        );
        assert_eq!(
            choose(Some("address=1&lang=en"), Some("es")),
            Choice::Chosen(Language::English)
        );
        assert_eq!(
            choose(Some("lang=xx"), Some("es")),
            Choice::Found(Language::Spanish)
        );
    }

    #[test]
    fn the_browser_is_understood_with_regions_and_weights() {
        let found = |header| choose(None, Some(header)).language();
        assert_eq!(found("es-AR,es;q=0.9,en;q=0.8"), Language::Spanish);
        assert_eq!(found("de, en;q=0.5, es;q=0.7"), Language::Spanish);
        assert_eq!(found("en;q=0, es;q=0.1"), Language::Spanish);
        assert_eq!(found("fr, *;q=0.1"), Language::English);
        assert_eq!(found(";;;,,,=q"), Language::English);
        assert_eq!(choose(None, None).language(), Language::English);
    }
}
