//! The filter by owner.

use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::base::error::Malformed;
use crate::base::ids::UserId;
use crate::query::filter::{Filter, Op};

/// The owner of the records in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnerFilter {
    /// The actor.
    Me,
    /// Records without an owner.
    None,
    /// This user.
    User(UserId),
}

impl FromStr for OwnerFilter {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        match text {
            "me" => Ok(Self::Me),
            "none" => Ok(Self::None),
            id => id
                .parse()
                .map(Self::User)
                .map_err(|_| Malformed::new("parameter_invalid", "ownerId", "expected a UUID, me or none")),
        }
    }
}

impl<'de> Deserialize<'de> for OwnerFilter {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl OwnerFilter {
    /// The filter as a filter over `field`.
    pub(crate) fn filter(self, field: &str) -> Filter {
        match self {
            Self::Me => Filter::leaf(field, Op::Eq, "me"),
            Self::None => Filter::leaf(field, Op::IsNull, true),
            Self::User(id) => Filter::leaf(field, Op::Eq, id.to_string()),
        }
    }
}
