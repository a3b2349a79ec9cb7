//! What a customer is.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;
use validator::Validate;

use super::contact_points::{CustomerAddress, CustomerEmail, CustomerPhone};
use crate::base::ids::{CustomerId, UserId};
use crate::base::money::Money;
use crate::base::string_enum::string_enum;
use crate::scope::actor::ActorRef;
use crate::tags::CustomerTag;
use crate::users::UserRef;

string_enum! {
    /// Whether a customer is a person or an organization.
    #[derive(Default)]
    CustomerKind {
        /// A person.
        #[default]
        Person = "person",
        /// A company, an authority, a club.
        Organization = "organization",
    }
}

string_enum! {
    /// Where a customer stands.
    #[derive(Default)]
    CustomerStatus {
        /// Not yet a customer.
        #[default]
        Prospect = "prospect",
        /// Buys.
        Active = "active",
        /// Bought once.
        Inactive = "inactive",
        /// Must not be sold to.
        Blocked = "blocked",
    }
}

string_enum! {
    /// How far a customer has come with the company.
    LifecycleStage {
        /// Reads what the company publishes.
        Subscriber = "subscriber",
        /// Has shown interest.
        Lead = "lead",
        /// Fits what the company sells.
        MarketingQualified = "marketing_qualified" | "marketingqualifiedlead" | "mql",
        /// Is worth a talk.
        SalesQualified = "sales_qualified" | "salesqualifiedlead" | "sql",
        /// Is in a deal.
        Opportunity = "opportunity",
        /// Has bought.
        Customer = "customer",
        /// Recommends the company.
        Evangelist = "evangelist",
        /// None of these.
        Other = "other",
    }
}

string_enum! {
    /// How many people an organization employs.
    EmployeeBand {
        /// Up to 10.
        #[cfg_attr(feature = "openapi", schema(rename = "1_10"))]
        UpTo10 = "1_10",
        /// 11 to 50.
        #[cfg_attr(feature = "openapi", schema(rename = "11_50"))]
        UpTo50 = "11_50",
        /// 51 to 200.
        #[cfg_attr(feature = "openapi", schema(rename = "51_200"))]
        UpTo200 = "51_200",
        /// 201 to 500.
        #[cfg_attr(feature = "openapi", schema(rename = "201_500"))]
        UpTo500 = "201_500",
        /// 501 to 1,000.
        #[cfg_attr(feature = "openapi", schema(rename = "501_1000"))]
        UpTo1000 = "501_1000",
        /// 1,001 to 5,000.
        #[cfg_attr(feature = "openapi", schema(rename = "1001_5000"))]
        UpTo5000 = "1001_5000",
        /// 5,001 to 10,000.
        #[cfg_attr(feature = "openapi", schema(rename = "5001_10000"))]
        UpTo10000 = "5001_10000",
        /// More than 10,000.
        #[cfg_attr(feature = "openapi", schema(rename = "10001_plus"))]
        Over10000 = "10001_plus" | "10001+" | "10000+",
    }
}

/// What a record is called in another system. That of a customer is unique in the company for each system.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExternalRef {
    /// The other system, for instance `erp`; up to 64 characters.
    #[validate(length(min = 1, max = 64))]
    #[cfg_attr(feature = "openapi", schema(example = "erp", min_length = 1, max_length = 64))]
    pub system: String,
    /// The id there; up to 255 characters.
    #[validate(length(min = 1, max = 255))]
    #[cfg_attr(feature = "openapi", schema(example = "D-10042", min_length = 1, max_length = 255))]
    pub id: String,
}

/// A customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Customer {
    /// The id.
    pub id: CustomerId,
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
    /// A person's middle names.
    pub middle_name: Option<String>,
    /// A person's last name.
    pub last_name: Option<String>,
    /// What follows a person's name, for instance `Jr.`.
    pub name_suffix: Option<String>,
    /// The primary e-mail address, in lower case.
    pub email: Option<String>,
    /// The primary telephone number as typed.
    pub phone: Option<String>,
    /// The telephone number in the international form (E.164), where it makes a valid one.
    #[serde(rename = "phoneE164")]
    pub phone_e164: Option<String>,
    /// A person's employer: the name of the primary organization where there is one, and free text otherwise.
    pub organization_name: Option<String>,
    /// A person's primary organization: the other end of their primary link. It may be in the trash.
    pub organization_id: Option<CustomerId>,
    /// An organization's parent organization. It may be in the trash.
    pub parent_id: Option<CustomerId>,
    /// What a person does there.
    pub job_title: Option<String>,
    /// The department that a person works in.
    pub department: Option<String>,
    /// A person's date of birth.
    pub birth_date: Option<NaiveDate>,
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
    /// The tax or VAT number.
    pub tax_id: Option<String>,
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
    /// Where the customer stands.
    pub status: CustomerStatus,
    /// How far the customer has come with your company.
    pub lifecycle_stage: Option<LifecycleStage>,
    /// What the customer is to your company, for instance `partner` or `supplier`.
    pub relationship: Option<String>,
    /// The user who looks after the customer.
    pub owner_id: Option<UserId>,
    /// The same user with their name.
    pub owner: Option<UserRef>,
    /// Where the customer came from, for instance `referral` or `Web site`.
    pub source: Option<String>,
    /// When the customer was added to the system that it was imported from.
    pub source_created_at: Option<DateTime<Utc>>,
    /// What is worth knowing at first sight.
    pub description: Option<String>,
    /// What the customer is called in other systems.
    pub external_refs: Vec<ExternalRef>,
    /// The customer's tags, by name. They are added and removed one by one, and do not count as writes of the customer.
    pub tags: Vec<CustomerTag>,
    /// The time of the last contact: of the latest completed interaction that you may see.
    pub last_contact_at: Option<DateTime<Utc>>,
    /// The time of the next follow-up: of the earliest open interaction or pending reminder that you may see. It can have
    /// passed.
    pub next_follow_up_at: Option<DateTime<Utc>>,
    /// Fields of the company's own; up to 16 KiB of JSON.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub custom_fields: Map<String, Value>,
    /// Data that programs keep with the customer; up to 16 KiB of JSON.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub metadata: Map<String, Value>,
    /// True if the customer is hidden from lists.
    pub is_archived: bool,
    /// When the customer was added.
    pub created_at: DateTime<Utc>,
    /// When the customer was last written.
    pub updated_at: DateTime<Utc>,
    /// Who added the customer.
    pub created_by: ActorRef,
    /// Who wrote the customer last.
    pub updated_by: ActorRef,
    /// When the customer was put into the trash.
    pub deleted_at: Option<DateTime<Utc>>,
    /// What was put into the trash together comes back together.
    #[serde(skip)]
    pub(crate) delete_batch_id: Option<Uuid>,
    /// The row is a lead: it has a time of deletion, and is in no list of customers.
    #[serde(skip)]
    pub(crate) is_lead: bool,
    /// What makes the e-mail address unique, as it is stored; see [`Customer::set_unique_email_key`].
    #[serde(skip)]
    pub(crate) email_key: Option<String>,
}

impl Customer {
    /// The fields that are no part of history: those of the envelope, and what is derived from others.
    pub(super) const UNTRACKED: &'static [&'static str] = &[
        "id",
        "version",
        "phoneE164",
        "countryCode",
        "owner",
        "tags",
        "lastContactAt",
        "nextFollowUpAt",
        "createdAt",
        "updatedAt",
        "createdBy",
        "updatedBy",
        "deletedAt",
    ];

    /// A customer with nothing in it but an id.
    pub(super) fn blank(id: CustomerId, now: DateTime<Utc>, by: ActorRef) -> Self {
        Self {
            id,
            version: 1,
            kind: CustomerKind::default(),
            name: String::new(),
            salutation: None,
            first_name: None,
            middle_name: None,
            last_name: None,
            name_suffix: None,
            email: None,
            phone: None,
            phone_e164: None,
            organization_name: None,
            organization_id: None,
            parent_id: None,
            job_title: None,
            department: None,
            birth_date: None,
            language: None,
            time_zone: None,
            industry: None,
            employee_band: None,
            annual_revenue: None,
            tax_id: None,
            website: None,
            address: None,
            address_line2: None,
            city: None,
            state: None,
            zip_code: None,
            country: None,
            country_code: None,
            emails: Vec::new(),
            phones: Vec::new(),
            addresses: Vec::new(),
            status: CustomerStatus::default(),
            lifecycle_stage: None,
            relationship: None,
            owner_id: None,
            owner: None,
            source: None,
            source_created_at: None,
            description: None,
            external_refs: Vec::new(),
            tags: Vec::new(),
            last_contact_at: None,
            next_follow_up_at: None,
            custom_fields: Map::new(),
            metadata: Map::new(),
            is_archived: false,
            created_at: now,
            updated_at: now,
            created_by: by.clone(),
            updated_by: by,
            deleted_at: None,
            delete_batch_id: None,
            is_lead: false,
            email_key: None,
        }
    }

    /// True if the customer is in the trash.
    #[must_use]
    pub const fn is_trashed(&self) -> bool {
        self.deleted_at.is_some()
    }
}
