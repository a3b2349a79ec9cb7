//! The e-mail addresses, telephone numbers and postal addresses of a customer.

use serde::{Deserialize, Deserializer, Serialize};
use validator::{Validate, ValidationError};

use crate::base::string_enum::string_enum;
use crate::base::text::is_email;
use crate::base::validation::invalid;

string_enum! {
    /// What an e-mail address or telephone number is for.
    ContactLabel {
        /// At work.
        Work = "work",
        /// At home.
        Home = "home",
        /// A mobile telephone.
        Mobile = "mobile",
        /// The switchboard or shared mailbox of the office.
        Office = "office",
        /// A fax machine.
        Fax = "fax",
        /// Something else.
        Other = "other",
    }
}

string_enum! {
    /// What a postal address is for.
    #[derive(Default)]
    AddressKind {
        /// Invoices go there.
        Billing = "billing",
        /// Goods go there.
        Shipping = "shipping",
        /// The customer works there.
        Office = "office",
        /// The customer lives there.
        Home = "home",
        /// Something else, or not known.
        #[default]
        Other = "other",
    }
}

/// An e-mail address of a customer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomerEmail {
    /// The address; stored in lower case with a readable domain.
    #[validate(length(min = 1, max = 254), custom(function = email))]
    #[cfg_attr(feature = "openapi", schema(example = "ann.lee@example.com", min_length = 1, max_length = 254))]
    pub address: String,
    /// What it is for.
    pub label: Option<ContactLabel>,
    /// Whether it is the customer's `email`. Answers always tell. Of a list in which nothing is `true`, the first that is
    /// not `false` becomes the primary one.
    pub is_primary: Option<bool>,
    /// Whether messages to it come back.
    #[serde(default)]
    pub is_invalid: bool,
    /// Whether the customer wants no advertising there.
    #[serde(default)]
    pub is_opted_out: bool,
}

/// A telephone number of a customer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomerPhone {
    /// The number as typed, in any notation.
    #[validate(length(min = 1, max = 40))]
    #[cfg_attr(feature = "openapi", schema(example = "+1 212 555 2368", min_length = 1, max_length = 40))]
    pub number: String,
    /// The number in the international form (E.164), where it makes a valid one. Derived: ignored in requests.
    #[cfg_attr(feature = "openapi", schema(example = "+12125552368", read_only))]
    pub e164: Option<String>,
    /// What it is for.
    pub label: Option<ContactLabel>,
    /// Whether it is the customer's `phone`. Answers always tell. Of a list in which nothing is `true`, the first that is
    /// not `false` becomes the primary one.
    pub is_primary: Option<bool>,
    /// Whether nobody can be reached there.
    #[serde(default)]
    pub is_invalid: bool,
    /// Whether the customer wants no advertising there.
    #[serde(default)]
    pub is_opted_out: bool,
}

/// A postal address of a customer. At least one of its parts has a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomerAddress {
    /// What it is for; `other` if absent.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(required = false))]
    pub kind: AddressKind,
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
    /// The country's ISO 3166-1 alpha-2 code, where it could be told. Derived: ignored in requests.
    #[cfg_attr(feature = "openapi", schema(example = "US", read_only))]
    pub country_code: Option<String>,
    /// Whether it is the customer's flat address. Answers always tell. Of a list in which nothing is `true`, the first that
    /// is not `false` becomes the primary one.
    pub is_primary: Option<bool>,
}

impl CustomerEmail {
    /// An address without a label.
    pub fn new(address: impl Into<String>) -> Self {
        Self { address: address.into(), ..Self::default() }
    }
}

impl CustomerPhone {
    /// A number without a label.
    pub fn new(number: impl Into<String>) -> Self {
        Self { number: number.into(), ..Self::default() }
    }
}

/// An e-mail address, or nothing.
pub(in super::super) fn email(address: &str) -> Result<(), ValidationError> {
    // Without any text, another rule is broken.
    if address.is_empty() || is_email(address) {
        return Ok(());
    }
    Err(invalid("email_invalid", "expected an e-mail address such as ann@example.com"))
}

/// `null` means that there is none; an absent list says nothing.
pub(in super::super) fn none_if_null<'de, D, T>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(|list| Some(list.unwrap_or_default()))
}
