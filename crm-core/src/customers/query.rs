//! Filters and orders of lists of customers.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use serde::Serialize;
use serde_json::json;

use super::contacts::{ContactBounds, ContactTime, Contacts};
use super::merge::is_customer;
use super::model::{Customer, CustomerKind, CustomerStatus, EmployeeBand, LifecycleStage};
use super::{external_refs, field_values, row};
use crate::base::error::{Malformed, Result};
use crate::base::ids::CustomerId;
use crate::base::text::fold;
use crate::base::validation;
use crate::custom_fields::CustomFieldEntity;
use crate::query::filter::{
    Compiler, CustomMembers, Field, FieldKind, Filter, ListColumns, NameColumns, Op, TimeBound, expect_few, field,
};
use crate::query::page::{Key, KeyKind, Order};
use crate::query::sort::{Sort, SortKey};
use crate::scope::CompanyScope;
use crate::scope::actor::{Action, Resource};
use crate::scope::company::Company;
use crate::tags;
use crate::users::OwnerFilter;

/// The sort keys of customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustomerSortKey {
    /// The time at which they were added.
    CreatedAt,
    /// The time of their last change.
    UpdatedAt,
    /// Their name, without case and accents.
    Name,
    /// The time of their last contact; customers without one come last in either direction.
    LastContactAt,
    /// The time of their next follow-up; customers without one come last in either direction.
    NextFollowUpAt,
}

/// An order of customers.
pub type CustomerSort = Sort<CustomerSortKey>;

impl SortKey for CustomerSortKey {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::CreatedAt, "createdAt"),
        (Self::UpdatedAt, "updatedAt"),
        (Self::Name, "name"),
        (Self::LastContactAt, "lastContactAt"),
        (Self::NextFollowUpAt, "nextFollowUpAt"),
    ];
}

/// An order of customers, also by a custom field: `name`, `-customFields.tier`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CustomerOrder {
    /// By a field.
    Field(CustomerSort),
    /// By a custom field with an index; customers without a value come last in either direction.
    CustomField {
        /// The key of the custom field.
        key: String,
        /// Whether the order is descending.
        descending: bool,
    },
}

/// What names of custom fields begin with.
const CUSTOM_FIELDS: &str = "customFields.";

impl Default for CustomerOrder {
    fn default() -> Self {
        Self::Field(CustomerSort::default())
    }
}

impl From<CustomerSort> for CustomerOrder {
    fn from(sort: CustomerSort) -> Self {
        Self::Field(sort)
    }
}

impl fmt::Display for CustomerOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(sort) => sort.fmt(f),
            Self::CustomField { key, descending } => {
                write!(f, "{}{CUSTOM_FIELDS}{key}", if *descending { "-" } else { "" })
            }
        }
    }
}

impl FromStr for CustomerOrder {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let (descending, name) = text.strip_prefix('-').map_or((false, text), |name| (true, name));
        match name.strip_prefix(CUSTOM_FIELDS) {
            Some(key) if validation::is_key(key) => Ok(Self::CustomField { key: key.to_owned(), descending }),
            _ => text.parse().map(Self::Field),
        }
    }
}

/// The time of contact that they are sorted by, if it is one.
pub(super) const fn contact_time(sort: CustomerSort) -> Option<ContactTime> {
    match sort.key {
        CustomerSortKey::LastContactAt => Some(ContactTime::Last),
        CustomerSortKey::NextFollowUpAt => Some(ContactTime::Next),
        CustomerSortKey::CreatedAt | CustomerSortKey::UpdatedAt | CustomerSortKey::Name => None,
    }
}

/// The order of the rows, unless it is by a time of contact.
pub(super) fn order(sort: CustomerSort) -> Order {
    let (column, kind) = match sort.key {
        CustomerSortKey::CreatedAt => ("created_at", KeyKind::Time),
        CustomerSortKey::UpdatedAt => ("updated_at", KeyKind::Time),
        CustomerSortKey::Name => ("name_key", KeyKind::Text),
        CustomerSortKey::LastContactAt => (ContactTime::Last.column(), KeyKind::OptionalTime),
        CustomerSortKey::NextFollowUpAt => (ContactTime::Next.column(), KeyKind::OptionalTime),
    };
    sort.order(row::TABLE, column, kind)
}

/// The sort key of a row.
pub(super) fn sort_key(sort: CustomerSort, customer: &Customer) -> Key {
    match sort.key {
        CustomerSortKey::CreatedAt => Key::Time(customer.created_at),
        CustomerSortKey::UpdatedAt => Key::Time(customer.updated_at),
        CustomerSortKey::Name => Key::Text(fold(&customer.name)),
        CustomerSortKey::LastContactAt => customer.last_contact_at.map_or(Key::Missing, Key::Time),
        CustomerSortKey::NextFollowUpAt => customer.next_follow_up_at.map_or(Key::Missing, Key::Time),
    }
}

/// The customers in a list or an export. Archived customers are left out unless the filter or `is_archived` selects
/// them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerQuery {
    /// A filter over the fields of a customer.
    pub filter: Option<Filter>,
    /// Only these kinds.
    pub kind: Vec<CustomerKind>,
    /// Only these statuses.
    pub status: Vec<CustomerStatus>,
    /// Only customers of this owner.
    pub owner: Option<OwnerFilter>,
    /// Only the people of this organization: those whose primary organization it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organization: Option<CustomerId>,
    /// Only the organizations with this parent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<CustomerId>,
    /// Only customers with one of these tags, by name.
    pub tag: Vec<String>,
    /// Only customers with all of these tags, by name.
    pub tag_all: Vec<String>,
    /// Only archived customers, or only others.
    pub is_archived: Option<bool>,
    /// Only customers added at or after this time.
    pub created_from: Option<TimeBound>,
    /// Only customers added before this time.
    pub created_to: Option<TimeBound>,
    /// Only customers whose last contact was at or after this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_contact_after: Option<TimeBound>,
    /// Only customers whose last contact was before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_contact_before: Option<TimeBound>,
    /// Only customers whose next follow-up is before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_follow_up_before: Option<TimeBound>,
    /// List the trash instead; requires the right to restore.
    pub trashed: bool,
    /// The order.
    #[serde(skip)]
    pub sort: CustomerOrder,
}

/// The fields that customers can be filtered by.
pub(super) const FIELDS: &[Field] = {
    const SEARCHED: FieldKind = FieldKind::Folded { searched: true };
    &[
        field("id", "id", FieldKind::Id),
        field("kind", "kind", FieldKind::Name(CustomerKind::NAMES)),
        field("name", "name_key", SEARCHED),
        field("email", "email", FieldKind::Email),
        field("phone", "phone", FieldKind::Code),
        field("phoneE164", "phone_e164", FieldKind::Code),
        field("organizationName", "organization_key", SEARCHED),
        field("organizationId", "organization_id", FieldKind::Id),
        field("parentId", "parent_id", FieldKind::Id),
        field("jobTitle", "job_title", FieldKind::Code),
        field("department", "department", FieldKind::Code),
        field("birthDate", "birth_date", FieldKind::Date),
        field("language", "language", FieldKind::Code),
        field("timeZone", "time_zone", FieldKind::Code),
        field("industry", "industry", FieldKind::Code),
        field("employeeBand", "employee_band", FieldKind::Name(EmployeeBand::NAMES)),
        field("taxId", "tax_id", FieldKind::Code),
        field("city", "city_key", SEARCHED),
        field("state", "state", FieldKind::Code),
        field("zipCode", "zip_code", FieldKind::Code),
        field("countryCode", "country_code", FieldKind::Code),
        field("status", "status", FieldKind::Name(CustomerStatus::NAMES)),
        field("lifecycleStage", "lifecycle_stage", FieldKind::Name(LifecycleStage::NAMES)),
        field("relationship", "relationship", FieldKind::Code),
        field("ownerId", "owner_id", FieldKind::Id),
        field("source", "source_key", FieldKind::Word),
        field("sourceCreatedAt", "source_created_at", FieldKind::Time),
        field("isArchived", "is_archived", FieldKind::Bool),
        field("createdAt", "created_at", FieldKind::Time),
        field("updatedAt", "updated_at", FieldKind::Time),
        field("customFields", "custom_fields", FieldKind::Json),
        field(
            "externalSystem",
            "",
            FieldKind::List(ListColumns {
                table: external_refs::TABLE,
                owner_table: row::TABLE,
                owner: "customer_id",
                value: "system",
                named: None,
            }),
        ),
        field(
            "tags",
            "",
            FieldKind::List(ListColumns {
                table: tags::ASSIGNMENTS,
                owner_table: row::TABLE,
                owner: "customer_id",
                value: "tag_id",
                named: Some(NameColumns { table: tags::TABLE, key: "name_key" }),
            }),
        ),
    ]
};

impl CustomerQuery {
    /// The query as one filter.
    fn as_filter(&self, now: DateTime<Utc>) -> Filter {
        let Self { filter, kind, status, owner, tag, tag_all, is_archived, created_from, created_to, .. } = self;
        let Self { organization, parent, .. } = self;
        let time = |time: &TimeBound| json!(time.resolved(now).to_rfc3339_opts(SecondsFormat::Micros, true));
        let mut all: Vec<Filter> = filter.iter().cloned().collect();
        if !kind.is_empty() {
            all.push(Filter::leaf("kind", Op::In, json!(kind)));
        }
        if !status.is_empty() {
            all.push(Filter::leaf("status", Op::In, json!(status)));
        }
        all.extend(owner.map(|owner| owner.filter("ownerId")));
        for (id, field) in [(organization, "organizationId"), (parent, "parentId")] {
            all.extend(id.map(|id| Filter::leaf(field, Op::Eq, json!(id))));
        }
        for (tags, op) in [(tag, Op::HasAny), (tag_all, Op::HasAll)] {
            if !tags.is_empty() {
                all.push(Filter::leaf("tags", op, json!(tags)));
            }
        }
        if let Some(archived) = is_archived {
            all.push(Filter::leaf("isArchived", Op::Eq, *archived));
        } else if !self.trashed && !filter.as_ref().is_some_and(|filter| filter.mentions("isArchived")) {
            all.push(Filter::leaf("isArchived", Op::Eq, false));
        }
        all.extend(created_from.as_ref().map(|from| Filter::leaf("createdAt", Op::Gte, time(from))));
        all.extend(created_to.as_ref().map(|to| Filter::leaf("createdAt", Op::Lt, time(to))));
        Filter::All(all)
    }

    /// The condition for customers of `scope`, either inside or outside the trash.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden) for the trash without the right to restore; the errors of the
    /// filter; [`Error::Invalid`](crate::Error::Invalid) for a list with more than
    /// [`MAX_VALUES`](crate::filter::MAX_VALUES).
    pub(super) fn condition(&self, scope: &CompanyScope<'_>, company: &Company) -> Result<Expr> {
        let condition = self.condition_without_contacts(scope, company)?;
        let within = Contacts::of(scope.actor(), scope.is_postgres()).within(self.contact_bounds(scope));
        Ok(within.into_iter().fold(condition, ExprTrait::and))
    }

    /// The same, whatever the times of contact.
    ///
    /// # Errors
    /// Those of [`Self::condition`].
    pub(super) fn condition_without_contacts(&self, scope: &CompanyScope<'_>, company: &Company) -> Result<Expr> {
        expect_few("kind", &self.kind)?;
        expect_few("status", &self.status)?;
        expect_few("tag", &self.tag)?;
        expect_few("tagAll", &self.tag_all)?;
        if self.trashed {
            scope.reach(Resource::Customers, Action::Restore)?;
        }
        let compiler = Compiler {
            table: row::TABLE,
            fields: FIELDS,
            search_text: "search_text",
            postgres: scope.is_postgres(),
            me: scope.actor().user_id(),
            custom: Some(CustomMembers {
                fields: &company.fields,
                entity: CustomFieldEntity::Customer,
                company: company.id,
                values: Some((field_values::TABLE, "customer_id")),
            }),
        };
        let deleted_at = Expr::col((row::TABLE, "deleted_at"));
        let trash = if self.trashed { deleted_at.is_not_null().and(is_customer()) } else { deleted_at.is_null() };
        Ok(trash.and(compiler.compile(&self.as_filter(scope.crm.now()))?))
    }

    /// The bounds of the times of contact.
    pub(super) fn contact_bounds(&self, scope: &CompanyScope<'_>) -> ContactBounds {
        let now = scope.crm.now();
        let at = |bound: Option<TimeBound>| bound.map(|bound| bound.resolved(now));
        ContactBounds {
            last_after: at(self.last_contact_after),
            last_before: at(self.last_contact_before),
            next_before: at(self.next_follow_up_before),
        }
    }

    /// A digest of everything that selects the customers of the list.
    pub(super) fn digest(&self, scope: &CompanyScope<'_>) -> Result<String> {
        crate::query::page::digest(&(self, self.owner.map(|_| scope.actor().user_id())))
    }
}
