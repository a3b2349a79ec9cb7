//! Query parameters of customers.

use chrono::{DateTime, Utc};
use crm_core::Malformed;
use crm_core::companies::DuplicatePolicy;
use crm_core::customers::{CustomerKind, CustomerOrder, CustomerQuery, CustomerSearch, CustomerStatus};
use crm_core::filter::{Filter, TimeBound};
use crm_core::ids::CustomerId;
use crm_core::page::{Count, PageRequest};
use crm_core::timeline::{TimelineKind, TimelineQuery};
use crm_core::users::OwnerFilter;
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crm_web::page::PageParameters;
use crm_web::problem::{ApiError, Code};
use crm_web::request::{Flatten, parsed, separated, time};

/// What happens to a customer that may be there already.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DuplicateParameters {
    /// Another policy than `duplicatePolicy` of your company's settings: `reject`, `warn` or `allow`. E-mail addresses stay
    /// unique. Where your company refuses possible duplicates, only managers and administrators may ask for less.
    #[param(inline, nullable = false)]
    pub duplicates: Option<DuplicatePolicy>,
}

/// What a customer is read with.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ReadParameters {
    /// Whether its deals are read too.
    #[param(nullable = false, default = false)]
    pub include_deals: Option<bool>,
}

/// The filters of lists, searches and exports.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Filters {
    /// A filter over any field, as JSON:
    /// `{"all": [{"field": "city", "op": "starts_with", "value": "Ber"}, {"not": {"field": "source", "op": "is_null"}}]}`.
    /// Nodes are `all`, `any` and `not`; operators `eq`, `ne`, `in`, `lt`, `lte`, `gt`, `gte`, `between`, `is_null`,
    /// `contains`, `starts_with`, `has_any` and `has_all`.
    ///
    /// | Fields | Comparison | Operators |
    /// |---|---|---|
    /// | `name`, `organizationName`, `city` | without case and accents | `eq` `ne` `in` `lt` `lte` `gt` `gte` `between` `is_null` `contains` `starts_with` |
    /// | `email` | without case | the same |
    /// | `phone`, `phoneE164`, `jobTitle`, `department`, `industry`, `language`, `timeZone`, `taxId`, `state`, `zipCode`, `countryCode`, `relationship`, `source` | exactly | `eq` `ne` `in` `is_null` |
    /// | `id`, `kind`, `status`, `lifecycleStage`, `employeeBand`, `ownerId` (`me` is the caller), `organizationId`, `parentId` | exactly | `eq` `ne` `in` `is_null` |
    /// | `isArchived` | | `eq` `ne` |
    /// | `createdAt`, `updatedAt`, `sourceCreatedAt` | as RFC 3339 times | `eq` `ne` `lt` `lte` `gt` `gte` `between` `is_null` |
    /// | `birthDate` | as dates (`1987-10-06`) | the same |
    /// | `customFields.key` | exactly | `eq` `is_null` |
    /// | `externalSystem` | exactly | `has_any` `has_all` `is_null` |
    /// | `tags` | by name, without case and accents | the same |
    #[param(nullable = false, max_length = 8192)]
    filter: Option<String>,
    /// Only these kinds, separated by commas.
    #[serde(default, deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<CustomerKind>)]
    kind: Vec<CustomerKind>,
    /// Only these statuses, separated by commas.
    #[serde(default, deserialize_with = "separated")]
    #[param(style = Form, explode = false, required = false, nullable = false, max_items = 100, value_type = Vec<CustomerStatus>)]
    status: Vec<CustomerStatus>,
    /// Only customers of this owner; `me` for your own, `none` for customers without an owner.
    #[param(nullable = false, value_type = Option<String>)]
    owner_id: Option<OwnerFilter>,
    /// Only the people of this organization: those whose primary organization it is.
    #[param(nullable = false)]
    organization_id: Option<CustomerId>,
    /// Only the organizations with this parent.
    #[param(nullable = false)]
    parent_id: Option<CustomerId>,
    /// Only customers with at least one of these tags, by name; repeat the parameter or separate names by commas.
    #[serde(default, deserialize_with = "separated")]
    #[param(required = false, nullable = false, max_items = 100, value_type = Vec<String>)]
    tag: Vec<String>,
    /// Only customers with all of these tags.
    #[serde(default, deserialize_with = "separated")]
    #[param(required = false, nullable = false, max_items = 100, value_type = Vec<String>)]
    tag_all: Vec<String>,
    /// Only archived customers (`true`), or only those that are not (`false`). By default archived customers are left
    /// out.
    #[param(nullable = false)]
    is_archived: Option<bool>,
    /// Only customers added at or after this time. Times can be relative: `now`, `now-30d`, `now+7d`.
    #[param(nullable = false, value_type = Option<String>)]
    created_from: Option<TimeBound>,
    /// Only customers added before this time.
    #[param(nullable = false, value_type = Option<String>)]
    created_to: Option<TimeBound>,
    /// Only customers whose last contact was at or after this time.
    #[param(nullable = false, value_type = Option<String>)]
    last_contact_after: Option<TimeBound>,
    /// Only customers whose last contact was before this time; not those without a contact.
    #[param(nullable = false, value_type = Option<String>)]
    last_contact_before: Option<TimeBound>,
    /// Only customers whose next follow-up is before this time.
    #[param(nullable = false, value_type = Option<String>)]
    next_follow_up_before: Option<TimeBound>,
}

impl Flatten for Filters {
    const NAMES: &'static [&'static str] = &[
        "filter",
        "kind",
        "status",
        "ownerId",
        "organizationId",
        "parentId",
        "tag",
        "tagAll",
        "isArchived",
        "createdFrom",
        "createdTo",
        "lastContactAfter",
        "lastContactBefore",
        "nextFollowUpBefore",
    ];
    const REPEATABLE: &'static [&'static str] = &["tag", "tagAll"];
}

impl Filters {
    pub fn query(self) -> Result<CustomerQuery, ApiError> {
        let Self { filter, kind, status, owner_id, tag, tag_all, is_archived, created_from, created_to, .. } = self;
        let Self { last_contact_after, last_contact_before, next_follow_up_before, .. } = self;
        let Self { organization_id: organization, parent_id: parent, .. } = self;
        Ok(CustomerQuery {
            filter: parsed(filter)?,
            kind,
            status,
            owner: owner_id,
            organization,
            parent,
            tag,
            tag_all,
            is_archived,
            created_from,
            created_to,
            last_contact_after,
            last_contact_before,
            next_follow_up_before,
            ..CustomerQuery::default()
        })
    }
}

/// Whether a list shows the trash, and its order.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// List the trash instead. Managers and administrators only.
    #[param(nullable = false, default = false)]
    trashed: Option<bool>,
    /// The order: `createdAt`, `updatedAt`, `name`, `lastContactAt`, `nextFollowUpAt`, or a custom field that has an index
    /// (`customFields.tier`). A `-` in front reverses it; customers without a contact, a follow-up or a value come last in
    /// either direction.
    #[param(nullable = false, default = "-createdAt")]
    sort: Option<String>,
}

impl ListParameters {
    pub(super) fn query(self, filters: Filters) -> Result<CustomerQuery, ApiError> {
        let Self { trashed, sort } = self;
        let sort = parsed::<CustomerOrder>(sort)?.unwrap_or_default();
        Ok(CustomerQuery { trashed: trashed.unwrap_or_default(), sort, ..filters.query()? })
    }
}

/// What to search for.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SearchParameters {
    /// The search words. All of them must be found.
    #[param(min_length = 1, max_length = 200, example = "harbour")]
    q: String,
}

impl SearchParameters {
    pub(super) fn search(self, filters: Filters) -> Result<CustomerSearch, ApiError> {
        Ok(CustomerSearch { text: self.q, query: filters.query()? })
    }
}

/// What to search for, which customers to search, and which page to return.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = CustomerSearch)]
pub(super) struct SearchBody {
    /// The search words. All of them must be found.
    #[schema(min_length = 1, max_length = 200, example = "harbour")]
    q: String,
    /// A filter over any field; see the list of customers.
    #[schema(value_type = Option<Object>, example = json!({ "field": "countryCode", "op": "eq", "value": "US" }))]
    filter: Option<Value>,
    /// Only these kinds.
    #[serde(default)]
    #[schema(max_items = 100)]
    kind: Vec<CustomerKind>,
    /// Only these statuses.
    #[serde(default)]
    #[schema(max_items = 100)]
    status: Vec<CustomerStatus>,
    /// Only customers of this owner; `me` for your own, `none` for customers without an owner.
    #[schema(value_type = Option<String>, pattern = "^(me|none|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$")]
    owner_id: Option<OwnerFilter>,
    /// Only the people of this organization: those whose primary organization it is.
    organization_id: Option<CustomerId>,
    /// Only the organizations with this parent.
    parent_id: Option<CustomerId>,
    /// Only customers with at least one of these tags, by name.
    #[serde(default)]
    #[schema(max_items = 100)]
    tag: Vec<String>,
    /// Only customers with all of these tags, by name.
    #[serde(default)]
    #[schema(max_items = 100)]
    tag_all: Vec<String>,
    /// Only archived customers (`true`), or only those that are not (`false`). By default archived customers are left
    /// out.
    is_archived: Option<bool>,
    /// Only customers added at or after this time.
    #[schema(value_type = Option<String>)]
    created_from: Option<TimeBound>,
    /// Only customers added before this time.
    #[schema(value_type = Option<String>)]
    created_to: Option<TimeBound>,
    /// Only customers whose last contact was at or after this time.
    #[schema(value_type = Option<String>)]
    last_contact_after: Option<TimeBound>,
    /// Only customers whose last contact was before this time; not those without a contact.
    #[schema(value_type = Option<String>)]
    last_contact_before: Option<TimeBound>,
    /// Only customers whose next follow-up is before this time.
    #[schema(value_type = Option<String>)]
    next_follow_up_before: Option<TimeBound>,
    /// The number of the page, counted from 1. Cannot be combined with `cursor`.
    #[schema(minimum = 1)]
    page: Option<u64>,
    /// The maximum number of records on a page. The default is 20.
    #[schema(minimum = 1, maximum = 100)]
    limit: Option<u64>,
    /// The `nextCursor` of the previous page.
    cursor: Option<String>,
    /// Whether to count the records: `none`, `capped` or `exact`.
    count: Option<Count>,
}

impl SearchBody {
    pub fn search(self) -> Result<(CustomerSearch, PageRequest), ApiError> {
        let Self { q, filter, kind, status, owner_id, tag, tag_all, is_archived, created_from, created_to, .. } = self;
        let Self { last_contact_after, last_contact_before, next_follow_up_before, .. } = self;
        let Self { page, limit, cursor, count, organization_id, parent_id, .. } = self;
        let request = PageParameters { page, limit, cursor, count }.request()?;
        let filter = filter.as_ref().map(Filter::from_json).transpose()?;
        let filters = Filters {
            filter: None,
            kind,
            status,
            owner_id,
            organization_id,
            parent_id,
            tag,
            tag_all,
            is_archived,
            created_from,
            created_to,
            last_contact_after,
            last_contact_before,
            next_follow_up_before,
        };
        Ok((CustomerSearch { text: q, query: CustomerQuery { filter, ..filters.query()? } }, request))
    }
}

/// The customers of a bulk action: the search words and the filters of the search.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct BulkQuery {
    /// The search words. All of them must be found. Without them, all customers that the filters select.
    #[schema(min_length = 1, max_length = 200)]
    q: Option<String>,
    /// A filter over any field; see the list of customers.
    #[schema(value_type = Option<Object>)]
    filter: Option<Value>,
    /// Only these kinds.
    #[serde(default)]
    #[schema(max_items = 100)]
    kind: Vec<CustomerKind>,
    /// Only these statuses.
    #[serde(default)]
    #[schema(max_items = 100)]
    status: Vec<CustomerStatus>,
    /// Only customers of this owner; `me` for your own, `none` for customers without an owner.
    #[schema(value_type = Option<String>, pattern = "^(me|none|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})$")]
    owner_id: Option<OwnerFilter>,
    /// Only customers with at least one of these tags, by name.
    #[serde(default)]
    #[schema(max_items = 100)]
    tag: Vec<String>,
    /// Only customers with all of these tags, by name.
    #[serde(default)]
    #[schema(max_items = 100)]
    tag_all: Vec<String>,
    /// Only archived customers (`true`), or only those that are not (`false`). By default archived customers are left
    /// out.
    is_archived: Option<bool>,
    /// Only customers added at or after this time.
    #[schema(value_type = Option<String>)]
    created_from: Option<TimeBound>,
    /// Only customers added before this time.
    #[schema(value_type = Option<String>)]
    created_to: Option<TimeBound>,
    /// Only customers whose last contact was at or after this time.
    #[schema(value_type = Option<String>)]
    last_contact_after: Option<TimeBound>,
    /// Only customers whose last contact was before this time; not those without a contact.
    #[schema(value_type = Option<String>)]
    last_contact_before: Option<TimeBound>,
    /// Only customers whose next follow-up is before this time.
    #[schema(value_type = Option<String>)]
    next_follow_up_before: Option<TimeBound>,
}

impl BulkQuery {
    pub fn search(self) -> Result<CustomerSearch, ApiError> {
        // Words that are there but empty would select everybody.
        if self.q.as_deref().is_some_and(|q| q.trim().is_empty()) {
            return Err(ApiError::of_field(
                Code::ParameterInvalid,
                "/query/q",
                "say what to search for, or leave it out",
            ));
        }
        let text = self.q.unwrap_or_default();
        let filter = self.filter.as_ref().map(Filter::from_json).transpose();
        let filter = filter.map_err(|error| Malformed { at: format!("/query/{}", error.at), ..error })?;
        let query = CustomerQuery {
            filter,
            kind: self.kind,
            status: self.status,
            owner: self.owner_id,
            tag: self.tag,
            tag_all: self.tag_all,
            is_archived: self.is_archived,
            created_from: self.created_from,
            created_to: self.created_to,
            last_contact_after: self.last_contact_after,
            last_contact_before: self.last_contact_before,
            next_follow_up_before: self.next_follow_up_before,
            ..CustomerQuery::default()
        };
        Ok(CustomerSearch { text, query })
    }
}

/// Which entries of a customer's history to list.
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
    /// With the entries of the people of an organization: of the customers whose primary organization it is. Each entry then
    /// tells its `customer`.
    #[param(nullable = false, default = false)]
    include_people: Option<bool>,
}

impl HistoryParameters {
    pub fn query(self) -> TimelineQuery {
        let Self { kind, from, to, include_people } = self;
        TimelineQuery { kind, from, to, include_people: include_people.unwrap_or_default() }
    }
}

/// The id of a customer in another system.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ExternalParameters {
    /// The other system.
    #[param(example = "erp")]
    pub system: String,
    /// The id in that system.
    #[param(example = "D-10042")]
    pub id: String,
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
