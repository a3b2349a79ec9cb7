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
forgot = Passwort vergessen?
forgot-title = Passwort vergessen?
forgot-text = Geben Sie Ihre E-Mail-Adresse ein. Hat sie ein Konto, senden wir einen Link, mit dem Sie ein neues Passwort wählen.
forgot-send = Link senden
forgot-sent = Hat die Adresse ein Konto, ist ein Link unterwegs. Sehen Sie in Ihre E-Mails. Kommt nichts an, fragen Sie einen Administrator Ihrer Firma.
forgot-back = Zurück zur Anmeldung
