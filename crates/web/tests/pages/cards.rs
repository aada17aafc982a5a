//! Tables whose rows are cards on a narrow screen, in the templates themselves: every value has the name of its column, and every part says what it
//! is, because a browser forgets a table that the style lays out otherwise.

use std::fs;
use std::path::{Path, PathBuf};

/// Columns from which on a table is too wide for a phone.
const WIDE: usize = 4;

/// The templates in a folder and those below it.
fn templates(folder: &Path) -> Vec<PathBuf> {
    let inside = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let (folders, files): (Vec<_>, Vec<_>) = inside.partition(|path| path.is_dir());
    let below = folders.iter().flat_map(|folder| templates(folder));
    files.into_iter().chain(below).collect()
}

/// All tables: the template of each, what stands in its opening mark, and all behind that.
fn tables() -> Vec<(String, String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let of = |path: PathBuf| {
        let text = fs::read_to_string(&path).unwrap();
        let begun = text.split("<table").skip(1);
        let whole = begun.map(|table| table.split("</table>").next().unwrap());
        let parted = whole.map(|table| table.split_once('>').unwrap());
        let parted =
            parted.map(|(opening, rest)| (path.display().to_string(), opening.to_owned(), rest.to_owned()));
        parted.collect::<Vec<_>>()
    };
    templates(&folder).into_iter().flat_map(of).collect()
}

/// What stands in the opening marks of a name in a text.
fn opened<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let mark = format!("<{name}");
    let after = text
        .match_indices(&mark)
        .map(|(at, mark)| &text[at + mark.len()..]);
    after
        .filter(|rest| rest.starts_with(['>', ' ']))
        .map(|rest| rest.split('>').next().unwrap())
        .collect()
}

#[test]
fn a_table_of_many_columns_is_made_of_cards_whose_values_carry_the_names_of_their_columns() {
    let mut cards = 0;
    for (template, opening, table) in tables() {
        let (head, body) = table.split_once("</thead>").unwrap();
        let names: Vec<&str> = head
            .split("scope=\"col\"")
            .skip(1)
            .filter_map(|name| name.split_once('>')?.1.split_once("</th>"))
            .map(|(name, _)| name)
            .collect();
        let is_cards = opening.contains("cards");
        assert!(
            is_cards || opening.contains("codes") || names.len() < WIDE,
            "{template}: {names:?} are too many for a phone"
        );
        if !is_cards {
            continue;
        }
        cards += 1;
        let labels: Vec<&str> = opened(body, "td")
            .into_iter()
            .filter_map(|opening| opening.split_once("data-label=\"")?.1.split('"').next())
            .collect();
        let named: Vec<&str> = names
            .into_iter()
            .skip(1)
            .filter(|name| !name.contains("unseen"))
            .collect();
        assert_eq!(labels, named, "{template}");
    }
    assert!(cards >= 15, "{cards} tables of cards were found");
}

#[test]
fn what_the_style_lays_out_otherwise_still_says_that_it_is_a_table() {
    for (template, opening, table) in tables() {
        if !["cards", "codes", "stacked"]
            .iter()
            .any(|name| opening.contains(name))
        {
            continue;
        }
        assert!(opening.contains("role=\"table\""), "{template}");
        let parts = ["thead", "tbody", "tr", "th", "td"].into_iter();
        let silent: Vec<&str> = parts
            .flat_map(|part| opened(&table, part))
            .filter(|opening| !opening.contains("role=\""))
            .collect();
        assert_eq!(silent, Vec::<&str>::new(), "{template}");
    }
}
