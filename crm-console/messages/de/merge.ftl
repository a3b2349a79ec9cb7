# Kunden werden zusammengeführt und wieder getrennt.
merge-title = Kunden zusammenführen
merge-text = Wählen Sie den Kunden, der bleibt, und für jedes Feld den Wert, den er erhält. Notizen, Kontakte, Verknüpfungen, Schlagwörter, Adressen und Nummern aller bleiben erhalten.
merge-stays = Bleibt
merge-address = Adresse
merge-nothing = Nichts
merge-preview = Was daraus wird
merge-result = { $value }, zusammengeführt
merge-gets = Der Kunde, der bleibt, erhält:
merge-drops = Das bleibt nicht erhalten:
merge-undoable = Sie können das 30 Tage lang rückgängig machen.
merge-do = Zusammenführen
merge-again = Ergebnis zeigen
merge-pick = Wählen Sie 2 bis 11 Kunden.
merge-stale = Einer der Kunden hat sich inzwischen geändert. Sehen Sie sie noch einmal an.
merge-with = Zusammenführen mit …
merge-with-this = { $value } mit anderen Kunden zusammenführen
merge-search = Kunden suchen
merge-found = Kunden, die dieselben sind
merge-compare = Vergleichen
merge-past = Zusammengeführt
merge-undo = Zusammenführung rückgängig machen
merge-undo-title = Zusammenführung rückgängig machen
merge-undo-changed = Seit der Zusammenführung wurde etwas geändert:
merge-undo-refused = Die Zusammenführung lässt sich nicht rückgängig machen:
merge-undo-keep-text = Wenn Sie sie trotzdem rückgängig machen, bleiben diese Änderungen bei dem Kunden, der geblieben ist.
merge-undo-keep = Rückgängig machen, Änderungen behalten
merge-changed-field = { $value } wurde geändert
merge-changed-note = Eine Notiz wurde geändert
merge-changed-interaction = Ein Kontakt wurde geändert
merge-changed-task = Eine Aufgabe wurde geändert
merge-changed-deal = Ein Geschäft wurde geändert
merge-changed-link = Eine Verknüpfung wurde geändert
merge-changed-hierarchy = Die übergeordneten Organisationen wurden geändert und passen nicht zu denen von vorher. Ändern Sie sie zuerst.
merge-added-note = Eine Notiz kam hinzu
merge-added-interaction = Ein Kontakt kam hinzu
merge-added-task = Eine Aufgabe kam hinzu
merge-added-deal = Ein Geschäft kam hinzu
merge-added-link = Eine Verknüpfung kam hinzu
merge-moved-note = { $count ->
    [one] 1 Notiz
   *[other] { $number } Notizen
}
merge-moved-interaction = { $count ->
    [one] 1 Kontakt
   *[other] { $number } Kontakte
}
merge-moved-task = { $count ->
    [one] 1 Aufgabe
   *[other] { $number } Aufgaben
}
merge-moved-deal = { $count ->
    [one] 1 Geschäft
   *[other] { $number } Geschäfte
}
merge-moved-link = { $count ->
    [one] 1 Verknüpfung mit einem anderen Kunden
   *[other] { $number } Verknüpfungen mit anderen Kunden
}
merge-folded-link = { $count ->
    [one] 1 Verknüpfung, die er schon hat: aus beiden wird eine
   *[other] { $number } Verknüpfungen, die er schon hat: aus je zweien wird eine
}
merge-dropped-link = { $count ->
    [one] 1 Verknüpfung dieser Kunden untereinander oder mit einer zweiten übergeordneten Organisation
   *[other] { $number } Verknüpfungen dieser Kunden untereinander oder mit einer zweiten übergeordneten Organisation
}
merge-moved-tag = { $count ->
    [one] 1 Schlagwort
   *[other] { $number } Schlagwörter
}
merge-moved-email = { $count ->
    [one] 1 E-Mail-Adresse
   *[other] { $number } E-Mail-Adressen
}
merge-moved-phone = { $count ->
    [one] 1 Telefonnummer
   *[other] { $number } Telefonnummern
}
merge-moved-address = { $count ->
    [one] 1 Adresse
   *[other] { $number } Adressen
}
merge-moved-external-ref = { $count ->
    [one] 1 Verweis auf ein anderes System
   *[other] { $number } Verweise auf andere Systeme
}
notice-customers-merged = Die Kunden wurden zusammengeführt.
notice-customers-unmerged = Die Zusammenführung wurde rückgängig gemacht.
violation-customer-merge-undone = Die Zusammenführung wurde schon rückgängig gemacht.
violation-customer-merge-expired = Eine Zusammenführung lässt sich 30 Tage lang rückgängig machen.
violation-customer-merge-continued = Der Kunde wurde inzwischen mit einem anderen zusammengeführt. Machen Sie erst das rückgängig.
