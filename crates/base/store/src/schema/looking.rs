//! The indexes by which the console looks through the listings, and through what one did of a kind.

/// What is written most, listings as spam by the rules, joins neither index of the listings: each would cost every new one.
/// The rule stands in the index of what is by hand, so that SQLite counts there without the rows.
pub(super) const LOOKING: &[&str] = &[
    "CREATE INDEX listings_by_class ON listings (class, first_address, prefix) WHERE class <> 'spam'",
    "CREATE INDEX listings_by_hand ON listings (first_address, prefix, class, rule) WHERE substr(rule, 1, 7) = 'by-hand'",
    "CREATE INDEX deeds_of_who_by_act ON deeds (who, act, id)",
];
