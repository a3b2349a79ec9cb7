//! Query parameters of interactions.

use crm_core::filter::TimeBound;
use crm_core::ids::CustomerId;
use crm_core::interactions::{
    InteractionDirection, InteractionQuery, InteractionSort, InteractionStatus, InteractionType,
};
use crm_core::users::OwnerFilter;
use serde::Deserialize;
use utoipa::IntoParams;

use crm_web::problem::ApiError;
use crm_web::request::{Flatten, parsed, separated};

/// The filters and the order of lists of interactions.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Filters {
    /// A filter, as JSON: `{"field": "startedAt", "op": "gte", "value": "2026-07-01T00:00:00Z"}`. Fields are `id`,
    /// `customerId`, `type`, `direction`, `status`, `outcome`, `ownerId` (`me` is the caller), `scheduledAt`,
    /// `startedAt`, `completedAt`, `occurredAt`, `followUpAt`, `createdAt` and `updatedAt`; nodes and operators are
    /// those of the list of customers.
    #[param(nullable = false, max_length = 8192)]
    filter: Option<String>,
    /// Only these types, separated by commas.
    #[serde(default, rename = "type", deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<InteractionType>)]
    interaction_type: Vec<InteractionType>,
    /// Only these statuses, separated by commas.
    #[serde(default, deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<InteractionStatus>)]
    status: Vec<InteractionStatus>,
    /// Only these directions, separated by commas.
    #[serde(default, deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<InteractionDirection>)]
    direction: Vec<InteractionDirection>,
    /// Only these outcomes, separated by commas.
    #[serde(default, deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<String>)]
    outcome: Vec<String>,
    /// Only interactions of this owner; `me` for your own, `none` for interactions without an owner.
    #[param(nullable = false, value_type = Option<String>)]
    owner_id: Option<OwnerFilter>,
    /// Only overdue interactions (`true`), or only others (`false`). An interaction is overdue if it is planned or in
    /// progress and its scheduled time has passed.
    #[param(nullable = false)]
    overdue: Option<bool>,
    /// Only interactions scheduled at or after this time. Times can be relative: `now`, `now-30d`, `now+7d`.
    #[param(nullable = false, value_type = Option<String>)]
    scheduled_from: Option<TimeBound>,
    /// Only interactions scheduled before this time.
    #[param(nullable = false, value_type = Option<String>)]
    scheduled_to: Option<TimeBound>,
    /// Only interactions whose `occurredAt` is at or after this time.
    #[param(nullable = false, value_type = Option<String>)]
    occurred_from: Option<TimeBound>,
    /// Only interactions whose `occurredAt` is before this time.
    #[param(nullable = false, value_type = Option<String>)]
    occurred_to: Option<TimeBound>,
    /// Only interactions with a follow-up at or after this time.
    #[param(nullable = false, value_type = Option<String>)]
    follow_up_from: Option<TimeBound>,
    /// Only interactions with a follow-up before this time.
    #[param(nullable = false, value_type = Option<String>)]
    follow_up_to: Option<TimeBound>,
    /// The order: `occurredAt` (for planned interactions the scheduled time), `createdAt` or `updatedAt`. A `-` in
    /// front reverses it.
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

/// Whether a customer's list of interactions shows the trash.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// List the trash instead. For users who may restore interactions.
    #[param(nullable = false, default = false)]
    trashed: Option<bool>,
}

impl ListParameters {
    pub(super) fn query(self, filters: Filters) -> Result<InteractionQuery, ApiError> {
        Ok(InteractionQuery { trashed: self.trashed.unwrap_or_default(), ..filters.query()? })
    }
}

/// Which interactions the list of all interactions shows.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AllParameters {
    /// Only interactions with this customer or lead.
    #[param(nullable = false)]
    customer_id: Option<CustomerId>,
}

impl AllParameters {
    pub(super) fn query(self, filters: Filters) -> Result<InteractionQuery, ApiError> {
        Ok(InteractionQuery { customer: self.customer_id, ..filters.query()? })
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
