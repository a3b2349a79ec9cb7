# Many customers are changed at once.
bulk-title = Change customers
bulk-picked = selected
bulk-pick = Select { $value }
bulk-pick-all = Select all shown
bulk-all = All of this list: { $value }
bulk-tag = Add tag
bulk-untag = Remove tag
bulk-archive = Archive
bulk-delete = Delete
bulk-do = Change customers
bulk-undo = Undo
bulk-stop = Stop
bulk-back = Back to the list
bulk-look-again = Look again
bulk-hint = You can undo this for 24 hours.
bulk-nobody-picked = Select at least one customer.
bulk-nothing-to-do = Choose what to do with the customers.
bulk-confirm-owner = Change the owner of these customers?
bulk-confirm-no-owner = Remove the owner of these customers?
bulk-confirm-status = Set the status of these customers to { $value }?
bulk-confirm-tag = Add the tag { $value } to these customers?
bulk-confirm-untag = Remove the tag { $value } from these customers?
bulk-confirm-archive = Archive these customers?
bulk-confirm-delete = Move these customers to the trash?
bulk-would-change = { $count ->
    [0] No customer will be changed.
    [one] 1 customer will be changed.
   *[other] { $number } customers will be changed.
}
bulk-changed = { $count ->
    [0] No customer was changed.
    [one] 1 customer was changed.
   *[other] { $number } customers were changed.
}
bulk-already-so = { $count ->
    [one] 1 was so already.
   *[other] { $number } were so already.
}
bulk-refused = { $count ->
    [one] 1 could not be changed.
   *[other] { $number } could not be changed.
}
bulk-refused-not-found = { $count ->
    [one] 1 was not found.
   *[other] { $number } were not found.
}
bulk-refused-forbidden = { $count ->
    [one] 1 belongs to another owner.
   *[other] { $number } belong to other owners.
}
bulk-refused-too-many-tags = { $count ->
    [one] 1 has 100 tags already.
   *[other] { $number } have 100 tags already.
}
bulk-refused-customer-email-taken = { $count ->
    [one] 1 stays in the trash, because another customer has its e-mail address now.
   *[other] { $number } stay in the trash, because other customers have their e-mail addresses now.
}
bulk-refused-external-ref-taken = { $count ->
    [one] 1 stays in the trash, because another customer has its external reference now.
   *[other] { $number } stay in the trash, because other customers have their external references now.
}
bulk-restored = { $count ->
    [0] No customer was put back.
    [one] Undone: 1 customer was put back.
   *[other] Undone: { $number } customers were put back.
}
bulk-skipped = { $count ->
    [one] 1 was changed since, and was left as it is.
   *[other] { $number } were changed since, and were left as they are.
}
bulk-running = Customers are being changed: { $value } %
bulk-undoing = Customers are being put back: { $value } %
bulk-stopped = The change was stopped. What was done until then can be undone.
