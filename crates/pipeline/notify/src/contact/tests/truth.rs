//! Every recorded answer against what somebody found right who read it: [`Sample`]. A sample more is a line more there.

use atalaya_testkit::contacts::Sample;

use super::*;

/// How the cascade did.
#[derive(Debug, Default, PartialEq, Eq)]
struct Score {
    /// Samples with a mailbox that was found.
    right: usize,
    /// Samples where one was found that is not right.
    wrong: usize,
    /// Samples with a mailbox where none was found.
    missed: usize,
    /// Samples without one, and none was found.
    rightly_none: usize,
}

impl Score {
    /// Adds a sample, by the mailbox that a notice would go to.
    fn add(&mut self, right: &[&str], found: &str) {
        let is_right = right.contains(&found) || right.is_empty() && found == "nobody";
        *match (found, is_right) {
            ("nobody", true) => &mut self.rightly_none,
            ("nobody", false) => &mut self.missed,
            (_, true) => &mut self.right,
            (_, false) => &mut self.wrong,
        } += 1;
    }

    /// In percent: of those found, how many are right; of those there are, how many were found.
    fn precision_and_recall(&self) -> (usize, usize) {
        let share = |part: usize, whole: usize| part * 100 / whole.max(1);
        (
            share(self.right, self.right + self.wrong),
            share(self.right, self.right + self.missed),
        )
    }
}

/// Asks about an address where every answer is the sample; servers that it refers to know nothing.
async fn found(sample: &Sample, body: Vec<u8>) -> String {
    let address = sample.address;
    let search = if sample.whois_server.is_none() {
        let peer = rdap_peer(HttpReply::rdap(body)).await;
        Bench::new(&by_rdap(&peer)).ask(address).await
    } else {
        let peer = whois_peer(LineReply::Text(body)).await;
        let ignorant = whois_peer(LineReply::text("% nothing found\n")).await;
        let mut config = by_whois(&peer);
        for server in ["whois.ripe.net", "whois.apnic.net"] {
            config
                .whois_servers
                .insert(server.to_owned(), ignorant.address().to_string());
        }
        Bench::new(&config).ask(address).await
    };
    let told = search.told();
    match told.split_once(' ') {
        Some((mailbox, _)) if mailbox.contains('@') => mailbox.to_owned(),
        _ => "nobody".to_owned(),
    }
}

#[tokio::test]
async fn every_recorded_answer_gives_the_mailbox_that_is_right() {
    let mut score = Score::default();
    for sample in Sample::all() {
        let Some(body) = sample.body() else {
            return atalaya_testkit::skip("the shared test data is absent");
        };
        let found = found(&sample, body).await;
        println!("{}: {found}", sample.path);
        score.add(&sample.right, &found);
    }
    let (precision, recall) = score.precision_and_recall();
    println!("precision {precision} %, recall {recall} %");
    let expected = Score {
        right: 19,
        wrong: 0,
        missed: 0,
        rightly_none: 12,
    };
    assert_eq!((score, precision, recall), (expected, 100, 100));
}
