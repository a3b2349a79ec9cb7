//! The rows of a deal's items: `crm_deal_items`.

use sea_orm::sea_query::{DeleteStatement, Expr, ExprTrait, InsertStatement, Query};
use serde::Deserialize;
use uuid::Uuid;

use super::items::DealItem;
use super::model::Deal;
use crate::base::decimal::{Percent, Quantity};
use crate::base::error::{Error, Result};
use crate::base::money::{Currency, Money};
use crate::customers::ExternalRef;

const TABLE: &str = "crm_deal_items";

/// The items of a deal, in their order, as JSON.
pub(super) const POSTGRES: &str = "(SELECT json_agg(json_build_object('position', items.position, \
     'system', items.product_system, 'product', items.product_id, 'name', items.name, 'quantity', items.quantity, \
     'price', items.unit_price, 'currency', items.currency, 'discount', items.discount, 'tax', items.tax, \
     'net', items.net) ORDER BY items.position)::text \
     FROM crm_deal_items AS items WHERE items.company_id = $company AND items.deal_id = crm_deals.id)";

pub(super) const SQLITE: &str = "(SELECT json_group_array(json_object('position', items.position, \
     'system', items.product_system, 'product', items.product_id, 'name', items.name, 'quantity', items.quantity, \
     'price', items.unit_price, 'currency', items.currency, 'discount', items.discount, 'tax', items.tax, \
     'net', items.net) ORDER BY items.position) \
     FROM crm_deal_items AS items WHERE items.company_id = $company AND items.deal_id = crm_deals.id)";

#[derive(Deserialize)]
struct Stored {
    position: i64,
    system: Option<String>,
    product: Option<String>,
    name: String,
    quantity: i64,
    price: i64,
    currency: Currency,
    discount: i64,
    tax: Option<i64>,
    net: i64,
}

impl From<Stored> for DealItem {
    fn from(stored: Stored) -> Self {
        let money = |amount| Money { amount, currency: stored.currency };
        Self {
            position: Some(stored.position),
            unit_price: money(stored.price),
            net: Some(money(stored.net)),
            product_ref: stored.system.zip(stored.product).map(|(system, id)| ExternalRef { system, id }),
            name: stored.name,
            quantity: Quantity::from_units(stored.quantity),
            discount_percent: Percent::from_units(stored.discount),
            tax_percent: stored.tax.map(Percent::from_units),
        }
    }
}

/// What one of these selects has put together.
pub(super) fn read(json: Option<String>) -> Result<Vec<DealItem>> {
    let Some(json) = json else {
        return Ok(Vec::new());
    };
    let stored: Vec<Stored> = serde_json::from_str(&json).map_err(Error::internal)?;
    Ok(stored.into_iter().map(DealItem::from).collect())
}

/// Removes the items of a deal.
pub(super) fn delete(company: Uuid, deal: &Deal) -> DeleteStatement {
    Query::delete()
        .from_table(TABLE)
        .and_where(Expr::col("company_id").eq(company))
        .and_where(Expr::col("deal_id").eq(deal.id.0))
        .to_owned()
}

/// Adds the items of a deal, which has some.
pub(super) fn insert(company: Uuid, deal: &Deal) -> InsertStatement {
    let mut insert = Query::insert();
    insert.into_table(TABLE).columns([
        "company_id",
        "deal_id",
        "position",
        "product_system",
        "product_id",
        "name",
        "quantity",
        "unit_price",
        "currency",
        "discount",
        "tax",
        "net",
    ]);
    for (item, position) in deal.items.iter().zip(1_i64..) {
        let product = item.product_ref.as_ref();
        insert.values_panic([
            Expr::val(company),
            Expr::val(deal.id.0),
            Expr::val(position),
            Expr::val(product.map(|product| product.system.clone())),
            Expr::val(product.map(|product| product.id.clone())),
            Expr::val(item.name.as_str()),
            Expr::val(item.quantity.units()),
            Expr::val(item.unit_price.amount),
            Expr::val(item.unit_price.currency.code()),
            Expr::val(item.discount_percent.units()),
            Expr::val(item.tax_percent.map(Percent::units)),
            Expr::val(item.net.map_or(0, |net| net.amount)),
        ]);
    }
    insert
}
