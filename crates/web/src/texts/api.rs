//! The page of the API, in both languages.

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
    pub(crate) own_text: &'static str,
    pub(crate) enrolled_text: &'static str,
    pub(crate) reporters_text: &'static str,
    pub(crate) by_form_text: &'static str,
    pub(crate) takes: &'static str,
    pub(crate) nothing: &'static str,
    pub(crate) body: &'static str,
    pub(crate) answers: &'static str,
    pub(crate) required: &'static str,
    /// Why names and descriptions of parameters are in English.
    pub(crate) in_english: &'static str,
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
    own_text: "What goes wrong is told as RFC 9457 has it (application/problem+json). Each client may ask so many times a minute; whoever asks more \
               gets 429 and is told when to come back.",
    enrolled_text: "They need the key of the enrolment, as a bearer token: Authorization: Bearer KEY.",
    reporters_text: "They need a key of this list in the header Key. Tools that report to AbuseIPDB need another address and nothing else.",
    by_form_text: "The key stands in the form itself, and the answer is text.",
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
    own_text: "Lo que falla se dice según el RFC 9457 (application/problem+json). Cada cliente puede preguntar tantas veces por minuto; quien \
               pregunta más recibe 429 y se le dice cuándo volver.",
    enrolled_text: "Necesitan la clave de la inscripción, como bearer token: Authorization: Bearer CLAVE.",
    reporters_text: "Necesitan una clave de esta lista en la cabecera Key. Las herramientas que informan a AbuseIPDB necesitan otra dirección y \
                     nada más.",
    by_form_text: "La clave está en el propio formulario, y la respuesta es texto.",
    takes: "Toma",
    nothing: "nada",
    body: "Cuerpo",
    answers: "Responde",
    required: "obligatorio",
    in_english: "Los nombres y las descripciones de los parámetros son las palabras del documento, en inglés.",
};
