//! How values are found by an index, and kept apart.

use serde_json::Value;

use super::{CustomFieldType, FieldRules};
use crate::base::hash::stable_hash;
use crate::base::text::fold;

/// How many characters of a text stand in an index.
const MAX_TEXT: usize = 100;

impl CustomFieldType {
    /// Whether lists can be sorted by such values.
    #[must_use]
    pub const fn has_order(self) -> bool {
        !matches!(self, Self::LongText | Self::MultiSelect | Self::Json)
    }

    /// Whether such values are ordered by a number.
    pub(crate) const fn is_numeric(self) -> bool {
        matches!(self, Self::Integer | Self::Decimal | Self::Percent | Self::Rating | Self::Money)
    }

    /// Whether lists can be filtered by an index of the values.
    #[must_use]
    pub const fn can_be_indexed(self) -> bool {
        !matches!(self, Self::LongText | Self::Json)
    }

    /// Whether no two records may have the same value, if that is wished for.
    #[must_use]
    pub const fn can_be_unique(self) -> bool {
        matches!(self, Self::Text | Self::Integer | Self::Url | Self::Email | Self::Phone | Self::User | Self::Customer)
    }
}

/// A value as an index has it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum IndexKey {
    /// The beginning of a text.
    Text(String),
    /// A number, perhaps rounded.
    Number(f64),
}

impl FieldRules {
    /// Whether values have rows beside the records.
    pub const fn has_rows(&self) -> bool {
        self.is_unique || self.is_indexed
    }

    /// The keys of a stored value: one, or one for each chosen option. None for a value of another type.
    pub fn index_keys(&self, value: &Value) -> Vec<IndexKey> {
        use CustomFieldType as T;
        match self.field_type {
            T::LongText | T::Json => Vec::new(),
            T::Integer | T::Decimal | T::Percent | T::Rating => number(value),
            T::Money => number(&value["amount"]),
            T::Boolean => value.as_bool().map(|flag| IndexKey::Text(flag.to_string())).into_iter().collect(),
            T::MultiSelect => value.as_array().into_iter().flatten().flat_map(text).collect(),
            _ => text(value),
        }
    }

    /// What a list is sorted by: a text without case and accents, or a number. None for a value without an order.
    pub fn sort_key(&self, value: &Value) -> Option<IndexKey> {
        if !self.field_type.has_order() {
            return None;
        }
        Some(match self.index_keys(value).into_iter().next()? {
            IndexKey::Text(text) => IndexKey::Text(fold(&text)),
            number @ IndexKey::Number(_) => number,
        })
    }

    /// What is compared with the values of other records: texts without their case, telephone numbers by their digits.
    pub fn unique_key(&self, value: &Value) -> Option<String> {
        if !self.is_unique {
            return None;
        }
        let key = match (self.field_type, value) {
            (CustomFieldType::Integer, Value::Number(number)) => return Some(number.to_string()),
            (CustomFieldType::Phone, Value::String(text)) => text.chars().filter(char::is_ascii_digit).collect(),
            (field_type, Value::String(text)) if field_type.can_be_unique() => text.to_lowercase(),
            _ => return None,
        };
        let start = start_of(&key);
        Some(if start == key { start } else { format!("{start}\n{:016x}", stable_hash(&key)) })
    }
}

fn number(value: &Value) -> Vec<IndexKey> {
    value.as_f64().map(IndexKey::Number).into_iter().collect()
}

fn text(value: &Value) -> Vec<IndexKey> {
    value.as_str().map(|text| IndexKey::Text(start_of(text))).into_iter().collect()
}

fn start_of(text: &str) -> String {
    text.chars().take(MAX_TEXT).collect()
}
