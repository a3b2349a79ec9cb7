# Schlagwörter.
tags-title = Schlagwörter
tags-add = Schlagwort anlegen
tags-search = Schlagwörter suchen
tags-count = { $count ->
    [0] Keine Schlagwörter
    [one] 1 Schlagwort
   *[other] { $number } Schlagwörter
}
tags-count-at-least = { $count ->
   *[other] Mehr als { $number } Schlagwörter
}
tags-none = Noch keine Schlagwörter
tags-none-text = Schlagwörter ordnen Kunden: nach Messe, nach Rundbrief, nach allem anderen.
tags-no-match = Keine Schlagwörter passen
tags-no-color = Keine Farbe
tags-other-color = Andere Farbe
tags-stale = Dieses Schlagwort wurde geändert, nachdem Sie es geöffnet haben. Speichern ersetzt die Änderung.
tags-merge = Zusammenführen
tags-merge-this = { $value } mit einem anderen Schlagwort zusammenführen
tags-merge-into = Das Schlagwort, das bleibt
tags-merge-text = Sie erhalten das gewählte Schlagwort, und dieses wird gelöscht. Das lässt sich nicht rückgängig machen.
tags-delete-this = Schlagwort { $value } löschen?
tags-delete-text = { $count ->
    [0] Kein Kunde hat es. Das lässt sich nicht rückgängig machen.
    [one] Es wird von 1 Kunden entfernt. Das lässt sich nicht rückgängig machen.
   *[other] Es wird von { $number } Kunden entfernt. Das lässt sich nicht rückgängig machen.
}
field-color = Farbe
field-description = Beschreibung
notice-tag-added = Das Schlagwort wurde angelegt.
notice-tag-saved = Das Schlagwort wurde gespeichert.
notice-tag-merged = Die Schlagwörter wurden zusammengeführt.
notice-tag-deleted = Das Schlagwort wurde gelöscht.
violation-tag-name-taken = Ein anderes Schlagwort heißt so.
violation-color-invalid = Wählen Sie eine Farbe wie #d4af37.
violation-name-invalid = Der Name darf keine Kommas oder Semikolons enthalten.
violation-too-many-tags = Es gibt zu viele Schlagwörter. Führen Sie zuerst einige zusammen, oder löschen Sie welche.
violation-tag-unknown = Dieses Schlagwort gibt es nicht mehr.
violation-same-tag = Ein Schlagwort lässt sich nicht mit sich selbst zusammenführen.
