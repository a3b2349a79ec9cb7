//! Which interactions are wanted.

use chrono::{DateTime, Utc};
use crm_core::ids::CustomerId;
use crm_core::interactions::{
    InteractionDirection, InteractionQuery, InteractionSort, InteractionStatus, InteractionType,
};
use crm_core::users::OwnerFilter;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::problem::ApiError;
use crate::request::{Flatten, Flattened, parsed, separated, time};

/// What lists of interactions can be narrowed to, and their order.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Filters {
    /// A filter, as JSON: `{"field": "startedAt", "op": "gte", "value": "2026-07-01T00:00:00Z"}`. Fields are `id`,
    /// `customerId`, `type`, `direction`, `status`, `outcome`, `ownerId` (`me` is you), `scheduledAt`, `startedAt`,
    /// `completedAt`, `occurredAt`, `followUpAt`, `createdAt` and `updatedAt`; nodes and operators are those of the list of
    /// customers.
    #[param(nullable = false, max_length = 8192)]
    filter: Option<String>,
    /// Only these types, with commas between.
    #[serde(default, rename = "type", deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<InteractionType>)]
    interaction_type: Vec<InteractionType>,
    /// Only these statuses, with commas between.
    #[serde(default, deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<InteractionStatus>)]
    status: Vec<InteractionStatus>,
    /// Only these directions, with commas between.
    #[serde(default, deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<InteractionDirection>)]
    direction: Vec<InteractionDirection>,
    /// Only these outcomes, with commas between.
    #[serde(default, deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<String>)]
    outcome: Vec<String>,
    /// Only of this user; `me` for your own, `none` for nobody's.
    #[param(nullable = false, value_type = Option<String>)]
    owner_id: Option<OwnerFilter>,
    /// Only what is planned or in progress and should have begun by now, or only others.
    #[param(nullable = false)]
    overdue: Option<bool>,
    /// Only scheduled for this time or later.
    #[serde(default, deserialize_with = "time")]
    #[param(nullable = false)]
    scheduled_from: Option<DateTime<Utc>>,
    /// Only scheduled for before this time.
    #[serde(default, deserialize_with = "time")]
    #[param(nullable = false)]
    scheduled_to: Option<DateTime<Utc>>,
    /// Only with a place in time at or after this.
    #[serde(default, deserialize_with = "time")]
    #[param(nullable = false)]
    occurred_from: Option<DateTime<Utc>>,
    /// Only with a place in time before this.
    #[serde(default, deserialize_with = "time")]
    #[param(nullable = false)]
    occurred_to: Option<DateTime<Utc>>,
    /// Only to be come back to at or after this time.
    #[serde(default, deserialize_with = "time")]
    #[param(nullable = false)]
    follow_up_from: Option<DateTime<Utc>>,
    /// Only to be come back to before this time.
    #[serde(default, deserialize_with = "time")]
    #[param(nullable = false)]
    follow_up_to: Option<DateTime<Utc>>,
    /// The order: `occurredAt` (the place in time: of what is planned, when it is to begin), `createdAt` or `updatedAt`,
    /// with `-` before it for the other way round.
    #[param(nullable = false, default = "-occurredAt")]
    sort: Option<String>,
}

impl Flatten for Filters {
    const NAMES: &'static [&'static str] = &[
        "filter",
        "type",
        "status",
        "direction",
        "outcome",
        "ownerId",
        "overdue",
        "scheduledFrom",
        "scheduledTo",
        "occurredFrom",
        "occurredTo",
        "followUpFrom",
        "followUpTo",
        "sort",
    ];
}

impl Filters {
    fn query(self) -> Result<InteractionQuery, ApiError> {
        let Self { filter, interaction_type, status, direction, outcome, owner_id, overdue, sort, .. } = self;
        let Self { scheduled_from, scheduled_to, occurred_from, occurred_to, follow_up_from, follow_up_to, .. } = self;
        let sort = parsed::<InteractionSort>(sort)?.unwrap_or_default();
        Ok(InteractionQuery {
            filter: parsed(filter)?,
            interaction_type,
            status,
            direction,
            outcome,
            owner: owner_id,
            customer: None,
            overdue,
            scheduled_from,
            scheduled_to,
            occurred_from,
            occurred_to,
            follow_up_from,
            follow_up_to,
            trashed: false,
            sort,
        })
    }
}

/// Where the list of a customer's interactions looks.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// The trash instead; for those who may restore.
    #[param(nullable = false, default = false)]
    trashed: Option<bool>,
}

impl Flattened<Filters, ListParameters> {
    pub(super) fn query(self) -> Result<InteractionQuery, ApiError> {
        Ok(InteractionQuery { trashed: self.own.trashed.unwrap_or_default(), ..self.shared.query()? })
    }
}

/// Where the list of all interactions looks.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AllParameters {
    /// Only with this customer.
    #[param(nullable = false)]
    customer_id: Option<CustomerId>,
}

impl Flattened<Filters, AllParameters> {
    pub(super) fn query(self) -> Result<InteractionQuery, ApiError> {
        Ok(InteractionQuery { customer: self.own.customer_id, ..self.shared.query()? })
    }
}

#[cfg(test)]
mod tests {
    use utoipa::IntoParams;

    use super::{Filters, Flatten};

    #[test]
    fn the_names_of_the_filters_are_complete() {
        let documented = Filters::into_params(|| None);
        let names: Vec<&str> = documented.iter().map(|parameter| parameter.name.as_str()).collect();
        assert_eq!(names, Filters::NAMES);
    }
}
