//! The filter by owner.

use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

use crate::base::error::Malformed;
use crate::base::ids::UserId;
use crate::query::filter::{Filter, Op};

/// The owner of the records in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
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
    /// The same filter for any actor: `me` becomes the user.
    ///
    /// # Errors
    /// [`Malformed`] for `me` without a user.
    pub fn resolved(self, me: Option<UserId>) -> Result<Self, Malformed> {
        Ok(self.user(me)?.map_or(Self::None, Self::User))
    }

    /// The owner; none for records without one.
    pub(crate) fn user(self, me: Option<UserId>) -> Result<Option<UserId>, Malformed> {
        match self {
            Self::Me => {
                me.map(Some).ok_or_else(|| Malformed::new("parameter_invalid", "ownerId", "only a user is \"me\""))
            }
            Self::None => Ok(None),
            Self::User(id) => Ok(Some(id)),
        }
    }

    /// The filter as a filter over `field`.
    pub(crate) fn filter(self, field: &str) -> Filter {
        match self {
            Self::Me => Filter::leaf(field, Op::Eq, "me"),
            Self::None => Filter::leaf(field, Op::IsNull, true),
            Self::User(id) => Filter::leaf(field, Op::Eq, id.to_string()),
        }
    }
}
