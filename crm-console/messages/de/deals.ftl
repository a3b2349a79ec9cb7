# Geschäfte.
deals-title = Geschäfte
deals-add = Geschäft anlegen
deals-edit = Geschäft bearbeiten
deals-all = Alle Geschäfte
deals-search = Geschäfte suchen
deals-whose = Wessen Geschäfte
deals-whose-all = Alle
deals-whose-me = Meine
deals-as = Darstellung
deals-as-board = Board
deals-as-table = Liste
deals-stages = Phasen ändern
deals-none = Noch keine Geschäfte
deals-none-text = Legen Sie ein Geschäft an, und begleiten Sie es durch die Phasen, bis es gewonnen oder verloren ist.
deals-no-match = Keine Geschäfte passen
deals-count = { $count ->
    [0] Keine Geschäfte
    [one] 1 Geschäft
   *[other] { $number } Geschäfte
}
deals-count-at-least = { $count ->
   *[other] Mehr als { $number } Geschäfte
}
deals-more = { $count ->
    [one] 1 weiteres Geschäft
   *[other] { $number } weitere Geschäfte
}
deals-age = { $count ->
    [0] neu in dieser Phase
    [one] seit 1 Tag in dieser Phase
   *[other] seit { $number } Tagen in dieser Phase
}
deals-minutes = { $count ->
    [one] 1 Minute
   *[other] { $number } Minuten
}
deals-hours = { $count ->
    [one] 1 Stunde
   *[other] { $number } Stunden
}
deals-days = { $count ->
    [one] 1 Tag
   *[other] { $number } Tage
}
deals-rotten = zu lange
deals-weighted = gewichtet { $value }
deals-is-rotten-true = ja
deals-is-rotten-false = nein
deals-together = Zusammen { $value }
deals-expected = Erwartet { $value }
deals-probability-own = { $value } % (eigene Schätzung)
deals-path = Phasen
deals-history = Verlauf der Phasen
deals-stayed = Zeit in der Phase
deals-moved-by = Verschoben von
deals-there = jetzt
deals-now-in = jetzt in { $value }
deals-move = Verschieben
deals-move-this = Verschieben: { $value }
deals-move-to = Nach { $value } verschieben
deals-move-stale = Dieses Geschäft wurde geändert, nachdem Sie es geöffnet haben. Sehen Sie nach, wo es jetzt ist, und verschieben Sie es dann.
deals-stale = Dieses Geschäft wurde geändert, nachdem Sie es geöffnet haben. Speichern ersetzt die Änderung.
deals-filter-q = Text
deals-filter-pipeline = Pipeline
deals-filter-stage = Phase
deals-filter-status = Status
deals-filter-owner = Betreuer
deals-filter-customer = Kunde
deals-filter-contact = Ansprechpartner
deals-filter-currency = Währung
deals-filter-amountFrom = Betrag ab
deals-filter-amountTo = Betrag bis
deals-filter-expectedCloseFrom = Erwartet ab
deals-filter-expectedCloseTo = Erwartet bis
deals-filter-isRotten = Zu lange in der Phase
deals-filter-filter = Außerdem

# Das Board. %card%, %stage%, %place% und %count% ersetzt das Skript.
board-keys = Die Leertaste nimmt die Karte auf, die Pfeiltasten bewegen sie, die Leertaste legt sie ab, und Escape legt sie zurück. Sonst führen die Pfeiltasten zu anderen Karten.
board-lifted = %card% ist aufgenommen. Die Karte liegt in %stage%, Platz %place% von %count%.
board-shifted = %card% in %stage%, Platz %place% von %count%.
board-moved = %card% wurde nach %stage% verschoben, Platz %place% von %count%.
board-back = %card% liegt wieder in %stage%.
board-refused = %card% wurde nicht verschoben.
board-asked = Warum ging %card% verloren?

deal-open = Offenes Geschäft
deal-won = Gewonnenes Geschäft
deal-lost = Verlorenes Geschäft
deal-status-open = Offen
deal-status-won = Gewonnen
deal-status-lost = Verloren
deal-type-none = Nicht gesetzt
deal-type-new_business = Neugeschäft
deal-type-existing_business = Bestandsgeschäft
deal-type-renewal = Verlängerung
lost-reason-price = Preis
lost-reason-competitor = Wettbewerber
lost-reason-no_budget = Kein Budget
lost-reason-timing = Zeitpunkt
lost-reason-no_answer = Keine Antwort

field-pipeline-id = Pipeline
field-stage-id = Phase
field-stage-entered-at = In dieser Phase seit
field-amount = Betrag
field-currency = Währung
field-probability = Wahrscheinlichkeit
field-own-probability = Wahrscheinlichkeit in Prozent (leer: die der Phase)
field-weighted-amount = Gewichteter Betrag
field-expected-close-date = Abschluss erwartet
field-closed-at = Abgeschlossen
field-lost-reason = Warum es verloren ging
field-lost-notes = Mehr zum Verlust
field-competitor = Wettbewerber
field-next-step = Nächster Schritt
field-next-step-at = Nächster Schritt am
field-amount-from-items = Betrag aus den Positionen
field-items = Positionen
field-contacts = Ansprechpartner
field-recurring-amount = Wiederkehrender Betrag
field-recurring-interval = Zeitraum
field-quote-ref = Angebot
field-order-ref = Auftrag
field-invoice-refs = Rechnungen
field-rotten-days = Zu lange nach Tagen
field-base-currency = Basiswährung
field-lost-reasons = Gründe für Verluste

timeline-deal = Geschäfte
trash-kind-deals = Geschäfte
trash-kept-deals = Geschäfte bleiben hier, bis sie wiederhergestellt werden oder ihr Kunde endgültig gelöscht wird.
notice-deal-added = Das Geschäft wurde angelegt.
notice-deal-saved = Das Geschäft wurde gespeichert.
notice-deal-moved = Das Geschäft wurde verschoben.
notice-deal-won = Das Geschäft wurde gewonnen.
notice-deal-lost = Das Geschäft ging verloren.
notice-deal-deleted = Das Geschäft liegt jetzt im Papierkorb.
notice-deal-restored = Das Geschäft wurde wiederhergestellt.
violation-amount-unreadable = Geben Sie einen Betrag wie 12500 oder 12.500,50 ein.
violation-stage-unknown = Diese Phase nimmt keine Geschäfte mehr auf. Wählen Sie eine andere.
violation-pipeline-unknown = Diese Pipeline nimmt keine Geschäfte mehr auf.
violation-deal-unknown = Das Geschäft daneben hat die Phase inzwischen verlassen.
violation-required-by-stage = Die Phase verlangt einen Wert.
violation-lost-reason-unknown = Diesen Grund hat Ihre Firma nicht. Wählen Sie einen anderen.
violation-currency-mixed = Alle Beträge eines Geschäfts sind in einer Währung.

# Die Teile eines Geschäfts.
deals-part-gone = Dieses Geschäft wurde geändert, nachdem Sie es geöffnet haben, und dieser Teil ist jetzt ein anderer. Schließen Sie das Formular, und sehen Sie sich das Geschäft noch einmal an.
items-none = Keine Positionen
items-total = Summe
items-are-amount = Der Betrag des Geschäfts ist die Summe seiner Positionen.
items-are-not-amount = Der Betrag des Geschäfts hängt nicht von seinen Positionen ab.
items-as-amount = Summe als Betrag nehmen
items-not-as-amount = Betrag von Hand setzen
item-add = Position hinzufügen
item-edit = Position bearbeiten
item-remove = Position entfernen: { $value }
item-quantity = Menge
item-unit-price = Einzelpreis
item-discount = Rabatt %
item-tax = Steuer %
item-net = Netto
contacts-none = Keine Kontakte
deal-contact-add = Kontakt hinzufügen
deal-contact-remove = Kontakt entfernen: { $value }
contact-role = Rolle
deal-contact-primary = Zuerst fragen
contact-primary-short = zuerst
contact-role-decision_maker = Entscheidung
contact-role-evaluator = Bewertung
contact-role-influencer = Einfluss
contact-role-champion = Fürsprache
contact-role-economic_buyer = Budget
contact-role-technical_buyer = Technik
contact-role-end_user = Anwendung
contact-role-blocker = Widerstand
contact-role-other = Sonstiges
references-title = Verweise auf andere Systeme
references-invoices = Rechnungen, je Zeile eine: System, Doppelpunkt, Nummer
notice-deal-items-saved = Die Positionen wurden gespeichert.
notice-deal-contacts-saved = Die Kontakte wurden gespeichert.
notice-deal-meanwhile = Nichts wurde geändert: Inzwischen hat jemand dieses Geschäft geändert. Sehen Sie es sich an, und versuchen Sie es noch einmal.
violation-reference-unreadable = Schreiben Sie System, Doppelpunkt und Nummer: erp: D-10042.
