//! What a lead is.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use validator::Validate;

use crate::base::ids::{CustomerId, DealId, LeadId, UserId};
use crate::base::money::Money;
use crate::base::string_enum::string_enum;
use crate::customers::{CustomerAddress, CustomerEmail, CustomerKind, CustomerPhone, EmployeeBand, ExternalRef};
use crate::lead_assignment_rules::LeadRuleRef;
use crate::lead_statuses::LeadStatusType;
use crate::scope::actor::ActorRef;
use crate::tags::CustomerTag;
use crate::users::UserRef;

pub use crate::base::lead_rating::LeadRating;

string_enum! {
    /// How it stands with the first response to a lead.
    LeadResponseState {
        /// It is still to come.
        FirstResponseDue = "first_response_due",
        /// It did not come in time.
        Failed = "failed",
        /// It came in time.
        Fulfilled = "fulfilled",
    }
}

string_enum! {
    /// What the conversion of a lead has to do with the deal that it names.
    LeadDealLink {
        /// It has added the deal.
        Added = "added",
        /// The deal was there, and the customer has become one of its contacts.
        Joined = "joined",
        /// The deal was there, and was the customer's already.
        Named = "named",
    }
}

/// The marks of the campaign that brought a lead, as its links carried them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeadUtm {
    /// The site that sent the visitor (`utm_source`).
    #[validate(length(max = 255))]
    #[cfg_attr(feature = "openapi", schema(example = "newsletter", max_length = 255))]
    pub source: Option<String>,
    /// The kind of link (`utm_medium`).
    #[validate(length(max = 255))]
    #[cfg_attr(feature = "openapi", schema(example = "email", max_length = 255))]
    pub medium: Option<String>,
    /// The campaign (`utm_campaign`).
    #[validate(length(max = 255))]
    #[cfg_attr(feature = "openapi", schema(example = "spring", max_length = 255))]
    pub campaign: Option<String>,
    /// The words that were searched for (`utm_term`).
    #[validate(length(max = 255))]
    #[cfg_attr(feature = "openapi", schema(max_length = 255))]
    pub term: Option<String>,
    /// What of the page was followed (`utm_content`).
    #[validate(length(max = 255))]
    #[cfg_attr(feature = "openapi", schema(max_length = 255))]
    pub content: Option<String>,
}

/// What became of a lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct LeadConversion {
    /// When it was converted.
    pub at: DateTime<Utc>,
    /// Who converted it.
    pub by: ActorRef,
    /// The customer: with the id of the lead if it is a new one.
    pub customer_id: CustomerId,
    /// Whether the customer was there before, so that the lead was merged into it.
    pub is_merged: bool,
    /// The organization that the person was linked with.
    pub organization_id: Option<CustomerId>,
    /// The deal that was added, or that it belongs to.
    pub deal_id: Option<DealId>,
    /// What the conversion has to do with this deal.
    #[serde(default)]
    pub deal_link: Option<LeadDealLink>,
    /// Until when it can be taken back.
    pub revertible_until: DateTime<Utc>,
}

/// A lead. Of a converted one that became a new customer, the fields that customers have as well are the customer's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Lead {
    /// The id: that of the customer, if it becomes one.
    pub id: LeadId,
    /// Counts the writes, from 1; part of the ETag.
    pub version: i64,
    /// Person or organization.
    pub kind: CustomerKind,
    /// The name; a person's is made of its parts where it was not given.
    pub name: String,
    /// How a person is addressed, for instance `Ms.` or `Dr.`.
    pub salutation: Option<String>,
    /// A person's first name.
    pub first_name: Option<String>,
    /// A person's last name.
    pub last_name: Option<String>,
    /// The primary e-mail address, in lower case.
    pub email: Option<String>,
    /// The primary telephone number as typed.
    pub phone: Option<String>,
    /// The telephone number in the international form (E.164), where it makes a valid one.
    #[serde(rename = "phoneE164")]
    pub phone_e164: Option<String>,
    /// The organization that a person works for, as text.
    pub organization_name: Option<String>,
    /// What a person does there.
    pub job_title: Option<String>,
    /// The language to write in (BCP 47).
    pub language: Option<String>,
    /// The time zone (IANA).
    pub time_zone: Option<String>,
    /// The industry.
    pub industry: Option<String>,
    /// How many people an organization employs.
    pub employee_band: Option<EmployeeBand>,
    /// The revenue of a year.
    pub annual_revenue: Option<Money>,
    /// The website as typed.
    pub website: Option<String>,
    /// Street and number of the primary address.
    pub address: Option<String>,
    /// Floor, building, care of.
    pub address_line2: Option<String>,
    /// The city.
    pub city: Option<String>,
    /// The state, province or region.
    pub state: Option<String>,
    /// The postal code.
    pub zip_code: Option<String>,
    /// The country as typed.
    pub country: Option<String>,
    /// The country's ISO 3166-1 alpha-2 code, where it could be told.
    pub country_code: Option<String>,
    /// All e-mail addresses, in the order of their use; at most one is the primary one.
    pub emails: Vec<CustomerEmail>,
    /// All telephone numbers; at most one is the primary one.
    pub phones: Vec<CustomerPhone>,
    /// All postal addresses; at most one is the primary one.
    pub addresses: Vec<CustomerAddress>,
    /// What is worth knowing at first sight.
    pub description: Option<String>,
    /// The code of its status.
    pub status: String,
    /// The name of the status.
    pub status_name: String,
    /// What the status says of the lead.
    pub status_type: LeadStatusType,
    /// When it got this status.
    pub status_changed_at: DateTime<Utc>,
    /// Why it has this status.
    pub status_reason: Option<String>,
    /// Where it came from, for instance `referral` or `Web site`.
    pub source: Option<String>,
    /// More on where it came from: the page, the fair, the list.
    pub source_detail: Option<String>,
    /// The marks of the campaign that brought it.
    pub utm: LeadUtm,
    /// Who recommended your company.
    pub referred_by: Option<String>,
    /// How promising it is.
    pub rating: Option<LeadRating>,
    /// How urgent it is, from 0 to 3.
    pub priority: Option<i64>,
    /// The user who works on it.
    pub owner_id: Option<UserId>,
    /// The same user with their name.
    pub owner: Option<UserRef>,
    /// When it was given to this user.
    pub assigned_at: Option<DateTime<Utc>>,
    /// The rule that has given it to this user; absent if a user has.
    pub assigned_by_rule: Option<LeadRuleRef>,
    /// By when it is to be answered, by the targets of your company when it was added.
    pub respond_by: Option<DateTime<Utc>>,
    /// When it was first answered: by the first completed outgoing call, message or meeting of a user.
    pub first_responded_at: Option<DateTime<Utc>>,
    /// How it stands with that answer; absent if your company had no target for it.
    pub response_state: Option<LeadResponseState>,
    /// What a deal with it may be worth.
    pub estimated_value: Option<Money>,
    /// The day on which a deal may be won.
    pub expected_close_date: Option<NaiveDate>,
    /// Why it was lost, as a word of your company.
    pub lost_reason: Option<String>,
    /// What is to be said of the loss.
    pub lost_notes: Option<String>,
    /// True if it must not be called.
    pub do_not_call: bool,
    /// True if no e-mail must be sent to it.
    pub do_not_email: bool,
    /// How likely it becomes a customer, from 0 to 100, by the rules of your company and by what came of its other leads; 0 where
    /// neither is there. `GET /api/leads/{leadId}/score` tells why.
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 100))]
    pub score: i64,
    /// What it is called in other systems. Leads and customers may repeat each other's.
    pub external_refs: Vec<ExternalRef>,
    /// The lead's tags, by name. They are added and removed one by one, and do not count as writes of the lead.
    pub tags: Vec<CustomerTag>,
    /// The time of the last contact: of the latest completed interaction that you may see.
    pub last_contact_at: Option<DateTime<Utc>>,
    /// The time of the next follow-up that you may see. It can have passed.
    pub next_follow_up_at: Option<DateTime<Utc>>,
    /// Fields of the company's own, those of customers; up to 16 KiB of JSON.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub custom_fields: Map<String, Value>,
    /// Data that programs keep with the lead; up to 16 KiB of JSON.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub metadata: Map<String, Value>,
    /// True if the lead is hidden from lists.
    pub is_archived: bool,
    /// What became of it, once it was converted.
    pub conversion: Option<LeadConversion>,
    /// When the lead was added.
    pub created_at: DateTime<Utc>,
    /// When the lead was last written.
    pub updated_at: DateTime<Utc>,
    /// Who added the lead.
    pub created_by: ActorRef,
    /// Who wrote the lead last.
    pub updated_by: ActorRef,
    /// When the lead was put into the trash.
    pub deleted_at: Option<DateTime<Utc>>,
}

impl Lead {
    /// The fields that are no part of history: those of the envelope, and what is derived from others.
    pub(super) const UNTRACKED: &'static [&'static str] = &[
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
        "createdAt",
        "updatedAt",
        "createdBy",
        "updatedBy",
        "deletedAt",
    ];
}
