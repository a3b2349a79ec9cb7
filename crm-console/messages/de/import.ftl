# Der Import von Kunden.
import-title = Import
export = Exportieren
export-csv = CSV
export-xlsx = Excel (XLSX)
export-vcard = Adressbuch (vCard)
export-ndjson = JSON-Zeilen (NDJSON)
export-notes = CSV mit Notizen
import-steps = Schritte des Imports
import-step-file = Datei
import-step-columns = Spalten
import-step-check = Prüfung
import-step-import = Import
import-file = Eine Datei mit Ihren Kunden: CSV, Excel (XLSX), vCard oder JSON
import-hint = In einer Tabelle nennt eine Zeile am Anfang die Spalten, wie andere Programme sie schreiben. Von einer Arbeitsmappe wird das erste Blatt mit Zeilen gelesen; in einer vCard-Datei ist jede Karte eine Zeile, in JSON jedes Objekt; höchstens { $value }. Nichts wird importiert, bevor Sie es gesehen haben.
import-upload = Weiter
import-no-file = Wählen Sie eine Datei.
import-unnamed = Datei ohne Namen
import-too-large = Die Datei ist zu groß: höchstens { $value }. Teilen Sie sie, und importieren Sie die Teile nacheinander.
import-files = Ihre Dateien
import-kept = Dateien werden einen Tag lang aufbewahrt. Nur Sie sehen sie.
import-state-waits = Noch nicht importiert
import-state-begun = Import begonnen
import-remove = Verwerfen
import-remove-file = { $value } verwerfen
import-rows = { $count ->
    [one] 1 Zeile
   *[other] { $number } Zeilen
}
import-columns = Spalten der Datei
import-column = Spalte
import-samples = Erste Werte
import-as = Importieren als
import-ignore = Nicht importieren
import-custom = Eigenes Feld: { $value }
import-field-external-ref = Nummer im anderen System
import-field-id = Nummer in diesem CRM
import-field-emails = Weitere E-Mail-Adresse
import-field-emails-opted-out = Will keine E-Mails
import-field-emails-label = Bezeichnung einer E-Mail-Adresse
import-field-phones = Weitere Telefonnummer
import-field-phones-label = Bezeichnung einer Telefonnummer
import-field-phones-calling-code = Ländervorwahl einer Telefonnummer
import-field-addresses = Weitere Anschrift
import-field-addresses-label = Bezeichnung einer Anschrift
import-field-notes = Notiz
import-field-deleted = Im anderen System gelöscht
import-options = Optionen
import-option-mode = Was eine Zeile bewirkt
import-mode-create = Legt einen Kunden an
import-mode-update = Ändert den passenden Kunden
import-mode-upsert = Ändert den passenden Kunden oder legt einen an
import-option-match-by = Zeilen zuordnen nach
import-option-opted-out = Kunden, die keine E-Mails wollen
import-opted-out-mark = Importieren und die Adresse kennzeichnen
import-opted-out-skip = Auslassen
import-option-organizations = Firmen neuer Personen
import-organizations-text = Namen als Text behalten
import-organizations-match = Verknüpfen, wo es sie gibt
import-organizations-create = Verknüpfen, fehlende anlegen
import-option-date-order = Schreibweise von Daten
import-date-order-none = Daten lassen, wie sie sind
import-date-order-dmy = Tag, Monat, Jahr (31.12.2026)
import-date-order-mdy = Monat, Tag, Jahr (12/31/2026)
import-date-order-ymd = Jahr, Monat, Tag (2026-12-31)
import-option-default-kind = Art neuer Kunden
import-default-kind-none = Nach dem Inhalt der Zeile
import-default-kind-person = Personen
import-default-kind-organization = Organisationen
import-option-external-system = Name des anderen Systems
import-external-system-hint = Nur für Nummern eines anderen Systems: hubspot, erp, …
import-check = Datei prüfen
import-check-failed = Die Prüfung ist fehlgeschlagen ({ $value }). Versuchen Sie es noch einmal.
import-fault = Die Datei kann nicht importiert werden: { $value }.
import-fault-header-unknown = Keine Spalte wird als Feld von Kunden importiert. Wählen Sie für mindestens eine, was sie ist.
import-fault-match-column-missing = Keine Spalte wird als das Feld importiert, nach dem Zeilen zugeordnet werden.
import-checking = Die Datei wird geprüft
import-importing = Die Kunden werden importiert
import-waiting = Die Datei wartet, bis sie an der Reihe ist
import-stopping = Der Import wird angehalten
import-leave = Sie können diese Seite verlassen und wiederkommen.
import-refresh = Aktualisieren
import-cancel = Anhalten
import-outcome-checked = Das wird der Import bewirken. Bisher wurde nichts geschrieben.
import-outcome-done = Der Import ist fertig.
import-outcome-cancelled = Der Import wurde angehalten. Was bis dahin importiert wurde, bleibt.
import-outcome-failed = Der Import wurde abgebrochen. Was bis dahin importiert wurde, bleibt.
import-error = Der Grund: { $value }.
import-will-created = Neue Kunden
import-will-updated = Geänderte Kunden
import-will-unchanged = Ohne Änderung
import-will-skipped = Ausgelassen
import-will-failed = Zeilen mit Fehlern
import-did-created = Angelegt
import-did-updated = Geändert
import-did-unchanged = Ohne Änderung
import-did-skipped = Ausgelassen
import-did-failed = Nicht importiert
import-start = { $count ->
    [one] 1 Zeile importieren
   *[other] { $number } Zeilen importieren
}
import-go-on = Import fortsetzen
import-change-columns = Spalten ändern
import-failed-rows = { $count ->
    [one] Die fehlerhafte Zeile herunterladen
   *[other] { $number } fehlerhafte Zeilen herunterladen
}
import-failed-hint = Die letzte Spalte der Datei nennt die Gründe. Verbessern Sie die Zeilen, und importieren Sie die Datei noch einmal.
import-to-customers = Zu den Kunden
import-another = Weitere Datei importieren
import-faults = Fehler
import-warnings = Warnungen
import-row = Zeile
import-problem = Fehler
import-more = { $count ->
    [one] Ein weiterer wird nicht gezeigt.
   *[other] { $number } weitere werden nicht gezeigt.
}
import-mappings = Gespeicherte Zuordnungen
import-mappings-about = Eine Datei mit denselben Spalten wird so importiert, wie es ihre gespeicherte Zuordnung sagt, wenn Sie nichts ändern. Alle, die importieren dürfen, verwenden sie.
import-mapping-columns = { $count ->
    [one] 1 Spalte
   *[other] { $number } Spalten
}
import-mapping-applied = Spalten und Optionen sind die der gespeicherten Zuordnung { $value }.
import-mapping-ignore = Spalten neu erkennen
import-mapping-proposed = Für Dateien mit diesen Spalten gibt es eine gespeicherte Zuordnung: { $value }.
import-mapping-use = Verwenden
import-mapping-save = Für die nächste Datei dieser Art speichern
import-mapping-name = Name der Zuordnung
import-mapping-hint = Spalten und Optionen werden unter diesem Namen aufbewahrt. Die nächste Datei mit denselben Spalten wird ebenso importiert.
notice-mapping-saved = Die Zuordnung ist gespeichert.
notice-mapping-deleted = Die gespeicherte Zuordnung ist gelöscht.
violation-import-mapping-name-taken = Eine andere gespeicherte Zuordnung hat diesen Namen.
import-revert = Import rückgängig machen
import-revert-title = Import rückgängig machen
import-revert-until = Der Import kann bis { $value } rückgängig gemacht werden.
import-revert-will = Das wird geschehen. Bisher wurde nichts geschrieben.
import-revert-nothing = Es gibt nichts, was rückgängig gemacht werden kann.
import-revert-trashed = In den Papierkorb
import-revert-restored = Wie zuvor
import-revert-changed = Seither geändert, bleiben so
import-revert-refused = Bleiben aus anderen Gründen
import-revert-changed-about = Seit dem Import geändert:
import-reverting = Der Import wird rückgängig gemacht
import-outcome-reverted = Der Import wurde rückgängig gemacht.
import-outcome-half-reverted = Das Rückgängigmachen wurde angehalten. Was bis dahin rückgängig gemacht wurde, bleibt so.
