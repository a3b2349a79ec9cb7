# Tasks.
tasks-title = Tasks
tasks-add = Add task
tasks-add-on = Add task: { $value }
tasks-edit = Edit task
tasks-agenda = Tasks by day
tasks-calendar = Calendar of tasks
tasks-view-open = Open
tasks-view-overdue = Overdue
tasks-view-week = Next 7 days
tasks-view-closed = Closed
tasks-view-all = All
tasks-whose = Whose tasks
tasks-whose-me = Mine
tasks-whose-all = Everyone's
tasks-whose-none = Nobody's
tasks-as = How they are shown
tasks-as-list = List
tasks-as-agenda = By day
tasks-as-calendar = Calendar
tasks-filter-type = Type
tasks-filter-status = Status
tasks-filter-priority = Priority
tasks-filter-assignee = Assignee
tasks-filter-customer = Customer
tasks-filter-overdue = Overdue
tasks-filter-dueFrom = Due from
tasks-filter-dueTo = Due before
tasks-filter-collaborator = Collaborator
tasks-filter-deal = Deal
tasks-filter-parent = Part of
tasks-filter-chosen = a chosen one
tasks-filter-filter = Also
tasks-count = { $count ->
    [0] No tasks
    [one] 1 task
   *[other] { $number } tasks
}
tasks-count-at-least = { $count ->
   *[other] More than { $number } tasks
}
tasks-none-open = Nothing is to be done
tasks-none-overdue = Nothing is overdue
tasks-none-week = Nothing is due in the next seven days
tasks-none-closed = Nothing has been done yet
tasks-none-all = No tasks yet
tasks-none-agenda = Nothing is due on these days
tasks-none-text = Add a task for yourself or for a colleague, with a customer or without.
tasks-no-match = No tasks match
tasks-late = Overdue
tasks-reopen = Reopen
tasks-reopen-this = Reopen: { $value }
tasks-steps = Steps, one on each line
tasks-step-done = done
tasks-result-hint = Result (may be empty)
tasks-completed-by = Completed by
tasks-from-interaction = From an interaction
tasks-open = Open tasks
tasks-all-of-customer = All tasks
tasks-more-open = More open tasks
tasks-more = { $count ->
   *[other] { $number } more
}
tasks-overdue-before = { $count ->
    [one] 1 task is overdue from before
   *[other] { $number } tasks are overdue from before
}
tasks-not-all = There are more tasks than this page shows. Choose whose tasks you want to see, or look at the list.
tasks-other-days = Other days
tasks-previous = Earlier
tasks-next = Later
tasks-weekdays = Monday Tuesday Wednesday Thursday Friday Saturday Sunday
tasks-months = January February March April May June July August September October November December
tasks-stale = This task was changed after you opened it. Saving replaces what was changed.
tasks-step-stale = This task was changed after you opened it, and the step was not ticked. The task is now as you see it.
task-added = added a task
task-due = Due { $value }
task-of = For { $value }
task-steps = { $value } steps
task-result = Result: { $value }
task-type-todo = To-do
task-type-call = Call
task-type-email = E-mail
task-type-meeting = Meeting
task-type-follow_up = Follow-up
task-type-deadline = Deadline
task-type-document = Document
task-status-not_started = Not started
task-status-in_progress = In progress
task-status-waiting = Waiting
task-status-completed = Completed
task-status-deferred = Deferred
task-status-canceled = Canceled
task-priority-low = Low
task-priority-normal = Normal
task-priority-high = High
task-priority-urgent = Urgent
task-origin-manual = Added by hand
task-origin-interaction = Interaction
task-origin-import = Import
task-origin-workflow = Workflow
task-origin-sla = Response time
field-priority = Priority
field-due-at = Due
field-due-date = Due on
field-due-time = At (empty: any time of the day)
field-start-at = Start
field-assignee-id = Assignee
field-result = Result
field-checklist = Steps
field-origin = Origin
field-collaborator-ids = Collaborators
field-deal-id = Deal
field-parent-task-id = Part of
field-reminders = Reminders
field-recurrence = Recurrence
field-series-id = Series
field-next-task-id = Next task
notice-task-added = The task was added.
notice-task-saved = The task was saved.
notice-task-completed = The task was completed.
notice-task-reopened = The task was reopened.
notice-task-deleted = The task was moved to the trash.
notice-task-restored = The task was restored.
violation-task-closed = This task has already been completed or canceled.
violation-interaction-of-another-customer = The interaction that the task comes from is with another customer.
violation-interaction-unknown = The interaction that the task comes from is no longer there.
violation-unexpected = This cannot stand here together with the rest.
violation-deal-of-another-customer = The deal is with another customer.
violation-task-unknown = This task is no longer there.
violation-parent-invalid = The task cannot be part of that one.
plan-more = Collaborators, reminders, recurrence
plan-collaborators-hint = They are told of the task, and reminded with its assignee; at most 20.
choose-search = Search users
reminder-number = Reminder { $value }
reminder-none = No reminder
reminder-before = When
reminder-at = At a moment …
reminder-moment = Moment
reminder-channel = How
reminder-channel-in_app = At the bell
reminder-channel-email = By e-mail
reminder-more = Another reminder
reminder-when-due = When it is due
reminder-minutes = { $count ->
    [one] 1 minute before
   *[other] { $number } minutes before
}
reminder-hours = { $count ->
    [one] 1 hour before
   *[other] { $number } hours before
}
reminder-days = { $count ->
    [one] 1 day before
   *[other] { $number } days before
}
repeat-unit = How often
repeat-none = Not at all
repeat-daily = By the day
repeat-weekly = By the week
repeat-monthly = By the month
repeat-yearly = By the year
repeat-own = As it is now
repeat-own-rule = By the rule { $value }
repeat-every = Every (1: each, 2: every other)
repeat-days = On (none: the day on which it is due)
repeat-day-of-month = On
repeat-monthly-none = The same day of the month
repeat-monthly-last = The last day of the month
repeat-ends = Ends
repeat-ends-none = Never
repeat-ends-until = On a day
repeat-ends-times = After a number of times
repeat-until-day = Last day
repeat-times-number = Times, with this one
repeat-daily-every = { $count ->
    [one] Every day
   *[other] Every { $number } days
}
repeat-weekly-every = { $count ->
    [one] Every week
   *[other] Every { $number } weeks
}
repeat-monthly-every = { $count ->
    [one] Every month
   *[other] Every { $number } months
}
repeat-yearly-every = { $count ->
    [one] Every year
   *[other] Every { $number } years
}
repeat-on = on { $value }
repeat-last-day = on the last day
repeat-until = until { $value }
repeat-times = { $count ->
    [one] once
   *[other] { $number } times
}
violation-reminder-moment = Choose the moment of the reminder.
violation-reminder-late = A reminder comes before the task is due.
violation-repeat-number = Enter a whole number from 1.
violation-repeat-end = Say when the task ends to recur.
