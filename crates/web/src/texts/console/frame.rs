//! What stands on every page of the console, in both languages.

use atalaya_model::Role;

use crate::texts::With1;

/// On every page of the console.
pub(crate) struct ConsoleFrameTexts {
    pub(crate) console: &'static str,
    pub(crate) dashboard: &'static str,
    /// The words under which pages stand: what is seen and judged, what is listed, who is told, and the server itself.
    pub(crate) watch: &'static str,
    pub(crate) list: &'static str,
    pub(crate) tell: &'static str,
    pub(crate) run: &'static str,
    pub(crate) listings: &'static str,
    pub(crate) allowed: &'static str,
    pub(crate) by_hand: &'static str,
    pub(crate) mail: &'static str,
    pub(crate) sources: &'static str,
    pub(crate) feedback: &'static str,
    pub(crate) contacts: &'static str,
    pub(crate) jobs: &'static str,
    pub(crate) rules: &'static str,
    pub(crate) audit: &'static str,
    pub(crate) accounts: &'static str,
    pub(crate) own: &'static str,
    pub(crate) sign_out: &'static str,
    /// The names of `Role::ALL`.
    pub(crate) roles: [&'static str; 4],
    pub(crate) not_allowed: &'static str,
    /// The least role that may.
    pub(crate) not_allowed_text: With1,
    pub(crate) not_our_name: &'static str,
    /// The name.
    pub(crate) not_our_name_text: With1,
    pub(crate) stale_form: &'static str,
    pub(crate) stale_form_text: &'static str,
    pub(crate) no_token: &'static str,
    pub(crate) no_token_text: &'static str,
    pub(crate) not_in_scope: &'static str,
    /// The scope.
    pub(crate) not_in_scope_text: With1,
    pub(crate) no_invitation: &'static str,
    pub(crate) no_invitation_text: &'static str,
}

impl ConsoleFrameTexts {
    /// The name of a role.
    pub(crate) const fn role(&self, role: Role) -> &'static str {
        let [viewer, desk, operator, administrator] = self.roles;
        match role {
            Role::Viewer => viewer,
            Role::Desk => desk,
            Role::Operator => operator,
            Role::Administrator => administrator,
        }
    }
}

/// In English.
pub(super) const ENGLISH: ConsoleFrameTexts = ConsoleFrameTexts {
    console: "Console",
    dashboard: "Overview",
    watch: "Watch",
    list: "List",
    tell: "Tell",
    run: "Run",
    listings: "Listings",
    allowed: "Allow list",
    by_hand: "By hand",
    mail: "Mail",
    sources: "Sources",
    feedback: "Feedback loop",
    contacts: "Contacts",
    jobs: "Jobs",
    rules: "Rules",
    audit: "Audit trail",
    accounts: "Accounts",
    own: "Your account",
    sign_out: "Sign out",
    roles: ["viewer", "desk", "operator", "administrator"],
    not_allowed: "Your role does not allow this",
    not_allowed_text: |role| {
        format!("This takes the role {role} or more. An administrator can give it to you.")
    },
    not_our_name: "This name is not one of this server",
    not_our_name_text: |name| {
        format!(
            "What is not for everybody answers to the server's own names alone, so that no other site reads it through your browser, and {name} is none of \
             them. Open it by the name in public_url or console.url, by localhost or by an IP address. Where a proxy or a program has to come by this name, add \
             it to web.own_names."
        )
    },
    stale_form: "This form is not of your session",
    stale_form_text: "You have signed in anew since it was shown, or another site made it. Nothing was changed: open the page again and repeat it.",
    no_token: "A token is needed",
    no_token_text: "Send `Authorization: Bearer` with a token that `atalaya token create` or the page of the accounts made.",
    not_in_scope: "The token is not for this",
    not_in_scope_text: |scope| {
        format!("This takes a token with the scope {scope}, and a role that may do it.")
    },
    no_invitation: "This link does not hold",
    no_invitation_text: "It was used, or its time is over. An administrator can make another one, and `atalaya account invite` too.",
};

/// In Spanish.
pub(super) const SPANISH: ConsoleFrameTexts = ConsoleFrameTexts {
    console: "Consola",
    dashboard: "Resumen",
    watch: "Vigilar",
    list: "Lista",
    tell: "Avisar",
    run: "Operar",
    listings: "Entradas",
    allowed: "Permitidos",
    by_hand: "A mano",
    mail: "Correo",
    sources: "Fuentes",
    feedback: "Circuito de avisos",
    contacts: "Contactos",
    jobs: "Tareas",
    rules: "Reglas",
    audit: "Registro de auditoría",
    accounts: "Cuentas",
    own: "Su cuenta",
    sign_out: "Salir",
    roles: ["observador", "mesa de abuso", "operador", "administrador"],
    not_allowed: "Su función no lo permite",
    not_allowed_text: |role| {
        format!("Para esto hace falta la función «{role}» o una superior. Puede dársela un administrador.")
    },
    not_our_name: "Este nombre no es de este servidor",
    not_our_name_text: |name| {
        format!(
            "Lo que no es para todos responde solo a los nombres propios del servidor, para que ningún otro sitio lo lea a través de su navegador, y {name} no \
             es ninguno de ellos. Ábralo por el nombre de public_url o console.url, por localhost o por una dirección IP. Si un proxy o un programa tiene que \
             venir por este nombre, añádalo a web.own_names."
        )
    },
    stale_form: "Este formulario no es de su sesión",
    stale_form_text: "Usted volvió a entrar después de verlo, o lo hizo otro sitio. No se cambió nada: abra la página de nuevo y repítalo.",
    no_token: "Hace falta una clave",
    no_token_text: "Envíe `Authorization: Bearer` con una clave hecha por `atalaya token create` o en la página de las cuentas.",
    not_in_scope: "La clave no es para esto",
    not_in_scope_text: |scope| {
        format!("Para esto hace falta una clave con el alcance {scope}, y una función que lo permita.")
    },
    no_invitation: "Este enlace no vale",
    no_invitation_text: "Ya se usó, o pasó su plazo. Un administrador puede hacer otro, y también `atalaya account invite`.",
};
