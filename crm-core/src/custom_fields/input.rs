//! The input for custom fields.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};
use validator::Validate;

use super::model::CustomField;
use super::{CustomFieldEntity, CustomFieldOption, CustomFieldType};
use crate::base::custom_field::{FieldRules, compile};
use crate::base::error::Violations;
use crate::base::patch::{apply_fields, patch};
use crate::base::text::{self, Unprintable, fold};
use crate::base::{json, validation};

/// The maximum number of options of a field.
const MAX_OPTIONS: usize = 100;
/// The maximum length of the value and of the label of an option, in characters.
const MAX_OPTION: usize = 100;
/// The maximum length of a key, in characters.
const MAX_KEY: usize = 64;
/// The maximum length of a pattern, in characters.
const MAX_PATTERN: usize = 200;

/// A custom field to add. An absent or `null` field has no value.
///
/// ```
/// use crm_core::custom_fields::{CustomFieldType, NewCustomField};
///
/// let seats = NewCustomField { is_required: Some(true), ..NewCustomField::of(CustomFieldType::Integer, "seats", "Seats") };
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewCustomField {
    /// The entity whose records have the field; `customer` if absent. It cannot be changed later.
    pub entity: Option<CustomFieldEntity>,
    /// The name of the member of `customFields`: a letter, then letters, digits and underscores. It cannot be changed later.
    #[cfg_attr(feature = "openapi", schema(example = "seats", min_length = 1, max_length = 64))]
    pub key: Option<String>,
    /// What users see.
    #[validate(length(max = 100))]
    #[cfg_attr(feature = "openapi", schema(example = "Number of seats", min_length = 1, max_length = 100))]
    pub label: Option<String>,
    /// What the field is for.
    #[validate(length(max = 250))]
    #[cfg_attr(feature = "openapi", schema(example = "Licences in the current contract", max_length = 250))]
    pub description: Option<String>,
    /// The type of its values. It cannot be changed later.
    #[serde(rename = "type")]
    pub field_type: Option<CustomFieldType>,
    /// The options of `select` and `multi_select`, in their order; at most 100.
    #[cfg_attr(feature = "openapi", schema(max_items = 100))]
    pub options: Option<Vec<CustomFieldOption>>,
    /// Whether new records need a value; false if absent.
    pub is_required: Option<bool>,
    /// The value of new records that give none.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Value>))]
    pub default: Option<Value>,
    /// The least value: of `integer`, `decimal` and `percent`, of the amount of `money` in minor units, of the length of
    /// `text` and `long_text`, of the number of options of `multi_select`.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<f64>, example = 1))]
    pub minimum: Option<Number>,
    /// The greatest value.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<f64>, example = 5000))]
    pub maximum: Option<Number>,
    /// The regular expression that a `text` matches as a whole.
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    pub pattern: Option<String>,
    /// Whether a search finds its values, which are texts or options; false if absent. Records that are there already are
    /// found after their next write, or after `crm-http reindex`.
    pub is_searchable: Option<bool>,
    /// Whether no two customers outside the trash may have the same value, whatever the case; for texts of one line,
    /// whole numbers and references. False if absent.
    pub is_unique: Option<bool>,
    /// Whether lists that are filtered by it use an index; not for `long_text` and `json`. False if absent.
    pub is_indexed: Option<bool>,
    /// Whether its values are personal data: said to those who use the field; false if absent.
    pub is_personal_data: Option<bool>,
    /// The place among the other fields, from 0; 0 if absent.
    #[validate(range(min = 0, max = 1_000_000))]
    #[cfg_attr(feature = "openapi", schema(minimum = 0, maximum = 1_000_000))]
    pub position: Option<i64>,
    /// The heading under which forms show it.
    #[validate(length(max = 64))]
    #[cfg_attr(feature = "openapi", schema(example = "Contract", max_length = 64))]
    pub group: Option<String>,
    /// Whether it asks nothing, and is hidden; its values stay. False if absent.
    pub is_archived: Option<bool>,
}

impl NewCustomField {
    /// The read-only fields of a [`CustomField`].
    pub(super) const READ_ONLY: &'static [&'static str] =
        &["id", "version", "createdAt", "updatedAt", "createdBy", "updatedBy"];

    /// A field of customers.
    pub fn of(field_type: CustomFieldType, key: impl Into<String>, label: impl Into<String>) -> Self {
        Self { field_type: Some(field_type), key: Some(key.into()), label: Some(label.into()), ..Self::default() }
    }

    /// The value that a text stands for in this field; see [`CustomField::value_of_text`].
    #[must_use]
    pub fn value_of_text(&self, text: &str) -> Value {
        match self.rules().map(|rules| rules.stored_cell(text)) {
            Some(Ok(value)) => value.unwrap_or_default(),
            _ => text.into(),
        }
    }

    /// Trims all texts, and checks every rule, also against the field as it was.
    pub(super) fn validated(mut self, before: Option<&CustomField>) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        self.normalise(&mut violations);
        if let Some(before) = before {
            self.check_unchanged(before, &mut violations);
        }
        match self.key.as_deref() {
            Some(key) if is_key(key) => {}
            Some(_) => {
                violations.add("/key", "key_invalid", "a letter, then letters, digits and underscores; at most 64");
            }
            None => violations.add("/key", "required", "a custom field needs a key"),
        }
        if self.label.as_deref().is_none_or(|label| fold(label).is_empty()) {
            violations.add("/label", "required", "a custom field needs a label");
        }
        if let Err(errors) = self.validate() {
            validation::collect(&errors, "", &mut violations);
        }
        match self.field_type {
            Some(field_type) => self.check_type(field_type, &mut violations),
            None => violations.add("/type", "required", "a custom field needs a type"),
        }
        violations.into_result()?;
        Ok(self)
    }

    fn normalise(&mut self, violations: &mut Violations) {
        for (field, pointer) in [
            (&mut self.key, "/key"),
            (&mut self.label, "/label"),
            (&mut self.description, "/description"),
            (&mut self.group, "/group"),
            (&mut self.pattern, "/pattern"),
        ] {
            validation::normalise(field, pointer, text::line, violations);
        }
        for bound in [&mut self.minimum, &mut self.maximum] {
            *bound = bound.as_ref().and_then(Number::as_f64).and_then(plain);
        }
        for (index, option) in self.options.iter_mut().flatten().enumerate() {
            match text::line(&option.value) {
                Ok(value) => option.value = value.unwrap_or_default(),
                Err(Unprintable) => {
                    violations.add(format!("/options/{index}/value"), validation::CONTROL.0, validation::CONTROL.1);
                }
            }
            validation::normalise(&mut option.label, &format!("/options/{index}/label"), text::line, violations);
            option.label = option.label.take().filter(|label| *label != option.value);
        }
    }

    /// Records have values of this key and type.
    fn check_unchanged(&self, before: &CustomField, violations: &mut Violations) {
        if self.key.as_ref() != Some(&before.key) {
            violations.add("/key", "immutable", "the key of a custom field cannot be changed");
        }
        if self.field_type != Some(before.field_type) {
            violations.add("/type", "immutable", "the type of a custom field cannot be changed");
        }
    }

    fn check_type(&mut self, field_type: CustomFieldType, violations: &mut Violations) {
        self.check_options(field_type, violations);
        self.check_bounds(field_type, violations);
        if let Some(pattern) = &self.pattern {
            if !field_type.has_pattern() {
                violations.add("/pattern", "unexpected", "only a text has a pattern");
            } else if pattern.chars().count() > MAX_PATTERN {
                violations.add("/pattern", "too_long", format!("at most {MAX_PATTERN} long"));
            } else if let Err(detail) = compile(pattern) {
                violations.add("/pattern", "pattern_invalid", detail);
            }
        }
        if self.is_searchable == Some(true) && !field_type.is_text() {
            violations.add("/isSearchable", "unexpected", "only texts and options can be searched for");
        }
        if self.is_unique == Some(true) && !field_type.can_be_unique() {
            violations.add("/isUnique", "unexpected", format!("values of {field_type} cannot be unique"));
        }
        if self.is_indexed == Some(true) && !field_type.can_be_indexed() {
            violations.add("/isIndexed", "unexpected", format!("there is no index of {field_type}"));
        }
        // What is wrong with the rest would be said again of the default.
        if violations.0.is_empty() {
            self.check_default(violations);
        }
    }

    fn check_options(&self, field_type: CustomFieldType, violations: &mut Violations) {
        let options = self.options.as_deref().unwrap_or_default();
        if !field_type.has_options() {
            if !options.is_empty() {
                violations.add("/options", "unexpected", "only select and multi_select have options");
            }
            return;
        }
        if options.iter().all(|option| option.is_archived) {
            violations.add("/options", "required", "an option that can be chosen is required");
        }
        if options.len() > MAX_OPTIONS {
            return violations.add("/options", "too_long", format!("at most {MAX_OPTIONS} options"));
        }
        for (index, option) in options.iter().enumerate() {
            let value = format!("/options/{index}/value");
            if fold(&option.value).is_empty() {
                violations.add(value.as_str(), "required", "an option needs a value");
            } else if options[..index].iter().any(|other| fold(&other.value) == fold(&option.value)) {
                violations.add(value.as_str(), "duplicate", "the field has this option already");
            }
            let label = format!("/options/{index}/label");
            for (pointer, text) in [(value, Some(&option.value)), (label, option.label.as_ref())] {
                if text.is_some_and(|text| text.chars().count() > MAX_OPTION) {
                    violations.add(pointer, "too_long", format!("at most {MAX_OPTION} long"));
                }
            }
        }
    }

    fn check_bounds(&self, field_type: CustomFieldType, violations: &mut Violations) {
        let bounds = [("/minimum", &self.minimum), ("/maximum", &self.maximum)];
        for (pointer, bound) in bounds {
            let Some(bound) = bound.as_ref().and_then(Number::as_f64) else { continue };
            match field_type.bound() {
                None => violations.add(pointer, "unexpected", format!("values of {field_type} have no bounds")),
                Some(kind) if !kind.allows(bound) => {
                    violations.add(pointer, "out_of_range", "a length is a whole number from 0 to 10000");
                }
                Some(_) => {}
            }
        }
        let [low, high] = bounds.map(|(_, bound)| bound.as_ref().and_then(Number::as_f64));
        if low.zip(high).is_some_and(|(low, high)| low > high) {
            violations.add("/maximum", "out_of_range", "the maximum is less than the minimum");
        }
    }

    /// The default is a value like any other.
    fn check_default(&mut self, violations: &mut Violations) {
        let (Some(default), Some(rules)) = (self.default.take(), self.rules()) else {
            return;
        };
        match rules.stored(&default) {
            Ok(stored) => {
                let mut object = stored.map(|value| [(rules.key, value)].into_iter().collect());
                json::normalise(&mut object, "/default", violations);
                self.default = object.and_then(|members: serde_json::Map<_, _>| members.into_values().next());
            }
            Err((code, detail)) => violations.add("/default", code, detail),
        }
    }

    /// What it asks of values; `None` without key, label or type.
    pub(super) fn rules(&self) -> Option<FieldRules> {
        Some(FieldRules {
            entity: self.entity.unwrap_or_default(),
            key: self.key.clone()?,
            label: self.label.clone()?,
            field_type: self.field_type?,
            options: self.options.clone().unwrap_or_default(),
            is_required: false,
            default: None,
            minimum: self.minimum.as_ref().and_then(Number::as_f64),
            maximum: self.maximum.as_ref().and_then(Number::as_f64),
            pattern: self.pattern.clone(),
            is_searchable: false,
            is_unique: false,
            is_indexed: false,
            has_all_rows: false,
            compiled: OnceLock::new(),
        })
    }

    /// Writes validated input into a custom field.
    pub(super) fn write(self, field: &mut CustomField) {
        let Self {
            entity,
            key,
            label,
            description,
            field_type,
            options,
            is_required,
            default,
            minimum,
            maximum,
            pattern,
            is_searchable,
            is_unique,
            is_indexed,
            is_personal_data,
            position,
            group,
            is_archived,
        } = self;
        field.entity = entity.unwrap_or(field.entity);
        field.key = key.unwrap_or_default();
        field.label = label.unwrap_or_default();
        field.description = description;
        field.field_type = field_type.unwrap_or(field.field_type);
        field.options = options.unwrap_or_default();
        field.is_required = is_required.unwrap_or_default();
        field.default = default;
        field.minimum = minimum;
        field.maximum = maximum;
        field.pattern = pattern;
        field.is_searchable = is_searchable.unwrap_or_default();
        field.is_unique = is_unique.unwrap_or_default();
        field.is_indexed = is_indexed.unwrap_or_default();
        field.is_personal_data = is_personal_data.unwrap_or_default();
        field.position = position.unwrap_or_default();
        field.group = group;
        field.is_archived = is_archived.unwrap_or_default();
    }
}

/// A letter of any script, then letters, digits and underscores.
fn is_key(key: &str) -> bool {
    let mut letters = key.chars();
    letters.next().is_some_and(char::is_alphabetic)
        && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
        && key.chars().count() <= MAX_KEY
}

/// A bound as it is written: a whole number without a fraction.
pub(super) fn plain(bound: f64) -> Option<Number> {
    #[expect(clippy::cast_possible_truncation, reason = "whole numbers below 2^53")]
    match bound {
        whole if whole.fract() == 0.0 && whole.abs() < 9_007_199_254_740_992.0 => Some((whole as i64).into()),
        fraction => Number::from_f64(fraction),
    }
}

impl From<&CustomField> for NewCustomField {
    fn from(field: &CustomField) -> Self {
        let field = field.clone();
        Self {
            entity: Some(field.entity),
            key: Some(field.key),
            label: Some(field.label),
            description: field.description,
            field_type: Some(field.field_type),
            options: Some(field.options),
            is_required: Some(field.is_required),
            default: field.default,
            minimum: field.minimum,
            maximum: field.maximum,
            pattern: field.pattern,
            is_searchable: Some(field.is_searchable),
            is_unique: Some(field.is_unique),
            is_indexed: Some(field.is_indexed),
            is_personal_data: Some(field.is_personal_data),
            position: Some(field.position),
            group: field.group,
            is_archived: Some(field.is_archived),
        }
    }
}

patch! {
    /// A change of a custom field (RFC 7396): absent fields stay unchanged, `null` clears a field. The options and the
    /// default are replaced as a whole.
    CustomFieldPatch {
        /// The key, which cannot be changed: another one is refused.
        key: String [max_length = 64],
        /// What users see.
        label: String [max_length = 100],
        /// What the field is for.
        description: String [max_length = 250],
        /// The type, which cannot be changed: another one is refused.
        #[serde(rename = "type")]
        field_type: CustomFieldType,
        /// The options, in their order; replaced as a whole.
        options: Vec<CustomFieldOption> [max_items = 100],
        /// Whether new records need a value.
        is_required: bool,
        /// The value of new records that give none.
        default: Value,
        /// The least value.
        minimum: Number as f64,
        /// The greatest value.
        maximum: Number as f64,
        /// The regular expression that a `text` matches as a whole.
        pattern: String [max_length = 200],
        /// Whether a search finds its values.
        is_searchable: bool,
        /// Whether no two customers outside the trash may have the same value.
        is_unique: bool,
        /// Whether lists that are filtered by it use an index.
        is_indexed: bool,
        /// Whether its values are personal data.
        is_personal_data: bool,
        /// The place among the other fields.
        position: i64 [minimum = 0, maximum = 1_000_000],
        /// The heading under which forms show it.
        group: String [max_length = 64],
        /// Whether it asks nothing, and is hidden; its values stay.
        is_archived: bool,
    }
}

impl CustomFieldPatch {
    /// The field after the change.
    pub(super) fn apply(self, field: &CustomField) -> NewCustomField {
        let mut draft = NewCustomField::from(field);
        apply_fields!(self => draft:
            key, label, description, field_type, options, is_required, default, minimum, maximum, pattern, is_searchable,
            is_unique, is_indexed, is_personal_data, position, group, is_archived
        );
        draft
    }
}
