//! Sentences that say nothing but "stop writing to us" or "this address is not ours".
//!
//! In: a folded sentence. Out: what it says, if it says that and nothing else. Polite words around it do not count.

use std::net::IpAddr;

use super::Intent;

/// Longest sentence that is looked at, in words: a longer one says something else too.
const MAX_WORDS: usize = 20;
/// What stands for the number of an address.
const ADDRESS: &str = "this ip";

/// Points of a whole sentence that tells us to stop, or that the address is somebody else's.
pub(super) const WHOLE_SENTENCE: u8 = 80;

/// A sentence that tells us to stop.
struct Order {
    /// How it begins.
    heads: &'static [&'static str],
    /// The words that may follow, and nothing else.
    tail: &'static [&'static str],
    /// One of these must be among them, because the head does not say whom it means. Empty where it does.
    addressed: &'static [&'static str],
}

const TAIL_EN: &[&str] = &[
    "us",
    "me",
    "to",
    "these",
    "this",
    "your",
    "any",
    "more",
    "further",
    "such",
    "mail",
    "mails",
    "email",
    "emails",
    "e-mail",
    "e-mails",
    "message",
    "messages",
    "notice",
    "notices",
    "notification",
    "notifications",
    "report",
    "reports",
    "again",
    "anymore",
    "now",
    "immediately",
];
const TAIL_ES: &[&str] = &[
    "estos",
    "estas",
    "sus",
    "mas",
    "avisos",
    "correos",
    "mensajes",
    "notificaciones",
    "informes",
    "correo",
    "a",
    "nosotros",
];

/// Whole sentences that tell us to stop, folded, without the polite words around them.
const ORDERS: &[Order] = &[
    Order {
        heads: &["stop sending", "do not send", "don't send", "stop"],
        tail: TAIL_EN,
        addressed: &["us", "me", "these", "your"],
    },
    Order {
        heads: &[
            "stop emailing us",
            "stop emailing me",
            "stop mailing us",
            "stop mailing me",
            "do not contact us",
            "don't contact us",
            "do not write to us",
            "unsubscribe me",
            "unsubscribe us",
            "remove me from your mailing list",
            "remove us from your mailing list",
        ],
        tail: TAIL_EN,
        addressed: &[],
    },
    Order {
        heads: &["dejen de enviar", "deje de enviar", "dejad de enviar"],
        tail: TAIL_ES,
        addressed: &["estos", "estas", "sus", "nosotros"],
    },
    Order {
        heads: &[
            "dejen de enviarnos",
            "deje de enviarnos",
            "dejen de enviarme",
            "deje de enviarme",
            "dejen de escribirnos",
            "no nos envien mas",
            "no me envien mas",
            "no nos escriban",
            "no me escriban",
        ],
        tail: TAIL_ES,
        addressed: &[],
    },
    Order {
        heads: &[
            "keine weiteren mails",
            "keine weiteren e-mails",
            "keine mails mehr",
            "keine e-mails mehr",
        ],
        tail: &["an", "uns", "mich", "mehr", "senden", "schicken"],
        addressed: &[],
    },
    Order {
        heads: &[
            "cessez de nous envoyer",
            "arretez de nous envoyer",
            "cessez de nous ecrire",
        ],
        tail: &[
            "ces",
            "vos",
            "des",
            "messages",
            "mails",
            "e-mails",
            "courriels",
            "avis",
            "notifications",
        ],
        addressed: &[],
    },
    Order {
        heads: &["parem de nos enviar", "pare de nos enviar", "nao nos enviem mais"],
        tail: &["estes", "estas", "emails", "e-mails", "mensagens", "avisos"],
        addressed: &[],
    },
];

/// What an address is called at the beginning of a sentence, folded. Its number is taken for the first of them.
const SUBJECTS: &[&str] = &[
    "this ip",
    "this ip address",
    "the ip",
    "the ip address",
    "this address",
    "this network",
    "this prefix",
    "esta ip",
    "la ip",
    "esta direccion",
    "esta direccion ip",
    "la direccion ip",
    "esta red",
    "diese ip",
    "diese adresse",
    "diese ip-adresse",
    "cette ip",
    "cette adresse",
    "cette adresse ip",
    "este ip",
    "este endereco",
];
/// The rest of such a sentence, when it says whose the address is not.
const PREDICATES: &[&str] = &[
    "is not ours",
    "isn't ours",
    "does not belong to us",
    "doesn't belong to us",
    "is no longer ours",
    "no longer belongs to us",
    "is not assigned to us",
    "is not in our network",
    "is not within our network",
    "is not under our control",
    "no es nuestra",
    "no nos pertenece",
    "ya no es nuestra",
    "ya no nos pertenece",
    "no pertenece a nuestra red",
    "no esta en nuestra red",
    "gehoert nicht uns",
    "gehoert nicht zu uns",
    "gehoert uns nicht",
    "ne nous appartient pas",
    "n'est pas a nous",
    "nao e nosso",
    "nao nos pertence",
];

/// Words around a sentence that change nothing in it, folded.
const POLITE: &[&str] = &[
    "please",
    "kindly",
    "hi",
    "hello",
    "dear",
    "sir",
    "sirs",
    "madam",
    "team",
    "thanks",
    "thank",
    "you",
    "sorry",
    "hola",
    "buenas",
    "buenos",
    "dias",
    "tardes",
    "estimados",
    "senores",
    "por",
    "favor",
    "gracias",
    "saludos",
    "bitte",
    "danke",
    "hallo",
    "bonjour",
    "merci",
    "ola",
    "obrigado",
    "any",
    "longer",
    "anymore",
];

/// What a sentence says, when it says nothing else.
pub(super) fn plain(sentence: &str) -> Option<Intent> {
    if sentence.ends_with('?') {
        return None;
    }
    let words = bare(sentence)?;
    if ORDERS.iter().any(|order| tells(order, &words)) {
        return Some(Intent::Stop);
    }
    let denies = SUBJECTS.iter().any(|subject| {
        let rest = words
            .strip_prefix(subject)
            .and_then(|rest| rest.strip_prefix(' '));
        rest.is_some_and(|rest| PREDICATES.contains(&rest))
    });
    denies.then_some(Intent::NotOurs)
}

/// The words without signs and politeness around them; none where there are too many.
fn bare(sentence: &str) -> Option<String> {
    let words: Vec<&str> = sentence.split(' ').take(MAX_WORDS.saturating_add(1)).collect();
    if words.len() > MAX_WORDS {
        return None;
    }
    let mut words: Vec<&str> = words.into_iter().map(word).collect();
    words.retain(|word| !word.is_empty());
    while words.last().is_some_and(|word| POLITE.contains(word)) {
        words.pop();
    }
    let first = words.iter().position(|word| !POLITE.contains(word))?;
    Some(words.split_off(first).join(" "))
}

/// A word without the signs around it. An address may begin or end with some.
fn word(text: &str) -> &str {
    let bare = text.trim_matches(|c: char| !c.is_alphanumeric() && c != '\'');
    match [text, bare].iter().any(|text| text.parse::<IpAddr>().is_ok()) {
        true => ADDRESS,
        false => bare,
    }
}

/// Whether a sentence is such an order, and to us.
fn tells(order: &Order, sentence: &str) -> bool {
    order.heads.iter().any(|head| {
        let Some(rest) = sentence.strip_prefix(head) else {
            return false;
        };
        let mut words = rest.split(' ').filter(|word| !word.is_empty());
        let is_all = (rest.is_empty() || rest.starts_with(' '))
            && words.clone().all(|word| order.tail.contains(&word));
        is_all && (order.addressed.is_empty() || words.any(|word| order.addressed.contains(&word)))
    })
}
