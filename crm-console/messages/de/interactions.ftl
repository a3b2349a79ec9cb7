# Kontakte.
interactions-title = Kontakte
interactions-plan = Kontakt planen
interactions-details = Einzelheiten
interactions-edit = Kontakt bearbeiten
interactions-views = Teil der Kontakte
interactions-view-due = Fällig
interactions-view-overdue = Überfällig
interactions-view-reminders = Erinnerungen
interactions-view-done = Erledigt
interactions-view-all = Alle
interactions-whose = Wessen Kontakte
interactions-whose-me = Meine
interactions-whose-all = Alle
interactions-whose-none = Kein Betreuer
interactions-as = Darstellung
interactions-as-days = Nach Tagen
interactions-as-list = Liste
interactions-filter-type = Art
interactions-filter-owner = Betreuer
interactions-filter-customer = Kunde
interactions-count = { $count ->
    [0] Keine Kontakte
    [one] 1 Kontakt
   *[other] { $number } Kontakte
}
interactions-count-at-least = { $count ->
   *[other] Mehr als { $number } Kontakte
}
interactions-none-due = Nichts ist geplant
interactions-none-overdue = Nichts ist überfällig
interactions-none-reminders = Keine Erinnerungen in den nächsten sieben Tagen
interactions-none-done = Noch ist nichts erledigt
interactions-none-all = Noch keine Kontakte
interactions-none-text = Planen Sie einen Anruf, ein Treffen oder eine E-Mail mit einem Kunden.
interactions-no-match = Keine Kontakte passen
interactions-late = Überfällig
interactions-reschedule = Verschieben
interactions-reschedule-this = Verschieben: { $value }
interactions-end-completed = Fand statt
interactions-end-no_show = Nicht erschienen
interactions-end-cancelled = Abgesagt
interactions-completed-at = Erledigt am (leer: jetzt)
interactions-next = Wie es weitergeht
interactions-next-at = Wann (leer: nichts geplant)
interactions-stale = Dieser Kontakt wurde geändert, nachdem Sie ihn geöffnet haben. Speichern ersetzt die Änderung.
pick-customer = Kunde wählen
pick-other = Anderen wählen
field-customer = Kunde
field-scheduled-at = Geplant für
field-started-at = Begonnen am
field-completed-at = Erledigt am
field-location = Ort
field-meeting-url = Link zum Treffen
field-participants = Teilnehmende
field-created-by = Angelegt von
field-created-at = Angelegt
direction-none = Nicht gesetzt
actions = Aktionen
edit = Bearbeiten
delete = Löschen
close = Schließen
back = Zurück
undo = Rückgängig
notice-close = Meldung schließen
edit-this = Bearbeiten: { $value }
delete-this = Löschen: { $value }
notice-interaction-saved = Der Kontakt wurde gespeichert.
notice-interaction-planned = Der Kontakt wurde geplant.
notice-interaction-moved = Der Kontakt wurde verschoben.
notice-interaction-completed = Der Kontakt wurde erledigt.
notice-interaction-followed = Der Kontakt wurde erledigt, der nächste ist geplant.
notice-interaction-closed = Der Kontakt wurde abgeschlossen.
notice-interaction-deleted = Der Kontakt liegt jetzt im Papierkorb.
notice-interaction-restored = Der Kontakt wurde wiederhergestellt.
notice-reminder-dismissed = Die Erinnerung wurde verworfen.
violation-interaction-closed = Dieser Kontakt ist bereits abgeschlossen.
violation-already-completed = Dieser Kontakt wurde bereits erledigt.
