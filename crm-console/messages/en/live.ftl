# What others change while a page is open.
live-changes = Changed meanwhile:
live-show = Show
request-failed = This was not saved or shown: the service does not answer. What you typed is still here; try again soon.
