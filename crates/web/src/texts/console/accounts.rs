//! Accounts and tokens, in both languages.

use atalaya_model::AccessScope;

use crate::console::access::keep::AccessError;
use crate::texts::With1;

/// The page of the accounts.
pub(crate) struct AccountTexts {
    pub(crate) state: &'static str,
    pub(crate) open: &'static str,
    pub(crate) waiting: &'static str,
    pub(crate) disabled: &'static str,
    pub(crate) with_factor: &'static str,
    pub(crate) without_factor: &'static str,
    pub(crate) invite: &'static str,
    pub(crate) invited: &'static str,
    pub(crate) invited_text: &'static str,
    pub(crate) change: &'static str,
    pub(crate) change_hint: &'static str,
    pub(crate) new_role: &'static str,
    pub(crate) give_role: &'static str,
    pub(crate) disable: &'static str,
    pub(crate) enable: &'static str,
    pub(crate) reset: &'static str,
    pub(crate) tokens: &'static str,
    pub(crate) tokens_text: &'static str,
    pub(crate) no_tokens: &'static str,
    pub(crate) make_token: &'static str,
    pub(crate) token_made: &'static str,
    pub(crate) token_made_text: &'static str,
    pub(crate) revoke: &'static str,
    pub(crate) at_most: &'static str,
    pub(crate) scopes: &'static str,
    /// In the order of `AccessScope::ALL`.
    pub(crate) each_scope: [&'static str; 6],
    pub(crate) no_scope: &'static str,
    pub(crate) made_by: &'static str,
    pub(crate) until: &'static str,
    pub(crate) used: &'static str,
    pub(crate) over: &'static str,
    pub(crate) no_end: &'static str,
    pub(crate) never: &'static str,
    pub(crate) days: &'static str,
    pub(crate) days_hint: &'static str,
    pub(crate) bad_days: &'static str,
    /// The name.
    pub(crate) exists: With1,
    pub(crate) unknown: With1,
    pub(crate) last: With1,
    pub(crate) token_exists: With1,
    /// The scope.
    pub(crate) too_much: With1,
}

impl AccountTexts {
    /// What a scope is for.
    pub(crate) const fn scope(&self, scope: AccessScope) -> &'static str {
        let [read, list, allow, evidence, notices, administer] = self.each_scope;
        match scope {
            AccessScope::Read => read,
            AccessScope::List => list,
            AccessScope::Allow => allow,
            AccessScope::Evidence => evidence,
            AccessScope::Notices => notices,
            AccessScope::Administer => administer,
        }
    }

    /// Why something was not done.
    pub(crate) fn refused(&self, error: &AccessError) -> String {
        match error {
            AccessError::Exists(name) => (self.exists)(name.as_str()),
            AccessError::Unknown(name) | AccessError::UnknownToken(name) => (self.unknown)(name.as_str()),
            AccessError::TokenExists(name) => (self.token_exists)(name.as_str()),
            AccessError::LastAdministrator(name) => (self.last)(name.as_str()),
            AccessError::TooMuch(scope) => (self.too_much)(scope.name()),
            // Never shown: who calls makes a page of its own of it.
            AccessError::Store(error) => error.to_string(),
        }
    }
}

/// In English.
pub(super) const ENGLISH: AccountTexts = AccountTexts {
    state: "State",
    open: "open",
    waiting: "waits for its link",
    disabled: "closed",
    with_factor: "yes",
    without_factor: "no",
    invite: "Invite somebody",
    invited: "The invitation",
    invited_text: "Give this link to whom it is for, by a way that nobody else reads. It works once and is not shown again.",
    change: "Change an account",
    change_hint: "A reset takes password, factor and recovery codes away and gives you a link to pass on. A closed account keeps its name and its part in \
                  the audit trail. Either ends all sessions of the account, and its tokens for good: make new ones for the programs that had them.",
    new_role: "New role",
    give_role: "Give the role",
    disable: "Close",
    enable: "Open again",
    reset: "Reset",
    tokens: "Tokens",
    tokens_text: "With a token a program calls /api/v1/console. It does what its scopes say, and at most what its role and the role of its account allow.",
    no_tokens: "There is none.",
    make_token: "Make a token",
    token_made: "The token",
    token_made_text: "Send it as Authorization: Bearer. It is not shown again.",
    revoke: "Revoke a token",
    at_most: "With at most the role",
    scopes: "Scopes",
    each_scope: [
        "read what a viewer sees",
        "list and take off the list (operator)",
        "change the allow list (operator)",
        "see evidence as the desk does (desk)",
        "keep outbox, suppressions and replies (desk)",
        "read the audit trail, keep accounts and tokens (administrator)",
    ],
    no_scope: "A token needs at least one scope. Nothing was made.",
    made_by: "Made by",
    until: "Until",
    used: "Last used",
    over: "over",
    no_end: "no end",
    never: "never",
    days: "Days that it holds",
    days_hint: "Empty for no end.",
    bad_days: "Days are a number from 1 to 3650, or nothing. No token was made.",
    exists: |name| format!("There is an account {name} already. Nothing was changed."),
    unknown: |name| format!("There is no {name}. Nothing was changed."),
    last: |name| {
        format!(
            "{name} is the last administrator who can sign in. Nothing was changed: invite another one first."
        )
    },
    token_exists: |name| format!("There is a token {name} already. Revoke it first, or choose another name."),
    too_much: |scope| format!("The scope {scope} takes a higher role than the token has. No token was made."),
};

/// In Spanish.
pub(super) const SPANISH: AccountTexts = AccountTexts {
    state: "Estado",
    open: "abierta",
    waiting: "espera su enlace",
    disabled: "cerrada",
    with_factor: "sí",
    without_factor: "no",
    invite: "Invitar a alguien",
    invited: "La invitación",
    invited_text: "Dé este enlace a su destinatario por una vía que nadie más lea. Sirve una sola vez y no se vuelve a mostrar.",
    change: "Cambiar una cuenta",
    change_hint: "Restablecer quita la contraseña, el factor y los códigos de recuperación, y le da un enlace que entregar. Una cuenta cerrada conserva su \
                  nombre y su parte en el registro de auditoría. Lo uno y lo otro terminan todas las sesiones de la cuenta, y sus claves para siempre: haga \
                  otras para los programas que las tenían.",
    new_role: "Función nueva",
    give_role: "Dar la función",
    disable: "Cerrar",
    enable: "Volver a abrir",
    reset: "Restablecer",
    tokens: "Claves",
    tokens_text: "Con una clave, un programa llama a /api/v1/console. Hace lo que dicen sus alcances, y como mucho lo que permiten su función y la de su cuenta.",
    no_tokens: "No hay ninguna.",
    make_token: "Crear una clave",
    token_made: "La clave",
    token_made_text: "Envíela como Authorization: Bearer. No se vuelve a mostrar.",
    revoke: "Revocar una clave",
    at_most: "Con la función, como mucho, de",
    scopes: "Alcances",
    each_scope: [
        "leer lo que ve un observador",
        "incluir en la lista y retirar de ella (operador)",
        "cambiar la lista de permitidos (operador)",
        "ver las pruebas como la mesa de abuso (mesa de abuso)",
        "llevar la bandeja de salida, las supresiones y las respuestas (mesa de abuso)",
        "leer el registro de auditoría, llevar cuentas y claves (administrador)",
    ],
    no_scope: "Una clave necesita al menos un alcance. No se hizo ninguna.",
    made_by: "Hecha por",
    until: "Hasta",
    used: "Último uso",
    over: "vencida",
    no_end: "sin fin",
    never: "nunca",
    days: "Días que vale",
    days_hint: "Vacío para que no venza.",
    bad_days: "Los días son un número de 1 a 3650, o nada. No se hizo ninguna clave.",
    exists: |name| format!("Ya hay una cuenta {name}. No se cambió nada."),
    unknown: |name| format!("No hay ningún {name}. No se cambió nada."),
    last: |name| {
        format!("{name} es el último administrador que puede entrar. No se cambió nada: invite antes a otro.")
    },
    token_exists: |name| format!("Ya hay una clave {name}. Revóquela antes, o elija otro nombre."),
    too_much: |scope| {
        format!("El alcance {scope} exige una función superior a la de la clave. No se hizo ninguna.")
    },
};
