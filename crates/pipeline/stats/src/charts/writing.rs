//! Texts in charts: cleaned of what would break a line or turn it round, cut to a width, and measured about right without a font.

/// Most characters of a text that are looked at.
const MOST: usize = 400;

/// Text of strangers, fit to stand in a chart, a page or a table: without control characters and marks of direction, cut.
#[must_use]
pub fn clean(text: &str, most: usize) -> String {
    let mut words = String::new();
    let mut count = 0_usize;
    for character in text.chars() {
        let character = if character.is_whitespace() { ' ' } else { character };
        if is_unfit(character) || (character == ' ' && words.ends_with(' ')) {
            continue;
        }
        if count >= most.min(MOST) {
            words.push('…');
            return words;
        }
        words.push(character);
        count = count.saturating_add(1);
    }
    words.trim().to_owned()
}

/// Text of strangers in one line of a file: without control characters and marks of direction, and whole.
pub(crate) fn plain(text: &str) -> String {
    let spaced = text
        .chars()
        .map(|character| if character.is_whitespace() { ' ' } else { character });
    spaced.filter(|character| !is_unfit(*character)).collect()
}

/// Whether it controls, turns text round, or is no character of XML.
fn is_unfit(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// About how wide a text is.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(em).sum::<f64>() * size
}

/// About how wide a character is, in ems of the common sans-serif fonts.
fn em(character: char) -> f64 {
    // Rather too wide than too narrow: a text that is cut early is read, one that runs over its neighbour is not.
    match character {
        'i' | 'j' | 'l' | '.' | ',' | '\'' | ':' | ';' | '|' | '!' | 'I' | ' ' => 0.34,
        'f' | 't' | 'r' | '-' | '/' | '(' | ')' | '[' | ']' => 0.42,
        'm' | 'M' | 'w' | 'W' | '@' | '%' => 0.97,
        '<' | '>' | '=' | '+' | '~' | '#' | '_' => 0.84,
        'A'..='Z' => 0.71,
        '\u{1100}'.. => 1.05,
        _ => 0.62,
    }
}

/// The text, cut so that it is at most so wide.
pub(crate) fn fit(text: &str, size: f64, most: f64) -> String {
    if width(text, size) <= most {
        return text.to_owned();
    }
    let dots = width("…", size);
    let mut sum = 0.0;
    let mut cut: String = text
        .chars()
        .take_while(|character| {
            sum += em(*character) * size;
            sum + dots <= most
        })
        .collect();
    if cut.is_empty() {
        return cut;
    }
    cut.truncate(cut.trim_end().len());
    cut.push('…');
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_one_plain_line() {
        assert_eq!(clean("a\u{202e}b\u{0}c\nd\u{1b}[31m  e", 99), "abc d[31m e");
        assert_eq!(clean(&"x".repeat(10_000), 5), "xxxxx…");
        assert_eq!(clean(&"\u{202e}".repeat(10_000), 5), "");
        assert_eq!(clean("\u{ffff}\u{feff}שלום", 9), "שלום");
    }

    #[test]
    fn a_text_is_cut_to_its_room() {
        assert_eq!(fit("short", 13.0, 100.0), "short");
        let cut = fit("a very long name of a network", 13.0, 80.0);
        assert!(cut.ends_with('…') && width(&cut, 13.0) <= 80.0, "{cut}");
        assert_eq!(fit("anything", 13.0, 2.0), "");
    }
}
