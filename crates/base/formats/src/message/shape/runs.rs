//! What a program makes up, such as the left side of a Message-ID or a boundary, told by the runs of letters and digits in it.
//!
//! Which letters occur is told for the whole of it, because a single run may happen to have none: `d` none, `x` and `X` those of
//! hexadecimal numbers, `l` and `U` others, `m` both small and capital. Then follows the least length of a range, or nothing where
//! the run is short, because programs write most numbers without leading zeros: `x12` is a hexadecimal number of 12 to 15 digits, `d8` one of
//! eight to ten, such as seconds since 1970, `d` a shorter one, such as the number of a process.

use super::sign;

/// Most bytes that are looked at.
const MOST_BYTES: usize = 256;
/// Most bytes that are told.
const MOST_TOLD: usize = 80;
/// Most of the same sign in a row that are told.
const MOST_SIGNS: usize = 4;
/// From this length on, text in small and capital letters is base64, in which signs are digits as well.
const LONG: usize = 32;
/// Longer hexadecimal numbers are told as this long.
const LONGEST_HEX: usize = 40;

/// Which letters occur.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Letters {
    None,
    /// Those of hexadecimal numbers only.
    Hex(char),
    /// Others.
    Any(char),
}

impl Letters {
    fn of(text: &[u8]) -> Self {
        let any = |is: fn(&u8) -> bool| text.iter().any(is);
        let (small, capital) = (any(u8::is_ascii_lowercase), any(u8::is_ascii_uppercase));
        let is_hex = text
            .iter()
            .all(|byte| !byte.is_ascii_alphabetic() || byte.is_ascii_hexdigit());
        match (small, capital) {
            (false, false) => Self::None,
            (true, true) => Self::Any('m'),
            (true, false) if is_hex => Self::Hex('x'),
            (false, true) if is_hex => Self::Hex('X'),
            (true, false) => Self::Any('l'),
            (false, true) => Self::Any('U'),
        }
    }
}

/// The runs of a text.
pub(super) fn runs(text: &[u8]) -> String {
    let mut rest = text.get(..MOST_BYTES).unwrap_or(text);
    let letters = Letters::of(rest);
    let mut told = String::new();
    let mut signs = (0, 0_usize);
    while let Some(first) = rest.first() {
        if told.len() >= MOST_TOLD {
            told.push_str("...");
            break;
        }
        let length = length(rest, letters);
        let (run, behind) = rest.split_at_checked(length.max(1)).unwrap_or((rest, b""));
        if length > 0 {
            class(run, letters, &mut told);
            signs = (0, 0);
        } else {
            let count = if signs.0 == *first {
                signs.1.saturating_add(1)
            } else {
                1
            };
            signs = (*first, count);
            if count <= MOST_SIGNS {
                told.push(sign(*first));
            }
        }
        rest = behind;
    }
    told
}

/// The length of the run at the beginning; 0 where a sign stands there.
fn length(text: &[u8], letters: Letters) -> usize {
    let run = text
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .count();
    if run == 0 || letters != Letters::Any('m') {
        return run;
    }
    let is_base64 = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+/=_-".contains(byte);
    match text.iter().take_while(is_base64).count() {
        long if long >= LONG => long,
        _ => run,
    }
}

fn class(run: &[u8], letters: Letters, told: &mut String) {
    let length = run.len();
    let is_number = run.iter().all(u8::is_ascii_digit);
    let (class, least) = match letters {
        // Hexadecimal numbers of these lengths seldom have no letter, and other numbers often have these lengths.
        Letters::Hex(_) if is_number && (matches!(length, 9 | 10) || length > 12) => number(length),
        Letters::Hex(class) => (
            class,
            if length < 8 {
                0
            } else {
                length.min(LONGEST_HEX) & !3
            },
        ),
        Letters::Any(_) if is_number && length >= 8 => number(length),
        Letters::Any(class) => (
            class,
            match length {
                ..8 => 0,
                8..16 => 8,
                16..LONG => 16,
                LONG.. => LONG,
            },
        ),
        Letters::None => number(length),
    };
    told.push(class);
    if least > 0 {
        told.push_str(&least.to_string());
    }
}

/// The class of a number: of days and processes, of seconds, of milliseconds, of dates with their time, and of random ones.
const fn number(length: usize) -> (char, usize) {
    let least = match length {
        ..8 => 0,
        8..=10 => 8,
        11..=14 => length,
        15.. => 15,
    };
    ('d', least)
}
