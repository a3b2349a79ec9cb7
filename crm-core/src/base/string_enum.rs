//! Enumerations with one wire name per value.

/// Declares an enumeration whose values are snake_case words in JSON. Reading is lenient: any case, and hyphens or
/// blanks for underscores (`In Progress`, `in-progress`), because other systems write them so. Words after the first
/// are accepted and never written: `NoShow = "no_show" | "not_held"`. A crate that uses it has sea-orm and serde, and utoipa
/// where this crate is built with `openapi`.
#[macro_export]
macro_rules! string_enum {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$variant_doc:meta])* $variant:ident = $text:literal $(| $other:literal)*),+ $(,)?
    }) => {
        $crate::with_schema! { rename_all = "snake_case";
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
            pub enum $name {
                $($(#[$variant_doc])* $variant),+
            }
        }

        impl $name {
            /// All values, in their natural order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The words of the values.
            pub const NAMES: &'static [&'static str] = &[$($text),+];

            /// The word in JSON and in the database.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::string_enum::UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                // As it is stored, before the forgiving way.
                match text {
                    $($text => return Ok(Self::$variant),)+
                    _ => {}
                }
                match $crate::string_enum::canonical(text).as_str() {
                    $($text $(| $other)* => Ok(Self::$variant),)+
                    _ => Err($crate::string_enum::UnknownName { expected: Self::NAMES }),
                }
            }
        }

        $crate::string_enum::stored_as!($name, str, &'r str, |text: &str| Ok(text.parse()?));

        impl From<$name> for sea_orm::Value {
            fn from(value: $name) -> Self {
                value.as_str().into()
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub use string_enum;

/// Adds the schema of a type where this crate is built with `openapi`.
#[cfg(feature = "openapi")]
#[doc(hidden)]
#[macro_export]
macro_rules! with_schema {
    (rename_all = $case:literal; $item:item) => {
        #[derive(utoipa::ToSchema)]
        #[schema(rename_all = $case)]
        $item
    };
    ($item:item) => {
        #[derive(utoipa::ToSchema)]
        $item
    };
}

/// Adds no schema, because this crate is built without `openapi`.
#[cfg(not(feature = "openapi"))]
#[doc(hidden)]
#[macro_export]
macro_rules! with_schema {
    (rename_all = $case:literal; $item:item) => {
        $item
    };
    ($item:item) => {
        $item
    };
}

/// Lets a type be read from a column as what it is stored as, on every database.
#[macro_export]
macro_rules! stored_as {
    ($name:ident, $stored:ty, $decoded:ty, $read:expr) => {
        impl<DB: sea_orm::sqlx::Database> sea_orm::sqlx::Type<DB> for $name
        where
            $stored: sea_orm::sqlx::Type<DB>,
        {
            fn type_info() -> DB::TypeInfo {
                <$stored as sea_orm::sqlx::Type<DB>>::type_info()
            }

            fn compatible(ty: &DB::TypeInfo) -> bool {
                <$stored as sea_orm::sqlx::Type<DB>>::compatible(ty)
            }
        }

        impl<'r, DB: sea_orm::sqlx::Database> sea_orm::sqlx::Decode<'r, DB> for $name
        where
            $decoded: sea_orm::sqlx::Decode<'r, DB>,
        {
            fn decode(value: DB::ValueRef<'r>) -> Result<Self, sea_orm::sqlx::error::BoxDynError> {
                $read(<$decoded as sea_orm::sqlx::Decode<'r, DB>>::decode(value)?)
            }
        }
    };
}

pub use stored_as;

/// A text that names no value of an enumeration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected one of {}", expected.join(", "))]
pub struct UnknownName {
    /// The accepted words.
    pub expected: &'static [&'static str],
}

/// Lower case, with underscores for hyphens and blanks.
#[must_use]
pub fn canonical(text: &str) -> String {
    text.trim().to_lowercase().replace(['-', ' '], "_")
}
