//! Target `puzzle`: the words of removals, and the numbers that are said to solve them.

use atalaya_formats::puzzle::{BadPuzzle, Puzzle};
use atalaya_model::Prefix;

/// The key that the seeds are sealed with.
const KEY: &[u8] = b"fuzz";

/// Opens the first line as a puzzle for 192.0.2.7: what opens is the same when it is sealed again, and opens for no other address.
///
/// The second line is a number; one that solves a puzzle solves every easier one.
pub fn puzzle(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let (word, number) = text.split_once('\n').unwrap_or((text, ""));
    let unit: Prefix = "192.0.2.7".parse().unwrap();
    if let Ok(open) = Puzzle::open(word, KEY, &unit) {
        assert_eq!(open.seal(KEY), word);
        let other = "192.0.2.8".parse().unwrap();
        assert_eq!(Puzzle::open(word, KEY, &other), Err(BadPuzzle));
        if open.is_solved(word, number) {
            let easier = Puzzle { bits: 0, ..open };
            assert!(easier.is_solved(word, number));
            assert!(number.parse::<u128>().is_ok());
        }
    }
}
