//! What people write, and what is made of it.

use super::*;

/// Each text with what it means.
const TEXTS: &[(&str, Intent)] = &[
    (
        "Hello,\n\nthis has been\nresolved. Thanks for the report.\n",
        Intent::Fixed,
    ),
    (
        "The customer's server was infected. We have cleaned it and closed the port.",
        Intent::Fixed,
    ),
    (
        "Buenas tardes:\n\nEl problema ya está solucionado.\n\nUn saludo",
        Intent::Fixed,
    ),
    ("Sí, ya está resuelto, gracias por avisar.", Intent::Fixed),
    ("Hemos bloqueado al cliente.", Intent::Fixed),
    ("Das Problem wurde behoben.", Intent::Fixed),
    ("Le problème a été résolu.", Intent::Fixed),
    ("O problema foi resolvido.", Intent::Fixed),
    ("Fixed.", Intent::Fixed),
    ("RESUELTO!", Intent::Fixed),
    (
        "Hi, 192.0.2.1 is not ours, please contact the right network.",
        Intent::NotOurs,
    ),
    ("This address doesn't belong to us any more.", Intent::NotOurs),
    ("Esta IP no nos pertenece.", Intent::NotOurs),
    ("Diese Adresse gehört nicht zu uns.", Intent::NotOurs),
    ("Cette adresse ne nous appartient pas.", Intent::NotOurs),
    ("STOP", Intent::Stop),
    ("unsubscribe", Intent::Stop),
    ("Please stop sending these notices to us.", Intent::Stop),
    ("Por favor, dejen de enviar estos avisos.", Intent::Stop),
    ("Bitte keine weiteren E-Mails.", Intent::Stop),
    (
        "Thank you for your mail, we are investigating.",
        Intent::Acknowledged,
    ),
    (
        "Hemos reenviado su aviso a nuestro cliente.",
        Intent::Acknowledged,
    ),
    ("I am out of the office until Monday.", Intent::OutOfOffice),
    ("Could you send us the logs?", Intent::Question),
    ("What is this about? Who are you?", Intent::Question),
    // Turned round, thought of, asked.
    ("It is not fixed yet.", Intent::Unsure),
    ("This will be fixed tomorrow.", Intent::Unsure),
    ("The issue has not been resolved.", Intent::Unsure),
    ("We will tell you when it has been fixed.", Intent::Unsure),
    ("Once this is resolved, we will answer.", Intent::Unsure),
    ("Has it been resolved?", Intent::Unsure),
    ("Todavía no está solucionado.", Intent::Unsure),
    ("No está resuelto.", Intent::Unsure),
    (
        "Cuando esté listo les diremos que está solucionado.",
        Intent::Unsure,
    ),
    ("We never asked you to stop sending.", Intent::Unsure),
    // Two things at once, and nothing.
    (
        "We have fixed it. Could you please delist us? When will that be?",
        Intent::Unsure,
    ),
    ("It is not ours. We have blocked it all the same.", Intent::Unsure),
    ("Buy cheap watches", Intent::Unsure),
    ("We stopped the server.", Intent::Unsure),
    // Helpful answers in the words of others.
    ("We told our customer to stop sending spam.", Intent::Unsure),
    ("Hemos pedido al cliente dejar de enviar correo", Intent::Unsure),
    ("It was not our customer's intention", Intent::Unsure),
    ("Our customer was told: do not email strangers.", Intent::Unsure),
    ("We made them stop mailing this list.", Intent::Unsure),
    (
        "Our customer promised to stop sending these emails.",
        Intent::Unsure,
    ),
    ("We can stop these messages for you.", Intent::Unsure),
    ("Do not send us the headers as a picture.", Intent::Unsure),
    ("Exigimos al cliente: dejen de enviar publicidad.", Intent::Unsure),
    (
        "Pedimos al usuario que deje de enviar correo masivo.",
        Intent::Unsure,
    ),
    ("", Intent::Unsure),
];

#[test]
fn what_is_meant_is_read() {
    let wrong: Vec<String> = TEXTS
        .iter()
        .filter_map(|(text, intent)| {
            let answer = of_text(text);
            (answer.intent != *intent).then(|| format!("{text:?}: {answer:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What a person has to read, though the words of "stop" or "not ours" are in it.
const FOR_A_PERSON: &[&str] = &[
    "The domain in From is not ours",
    "The domain in From is not ours. The host is, and it is being cleaned.",
    "We told them to stop sending us such mail.",
    "We told our customer that this IP is not ours to lend.",
    "Stop sending us reports as X-ARF, plain text is better.",
    "Do not contact us by telephone.",
    "El dominio del remitente no es nuestro.",
    "La cuenta no nos pertenece, pero el servidor sí.",
    "Por favor, no nos escriban a esta dirección sino a noc@net.example.",
    "Please remove me from your blocklist.",
    "remove me",
    "The sender is not our customer, but we have no logs.",
    "Is 192.0.2.1 not ours?",
    "We stopped it. Stop sending these is what we told them, stop emailing, stop mailing.",
];

/// On what something follows by itself.
const PLAIN_TEXTS: &[(&str, Intent)] = &[
    ("Stop sending us these notices.", Intent::Stop),
    ("Hello,\n\nplease stop sending me mail, thanks.", Intent::Stop),
    ("Please stop sending these mails.", Intent::Stop),
    ("Dejen de enviarnos avisos, por favor.", Intent::Stop),
    ("192.0.2.1 is not ours.", Intent::NotOurs),
    (
        "Hi, this IP address does not belong to us any longer.",
        Intent::NotOurs,
    ),
    (
        "La IP 192.0.2.1 es de otros. Esta IP no nos pertenece.",
        Intent::NotOurs,
    ),
    ("2001:db8::1 no es nuestra.", Intent::NotOurs),
];

#[test]
fn only_whole_texts_and_whole_sentences_are_plain() {
    let acts = |text: &str| {
        let answer = of_text(text);
        let is_acted_on = matches!(answer.intent, Intent::Stop | Intent::NotOurs);
        (is_acted_on && answer.confidence >= PLAIN).then_some(answer.intent)
    };
    let unclear = TEXTS.iter().filter(|(_, intent)| *intent == Intent::Unsure);
    for text in FOR_A_PERSON.iter().chain(unclear.map(|(text, _)| text)) {
        assert_eq!(acts(text), None, "{text}: {:?}", of_text(text));
    }
    for (text, intent) in PLAIN_TEXTS {
        assert_eq!(acts(text), Some(*intent), "{text}: {:?}", of_text(text));
    }
}

#[test]
fn an_answer_explains_itself_and_quotes_what_was_said() {
    let answer = read(b"Subject: Re: x\n\nIt is not ours.\n\n> please stop sending\n");
    assert_eq!(
        (answer.intent, answer.said.as_str()),
        (Intent::NotOurs, "It is not ours.")
    );
    assert_eq!(answer.because, ["\"it is not ours\" says not-ours (80)"]);
}

#[test]
fn a_subject_counts_only_where_it_is_all_that_was_said() {
    assert_eq!(read(b"Subject: unsubscribe\n\n").intent, Intent::Stop);
    assert_eq!(read(b"Subject: Re: stop\n\n").intent, Intent::Unsure);
    assert_eq!(read(b"Subject: stop\n\nHello").intent, Intent::Unsure);
}

#[test]
fn long_texts_are_left_to_a_person() {
    let long = format!(
        "{} This has been resolved.",
        "We looked into many things. ".repeat(60)
    );
    let answer = of_text(&long);
    assert_eq!(answer.intent, Intent::Unsure, "{answer:?}");
    assert!(of_text(&"stop sending ".repeat(100_000)).said.chars().count() <= MAX_SAID);
}

#[test]
fn every_phrase_is_folded_and_stands_once() {
    let mut seen = std::collections::BTreeSet::new();
    for phrase in PHRASES {
        assert_eq!(folded(phrase.words, 99), phrase.words);
        assert!(seen.insert(phrase.words), "{}", phrase.words);
        assert!(phrase.points <= MOST);
    }
    for phrase in WHOLE {
        assert_eq!(folded(phrase.words, 99), phrase.words);
    }
}
