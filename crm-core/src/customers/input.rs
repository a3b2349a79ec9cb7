//! The input for customers.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use validator::Validate;

use super::model::{Customer, CustomerKind, CustomerStatus, ExternalRef};
use super::validate;
use crate::base::ids::UserId;
use crate::base::patch::{Patch, apply_fields};
use crate::base::web;

/// A customer to add, or all writable fields of one to replace. An absent or `null` field has no value.
///
/// ```
/// use crm_core::customers::NewCustomer;
///
/// let ann = NewCustomer {
///     email: Some("ann@example.com".into()),
///     organization_name: Some("Lee & Co".into()),
///     ..NewCustomer::person("Ann", "Lee")
/// };
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewCustomer {
    /// Person or organization; a person if absent.
    pub kind: Option<CustomerKind>,
    /// The name. If absent, a person's name is built from its parts.
    #[validate(length(max = 250))]
    #[cfg_attr(feature = "openapi", schema(example = "Ann Lee", max_length = 250))]
    pub name: Option<String>,
    /// A person's first name.
    #[validate(length(max = 120))]
    #[cfg_attr(feature = "openapi", schema(example = "Ann", max_length = 120))]
    pub first_name: Option<String>,
    /// A person's last name.
    #[validate(length(max = 120))]
    #[cfg_attr(feature = "openapi", schema(example = "Lee", max_length = 120))]
    pub last_name: Option<String>,
    /// The e-mail address; stored in lower case with a readable domain. Also accepted as `emailId`.
    #[serde(alias = "emailId")]
    #[validate(length(max = 254), email)]
    #[cfg_attr(feature = "openapi", schema(example = "ann.lee@example.com", max_length = 254))]
    pub email: Option<String>,
    /// The telephone number, in any notation.
    #[validate(length(max = 40))]
    #[cfg_attr(feature = "openapi", schema(example = "+1 212 555 2368", max_length = 40))]
    pub phone: Option<String>,
    /// A person's employer. Also accepted as `company`.
    #[serde(alias = "company")]
    #[validate(length(max = 250))]
    #[cfg_attr(feature = "openapi", schema(example = "Lee & Co", max_length = 250))]
    pub organization_name: Option<String>,
    /// A person's job title.
    #[validate(length(max = 120))]
    #[cfg_attr(feature = "openapi", schema(example = "Purchasing manager", max_length = 120))]
    pub job_title: Option<String>,
    /// The website: an address with `http` or `https`, or `host[:port][/path]`.
    #[validate(length(max = 2048), custom(function = web::site))]
    #[cfg_attr(feature = "openapi", schema(example = "https://lee.example.com", max_length = 2048))]
    pub website: Option<String>,
    /// Street and number.
    #[validate(length(max = 250))]
    #[cfg_attr(feature = "openapi", schema(example = "12 Harbour Street", max_length = 250))]
    pub address: Option<String>,
    /// Floor, building or care of.
    #[validate(length(max = 250))]
    #[cfg_attr(feature = "openapi", schema(example = "3rd floor", max_length = 250))]
    pub address_line2: Option<String>,
    /// The city.
    #[validate(length(max = 120))]
    #[cfg_attr(feature = "openapi", schema(example = "Boston", max_length = 120))]
    pub city: Option<String>,
    /// The state, province or region.
    #[validate(length(max = 120))]
    #[cfg_attr(feature = "openapi", schema(example = "Massachusetts", max_length = 120))]
    pub state: Option<String>,
    /// The postal code.
    #[validate(length(max = 20))]
    #[cfg_attr(feature = "openapi", schema(example = "02110", max_length = 20))]
    pub zip_code: Option<String>,
    /// The country, by name or ISO 3166-1 code.
    #[validate(length(max = 120))]
    #[cfg_attr(feature = "openapi", schema(example = "United States", max_length = 120))]
    pub country: Option<String>,
    /// The status; `prospect` if absent.
    pub status: Option<CustomerStatus>,
    /// The owner.
    pub owner_id: Option<UserId>,
    /// The source, for example `referral` or `web_site`; your company can use its own words.
    #[validate(length(max = 64))]
    #[cfg_attr(feature = "openapi", schema(example = "referral", max_length = 64))]
    pub source: Option<String>,
    /// The ids of the customer in other systems; at most 20.
    #[validate(length(max = 20), nested)]
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub external_refs: Option<Vec<ExternalRef>>,
    /// Custom fields of your company; up to 16 KiB of JSON.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>, example = json!({"tier": "gold"})))]
    pub custom_fields: Option<Map<String, Value>>,
    /// Metadata of programs; up to 16 KiB of JSON.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>, example = json!({})))]
    pub metadata: Option<Map<String, Value>>,
    /// Whether the customer is hidden from lists.
    pub is_archived: Option<bool>,
}

impl NewCustomer {
    /// The writable fields by their JSON names. A PUT requires all of them.
    pub const FIELDS: &'static [&'static str] = &[
        "kind",
        "name",
        "firstName",
        "lastName",
        "email",
        "phone",
        "organizationName",
        "jobTitle",
        "website",
        "address",
        "addressLine2",
        "city",
        "state",
        "zipCode",
        "country",
        "status",
        "ownerId",
        "source",
        "externalRefs",
        "customFields",
        "metadata",
        "isArchived",
    ];

    /// The fields of a [`Customer`] that a PUT ignores.
    pub const READ_ONLY: &'static [&'static str] = &[
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

impl From<&Customer> for NewCustomer {
    /// The input that would produce this customer.
    fn from(customer: &Customer) -> Self {
        let customer = customer.clone();
        Self {
            kind: Some(customer.kind),
            name: Some(customer.name),
            first_name: customer.first_name,
            last_name: customer.last_name,
            email: customer.email,
            phone: customer.phone,
            organization_name: customer.organization_name,
            job_title: customer.job_title,
            website: customer.website,
            address: customer.address,
            address_line2: customer.address_line2,
            city: customer.city,
            state: customer.state,
            zip_code: customer.zip_code,
            country: customer.country,
            status: Some(customer.status),
            owner_id: customer.owner_id,
            source: customer.source,
            external_refs: Some(customer.external_refs),
            custom_fields: Some(customer.custom_fields),
            metadata: Some(customer.metadata),
            is_archived: Some(customer.is_archived),
        }
    }
}

/// A change of a customer (RFC 7396): absent fields stay unchanged, `null` clears a field. `customFields` and
/// `metadata` are merged member by member; `externalRefs` are replaced as a whole.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomerPatch {
    /// Person or organization.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<CustomerKind>))]
    pub kind: Patch<CustomerKind>,
    /// The name; `null` builds a person's name from its parts.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 250))]
    pub name: Patch<String>,
    /// A person's first name.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 120))]
    pub first_name: Patch<String>,
    /// A person's last name.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 120))]
    pub last_name: Patch<String>,
    /// The e-mail address; stored in lower case with a readable domain. Also accepted as `emailId`.
    #[serde(default, alias = "emailId")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 254))]
    pub email: Patch<String>,
    /// The telephone number, in any notation.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 40))]
    pub phone: Patch<String>,
    /// A person's employer. Also accepted as `company`.
    #[serde(default, alias = "company")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 250))]
    pub organization_name: Patch<String>,
    /// A person's job title.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 120))]
    pub job_title: Patch<String>,
    /// The website: an address with `http` or `https`, or `host[:port][/path]`.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 2048))]
    pub website: Patch<String>,
    /// Street and number.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 250))]
    pub address: Patch<String>,
    /// Floor, building or care of.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 250))]
    pub address_line2: Patch<String>,
    /// The city.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 120))]
    pub city: Patch<String>,
    /// The state, province or region.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 120))]
    pub state: Patch<String>,
    /// The postal code.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 20))]
    pub zip_code: Patch<String>,
    /// The country, by name or ISO 3166-1 code.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 120))]
    pub country: Patch<String>,
    /// The status.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<CustomerStatus>))]
    pub status: Patch<CustomerStatus>,
    /// The owner; `null` for no owner.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<UserId>))]
    pub owner_id: Patch<UserId>,
    /// The source.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, max_length = 64))]
    pub source: Patch<String>,
    /// The ids of the customer in other systems; replaces all.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<ExternalRef>>, max_items = 20))]
    pub external_refs: Patch<Vec<ExternalRef>>,
    /// Custom fields of your company, merged member by member; `null` removes a member.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub custom_fields: Patch<Map<String, Value>>,
    /// Metadata of programs, merged member by member.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Object>))]
    pub metadata: Patch<Map<String, Value>>,
    /// Whether the customer is hidden from lists.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<bool>))]
    pub is_archived: Patch<bool>,
}

impl CustomerPatch {
    /// The customer after the change.
    pub(super) fn apply(self, customer: &Customer) -> NewCustomer {
        let mut draft = NewCustomer::from(customer);
        // A name that was built from its parts changes with them.
        if self.name.is_absent() && validate::name_of_parts(&draft).as_ref() == draft.name.as_ref() {
            draft.name = None;
        }
        apply_fields!(self => draft:
            kind, name, first_name, last_name, email, phone, organization_name, job_title, website, address,
            address_line2, city, state, zip_code, country, status, owner_id, source, external_refs, is_archived;
            custom_fields, metadata
        );
        custom_fields.merge_into(&mut draft.custom_fields);
        metadata.merge_into(&mut draft.metadata);
        draft
    }
}
