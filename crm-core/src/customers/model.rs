//! What a customer is.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;
use validator::Validate;

use crate::base::ids::{CustomerId, UserId};
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

/// What a customer is called in another system. Unique in the company for each system.
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
    /// A person's first name.
    pub first_name: Option<String>,
    /// A person's last name.
    pub last_name: Option<String>,
    /// The e-mail address, in lower case.
    pub email: Option<String>,
    /// The telephone number as typed.
    pub phone: Option<String>,
    /// The telephone number in the international form (E.164), where it makes a valid one.
    #[serde(rename = "phoneE164")]
    pub phone_e164: Option<String>,
    /// A person's employer.
    pub organization_name: Option<String>,
    /// What a person does there.
    pub job_title: Option<String>,
    /// The website as typed.
    pub website: Option<String>,
    /// Street and number.
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
    /// Where the customer stands.
    pub status: CustomerStatus,
    /// The user who looks after the customer.
    pub owner_id: Option<UserId>,
    /// The same user with their name.
    pub owner: Option<UserRef>,
    /// Where the customer came from, for instance `referral` or `web_site`.
    pub source: Option<String>,
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
    /// What makes the e-mail address unique, as it is stored; see [`Customer::set_unique_email_key`].
    #[serde(skip)]
    pub(crate) email_key: Option<String>,
}

impl Customer {
    /// A customer with nothing in it but an id.
    pub(super) fn blank(id: CustomerId, now: DateTime<Utc>, by: ActorRef) -> Self {
        Self {
            id,
            version: 1,
            kind: CustomerKind::default(),
            name: String::new(),
            first_name: None,
            last_name: None,
            email: None,
            phone: None,
            phone_e164: None,
            organization_name: None,
            job_title: None,
            website: None,
            address: None,
            address_line2: None,
            city: None,
            state: None,
            zip_code: None,
            country: None,
            country_code: None,
            status: CustomerStatus::default(),
            owner_id: None,
            owner: None,
            source: None,
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
            email_key: None,
        }
    }

    /// True if the customer is in the trash.
    #[must_use]
    pub const fn is_trashed(&self) -> bool {
        self.deleted_at.is_some()
    }
}
