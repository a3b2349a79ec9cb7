# Was an einem Wert nicht stimmt. Ohne Text hier stehen die Worte des Kerns.
violation-required = Geben Sie einen Wert ein.
violation-email-invalid = Geben Sie eine E-Mail-Adresse wie ann@example.com ein.
violation-too-long = Der Wert ist zu lang.
violation-duplicate = Das steht zweimal in der Liste.
violation-control-character = Der Wert hat Zeichen, die sich nicht speichern lassen.
violation-in-the-future = Die Zeit darf nicht in der Zukunft liegen.
violation-before-start = Das Ende darf nicht vor dem Beginn liegen.
violation-customer-email-taken = Ein anderer Kunde hat diese E-Mail-Adresse.
violation-out-of-range = Die Zahl ist zu klein oder zu groß.
violation-unreadable = Dieser Wert ist nicht lesbar.
violation-bulk-action-undone = Die Änderung wurde schon rückgängig gemacht.
violation-bulk-action-expired = Eine solche Änderung lässt sich 24 Stunden lang rückgängig machen.
violation-bulk-action-running = Die Änderung läuft noch.
violation-due-required = Dazu braucht die Aufgabe einen Tag oder eine Zeit, zu der sie fällig ist.
violation-recurrence-invalid = Nach dieser Regel kann sich die Aufgabe nicht wiederholen.
violation-domain-invalid = Geben Sie eine Domain wie example.com ein.
violation-suppression-exists = Das steht schon auf der Liste.
