//! A year of real churn, seen by a trap of ours: the list stays of a sane size, its listings of a sane length, and its decisions few.
//!
//! The churn is that of a public list of attackers: which address stood on it from which day to which, and on how many days. Each such day
//! is one observation here. Run with `--nocapture`, the figures are printed; `ONE_IN` says how many of the addresses are taken.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::BufRead;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use atalaya_decide::Rules;
use atalaya_decide::simulate::{Step, World};
use atalaya_model::{
    Class, Decision, Handshake, Kind, Observation, ObservationId, Prefix, Sensor, Timestamp, Trap, Verdict,
    reserved,
};

/// The part of the addresses that is taken, so that an unoptimised build takes seconds.
const ONE_IN: usize = 1_000;
/// Days of the data.
const DAYS: usize = 395;
/// The first day.
const BEGIN: Timestamp = Timestamp::from_seconds(20_291 * 86_400);
const DAY: Duration = Duration::from_secs(86_400);

/// What was observed on each day.
fn days() -> Option<Vec<Vec<IpAddr>>> {
    let Some(path) = atalaya_testkit::data("ip-lists/churn-datashield-395days.tsv.zst") else {
        atalaya_testkit::skip("the churn of real lists is not here");
        return None;
    };
    let file = zstd::stream::read::Decoder::new(std::fs::File::open(path).unwrap()).unwrap();
    let mut days = vec![Vec::new(); DAYS + 1];
    for line in std::io::BufReader::new(file).lines().step_by(ONE_IN) {
        let line = line.unwrap();
        let mut cells = line.split('\t');
        let Ok(address) = cells.next().unwrap().parse::<IpAddr>() else {
            continue;
        };
        if reserved(&Prefix::single(address)).is_some() {
            continue;
        }
        let numbers: Vec<usize> = cells.map(|cell| cell.parse().unwrap()).collect();
        let [first, last, count] = numbers[..] else {
            continue;
        };
        // The days between are not told; they are taken to lie evenly.
        for at in 0..count.max(1) {
            let day = first + (last - first) * at / (count.max(2) - 1);
            days[day.min(DAYS)].push(address);
        }
    }
    Some(days)
}

fn hit(address: IpAddr, at: Timestamp) -> Observation {
    Observation {
        kind: Kind::Spam,
        handshake: Handshake::Completed,
        trap: Some(Trap::Pristine),
        ..Observation::new(ObservationId(uuid::Uuid::nil()), address, at, Sensor::Trap)
    }
}

/// What the rules decided.
fn decided(step: Step) -> Option<Decision> {
    match step {
        Step::Decided(decision) => Some(decision),
        Step::Stopped(..) => None,
    }
}

#[test]
fn a_year_of_real_churn_keeps_the_list_sane() {
    let Some(days) = days() else { return };
    let rules = Arc::new(Rules::standard().unwrap());
    let longest = rules.classes[&Class::Spam].longest.duration();
    let mut world = World::new(rules, Arc::default());
    let (mut changes_a_day, mut extended, mut observations, mut most) = (Vec::new(), 0, 0, 0);
    for (number, day) in (0_u32..).zip(&days) {
        let mut changes = 0;
        for (second, address) in (0_u64..).zip(day) {
            let now = BEGIN
                .plus(DAY * number)
                .plus(Duration::from_secs(second % 86_400));
            changes += world.advance(now).len();
            for decision in world.observe(&hit(*address, now)).into_iter().filter_map(decided) {
                let until = decision.verdict.until().unwrap();
                assert!(until.since(now) <= longest, "{decision:?}");
                let is_list = matches!(decision.verdict, Verdict::List { .. });
                changes += usize::from(is_list);
                extended += usize::from(!is_list);
            }
        }
        observations += day.len();
        most = most.max(world.listed());
        changes_a_day.push(changes);
        // Whoever was seen yesterday and today is listed, and nobody who was not seen for the longest lifetime.
        assert!(world.listed() >= day.iter().collect::<std::collections::HashSet<_>>().len());
    }
    let distinct = days
        .iter()
        .flatten()
        .collect::<std::collections::HashSet<_>>()
        .len();
    changes_a_day.sort_unstable();
    let total: usize = changes_a_day.iter().sum();
    println!(
        "churn of 1 in {ONE_IN}: {distinct} addresses, {observations} observations; most listed {most}, at the end {}; \
         {total} entries and ends, a day {} in the middle and {} at most; {extended} extended",
        world.listed(),
        changes_a_day[changes_a_day.len() / 2],
        changes_a_day[changes_a_day.len() - 1]
    );
    assert!(
        most < distinct,
        "the list holds at no time all that was ever seen"
    );
    assert!(
        total < observations / 2,
        "what is seen daily stays, and does not come and go"
    );
    assert!(extended < observations, "no observation makes two decisions");
    let end = BEGIN.plus(DAY * u32::try_from(days.len()).unwrap()).plus(longest);
    world.advance(end);
    assert_eq!(world.listed(), 0, "every listing has an end");
}
