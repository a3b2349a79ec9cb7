//! The rates of the past that are listed.

use chrono::NaiveDate;
use sea_orm::sea_query::{Expr, ExprTrait};
use serde::Serialize;

use super::model::CurrencyRate;
use super::row::TABLE;
use crate::base::money::Currency;
use crate::query::page::{Key, KeyKind, Order};

/// Which rates are listed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CurrencyRateQuery {
    /// Only rates of this currency.
    pub currency: Option<Currency>,
    /// Only rates of this day, or of later ones.
    pub from: Option<NaiveDate>,
    /// Only rates of this day, or of earlier ones.
    pub to: Option<NaiveDate>,
}

fn column(name: &'static str) -> Expr {
    Expr::col((TABLE, name))
}

impl CurrencyRateQuery {
    pub(super) fn condition(&self, base: Currency) -> Expr {
        let Self { currency, from, to } = self;
        let currency = currency.map(|currency| column("currency").eq(currency.code()));
        let from = from.map(|day| column("day").gte(day.to_string()));
        let to = to.map(|day| column("day").lte(day.to_string()));
        let of_base = column("base_currency").eq(base.code());
        [currency, from, to].into_iter().flatten().fold(of_base, ExprTrait::and)
    }
}

/// The latest day first.
pub(super) fn order() -> Order {
    Order {
        name: "-date".to_owned(),
        key: column("day"),
        kind: KeyKind::Text,
        id: column("id"),
        descending: true,
        computed: false,
    }
}

/// The sort key of a row.
pub(super) fn sort_key(rate: &CurrencyRate) -> Key {
    Key::Text(rate.date.to_string())
}
