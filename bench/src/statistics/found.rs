//! What the statistics found of each kind, beside the truth.
//!
//! Each kind has networks of its own, which a file of networks names. So the addresses of a row by network tell how many of them are of the kind that it should
//! be, and how many of others.

use anyhow::{Context, ensure};
use atalaya_stats::{BotnetKind, BotnetRow, Counts, Estimate, Picture};
use atalaya_testkit::bots::{Kind, Named, Truth, World};

/// A kind, what is true of it, and what was found.
pub(super) struct Found<'a> {
    pub(super) kind: &'static Kind,
    pub(super) truth: &'a Truth,
    pub(super) row: &'a BotnetRow,
    /// Addresses of the row that are of this kind.
    right: u64,
}

impl Found<'_> {
    /// The part of the row that is of the kind.
    pub(super) fn precision(&self) -> f64 {
        ratio(self.right, self.row.figures.addresses)
    }

    /// The part of the kind that is in the row.
    pub(super) fn recall(&self) -> f64 {
        ratio(self.right, self.truth.seen.len() as u64)
    }

    /// Whether it is a kind of bots.
    pub(super) fn is_bot(&self) -> bool {
        !matches!(self.kind.named, Named::Program(_) | Named::Backscatter)
    }

    /// How many there are, by the estimate.
    pub(super) fn size(&self) -> Estimate {
        let seen = self.row.figures.addresses;
        self.row.size.unwrap_or(Estimate {
            low: seen,
            likely: seen,
            high: seen,
        })
    }

    /// The part of its connections that is in the row, or was not its own.
    pub(super) fn connections(&self) -> f64 {
        ratio(self.row.figures.counts.connections, self.truth.connections)
    }
}

/// What was found of each kind of which something was seen.
///
/// # Errors
/// A kind has no row, or what is counted is not what was sent.
pub(super) fn find<'a>(
    world: &World,
    truth: &'a [Truth],
    picture: &'a Picture,
) -> anyhow::Result<Vec<Found<'a>>> {
    check("all", picture.total.counts, truth.iter())?;
    let mut all = Vec::new();
    for (kind, own) in world.kinds.iter().zip(truth) {
        if matches!(kind.named, Named::LikeAnother(_)) {
            continue;
        }
        let is_own = |name: &str| is_network_of(world, kind, name);
        let right = |row: &BotnetRow| -> u64 {
            let own = row.networks.iter().filter(|share| is_own(&share.name));
            own.map(|share| share.addresses).sum()
        };
        let rows = picture.botnets.iter().filter(|row| fits(kind, row));
        let row = rows.max_by_key(|row| right(row));
        let row = row.with_context(|| format!("{} has no row", kind.name))?;
        if !world.is_blurred() {
            let looks =
                |other: &Kind| std::ptr::eq(other, *kind) || other.named == Named::LikeAnother(kind.name);
            let alike = world.kinds.iter().zip(truth).filter(|(other, _)| looks(other));
            check(kind.name, row.figures.counts, alike.map(|(_, truth)| truth))?;
        }
        all.push(Found {
            kind,
            truth: own,
            row,
            right: right(row),
        });
    }
    Ok(all)
}

/// Whether the counts are those of all that was sent.
fn check<'a>(name: &str, counts: Counts, truths: impl Iterator<Item = &'a Truth>) -> anyhow::Result<()> {
    let mut meant = Counts::default();
    for truth in truths {
        meant.add(&Counts {
            connections: truth.connections,
            envelopes: truth.envelopes,
            recipients: truth.recipients,
            bytes: truth.bytes,
        });
    }
    ensure!(counts == meant, "{name}: {counts:?} is not {meant:?}");
    Ok(())
}

/// Whether a row is of the sort that the kind should have.
fn fits(kind: &Kind, row: &BotnetRow) -> bool {
    match kind.named {
        Named::ByStack | Named::ByDialect => row.name == kind.name,
        Named::StackOnly => row.kind == BotnetKind::Stack,
        Named::DialectOnly => row.kind == BotnetKind::Dialect,
        Named::Program(name) => row.name == name,
        Named::Backscatter => row.kind == BotnetKind::Backscatter,
        Named::LikeAnother(_) => false,
    }
}

/// Whether a network of that name is one of the kind. The systems of bots are where their bots are.
fn is_network_of(world: &World, kind: &Kind, name: &str) -> bool {
    let owner = name.rsplit_once(' ').map_or(name, |(owner, _)| owner);
    let homes = |other: &&&Kind| kind.places.is_empty() && other.hosts > 0.0;
    owner == kind.name || world.kinds.iter().filter(homes).any(|home| home.name == owner)
}

/// One number as a part of another.
#[expect(clippy::cast_precision_loss, reason = "a part is shown with three digits")]
pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64
}
