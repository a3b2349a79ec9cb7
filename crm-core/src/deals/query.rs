//! Filters and orders of lists of deals.

use chrono::NaiveDate;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use serde::Serialize;
use serde_json::{Value, json};

use super::contact_row::TABLE as CONTACTS;
use super::model::{Deal, DealStatus, DealType, RecurringInterval};
use super::rotten::is_rotten;
use super::row::{self, NO_AMOUNT, NO_DAY};
use crate::base::error::{Malformed, Result};
use crate::base::ids::{CustomerId, PipelineId, PipelineStageId};
use crate::base::money::Currency;
use crate::base::text::fold;
use crate::customers;
use crate::query::filter::{Compiler, Field, FieldKind, Filter, Op, expect_few, field};
use crate::query::page::{Key, KeyKind, Order};
use crate::query::sort::{Sort, SortKey};
use crate::scope::CompanyScope;
use crate::scope::actor::{Action, Resource};
use crate::users::OwnerFilter;

/// The sort keys of deals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DealSortKey {
    /// The time at which they were added.
    CreatedAt,
    /// The time of their last change.
    UpdatedAt,
    /// Their name, without case and accents.
    Name,
    /// The day on which they are expected to be closed; those without one come after the others.
    ExpectedCloseDate,
    /// Their amount in minor units, whatever the currency; those without one come before the others.
    Amount,
}

/// An order of deals.
pub type DealSort = Sort<DealSortKey>;

impl SortKey for DealSortKey {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::CreatedAt, "createdAt"),
        (Self::UpdatedAt, "updatedAt"),
        (Self::Name, "name"),
        (Self::ExpectedCloseDate, "expectedCloseDate"),
        (Self::Amount, "amount"),
    ];
}

/// The deals in a list, or on a board.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DealQuery {
    /// A filter over the fields of a deal.
    pub filter: Option<Filter>,
    /// Only deals whose name contains this text, without case and accents.
    pub text: Option<String>,
    /// Only these statuses.
    pub status: Vec<DealStatus>,
    /// Only deals of this pipeline.
    pub pipeline: Option<PipelineId>,
    /// Only deals in these stages.
    pub stage: Vec<PipelineStageId>,
    /// Only deals of this owner.
    pub owner: Option<OwnerFilter>,
    /// Only deals with this customer.
    pub customer: Option<CustomerId>,
    /// Only deals in which this customer has a say.
    pub contact: Option<CustomerId>,
    /// Only deals with an amount in this currency.
    pub currency: Option<Currency>,
    /// Only deals with at least this amount, in minor units of the currency.
    pub amount_from: Option<i64>,
    /// Only deals with at most this amount, in minor units of the currency.
    pub amount_to: Option<i64>,
    /// Only deals that are expected to be closed on or after this day.
    pub expected_close_from: Option<NaiveDate>,
    /// Only deals that are expected to be closed on or before this day.
    pub expected_close_to: Option<NaiveDate>,
    /// Only open deals that are too long in their stage, or only the others.
    pub is_rotten: Option<bool>,
    /// List the trash instead; requires the right to restore.
    pub trashed: bool,
    /// The order of a list.
    #[serde(skip)]
    pub sort: DealSort,
}

/// The longest text that names are searched for.
const MAX_TEXT_LENGTH: usize = 250;

/// The fields that deals can be filtered by.
const FIELDS: &[Field] = &[
    field("id", "id", FieldKind::Id),
    field("customerId", "customer_id", FieldKind::Id),
    field("name", "name_key", FieldKind::Folded { searched: false }),
    field("pipelineId", "pipeline_id", FieldKind::Id),
    field("stageId", "stage_id", FieldKind::Id),
    field("status", "status", FieldKind::Name(DealStatus::NAMES)),
    field("amount", "amount", FieldKind::Number),
    field("currency", "amount_currency", FieldKind::Code),
    field("probability", "probability", FieldKind::Number),
    field("expectedCloseDate", "expected_close_date", FieldKind::Date),
    field("closedAt", "closed_at", FieldKind::Time),
    field("stageEnteredAt", "stage_entered_at", FieldKind::Time),
    field("lostReason", "lost_reason", FieldKind::Code),
    field("source", "source", FieldKind::Code),
    field("type", "type", FieldKind::Name(DealType::NAMES)),
    field("recurringAmount", "recurring_amount", FieldKind::Number),
    field("recurringInterval", "recurring_interval", FieldKind::Name(RecurringInterval::NAMES)),
    field("nextStepAt", "next_step_at", FieldKind::Time),
    field("ownerId", "owner_id", FieldKind::Id),
    field("createdAt", "created_at", FieldKind::Time),
    field("updatedAt", "updated_at", FieldKind::Time),
];

impl DealQuery {
    fn as_filter(&self) -> Filter {
        let Self { filter, status, pipeline, stage, owner, customer, currency, .. } = self;
        let Self { amount_from, amount_to, expected_close_from, expected_close_to, .. } = self;
        let mut all: Vec<Filter> = filter.iter().cloned().collect();
        // A text without a letter narrows nothing.
        let words = self.text.as_deref().filter(|text| !fold(text).is_empty());
        all.extend(words.map(|text| Filter::leaf("name", Op::Contains, text)));
        let lists = [("status", json!(status)), ("stageId", json!(stage))];
        let is_asked = |(_, values): &(_, Value)| values.as_array().is_some_and(|values| !values.is_empty());
        all.extend(lists.into_iter().filter(is_asked).map(|(field, values)| Filter::leaf(field, Op::In, values)));
        all.extend(owner.map(|owner| owner.filter("ownerId")));
        let text = |value: Option<String>| value.map(Value::from);
        let leaves = [
            ("pipelineId", Op::Eq, text(pipeline.map(|id| id.to_string()))),
            ("customerId", Op::Eq, text(customer.map(|id| id.to_string()))),
            ("currency", Op::Eq, text(currency.map(|currency| currency.to_string()))),
            ("amount", Op::Gte, amount_from.map(Value::from)),
            ("amount", Op::Lte, amount_to.map(Value::from)),
            ("expectedCloseDate", Op::Gte, text(expected_close_from.map(|day| day.to_string()))),
            ("expectedCloseDate", Op::Lte, text(expected_close_to.map(|day| day.to_string()))),
        ];
        all.extend(leaves.into_iter().filter_map(|(field, op, value)| Some(Filter::leaf(field, op, value?))));
        Filter::All(all)
    }

    /// The condition for the rows, either inside or outside the trash.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden) for the trash without the right to restore; the errors of the
    /// filter; [`Malformed`] for bounds of the amount without a currency, and for a text that is longer than any name;
    /// [`Error::Invalid`](crate::Error::Invalid) for a list with more than [`MAX_VALUES`](crate::filter::MAX_VALUES).
    pub(super) fn condition(&self, scope: &CompanyScope<'_>) -> Result<Expr> {
        expect_few("status", &self.status)?;
        expect_few("stageId", &self.stage)?;
        if self.trashed {
            scope.reach(Resource::Deals, Action::Restore)?;
        }
        if self.text.as_ref().is_some_and(|text| text.chars().count() > MAX_TEXT_LENGTH) {
            return Err(
                Malformed::new("parameter_invalid", "q", format!("at most {MAX_TEXT_LENGTH} characters")).into()
            );
        }
        if self.currency.is_none() && (self.amount_from.is_some() || self.amount_to.is_some()) {
            let detail = "amounts are compared in one currency: pass the currency too";
            return Err(Malformed::new("parameter_invalid", "currency", detail).into());
        }
        let compiler = Compiler {
            table: row::TABLE,
            fields: FIELDS,
            search_text: "name_key",
            postgres: scope.is_postgres(),
            me: scope.actor().user_id(),
            custom: None,
        };
        let deleted_at = Expr::col((row::TABLE, "deleted_at"));
        let trash = if self.trashed { deleted_at.is_not_null() } else { deleted_at.is_null() };
        let mut condition = trash.and(compiler.compile(&self.as_filter())?);
        if let Some(contact) = self.contact {
            condition = condition.and(has_contact(scope, contact)?);
        }
        if let Some(asked) = self.is_rotten {
            let rotten = is_rotten(scope.company_id(), scope.crm.now(), scope.is_postgres());
            condition = condition.and(if asked { rotten } else { rotten.not() });
        }
        Ok(condition)
    }
}

/// Deals in which a customer has a say that the actor sees.
fn has_contact(scope: &CompanyScope<'_>, contact: CustomerId) -> Result<Expr> {
    let of_contacts = |name: &'static str| Expr::col((CONTACTS, name));
    let contacts = Query::select()
        .expr(Expr::val(1))
        .from(CONTACTS)
        .and_where(of_contacts("company_id").eq(scope.company_id().0))
        .and_where(of_contacts("deal_id").equals((row::TABLE, "id")))
        .and_where(of_contacts("customer_id").eq(contact.0))
        .to_owned();
    Ok(Expr::exists(contacts).and(customers::is_visible(scope, contact)?))
}

/// The order of the rows.
pub(super) fn order(sort: DealSort) -> Order {
    let (column, kind) = match sort.key {
        DealSortKey::CreatedAt => ("created_at", KeyKind::Time),
        DealSortKey::UpdatedAt => ("updated_at", KeyKind::Time),
        DealSortKey::Name => ("name_key", KeyKind::Text),
        DealSortKey::ExpectedCloseDate => ("expected_close_key", KeyKind::Text),
        DealSortKey::Amount => ("amount_key", KeyKind::Number),
    };
    sort.order(row::TABLE, column, kind)
}

/// The sort key of a row.
pub(super) fn sort_key(sort: DealSort, deal: &Deal) -> Key {
    match sort.key {
        DealSortKey::CreatedAt => Key::Time(deal.created_at),
        DealSortKey::UpdatedAt => Key::Time(deal.updated_at),
        DealSortKey::Name => Key::Text(fold(&deal.name)),
        DealSortKey::ExpectedCloseDate => {
            Key::Text(deal.expected_close_date.map_or_else(|| NO_DAY.to_owned(), |day| day.to_string()))
        }
        DealSortKey::Amount => Key::Number(deal.amount.map_or(NO_AMOUNT, |money| money.amount)),
    }
}
