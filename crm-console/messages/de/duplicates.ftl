# Mögliche Dubletten.
duplicates-title = Dubletten
duplicates-text = Paare von Kunden, die dieselbe Person oder Organisation sein können.
duplicates-scan = Jetzt suchen
duplicates-scanning = Kunden werden verglichen:
duplicates-scanned = Letzte Suche:
duplicates-scan-failed = Die letzte Suche ist fehlgeschlagen. Starten Sie eine neue.
duplicates-count = { $count ->
    [0] Keine Paare
    [one] 1 Paar
   *[other] { $number } Paare
}
duplicates-count-at-least = { $count ->
   *[other] Mehr als { $number } Paare
}
duplicates-show-dismissed = Verworfene Paare zeigen
duplicates-show-open = Offene Paare zeigen
duplicates-none = Keine möglichen Dubletten
duplicates-none-text = Eine Suche vergleicht alle Kunden und listet hier auf, welche dieselben sein können.
duplicates-none-dismissed = Kein Paar wurde verworfen
duplicates-customers = Kunden
duplicates-reasons = Gründe
duplicates-score = Übereinstimmung
duplicates-side-by-side = Mögliche Dublette
duplicates-dismiss = Keine Dublette
duplicates-reopen = Doch eine mögliche Dublette
duplicates-is-dismissed = Jemand hat entschieden, dass dies zwei Kunden sind. Eine Suche lässt es dabei, bis sich einer von ihnen ändert.
duplicates-field = Feld
duplicates-differs = verschieden
duplicates-open = Öffnen:
duplicates-score-text = Jeder Grund zeigt, wie sicher er allein machen würde. Was dagegen spricht, nimmt weg.
notice-duplicates-scan = Die Suche hat begonnen.
notice-duplicate-dismissed = Das Paar wurde verworfen.
notice-duplicate-reopened = Das Paar ist wieder offen.
job-kind-crm-scan-duplicates = Dubletten suchen
duplicate-reason-identical = Alles gleich
duplicate-reason-same_email = Gleiche E-Mail-Adresse
duplicate-reason-shared_mailbox = Gleiches gemeinsames Postfach
duplicate-reason-similar_email = Ähnliche E-Mail-Adresse
duplicate-reason-same_phone = Gleiche Telefonnummer
duplicate-reason-same_name = Gleicher Name
duplicate-reason-similar_name = Ähnlicher Name
duplicate-reason-same_first_name = Gleicher Vorname
duplicate-reason-same_last_name = Gleicher Nachname
duplicate-reason-same_organization = Gleiche Organisation
duplicate-reason-same_domain = Gleiche Domain
duplicate-reason-same_tax_id = Gleiche Steuernummer
duplicate-reason-same_address = Gleiche Adresse
duplicate-reason-same_city = Gleicher Ort
duplicate-reason-same_birth_date = Gleiches Geburtsdatum
duplicate-reason-different_kind = Person und Organisation
duplicate-reason-different_name = Anderer Name
duplicate-reason-different_first_name = Anderer Vorname
duplicate-reason-different_last_name = Anderer Nachname
duplicate-reason-different_suffix = Anderer Namenszusatz
duplicate-reason-different_legal_form = Andere Rechtsform
duplicate-reason-different_tax_id = Andere Steuernummer
duplicate-reason-different_birth_date = Anderes Geburtsdatum
duplicate-reason-different_email = Andere E-Mail-Adresse
duplicate-reason-different_phone = Andere Telefonnummer
duplicate-reason-different_organization = Andere Organisation
duplicate-reason-different_address = Andere Adresse
