//! Filters and orders of lists of leads.

use chrono::{DateTime, SecondsFormat, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use serde::Serialize;
use serde_json::json;

use super::held::Held;
use super::model::{LeadRating, LeadResponseState};
use super::row::TABLE;
use crate::base::error::{Malformed, Result};
use crate::base::ids::UserId;
use crate::base::string_enum::canonical;
use crate::custom_fields::CustomFieldEntity;
use crate::customers::{self, CustomerKind, EmployeeBand, TABLE as CUSTOMERS};
use crate::lead_statuses::LeadStatusType;
use crate::query::filter::{
    Compiler, CustomMembers, Field, FieldKind, Filter, ListColumns, NameColumns, Op, TimeBound, expect_few, field,
    field_in,
};
use crate::query::page::{Key, KeyKind, Order};
use crate::query::sort::{Sort, SortKey};
use crate::scope::CompanyScope;
use crate::scope::actor::{Action, Resource};
use crate::scope::company::Company;
use crate::tags;
use crate::users::OwnerFilter;

/// The sort keys of leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeadSortKey {
    /// The time at which they were added.
    CreatedAt,
    /// The time of their last change.
    UpdatedAt,
    /// Their name, without case and accents.
    Name,
    /// The time at which they got their status.
    StatusChangedAt,
    /// Their score.
    Score,
    /// The time by which they are to be answered; those without one come after the others.
    RespondBy,
}

/// An order of leads.
pub type LeadSort = Sort<LeadSortKey>;

impl SortKey for LeadSortKey {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::CreatedAt, "createdAt"),
        (Self::UpdatedAt, "updatedAt"),
        (Self::Name, "name"),
        (Self::StatusChangedAt, "statusChangedAt"),
        (Self::Score, "score"),
        (Self::RespondBy, "respondBy"),
    ];
}

/// The leads in a list. Converted and archived ones are left out unless they are asked for.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeadQuery {
    /// A filter over the fields of a lead.
    pub filter: Option<Filter>,
    /// Words that are all found in a lead's text or tags.
    pub search: Option<String>,
    /// Only these kinds.
    pub kind: Vec<CustomerKind>,
    /// Only these statuses, by their codes.
    pub status: Vec<String>,
    /// Only these types of status.
    pub status_type: Vec<LeadStatusType>,
    /// Only leads of this owner.
    pub owner: Option<OwnerFilter>,
    /// Only leads with this primary e-mail address.
    pub email: Option<String>,
    /// Only leads from this source.
    pub source: Option<String>,
    /// Only leads with these ratings.
    pub rating: Vec<LeadRating>,
    /// Only leads of which the first response stands so.
    pub response_state: Vec<LeadResponseState>,
    /// Only leads with one of these tags, by name.
    pub tag: Vec<String>,
    /// Only archived leads, or only others.
    pub is_archived: Option<bool>,
    /// List those that were converted instead.
    pub converted: bool,
    /// Only leads added at or after this time.
    pub created_from: Option<TimeBound>,
    /// Only leads added before this time.
    pub created_to: Option<TimeBound>,
    /// List the trash instead; requires the right to restore.
    pub trashed: bool,
    /// The order.
    #[serde(skip)]
    pub sort: LeadSort,
}

/// The field that rules must not look at: for scores because it follows from them, for assignment because a new lead has it
/// once it has an owner.
const SCORE: &str = "score";

/// The fields that leads can be filtered by: their own, and those of their rows among the customers.
const FIELDS: &[Field] = {
    const SEARCHED: FieldKind = FieldKind::Folded { searched: true };
    &[
        field_in(TABLE, "id", "id", FieldKind::Id),
        field("kind", "kind", FieldKind::Name(CustomerKind::NAMES)),
        field("name", "name_key", SEARCHED),
        field("email", "email", FieldKind::Email),
        field("phone", "phone", FieldKind::Code),
        field("phoneE164", "phone_e164", FieldKind::Code),
        field("organizationName", "organization_key", SEARCHED),
        field("jobTitle", "job_title", FieldKind::Code),
        field("language", "language", FieldKind::Code),
        field("timeZone", "time_zone", FieldKind::Code),
        field("industry", "industry", FieldKind::Code),
        field("employeeBand", "employee_band", FieldKind::Name(EmployeeBand::NAMES)),
        field("city", "city_key", SEARCHED),
        field("state", "state", FieldKind::Code),
        field("zipCode", "zip_code", FieldKind::Code),
        field("countryCode", "country_code", FieldKind::Code),
        field_in(TABLE, "status", "status", FieldKind::Code),
        field_in(TABLE, "statusType", "status_type", FieldKind::Name(LeadStatusType::NAMES)),
        field_in(TABLE, "statusChangedAt", "status_changed_at", FieldKind::Time),
        field("source", "source_key", FieldKind::Word),
        field_in(TABLE, "utmCampaign", "utm_campaign", FieldKind::Code),
        field_in(TABLE, "rating", "rating", FieldKind::Name(LeadRating::NAMES)),
        field_in(TABLE, "priority", "priority", FieldKind::Number),
        field_in(TABLE, "ownerId", "owner_id", FieldKind::Id),
        field_in(TABLE, "assignedAt", "assigned_at", FieldKind::Time),
        field_in(TABLE, "assignedByRule", "assigned_by_rule_id", FieldKind::Id),
        field_in(TABLE, "respondBy", "respond_by", FieldKind::Time),
        field_in(TABLE, "firstRespondedAt", "first_responded_at", FieldKind::Time),
        field_in(TABLE, "responseState", "response_state", FieldKind::Name(LeadResponseState::NAMES)),
        field_in(TABLE, "estimatedValue", "estimated_value", FieldKind::Number),
        field_in(TABLE, "currency", "estimated_value_currency", FieldKind::Code),
        field_in(TABLE, "expectedCloseDate", "expected_close_date", FieldKind::Date),
        field_in(TABLE, "lostReason", "lost_reason", FieldKind::Code),
        field_in(TABLE, "doNotCall", "do_not_call", FieldKind::Bool),
        field_in(TABLE, "doNotEmail", "do_not_email", FieldKind::Bool),
        field_in(TABLE, SCORE, "score", FieldKind::Number),
        field_in(TABLE, "isArchived", "is_archived", FieldKind::Bool),
        field_in(TABLE, "convertedAt", "converted_at", FieldKind::Time),
        field_in(TABLE, "createdAt", "created_at", FieldKind::Time),
        field_in(TABLE, "updatedAt", "updated_at", FieldKind::Time),
        field("customFields", "custom_fields", FieldKind::Json),
        field(
            "tags",
            "",
            FieldKind::List(ListColumns {
                table: tags::ASSIGNMENTS,
                owner_table: CUSTOMERS,
                owner: "customer_id",
                value: "tag_id",
                named: Some(NameColumns { table: tags::TABLE, key: "name_key" }),
            }),
        ),
    ]
};

/// The fields of which the leads' own table has copies, for its indexes.
const COPIES: [&str; 2] = ["ownerId", "isArchived"];

impl LeadQuery {
    /// The fields. What the copies of converted leads say may be old: the rows among the customers say what is shown.
    fn fields(&self) -> Vec<Field> {
        let is_old = |field: &Field| self.converted && COPIES.contains(&field.name);
        FIELDS.iter().map(|field| if is_old(field) { Field { table: None, ..*field } } else { *field }).collect()
    }

    /// The query as one filter.
    fn as_filter(&self, now: DateTime<Utc>) -> Filter {
        let Self { filter, kind, status, status_type, owner, email, source, rating, response_state, .. } = self;
        let Self { tag, is_archived, .. } = self;
        let time = |time: &TimeBound| json!(time.resolved(now).to_rfc3339_opts(SecondsFormat::Micros, true));
        let mut all: Vec<Filter> = filter.iter().cloned().collect();
        let codes: Vec<String> = status.iter().map(|code| canonical(code)).collect();
        let lists = [
            ("kind", json!(kind)),
            ("status", json!(codes)),
            ("statusType", json!(status_type)),
            ("rating", json!(rating)),
            ("responseState", json!(response_state)),
        ];
        let is_asked = |values: &serde_json::Value| values.as_array().is_some_and(|values| !values.is_empty());
        for (field, values) in lists.into_iter().filter(|(_, values)| is_asked(values)) {
            all.push(Filter::leaf(field, Op::In, values));
        }
        if !tag.is_empty() {
            all.push(Filter::leaf("tags", Op::HasAny, json!(tag)));
        }
        all.extend(owner.map(|owner| owner.filter("ownerId")));
        all.extend(email.as_ref().map(|email| Filter::leaf("email", Op::Eq, json!(email))));
        all.extend(source.as_ref().map(|source| Filter::leaf("source", Op::Eq, json!(source))));
        if let Some(archived) = is_archived {
            all.push(Filter::leaf("isArchived", Op::Eq, *archived));
        } else if !self.trashed && !filter.as_ref().is_some_and(|filter| filter.mentions("isArchived")) {
            all.push(Filter::leaf("isArchived", Op::Eq, false));
        }
        all.extend(self.created_from.as_ref().map(|from| Filter::leaf("createdAt", Op::Gte, time(from))));
        all.extend(self.created_to.as_ref().map(|to| Filter::leaf("createdAt", Op::Lt, time(to))));
        Filter::All(all)
    }

    /// The condition for the rows, either inside or outside the trash.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden) for the trash without the right to restore; the errors of the filter
    /// and of a search; [`Error::Invalid`](crate::Error::Invalid) for a list with more than
    /// [`MAX_VALUES`](crate::filter::MAX_VALUES).
    pub(super) fn condition(&self, scope: &CompanyScope<'_>, company: &Company) -> Result<Expr> {
        expect_few("kind", &self.kind)?;
        expect_few("status", &self.status)?;
        expect_few("statusType", &self.status_type)?;
        expect_few("rating", &self.rating)?;
        expect_few("responseState", &self.response_state)?;
        expect_few("tag", &self.tag)?;
        if self.trashed {
            scope.reach(Resource::Leads, Action::Restore)?;
        }
        let fields = self.fields();
        let compiler = compiler(&fields, company, scope.is_postgres(), scope.actor().user_id());
        let filter = compiler.compile(&self.as_filter(scope.crm.now()))?;
        let condition = self.which().and(filter);
        Ok(match &self.search {
            Some(text) => condition.and(customers::matching(scope, company, text)?),
            None => condition,
        })
    }

    /// In the trash, converted, or neither. The mark is there for the index of the texts of leads.
    fn which(&self) -> Expr {
        let column = |name: &'static str| Expr::col((TABLE, name));
        let is_lead = Expr::col((CUSTOMERS, "is_lead"));
        match (self.trashed, self.converted) {
            (true, _) => column("deleted_at").is_not_null().and(is_lead),
            (false, true) => column("deleted_at").is_null().and(column("converted_at").is_not_null()),
            (false, false) => column("deleted_at").is_null().and(column("converted_at").is_null()).and(is_lead),
        }
    }

    /// A digest of everything that selects the leads of the list.
    pub(super) fn digest(&self, scope: &CompanyScope<'_>) -> Result<String> {
        crate::query::page::digest(&("leads", self, self.owner.map(|_| scope.actor().user_id())))
    }
}

/// The condition of a rule for the leads that it is about, whatever user looks at them: over the rows of leads that are not
/// converted, with those among the customers.
///
/// # Errors
/// [`Malformed`] for unknown fields, wrong values, `me`, and the score itself.
pub(crate) fn rule_condition(filter: &Filter, company: &Company, postgres: bool) -> Result<Expr, Malformed> {
    let fields: Vec<Field> = FIELDS.iter().filter(|field| field.name != SCORE).copied().collect();
    compiler(&fields, company, postgres, None).compile(filter)
}

fn compiler<'f>(fields: &'f [Field], company: &'f Company, postgres: bool, me: Option<UserId>) -> Compiler<'f> {
    Compiler {
        table: CUSTOMERS,
        fields,
        search_text: "search_text",
        postgres,
        me,
        custom: Some(CustomMembers {
            fields: &company.fields,
            entity: CustomFieldEntity::Customer,
            company: company.id,
            values: None,
        }),
    }
}

/// The condition that a field of a lead, or a list of it, has a value that is written as text.
pub(crate) fn has_value(field: &str, value: &str, company: &Company, postgres: bool) -> Result<Expr, Malformed> {
    let leaf = |op: Op, value: serde_json::Value| rule_condition(&Filter::leaf(field, op, value), company, postgres);
    let refused = match leaf(Op::Eq, json!(value)) {
        Ok(is_value) => return Ok(is_value),
        Err(refused) => refused,
    };
    let plain = serde_json::from_str::<serde_json::Value>(value).ok().and_then(|plain| leaf(Op::Eq, plain).ok());
    plain.map_or_else(|| leaf(Op::HasAny, json!([value])), Ok).map_err(|_| refused)
}

/// The order of the rows.
pub(super) fn order(sort: LeadSort) -> Order {
    let (column, kind) = match sort.key {
        LeadSortKey::CreatedAt => ("created_at", KeyKind::Time),
        LeadSortKey::UpdatedAt => ("updated_at", KeyKind::Time),
        LeadSortKey::Name => ("name_key", KeyKind::Text),
        LeadSortKey::StatusChangedAt => ("status_changed_at", KeyKind::Time),
        LeadSortKey::Score => ("score", KeyKind::Number),
        LeadSortKey::RespondBy => ("respond_key", KeyKind::Number),
    };
    sort.order(TABLE, column, kind)
}

/// The sort key of a row.
pub(super) fn sort_key(sort: LeadSort, lead: &Held) -> Key {
    match sort.key {
        LeadSortKey::CreatedAt => Key::Time(lead.own.created_at),
        LeadSortKey::UpdatedAt => Key::Time(lead.own.updated_at),
        LeadSortKey::Name => Key::Text(lead.own.name_key.clone()),
        LeadSortKey::StatusChangedAt => Key::Time(lead.own.status_changed_at),
        LeadSortKey::Score => Key::Number(lead.own.score),
        LeadSortKey::RespondBy => Key::Number(lead.own.response.key()),
    }
}
