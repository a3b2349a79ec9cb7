# Was andere ändern, während eine Seite offen ist.
live-changes = Inzwischen geändert:
live-show = Anzeigen
