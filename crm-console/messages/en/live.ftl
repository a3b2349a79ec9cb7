# What others change while a page is open.
live-changes = Changed meanwhile:
live-show = Show
