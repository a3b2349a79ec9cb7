//! Identifiers: UUIDs, one type per entity, so that a user's id is never passed where a customer's belongs.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::string_enum::stored_as;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        stored_as!($name, Uuid, Uuid, |id| Ok(Self(id)));

        impl From<$name> for sea_orm::Value {
            fn from(id: $name) -> Self {
                id.0.into()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

ids! {
    /// The tenant: one company's rows are never visible to another.
    CompanyId,
    /// A person who works with the CRM, as the user-management service knows them.
    UserId,
    /// A customer: a person or an organization that the company deals with.
    CustomerId,
    /// A note on a customer.
    NoteId,
    /// An interaction with a customer: a call, a meeting.
    InteractionId,
    /// A tag of a company.
    TagId,
    /// One entry in the history of changes.
    ChangeId,
    /// One entry of the audit trail.
    AuditId,
    /// One domain event.
    EventId,
}

/// Maps a key of another system to a UUID (version 5, RFC 9562 section 5.5): the same key gives the same id, always.
fn from_foreign(namespace: Uuid, key: &str) -> Uuid {
    Uuid::new_v5(&namespace, key.as_bytes())
}

impl CompanyId {
    /// The company that a host with other keys calls `key` (`"4711"`), in a namespace of the host's choice.
    #[must_use]
    pub fn from_foreign(namespace: Uuid, key: &str) -> Self {
        Self(from_foreign(namespace, key))
    }
}

impl UserId {
    /// The user that a host with other keys calls `key` (`"4711"`), in a namespace of the host's choice.
    #[must_use]
    pub fn from_foreign(namespace: Uuid, key: &str) -> Self {
        Self(from_foreign(namespace, key))
    }
}
