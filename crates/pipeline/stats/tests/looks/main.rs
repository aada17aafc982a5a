//! What people look at: charts, tables and reports of plausible pictures, empty ones, and ones in which strangers chose the names.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests end where something is not as it should be"
)]

#[path = "../sample/mod.rs"]
mod sample;

use atalaya_places::Language;
use atalaya_stats::{
    Dimension, Drawing, Measure, NARROW, Part, Picture, Stand, View, WIDE, chart, json, report, sections,
    table, words,
};

const LANGUAGES: [Language; 2] = [Language::English, Language::Spanish];

fn view(language: Language, by: Measure) -> View {
    View {
        words: words(language),
        by,
    }
}

fn english() -> View {
    view(Language::English, Measure::Addresses)
}

fn pictures() -> [Picture; 4] {
    [
        sample::picture(1),
        sample::picture(7),
        sample::nothing(),
        sample::hostile(),
    ]
}

/// Every drawing of a picture, in every language, size and measure.
fn drawings(picture: &Picture) -> Vec<Drawing> {
    let mut drawings = Vec::new();
    for (language, by) in LANGUAGES
        .into_iter()
        .flat_map(|language| Measure::ALL.map(|by| (language, by)))
    {
        for (part, width) in Part::ALL
            .into_iter()
            .flat_map(|part| [(part, WIDE), (part, NARROW)])
        {
            drawings.push(chart(picture, part, view(language, by), width));
        }
    }
    drawings
}

/// Whatever could run, load or lead out of a drawing.
fn is_quiet(svg: &roxmltree::Document<'_>) -> bool {
    svg.descendants().filter(roxmltree::Node::is_element).all(|node| {
        !matches!(
            node.tag_name().name(),
            "script" | "a" | "image" | "use" | "foreignObject"
        ) && node.attributes().all(|attribute| {
            let name = attribute.name();
            !name.starts_with("on") && name != "style" && name != "href"
        })
    })
}

#[test]
fn every_chart_is_well_formed_has_a_name_and_runs_nothing() {
    for drawing in pictures().iter().flat_map(drawings) {
        let file = drawing.file();
        let parsed = roxmltree::Document::parse(&file).unwrap();
        let root = parsed.root_element();
        assert_eq!(root.attribute("role"), Some("img"));
        let first = |name: &str| {
            root.children()
                .find(|node| node.has_tag_name(name) || node.tag_name().name() == name)
        };
        assert!(!first("title").unwrap().text().unwrap().is_empty());
        assert!(!first("desc").unwrap().text().unwrap().is_empty());
        assert!(is_quiet(&parsed), "{file}");
        assert!(!file.contains("NaN") && !file.contains("inf\""), "{file}");
        let inline = drawing.inline("x", "chart");
        assert!(is_quiet(&roxmltree::Document::parse(&inline).unwrap()));
        assert!(!inline.contains("<style"), "{inline}");
    }
}

#[test]
fn the_same_figures_give_the_same_bytes() {
    let picture = sample::picture(7);
    let files = |picture: &Picture| drawings(picture).iter().map(Drawing::file).collect::<Vec<_>>();
    assert_eq!(files(&picture), files(&picture.clone()));
}

#[test]
fn everything_that_is_drawn_lies_on_its_sheet() {
    for drawing in pictures().iter().flat_map(drawings) {
        let file = drawing.file();
        let parsed = roxmltree::Document::parse(&file).unwrap();
        let number = |node: &roxmltree::Node<'_, '_>, name: &str| {
            node.attribute(name).and_then(|text| text.parse::<f64>().ok())
        };
        let (width, height) = (
            number(&parsed.root_element(), "width").unwrap(),
            number(&parsed.root_element(), "height").unwrap(),
        );
        for node in parsed
            .descendants()
            .filter(|node| matches!(node.tag_name().name(), "rect" | "text" | "circle"))
        {
            let at = |names: [&str; 2]| {
                names
                    .into_iter()
                    .find_map(|name| number(&node, name))
                    .unwrap_or(0.0)
            };
            let (x, y) = (at(["x", "cx"]), at(["y", "cy"]));
            let (wide, high) = (at(["width", "width"]), at(["height", "height"]));
            assert!(
                x >= -0.1 && y >= -0.1 && x + wide <= width + 0.1 && y + high <= height + 0.1,
                "{node:?}\n{file}"
            );
        }
    }
}

#[test]
fn the_numbers_stand_in_chart_table_and_file() {
    let picture = sample::picture(1);
    let srizbi = &picture.botnets[0];
    let svg = chart(&picture, Part::Botnets, english(), WIDE).file();
    assert!(
        svg.contains("Srizbi") && svg.contains(&words(Language::English).short(srizbi.figures.addresses)),
        "{svg}"
    );
    let table = table(&picture, Part::Botnets, english());
    let csv = table.csv();
    let line = csv.lines().find(|line| line.starts_with("Srizbi,")).unwrap();
    assert!(
        line.contains(&format!(
            ",{},addresses seen,{},",
            srizbi.figures.addresses,
            srizbi.size.unwrap().likely
        )),
        "{line}"
    );
    let text = table.text(words(Language::English), 140);
    let low = words(Language::English).number(srizbi.size.unwrap().low);
    for words in [
        "addresses seen",
        "Chao 1987, 95\u{a0}%:",
        &low,
        "recipients counted,",
        "over 24 of 24 hours",
    ] {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let json = json(&picture, Part::Botnets, english()).unwrap();
    assert_eq!(json["rows"][0]["addresses"], srizbi.figures.addresses);
    assert_eq!(json["rows"].as_array().unwrap().len(), picture.botnets.len());
}

#[test]
fn every_part_is_a_table_in_every_form() {
    for picture in pictures() {
        for part in Part::ALL {
            let table = table(&picture, part, english());
            let csv = table.csv();
            let fields = |line: &str| line.matches(',').count();
            let lines: Vec<&str> = csv.split_terminator("\r\n").collect();
            // Fields with commas are in quotes; a line without quotes has as many fields as the head.
            for line in lines.iter().filter(|line| !line.contains('"')) {
                assert_eq!(fields(line), fields(lines[0]), "{part}: {line}");
            }
            assert!(
                table
                    .text(words(Language::Spanish), 100)
                    .lines()
                    .all(|line| line.chars().count() <= 100)
            );
            assert_eq!(json(&picture, part, english()).unwrap()["part"], part.name());
        }
    }
}

#[test]
fn a_ranking_is_in_the_order_of_what_is_asked_for() {
    let picture = sample::picture(1);
    for by in Measure::ALL {
        let csv = table(
            &picture,
            Part::Ranking(Dimension::Country),
            view(Language::English, by),
        )
        .csv();
        let column = csv
            .lines()
            .next()
            .unwrap()
            .split(',')
            .position(|name| name == by.name())
            .unwrap();
        let numbers: Vec<u64> = csv
            .lines()
            .skip(1)
            .filter(|line| !line.contains('"'))
            .map(|line| line.split(',').nth(column).unwrap().parse().unwrap())
            .collect();
        assert!(
            numbers.len() > 30 && numbers.is_sorted_by(|one, two| one >= two),
            "{numbers:?}"
        );
    }
}

#[test]
fn a_report_needs_no_network_and_fits_a_mail() {
    for picture in pictures() {
        for language in LANGUAGES {
            let html = report(&picture, view(language, Measure::Addresses), "Atalaya <del> Sur").unwrap();
            for wrong in [
                "<script",
                "http:",
                "https:",
                "url(",
                "@import",
                "<link",
                "<img",
                "src=",
                "onload=\"",
                "\u{202e}",
            ] {
                assert!(!html.contains(wrong), "{wrong}");
            }
            assert!(html.contains("Atalaya &#60;del&#62; Sur") || html.contains("Atalaya &lt;del&gt; Sur"));
            assert!(html.len() < 400_000, "{}", html.len());
            assert_eq!(html.matches("<table").count(), html.matches("</table>").count());
        }
    }
}

#[test]
fn a_report_says_what_it_rests_on() {
    let html = report(&sample::picture(7), english(), "Atalaya").unwrap();
    for words in [
        "Old data: Countries (2026-03-01)",
        "nro.net (CC BY 4.0)",
        "iptoasn.com",
        "networks.tsv",
        "Chao 1987, 95\u{a0}%:",
        "over 7 of 7 days",
        "20 November 2026 to 26 November 2026",
    ] {
        assert!(html.contains(words), "{words}");
    }
    assert!(!html.contains("/var/lib"), "where files lie is nobody's business");
    let html = report(&sample::nothing(), english(), "Atalaya").unwrap();
    assert!(html.contains("Nothing was seen."), "{html}");
}

#[test]
fn what_is_not_in_a_picture_is_told() {
    let mut picture = sample::picture(7);
    picture.closed_days = vec!["2026-11-20".to_owned(), "2026-11-21".to_owned()];
    picture.covered_seconds = 86_400 * 5;
    picture.more_botnets = 3;
    let html = report(&picture, english(), "Atalaya").unwrap();
    for words in [
        "Only pictures are kept of these days, so that they are not in this one: 20 to 21 November 2026.",
        "3 stacks and dialects without a name",
        "over 5 of 7 days",
    ] {
        assert!(html.contains(words), "{words}");
    }
}

#[test]
fn every_name_of_an_id_is_used_once() {
    let html = report(&sample::picture(7), english(), "Atalaya").unwrap();
    let mut ids: Vec<&str> = html
        .split(" id=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[test]
fn sections_of_a_page_link_to_their_files_and_stay_small() {
    let stand = Stand::Page {
        base: "/stats/2026-11-26",
        query: "?by=bytes",
    };
    let html = sections(
        &sample::picture(7),
        view(Language::Spanish, Measure::Bytes),
        stand,
    )
    .unwrap();
    assert!(
        html.contains("href=\"/stats/2026-11-26/botnets.csv?by=bytes\""),
        "{html}"
    );
    assert!(
        html.contains("src=\"/stats/2026-11-26/countries.svg?by=bytes\""),
        "{html}"
    );
    assert!(html.len() < 100_000, "{}", html.len());
    assert!(
        !html.contains(" style="),
        "the pages allow no style in attributes"
    );
}

#[test]
fn every_chart_is_a_png() {
    let picture = sample::hostile();
    for part in [Part::Botnets, Part::Ranking(Dimension::Country), Part::Days] {
        let png = chart(&picture, part, english(), WIDE).png().unwrap();
        assert!(png.starts_with(b"\x89PNG\r\n\x1a\n") && png.len() < 1_000_000);
    }
}

#[test]
fn the_rest_is_the_whole_less_what_is_shown() {
    let mut picture = sample::picture(1);
    for ranking in &mut picture.rankings {
        ranking.rows.truncate(20);
        ranking.all = 1_000;
    }
    let networks = picture.ranking(Dimension::Network).unwrap();
    let shown: u64 = networks.rows.iter().map(|row| row.figures.addresses).sum();
    picture.total.addresses = shown + 7_000;
    let svg = |part| chart(&picture, part, english(), WIDE).file();
    assert!(svg(Part::Ranking(Dimension::Network)).contains("all others : 7,000"));
    assert!(svg(Part::Ranking(Dimension::Prefix)).contains("and 985 more"));
}

#[test]
fn numbers_are_reckoned_over_the_time_that_was_over() {
    let text =
        |picture: &Picture| table(picture, Part::Botnets, english()).text(words(Language::English), 140);
    let mut picture = sample::picture(1);
    for (covered, said) in [(23_400, "over 6.5 of 24 hours"), (1, "over 0.1 of 24 hours")] {
        picture.covered_seconds = covered;
        assert!(text(&picture).contains(said), "{said}");
    }
    picture.covered_seconds = 0;
    assert!(!text(&picture).contains("24 hours"));
    let mut picture = sample::picture(7);
    picture.covered_seconds -= 43_200;
    assert!(text(&picture).contains("over 6.5 of 7 days"));
}

#[test]
fn a_day_that_only_logs_tell_of_is_not_empty() {
    let mut picture = sample::picture(1);
    picture.total.counts = atalaya_stats::Counts::default();
    for row in &mut picture.botnets {
        row.figures.counts = atalaya_stats::Counts::default();
        row.hours = [0; 24];
    }
    let html = report(&picture, english(), "Atalaya").unwrap();
    assert!(!html.contains("Nothing was seen."));
    assert!(html.contains("No connections:") && html.contains("id=\"countries\""));
}

#[test]
fn the_line_of_days_has_gaps_where_days_are_missing() {
    let mut picture = sample::picture(7);
    let svg = |picture: &Picture| chart(picture, Part::Days, english(), WIDE).file();
    let paths = |svg: &str| svg.matches("<path").count() + svg.matches("<polyline").count();
    let whole = svg(&picture);
    picture.days.remove(3);
    let apart = svg(&picture);
    assert!(paths(&apart) > paths(&whole), "{apart}");
    let first = words(Language::English).number(picture.days[0].figures.addresses);
    assert!(
        apart.contains(&format!("all, 20 November 2026: {first}")),
        "{apart}"
    );
}

#[test]
fn spanish_has_words_for_what_we_name() {
    let mut picture = sample::picture(1);
    let view = view(Language::Spanish, Measure::Addresses);
    let text = |picture: &Picture, by| table(picture, Part::Ranking(by), view).text(view.words, 120);
    picture.rankings[2].rows[0].key = "word \"ylmf-pc\"".to_owned();
    for (by, said, not) in [
        (Dimension::System, "no visto", "not seen"),
        (Dimension::Helo, "palabra \"ylmf-pc\"", "word"),
        (Dimension::Helo, "[propia]", "[own]"),
        (Dimension::Trap, "nunca usada", "pristine"),
        (Dimension::Sensor, "trampa", "trap "),
    ] {
        let text = text(&picture, by);
        assert!(text.contains(said) && !text.contains(not), "{text}");
    }
}

#[test]
fn files_are_the_same_in_every_language_where_they_are_for_programs() {
    let picture = sample::picture(7);
    let csv = |part, language| table(&picture, part, view(language, Measure::Addresses)).csv();
    for part in Part::ALL {
        let heads = LANGUAGES.map(|language| csv(part, language).lines().next().unwrap().to_owned());
        assert_eq!(heads[0], heads[1], "{part}");
    }
    let networks = csv(Part::Ranking(Dimension::Network), Language::English);
    assert!(networks.contains("\nAS64501,ANADOLU-NET,"), "{networks}");
    let dialects = csv(Part::Ranking(Dimension::Dialect), Language::English);
    assert!(dialects.contains("\n-,-,"), "{dialects}");
}
