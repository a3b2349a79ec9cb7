//! The three states of a field in a merge patch (RFC 7396).

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// The value of a field in a patch: absent, cleared or set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Patch<T> {
    /// The field is absent and keeps its value.
    #[default]
    Absent,
    /// The field is `null` and is cleared.
    Clear,
    /// The field gets this value.
    Set(T),
}

impl<T> Patch<T> {
    /// Applies the patch to an optional field.
    pub fn apply(self, field: &mut Option<T>) {
        match self {
            Self::Absent => {}
            Self::Clear => *field = None,
            Self::Set(value) => *field = Some(value),
        }
    }

    /// Applies the patch to a field that always has a value; `null` sets its default.
    pub fn apply_or_default(self, field: &mut T)
    where
        T: Default,
    {
        self.apply_or(field, T::default());
    }

    /// Applies the patch to a field that always has a value; `null` sets this default.
    pub fn apply_or(self, field: &mut T, default: T) {
        match self {
            Self::Absent => {}
            Self::Clear => *field = default,
            Self::Set(value) => *field = value,
        }
    }

    /// The new value, if there is one.
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Absent | Self::Clear => None,
        }
    }

    /// Whether the field is absent.
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

/// Declares a merge patch: `field: Type`, then `as` the type that the schema shows for it, then its rules in the schema in
/// square brackets.
macro_rules! patch {
    (@[$(#[$doc:meta])* $name:ident][$($(#[$about:meta])* $field:ident ($value:ty) ($shown:ty) [$($rule:tt)*])*]) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(rename_all = "camelCase", deny_unknown_fields)]
        pub struct $name {
            $(
                $(#[$about])*
                #[serde(default)]
                #[cfg_attr(feature = "openapi", schema(value_type = Option<$shown>, $($rule)*))]
                pub $field: $crate::base::patch::Patch<$value>,
            )*
        }
    };
    (@$head:tt[$($done:tt)*] $(#[$about:meta])* $field:ident: $value:ty as $shown:ident $([$($rule:tt)*])?, $($rest:tt)*) => {
        $crate::base::patch::patch!(@$head[$($done)* $(#[$about])* $field ($value) ($shown) [$($($rule)*)?]] $($rest)*);
    };
    (@$head:tt[$($done:tt)*] $(#[$about:meta])* $field:ident: $value:ty $([$($rule:tt)*])?, $($rest:tt)*) => {
        $crate::base::patch::patch!(@$head[$($done)* $(#[$about])* $field ($value) ($value) [$($($rule)*)?]] $($rest)*);
    };
    ($(#[$doc:meta])* $name:ident { $($fields:tt)* }) => {
        $crate::base::patch::patch!(@[$(#[$doc])* $name][] $($fields)*);
    };
}

pub(crate) use patch;

/// Applies every field of a patch to the field of the same name. Fields after the semicolon are only taken out of the patch;
/// one that is missing does not compile.
macro_rules! apply_fields {
    ($patch:ident => $draft:ident: $($field:ident),+ $(,)? $(; $($own:ident),+)?) => {
        let Self { $($field,)+ $($($own),+)? } = $patch;
        $($field.apply(&mut $draft.$field);)+
    };
}

pub(crate) use apply_fields;

impl Patch<Map<String, Value>> {
    /// Merges the patch into an object, member by member.
    pub(crate) fn merge_into(self, field: &mut Option<Map<String, Value>>) {
        match self {
            Self::Absent => {}
            Self::Clear => *field = None,
            Self::Set(members) => {
                let mut value = Value::Object(field.take().unwrap_or_default());
                merge(&mut value, Value::Object(members));
                if let Value::Object(members) = value {
                    *field = Some(members);
                }
            }
        }
    }
}

/// Whether serialisation skips the field: an absent field must not be written as `null`.
impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Clear => serializer.serialize_none(),
            Self::Set(value) => serializer.serialize_some(value),
        }
    }
}

impl<T> From<Option<T>> for Patch<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Clear, Self::Set)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Self::from)
    }
}

/// Merges `patch` into `target` according to RFC 7396: objects member by member, `null` removes, other values replace.
pub fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(members) = target {
        for (name, value) in patch {
            if value.is_null() {
                members.remove(&name);
            } else {
                merge(members.entry(name).or_insert(Value::Null), value);
            }
        }
    }
}
