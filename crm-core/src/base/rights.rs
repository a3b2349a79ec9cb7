//! What a permission is about, what it allows, and how far it reaches.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::{Error, Result};
use super::ids::UserId;
use super::string_enum::string_enum;

string_enum! {
    /// What kind of caller acts.
    ActorKind {
        /// A person.
        User = "user",
        /// Another program, with an identity of its own.
        Service = "service",
        /// The CRM itself, or the host on its own behalf.
        System = "system",
    }
}

string_enum! {
    /// What a permission is about.
    Resource {
        /// Customers.
        Customers = "customers",
        /// Tags, and putting them on records.
        Tags = "tags",
        /// Notes on customers.
        Notes = "notes",
        /// Interactions with customers: calls, meetings.
        Interactions = "interactions",
        /// The company's users, as far as the CRM knows them.
        Users = "users",
        /// The company's settings.
        Settings = "settings",
        /// The audit trail.
        Audit = "audit",
    }
}

string_enum! {
    /// What a permission allows.
    Action {
        /// Read records.
        Read = "read",
        /// Add records.
        Create = "create",
        /// Change records.
        Update = "update",
        /// Move records to the trash.
        Delete = "delete",
        /// See the trash, and bring records back from it.
        Restore = "restore",
        /// Remove records for good.
        Purge = "purge",
        /// Add or change many records from a file.
        Import = "import",
        /// Take all records out.
        Export = "export",
        /// Attach to records: a tag, a note.
        Attach = "attach",
    }
}

string_enum! {
    /// How far a permission reaches.
    Reach {
        /// Records that the actor owns, or that nobody owns.
        Own = "own",
        /// All records of the company.
        All = "all",
    }
}

/// One right: an action on a resource, and how far it reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Permission {
    /// What it is about.
    pub resource: Resource,
    /// What it allows.
    pub action: Action,
    /// How far it reaches.
    pub reach: Reach,
}

impl Permission {
    /// The right to do `action` with all records of `resource`.
    #[must_use]
    pub const fn all(resource: Resource, action: Action) -> Self {
        Self { resource, action, reach: Reach::All }
    }

    /// The right to do `action` with the actor's own and unassigned records of `resource`.
    #[must_use]
    pub const fn own(resource: Resource, action: Action) -> Self {
        Self { resource, action, reach: Reach::Own }
    }
}

/// Who did something, as records show it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ActorRef {
    /// What kind of caller it was.
    pub kind: ActorKind,
    /// The user or service; absent for the system.
    pub id: Option<UserId>,
}

impl ActorRef {
    /// Reads an actor from the columns of a row.
    pub(crate) fn read(kind: &str, id: Option<Uuid>) -> Result<Self> {
        Ok(Self { kind: kind.parse().map_err(Error::internal)?, id: id.map(Into::into) })
    }
}
