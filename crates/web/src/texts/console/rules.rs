//! The editor of rules, in both languages.

use crate::texts::{With1, With2};

/// The rules in the console.
pub(crate) struct RulesTexts {
    pub(crate) title: &'static str,
    /// Version, file.
    pub(crate) stand: With2,
    pub(crate) built_in: &'static str,
    /// What to do so that rules can be saved at all.
    pub(crate) no_file: [&'static str; 2],
    /// The version that was saved last on the store, which a server without a file does not take up, and one with a file has not.
    pub(crate) saved_last: [With1; 2],
    /// The version that is judged by.
    pub(crate) in_force: With1,
    /// The file, the version that is judged by.
    pub(crate) broken: With2,
    pub(crate) now_in_force: &'static str,
    pub(crate) text: &'static str,
    pub(crate) over: &'static str,
    pub(crate) try_them: &'static str,
    pub(crate) try_hint: &'static str,
    pub(crate) wrong: &'static str,
    pub(crate) stale: &'static str,
    pub(crate) trial: &'static str,
    /// Observations, since when.
    pub(crate) judged: With2,
    pub(crate) present: &'static str,
    pub(crate) tried: &'static str,
    pub(crate) listed: &'static str,
    pub(crate) extended: &'static str,
    pub(crate) expired: &'static str,
    pub(crate) most: &'static str,
    pub(crate) last: &'static str,
    pub(crate) removed: &'static str,
    pub(crate) added: &'static str,
    pub(crate) dropped: &'static str,
    pub(crate) moved: &'static str,
    pub(crate) kept: &'static str,
    pub(crate) protected: &'static str,
    pub(crate) save: &'static str,
    pub(crate) save_hint: &'static str,
    pub(crate) cannot_save: &'static str,
    /// The number of the save in the audit trail.
    pub(crate) back: With1,
    pub(crate) put_back: &'static str,
}

/// In English.
pub(super) const ENGLISH: RulesTexts = RulesTexts {
    title: "Rules",
    stand: |version, file| format!("Version {version}, in {file}."),
    built_in: "the program itself (decide.rules names no file)",
    no_file: [
        "These rules are built into the program, and there is no file to save others to. Write them into one, name it in the configuration, and start the server again:",
        "What is saved here then is kept in that file.",
    ],
    saved_last: [
        |version| {
            format!(
                "Another server on this store saved version {version}, which this one does not take up while decide.rules names no file. With one it does, at its start."
            )
        },
        |version| {
            format!(
                "Version {version} was saved last on this store. Here the file was changed since, or could not be written; the next save holds for all servers again."
            )
        },
    ],
    in_force: |version| {
        format!(
            "Another text is in force: the server judges by version {version}. Save this one here, or start the server again, to put it in force."
        )
    },
    broken: |file, version| {
        format!("{file} cannot be used. The server goes on judging by version {version}.")
    },
    now_in_force: "It is in force.",
    text: "Text of the rules",
    over: "Try them on the last",
    try_them: "Try them",
    try_hint: "Nothing is changed by a trial: what was observed is judged again in memory, by these rules and by those in force.",
    wrong: "These rules cannot be used",
    stale: "Somebody else has changed the rules meanwhile. Open the page again and put your change into the new text.",
    trial: "What they would do",
    judged: |observations, since| format!("{observations} observations; decisions since {since}."),
    present: "In force",
    tried: "Tried",
    listed: "Decisions to list",
    extended: "Decisions to extend",
    expired: "Listings that reached their end",
    most: "Most listed at once",
    last: "Listed at the end",
    removed: "Later left by the page",
    added: "Added: listed by the tried rules only",
    dropped: "Dropped: listed by those in force only",
    moved: "Moved: listed by both, at other times",
    kept: "Kept: listed by both alike",
    protected: "Protected: would be listed if they could",
    save: "Save these rules",
    save_hint: "They judge what comes from then on, without a restart, and within seconds on all servers of the same store; what was decided stays. The old text is kept beside the file, and in the audit trail. Earlier decisions name the version, so give new rules a new one.",
    cannot_save: "Saving takes the role of an administrator.",
    back: |save| {
        format!(
            "Below are the rules that number {save} of the audit trail replaced. Nothing is changed yet: try them, and the button that puts them back stands under what they would do."
        )
    },
    put_back: "Put these rules back",
};

/// In Spanish.
pub(super) const SPANISH: RulesTexts = RulesTexts {
    title: "Reglas",
    stand: |version, file| format!("Versión {version}, en {file}."),
    built_in: "el propio programa (decide.rules no nombra ningún archivo)",
    no_file: [
        "Estas reglas son parte del programa, y no hay archivo en que guardar otras. Escríbalas en uno, nómbrelo en la configuración y reinicie el servidor:",
        "Lo que se guarde aquí desde entonces queda en ese archivo.",
    ],
    saved_last: [
        |version| {
            format!(
                "Otro servidor de este almacén guardó la versión {version}, que este no adopta mientras decide.rules no nombre un archivo. Con uno la adopta al arrancar."
            )
        },
        |version| {
            format!(
                "La última versión guardada en este almacén es {version}. Aquí el archivo se cambió después, o no pudo escribirse; lo próximo que se guarde vuelve a regir en todos."
            )
        },
    ],
    in_force: |version| {
        format!(
            "Rige otro texto: el servidor juzga por la versión {version}. Para que rija este, guárdelo aquí o reinicie el servidor."
        )
    },
    broken: |file, version| {
        format!("{file} no puede usarse. El servidor sigue juzgando por la versión {version}.")
    },
    now_in_force: "Es la que rige.",
    text: "Texto de las reglas",
    over: "Probarlas con los últimos",
    try_them: "Probarlas",
    try_hint: "Una prueba no cambia nada: lo observado se juzga otra vez en memoria, por estas reglas y por las vigentes.",
    wrong: "Estas reglas no pueden usarse",
    stale: "Otra persona ha cambiado las reglas entretanto. Abra la página de nuevo y ponga su cambio en el texto nuevo.",
    trial: "Qué harían",
    judged: |observations, since| format!("{observations} observaciones; decisiones desde el {since}."),
    present: "Vigentes",
    tried: "Probadas",
    listed: "Decisiones de incluir",
    extended: "Decisiones de prorrogar",
    expired: "Entradas que llegaron a su fin",
    most: "Máximo a la vez",
    last: "Incluidas al final",
    removed: "Salieron después por la página",
    added: "Añadidas: solo por las reglas probadas",
    dropped: "Perdidas: solo por las vigentes",
    moved: "Movidas: por ambas, en otro momento",
    kept: "Iguales: por ambas a la vez",
    protected: "Protegidas: se incluirían si se pudiera",
    save: "Guardar estas reglas",
    save_hint: "Juzgan lo que llegue desde entonces, sin reiniciar, y en segundos en todos los servidores del mismo almacén; lo ya decidido queda. El texto anterior se guarda junto al archivo y en el registro de auditoría. Las decisiones nombran la versión: dé una nueva a las reglas nuevas.",
    cannot_save: "Para guardar hace falta ser administrador.",
    back: |save| {
        format!(
            "Abajo están las reglas que sustituyó el número {save} del registro de auditoría. Aún no ha cambiado nada: pruébelas, y el botón que las restituye aparece bajo lo que harían."
        )
    },
    put_back: "Restituir estas reglas",
};
