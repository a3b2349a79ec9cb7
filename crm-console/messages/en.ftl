# The frame.
skip-to-content = Skip to the content
navigation = Main menu
navigation-bottom = Main menu below
search-label = Search customers
search-placeholder = Search customers
user-menu = Menu of { $value }
appearance = Appearance and language
theme = Theme
theme-system = System
theme-light = Light
theme-dark = Dark
language = Language
log-out = Log out
more = Show more
cancel = Cancel
save = Save
save-anyway = Save anyway
keep-theirs = Keep the new value
yes = yes
no = no
nothing = nothing
preview = Preview
complete = Complete
dismiss = Dismiss
truncated = The text goes on.
person-unknown = Unknown user
request-id = Request

# Log-in.
log-in-title = Log in
log-in-heading = Log in to { $value }
log-in = Log in
log-in-password = Password
log-in-code = Code of your second factor
log-in-refused = The e-mail address or the password is wrong.
log-in-code-required = Enter your password again, and the code of your second factor.
log-in-code-wrong = The code is wrong. Enter your password and a new code.
log-in-too-many = There were too many attempts. Try again in a few minutes.
log-in-unavailable = Log-in is not available at the moment. Try again soon.
log-in-demo = Demo: log in with one click

# Errors.
error-home = Go to the dashboard
error-400 = That did not work
error-400-text = The request cannot be read. Go back and try it again.
error-401 = You are not logged in
error-401-text = Log in where you usually do, then open this page again.
error-403 = You may not do this
error-403-text = Your role does not allow it. An administrator of your company can change that.
error-404 = There is no such page
error-404-text = It may have been deleted, or the address is wrong.
error-409 = This cannot be done now
error-409-text = It conflicts with something that was done before. Look at the record again.
error-412 = The record has changed
error-412-text = It was changed after you opened it. Look at it again and repeat your change.
error-429 = Too many requests
error-429-text = Wait a moment, then try again.
error-500 = Something went wrong
error-500-text = The error is on our side, and it has been logged. Try again, or tell your administrator the request below.
error-503 = Not available at the moment
error-503-text = A service that is needed does not answer. Nothing is lost; try again soon.
error-closed = The company is closed
error-closed-text = Your company is suspended or deleted in this CRM.

# Customers.
customers-title = Customers
customers-add = Add customer
customers-add-short = Add
customers-create = Add customer
customers-count = { $count ->
    [0] No customers
    [one] 1 customer
   *[other] { $number } customers
}
customers-count-at-least = { $count ->
   *[other] More than { $number } customers
}
customers-none = No customers yet
customers-none-text = Add the first one, and everything that is said with them has a place.
customers-no-match = No customers match
customers-no-match-text = Remove a filter, or search for something else.
filter-text = Search in this list
filter-any = Any
filter-apply = Apply
filter-clear = Clear all filters
filter-remove = remove this filter
filter-q = Text
filter-status = Status
filter-kind = Kind
filter-owner = Owner
filter-tag = Tag
owner-me = Me
owner-none = No owner
owned-by = Owner: { $value }
archived = Archived
call = Call
write = E-mail
fields = Details
edit-field = Edit: { $value }
edit-stale = This customer was changed after you opened the field.
edit-stale-value = The value is now:
edit-stale-empty = The field is empty now.
form-faulty = The customer was not added yet. Look at the marked fields.
tag-add = Add tag
untag = Remove tag { $value }
done-field = Saved: { $value }
done-added = The customer was added.
done-tags = The tags were changed.
done-note = The note was added.
done-pinned = The note was pinned.
done-unpinned = The note was unpinned.
done-logged = The interaction was logged.
done-planned = The interaction was planned.
done-completed = The interaction was completed.
done-reminder = The reminder was dismissed.

group-about = About
group-contact = Contact
group-address = Address

field-kind = Kind
field-name = Name
field-first-name = First name
field-last-name = Last name
field-email = E-mail
field-phone = Phone
field-organization-name = Organization
field-job-title = Job title
field-website = Website
field-address = Street
field-address-line2 = Address line 2
field-zip-code = Postal code
field-city = City
field-state = State or region
field-country = Country
field-country-code = Country code
field-phone-e164 = Phone, international
field-status = Status
field-owner-id = Owner
field-source = Source
field-tags = Tags
field-external-refs = External references
field-custom-fields = Custom fields
field-metadata = Metadata
field-is-archived = Archived
field-updated-at = Updated
field-type = Type
field-subject = Subject
field-content = What was said
field-when = When
field-minutes = Minutes
field-direction = Direction
field-outcome = Outcome
field-follow-up-at = Remind me at

kind-person = Person
kind-organization = Organization
status-prospect = Prospect
status-active = Active
status-inactive = Inactive
status-blocked = Blocked

# The timeline.
timeline-title = Timeline
timeline-filter = Filter the timeline
timeline-empty = Nothing has happened yet.
timeline-all = All
timeline-note = Notes
timeline-interaction = Interactions
timeline-change = Changes
timeline-created = added the customer
timeline-updated = changed the customer
timeline-deleted = moved the customer to the trash
timeline-restored = restored the customer
timeline-tagged = added tags
timeline-untagged = removed tags
timeline-imported = imported the customer
pinned = Pinned
pin = Pin
unpin = Unpin
note-private = Private
note-private-choice = Only for me
note-general = wrote a note
note-call = noted a call
note-meeting = noted a meeting
note-email = noted an e-mail
note-follow_up = noted a follow-up
note-complaint = noted a complaint
note-feedback = noted feedback
note-contract = noted a contract
note-billing = noted billing
note-internal = wrote an internal note
interaction-call = Call
interaction-email = E-mail
interaction-meeting = Meeting
interaction-sms = Text message
interaction-chat = Chat
interaction-whatsapp = WhatsApp
interaction-social = Social media
interaction-visit = Visit
interaction-video = Video call
interaction-letter = Letter
interaction-demo = Demonstration
interaction-lunch = Lunch
interaction-web = Website
interaction-note = Reminder
interaction-other = Other
interaction-status-planned = Planned
interaction-status-in_progress = In progress
interaction-status-completed = Completed
interaction-status-cancelled = Cancelled
interaction-status-no_show = No show
interaction-minutes = { $count ->
    [one] 1 minute
   *[other] { $number } minutes
}
interaction-follow-up = Follow-up { $value }
direction-inbound = Inbound
direction-outbound = Outbound
direction-internal = Internal
outcome-connected = Connected
outcome-left_message = Left a message
outcome-no_answer = No answer
outcome-interested = Interested
outcome-not_interested = Not interested
outcome-callback = Call back
outcome-resolved = Resolved
outcome-busy = Busy
outcome-rescheduled = Rescheduled

# The composer.
compose-title = What to add
compose-note = Note
compose-call = Call
compose-meeting = Meeting
compose-email = E-mail
compose-note-text = Note
compose-note-placeholder = Write a note. Markdown works.
compose-note-save = Add note
compose-log = Save
compose-future = A time in the future plans it.
note-type-general = General
note-type-call = Call
note-type-meeting = Meeting
note-type-email = E-mail
note-type-follow_up = Follow-up
note-type-complaint = Complaint
note-type-feedback = Feedback
note-type-contract = Contract
note-type-billing = Billing
note-type-internal = Internal

# The dashboard.
dashboard-title = Dashboard
period = Period
period-week = 7 days
period-month = 30 days
period-quarter = 90 days
period-year = 12 months
numbers = Numbers
tile-new-customers = New customers
tile-interactions-completed = Interactions completed
tile-interactions-planned = Interactions scheduled
tile-overdue = Overdue
tile-overdue-now = now
tile-before = { $value } in the period before
chart-title = New customers and interactions
chart-as-table = Show as a table
chart-from = From
due-overdue = Overdue
due-coming = Next seven days
due-none = Nothing is due.
due-reminder = Reminder
due-complete = Complete: { $value }
due-dismiss = Dismiss the reminder: { $value }
activity-title = Latest activity
activity-none = Nothing has happened yet.
activity-customer-added = { $value } added
activity-note-added = { $value } wrote a note on
activity-interaction-completed = { $value } completed an interaction with

# Time.
moment-months = Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec
moment-today = Today
moment-yesterday = Yesterday
moment-tomorrow = Tomorrow
moment-now = just now
moment-minutes-ago = { $count ->
    [one] 1 minute ago
   *[other] { $number } minutes ago
}
moment-minutes-ahead = { $count ->
    [one] in 1 minute
   *[other] in { $number } minutes
}
moment-hours-ago = { $count ->
    [one] 1 hour ago
   *[other] { $number } hours ago
}
moment-hours-ahead = { $count ->
    [one] in 1 hour
   *[other] in { $number } hours
}
moment-days-ago = { $count ->
    [one] 1 day ago
   *[other] { $number } days ago
}
moment-days-ahead = { $count ->
    [one] in 1 day
   *[other] in { $number } days
}

# What is wrong with a value. Without a text here, the words of the core are shown.
violation-required = Enter a value.
violation-email-invalid = Enter an e-mail address such as ann@example.com.
violation-too-long = The value is too long.
violation-control-character = The value has characters that cannot be stored.
violation-in-the-future = The time must not be in the future.
violation-before-start = The end must not be before the start.
violation-customer-email-taken = Another customer has this e-mail address.
violation-out-of-range = The number is too small or too large.
violation-unreadable = This value cannot be read.
