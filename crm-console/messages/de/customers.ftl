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
similar-text = Es gibt bereits ähnliche Kunden:
similar-asked = Der Kunde wurde noch nicht angelegt: Es gibt bereits ähnliche Kunden, sie stehen unten. Drücken Sie noch einmal „Kunde anlegen“, um ihn trotzdem anzulegen.
