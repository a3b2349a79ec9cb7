# Benachrichtigungen.
notifications-title = Benachrichtigungen
notifications-bell = { $count ->
    [0] Benachrichtigungen, keine ungelesen
    [one] Benachrichtigungen, 1 ungelesen
   *[other] Benachrichtigungen, { $number } ungelesen
}
notifications-show = Welche Benachrichtigungen
notifications-show-all = Alle
notifications-show-unread = Ungelesene
notifications-read-all = Alle als gelesen markieren
notifications-none-all = Noch keine Benachrichtigungen
notifications-none-unread = Sie haben alles gelesen
notifications-none-text = Hier erfahren Sie, was Ihnen zugewiesen wird, wer Sie erwähnt und was fällig ist.
notification-read = Als gelesen markieren: { $value }
notification-read-short = Als gelesen markieren
notification-unread = Ungelesen
notification-times = { $count ->
    [one] einmal
   *[other] { $number }-mal
}
notification-assigned-task = { $value } hat Ihnen eine Aufgabe zugewiesen
notification-assigned-interaction = { $value } hat Ihnen eine Interaktion zugewiesen
notification-assigned-deal = { $value } hat Ihnen ein Geschäft zugewiesen
notification-assigned-lead = { $value } hat Ihnen einen Lead zugewiesen
notification-mentioned-note = { $value } hat Sie in einer Notiz erwähnt
notification-mentioned-interaction = { $value } hat Sie in einer Interaktion erwähnt
notification-due-task = Ihre Aufgabe ist fällig
notification-reminder-task = Erinnerung an Ihre Aufgabe
notification-stage_changed-deal = { $value } hat Ihr Geschäft in eine andere Phase verschoben
notification-response_failed-lead = Ihr Lead wurde nicht rechtzeitig beantwortet
notification-kind-assigned = Ihnen wird etwas zugewiesen
notification-kind-mentioned = Jemand erwähnt Sie
notification-kind-due = Eine Aufgabe ist fällig
notification-kind-reminder = Erinnerung an eine Aufgabe
notification-kind-stage_changed = Ein Geschäft von Ihnen kommt in eine andere Phase
notification-kind-response_failed = Einer Ihrer Leads wird nicht rechtzeitig beantwortet
notified-task = Aufgabe
notified-note = Notiz
notified-interaction = Interaktion
notified-deal = Geschäft
notified-lead = Lead
notice-notifications-read = Alle Benachrichtigungen sind als gelesen markiert.
notified-title = Wie Sie benachrichtigt werden
notified-text = Die Glocke meldet Ihnen hier alles. Wählen Sie, was Sie auch per E-Mail bekommen, wenn es nach zwei Minuten noch ungelesen ist.
notified-what = Was geschieht
notified-in-app = An der Glocke
notified-email = Per E-Mail
notified-reminders = Erinnerungen, die auf E-Mail gestellt sind, per E-Mail senden. Sonst kommen sie an die Glocke.
notified-digest = Jeden Morgen eine E-Mail mit dem senden, was fällig, überfällig und ungelesen ist.
