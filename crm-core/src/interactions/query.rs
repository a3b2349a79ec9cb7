//! Filters and orders of lists of interactions.

use chrono::{DateTime, SecondsFormat, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Func};
use serde::Serialize;
use serde_json::json;

use super::model::{Interaction, InteractionDirection, InteractionStatus, InteractionType};
use super::row;
use crate::base::error::Result;
use crate::base::ids::CustomerId;
use crate::base::string_enum::canonical;
use crate::query::filter::{Compiler, Field, FieldKind, Filter, Op, TimeBound, expect_few, field};
use crate::query::page::{Key, KeyKind, Order};
use crate::query::sort::{Sort, SortKey};
use crate::scope::CompanyScope;
use crate::scope::actor::{Action, Resource};
use crate::users::OwnerFilter;

/// The sort keys of interactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InteractionSortKey {
    /// `occurredAt`; for planned interactions the scheduled start.
    OccurredAt,
    /// The time at which they were added.
    CreatedAt,
    /// The time of their last change.
    UpdatedAt,
}

/// An order of interactions.
pub type InteractionSort = Sort<InteractionSortKey>;

impl SortKey for InteractionSortKey {
    const ALL: &'static [(Self, &'static str)] =
        &[(Self::OccurredAt, "occurredAt"), (Self::CreatedAt, "createdAt"), (Self::UpdatedAt, "updatedAt")];
}

/// The interactions in a list, of one customer or of all.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InteractionQuery {
    /// A filter over the fields of an interaction.
    pub filter: Option<Filter>,
    /// Only these types.
    #[serde(rename = "type")]
    pub interaction_type: Vec<InteractionType>,
    /// Only these statuses.
    pub status: Vec<InteractionStatus>,
    /// Only these directions.
    pub direction: Vec<InteractionDirection>,
    /// Only these outcomes.
    pub outcome: Vec<String>,
    /// Only interactions of this owner.
    pub owner: Option<OwnerFilter>,
    /// Only with this customer.
    pub customer: Option<CustomerId>,
    /// Only overdue interactions, or only others.
    pub overdue: Option<bool>,
    /// Only interactions scheduled at or after this time.
    pub scheduled_from: Option<TimeBound>,
    /// Only interactions scheduled before this time.
    pub scheduled_to: Option<TimeBound>,
    /// Only interactions that occurred at or after this time.
    pub occurred_from: Option<TimeBound>,
    /// Only interactions that occurred before this time.
    pub occurred_to: Option<TimeBound>,
    /// Only interactions with a follow-up at or after this time.
    pub follow_up_from: Option<TimeBound>,
    /// Only interactions with a follow-up before this time.
    pub follow_up_to: Option<TimeBound>,
    /// List the trash instead; requires the right to restore.
    pub trashed: bool,
    /// The order.
    #[serde(skip)]
    pub sort: InteractionSort,
}

/// The fields that interactions can be filtered by.
const FIELDS: &[Field] = &[
    field("id", "id", FieldKind::Id),
    field("customerId", "customer_id", FieldKind::Id),
    field("type", "type", FieldKind::Name(InteractionType::NAMES)),
    field("direction", "direction", FieldKind::Name(InteractionDirection::NAMES)),
    field("status", "status", FieldKind::Name(InteractionStatus::NAMES)),
    field("outcome", "outcome", FieldKind::Code),
    field("ownerId", "owner_id", FieldKind::Id),
    field("scheduledAt", "scheduled_at", FieldKind::Time),
    field("startedAt", "started_at", FieldKind::Time),
    field("completedAt", "completed_at", FieldKind::Time),
    field("occurredAt", "occurred_at", FieldKind::Time),
    field("followUpAt", "follow_up_at", FieldKind::Time),
    field("createdAt", "created_at", FieldKind::Time),
    field("updatedAt", "updated_at", FieldKind::Time),
];

impl InteractionQuery {
    fn as_filter(&self, now: DateTime<Utc>) -> Filter {
        let Self { filter, interaction_type, status, direction, outcome, owner, customer, .. } = self;
        let Self { scheduled_from, scheduled_to, occurred_from, occurred_to, follow_up_from, follow_up_to, .. } = self;
        let outcome: Vec<String> = outcome.iter().map(|outcome| canonical(outcome)).collect();
        let mut all: Vec<Filter> = filter.iter().cloned().collect();
        let lists = [
            ("type", json!(interaction_type)),
            ("status", json!(status)),
            ("direction", json!(direction)),
            ("outcome", json!(outcome)),
        ];
        let is_asked = |(_, names): &(_, serde_json::Value)| names.as_array().is_some_and(|names| !names.is_empty());
        all.extend(lists.into_iter().filter(is_asked).map(|(field, names)| Filter::leaf(field, Op::In, names)));
        all.extend(owner.map(|owner| owner.filter("ownerId")));
        all.extend(customer.map(|customer| Filter::leaf("customerId", Op::Eq, customer.to_string())));
        let times = [
            ("scheduledAt", Op::Gte, scheduled_from),
            ("scheduledAt", Op::Lt, scheduled_to),
            ("occurredAt", Op::Gte, occurred_from),
            ("occurredAt", Op::Lt, occurred_to),
            ("followUpAt", Op::Gte, follow_up_from),
            ("followUpAt", Op::Lt, follow_up_to),
        ];
        all.extend(times.into_iter().filter_map(|(field, op, time)| {
            let time = time.as_ref()?.resolved(now).to_rfc3339_opts(SecondsFormat::Micros, true);
            Some(Filter::leaf(field, op, time))
        }));
        Filter::All(all)
    }

    /// The condition for the rows, either inside or outside the trash.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden) for the trash without the right to restore; the errors of the
    /// filter; [`Error::Invalid`](crate::Error::Invalid) for a list with more than
    /// [`MAX_VALUES`](crate::filter::MAX_VALUES).
    pub(super) fn condition(&self, scope: &CompanyScope<'_>) -> Result<Expr> {
        expect_few("type", &self.interaction_type)?;
        expect_few("status", &self.status)?;
        expect_few("direction", &self.direction)?;
        expect_few("outcome", &self.outcome)?;
        if self.trashed {
            scope.reach(Resource::Interactions, Action::Restore)?;
        }
        let compiler = Compiler {
            table: row::TABLE,
            fields: FIELDS,
            search_text: "content",
            postgres: scope.is_postgres(),
            me: scope.actor().user_id(),
            custom: None,
        };
        let deleted_at = Expr::col((row::TABLE, "deleted_at"));
        let trash = if self.trashed { deleted_at.is_not_null() } else { deleted_at.is_null() };
        let condition = trash.and(compiler.compile(&self.as_filter(scope.crm.now()))?);
        let overdue = || is_open().and(Expr::col((row::TABLE, "scheduled_at")).lt(scope.crm.now()));
        Ok(match self.overdue {
            Some(true) => condition.and(overdue()),
            Some(false) => {
                let overdue: Expr = Func::coalesce([overdue(), Expr::val(false)]).into();
                condition.and(overdue.not())
            }
            None if self.wants_open() => condition.and(is_open()),
            None => condition,
        })
    }

    /// Whether only open interactions are listed.
    fn wants_open(&self) -> bool {
        !self.status.is_empty() && self.status.iter().all(|status| status.is_open())
    }
}

/// Open interactions. Written exactly as in the partial indexes, so that the planner uses them.
fn is_open() -> Expr {
    Expr::cust("crm_customer_interactions.status IN ('planned', 'in_progress')")
}

/// The order of the rows.
pub(super) fn order(sort: InteractionSort) -> Order {
    let column = match sort.key {
        InteractionSortKey::OccurredAt => "occurred_at",
        InteractionSortKey::CreatedAt => "created_at",
        InteractionSortKey::UpdatedAt => "updated_at",
    };
    sort.order(row::TABLE, column, KeyKind::Time)
}

/// The sort key of a row.
pub(super) fn sort_key(sort: InteractionSort, interaction: &Interaction) -> Key {
    Key::Time(match sort.key {
        InteractionSortKey::OccurredAt => interaction.occurred_at,
        InteractionSortKey::CreatedAt => interaction.created_at,
        InteractionSortKey::UpdatedAt => interaction.updated_at,
    })
}
