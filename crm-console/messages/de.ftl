# Der Rahmen.
skip-to-content = Zum Inhalt springen
navigation = Hauptmenü
navigation-bottom = Hauptmenü unten
search-label = Kunden suchen
search-placeholder = Kunden suchen
user-menu = Menü von { $value }
appearance = Darstellung und Sprache
theme = Farben
theme-system = System
theme-light = Hell
theme-dark = Dunkel
language = Sprache
log-out = Abmelden
more = Mehr anzeigen
cancel = Abbrechen
save = Speichern
save-anyway = Trotzdem speichern
keep-theirs = Neuen Wert behalten
yes = ja
no = nein
nothing = nichts
preview = Vorschau
complete = Erledigen
dismiss = Verwerfen
truncated = Der Text geht weiter.
person-unknown = Unbekannter Benutzer
request-id = Anfrage

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

# Fehler.
error-home = Zur Übersicht
error-400 = Das hat nicht geklappt
error-400-text = Die Anfrage ist nicht lesbar. Gehen Sie zurück und versuchen Sie es noch einmal.
error-401 = Sie sind nicht angemeldet
error-401-text = Melden Sie sich dort an, wo Sie es sonst tun, und öffnen Sie die Seite noch einmal.
error-403 = Das dürfen Sie nicht
error-403-text = Ihre Rolle erlaubt es nicht. Ein Administrator Ihrer Firma kann das ändern.
error-404 = Diese Seite gibt es nicht
error-404-text = Sie wurde vielleicht gelöscht, oder die Adresse ist falsch.
error-409 = Das geht gerade nicht
error-409-text = Es widerspricht etwas, das vorher geschah. Sehen Sie sich den Datensatz noch einmal an.
error-412 = Der Datensatz hat sich geändert
error-412-text = Er wurde geändert, nachdem Sie ihn geöffnet haben. Sehen Sie ihn an und wiederholen Sie Ihre Änderung.
error-429 = Zu viele Anfragen
error-429-text = Warten Sie einen Moment und versuchen Sie es noch einmal.
error-500 = Etwas ist schiefgegangen
error-500-text = Der Fehler liegt bei uns und steht im Protokoll. Versuchen Sie es noch einmal, oder nennen Sie Ihrem Administrator die Anfrage unten.
error-503 = Gerade nicht erreichbar
error-503-text = Ein Dienst, der gebraucht wird, antwortet nicht. Nichts ist verloren; versuchen Sie es bald wieder.
error-closed = Die Firma ist geschlossen
error-closed-text = Ihre Firma ist in diesem CRM gesperrt oder gelöscht.

# Kunden.
customers-title = Kunden
customers-add = Kunde anlegen
customers-add-short = Neu
customers-create = Kunde anlegen
customers-count = { $count ->
    [0] Keine Kunden
    [one] 1 Kunde
   *[other] { $number } Kunden
}
customers-count-at-least = { $count ->
   *[other] Mehr als { $number } Kunden
}
customers-none = Noch keine Kunden
customers-none-text = Legen Sie den ersten an, und alles, was gesprochen wird, hat seinen Platz.
customers-no-match = Keine Kunden passen
customers-no-match-text = Entfernen Sie einen Filter, oder suchen Sie etwas anderes.
filter-text = In dieser Liste suchen
filter-any = Alle
filter-apply = Anwenden
filter-clear = Alle Filter entfernen
filter-remove = diesen Filter entfernen
filter-q = Text
filter-status = Status
filter-kind = Art
filter-owner = Betreuer
filter-tag = Schlagwort
owner-me = Ich
owner-none = Kein Betreuer
owned-by = Betreuer: { $value }
archived = Archiviert
call = Anrufen
write = E-Mail
fields = Einzelheiten
edit-field = Bearbeiten: { $value }
edit-stale = Dieser Kunde wurde geändert, nachdem Sie das Feld geöffnet haben.
edit-stale-value = Der Wert ist jetzt:
edit-stale-empty = Das Feld ist jetzt leer.
form-faulty = Der Kunde wurde noch nicht angelegt. Sehen Sie sich die markierten Felder an.
tag-add = Schlagwort hinzufügen
untag = Schlagwort { $value } entfernen
done-field = Gespeichert: { $value }
done-added = Der Kunde wurde angelegt.
done-tags = Die Schlagwörter wurden geändert.
done-note = Die Notiz wurde hinzugefügt.
done-pinned = Die Notiz wurde angeheftet.
done-unpinned = Die Notiz wurde gelöst.
done-logged = Der Kontakt wurde eingetragen.
done-planned = Der Kontakt wurde geplant.
done-completed = Der Kontakt wurde erledigt.
done-reminder = Die Erinnerung wurde verworfen.

group-about = Allgemein
group-contact = Kontakt
group-address = Anschrift

field-kind = Art
field-name = Name
field-first-name = Vorname
field-last-name = Nachname
field-email = E-Mail
field-phone = Telefon
field-organization-name = Organisation
field-job-title = Funktion
field-website = Website
field-address = Straße
field-address-line2 = Adresszusatz
field-zip-code = Postleitzahl
field-city = Ort
field-state = Bundesland oder Region
field-country = Land
field-country-code = Ländercode
field-phone-e164 = Telefon, international
field-status = Status
field-owner-id = Betreuer
field-source = Quelle
field-tags = Schlagwörter
field-external-refs = Externe Nummern
field-custom-fields = Eigene Felder
field-metadata = Metadaten
field-is-archived = Archiviert
field-updated-at = Geändert
field-type = Art
field-subject = Betreff
field-content = Was besprochen wurde
field-when = Wann
field-minutes = Minuten
field-direction = Richtung
field-outcome = Ergebnis
field-follow-up-at = Erinnern am

kind-person = Person
kind-organization = Organisation
status-prospect = Interessent
status-active = Aktiv
status-inactive = Inaktiv
status-blocked = Gesperrt

# Der Verlauf.
timeline-title = Verlauf
timeline-filter = Verlauf filtern
timeline-empty = Noch ist nichts geschehen.
timeline-all = Alles
timeline-note = Notizen
timeline-interaction = Kontakte
timeline-change = Änderungen
timeline-created = hat den Kunden angelegt
timeline-updated = hat den Kunden geändert
timeline-deleted = hat den Kunden in den Papierkorb gelegt
timeline-restored = hat den Kunden wiederhergestellt
timeline-tagged = hat Schlagwörter hinzugefügt
timeline-untagged = hat Schlagwörter entfernt
timeline-imported = hat den Kunden importiert
pinned = Angeheftet
pin = Anheften
unpin = Lösen
note-private = Privat
note-private-choice = Nur für mich
note-general = hat eine Notiz geschrieben
note-call = hat einen Anruf notiert
note-meeting = hat ein Treffen notiert
note-email = hat eine E-Mail notiert
note-follow_up = hat eine Wiedervorlage notiert
note-complaint = hat eine Beschwerde notiert
note-feedback = hat eine Rückmeldung notiert
note-contract = hat einen Vertrag notiert
note-billing = hat eine Rechnung notiert
note-internal = hat eine interne Notiz geschrieben
interaction-call = Anruf
interaction-email = E-Mail
interaction-meeting = Treffen
interaction-sms = SMS
interaction-chat = Chat
interaction-whatsapp = WhatsApp
interaction-social = Soziale Medien
interaction-visit = Besuch
interaction-video = Videogespräch
interaction-letter = Brief
interaction-demo = Vorführung
interaction-lunch = Mittagessen
interaction-web = Website
interaction-note = Erinnerung
interaction-other = Sonstiges
interaction-status-planned = Geplant
interaction-status-in_progress = Läuft
interaction-status-completed = Erledigt
interaction-status-cancelled = Abgesagt
interaction-status-no_show = Nicht erschienen
interaction-minutes = { $count ->
    [one] 1 Minute
   *[other] { $number } Minuten
}
interaction-follow-up = Wiedervorlage { $value }
direction-inbound = Eingehend
direction-outbound = Ausgehend
direction-internal = Intern
outcome-connected = Erreicht
outcome-left_message = Nachricht hinterlassen
outcome-no_answer = Keine Antwort
outcome-interested = Interessiert
outcome-not_interested = Kein Interesse
outcome-callback = Rückruf
outcome-resolved = Gelöst
outcome-busy = Besetzt
outcome-rescheduled = Verschoben

# Das Eingabefeld.
compose-title = Was hinzukommt
compose-note = Notiz
compose-call = Anruf
compose-meeting = Treffen
compose-email = E-Mail
compose-note-text = Notiz
compose-note-placeholder = Notiz schreiben. Markdown geht auch.
compose-note-save = Notiz hinzufügen
compose-log = Speichern
compose-future = Eine Zeit in der Zukunft plant es.
note-type-general = Allgemein
note-type-call = Anruf
note-type-meeting = Treffen
note-type-email = E-Mail
note-type-follow_up = Wiedervorlage
note-type-complaint = Beschwerde
note-type-feedback = Rückmeldung
note-type-contract = Vertrag
note-type-billing = Rechnung
note-type-internal = Intern

# Die Übersicht.
dashboard-title = Übersicht
period = Zeitraum
period-week = 7 Tage
period-month = 30 Tage
period-quarter = 90 Tage
period-year = 12 Monate
numbers = Zahlen
tile-new-customers = Neue Kunden
tile-interactions-completed = Erledigte Kontakte
tile-interactions-planned = Geplante Kontakte
tile-overdue = Überfällig
tile-overdue-now = jetzt
tile-before = { $value } im Zeitraum davor
chart-title = Neue Kunden und Kontakte
chart-as-table = Als Tabelle zeigen
chart-from = Ab
due-overdue = Überfällig
due-coming = Nächste sieben Tage
due-none = Nichts steht an.
due-reminder = Erinnerung
due-complete = Erledigen: { $value }
due-dismiss = Erinnerung verwerfen: { $value }
activity-title = Zuletzt geschehen
activity-none = Noch ist nichts geschehen.
activity-customer-added = { $value } hat angelegt:
activity-note-added = { $value } hat eine Notiz geschrieben zu
activity-interaction-completed = { $value } hat einen Kontakt erledigt mit

# Zeit.
moment-months = Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.
moment-today = Heute
moment-yesterday = Gestern
moment-tomorrow = Morgen
moment-now = gerade eben
moment-minutes-ago = { $count ->
    [one] vor 1 Minute
   *[other] vor { $number } Minuten
}
moment-minutes-ahead = { $count ->
    [one] in 1 Minute
   *[other] in { $number } Minuten
}
moment-hours-ago = { $count ->
    [one] vor 1 Stunde
   *[other] vor { $number } Stunden
}
moment-hours-ahead = { $count ->
    [one] in 1 Stunde
   *[other] in { $number } Stunden
}
moment-days-ago = { $count ->
    [one] vor 1 Tag
   *[other] vor { $number } Tagen
}
moment-days-ahead = { $count ->
    [one] in 1 Tag
   *[other] in { $number } Tagen
}

# Was an einem Wert nicht stimmt. Ohne Text hier stehen die Worte des Kerns.
violation-required = Geben Sie einen Wert ein.
violation-email-invalid = Geben Sie eine E-Mail-Adresse wie ann@example.com ein.
violation-too-long = Der Wert ist zu lang.
violation-control-character = Der Wert hat Zeichen, die sich nicht speichern lassen.
violation-in-the-future = Die Zeit darf nicht in der Zukunft liegen.
violation-before-start = Das Ende darf nicht vor dem Beginn liegen.
violation-customer-email-taken = Ein anderer Kunde hat diese E-Mail-Adresse.
violation-out-of-range = Die Zahl ist zu klein oder zu groß.
violation-unreadable = Dieser Wert ist nicht lesbar.
