//! Query parameters of deals.

use chrono::NaiveDate;
use crm_core::deals::{DealQuery, DealSort, DealStatus};
use crm_core::ids::{CustomerId, PipelineId, PipelineStageId};
use crm_core::money::Currency;
use crm_core::users::OwnerFilter;
use serde::Deserialize;
use utoipa::IntoParams;

use crm_web::problem::ApiError;
use crm_web::request::{Flatten, parsed, separated};

/// The filters of lists and boards of deals.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Filters {
    /// Only deals whose name contains this text, in any case and without accents.
    #[param(nullable = false, max_length = 250)]
    q: Option<String>,
    /// A filter, as JSON: `{"field": "amount", "op": "gte", "value": 1000000}`. Fields are `id`, `customerId`, `name`,
    /// `pipelineId`, `stageId`, `status`, `amount` (in minor units, whatever the currency), `currency`, `probability`,
    /// `expectedCloseDate`, `closedAt`, `stageEnteredAt`, `lostReason`, `source`, `type`, `recurringAmount`,
    /// `recurringInterval`, `nextStepAt`, `ownerId` (`me` is the caller), `createdAt` and `updatedAt`; nodes and operators
    /// are those of the list of customers.
    #[param(nullable = false, max_length = 8192)]
    filter: Option<String>,
    /// Only these statuses, separated by commas.
    #[serde(default, deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<DealStatus>)]
    status: Vec<DealStatus>,
    /// Only deals in these stages: ids, separated by commas.
    #[serde(default, deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<PipelineStageId>)]
    stage_id: Vec<PipelineStageId>,
    /// Only deals of this owner; `me` for your own, `none` for deals without an owner.
    #[param(nullable = false, value_type = Option<String>)]
    owner_id: Option<OwnerFilter>,
    /// Only deals with this customer.
    #[param(nullable = false)]
    customer_id: Option<CustomerId>,
    /// Only deals in which this customer has a say: those with it among their `contacts`.
    #[param(nullable = false)]
    contact_id: Option<CustomerId>,
    /// Only deals with an amount in this currency (ISO 4217).
    #[param(nullable = false, value_type = Option<String>, min_length = 3, max_length = 3)]
    currency: Option<Currency>,
    /// Only deals with at least this amount, in minor units of `currency`, which is required with it.
    #[param(nullable = false)]
    amount_from: Option<i64>,
    /// Only deals with at most this amount, in minor units of `currency`, which is required with it.
    #[param(nullable = false)]
    amount_to: Option<i64>,
    /// Only deals that are expected to be closed on or after this day.
    #[param(nullable = false)]
    expected_close_from: Option<NaiveDate>,
    /// Only deals that are expected to be closed on or before this day.
    #[param(nullable = false)]
    expected_close_to: Option<NaiveDate>,
    /// Only open deals that have been in their stage for as many days as the stage or the pipeline allows, or only the
    /// others.
    #[param(nullable = false)]
    is_rotten: Option<bool>,
}

impl Flatten for Filters {
    const NAMES: &'static [&'static str] = &[
        "q",
        "filter",
        "status",
        "stageId",
        "ownerId",
        "customerId",
        "contactId",
        "currency",
        "amountFrom",
        "amountTo",
        "expectedCloseFrom",
        "expectedCloseTo",
        "isRotten",
    ];
}

impl Filters {
    pub(super) fn query(self) -> Result<DealQuery, ApiError> {
        let Self { q, filter, status, stage_id, owner_id, customer_id, contact_id, currency, .. } = self;
        let Self { amount_from, amount_to, expected_close_from, expected_close_to, is_rotten, .. } = self;
        Ok(DealQuery {
            filter: parsed(filter)?,
            text: q,
            status,
            stage: stage_id,
            owner: owner_id,
            customer: customer_id,
            contact: contact_id,
            currency,
            amount_from,
            amount_to,
            expected_close_from,
            expected_close_to,
            is_rotten,
            ..DealQuery::default()
        })
    }
}

/// The pipeline, the trash and the order of a list of deals.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// Only deals of this pipeline.
    #[param(nullable = false)]
    pipeline_id: Option<PipelineId>,
    /// List the trash instead. For users who may restore deals.
    #[param(nullable = false, default = false)]
    trashed: Option<bool>,
    /// The order: `createdAt`, `updatedAt`, `name`, `expectedCloseDate` (those without one come after the others) or
    /// `amount` (in minor units, whatever the currency). A `-` in front reverses it.
    #[param(nullable = false, default = "-createdAt")]
    sort: Option<String>,
}

impl ListParameters {
    pub(super) fn query(self, filters: Filters) -> Result<DealQuery, ApiError> {
        let Self { pipeline_id, trashed, sort } = self;
        let sort = parsed::<DealSort>(sort)?.unwrap_or_default();
        Ok(DealQuery { pipeline: pipeline_id, trashed: trashed.unwrap_or_default(), sort, ..filters.query()? })
    }
}

/// The pipeline and the trash of totals.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct TotalsParameters {
    /// Only deals of this pipeline.
    #[param(nullable = false)]
    pipeline_id: Option<PipelineId>,
    /// The deals in the trash instead. For users who may restore deals.
    #[param(nullable = false, default = false)]
    trashed: Option<bool>,
}

impl TotalsParameters {
    pub(super) fn query(self, filters: Filters) -> Result<DealQuery, ApiError> {
        let Self { pipeline_id, trashed } = self;
        Ok(DealQuery { pipeline: pipeline_id, trashed: trashed.unwrap_or_default(), ..filters.query()? })
    }
}

/// The pipeline of a board.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct BoardParameters {
    /// The pipeline; the default if absent.
    #[param(nullable = false)]
    pub pipeline_id: Option<PipelineId>,
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
