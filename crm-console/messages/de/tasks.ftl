# Aufgaben.
tasks-title = Aufgaben
tasks-add = Aufgabe anlegen
tasks-add-on = Aufgabe anlegen: { $value }
tasks-edit = Aufgabe bearbeiten
tasks-agenda = Aufgaben nach Tagen
tasks-calendar = Kalender der Aufgaben
tasks-view-open = Offen
tasks-view-overdue = Überfällig
tasks-view-week = Nächste 7 Tage
tasks-view-closed = Erledigt
tasks-view-all = Alle
tasks-whose = Wessen Aufgaben
tasks-whose-me = Meine
tasks-whose-all = Alle
tasks-whose-none = Niemandes
tasks-as = Darstellung
tasks-as-list = Liste
tasks-as-agenda = Nach Tagen
tasks-as-calendar = Kalender
tasks-filter-type = Art
tasks-filter-status = Status
tasks-filter-priority = Priorität
tasks-filter-assignee = Zuständig
tasks-filter-customer = Kunde
tasks-filter-overdue = Überfällig
tasks-filter-dueFrom = Fällig ab
tasks-filter-dueTo = Fällig vor
tasks-filter-collaborator = Mitwirkend
tasks-filter-deal = Geschäft
tasks-filter-parent = Teil von
tasks-filter-chosen = ausgewählt
tasks-filter-filter = Außerdem
tasks-count = { $count ->
    [0] Keine Aufgaben
    [one] 1 Aufgabe
   *[other] { $number } Aufgaben
}
tasks-count-at-least = { $count ->
   *[other] Mehr als { $number } Aufgaben
}
tasks-none-open = Nichts ist zu tun
tasks-none-overdue = Nichts ist überfällig
tasks-none-week = In den nächsten sieben Tagen ist nichts fällig
tasks-none-closed = Noch ist nichts erledigt
tasks-none-all = Noch keine Aufgaben
tasks-none-agenda = An diesen Tagen ist nichts fällig
tasks-none-text = Legen Sie eine Aufgabe für sich oder für andere an, mit oder ohne Kunden.
tasks-no-match = Keine Aufgaben passen
tasks-late = Überfällig
tasks-reopen = Wieder öffnen
tasks-reopen-this = Wieder öffnen: { $value }
tasks-steps = Schritte, einer in jeder Zeile
tasks-step-done = erledigt
tasks-result-hint = Ergebnis (darf leer sein)
tasks-completed-by = Erledigt von
tasks-from-interaction = Aus einem Kontakt
tasks-open = Offene Aufgaben
tasks-all-of-customer = Alle Aufgaben
tasks-more-open = Weitere offene Aufgaben
tasks-more = { $count ->
   *[other] { $number } weitere
}
tasks-overdue-before = { $count ->
    [one] 1 Aufgabe ist von früher überfällig
   *[other] { $number } Aufgaben sind von früher überfällig
}
tasks-not-all = Es gibt mehr Aufgaben, als diese Seite zeigt. Wählen Sie, wessen Aufgaben Sie sehen wollen, oder öffnen Sie die Liste.
tasks-other-days = Andere Tage
tasks-previous = Früher
tasks-next = Später
tasks-weekdays = Montag Dienstag Mittwoch Donnerstag Freitag Samstag Sonntag
tasks-months = Januar Februar März April Mai Juni Juli August September Oktober November Dezember
tasks-stale = Diese Aufgabe wurde geändert, nachdem Sie sie geöffnet haben. Speichern ersetzt die Änderung.
tasks-step-stale = Diese Aufgabe wurde geändert, nachdem Sie sie geöffnet haben; der Schritt wurde nicht abgehakt. Sie sehen die Aufgabe, wie sie jetzt ist.
task-added = hat eine Aufgabe angelegt
task-due = Fällig: { $value }
task-of = Für { $value }
task-steps = { $value } Schritte
task-result = Ergebnis: { $value }
task-type-todo = Zu tun
task-type-call = Anruf
task-type-email = E-Mail
task-type-meeting = Treffen
task-type-follow_up = Wiedervorlage
task-type-deadline = Frist
task-type-document = Dokument
task-status-not_started = Nicht begonnen
task-status-in_progress = In Arbeit
task-status-waiting = Wartet
task-status-completed = Erledigt
task-status-deferred = Zurückgestellt
task-status-canceled = Entfällt
task-priority-low = Niedrig
task-priority-normal = Normal
task-priority-high = Hoch
task-priority-urgent = Dringend
task-origin-manual = Von Hand angelegt
task-origin-interaction = Kontakt
task-origin-import = Import
task-origin-workflow = Ablauf
task-origin-sla = Antwortzeit
field-priority = Priorität
field-due-at = Fällig
field-due-date = Fällig am
field-due-time = Um (leer: im Lauf des Tages)
field-start-at = Beginn
field-assignee-id = Zuständig
field-result = Ergebnis
field-checklist = Schritte
field-origin = Herkunft
field-collaborator-ids = Mitwirkende
field-deal-id = Geschäft
field-parent-task-id = Teil von
field-reminders = Erinnerungen
field-recurrence = Wiederholung
field-series-id = Serie
field-next-task-id = Nächste Aufgabe
notice-task-added = Die Aufgabe wurde angelegt.
notice-task-saved = Die Aufgabe wurde gespeichert.
notice-task-completed = Die Aufgabe wurde erledigt.
notice-task-reopened = Die Aufgabe wurde wieder geöffnet.
notice-task-deleted = Die Aufgabe liegt jetzt im Papierkorb.
notice-task-restored = Die Aufgabe wurde wiederhergestellt.
violation-task-closed = Diese Aufgabe ist bereits erledigt oder entfallen.
violation-interaction-of-another-customer = Der Kontakt, aus dem die Aufgabe kommt, gehört zu einem anderen Kunden.
violation-interaction-unknown = Den Kontakt, aus dem die Aufgabe kommt, gibt es nicht mehr.
violation-unexpected = Das passt nicht zu den übrigen Angaben.
violation-deal-of-another-customer = Das Geschäft ist mit einem anderen Kunden.
violation-task-unknown = Diese Aufgabe gibt es nicht mehr.
violation-parent-invalid = Die Aufgabe kann nicht Teil von dieser sein.
plan-more = Mitwirkende, Erinnerungen, Wiederholung
plan-collaborators-hint = Sie erfahren von der Aufgabe und werden mit der zuständigen Person erinnert; höchstens 20.
choose-search = Benutzer suchen
reminder-number = Erinnerung { $value }
reminder-none = Keine Erinnerung
reminder-before = Wann
reminder-at = Zu einem Zeitpunkt …
reminder-moment = Zeitpunkt
reminder-channel = Wie
reminder-channel-in_app = An der Glocke
reminder-channel-email = Per E-Mail
reminder-more = Weitere Erinnerung
reminder-when-due = Wenn sie fällig ist
reminder-minutes = { $count ->
    [one] 1 Minute vorher
   *[other] { $number } Minuten vorher
}
reminder-hours = { $count ->
    [one] 1 Stunde vorher
   *[other] { $number } Stunden vorher
}
reminder-days = { $count ->
    [one] 1 Tag vorher
   *[other] { $number } Tage vorher
}
repeat-unit = Wie oft
repeat-none = Gar nicht
repeat-daily = Nach Tagen
repeat-weekly = Nach Wochen
repeat-monthly = Nach Monaten
repeat-yearly = Nach Jahren
repeat-own = Wie bisher
repeat-own-rule = Nach der Regel { $value }
repeat-every = Alle (1: jedes Mal, 2: jedes zweite Mal)
repeat-days = Am (keiner: der Tag, an dem sie fällig ist)
repeat-day-of-month = Am
repeat-monthly-none = Gleicher Tag des Monats
repeat-monthly-last = Letzter Tag des Monats
repeat-ends = Endet
repeat-ends-none = Nie
repeat-ends-until = An einem Tag
repeat-ends-times = Nach einer Anzahl
repeat-until-day = Letzter Tag
repeat-times-number = Anzahl, mit dieser
repeat-daily-every = { $count ->
    [one] Jeden Tag
   *[other] Alle { $number } Tage
}
repeat-weekly-every = { $count ->
    [one] Jede Woche
   *[other] Alle { $number } Wochen
}
repeat-monthly-every = { $count ->
    [one] Jeden Monat
   *[other] Alle { $number } Monate
}
repeat-yearly-every = { $count ->
    [one] Jedes Jahr
   *[other] Alle { $number } Jahre
}
repeat-on = am { $value }
repeat-last-day = am letzten Tag
repeat-until = bis { $value }
repeat-times = { $count ->
    [one] einmal
   *[other] { $number }-mal
}
violation-reminder-moment = Wählen Sie den Zeitpunkt der Erinnerung.
violation-reminder-late = Eine Erinnerung kommt, bevor die Aufgabe fällig ist.
violation-repeat-number = Geben Sie eine ganze Zahl ab 1 ein.
violation-repeat-end = Sagen Sie, wann die Wiederholung endet.
