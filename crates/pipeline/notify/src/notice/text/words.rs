//! The words that stand in values, and what is added to a template that leaves out what must be said, in both languages.

use atalaya_formats::why::Why;

use super::templates::Tongue;

/// The words of a language.
#[derive(Debug)]
pub(super) struct Words {
    /// Says why something is listed.
    pub(super) why: fn(&Why) -> String,
    /// A listing without end lasts until this.
    pub(super) by_hand: &'static str,
    /// Stands before the name of a system that is a guess.
    pub(super) perhaps: &'static str,
    /// How a system is known.
    pub(super) going_by: &'static str,
    /// How much of the message is attached: its header; that, and the rest in X-ARF; all; all but pictures and files.
    pub(super) header: &'static str,
    /// See `header`.
    pub(super) header_and_xarf: &'static str,
    /// See `header`.
    pub(super) complete: &'static str,
    /// See `header`.
    pub(super) left_out: &'static str,
    /// Stands for the quoted header in the second half of a text in two languages.
    pub(super) quoted_above: &'static str,
    /// Tells those who read the other language that theirs is below. It stands above the first half, so in the other language.
    pub(super) other_below: &'static str,
    /// What must be said: a name, and the lines that are added where no line of the template has it.
    pub(super) needed: [(&'static str, &'static str); 4],
}

impl Words {
    /// Those of a language.
    pub(super) const fn of(tongue: Tongue) -> &'static Self {
        match tongue {
            Tongue::English => &ENGLISH,
            Tongue::Spanish => &SPANISH,
        }
    }
}

const ENGLISH: Words = Words {
    why: ToString::to_string,
    by_hand: "we take it off by hand",
    perhaps: "perhaps",
    going_by: "going by its first packet",
    header: "The header is attached; the text is too long to go along, or cannot be searched for recipients.",
    header_and_xarf: "The header is attached, and the message stands in xarf.json: its lines are longer than mail allows, or hold bytes that it forbids.",
    complete: "The complete message is attached.",
    left_out: "The message is attached. Pictures and files in it were left out, with a note in their place.",
    quoted_above: "The header of the message is quoted above, under PRUEBAS.",
    other_below: "(El mismo aviso en español, más abajo.)",
    needed: [
        ("extent", "\n{{extent}}"),
        (
            "lookup",
            "\nThe address and how it leaves the list:\n\n  {{lookup}}",
        ),
        (
            "network_page",
            "\nAll addresses of your network:\n\n  {{network_page}}",
        ),
        ("stop", "\nTo get no more notices at {{contact}}:\n\n  {{stop}}"),
    ],
};

const SPANISH: Words = Words {
    why: Why::spanish,
    by_hand: "que la retiremos a mano",
    perhaps: "quizá",
    going_by: "según su primer paquete",
    header: "Adjuntamos la cabecera; el texto es demasiado largo para enviarlo, o no se pueden buscar en él los destinatarios.",
    header_and_xarf: "Adjuntamos la cabecera, y el mensaje va en xarf.json: sus líneas son más largas de lo que admite el correo, o contienen bytes que este prohíbe.",
    complete: "Adjuntamos el mensaje completo.",
    left_out: "Adjuntamos el mensaje. Las imágenes y los archivos se han omitido, con una nota en su lugar.",
    quoted_above: "La cabecera del mensaje está citada más arriba, en EVIDENCE.",
    other_below: "(The same notice in English is below.)",
    needed: [
        ("extent", "\n{{extent}}"),
        (
            "lookup",
            "\nLa dirección y la manera de sacarla de la lista:\n\n  {{lookup}}",
        ),
        (
            "network_page",
            "\nTodas las direcciones de su red:\n\n  {{network_page}}",
        ),
        (
            "stop",
            "\nPara no recibir más avisos en {{contact}}:\n\n  {{stop}}",
        ),
    ],
};
