//! Text made comparable: phrases are looked for in it however they were capitalised, accented and broken into lines.
//!
//! In: any text. Out: lower case, without the accents of Western languages, straight quotes, and one space where white space stood.

/// The text, at most so many characters of it.
pub(crate) fn folded(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len().min(most));
    let mut space = false;
    for character in text.chars().take(most).flat_map(char::to_lowercase) {
        if character.is_whitespace() || character.is_control() {
            space = !out.is_empty();
            continue;
        }
        if std::mem::take(&mut space) {
            out.push(' ');
        }
        match plain(character) {
            Some(letters) => out.push_str(letters),
            None => out.push(character),
        }
    }
    out
}

/// Where a phrase stands as whole words, if it does. Both must be folded.
pub(crate) fn find(text: &str, phrase: &str) -> Option<usize> {
    text.match_indices(phrase)
        .map(|(at, _)| at)
        .find(|at| is_whole(text, *at, phrase.len()))
}

/// Whether a phrase stands there as whole words.
pub(crate) fn has(text: &str, phrase: &str) -> bool {
    find(text, phrase).is_some()
}

/// Whether neither end of what stands at `at` is inside a word.
pub(crate) fn is_whole(text: &str, at: usize, length: usize) -> bool {
    let is_word = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
    let before = text.get(..at).and_then(|before| before.chars().next_back());
    let after = text.get(at..).and_then(|rest| rest.get(length..));
    !is_word(before) && !is_word(after.and_then(|after| after.chars().next()))
}

/// A letter without its accent, or a sign in its plain form; none where it is plain.
const fn plain(character: char) -> Option<&'static str> {
    Some(match character {
        'á' | 'à' | 'â' | 'ã' | 'å' => "a",
        'ä' | 'æ' => "ae",
        'ç' => "c",
        'é' | 'è' | 'ê' | 'ë' => "e",
        'í' | 'ì' | 'î' | 'ï' => "i",
        'ñ' => "n",
        'ó' | 'ò' | 'ô' | 'õ' => "o",
        'ö' => "oe",
        'ú' | 'ù' | 'û' => "u",
        'ü' => "ue",
        'ß' => "ss",
        '\u{300}'..='\u{36f}' | '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{feff}' => "",
        '’' | '‘' | '´' | '`' => "'",
        '“' | '”' | '«' | '»' | '„' => "\"",
        '–' | '—' | '‐' | '‑' => "-",
        '…' => "...",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_accents_and_lines_make_no_difference() {
        assert_eq!(
            folded(" Ya  está\r\n SOLUCIONADO\u{301}, ’tis\u{a0}“fixed”… Grüße ", 99),
            "ya esta solucionado, 'tis \"fixed\"... gruesse"
        );
        assert_eq!(folded("abcdef", 3), "abc");
        assert_eq!(folded("\u{301}\0", 3), "");
    }

    #[test]
    fn phrases_are_whole_words() {
        assert_eq!(find("unstop, stop!", "stop"), Some(8));
        assert!(!has("stopped", "stop"));
        assert!(has("por favor: baja", "baja"));
        assert!(!has("", "x"));
    }
}
