//! The items of a deal: what is sold, line by line.

use serde::{Deserialize, Serialize};
use validator::Validate;

use super::item_row;
use super::model::Deal;
use super::repo::locked;
use super::validate;
use crate::base::decimal::{Percent, Quantity, divided};
use crate::base::error::{Result, Violations};
use crate::base::ids::DealId;
use crate::base::money::{MAX_AMOUNT, Money};
use crate::base::validation;
use crate::customers::ExternalRef;
use crate::journal::Deferred;
use crate::scope::actor::{Action, Resource};
use crate::scope::{Change, CompanyTx};

/// The maximum number of items of a deal.
pub const MAX_ITEMS: usize = 200;
/// The largest quantity: a billion.
const MAX_QUANTITY: Quantity = Quantity::from_units(1_000_000_000_000);
/// All of a price.
const WHOLE: Percent = Percent::from_units(10_000);

/// A line of a deal. The unit prices of all items of a deal are in one currency.
///
/// ```
/// use crm_core::deals::DealItem;
///
/// let price = "19.99 EUR".parse()?;
/// let item = DealItem { discount_percent: "10".parse()?, ..DealItem::of("Bolt M8", "2.5".parse()?, price) };
/// // 2.5 × 19.99 × 90 % = 44.9775, rounded half-even.
/// assert_eq!(item.computed_net(), Some("44.98 EUR".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DealItem {
    /// The place among the items, from 1. Derived: ignored in requests.
    #[cfg_attr(feature = "openapi", schema(example = 1, read_only))]
    pub position: Option<i64>,
    /// The product in another system, where there is one.
    #[validate(nested)]
    pub product_ref: Option<ExternalRef>,
    /// What is sold.
    #[validate(length(min = 1, max = 250))]
    #[cfg_attr(feature = "openapi", schema(example = "Bolt M8, 100 pieces", min_length = 1, max_length = 250))]
    pub name: String,
    /// How many: more than 0, up to a billion, with up to three places.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "2.5", pattern = "^[0-9]{1,10}(\\.[0-9]{1,3})?$"))]
    pub quantity: Quantity,
    /// What one of them costs, without tax.
    #[validate(nested)]
    pub unit_price: Money,
    /// The discount, from 0 to 100 with up to two places; 0 if absent.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "10", pattern = "^[0-9]{1,3}(\\.[0-9]{1,2})?$", required = false))]
    pub discount_percent: Percent,
    /// The tax, from 0 to 100 with up to two places. It is no part of the net.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "19", pattern = "^[0-9]{1,3}(\\.[0-9]{1,2})?$"))]
    pub tax_percent: Option<Percent>,
    /// The quantity times the unit price less the discount, rounded half-even once for the line. Derived: ignored in
    /// requests.
    #[cfg_attr(feature = "openapi", schema(read_only))]
    pub net: Option<Money>,
}

/// The items of a deal, in their order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DealItems {
    /// The version of the deal; part of the ETag.
    pub version: i64,
    /// The items; at most 200.
    pub items: Vec<DealItem>,
    /// The sum of their nets; absent without items.
    pub total: Option<Money>,
}

/// All items that a deal is to have, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewDealItems {
    /// The items; at most 200.
    #[cfg_attr(feature = "openapi", schema(max_items = 200))]
    pub items: Option<Vec<DealItem>>,
}

impl NewDealItems {
    /// The writable fields by their JSON names. A PUT requires all of them.
    pub const FIELDS: &'static [&'static str] = &["items"];
    /// The fields of [`DealItems`] that a PUT ignores.
    pub const READ_ONLY: &'static [&'static str] = &["version", "total"];

    /// These items.
    #[must_use]
    pub fn of(items: Vec<DealItem>) -> Self {
        Self { items: Some(items) }
    }

    /// Trims all texts, computes what is derived, and checks every rule.
    pub(super) fn validated(self) -> Result<Vec<DealItem>, Violations> {
        let mut violations = Violations::default();
        let mut items = self.items.unwrap_or_default();
        if items.len() > MAX_ITEMS {
            return Err(Violations::one("/items", "too_many", format!("at most {MAX_ITEMS} items")));
        }
        let currency = items.first().map(|first| first.unit_price.currency);
        for (index, item) in items.iter_mut().enumerate() {
            let at = format!("/items/{index}");
            item.settle(&at, &mut violations);
            if currency.is_some_and(|currency| currency != item.unit_price.currency) {
                let detail = "the unit prices of a deal are in one currency";
                violations.add(format!("{at}/unitPrice/currency"), "currency_mixed", detail);
            }
        }
        violations.into_result()?;
        for (item, position) in items.iter_mut().zip(1..) {
            (item.position, item.net) = (Some(position), item.computed_net());
        }
        match items.iter().position(|item| item.net.is_none()) {
            Some(index) => Err(too_much(&format!("/items/{index}"))),
            None if !items.is_empty() && total(&items).is_none() => Err(too_much("/items")),
            None => Ok(items),
        }
    }
}

fn too_much(pointer: &str) -> Violations {
    Violations::one(pointer, "out_of_range", format!("at most {MAX_AMOUNT} units of the currency"))
}

impl DealItem {
    /// So many of a thing at this price, without a discount.
    pub fn of(name: impl Into<String>, quantity: Quantity, unit_price: Money) -> Self {
        Self {
            position: None,
            product_ref: None,
            name: name.into(),
            quantity,
            unit_price,
            discount_percent: Percent::default(),
            tax_percent: None,
            net: None,
        }
    }

    /// The quantity times the unit price less the discount, rounded half-even. None beyond what an amount can be.
    #[must_use]
    pub fn computed_net(&self) -> Option<Money> {
        let Self { quantity, unit_price, discount_percent, .. } = self;
        if *discount_percent > WHOLE {
            return None;
        }
        let price = i128::from(unit_price.amount) * i128::from(WHOLE.units() - discount_percent.units());
        let exact = i128::from(quantity.units()).checked_mul(price)?;
        let parts = i128::from(Quantity::ONE.units()) * i128::from(WHOLE.units());
        let amount = i64::try_from(divided(exact, parts)).ok()?;
        (0..=MAX_AMOUNT).contains(&amount).then_some(Money { amount, ..*unit_price })
    }

    fn settle(&mut self, at: &str, violations: &mut Violations) {
        validate::line(&mut self.name, &format!("{at}/name"), violations);
        if let Some(product) = &mut self.product_ref {
            validate::reference(product, &format!("{at}/productRef"), violations);
        }
        if let Err(errors) = self.validate() {
            validation::collect(&errors, at, violations);
        }
        if self.quantity.units() == 0 || self.quantity > MAX_QUANTITY {
            violations.add(format!("{at}/quantity"), "out_of_range", format!("more than 0, up to {MAX_QUANTITY}"));
        }
        for (name, percent) in [("discountPercent", Some(self.discount_percent)), ("taxPercent", self.tax_percent)] {
            if percent.is_some_and(|percent| percent > WHOLE) {
                violations.add(format!("{at}/{name}"), "out_of_range", "from 0 to 100");
            }
        }
    }
}

/// The sum of the nets of items in one currency. None without items, and beyond what an amount can be.
fn total(items: &[DealItem]) -> Option<Money> {
    let currency = items.first()?.unit_price.currency;
    let sum: i128 = items.iter().filter_map(|item| item.net).map(|net| i128::from(net.amount)).sum();
    let amount = i64::try_from(sum).ok().filter(|amount| *amount <= MAX_AMOUNT)?;
    Some(Money { amount, currency })
}

impl From<&Deal> for DealItems {
    fn from(deal: &Deal) -> Self {
        Self { version: deal.version, total: total(&deal.items), items: deal.items.clone() }
    }
}

impl Deal {
    /// Takes the sum of the items for the amount of a deal that says so. Of another one, both are in one currency;
    /// `pointer` is where it is told that they are not.
    pub(super) fn settle_amount(&mut self, before: Option<&Self>, pointer: &str) -> Result<(), Violations> {
        let Some(item) = self.items.first().filter(|_| !self.amount_from_items) else {
            return self.take_total(before);
        };
        match self.amount {
            Some(amount) if amount.currency != item.unit_price.currency => {
                let detail = "the amount and the items of a deal are in one currency";
                Err(Violations::one(pointer, "currency_mixed", detail))
            }
            _ => Ok(()),
        }
    }

    fn take_total(&mut self, before: Option<&Self>) -> Result<(), Violations> {
        if !self.amount_from_items {
            return Ok(());
        }
        let sum = total(&self.items);
        let is_other = self.amount.is_some() && self.amount != sum;
        if is_other && self.amount != before.and_then(|before| before.amount) {
            return Err(Violations::one("/amount", "unexpected", "the amount of this deal is the sum of its items"));
        }
        self.amount = sum;
        Ok(())
    }
}

pub(super) async fn replace(
    tx: &mut CompanyTx<'_>,
    id: DealId,
    new: NewDealItems,
    expected: Option<i64>,
) -> Result<Deal> {
    tx.authorize_any(Resource::Deals, Action::Update, id.0)?;
    let before = locked(tx, id).await?;
    tx.authorize_write(&before, Action::Update, expected)?;
    let mut after = before.clone();
    after.items = new.validated()?;
    after.settle_amount(Some(&before), "/items/0/unitPrice/currency")?;
    after.settle();
    after.settle_base(Some(&before), &tx.company);
    if !tx.update(&before, &mut after, Change::Updated).await? {
        return Ok(before);
    }
    let company = tx.company.id.0;
    if !before.items.is_empty() {
        tx.execute(&item_row::delete(company, &before)).await?;
    }
    if !after.items.is_empty() {
        tx.defer([Deferred::Insert(item_row::insert(company, &after))]);
    }
    Ok(after)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{DealItem, NewDealItems, Percent, Quantity};
    use crate::base::money::{Currency, MAX_AMOUNT, Money};

    fn item(quantity: i64, price: i64, discount: i64) -> DealItem {
        let price = Money { amount: price, currency: Currency::EUR };
        let discount_percent = Percent::from_units(discount);
        DealItem { discount_percent, ..DealItem::of("Bolt", Quantity::from_units(quantity), price) }
    }

    #[test]
    fn a_line_is_rounded_once_and_half_even() {
        for (quantity, price, discount, net) in [
            (1_000, 1_999, 0, 1_999),
            (2_500, 1_999, 1_000, 4_498),
            (500, 1, 0, 0),
            (500, 3, 0, 2),
            (1_000, 5, 5_000, 2),
            (3_000, 3_333, 0, 9_999),
            (1_000, 100, 10_000, 0),
            (1, MAX_AMOUNT, 0, 9_007_199_254_741),
        ] {
            let found = item(quantity, price, discount).computed_net().map(|net| net.amount);
            assert_eq!(found, Some(net), "{quantity} × {price} - {discount}");
        }
        assert_eq!(item(2_000, MAX_AMOUNT, 0).computed_net(), None);
        assert_eq!(item(1_000, 1, 10_001).computed_net(), None);
    }

    proptest! {
        #[test]
        fn a_line_is_off_by_half_a_unit_at_most(
            quantity in 1_i64..1_000_000,
            price in 0_i64..100_000_000,
            discount in 0_i64..=10_000,
        ) {
            let net = item(quantity, price, discount).computed_net().unwrap();
            let exact = i128::from(quantity) * i128::from(price) * i128::from(10_000 - discount);
            prop_assert!((i128::from(net.amount) * 10_000_000 - exact).abs() * 2 <= 10_000_000);
            prop_assert!(net.amount <= item(quantity, price, 0).computed_net().unwrap().amount);
        }

        #[test]
        fn a_sum_is_that_of_its_lines(lines in prop::collection::vec((1_i64..10_000, 0_i64..1_000_000), 1..20)) {
            let items = lines.iter().map(|(quantity, price)| item(*quantity, *price, 250)).collect();
            let items = NewDealItems::of(items).validated().unwrap();
            let sum: i64 = items.iter().filter_map(|item| item.net).map(|net| net.amount).sum();
            prop_assert_eq!(super::total(&items).map(|total| total.amount), Some(sum));
        }
    }
}
