# Notifications.
notifications-title = Notifications
notifications-bell = { $count ->
    [0] Notifications, none unread
    [one] Notifications, 1 unread
   *[other] Notifications, { $number } unread
}
notifications-show = Which notifications
notifications-show-all = All
notifications-show-unread = Unread
notifications-read-all = Mark all as read
notifications-none-all = No notifications yet
notifications-none-unread = You have read everything
notifications-none-text = You are told here what is assigned to you, who mentions you, and what is due.
notification-read = Mark as read: { $value }
notification-read-short = Mark as read
notification-unread = Unread
notification-times = { $count ->
    [one] once
   *[other] { $number } times
}
notification-assigned-task = { $value } assigned a task to you
notification-assigned-interaction = { $value } assigned an interaction to you
notification-assigned-deal = { $value } assigned a deal to you
notification-assigned-lead = { $value } assigned a lead to you
notification-mentioned-note = { $value } mentioned you in a note
notification-mentioned-interaction = { $value } mentioned you in an interaction
notification-due-task = Your task is due
notification-reminder-task = Reminder of your task
notification-stage_changed-deal = { $value } moved your deal to another stage
notification-response_failed-lead = Your lead was not answered in time
notification-kind-assigned = Something is assigned to you
notification-kind-mentioned = Someone mentions you
notification-kind-due = A task is due
notification-kind-reminder = Reminder of a task
notification-kind-stage_changed = A deal of yours moves to another stage
notification-kind-response_failed = A lead of yours is not answered in time
notified-task = Task
notified-note = Note
notified-interaction = Interaction
notified-deal = Deal
notified-lead = Lead
notice-notifications-read = All notifications are marked as read.
notified-title = How you are notified
notified-text = The bell tells you of everything here. Choose what you also get by e-mail, if it is unread after two minutes.
notified-what = What happens
notified-in-app = At the bell
notified-email = By e-mail
notified-reminders = Send reminders that are set to e-mail by e-mail. Otherwise they come to the bell.
notified-digest = Send an e-mail each morning with what is due, what is overdue, and how much is unread.
