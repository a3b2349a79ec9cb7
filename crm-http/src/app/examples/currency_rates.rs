//! Examples of currency rates.

use serde_json::{Value, json};

use super::{ADDED_AT, OWNER, page_of};

/// The rates of a day, to be set.
#[must_use]
pub fn new_currency_rates() -> Value {
    json!({
        "source": "central bank",
        "rates": [{ "currency": "CAD", "rate": "0.7305" }, { "currency": "CHF", "rate": "1.2418" }],
    })
}

fn currency_rate(currency: &str, rate: &str) -> Value {
    json!({
        "currency": currency,
        "rate": rate,
        "date": "2026-06-15",
        "source": "central bank",
        "setAt": ADDED_AT,
        "setBy": { "kind": "user", "id": OWNER },
    })
}

/// The current rates.
#[must_use]
pub fn currency_rates() -> Value {
    json!({
        "baseCurrency": "USD",
        "rates": [currency_rate("CAD", "0.7305"), currency_rate("CHF", "1.2418")],
    })
}

/// A page of past rates.
#[must_use]
pub fn past_currency_rates() -> Value {
    page_of(currency_rate("CAD", "0.7305"))
}
