//! Pages of customers in the order of a custom field: those with a value as the index has them, then those without.

use sea_orm::sea_query::{Expr, ExprTrait, JoinType, Query, SelectStatement, WithClause};
use sea_orm::{QueryOrder, QuerySelect, QueryTrait};

use super::super::model::Customer;
use super::super::query::CustomerOrder;
use super::super::{parts, row};
use super::store::TABLE;
use crate::base::custom_field::{CompanyFields, FieldRules};
use crate::base::error::{Malformed, Result};
use crate::custom_fields::CustomFieldEntity;
use crate::query::page::{self, Key, KeyKind, Order, Page, PageRequest, Start};
use crate::scope::{CompanyScope, Find, FromRow, RowReader, read_rows};

/// The name of the values in statements.
const VALUE: &str = "sorted_value";

/// The rules of a custom field that customers can be sorted by.
///
/// # Errors
/// [`Malformed`] if there is no such field, or its values have no order or no index.
pub(in super::super) fn sortable<'f>(fields: &'f CompanyFields, key: &str) -> Result<&'f FieldRules, Malformed> {
    let refused = |why: &str| Malformed::new("sort_invalid", "sort", format!("customFields.{key} {why}"));
    let rules = fields.get(CustomFieldEntity::Customer, key).ok_or_else(|| refused("is not defined"))?;
    if !rules.field_type.has_order() {
        return Err(refused("has a type without an order"));
    }
    if !rules.has_rows() {
        return Err(refused("has no index; set isIndexed first"));
    }
    if !rules.has_all_rows {
        return Err(refused("is being indexed; try again in a few minutes"));
    }
    Ok(rules)
}

/// A list of customers in the order of a custom field.
pub(in super::super) struct SortedList<'s, 'c, F> {
    pub scope: &'s CompanyScope<'c>,
    pub rules: &'s FieldRules,
    pub descending: bool,
    /// The customers of the list, with all their columns.
    pub find: F,
}

impl<'s, F: Fn() -> Find<'s, row::Entity>> SortedList<'s, '_, F> {
    /// One page. One statement, which counts as well.
    pub async fn page(&self, filter: &str, request: &PageRequest) -> Result<Page<Customer>> {
        let order = self.order();
        let start = page::start(&order, filter, request)?;
        let ids = self.ids(&order, &start, request.limit + 1);
        let rows = (self.find)().only(order.id.clone(), ids).map(|rows| {
            let rows = rows
                .expr_as(self.value("sort_key"), "sorted_text")
                .expr_as(self.value("number_value"), "sorted_number");
            rows.order_by_asc(order.key.clone().is_null())
        });
        let rows = order.apply(rows);
        let key = |found: &Found| (found.key.clone(), found.customer.id.0);
        let page = read_rows(&self.find, rows, (&order, filter, &start), request, key).await?;
        Ok(page.map(|found| found.customer))
    }

    const fn column(&self) -> &'static str {
        if self.rules.field_type.is_numeric() { "number_value" } else { "sort_key" }
    }

    fn order(&self) -> Order {
        let sort = CustomerOrder::CustomField { key: self.rules.key.clone(), descending: self.descending };
        let kind = if self.rules.field_type.is_numeric() { KeyKind::OptionalReal } else { KeyKind::OptionalText };
        let id = Expr::col((row::TABLE, "id"));
        Order {
            name: sort.to_string(),
            key: self.value(self.column()),
            kind,
            id,
            descending: self.descending,
            computed: true,
        }
    }

    /// A value of a row of `crm_customers`.
    fn value(&self, column: &'static str) -> Expr {
        let value = Query::select().column((VALUE, column)).from_as(TABLE, VALUE).and_where(self.is_value()).to_owned();
        Expr::from(value)
    }

    /// Whether a row is the value of a row of `crm_customers`.
    fn is_value(&self) -> Expr {
        self.is_of_field().and(Expr::col((VALUE, "customer_id")).equals((row::TABLE, "id")))
    }

    fn is_of_field(&self) -> Expr {
        Expr::col((VALUE, "company_id"))
            .eq(self.scope.company_id().0)
            .and(Expr::col((VALUE, "field_key")).eq(self.rules.key.as_str()))
            .and(Expr::col((VALUE, self.column())).is_not_null())
    }

    /// A select of the ids of a page.
    fn ids(&self, order: &Order, start: &Start, limit: u64) -> SelectStatement {
        let wanted = start.offset + limit;
        let found = vec![("valued", self.valued(order, start)), ("unvalued", self.unvalued(order, start, wanted))];
        parts::ids(WithClause::new(), found, order, start, limit)
    }

    /// The customers with a value, in the order of its index.
    fn valued(&self, order: &Order, start: &Start) -> SelectStatement {
        let by_index =
            Order { key: Expr::col((VALUE, self.column())), id: Expr::col((VALUE, "customer_id")), ..order.clone() };
        let rows = (self.find)().map(|mut select| {
            QueryTrait::query(&mut select).join_as(JoinType::InnerJoin, TABLE, VALUE, self.is_value());
            select
        });
        let rows = match &start.after {
            Some((Key::Missing, _)) => rows.filter(Expr::cust("1 = 0")),
            Some(after) => rows.filter(by_index.beyond(after.clone())),
            None => rows,
        };
        parts::selected(rows, &by_index)
    }

    /// The customers without a value, where those with one do not fill the page.
    fn unvalued(&self, order: &Order, start: &Start, wanted: u64) -> SelectStatement {
        let value = Query::select().expr(Expr::val(1)).from_as(TABLE, VALUE).and_where(self.is_value()).to_owned();
        let mut rows = (self.find)()
            .filter(Expr::exists(value).not())
            .filter(Expr::cust(format!("(SELECT count(*) FROM valued) < {wanted}")));
        if let Some((Key::Missing, id)) = &start.after {
            rows = rows.filter(parts::after_id(order, *id));
        }
        let rows = rows.map(|select| select.order_by(order.id.clone(), order.direction()));
        let none = if self.rules.field_type.is_numeric() { "double precision" } else { "text" };
        rows.expressions([(order.id.clone(), "id"), (Expr::cust(format!("CAST(NULL AS {none})")), "at")])
    }
}

/// A customer with the value by which the index sorts it: the row of an older release may not have it yet.
struct Found {
    customer: Customer,
    key: Key,
}

impl FromRow for Found {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        let customer = Customer::from_row(row)?;
        let (text, number) = (row.take::<Option<String>>("sorted_text")?, row.take::<Option<f64>>("sorted_number")?);
        let number = number.map(|number| Key::Real(number.to_bits()));
        Ok(Self { customer, key: text.map(Key::Text).or(number).unwrap_or(Key::Missing) })
    }
}
