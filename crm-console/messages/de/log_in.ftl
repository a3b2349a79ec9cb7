# Anmeldung.
log-in-title = Anmelden
log-in-heading = Bei { $value } anmelden
log-in = Anmelden
log-in-password = Passwort
log-in-code = Code des zweiten Faktors
log-in-refused = Die E-Mail-Adresse oder das Passwort ist falsch.
log-in-code-required = Geben Sie Ihr Passwort noch einmal ein, und den Code Ihres zweiten Faktors.
log-in-code-wrong = Der Code ist falsch. Geben Sie Ihr Passwort und einen neuen Code ein.
log-in-too-many = Es waren zu viele Versuche. Versuchen Sie es in einigen Minuten wieder.
log-in-unavailable = Die Anmeldung ist gerade nicht möglich. Versuchen Sie es bald wieder.
log-in-demo = Demo: mit einem Klick anmelden
