//! The input for customers.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use validator::Validate;

use super::contact_points::{self, CustomerAddress, CustomerEmail, CustomerPhone};
use super::model::{Customer, CustomerKind, CustomerStatus, EmployeeBand, ExternalRef, LifecycleStage};
use super::validate;
use crate::base::ids::UserId;
use crate::base::money::Money;
use crate::base::patch::{Patch, apply_fields, patch};
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
    /// How a person is addressed, for example `Ms.` or `Dr.`.
    #[validate(length(max = 40))]
    #[cfg_attr(feature = "openapi", schema(example = "Ms.", max_length = 40))]
    pub salutation: Option<String>,
    /// A person's first name.
    #[validate(length(max = 120))]
    #[cfg_attr(feature = "openapi", schema(example = "Ann", max_length = 120))]
    pub first_name: Option<String>,
    /// A person's middle names.
    #[validate(length(max = 120))]
    #[cfg_attr(feature = "openapi", schema(example = "Marie", max_length = 120))]
    pub middle_name: Option<String>,
    /// A person's last name.
    #[validate(length(max = 120))]
    #[cfg_attr(feature = "openapi", schema(example = "Lee", max_length = 120))]
    pub last_name: Option<String>,
    /// What follows a person's name, for example `Jr.`.
    #[validate(length(max = 40))]
    #[cfg_attr(feature = "openapi", schema(example = "Jr.", max_length = 40))]
    pub name_suffix: Option<String>,
    /// The primary e-mail address; stored in lower case with a readable domain. Also accepted as `emailId`.
    #[serde(alias = "emailId")]
    #[validate(length(max = 254), custom(function = contact_points::email))]
    #[cfg_attr(feature = "openapi", schema(example = "ann.lee@example.com", max_length = 254))]
    pub email: Option<String>,
    /// The primary telephone number, in any notation.
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
    /// The department that a person works in.
    #[validate(length(max = 120))]
    #[cfg_attr(feature = "openapi", schema(example = "Purchasing", max_length = 120))]
    pub department: Option<String>,
    /// A person's date of birth, not before 1800.
    #[validate(custom(function = validate::birth_date))]
    #[cfg_attr(feature = "openapi", schema(example = "1987-10-06"))]
    pub birth_date: Option<NaiveDate>,
    /// The language to write in, as a BCP 47 tag such as `de` or `en-GB`.
    #[cfg_attr(feature = "openapi", schema(example = "en-US", max_length = 35))]
    pub language: Option<String>,
    /// The time zone (IANA), for example `Europe/Berlin`.
    #[cfg_attr(feature = "openapi", schema(example = "America/New_York", max_length = 64))]
    pub time_zone: Option<String>,
    /// The industry.
    #[validate(length(max = 120))]
    #[cfg_attr(feature = "openapi", schema(example = "Shipping", max_length = 120))]
    pub industry: Option<String>,
    /// How many people an organization employs.
    pub employee_band: Option<EmployeeBand>,
    /// The revenue of a year.
    #[validate(nested)]
    pub annual_revenue: Option<Money>,
    /// The tax or VAT number.
    #[validate(length(max = 64))]
    #[cfg_attr(feature = "openapi", schema(example = "DE123456789", max_length = 64))]
    pub tax_id: Option<String>,
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
    /// All e-mail addresses; at most 20. If absent, a PUT keeps them, and changes the primary one to `email`. If both are
    /// given, `email` is the primary one, and is added where the list lacks it.
    #[serde(default, deserialize_with = "contact_points::none_if_null")]
    #[validate(length(max = 20), nested)]
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub emails: Option<Vec<CustomerEmail>>,
    /// All telephone numbers; at most 20. `phone` is the primary one, as with `emails`.
    #[serde(default, deserialize_with = "contact_points::none_if_null")]
    #[validate(length(max = 20), nested)]
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub phones: Option<Vec<CustomerPhone>>,
    /// All postal addresses; at most 20. The flat address is the primary one, as with `emails`.
    #[serde(default, deserialize_with = "contact_points::none_if_null")]
    #[validate(length(max = 20), nested)]
    #[cfg_attr(feature = "openapi", schema(max_items = 20))]
    pub addresses: Option<Vec<CustomerAddress>>,
    /// The status; `prospect` if absent.
    pub status: Option<CustomerStatus>,
    /// How far the customer has come with your company.
    pub lifecycle_stage: Option<LifecycleStage>,
    /// What the customer is to your company, for example `partner`, `supplier` or `press`; your company can use its own
    /// words.
    #[validate(length(max = 64))]
    #[cfg_attr(feature = "openapi", schema(example = "partner", max_length = 64))]
    pub relationship: Option<String>,
    /// The owner.
    pub owner_id: Option<UserId>,
    /// The source, for example `referral` or `Web site`; your company can use its own words. Stored as typed, and compared
    /// without case, accents, hyphens and underscores.
    #[validate(length(max = 64))]
    #[cfg_attr(feature = "openapi", schema(example = "referral", max_length = 64))]
    pub source: Option<String>,
    /// When the customer was added to the system that it was imported from.
    pub source_created_at: Option<DateTime<Utc>>,
    /// What is worth knowing at first sight; several lines.
    #[validate(length(max = 2000))]
    #[cfg_attr(feature = "openapi", schema(example = "Buys for all ports on the east coast.", max_length = 2000))]
    pub description: Option<String>,
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
    /// The writable fields by their JSON names. A PUT requires all of them but [`Self::LATER_FIELDS`].
    pub const FIELDS: &'static [&'static str] = &[
        "kind",
        "name",
        "salutation",
        "firstName",
        "middleName",
        "lastName",
        "nameSuffix",
        "email",
        "phone",
        "organizationName",
        "jobTitle",
        "department",
        "birthDate",
        "language",
        "timeZone",
        "industry",
        "employeeBand",
        "annualRevenue",
        "taxId",
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
        "status",
        "lifecycleStage",
        "relationship",
        "ownerId",
        "source",
        "sourceCreatedAt",
        "description",
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
        "organizationId",
        "parentId",
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
        "possibleDuplicates",
        "deals",
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

macro_rules! later_fields {
    ($($name:literal $field:ident,)+ ; $($list:literal),+) => {
        impl NewCustomer {
            /// Writable fields that came after the first release. One that a PUT leaves out keeps its value, so that
            /// older programs clear nothing.
            pub const LATER_FIELDS: &'static [&'static str] = &[$($name,)+ $($list),+];

            /// Takes over the values of those of [`Self::LATER_FIELDS`] that a replacement leaves out.
            pub(super) fn keep(&mut self, left_out: &[&str], customer: &Customer) {
                let held = Self::from(customer);
                $(if left_out.contains(&$name) {
                    self.$field = held.$field;
                })+
            }
        }
    };
}

later_fields! {
    "salutation" salutation,
    "middleName" middle_name,
    "nameSuffix" name_suffix,
    "department" department,
    "birthDate" birth_date,
    "language" language,
    "timeZone" time_zone,
    "industry" industry,
    "employeeBand" employee_band,
    "annualRevenue" annual_revenue,
    "taxId" tax_id,
    "lifecycleStage" lifecycle_stage,
    "relationship" relationship,
    "sourceCreatedAt" source_created_at,
    "description" description,
    // Without a list, the entries are kept, and the flat fields change the primary ones.
    ; "emails", "phones", "addresses"
}

impl From<&Customer> for NewCustomer {
    /// The input that would produce this customer.
    fn from(customer: &Customer) -> Self {
        let emails = contact_points::further_emails(customer).map(<[_]>::to_vec);
        let phones = contact_points::further_phones(customer).map(<[_]>::to_vec);
        let addresses = contact_points::further_addresses(customer).map(<[_]>::to_vec);
        let customer = customer.clone();
        Self {
            kind: Some(customer.kind),
            name: Some(customer.name),
            salutation: customer.salutation,
            first_name: customer.first_name,
            middle_name: customer.middle_name,
            last_name: customer.last_name,
            name_suffix: customer.name_suffix,
            email: customer.email,
            phone: customer.phone,
            organization_name: customer.organization_name,
            job_title: customer.job_title,
            department: customer.department,
            birth_date: customer.birth_date,
            language: customer.language,
            time_zone: customer.time_zone,
            industry: customer.industry,
            employee_band: customer.employee_band,
            annual_revenue: customer.annual_revenue,
            tax_id: customer.tax_id,
            website: customer.website,
            address: customer.address,
            address_line2: customer.address_line2,
            city: customer.city,
            state: customer.state,
            zip_code: customer.zip_code,
            country: customer.country,
            emails,
            phones,
            addresses,
            status: Some(customer.status),
            lifecycle_stage: customer.lifecycle_stage,
            relationship: customer.relationship,
            owner_id: customer.owner_id,
            source: customer.source,
            source_created_at: customer.source_created_at,
            description: customer.description,
            external_refs: Some(customer.external_refs),
            custom_fields: Some(customer.custom_fields),
            metadata: Some(customer.metadata),
            is_archived: Some(customer.is_archived),
        }
    }
}

patch! {
    /// A change of a customer (RFC 7396): absent fields stay unchanged, `null` clears a field. `customFields` and
    /// `metadata` are merged member by member; the other lists are replaced as a whole.
    CustomerPatch {
        /// Person or organization.
        kind: CustomerKind,
        /// The name; `null` builds a person's name from its parts.
        name: String [max_length = 250],
        /// How a person is addressed, for example `Ms.` or `Dr.`.
        salutation: String [max_length = 40],
        /// A person's first name.
        first_name: String [max_length = 120],
        /// A person's middle names.
        middle_name: String [max_length = 120],
        /// A person's last name.
        last_name: String [max_length = 120],
        /// What follows a person's name, for example `Jr.`.
        name_suffix: String [max_length = 40],
        /// The primary e-mail address; stored in lower case with a readable domain. Also accepted as `emailId`.
        #[serde(alias = "emailId")]
        email: String [max_length = 254],
        /// The primary telephone number, in any notation.
        phone: String [max_length = 40],
        /// A person's employer. Also accepted as `company`.
        #[serde(alias = "company")]
        organization_name: String [max_length = 250],
        /// A person's job title.
        job_title: String [max_length = 120],
        /// The department that a person works in.
        department: String [max_length = 120],
        /// A person's date of birth, not before 1800.
        birth_date: NaiveDate,
        /// The language to write in, as a BCP 47 tag such as `de` or `en-GB`.
        language: String [max_length = 35],
        /// The time zone (IANA), for example `Europe/Berlin`.
        time_zone: String [max_length = 64],
        /// The industry.
        industry: String [max_length = 120],
        /// How many people an organization employs.
        employee_band: EmployeeBand,
        /// The revenue of a year; replaced as a whole.
        annual_revenue: Money,
        /// The tax or VAT number.
        tax_id: String [max_length = 64],
        /// The website: an address with `http` or `https`, or `host[:port][/path]`.
        website: String [max_length = 2048],
        /// Street and number.
        address: String [max_length = 250],
        /// Floor, building or care of.
        address_line2: String [max_length = 250],
        /// The city.
        city: String [max_length = 120],
        /// The state, province or region.
        state: String [max_length = 120],
        /// The postal code.
        zip_code: String [max_length = 20],
        /// The country, by name or ISO 3166-1 code.
        country: String [max_length = 120],
        /// All e-mail addresses; replaces all. Without it, `email` changes the primary one, or makes one of the others
        /// primary.
        emails: Vec<CustomerEmail> [max_items = 20],
        /// All telephone numbers; replaces all. Without it, `phone` does as `email` does.
        phones: Vec<CustomerPhone> [max_items = 20],
        /// All postal addresses; replaces all. Without it, the flat fields do as `email` does.
        addresses: Vec<CustomerAddress> [max_items = 20],
        /// The status.
        status: CustomerStatus,
        /// How far the customer has come with your company.
        lifecycle_stage: LifecycleStage,
        /// What the customer is to your company, for example `partner`, `supplier` or `press`.
        relationship: String [max_length = 64],
        /// The owner; `null` for no owner.
        owner_id: UserId,
        /// The source.
        source: String [max_length = 64],
        /// When the customer was added to the system that it was imported from.
        source_created_at: DateTime<Utc>,
        /// What is worth knowing at first sight; several lines.
        description: String [max_length = 2000],
        /// The ids of the customer in other systems; replaces all.
        external_refs: Vec<ExternalRef> [max_items = 20],
        /// Custom fields of your company, merged member by member; `null` removes a member.
        custom_fields: Map<String, Value> as Object,
        /// Metadata of programs, merged member by member.
        metadata: Map<String, Value> as Object,
        /// Whether the customer is hidden from lists.
        is_archived: bool,
    }
}

impl CustomerPatch {
    /// The custom fields that the change names; `None` for all of them.
    pub(super) fn custom_keys(&self) -> Option<BTreeSet<String>> {
        match &self.custom_fields {
            Patch::Absent => Some(BTreeSet::new()),
            Patch::Clear => None,
            Patch::Set(members) => Some(members.keys().cloned().collect()),
        }
    }

    /// The customer after the change.
    pub(super) fn apply(self, customer: &Customer) -> NewCustomer {
        let mut draft = NewCustomer::from(customer);
        // A name that was built from its parts changes with them.
        if self.name.is_absent() && validate::name_of_parts(&draft).as_ref() == draft.name.as_ref() {
            draft.name = None;
        }
        self.forget_flat(&mut draft);
        apply_fields!(self => draft:
            kind, name, salutation, first_name, middle_name, last_name, name_suffix, email, phone, organization_name,
            job_title, department, birth_date, language, time_zone, industry, employee_band, annual_revenue, tax_id,
            website, address, address_line2, city, state, zip_code, country, status, lifecycle_stage, relationship,
            owner_id, source, source_created_at, description, external_refs, is_archived;
            emails, phones, addresses, custom_fields, metadata
        );
        draft.emails = contact_points::patched(emails);
        draft.phones = contact_points::patched(phones);
        draft.addresses = contact_points::patched(addresses);
        custom_fields.merge_into(&mut draft.custom_fields);
        metadata.merge_into(&mut draft.metadata);
        draft
    }

    /// Where a list is given, the flat fields say only what the patch says.
    fn forget_flat(&self, draft: &mut NewCustomer) {
        if !self.emails.is_absent() {
            draft.email = None;
        }
        if !self.phones.is_absent() {
            draft.phone = None;
        }
        if !self.addresses.is_absent() {
            let NewCustomer { address, address_line2, city, state, zip_code, country, .. } = draft;
            [address, address_line2, city, state, zip_code, country].into_iter().for_each(|part| *part = None);
        }
    }
}
