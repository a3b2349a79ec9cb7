# Was andere ändern, während eine Seite offen ist.
live-changes = Inzwischen geändert:
live-show = Anzeigen
request-failed = Das wurde nicht gespeichert oder angezeigt: Der Dienst antwortet nicht. Was Sie geschrieben haben, ist noch da; versuchen Sie es bald wieder.
