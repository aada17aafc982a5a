//! What somebody means who answers a notice: fixed, not ours, stop, received, away, a question; or what a person has to read.
//!
//! In: a mail, or its text. Out: an [`Answer`]: what is meant, how sure that is, and the words that say so. Only what was written anew is looked at.
//! A table of phrases gives points; a phrase behind "not" or "if", or in a question, gives none. Where two things are
//! meant, or nothing clearly, the answer is [`Intent::Unsure`], which is no fault: nothing is done then until a person has read it.

mod new_text;
mod phrases;
mod sentence;

use new_text::new_text;
use phrases::{CONDITIONS, NEGATIONS, PHRASES, Phrase, WHOLE};
use sentence::WHOLE_SENTENCE;

use crate::folded::{folded, is_whole};
use crate::letter::Letter;
use crate::message::presentable;

/// Confidence from which something is meant.
pub const SURE: u8 = 60;
/// Confidence from which a "stop" or a "not ours" is so plain that no person need read it: a whole text, or a whole sentence.
pub const PLAIN: u8 = 75;
/// Most characters of the new text that are kept.
pub const MAX_SAID: usize = 1_000;
/// Most characters of the new text that are looked at.
const MAX_LOOK: usize = 8_192;
/// Most points.
const MOST: u8 = 99;
/// Points of a sentence that asks.
const ASKED: u8 = 45;
/// Words that may stand between "not" and what it turns round, and those between "if" and what is only thought of.
const REACH: (usize, usize) = (4, 8);
/// A text of more words is rarely one plain answer: so many points less for each further hundred.
const LONG: (usize, u8) = (150, 10);

/// What is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Intent {
    /// The trouble is mended.
    Fixed,
    /// The address belongs to somebody else.
    NotOurs,
    /// No more notices are wanted.
    Stop,
    /// It was received.
    Acknowledged,
    /// Nobody is there to read it.
    OutOfOffice,
    /// Something is asked.
    Question,
    /// A person has to read it.
    Unsure,
}

impl Intent {
    /// Those that a text can mean.
    const MEANT: [Self; 6] = [
        Self::Fixed,
        Self::NotOurs,
        Self::Stop,
        Self::Acknowledged,
        Self::OutOfOffice,
        Self::Question,
    ];

    /// The name, as it is kept and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::NotOurs => "not-ours",
            Self::Stop => "stop",
            Self::Acknowledged => "acknowledged",
            Self::OutOfOffice => "out-of-office",
            Self::Question => "question",
            Self::Unsure => "unsure",
        }
    }
}

/// What somebody answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What is meant.
    pub intent: Intent,
    /// How sure that is, from 0 to 99.
    pub confidence: u8,
    /// The words that say so, each with what they say.
    pub because: Vec<String>,
    /// The new text, on one line, at most [`MAX_SAID`] characters.
    pub said: String,
}

/// Reads the answer in a mail.
#[must_use]
pub fn read(mail: &[u8]) -> Answer {
    let letter = Letter::read(mail);
    let subject = letter.glance().subject;
    let plain = folded(&subject, 20);
    let is_ours = ["re:", "aw:", "sv:", "rv:", "tr:", "fw:", "fwd:", "antw:"]
        .iter()
        .any(|mark| plain.starts_with(mark));
    let text = letter.first_text();
    let new = new_text(&text);
    match (is_ours, new.is_empty()) {
        // A subject is what was said only where nothing else was.
        (false, true) => of_text(&subject),
        _ => of_text(&new),
    }
}

/// Reads an answer in its new text.
#[must_use]
pub fn of_text(new: &str) -> Answer {
    let new: String = new.chars().take(MAX_LOOK).collect();
    let said = presentable(&new, MAX_SAID);
    let whole = folded(&new, MAX_LOOK);
    let whole = whole.trim_matches(|c: char| !c.is_alphanumeric());
    if let Some(phrase) = WHOLE.iter().find(|phrase| phrase.words == whole) {
        return Answer {
            intent: phrase.intent,
            confidence: phrase.points,
            because: vec![told(phrase)],
            said,
        };
    }
    let mut score = Score::default();
    for sentence in sentences(&new) {
        score.weigh(&sentence);
    }
    score.conclude(whole.split(' ').count(), said)
}

/// The points of each meaning.
#[derive(Default)]
struct Score {
    points: [u8; Intent::MEANT.len()],
    found: Vec<&'static Phrase>,
    told: Vec<String>,
    questions: u8,
}

impl Score {
    /// Adds what a folded sentence says.
    fn weigh(&mut self, sentence: &str) {
        let asks = sentence.ends_with('?');
        if asks {
            self.questions = self.questions.saturating_add(1);
            self.add(Intent::Question, ASKED);
        }
        if let Some(intent) = sentence::plain(sentence) {
            self.told.push(format!(
                "\"{sentence}\" says {} ({WHOLE_SENTENCE})",
                intent.name()
            ));
            self.add(intent, WHOLE_SENTENCE);
        }
        for phrase in PHRASES {
            let is_new = !self.found.iter().any(|found| found.words == phrase.words);
            let is_asked = asks && phrase.intent != Intent::Question;
            if is_new && !is_asked && says(sentence, phrase) {
                self.found.push(phrase);
                self.add(phrase.intent, phrase.points);
            }
        }
    }

    fn add(&mut self, intent: Intent, points: u8) {
        for (slot, meant) in self.points.iter_mut().zip(Intent::MEANT) {
            if meant == intent {
                *slot = match intent {
                    // More words of the same kind make these no plainer.
                    Intent::Stop | Intent::NotOurs => points.max(*slot),
                    _ => slot.saturating_add(points).min(MOST),
                };
            }
        }
    }

    fn of(&self, intent: Intent) -> u8 {
        let mut all = Intent::MEANT.iter().zip(self.points);
        all.find(|(meant, _)| **meant == intent)
            .map_or(0, |(_, points)| points)
    }

    /// What is meant most, less most of what else is meant.
    fn conclude(mut self, words: usize, said: String) -> Answer {
        // Who says that it is mended, or not his, or to stop, is also polite.
        let plain = [Intent::Fixed, Intent::NotOurs, Intent::Stop];
        if plain.iter().any(|intent| self.of(*intent) >= SURE) {
            self.points = [0, 1, 2, 3, 4, 5].map(|at: usize| match Intent::MEANT.get(at) {
                None | Some(Intent::Acknowledged) => 0,
                Some(intent) => self.of(*intent),
            });
        }
        let mut ranked: Vec<(u8, Intent)> = self.points.into_iter().zip(Intent::MEANT).collect();
        ranked.sort_by_key(|(points, _)| std::cmp::Reverse(*points));
        let second = ranked.get(1).map_or(0, |(points, _)| *points);
        let (best, intent) = ranked.first().copied().unwrap_or((0, Intent::Unsure));
        let confidence = best
            .saturating_sub(second.div_euclid(3).saturating_mul(2))
            .saturating_sub(too_long(words));
        let mut because = self.told;
        because.extend(self.found.into_iter().map(told));
        match self.questions {
            0 => {}
            1 => because.push("a question".to_owned()),
            more => because.push(format!("{more} questions")),
        }
        Answer {
            intent: if confidence >= SURE {
                intent
            } else {
                Intent::Unsure
            },
            confidence,
            because,
            said,
        }
    }
}

/// Points less for a long text.
fn too_long(words: usize) -> u8 {
    let (most, less) = LONG;
    let hundreds = words.saturating_sub(most).div_ceil(100);
    u8::try_from(hundreds).unwrap_or(u8::MAX).saturating_mul(less)
}

fn told(phrase: &Phrase) -> String {
    format!(
        "\"{}\" says {} ({})",
        phrase.words,
        phrase.intent.name(),
        phrase.points
    )
}

/// Whether a sentence says a phrase, and does not turn it round or only think of it.
fn says(sentence: &str, phrase: &Phrase) -> bool {
    let mut found = sentence.match_indices(phrase.words).map(|(at, _)| at);
    found.any(|at| {
        is_whole(sentence, at, phrase.words.len())
            && stands(sentence.get(..at).unwrap_or_default(), phrase.intent)
    })
}

/// Whether what stands in front leaves a phrase as it is.
fn stands(before: &str, intent: Intent) -> bool {
    let clause = before.rsplit([',', ':', '(']).next().unwrap_or_default();
    let mut back = clause.split(' ').filter(|word| !word.is_empty()).rev();
    let (near, far) = REACH;
    let words: Vec<&str> = back.by_ref().take(far).collect();
    let is_turned = words
        .iter()
        .take(near)
        .any(|word| NEGATIONS.contains(word) || word.ends_with("n't"));
    // What is asked for is asked for in either way: "will you please provide", "if you could send".
    let is_plain = matches!(intent, Intent::Question | Intent::Acknowledged);
    is_plain || !is_turned && !words.iter().any(|word| CONDITIONS.contains(word))
}

/// The sentences, folded. Lines inside a paragraph belong together.
fn sentences(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let unix = text.replace("\r\n", "\n");
    for paragraph in unix.split("\n\n") {
        let paragraph = folded(paragraph, MAX_LOOK);
        let mut rest = paragraph.as_str();
        while let Some((sentence, behind)) = first_sentence(rest) {
            found.push(sentence.trim().to_owned());
            rest = behind;
        }
    }
    found.retain(|sentence| !sentence.is_empty());
    found
}

/// The first sentence and what stands behind it. A point inside a number or an address ends none.
fn first_sentence(text: &str) -> Option<(&str, &str)> {
    if text.is_empty() {
        return None;
    }
    let ends = text
        .match_indices(['.', '!', '?', ';'])
        .map(|(at, _)| at.saturating_add(1));
    let is_end = |at: &usize| {
        text.get(*at..)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    let end = { ends }.find(is_end).unwrap_or(text.len());
    text.split_at_checked(end)
}

#[cfg(test)]
mod tests;
