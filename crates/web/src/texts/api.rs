//! The page of the API, in both languages.

use atalaya_model::AccessScope;

use super::With2;
use crate::api::Errors;
use crate::language::Language;

/// The calls for programs.
pub(crate) struct ApiTexts {
    pub(crate) title: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) document: &'static str,
    /// Of which service the calls have the form, with what they need.
    pub(crate) own: &'static str,
    pub(crate) enrolled: &'static str,
    pub(crate) reporters: &'static str,
    pub(crate) by_form: &'static str,
    pub(crate) console: &'static str,
    pub(crate) own_text: &'static str,
    pub(crate) enrolled_text: &'static str,
    pub(crate) reporters_text: &'static str,
    pub(crate) by_form_text: &'static str,
    pub(crate) console_text: &'static str,
    /// Scope, role.
    pub(crate) scope: With2,
    pub(crate) takes: &'static str,
    pub(crate) nothing: &'static str,
    pub(crate) body: &'static str,
    pub(crate) answers: &'static str,
    pub(crate) required: &'static str,
    /// Why names and descriptions of parameters are in English.
    pub(crate) in_english: &'static str,
}

impl ApiTexts {
    /// The title of the calls that need the same, and what that is.
    pub(crate) const fn group(&self, errors: Errors) -> (&'static str, &'static str) {
        match errors {
            Errors::Problem => (self.own, self.own_text),
            Errors::Enrolled => (self.enrolled, self.enrolled_text),
            Errors::Listed => (self.reporters, self.reporters_text),
            Errors::Text => (self.by_form, self.by_form_text),
            Errors::Console => (self.console, self.console_text),
        }
    }

    /// Which token a call needs.
    pub(crate) fn needs_scope(language: Language, scope: AccessScope) -> String {
        let texts = language.texts();
        let role = texts.console.frame.role(scope.least_role());
        (texts.api.scope)(scope.name(), role)
    }
}

/// In English.
pub(super) const ENGLISH: ApiTexts = ApiTexts {
    title: "Calls for programs",
    lead: "Every call of this server, what it takes and with which status it answers. The page is made from the same table as the document for programs.",
    document: "The same as OpenAPI 3.1",
    own: "Calls without a key",
    enrolled: "Calls of an enrolment",
    reporters: "Calls in the form of AbuseIPDB",
    by_form: "Reports in the form of blocklist.de",
    console: "Calls of the console",
    own_text: "What goes wrong is told as RFC 9457 has it (application/problem+json). Each client may ask so many times a minute; whoever asks more \
               gets 429 and is told when to come back.",
    enrolled_text: "They need the key of the enrolment, as a bearer token: Authorization: Bearer KEY.",
    reporters_text: "They need a key of this list in the header Key. Tools that report to AbuseIPDB need another address and nothing else.",
    by_form_text: "The key stands in the form itself, and the answer is text.",
    console_text: "For programs of those who operate the list: they need a token, as Authorization: Bearer TOKEN, and an address from which the console \
                   may be reached; everybody else gets 404. What they change stands in the audit trail.",
    scope: |scope, role| format!("Needs a token with the scope {scope}, and at least the role {role}."),
    takes: "Takes",
    nothing: "nothing",
    body: "Body",
    answers: "Answers",
    required: "required",
    in_english: "Names and descriptions of parameters are the words of the document.",
};

/// In Spanish.
pub(super) const SPANISH: ApiTexts = ApiTexts {
    title: "Llamadas para programas",
    lead: "Todas las llamadas de este servidor, qué toman y con qué estado responden. La página se hace de la misma tabla que el documento para \
           programas.",
    document: "Lo mismo como OpenAPI 3.1",
    own: "Llamadas sin clave",
    enrolled: "Llamadas de una inscripción",
    reporters: "Llamadas en la forma de AbuseIPDB",
    by_form: "Informes en la forma de blocklist.de",
    console: "Llamadas de la consola",
    own_text: "Lo que falla se dice según el RFC 9457 (application/problem+json). Cada cliente puede preguntar tantas veces por minuto; quien \
               pregunta más recibe 429 y se le dice cuándo volver.",
    enrolled_text: "Necesitan la clave de la inscripción, como bearer token: Authorization: Bearer CLAVE.",
    reporters_text: "Necesitan una clave de esta lista en la cabecera Key. Las herramientas que informan a AbuseIPDB necesitan otra dirección y \
                     nada más.",
    by_form_text: "La clave está en el propio formulario, y la respuesta es texto.",
    console_text: "Para programas de quienes operan la lista: necesitan una clave (token), como Authorization: Bearer CLAVE, y una dirección desde la \
                   que se llegue a la consola; todos los demás reciben 404. Lo que cambian queda en el registro de auditoría.",
    scope: |scope, role| format!("Necesita una clave con el alcance {scope} y al menos la función {role}."),
    takes: "Toma",
    nothing: "nada",
    body: "Cuerpo",
    answers: "Responde",
    required: "obligatorio",
    in_english: "Los nombres y las descripciones de los parámetros son las palabras del documento, en inglés.",
};
