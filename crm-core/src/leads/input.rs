//! A lead to add, or all of one to replace.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::model::{LeadRating, LeadUtm};
use crate::base::ids::UserId;
use crate::base::money::Money;
use crate::customers::{CustomerAddress, CustomerEmail, CustomerKind, CustomerPhone, EmployeeBand, ExternalRef};
use crate::lead_statuses::LeadStatusRef;

/// A lead to add, or all writable fields of one to replace. An absent or `null` field has no value, unless the field
/// describes a default.
///
/// ```
/// use crm_core::leads::NewLead;
///
/// let ann = NewLead {
///     email: Some("ann@example.com".into()),
///     source: Some("trade fair".into()),
///     ..NewLead::person("Ann", "Lee")
/// };
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewLead {
    /// Person or organization; a person if absent.
    pub kind: Option<CustomerKind>,
    /// The name. If absent, a person's name is built from its parts.
    #[cfg_attr(feature = "openapi", schema(example = "Ann Lee", max_length = 250))]
    pub name: Option<String>,
    /// How a person is addressed, for example `Ms.` or `Dr.`.
    #[cfg_attr(feature = "openapi", schema(example = "Ms.", max_length = 40))]
    pub salutation: Option<String>,
    /// A person's first name.
    #[cfg_attr(feature = "openapi", schema(example = "Ann", max_length = 120))]
    pub first_name: Option<String>,
    /// A person's last name.
    #[cfg_attr(feature = "openapi", schema(example = "Lee", max_length = 120))]
    pub last_name: Option<String>,
    /// The primary e-mail address; stored in lower case with a readable domain. Also accepted as `emailId`.
    #[serde(alias = "emailId")]
    #[cfg_attr(feature = "openapi", schema(example = "ann.lee@example.com", max_length = 254))]
    pub email: Option<String>,
    /// The primary telephone number, in any notation.
    #[cfg_attr(feature = "openapi", schema(example = "+1 212 555 2368", max_length = 40))]
    pub phone: Option<String>,
    /// The organization that a person works for. Also accepted as `company`.
    #[serde(alias = "company")]
    #[cfg_attr(feature = "openapi", schema(example = "Lee & Co", max_length = 250))]
    pub organization_name: Option<String>,
    /// A person's job title.
    #[cfg_attr(feature = "openapi", schema(example = "Purchasing manager", max_length = 120))]
    pub job_title: Option<String>,
    /// The language to write in, as a BCP 47 tag such as `de` or `en-GB`.
    #[cfg_attr(feature = "openapi", schema(example = "en-US", max_length = 35))]
    pub language: Option<String>,
    /// The time zone (IANA), for example `Europe/Berlin`.
    #[cfg_attr(feature = "openapi", schema(example = "America/New_York", max_length = 64))]
    pub time_zone: Option<String>,
    /// The industry.
    #[cfg_attr(feature = "openapi", schema(example = "Shipping", max_length = 120))]
    pub industry: Option<String>,
    /// How many people an organization employs.
    pub employee_band: Option<EmployeeBand>,
    /// The revenue of a year.
    pub annual_revenue: Option<Money>,
    /// The website: an address with `http` or `https`, or `host[:port][/path]`.
    #[cfg_attr(feature = "openapi", schema(example = "https://lee.example.com", max_length = 2048))]
    pub website: Option<String>,
    /// Street and number.
    #[cfg_attr(feature = "openapi", schema(example = "12 Harbour Street", max_length = 250))]
    pub address: Option<String>,
    /// Floor, building or care of.
    #[cfg_attr(feature = "openapi", schema(example = "3rd floor", max_length = 250))]
    pub address_line2: Option<String>,
    /// The city.
    #[cfg_attr(feature = "openapi", schema(example = "Boston", max_length = 120))]
    pub city: Option<String>,
    /// The state, province or region.
    #[cfg_attr(feature = "openapi", schema(example = "Massachusetts", max_length = 120))]
    pub state: Option<String>,
    /// The postal code.
    #[cfg_attr(feature = "openapi", schema(example = "02110", max_length = 20))]
    pub zip_code: Option<String>,
    /// The country, by name or ISO 3166-1 code.
    #[cfg_attr(feature = "openapi", schema(example = "United States", max_length = 120))]
    pub country: Option<String>,
    /// All e-mail addresses; at most 20. If absent, a PUT keeps them, and changes the primary one to `email`. If both are
    /// given, `email` is the primary one, and is added where the list lacks it.
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub emails: Option<Vec<CustomerEmail>>,
    /// All telephone numbers; at most 20. `phone` is the primary one, as with `emails`.
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub phones: Option<Vec<CustomerPhone>>,
    /// All postal addresses; at most 20. The flat address is the primary one, as with `emails`.
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub addresses: Option<Vec<CustomerAddress>>,
    /// What is worth knowing at first sight; several lines.
    #[cfg_attr(feature = "openapi", schema(example = "Asked for 200 units.", max_length = 2000))]
    pub description: Option<String>,
    /// The status, by its code, its name or its id. If absent, a new lead begins in the default one, and an existing one
    /// keeps its status.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, example = "contacted"))]
    pub status: Option<LeadStatusRef>,
    /// Why it has this status.
    #[cfg_attr(feature = "openapi", schema(example = "Wants an offer in May", max_length = 500))]
    pub status_reason: Option<String>,
    /// The source, for example `referral` or `Web site`; your company can use its own words. Stored as typed, and compared
    /// without case, accents, hyphens and underscores.
    #[cfg_attr(feature = "openapi", schema(example = "trade fair", max_length = 64))]
    pub source: Option<String>,
    /// More on where it came from: the page, the fair, the list.
    #[cfg_attr(feature = "openapi", schema(example = "Boat Show Boston", max_length = 250))]
    pub source_detail: Option<String>,
    /// The marks of the campaign that brought it.
    pub utm: Option<LeadUtm>,
    /// Who recommended your company.
    #[cfg_attr(feature = "openapi", schema(example = "Smith & Sons", max_length = 250))]
    pub referred_by: Option<String>,
    /// How promising it is.
    pub rating: Option<LeadRating>,
    /// How urgent it is, from 0 to 3.
    #[cfg_attr(feature = "openapi", schema(example = 2, minimum = 0, maximum = 3))]
    pub priority: Option<i64>,
    /// The user who works on it. Also accepted as `assignedAgent`.
    #[serde(alias = "assignedAgent")]
    pub owner_id: Option<UserId>,
    /// What a deal with it may be worth.
    pub estimated_value: Option<Money>,
    /// The day on which a deal may be won.
    pub expected_close_date: Option<NaiveDate>,
    /// Why it was lost, for example `no_budget`, `timing` or `no_answer`; your company can use its own words. Only lost leads
    /// have a reason, and some statuses demand one.
    #[cfg_attr(feature = "openapi", schema(example = "no_budget", max_length = 64))]
    pub lost_reason: Option<String>,
    /// What is to be said of the loss; only of lost leads.
    #[cfg_attr(feature = "openapi", schema(max_length = 2000))]
    pub lost_notes: Option<String>,
    /// Whether it must not be called; false if absent.
    pub do_not_call: Option<bool>,
    /// Whether no e-mail must be sent to it; false if absent.
    pub do_not_email: Option<bool>,
    /// The ids of the lead in other systems; at most 20.
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub external_refs: Option<Vec<ExternalRef>>,
    /// Custom fields of your company, those of customers; up to 16 KiB of JSON. What is required of customers is not
    /// required of leads.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>, example = json!({"tier": "gold"})))]
    pub custom_fields: Option<Map<String, Value>>,
    /// Metadata of programs; up to 16 KiB of JSON.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>, example = json!({})))]
    pub metadata: Option<Map<String, Value>>,
    /// Whether the lead is hidden from lists.
    pub is_archived: Option<bool>,
}

impl NewLead {
    /// The writable fields by their JSON names. A PUT requires all of them but [`Self::LATER_FIELDS`].
    pub const FIELDS: &'static [&'static str] = &[
        "kind",
        "name",
        "salutation",
        "firstName",
        "lastName",
        "email",
        "phone",
        "organizationName",
        "jobTitle",
        "language",
        "timeZone",
        "industry",
        "employeeBand",
        "annualRevenue",
        "website",
        "address",
        "addressLine2",
        "city",
        "state",
        "zipCode",
        "country",
        "emails",
        "phones",
        "addresses",
        "description",
        "status",
        "statusReason",
        "source",
        "sourceDetail",
        "utm",
        "referredBy",
        "rating",
        "priority",
        "ownerId",
        "estimatedValue",
        "expectedCloseDate",
        "lostReason",
        "lostNotes",
        "doNotCall",
        "doNotEmail",
        "externalRefs",
        "customFields",
        "metadata",
        "isArchived",
    ];

    /// Writable fields that a PUT may leave out: the entries are kept, and the flat fields change the primary ones.
    pub const LATER_FIELDS: &'static [&'static str] = &["emails", "phones", "addresses"];

    /// The fields of a [`Lead`](super::Lead) that a PUT ignores.
    pub const READ_ONLY: &'static [&'static str] = &[
        "id",
        "version",
        "phoneE164",
        "countryCode",
        "statusName",
        "statusType",
        "statusChangedAt",
        "owner",
        "assignedAt",
        "score",
        "assignedByRule",
        "respondBy",
        "firstRespondedAt",
        "responseState",
        "tags",
        "lastContactAt",
        "nextFollowUpAt",
        "conversion",
        "createdAt",
        "updatedAt",
        "createdBy",
        "updatedBy",
        "deletedAt",
    ];

    /// A person.
    pub fn person(first_name: impl Into<String>, last_name: impl Into<String>) -> Self {
        Self {
            kind: Some(CustomerKind::Person),
            first_name: Some(first_name.into()),
            last_name: Some(last_name.into()),
            ..Self::default()
        }
    }

    /// An organization.
    pub fn organization(name: impl Into<String>) -> Self {
        Self { kind: Some(CustomerKind::Organization), name: Some(name.into()), ..Self::default() }
    }
}
