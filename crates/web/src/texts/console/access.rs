//! Signing in, accounts and the audit trail, in both languages.

/// Signing in.
pub(crate) struct AccessTexts {
    pub(crate) sign_in: &'static str,
    pub(crate) name: &'static str,
    pub(crate) password: &'static str,
    pub(crate) code: &'static str,
    pub(crate) code_hint: &'static str,
    pub(crate) lost: &'static str,
    pub(crate) wrong: &'static str,
    pub(crate) wait: &'static str,
}

/// In English.
pub(super) const ENGLISH: AccessTexts = AccessTexts {
    sign_in: "Sign in",
    name: "Name",
    password: "Password",
    code: "Code",
    code_hint: "Six digits from your authenticator, or a recovery code. Leave it empty where you have set up neither.",
    lost: "Lost your phone or forgot your password? An administrator gives you a link to begin anew.",
    wrong: "Name, password or code is wrong. A code works once: wait for the next one.",
    wait: "Too many failures with this name. Wait a little, then try again.",
};

/// In Spanish.
pub(super) const SPANISH: AccessTexts = AccessTexts {
    sign_in: "Entrar",
    name: "Nombre",
    password: "Contraseña",
    code: "Código",
    code_hint: "Seis cifras de su autenticador, o un código de recuperación. Déjelo vacío si no tiene ninguno.",
    lost: "¿Perdió el teléfono u olvidó la contraseña? Un administrador le da un enlace para empezar de nuevo.",
    wrong: "El nombre, la contraseña o el código no es correcto. Un código sirve una sola vez: espere al siguiente.",
    wait: "Demasiados intentos fallidos con este nombre. Espere un poco y vuelva a probar.",
};
