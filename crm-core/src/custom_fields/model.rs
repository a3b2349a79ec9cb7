//! What a definition of a custom field is.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::input::NewCustomField;
use super::{CustomFieldEntity, CustomFieldOption, CustomFieldType};
use crate::base::ids::{CustomFieldId, JobId};
use crate::scope::actor::ActorRef;

/// The definition of a custom field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CustomField {
    /// The id.
    pub id: CustomFieldId,
    /// Counts the writes, from 1; part of the ETag.
    pub version: i64,
    /// The entity whose records have the field.
    pub entity: CustomFieldEntity,
    /// The name of the member of `customFields`.
    pub key: String,
    /// What users see.
    pub label: String,
    /// What the field is for.
    pub description: Option<String>,
    /// The type of its values.
    #[serde(rename = "type")]
    pub field_type: CustomFieldType,
    /// The options of `select` and `multi_select`, in their order.
    pub options: Vec<CustomFieldOption>,
    /// Whether new records need a value.
    pub is_required: bool,
    /// The value of new records that give none.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Value>))]
    pub default: Option<Value>,
    /// The least value: of numbers, of amounts in minor units, of lengths in characters or chosen options.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<f64>))]
    pub minimum: Option<Number>,
    /// The greatest value.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<f64>))]
    pub maximum: Option<Number>,
    /// The regular expression that texts match as a whole.
    pub pattern: Option<String>,
    /// Whether a search finds its values.
    pub is_searchable: bool,
    /// Whether no two customers outside the trash may have the same value.
    pub is_unique: bool,
    /// Whether lists that are filtered by it use an index.
    pub is_indexed: bool,
    /// The job that reads the values that are there already, until it is done: before, filters do not use the index, and
    /// a value may be there that is not found to be taken.
    pub index_job_id: Option<JobId>,
    /// Whether its values are personal data: said to those who use the field. All values are treated alike.
    pub is_personal_data: bool,
    /// The place among the other fields: those with a smaller number come first.
    pub position: i64,
    /// The heading under which forms show it.
    pub group: Option<String>,
    /// True if it asks nothing, and is hidden.
    pub is_archived: bool,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last written.
    pub updated_at: DateTime<Utc>,
    /// Who added it.
    pub created_by: ActorRef,
    /// Who wrote it last.
    pub updated_by: ActorRef,
}

impl CustomField {
    /// The value that a text stands for, as files and forms write it: `12.50 EUR`, `yes`, `gold; vip`. A text that stands for
    /// none stays as it is, so that the write says what is wrong with it.
    #[must_use]
    pub fn value_of_text(&self, text: &str) -> Value {
        NewCustomField::from(self).value_of_text(text)
    }

    /// The text of a value, with the labels of options; [`Self::value_of_text`] reads it.
    #[must_use]
    pub fn text_of_value(&self, value: &Value) -> String {
        NewCustomField::from(self).rules().map(|rules| rules.cell(value)).unwrap_or_default()
    }
}
