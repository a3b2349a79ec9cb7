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
similar-text = Similar customers already exist:
similar-asked = The customer has not been added: similar customers already exist, and stand below. Press “Add customer” again to add it anyway.
