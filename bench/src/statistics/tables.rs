//! The tables: in the shape of those that were made in 2008 and later, with the truth beside.

use atalaya_stats::{BotnetRow, Picture};

use super::found::{Found, ratio};

/// Minutes of a day.
const MINUTES: u64 = 1_440;

/// Prints all of them.
pub(super) fn print(picture: &Picture, all: &[Found<'_>]) {
    print_found(all);
    print_sizes(all);
    print_shares(all);
    print_pairs(picture);
}

/// Whether each was found.
fn print_found(all: &[Found<'_>]) {
    println!(
        "\n| kind | told by | row | addresses seen | in the row | precision | recall | connections | of those that are true | envelopes | recipients | bytes |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|");
    for found in all {
        let counts = found.row.figures.counts;
        println!(
            "| {} | {:?} | {} | {} | {} | {:.4} | {:.4} | {} | {:.1} % | {} | {} | {} |",
            found.kind.name,
            found.kind.named,
            found.row.name,
            found.truth.seen.len(),
            found.row.figures.addresses,
            found.precision(),
            found.recall(),
            counts.connections,
            found.connections() * 100.0,
            counts.envelopes,
            counts.recipients,
            counts.bytes
        );
    }
}

/// Bots and messages a day, as `SecureWorks` had them.
fn print_sizes(all: &[Found<'_>]) {
    println!(
        "\n| botnet (sized as) | estimated bots | interval | true bots | error | their addresses | messages a day, millions | true | error | new |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for found in all.iter().filter(|found| found.is_bot()) {
        let (size, truth) = (found.size(), found.truth);
        let world = found.row.world_a_day.unwrap_or_default();
        let (million, bots) = (1e6, f64::from(truth.bots));
        println!(
            "| {} ({}) | {} | {} to {} | {} | {:+.1} % | {} | {:.0} | {:.0} | {:+.1} % | {} |",
            found.row.name,
            found.kind.like,
            size.likely,
            size.low,
            size.high,
            truth.bots,
            (number(size.likely) / bots - 1.0) * 100.0,
            truth.addresses,
            number(world) / million,
            truth.world / million,
            (number(world) / truth.world - 1.0) * 100.0,
            found.row.new
        );
    }
}

/// Shares of spam, as `MessageLabs` had them.
fn print_shares(all: &[Found<'_>]) {
    let recipients = |row: &BotnetRow| row.figures.counts.recipients;
    let spam: u64 = all
        .iter()
        .filter(|found| found.is_bot())
        .map(|found| recipients(found.row))
        .sum();
    let true_spam: f64 = all
        .iter()
        .filter(|found| found.is_bot())
        .map(|found| found.truth.world)
        .sum();
    println!(
        "\n| botnet | % of spam | true | spam a day, millions | spam a minute | spam a bot and minute | true | estimated bots | top countries |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for found in all.iter().filter(|found| found.is_bot()) {
        let (row, truth, size) = (found.row, found.truth, found.size());
        let a_day = row.world_a_day.unwrap_or_default();
        let minute = number(a_day) / number(MINUTES);
        let countries: Vec<String> = row
            .countries
            .iter()
            .take(4)
            .map(|share| {
                format!(
                    "{} {:.0} %",
                    share.key,
                    ratio(share.addresses, row.figures.addresses) * 100.0
                )
            })
            .collect();
        println!(
            "| {} | {:.1} | {:.1} | {:.0} | {minute:.0} | {:.1} | {:.1} | {} to {} | {} |",
            row.name,
            ratio(recipients(row), spam) * 100.0,
            truth.world / true_spam * 100.0,
            number(a_day) / 1e6,
            minute / number(size.likely),
            truth.world / number(MINUTES) / f64::from(truth.bots),
            size.low,
            size.high,
            countries.join(", ")
        );
    }
}

/// Addresses with two stacks.
fn print_pairs(picture: &Picture) {
    println!("\nPairs of stacks on one address:");
    for pair in &picture.pairs {
        println!(
            "  {} {}: {} addresses, {} of them with {}; {}",
            pair.name,
            pair.signature,
            pair.addresses,
            pair.both,
            pair.systems
                .first()
                .map_or("nothing else", |share| share.name.as_str()),
            if pair.is_suspected {
                "suspected"
            } else {
                "not suspected"
            }
        );
    }
}

/// A number as it is reckoned with.
#[expect(clippy::cast_precision_loss, reason = "figures are shown with a few digits")]
fn number(whole: u64) -> f64 {
    whole as f64
}
