# Die Befehlspalette und die Tastenkürzel.
palette-title = Finden und öffnen
palette-label = Kunden, Leads und Seiten finden
palette-commands = Seiten
palette-nothing = Nichts heißt so.
shortcuts-title = Tastenkürzel
shortcut-palette = Finden und öffnen
shortcut-search = Kunden suchen
shortcut-add = Anlegen
shortcut-next = Weiter in der Liste
shortcut-previous = Zurück in der Liste
shortcut-save = Ein Feld speichern
shortcut-send = Einen Text speichern
shortcut-leave = Ein Feld oder Menü verlassen
shortcut-help = Die Tastenkürzel zeigen
neighbours = Andere Kunden der Liste
neighbour-next = Nächster Kunde
neighbour-previous = Voriger Kunde
