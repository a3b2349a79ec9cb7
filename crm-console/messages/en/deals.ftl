# Deals.
deals-title = Deals
deals-add = Add deal
deals-edit = Edit deal
deals-all = All deals
deals-search = Search deals
deals-whose = Whose deals
deals-whose-all = Everyone's
deals-whose-me = Mine
deals-as = How they are shown
deals-as-board = Board
deals-as-table = List
deals-stages = Change the stages
deals-none = No deals yet
deals-none-text = Add a deal, and follow it through the stages until it is won or lost.
deals-no-match = No deals match
deals-count = { $count ->
    [0] No deals
    [one] 1 deal
   *[other] { $number } deals
}
deals-count-at-least = { $count ->
   *[other] More than { $number } deals
}
deals-more = { $count ->
    [one] 1 more deal
   *[other] { $number } more deals
}
deals-age = { $count ->
    [0] new in this stage
    [one] 1 day in this stage
   *[other] { $number } days in this stage
}
deals-minutes = { $count ->
    [one] 1 minute
   *[other] { $number } minutes
}
deals-hours = { $count ->
    [one] 1 hour
   *[other] { $number } hours
}
deals-days = { $count ->
    [one] 1 day
   *[other] { $number } days
}
deals-rotten = too long
deals-weighted = weighted { $value }
deals-is-rotten-true = yes
deals-is-rotten-false = no
deals-together = Together { $value }
deals-expected = Expected { $value }
deals-probability-own = { $value } % (own estimate)
deals-path = Stages
deals-history = Stage history
deals-stayed = Time in stage
deals-moved-by = Moved by
deals-there = now
deals-now-in = now in { $value }
deals-move = Move
deals-move-this = Move: { $value }
deals-move-to = Move to { $value }
deals-move-stale = This deal was changed after you opened it. Look where it is now, then move it.
deals-stale = This deal was changed after you opened it. Saving replaces what was changed.
deals-filter-q = Text
deals-filter-pipeline = Pipeline
deals-filter-stage = Stage
deals-filter-status = Status
deals-filter-owner = Owner
deals-filter-customer = Customer
deals-filter-contact = Contact
deals-filter-currency = Currency
deals-filter-amountFrom = Amount from
deals-filter-amountTo = Amount to
deals-filter-expectedCloseFrom = Expected from
deals-filter-expectedCloseTo = Expected until
deals-filter-isRotten = Too long in its stage
deals-filter-filter = Also

# The board. %card%, %stage%, %place% and %count% are replaced by the script.
board-keys = Space picks the card up, the arrow keys move it, space puts it down, and Escape puts it back. Without that, the arrow keys lead to other cards.
board-lifted = %card% is picked up. It is in %stage%, %place% of %count%.
board-shifted = %card% in %stage%, %place% of %count%.
board-moved = %card% was moved to %stage%, %place% of %count%.
board-back = %card% is back in %stage%.
board-refused = %card% was not moved.
board-asked = Why was %card% lost?

deal-open = Open deal
deal-won = Won deal
deal-lost = Lost deal
deal-status-open = Open
deal-status-won = Won
deal-status-lost = Lost
deal-type-none = Not set
deal-type-new_business = New business
deal-type-existing_business = Existing business
deal-type-renewal = Renewal
lost-reason-price = Price
lost-reason-competitor = Competitor
lost-reason-no_budget = No budget
lost-reason-timing = Timing
lost-reason-no_answer = No answer

field-pipeline-id = Pipeline
field-stage-id = Stage
field-stage-entered-at = In this stage since
field-amount = Amount
field-currency = Currency
field-probability = Probability
field-own-probability = Probability in percent (empty: that of the stage)
field-weighted-amount = Weighted amount
field-expected-close-date = Expected to close
field-closed-at = Closed
field-lost-reason = Why it was lost
field-lost-notes = More on the loss
field-competitor = Competitor
field-next-step = Next step
field-next-step-at = Next step at
field-amount-from-items = Amount from the items
field-items = Items
field-contacts = Contacts
field-recurring-amount = Recurring amount
field-recurring-interval = Interval
field-quote-ref = Quote
field-order-ref = Order
field-invoice-refs = Invoices
field-rotten-days = Too long after days
field-base-currency = Base currency
field-lost-reasons = Reasons for losses

timeline-deal = Deals
trash-kind-deals = Deals
trash-kept-deals = Deals stay here until they are restored, or their customer is deleted permanently.
notice-deal-added = The deal was added.
notice-deal-saved = The deal was saved.
notice-deal-moved = The deal was moved.
notice-deal-won = The deal was won.
notice-deal-lost = The deal was lost.
notice-deal-deleted = The deal was moved to the trash.
notice-deal-restored = The deal was restored.
violation-amount-unreadable = Enter an amount such as 12500 or 12,500.50.
violation-stage-unknown = This stage takes no deals any more. Choose another one.
violation-pipeline-unknown = This pipeline takes no deals any more.
violation-deal-unknown = The deal beside it has left the stage meanwhile.
violation-required-by-stage = The stage requires a value.
violation-lost-reason-unknown = Your company does not have this reason. Choose another one.
violation-currency-mixed = All amounts of a deal are in one currency.

# The parts of a deal.
deals-part-gone = This deal was changed after you opened it, and this part is another one now. Close the form, and look at the deal again.
items-none = No items
items-total = Sum
items-are-amount = The amount of the deal is the sum of its items.
items-are-not-amount = The amount of the deal does not depend on its items.
items-as-amount = Take the sum as the amount
items-not-as-amount = Set the amount by hand
item-add = Add item
item-edit = Edit item
item-remove = Remove item: { $value }
item-quantity = Quantity
item-unit-price = Unit price
item-discount = Discount %
item-tax = Tax %
item-net = Net
contacts-none = No contacts
deal-contact-add = Add contact
deal-contact-remove = Remove contact: { $value }
contact-role = Role
deal-contact-primary = Ask this one first
contact-primary-short = first
contact-role-decision_maker = Decision maker
contact-role-evaluator = Evaluator
contact-role-influencer = Influencer
contact-role-champion = Champion
contact-role-economic_buyer = Economic buyer
contact-role-technical_buyer = Technical buyer
contact-role-end_user = End user
contact-role-blocker = Blocker
contact-role-other = Other
references-title = References in other systems
references-invoices = Invoices, one on each line: system, colon, number
notice-deal-items-saved = The items were saved.
notice-deal-contacts-saved = The contacts were saved.
notice-deal-meanwhile = Nothing was changed: someone changed this deal meanwhile. Look at it, then try again.
violation-reference-unreadable = Write the system, a colon and the number: erp: D-10042.
