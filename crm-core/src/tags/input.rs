//! The input for tags.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;
use validator::{Validate, ValidationError};

use super::model::Tag;
use crate::base::error::Violations;
use crate::base::ids::TagId;
use crate::base::patch::{apply_fields, patch};
use crate::base::text::{self, Unprintable, fold};
use crate::base::validation;

/// The maximum length of a name, in characters.
const MAX_NAME_LENGTH: usize = 64;

/// A tag to add. An absent or `null` field has no value.
///
/// ```
/// use crm_core::tags::NewTag;
///
/// let tag = NewTag { color: Some("#d4af37".into()), ..NewTag::named("VIP") };
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewTag {
    /// The name, without commas and semicolons; unique in the company without case and accents.
    #[cfg_attr(feature = "openapi", schema(example = "VIP", max_length = 64))]
    pub name: Option<String>,
    /// The colour, as `#rrggbb`.
    #[validate(custom(function = is_color))]
    #[cfg_attr(feature = "openapi", schema(example = "#d4af37"))]
    pub color: Option<String>,
    /// A description of the tag.
    #[validate(length(max = 250))]
    #[cfg_attr(feature = "openapi", schema(example = "Looked after by the board", max_length = 250))]
    pub description: Option<String>,
}

impl NewTag {
    /// The read-only fields of a [`Tag`].
    pub(super) const READ_ONLY: &'static [&'static str] =
        &["id", "version", "usageCount", "createdAt", "updatedAt", "createdBy", "updatedBy"];

    /// A tag with this name.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..Self::default() }
    }

    /// Trims all texts, clears empty ones, and checks every rule.
    pub(super) fn validated(mut self) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        match stored_name(self.name.as_deref().unwrap_or_default()) {
            Ok(name) => self.name = Some(name),
            Err((code, detail)) => violations.add("/name", code, detail),
        }
        for (field, pointer) in [(&mut self.color, "/color"), (&mut self.description, "/description")] {
            validation::normalise(field, pointer, text::line, &mut violations);
        }
        self.color = self.color.map(|color| color.to_lowercase());
        if let Err(errors) = self.validate() {
            validation::collect(&errors, "", &mut violations);
        }
        violations.into_result()?;
        Ok(self)
    }

    /// Writes validated input into a tag.
    pub(super) fn write(self, tag: &mut Tag) {
        let Self { name, color, description } = self;
        tag.name = name.unwrap_or_default();
        tag.color = color;
        tag.description = description;
    }
}

/// The code and the description of a violated rule.
type Fault = (&'static str, &'static str);

/// A name in its stored form. Commas and semicolons separate names, and a UUID is read as an id, so names contain
/// neither.
///
/// # Errors
/// The violated rule.
pub(crate) fn stored_name(name: &str) -> Result<String, Fault> {
    let name = text::line(name).map_err(|Unprintable| validation::CONTROL)?.unwrap_or_default();
    if fold(&name).is_empty() {
        return Err(("required", "a tag needs a name"));
    }
    if name.chars().count() > MAX_NAME_LENGTH {
        return Err(("too_long", "at most 64 long"));
    }
    if name.contains([',', ';']) {
        return Err(("name_invalid", "the name of a tag must not contain commas or semicolons"));
    }
    if Uuid::parse_str(&name).is_ok() {
        return Err(("name_invalid", "the name of a tag must not be a UUID"));
    }
    Ok(name)
}

/// The rule of colours: `#rrggbb`.
pub(crate) fn is_color(color: &str) -> Result<(), ValidationError> {
    let digits = color.strip_prefix('#').unwrap_or_default();
    if digits.len() == 6 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Ok(());
    }
    Err(ValidationError::new("color_invalid").with_message(Cow::Borrowed("expected a colour such as #d4af37")))
}

patch! {
    /// A change of a tag (RFC 7396): absent fields stay unchanged, `null` clears a field.
    TagPatch {
        /// The name, without commas and semicolons.
        name: String [max_length = 64],
        /// The colour, as `#rrggbb`.
        color: String,
        /// A description of the tag.
        description: String [max_length = 250],
    }
}

impl TagPatch {
    /// The tag after the change.
    pub(super) fn apply(self, tag: &Tag) -> NewTag {
        let mut draft =
            NewTag { name: Some(tag.name.clone()), color: tag.color.clone(), description: tag.description.clone() };
        apply_fields!(self => draft: name, color, description);
        draft
    }
}

/// A reference to a tag by id, or by name in any case. A text that is a UUID is an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagRef {
    /// By its id.
    Id(TagId),
    /// By its name.
    Name(String),
}

impl From<&str> for TagRef {
    fn from(text: &str) -> Self {
        text.trim().parse().map_or_else(|_| Self::Name(text.to_owned()), Self::Id)
    }
}

impl From<String> for TagRef {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl From<TagId> for TagRef {
    fn from(id: TagId) -> Self {
        Self::Id(id)
    }
}

impl Serialize for TagRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Id(id) => id.serialize(serializer),
            Self::Name(name) => name.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for TagRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::{TagRef, stored_name};

    #[test]
    fn names_tell_themselves_from_ids_and_lists() {
        assert_eq!(stored_name("  Cafe\u{301} "), Ok("Café".to_owned()));
        assert_eq!(stored_name("🔥"), Ok("🔥".to_owned()));
        assert_eq!(stored_name(&"ä".repeat(64)), Ok("ä".repeat(64)));
        let code = |name: &str| stored_name(name).map_err(|(code, _)| code);
        for (name, expected) in [
            (" \t", "required"),
            ("\u{301}", "required"),
            ("a\u{7}b", "control_character"),
            ("a, b", "name_invalid"),
            ("a;b", "name_invalid"),
            ("019eca9d-cdc0-7000-8000-000000000201", "name_invalid"),
            ("019eca9dcdc070008000000000000201", "name_invalid"),
        ] {
            assert_eq!(code(name), Err(expected), "{name}");
        }
        assert_eq!(code(&"ä".repeat(65)), Err("too_long"));
    }

    #[test]
    fn what_reads_as_an_id_is_one() {
        assert!(matches!(TagRef::from(" 019eca9d-cdc0-7000-8000-000000000201"), TagRef::Id(_)));
        assert_eq!(TagRef::from("VIP"), TagRef::Name("VIP".to_owned()));
    }
}
