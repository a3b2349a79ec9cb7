# Possible duplicates.
duplicates-title = Duplicates
duplicates-text = Pairs of customers that may be the same person or organization.
duplicates-scan = Scan now
duplicates-scanning = Customers are being compared:
duplicates-scanned = Last scan:
duplicates-scan-failed = The last scan has failed. Start another one.
duplicates-count = { $count ->
    [0] No pairs
    [one] 1 pair
   *[other] { $number } pairs
}
duplicates-count-at-least = { $count ->
   *[other] More than { $number } pairs
}
duplicates-show-dismissed = Show dismissed pairs
duplicates-show-open = Show open pairs
duplicates-none = No possible duplicates
duplicates-none-text = A scan compares all customers, and lists here which may be the same.
duplicates-none-dismissed = No pair was dismissed
duplicates-customers = Customers
duplicates-reasons = Reasons
duplicates-score = Match
duplicates-side-by-side = Possible duplicate
duplicates-dismiss = Not a duplicate
duplicates-reopen = May be a duplicate after all
duplicates-is-dismissed = A user has decided that these are two customers. A scan leaves it so until one of them changes.
duplicates-field = Field
duplicates-differs = differs
duplicates-open = Open
duplicates-score-text = Each reason shows how sure it alone would make a match. What speaks against one takes away.
notice-duplicates-scan = The scan has started.
notice-duplicate-dismissed = The pair was dismissed.
notice-duplicate-reopened = The pair is open again.
job-kind-crm-scan-duplicates = Scan for duplicates
duplicate-reason-identical = All the same
duplicate-reason-same_email = Same e-mail address
duplicate-reason-shared_mailbox = Same shared mailbox
duplicate-reason-similar_email = Similar e-mail address
duplicate-reason-same_phone = Same telephone number
duplicate-reason-same_name = Same name
duplicate-reason-similar_name = Similar name
duplicate-reason-same_first_name = Same first name
duplicate-reason-same_last_name = Same last name
duplicate-reason-same_organization = Same organization
duplicate-reason-same_domain = Same domain
duplicate-reason-same_tax_id = Same tax number
duplicate-reason-same_address = Same address
duplicate-reason-same_city = Same city
duplicate-reason-same_birth_date = Same date of birth
duplicate-reason-different_kind = Person and organization
duplicate-reason-different_name = Different name
duplicate-reason-different_first_name = Different first name
duplicate-reason-different_last_name = Different last name
duplicate-reason-different_suffix = Different name suffix
duplicate-reason-different_legal_form = Different legal form
duplicate-reason-different_tax_id = Different tax number
duplicate-reason-different_birth_date = Different date of birth
duplicate-reason-different_email = Different e-mail address
duplicate-reason-different_phone = Different telephone number
duplicate-reason-different_organization = Different organization
duplicate-reason-different_address = Different address
