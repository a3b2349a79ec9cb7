# The import of customers.
import-title = Import
export = Export
export-csv = CSV
export-xlsx = Excel (XLSX)
export-vcard = Address book (vCard)
export-ndjson = JSON lines (NDJSON)
export-notes = CSV with notes
import-steps = Steps of the import
import-step-file = File
import-step-columns = Columns
import-step-check = Check
import-step-import = Import
import-file = A file with your customers: CSV, Excel (XLSX), vCard or JSON
import-hint = In a table, a line at the start names the columns, as other programs write it. Of a workbook the first sheet with rows is read; of a vCard file each card is a row, of JSON each object; at most { $value }. Nothing is imported before you have seen it.
import-upload = Continue
import-no-file = Choose a file.
import-unnamed = File without a name
import-too-large = The file is too large: at most { $value }. Split it, and import the parts one by one.
import-files = Your files
import-kept = Files are kept for a day. Only you see them.
import-state-waits = Not imported yet
import-state-begun = Import started
import-remove = Discard
import-remove-file = Discard { $value }
import-rows = { $count ->
    [one] 1 row
   *[other] { $number } rows
}
import-columns = Columns of the file
import-column = Column
import-samples = First values
import-as = Import as
import-ignore = Do not import
import-custom = Custom field: { $value }
import-field-external-ref = Id in the other system
import-field-id = Id in this CRM
import-field-emails = Further e-mail address
import-field-emails-opted-out = Wants no e-mails
import-field-emails-label = Label of an e-mail address
import-field-phones = Further telephone number
import-field-phones-label = Label of a telephone number
import-field-phones-calling-code = Calling code of a telephone number
import-field-addresses = Further postal address
import-field-addresses-label = Label of a postal address
import-field-notes = Note
import-field-deleted = Deleted in the other system
import-options = Options
import-option-mode = What a row does
import-mode-create = Adds a customer
import-mode-update = Changes the customer it matches
import-mode-upsert = Changes the customer it matches, or adds one
import-option-match-by = Match rows by
import-option-opted-out = Customers who want no e-mails
import-opted-out-mark = Import them, and mark the address
import-opted-out-skip = Leave them out
import-option-organizations = Firms of new people
import-organizations-text = Keep their names as text
import-organizations-match = Link them where they are there
import-organizations-create = Link them, and add those that are missing
import-option-date-order = Dates are written as
import-date-order-none = Keep dates as they are
import-date-order-dmy = Day, month, year (31.12.2026)
import-date-order-mdy = Month, day, year (12/31/2026)
import-date-order-ymd = Year, month, day (2026-12-31)
import-option-default-kind = Kind of new customers
import-default-kind-none = By what the row has
import-default-kind-person = Persons
import-default-kind-organization = Organizations
import-option-external-system = Name of the other system
import-external-system-hint = Only for ids of another system: hubspot, erp, …
import-check = Check the file
import-check-failed = The check did not work ({ $value }). Try it again.
import-fault = The file cannot be imported: { $value }.
import-fault-header-unknown = No column is imported as a field of customers. Choose what at least one of them is.
import-fault-match-column-missing = No column is imported as the field by which rows are matched.
import-checking = The file is being checked
import-importing = The customers are being imported
import-waiting = The file waits for its turn
import-stopping = The import is being stopped
import-leave = You can leave this page and come back.
import-refresh = Refresh
import-cancel = Stop
import-outcome-checked = This is what the import will do. Nothing has been written yet.
import-outcome-done = The import is done.
import-outcome-cancelled = The import was stopped. What was imported until then stays.
import-outcome-failed = The import was broken off. What was imported until then stays.
import-error = The reason: { $value }.
import-will-created = New customers
import-will-updated = Changed customers
import-will-unchanged = Without a change
import-will-skipped = Left out
import-will-failed = Rows with faults
import-did-created = Added
import-did-updated = Changed
import-did-unchanged = Without a change
import-did-skipped = Left out
import-did-failed = Not imported
import-start = { $count ->
    [one] Import 1 row
   *[other] Import { $number } rows
}
import-go-on = Continue the import
import-change-columns = Change columns
import-failed-rows = { $count ->
    [one] Download the row that failed
   *[other] Download { $number } rows that failed
}
import-failed-hint = The file has the reasons in its last column. Correct the rows, and import the file again.
import-to-customers = See the customers
import-another = Import another file
import-faults = Faults
import-warnings = Warnings
import-row = Row
import-problem = Problem
import-more = { $count ->
    [one] One more is not shown.
   *[other] { $number } more are not shown.
}
import-mappings = Saved mappings
import-mappings-about = A file with the same columns is imported as its saved mapping says, unless you change it. All who may import use them.
import-mapping-columns = { $count ->
    [one] 1 column
   *[other] { $number } columns
}
import-mapping-applied = The columns and options are those of the saved mapping { $value }.
import-mapping-ignore = Recognize the columns anew
import-mapping-proposed = There is a saved mapping for files with these columns: { $value }.
import-mapping-use = Use it
import-mapping-save = Save for the next file like this
import-mapping-name = Name of the mapping
import-mapping-hint = Columns and options are kept under this name. The next file with the same columns is imported in the same way.
notice-mapping-saved = The mapping is saved.
notice-mapping-deleted = The saved mapping is deleted.
violation-import-mapping-name-taken = Another saved mapping has this name.
import-revert = Undo the import
import-revert-title = Undo an import
import-revert-until = The import can be undone until { $value }.
import-revert-will = This is what will happen. Nothing has been written yet.
import-revert-nothing = There is nothing that can be undone.
import-revert-trashed = To the trash
import-revert-restored = As before
import-revert-changed = Changed since, stay as they are
import-revert-refused = Cannot be undone
import-revert-changed-about = Changed since the import:
import-reverting = The import is being undone
import-outcome-reverted = The import was undone.
import-outcome-half-reverted = Undoing the import was stopped. What was undone until then stays so.
