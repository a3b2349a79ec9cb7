//! Query parameters of leads.

use chrono::{DateTime, Utc};
use crm_core::customers::CustomerKind;
use crm_core::filter::TimeBound;
use crm_core::leads::{LeadQuery, LeadRating, LeadResponseState, LeadSort, LeadStatusType};
use crm_core::timeline::{TimelineKind, TimelineQuery};
use crm_core::users::OwnerFilter;
use serde::Deserialize;
use utoipa::IntoParams;

use crm_web::problem::ApiError;
use crm_web::request::{parsed, separated, time};

/// The filters and the order of a list of leads.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// A filter, as JSON: `{"field": "estimatedValue", "op": "gte", "value": 1000000}`. Fields are `id`, `kind`, `name`,
    /// `email`, `phone`, `phoneE164`, `organizationName`, `jobTitle`, `language`, `timeZone`, `industry`, `employeeBand`,
    /// `city`, `state`, `zipCode`, `countryCode`, `status`, `statusType`, `statusChangedAt`, `source`, `utmCampaign`,
    /// `rating`, `priority`, `ownerId` (`me` is the caller), `assignedAt`, `assignedByRule` (its id), `respondBy`,
    /// `firstRespondedAt`, `responseState`, `estimatedValue` (in minor units, whatever the
    /// currency), `currency`, `expectedCloseDate`, `lostReason`, `doNotCall`, `doNotEmail`, `score`, `isArchived`, `convertedAt`,
    /// `createdAt`, `updatedAt`, `customFields.key` and `tags`; nodes and operators are those of the list of customers.
    #[param(nullable = false, max_length = 8192)]
    filter: Option<String>,
    /// Words that are all found in a lead, in any field and any case.
    #[param(nullable = false, min_length = 1, max_length = 200, example = "harbour")]
    search: Option<String>,
    /// Only these kinds, separated by commas.
    #[serde(default, deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<CustomerKind>)]
    kind: Vec<CustomerKind>,
    /// Only these statuses, by their codes, separated by commas; `In Progress` is `in_progress`.
    #[serde(default, deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<String>)]
    status: Vec<String>,
    /// Only statuses of these types, separated by commas.
    #[serde(default, deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<LeadStatusType>)]
    status_type: Vec<LeadStatusType>,
    /// Only leads of this owner; `me` for your own, `none` for leads without an owner.
    #[param(nullable = false, value_type = Option<String>)]
    owner_id: Option<OwnerFilter>,
    /// The same as `ownerId`.
    #[param(nullable = false, value_type = Option<String>)]
    assigned_agent: Option<OwnerFilter>,
    /// Only leads with this primary e-mail address.
    #[param(nullable = false, max_length = 254)]
    email: Option<String>,
    /// The same as `email`.
    #[param(nullable = false, max_length = 254)]
    email_id: Option<String>,
    /// Only leads from this source, without case and accents.
    #[param(nullable = false, max_length = 64)]
    source: Option<String>,
    /// Only these ratings, separated by commas.
    #[serde(default, deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<LeadRating>)]
    rating: Vec<LeadRating>,
    /// Only leads of which the first response stands so, separated by commas.
    #[serde(default, deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<LeadResponseState>)]
    response_state: Vec<LeadResponseState>,
    /// Only leads with at least one of these tags, by name, separated by commas.
    #[serde(default, deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<String>)]
    tag: Vec<String>,
    /// Only archived leads (`true`), or only those that are not (`false`). By default archived leads are left out.
    #[param(nullable = false)]
    is_archived: Option<bool>,
    /// List those that were converted instead.
    #[param(nullable = false, default = false)]
    converted: Option<bool>,
    /// Only leads added at or after this time. Times can be relative: `now`, `now-30d`, `now+7d`.
    #[param(nullable = false, value_type = Option<String>)]
    created_from: Option<TimeBound>,
    /// Only leads added before this time.
    #[param(nullable = false, value_type = Option<String>)]
    created_to: Option<TimeBound>,
    /// List the trash instead. For users who may restore leads.
    #[param(nullable = false, default = false)]
    trashed: Option<bool>,
    /// The order: `createdAt`, `updatedAt`, `name`, `statusChangedAt`, `score` or `respondBy` (leads without one come after
    /// the others). A `-` in front reverses it.
    #[param(nullable = false, default = "-createdAt")]
    sort: Option<String>,
}

impl ListParameters {
    pub(super) fn query(self) -> Result<LeadQuery, ApiError> {
        let Self { filter, search, kind, status, status_type, owner_id, assigned_agent, email, email_id, .. } = self;
        let Self {
            source,
            rating,
            response_state,
            tag,
            is_archived,
            converted,
            created_from,
            created_to,
            trashed,
            sort,
            ..
        } = self;
        Ok(LeadQuery {
            filter: parsed(filter)?,
            search,
            kind,
            status,
            status_type,
            owner: owner_id.or(assigned_agent),
            email: email.or(email_id),
            source,
            rating,
            response_state,
            tag,
            is_archived,
            converted: converted.unwrap_or_default(),
            created_from,
            created_to,
            trashed: trashed.unwrap_or_default(),
            sort: parsed::<LeadSort>(sort)?.unwrap_or_default(),
        })
    }
}

/// What narrows a board of leads.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct BoardParameters {
    /// A filter, as JSON, over the fields of the list of leads.
    #[param(nullable = false, max_length = 8192)]
    filter: Option<String>,
    /// Words that are all found in a lead, in any field and any case.
    #[param(nullable = false, min_length = 1, max_length = 200, example = "harbour")]
    search: Option<String>,
    /// Only leads of this owner; `me` for your own, `none` for leads without an owner.
    #[param(nullable = false, value_type = Option<String>)]
    owner_id: Option<OwnerFilter>,
    /// Only leads from this source, without case and accents.
    #[param(nullable = false, max_length = 64)]
    source: Option<String>,
    /// Only these ratings, separated by commas.
    #[serde(default, deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<LeadRating>)]
    rating: Vec<LeadRating>,
    /// Only leads with at least one of these tags, by name, separated by commas.
    #[serde(default, deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<String>)]
    tag: Vec<String>,
}

impl BoardParameters {
    pub(super) fn query(self) -> Result<LeadQuery, ApiError> {
        let Self { filter, search, owner_id, source, rating, tag } = self;
        let filter = parsed(filter)?;
        Ok(LeadQuery { filter, search, owner: owner_id, source, rating, tag, ..LeadQuery::default() })
    }
}

/// Which entries of a lead's history to list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct HistoryParameters {
    /// Only entries of these kinds, separated by commas.
    #[serde(default, deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<TimelineKind>)]
    kind: Vec<TimelineKind>,
    /// Only entries at or after this time.
    #[serde(default, deserialize_with = "time")]
    #[param(nullable = false)]
    from: Option<DateTime<Utc>>,
    /// Only entries before this time.
    #[serde(default, deserialize_with = "time")]
    #[param(nullable = false)]
    to: Option<DateTime<Utc>>,
}

impl HistoryParameters {
    pub(super) fn query(self) -> TimelineQuery {
        let Self { kind, from, to } = self;
        TimelineQuery { kind, from, to, include_people: false }
    }
}
