//! The step before a removal: a puzzle for the browser, or a wait, in both languages.

use super::{With1, With2};

/// Before a removal.
pub(crate) struct ProofTexts {
    /// While the script works.
    pub(crate) working: &'static str,
    pub(crate) note: &'static str,
    pub(crate) once_more: &'static str,
    /// Seconds.
    pub(crate) wait: With1,
    pub(crate) why: &'static str,
    /// Where a puzzle was solved that does not hold, and the page solves another one.
    pub(crate) in_its_place: &'static str,
    pub(crate) in_its_place_lead: &'static str,
    pub(crate) in_its_place_why: &'static str,
    pub(crate) too_often: &'static str,
    pub(crate) too_often_text: &'static str,
    /// How often it left, in which time.
    pub(crate) growing: With2,
    pub(crate) growing_once: With1,
}

/// In English.
pub(super) const ENGLISH: ProofTexts = ProofTexts {
    working: "One moment: your browser does a little work, so that no program can empty the list.",
    note: "There are no pictures to read: your browser does a little work instead. Without JavaScript it works too.",
    once_more: "Press once more",
    wait: |seconds| format!("Wait {seconds}, then press the button below."),
    why: "Where no script runs in the browser, a short wait keeps programs from emptying the list. Nothing else is asked.",
    in_its_place: "One moment more",
    in_its_place_lead: "Your browser does its little work once more, and then the removal goes on by itself. You need not press anything.",
    in_its_place_why: "The page that you came from is more than an hour old, or the server was started anew since. Nothing is wrong with your request.",
    too_often: "Too many removals without the script",
    too_often_text: "A browser without JavaScript can remove only a few addresses in an hour. Turn JavaScript on for this site, or go on in an \
                     hour. The contact of a network can remove all of it by the link in our notices.",
    growing: |times, period| {
        format!(
            "It left {times} times in the last {period}. Each return doubles the wait, so that leaving is no way of going on."
        )
    },
    growing_once: |period| {
        format!(
            "It left once in the last {period}. Each return doubles the wait, so that leaving is no way of going on."
        )
    },
};

/// In Spanish.
pub(super) const SPANISH: ProofTexts = ProofTexts {
    working: "Un momento: su navegador hace un pequeño cálculo, para que ningún programa pueda vaciar la lista.",
    note: "No hay imágenes que leer: en su lugar, su navegador hace un pequeño cálculo. Sin JavaScript también funciona.",
    once_more: "Pulse una vez más",
    wait: |seconds| format!("Espere {seconds} y pulse el botón de abajo."),
    why: "Si en el navegador no hay JavaScript, una breve espera impide que los programas vacíen la lista. No se pide nada más.",
    in_its_place: "Un momento más",
    in_its_place_lead: "Su navegador repite su pequeño cálculo y después la retirada sigue sola. No hace falta que pulse nada.",
    in_its_place_why: "La página de la que viene tiene más de una hora, o el servidor se reinició desde entonces. Su petición no tiene nada de malo.",
    too_often: "Demasiadas retiradas sin JavaScript",
    too_often_text: "Un navegador sin JavaScript solo puede retirar unas pocas direcciones por hora. Active JavaScript para este sitio, o siga \
                     dentro de una hora. El contacto de una red puede retirarla entera con el enlace de nuestros avisos.",
    growing: |times, period| {
        format!(
            "Salió {times} veces en los últimos {period}. Cada vuelta dobla la espera, para que salir no sirva para seguir igual."
        )
    },
    growing_once: |period| {
        format!(
            "Salió una vez en los últimos {period}. Cada vuelta dobla la espera, para que salir no sirva para seguir igual."
        )
    },
};
