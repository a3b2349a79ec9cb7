# The command palette and the shortcuts.
palette-title = Find and go to
palette-label = Find customers, leads and pages
palette-commands = Pages
palette-nothing = Nothing has this name.
shortcuts-title = Keyboard shortcuts
shortcut-palette = Find and go to
shortcut-search = Search customers
shortcut-add = Add
shortcut-next = Next in the list
shortcut-previous = Previous in the list
shortcut-save = Save a field
shortcut-send = Save a text
shortcut-leave = Leave a field or a menu
shortcut-help = Show the shortcuts
neighbours = Other customers of the list
neighbour-next = Next customer
neighbour-previous = Previous customer
