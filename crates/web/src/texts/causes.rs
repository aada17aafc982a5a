//! What usually stands behind spam, how each shows itself, and what to do about it, in both languages.

/// What usually stands behind a listing.
pub(crate) struct CausesTexts {
    pub(crate) title: &'static str,
    pub(crate) lead: &'static str,
    pub(crate) causes: [Cause; 6],
}

/// One thing that sends spam without its owner's will.
pub(crate) struct Cause {
    pub(crate) name: &'static str,
    /// How it shows itself.
    pub(crate) signs: &'static str,
    pub(crate) steps: &'static [&'static str],
}

/// In English.
pub(super) const ENGLISH: CausesTexts = CausesTexts {
    title: "What it usually is",
    lead: "Compare with what we saw, below, and with your own log.",
    causes: [
        Cause {
            name: "A stolen password",
            signs: "The log of the mail server shows many mails of one account that logged in, from addresses all over the world.",
            steps: &[
                "Change the password, end the sessions that are open, and delete what still waits in the queue.",
                "Look for rules that forward mail, which the thief may have left in the mailbox.",
                "Limit how many recipients an account may write to in an hour, so that the next one is small.",
            ],
        },
        Cause {
            name: "A form, script or plug-in of a web site",
            signs: "The mail leaves by a local program and not by a login; in its header stands the user of the web server or the name of a script.",
            steps: &[
                "Find the script by the time: compare the access log of the web server with the log of the mail.",
                "Remove files that nobody of yours put there, then update the site and all its plug-ins, and change its passwords.",
                "Let a contact form write to fixed recipients only, and ask for something that a program does not know.",
            ],
        },
        Cause {
            name: "An infected machine",
            signs: "The mail server’s log knows nothing of these mails. The name in “Called itself” is not your server’s, or the system is another one.",
            steps: &[
                "Log outgoing connections to port 25 at the router: whatever is not your mail server is the machine.",
                "Take it off the net. Install it anew if you can; a scanner that finds nothing proves nothing.",
                "Keep port 25 closed for every machine but the mail server.",
            ],
        },
        Cause {
            name: "An open relay or proxy",
            signs: "The log shows strangers who send to strangers without a login, or connections come in by a proxy, a VPN or a remote desktop.",
            steps: &[
                "Take mail for other domains only from those who logged in, and keep the list of trusted networks (in Postfix mynetworks) short.",
                "Close proxies to the outside, or ask for a login.",
                "Try it from outside: a mail from a foreign sender to a foreign recipient must be refused at RCPT.",
            ],
        },
        Cause {
            name: "A mailing list with addresses that never asked",
            signs: "The subjects are those of your own newsletter, or of a customer’s.",
            steps: &[
                "Write to nobody who has not confirmed it by answering a mail. Addresses that were bought, collected or guessed are not to be saved.",
                "Take out who has not opened or answered anything for a year, and all that bounce.",
            ],
        },
        Cause {
            name: "A connection whose address changes",
            signs: "The address is a home or mobile line: somebody else may have had it when the spam was sent.",
            steps: &[
                "Send through the mail server of your provider, with your login (port 465 or 587). The listing does not touch that.",
                "If the address stays with you, it is the infected machine above.",
            ],
        },
    ],
};

/// In Spanish.
pub(super) const SPANISH: CausesTexts = CausesTexts {
    title: "Qué suele ser",
    lead: "Compare con lo que vimos, más abajo, y con su propio registro.",
    causes: [
        Cause {
            name: "Una contraseña robada",
            signs: "El registro del servidor de correo muestra muchos mensajes de una cuenta que inició sesión, desde direcciones de todo el mundo.",
            steps: &[
                "Cambie la contraseña, cierre las sesiones abiertas y borre lo que aún espera en la cola.",
                "Busque reglas de reenvío que el ladrón pueda haber dejado en el buzón.",
                "Limite a cuántos destinatarios puede escribir una cuenta por hora, para que la próxima vez sea poco.",
            ],
        },
        Cause {
            name: "Un formulario, programa o complemento de un sitio web",
            signs: "El correo sale por un programa local y no por una cuenta; en su cabecera está el usuario del servidor web o el nombre de un programa.",
            steps: &[
                "Encuentre el programa por la hora: compare el registro de accesos del servidor web con el del correo.",
                "Quite los archivos que nadie de los suyos puso, actualice el sitio y todos sus complementos, y cambie sus contraseñas.",
                "Deje que un formulario de contacto escriba solo a destinatarios fijos, y pregunte algo que un programa no sepa.",
            ],
        },
        Cause {
            name: "Una máquina infectada",
            signs: "El registro del servidor de correo no sabe nada de estos mensajes. El nombre de «Dijo llamarse» no es el de su servidor, o el sistema es otro.",
            steps: &[
                "Anote en el router las conexiones de salida al puerto 25: lo que no sea su servidor de correo es la máquina.",
                "Desconéctela. Instálela de nuevo si puede; que un antivirus no encuentre nada no demuestra nada.",
                "Mantenga cerrado el puerto 25 a todas las máquinas menos al servidor de correo.",
            ],
        },
        Cause {
            name: "Un servidor de correo o proxy abierto",
            signs: "El registro muestra a extraños que envían a extraños sin iniciar sesión, o entran conexiones por un proxy, una VPN o un escritorio remoto.",
            steps: &[
                "Acepte correo para otros dominios solo de quienes iniciaron sesión, y tenga pocas redes de confianza (en Postfix, mynetworks).",
                "Cierre los proxies hacia fuera, o pida usuario y contraseña.",
                "Pruébelo desde fuera: un correo de un remitente ajeno a un destinatario ajeno debe rechazarse en RCPT.",
            ],
        },
        Cause {
            name: "Una lista de correo con direcciones que nunca lo pidieron",
            signs: "Los asuntos son los de su propio boletín, o los del de un cliente.",
            steps: &[
                "No escriba a nadie que no lo haya confirmado respondiendo a un correo. Las direcciones compradas, recogidas o adivinadas no tienen arreglo.",
                "Quite a quien no haya abierto ni respondido nada en un año, y todas las que rebotan.",
            ],
        },
        Cause {
            name: "Una conexión cuya dirección cambia",
            signs: "La dirección es de una línea doméstica o móvil: puede que la tuviera otro cuando se envió el spam.",
            steps: &[
                "Envíe a través del servidor de correo de su proveedor, con su usuario (puerto 465 o 587). La lista no afecta a eso.",
                "Si la dirección es siempre suya, se trata de la máquina infectada de arriba.",
            ],
        },
    ],
};
