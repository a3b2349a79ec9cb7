//! What a board and a list of deals have in common above them: links, menus of filters, sums.

use crm_core::money::Money;

use super::card::money;
use crate::base::fields::Fields;
use crate::customers::Choice;
use crate::lists::Filter;
use crate::web::Frame;

/// What deals are worth in one currency, or together in the base currency.
pub(super) struct Sum {
    pub amount: String,
    /// The same, weighted by their probabilities.
    pub weighted: Option<String>,
}

/// The sums by currency, each with its weighted one.
pub(super) fn sums(frame: &Frame, amounts: &[Money], weighted: &[Money]) -> Vec<Sum> {
    let sum = |(amount, weighted): (&Money, &Money)| Sum {
        amount: money(frame, *amount),
        weighted: Some(money(frame, *weighted)),
    };
    amounts.iter().zip(weighted).map(sum).collect()
}

/// The sum of all in the base currency, with its weighted one: if it says more than the others, and no deal is missing.
pub(super) fn together(
    frame: &Frame,
    amounts: &[Money],
    (base, weighted): (Money, Money),
    missing: u64,
) -> Option<Sum> {
    let says_more = missing == 0 && amounts.iter().any(|amount| amount.currency != base.currency);
    says_more
        .then(|| Sum { amount: frame.w("deals-together", &money(frame, base)), weighted: Some(money(frame, weighted)) })
}

/// The board, the list and the forecast, with what narrows the one that is shown. Quotas are for all pipelines, so that a
/// forecast begins with all.
pub(super) fn forms(frame: &Frame, kept: &Fields, here: &str) -> Vec<Choice> {
    let of_all = kept.without("pipeline", None).without("q", None);
    let form = |(path, name, kept): (&str, &str, &Fields)| Choice {
        value: format!("{}{}", frame.url(path), kept.query()),
        label: frame.named("deals-as", name),
        is_chosen: name == here,
    };
    [("deals", "board", kept), ("deals/table", "table", kept), ("deals/forecast", "forecast", &of_all)].map(form).into()
}

/// The hidden inputs of the form of filters: what it has no other input for.
pub(crate) fn hidden(fields: &Fields, filters: &[Filter]) -> Vec<(String, String)> {
    let is_input = |name: &str, value: &str| {
        let filter = filters.iter().find(|filter| filter.name == name);
        name == "q" || filter.is_some_and(|filter| filter.choices.iter().any(|choice| choice.value == value))
    };
    let others = fields.pairs().filter(|(name, value)| !is_input(name, value.trim()));
    others.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
