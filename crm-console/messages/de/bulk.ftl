# Viele Kunden werden auf einmal geändert.
bulk-title = Kunden ändern
bulk-picked = ausgewählt
bulk-pick = { $value } auswählen
bulk-pick-all = Alle angezeigten auswählen
bulk-all = Alle dieser Liste: { $value }
bulk-tag = Schlagwort hinzufügen
bulk-untag = Schlagwort entfernen
bulk-archive = Archivieren
bulk-delete = Löschen
bulk-do = Kunden ändern
bulk-undo = Rückgängig
bulk-stop = Anhalten
bulk-back = Zurück zur Liste
bulk-look-again = Noch einmal nachsehen
bulk-hint = Das lässt sich 24 Stunden lang rückgängig machen.
bulk-nobody-picked = Wählen Sie mindestens einen Kunden aus.
bulk-nothing-to-do = Wählen Sie, was mit den Kunden geschehen soll.
bulk-confirm-owner = Betreuer dieser Kunden ändern?
bulk-confirm-no-owner = Betreuer dieser Kunden entfernen?
bulk-confirm-status = Status dieser Kunden auf { $value } setzen?
bulk-confirm-tag = Schlagwort { $value } zu diesen Kunden hinzufügen?
bulk-confirm-untag = Schlagwort { $value } von diesen Kunden entfernen?
bulk-confirm-archive = Diese Kunden archivieren?
bulk-confirm-delete = Diese Kunden in den Papierkorb legen?
bulk-would-change = { $count ->
    [0] Kein Kunde wird geändert.
    [one] 1 Kunde wird geändert.
   *[other] { $number } Kunden werden geändert.
}
bulk-changed = { $count ->
    [0] Kein Kunde wurde geändert.
    [one] 1 Kunde wurde geändert.
   *[other] { $number } Kunden wurden geändert.
}
bulk-already-so = { $count ->
    [one] 1 war schon so.
   *[other] { $number } waren schon so.
}
bulk-refused = { $count ->
    [one] 1 ließ sich nicht ändern.
   *[other] { $number } ließen sich nicht ändern.
}
bulk-refused-not-found = { $count ->
    [one] 1 wurde nicht gefunden.
   *[other] { $number } wurden nicht gefunden.
}
bulk-refused-forbidden = { $count ->
    [one] 1 gehört einem anderen Betreuer.
   *[other] { $number } gehören anderen Betreuern.
}
bulk-refused-too-many-tags = { $count ->
    [one] 1 hat schon 100 Schlagwörter.
   *[other] { $number } haben schon 100 Schlagwörter.
}
bulk-refused-customer-email-taken = { $count ->
    [one] 1 bleibt im Papierkorb, weil ein anderer Kunde jetzt die E-Mail-Adresse hat.
   *[other] { $number } bleiben im Papierkorb, weil andere Kunden jetzt die E-Mail-Adressen haben.
}
bulk-refused-external-ref-taken = { $count ->
    [one] 1 bleibt im Papierkorb, weil ein anderer Kunde jetzt die externe Referenz hat.
   *[other] { $number } bleiben im Papierkorb, weil andere Kunden jetzt die externen Referenzen haben.
}
bulk-restored = { $count ->
    [0] Kein Kunde wurde zurückgesetzt.
    [one] Rückgängig gemacht: 1 Kunde ist wieder wie vorher.
   *[other] Rückgängig gemacht: { $number } Kunden sind wieder wie vorher.
}
bulk-skipped = { $count ->
    [one] 1 wurde seitdem geändert und bleibt, wie er ist.
   *[other] { $number } wurden seitdem geändert und bleiben, wie sie sind.
}
bulk-running = Kunden werden geändert: { $value } %
bulk-undoing = Kunden werden zurückgesetzt: { $value } %
bulk-stopped = Die Änderung wurde angehalten. Was bis dahin geschah, lässt sich rückgängig machen.
