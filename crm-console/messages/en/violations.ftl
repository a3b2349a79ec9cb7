# What is wrong with a value. Without a text here, the words of the core are shown.
violation-required = Enter a value.
violation-email-invalid = Enter an e-mail address such as ann@example.com.
violation-too-long = The value is too long.
violation-duplicate = This is listed twice.
violation-control-character = The value has characters that cannot be stored.
violation-in-the-future = The time must not be in the future.
violation-before-start = The end must not be before the start.
violation-customer-email-taken = Another customer has this e-mail address.
violation-out-of-range = The number is too small or too large.
violation-unreadable = This value cannot be read.
violation-bulk-action-undone = The bulk action was undone before.
violation-bulk-action-expired = A bulk action can be undone for 24 hours.
violation-bulk-action-running = The bulk action is still running.
violation-due-required = This needs a date or a time at which the task is due.
violation-recurrence-invalid = The task cannot recur by this rule.
violation-domain-invalid = Enter a domain such as example.com.
violation-suppression-exists = The list has this already.
