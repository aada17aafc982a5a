//! Watching a server under a steady load while its list changes: how soon it answers by the change, how long it is silent, what is lost.

use std::net::UdpSocket;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};

use super::load::{question, says_listed};
use super::running::Running;

/// Questions a second.
const RATE: f64 = 5000.0;
/// Before the change and after it.
const QUIET: Duration = Duration::from_millis(700);
/// How long to wait for what is late before it counts as lost.
const GRACE: Duration = Duration::from_millis(300);
/// Longest wait for a change.
const LIMIT: Duration = Duration::from_secs(300);
/// Between two questions about the address that changes.
const PROBE: Duration = Duration::from_millis(1);
/// Pause of the loop.
const PAUSE: Duration = Duration::from_micros(100);
/// The most of a pause that counts as silence of the server: what is longer was a pause of the watcher.
const STEP: Duration = Duration::from_millis(1);
/// Between two looks at the memory.
const SAMPLE: Duration = Duration::from_millis(50);

/// What was seen.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Seen {
    /// From the order for the change to the first answer by it.
    pub(super) change: Duration,
    /// The longest time without an answer.
    pub(super) silence: Duration,
    /// Questions that got no answer.
    pub(super) lost: u64,
    /// The most memory meanwhile, in bytes.
    pub(super) peak: f64,
}

/// What is to become of an address.
#[derive(Debug, Clone, Copy)]
pub(super) struct Probe<'a> {
    /// Its name in the zone.
    pub(super) name: &'a str,
    /// Whether it is to be listed or not.
    pub(super) listed: bool,
}

/// Orders a change and watches until it answers.
///
/// # Errors
/// The change fails, or is not answered in time.
pub(super) fn watch(
    running: &Running,
    questions: &[Vec<u8>],
    probe: Probe<'_>,
    change: impl FnOnce() -> anyhow::Result<()> + Send,
) -> anyhow::Result<Seen> {
    let mut watcher = Watcher::new(running, probe)?;
    let mut questions = questions.iter().cycle();
    watcher.run(&mut questions, |_, started| started.elapsed() < QUIET);
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let memory = scope.spawn(|| peak(running, &is_over));
        let ordered = Instant::now();
        let change = scope.spawn(change);
        (watcher.changed, watcher.longest) = (None, Duration::ZERO);
        let mut settled = None;
        watcher.run(&mut questions, |watcher, started| {
            if watcher.changed.is_some() && change.is_finished() {
                settled.get_or_insert_with(Instant::now);
            }
            let is_settled = settled.is_some_and(|settled: Instant| settled.elapsed() > QUIET);
            !is_settled && started.elapsed() < LIMIT
        });
        watcher.collect();
        is_over.store(true, Ordering::Relaxed);
        change.join().map_err(|_panic| anyhow!("the change failed"))??;
        let changed = watcher.changed.context("the change is not answered")?;
        Ok(Seen {
            change: changed.duration_since(ordered),
            silence: watcher.longest,
            lost: watcher.sent.saturating_sub(watcher.answered),
            peak: memory.join().unwrap_or_default(),
        })
    })
}

/// Looks at the memory again and again.
fn peak(running: &Running, is_over: &AtomicBool) -> f64 {
    let mut peak = 0.0_f64;
    while !is_over.load(Ordering::Relaxed) {
        // A process may end in the middle of the look.
        peak = peak.max(running.bytes().unwrap_or_default());
        std::thread::sleep(SAMPLE);
    }
    peak
}

/// The load and the probe.
struct Watcher {
    load: UdpSocket,
    probe: UdpSocket,
    probe_question: Vec<u8>,
    wants_listed: bool,
    sent: u64,
    answered: u64,
    silence: Duration,
    longest: Duration,
    changed: Option<Instant>,
}

impl Watcher {
    fn new(running: &Running, probe: Probe<'_>) -> anyhow::Result<Self> {
        let connect = || -> anyhow::Result<UdpSocket> {
            let socket = UdpSocket::bind("127.0.0.1:0")?;
            socket.connect(running.address)?;
            socket.set_nonblocking(true)?;
            Ok(socket)
        };
        Ok(Self {
            load: connect()?,
            probe: connect()?,
            probe_question: question(probe.name),
            wants_listed: probe.listed,
            sent: 0,
            answered: 0,
            silence: Duration::ZERO,
            longest: Duration::ZERO,
            changed: None,
        })
    }

    /// Asks at the rate as long as `goes_on` says so.
    fn run<'a>(
        &mut self,
        questions: &mut impl Iterator<Item = &'a Vec<u8>>,
        mut goes_on: impl FnMut(&Self, Instant) -> bool,
    ) {
        let started = Instant::now();
        let (mut due, mut last, mut probed) = (0.0, started, started);
        while goes_on(self, started) {
            let now = Instant::now();
            let step = now.duration_since(last).min(STEP);
            last = now;
            // After a pause of the watcher the load does not catch up: a burst is another test.
            due += step.as_secs_f64() * RATE;
            while due >= 1.0 {
                due -= 1.0;
                let sent = questions.next().map(|question| self.load.send(question));
                self.sent += u64::from(matches!(sent, Some(Ok(_))));
            }
            if now.duration_since(probed) >= PROBE {
                probed = now;
                drop(self.probe.send(&self.probe_question));
            }
            self.receive(step);
            std::thread::sleep(PAUSE);
        }
    }

    /// Takes what came.
    fn receive(&mut self, step: Duration) {
        let mut answer = [0; 1500];
        self.silence += step;
        while self.load.recv(&mut answer).is_ok() {
            self.answered += 1;
            self.longest = self.longest.max(self.silence);
            self.silence = Duration::ZERO;
        }
        while let Ok(_length) = self.probe.recv(&mut answer) {
            if says_listed(&answer) == self.wants_listed && self.changed.is_none() {
                self.changed = Some(Instant::now());
            }
            answer.fill(0);
        }
    }

    /// Waits for what is late.
    fn collect(&mut self) {
        let started = Instant::now();
        while started.elapsed() < GRACE && self.answered < self.sent {
            self.receive(Duration::ZERO);
            std::thread::sleep(PAUSE);
        }
    }
}
