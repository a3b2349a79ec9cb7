//! Custom fields as records keep to them: what a definition says of a value. The definitions themselves are the feature
//! `custom_fields`; the scope reads their rules with the company, so that a write costs no statement more.

mod cell;
mod index;
mod value;
mod values;

use std::sync::{Arc, OnceLock};

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::string_enum::string_enum;

pub(crate) use index::IndexKey;
pub(crate) use values::{Demanded, FieldCheck};

/// The rule that a value breaks: its code and its description.
pub(crate) type Fault = (&'static str, String);

pub(crate) fn fault(code: &'static str, detail: impl Into<String>) -> Fault {
    (code, detail.into())
}

/// The maximum size of a compiled pattern, in bytes. Matching takes time linear in the text.
const MAX_COMPILED: usize = 256 * 1024;

string_enum! {
    /// The entity whose records have a custom field.
    #[derive(Default)]
    CustomFieldEntity {
        /// Customers.
        #[default]
        Customer = "customer",
    }
}

string_enum! {
    /// The type of the values of a custom field.
    CustomFieldType {
        /// A text of one line.
        Text = "text",
        /// A text of several lines.
        LongText = "long_text",
        /// A whole number of 64 bits.
        Integer = "integer",
        /// A number with a fraction.
        Decimal = "decimal",
        /// `{"amount": 1250, "currency": "EUR"}`: minor units, and a currency by ISO 4217.
        Money = "money",
        /// A number; `12.5` is 12.5 %.
        Percent = "percent",
        /// `true` or `false`.
        Boolean = "boolean",
        /// A day: `2026-01-31`.
        Date = "date",
        /// A time of day: `09:30`.
        Time = "time",
        /// One of the options.
        Select = "select",
        /// A list of different options.
        MultiSelect = "multi_select",
        /// A web address.
        Url = "url",
        /// An e-mail address.
        Email = "email",
        /// A telephone number.
        Phone = "phone",
        /// The id of a user of the company.
        User = "user",
        /// The id of a customer.
        Customer = "customer",
        /// A whole number from 0 to 5.
        Rating = "rating",
        /// Any JSON.
        Json = "json",
    }
}

impl CustomFieldType {
    /// Whether values are chosen from options.
    #[must_use]
    pub const fn has_options(self) -> bool {
        matches!(self, Self::Select | Self::MultiSelect)
    }

    /// What `minimum` and `maximum` bound; `None` if they bound nothing.
    #[must_use]
    pub const fn bound(self) -> Option<CustomFieldBound> {
        match self {
            Self::Integer | Self::Decimal | Self::Percent | Self::Money => Some(CustomFieldBound::Number),
            Self::Text | Self::LongText | Self::MultiSelect => Some(CustomFieldBound::Length),
            _ => None,
        }
    }

    /// Whether a pattern can be asked for.
    #[must_use]
    pub const fn has_pattern(self) -> bool {
        matches!(self, Self::Text)
    }

    /// Whether values can be searched for: they are texts.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(
            self,
            Self::Text | Self::LongText | Self::Select | Self::MultiSelect | Self::Url | Self::Email | Self::Phone
        )
    }
}

/// What the bounds of a custom field bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CustomFieldBound {
    /// The number; of money its amount in minor units.
    Number,
    /// The number of characters, or of chosen options.
    Length,
}

/// An option of a custom field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomFieldOption {
    /// The value that records keep; up to 100 characters, unique in the field without case and accents.
    #[cfg_attr(feature = "openapi", schema(example = "gold", min_length = 1, max_length = 100))]
    pub value: String,
    /// What users see; the value if absent.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(example = "Gold", max_length = 100))]
    pub label: Option<String>,
    /// True if it cannot be chosen any more. Records that have it keep it.
    #[serde(default)]
    pub is_archived: bool,
}

impl CustomFieldOption {
    /// An option that is shown as its value.
    pub fn new(value: impl Into<String>) -> Self {
        Self { value: value.into(), label: None, is_archived: false }
    }

    /// What users see.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.value)
    }
}

/// What a definition asks of the values of its field.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FieldRules {
    pub entity: CustomFieldEntity,
    pub key: String,
    pub label: String,
    #[serde(rename = "type")]
    pub field_type: CustomFieldType,
    pub options: Vec<CustomFieldOption>,
    pub is_required: bool,
    pub default: Option<Value>,
    pub minimum: Option<f64>,
    pub maximum: Option<f64>,
    pub pattern: Option<String>,
    pub is_searchable: bool,
    pub is_unique: bool,
    pub is_indexed: bool,
    /// Whether all records have their rows.
    pub has_all_rows: bool,
    #[serde(skip)]
    pub compiled: OnceLock<Option<Regex>>,
}

/// A pattern that stands for the whole text.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn compile(pattern: &str) -> Result<Regex, String> {
    let compiled = RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(MAX_COMPILED).build();
    compiled.map_err(|error| match error {
        regex::Error::CompiledTooBig(_) => "the pattern is too large".to_owned(),
        _ => "the pattern is no regular expression".to_owned(),
    })
}

/// The rules of the fields of a company that are not archived, in their order.
#[derive(Clone, Debug, Default)]
pub(crate) struct CompanyFields(Arc<Vec<FieldRules>>);

impl CompanyFields {
    pub fn new(rules: Vec<FieldRules>) -> Self {
        Self(Arc::new(rules))
    }

    /// Those of an entity.
    pub fn of(&self, entity: CustomFieldEntity) -> impl Iterator<Item = &FieldRules> {
        self.0.iter().filter(move |rules| rules.entity == entity)
    }

    /// The field with this key.
    pub fn get(&self, entity: CustomFieldEntity, key: &str) -> Option<&FieldRules> {
        self.of(entity).find(|rules| rules.key == key)
    }
}
