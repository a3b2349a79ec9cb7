# Customers are merged into one, and taken apart again.
merge-title = Merge customers
merge-text = Choose the customer that stays, and for each field the value that it gets. Notes, interactions, links, tags, addresses and numbers of all are kept.
merge-stays = Stays
merge-address = Address
merge-nothing = Nothing
merge-preview = What comes of it
merge-result = { $value }, after the merge
merge-gets = The customer that stays gets:
merge-drops = This is not kept:
merge-undoable = You can undo this for 30 days.
merge-do = Merge
merge-again = Show the result
merge-pick = Choose 2 to 11 customers.
merge-stale = One of the customers has changed meanwhile. Look at them again.
merge-with = Merge with…
merge-with-this = Merge { $value } with other customers
merge-search = Search customers
merge-found = Customers that are the same
merge-compare = Compare
merge-past = Merged
merge-undo = Undo the merge
merge-undo-title = Undo the merge
merge-undo-changed = Something was changed since the merge:
merge-undo-refused = The merge cannot be undone:
merge-undo-keep-text = If you undo it nevertheless, these changes stay with the customer that stayed.
merge-undo-keep = Undo, and keep the changes
merge-changed-field = { $value } was changed
merge-changed-note = A note was changed
merge-changed-interaction = An interaction was changed
merge-changed-task = A task was changed
merge-changed-deal = A deal was changed
merge-changed-link = A link was changed
merge-changed-hierarchy = The parents of the organizations were changed, and do not fit those before. Change them first.
merge-added-note = A note was added
merge-added-interaction = An interaction was added
merge-added-task = A task was added
merge-added-deal = A deal was added
merge-added-link = A link was added
merge-moved-note = { $count ->
    [one] 1 note
   *[other] { $number } notes
}
merge-moved-interaction = { $count ->
    [one] 1 interaction
   *[other] { $number } interactions
}
merge-moved-task = { $count ->
    [one] 1 task
   *[other] { $number } tasks
}
merge-moved-deal = { $count ->
    [one] 1 deal
   *[other] { $number } deals
}
merge-moved-link = { $count ->
    [one] 1 link with another customer
   *[other] { $number } links with other customers
}
merge-folded-link = { $count ->
    [one] 1 link that it has already: both become one
   *[other] { $number } links that it has already: each two become one
}
merge-dropped-link = { $count ->
    [one] 1 link between these customers, or to a second parent
   *[other] { $number } links between these customers, or to a second parent
}
merge-moved-tag = { $count ->
    [one] 1 tag
   *[other] { $number } tags
}
merge-moved-email = { $count ->
    [one] 1 e-mail address
   *[other] { $number } e-mail addresses
}
merge-moved-phone = { $count ->
    [one] 1 telephone number
   *[other] { $number } telephone numbers
}
merge-moved-address = { $count ->
    [one] 1 address
   *[other] { $number } addresses
}
merge-moved-external-ref = { $count ->
    [one] 1 reference to another system
   *[other] { $number } references to other systems
}
notice-customers-merged = The customers were merged.
notice-customers-unmerged = The merge was undone.
violation-customer-merge-undone = The merge was undone before.
violation-customer-merge-expired = A merge can be undone for 30 days.
violation-customer-merge-continued = The customer was merged into another one since. Undo that merge first.
