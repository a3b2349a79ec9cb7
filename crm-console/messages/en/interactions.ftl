# Interactions.
interactions-title = Interactions
interactions-plan = Plan interaction
interactions-details = Details
interactions-edit = Edit interaction
interactions-views = Part of the interactions
interactions-view-due = Due
interactions-view-overdue = Overdue
interactions-view-reminders = Reminders
interactions-view-done = Done
interactions-view-all = All
interactions-whose = Whose interactions
interactions-whose-me = Mine
interactions-whose-all = Everyone's
interactions-whose-none = No owner
interactions-as = How they are shown
interactions-as-days = By day
interactions-as-list = List
interactions-filter-type = Type
interactions-filter-owner = Owner
interactions-filter-customer = Customer
interactions-count = { $count ->
    [0] No interactions
    [one] 1 interaction
   *[other] { $number } interactions
}
interactions-count-at-least = { $count ->
   *[other] More than { $number } interactions
}
interactions-none-due = Nothing is planned
interactions-none-overdue = Nothing is overdue
interactions-none-reminders = No reminders in the next seven days
interactions-none-done = Nothing has been done yet
interactions-none-all = No interactions yet
interactions-none-text = Plan a call, a meeting or an e-mail with a customer.
interactions-no-match = No interactions match
interactions-late = Overdue
interactions-reschedule = Reschedule
interactions-reschedule-this = Reschedule: { $value }
interactions-end-completed = Took place
interactions-end-no_show = Did not come
interactions-end-cancelled = Cancelled
interactions-completed-at = Completed at (empty: now)
interactions-next = Follow-up
interactions-next-at = When (empty: none)
interactions-stale = This interaction was changed after you opened it. Saving replaces what was changed.
pick-customer = Choose a customer
pick-other = Choose another
field-customer = Customer
field-scheduled-at = Scheduled for
field-started-at = Started at
field-completed-at = Completed at
field-location = Location
field-meeting-url = Meeting link
field-participants = Participants
field-created-by = Added by
field-created-at = Added
direction-none = Not set
actions = Actions
edit = Edit
delete = Delete
close = Close
back = Back
undo = Undo
notice-close = Close this message
edit-this = Edit: { $value }
delete-this = Delete: { $value }
notice-interaction-saved = The interaction was saved.
notice-interaction-planned = The interaction was planned.
notice-interaction-moved = The interaction was rescheduled.
notice-interaction-completed = The interaction was completed.
notice-interaction-followed = The interaction was completed, and the follow-up was planned.
notice-interaction-closed = The interaction was closed.
notice-interaction-deleted = The interaction was moved to the trash.
notice-interaction-restored = The interaction was restored.
notice-reminder-dismissed = The reminder was dismissed.
violation-interaction-closed = This interaction has already ended.
violation-already-completed = This interaction has already been completed.
