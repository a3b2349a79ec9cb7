//! The resource, the action and the reach of a permission.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::error::{Error, Result};
use super::ids::UserId;
use super::string_enum::string_enum;

string_enum! {
    /// The kind of an actor.
    ActorKind {
        /// A user.
        User = "user",
        /// Another program with its own identity.
        Service = "service",
        /// The CRM itself, or the host.
        System = "system",
    }
}

string_enum! {
    /// The resource of a permission.
    Resource {
        /// Customers.
        Customers = "customers",
        /// Pairs of customers that may be the same.
        Duplicates = "duplicates",
        /// Tags, and their assignment to records.
        Tags = "tags",
        /// Notes on customers.
        Notes = "notes",
        /// The consents of customers and leads.
        Consents = "consents",
        /// The do-not-contact list.
        Suppressions = "suppressions",
        /// Interactions with customers: calls, meetings.
        Interactions = "interactions",
        /// Tasks.
        Tasks = "tasks",
        /// Deals with customers.
        Deals = "deals",
        /// Pipelines of deals, with their stages.
        Pipelines = "pipelines",
        /// Leads.
        Leads = "leads",
        /// Statuses of leads.
        LeadStatuses = "lead_statuses",
        /// How leads are scored: rules, and what was learned.
        LeadScoring = "lead_scoring",
        /// What users are to sell in a month.
        Quotas = "quotas",
        /// Rules by which leads are assigned.
        LeadAssignmentRules = "lead_assignment_rules",
        /// Forms of websites that make leads.
        CaptureForms = "capture_forms",
        /// Saved views of lists.
        SavedViews = "saved_views",
        /// The definitions of the company's custom fields.
        CustomFields = "custom_fields",
        /// The company's users that the CRM knows.
        Users = "users",
        /// The company's settings.
        Settings = "settings",
        /// Jobs: the work after a write.
        Jobs = "jobs",
        /// The audit trail.
        Audit = "audit",
    }
}

string_enum! {
    /// The action of a permission.
    Action {
        /// Read records.
        Read = "read",
        /// Add records.
        Create = "create",
        /// Change records.
        Update = "update",
        /// Move records to the trash.
        Delete = "delete",
        /// List the trash, and restore records from it.
        Restore = "restore",
        /// Remove records permanently.
        Purge = "purge",
        /// Add or change many records from a file.
        Import = "import",
        /// Export all records.
        Export = "export",
        /// Hand out all personal data of a person, private notes included.
        Disclose = "disclose",
        /// Erase a person for good, or forbid that.
        Erase = "erase",
        /// Assign to records, for example a tag.
        Attach = "attach",
    }
}

string_enum! {
    /// The reach of a permission.
    Reach {
        /// Records that the actor owns, or without an owner.
        Own = "own",
        /// All records of the company.
        All = "all",
    }
}

/// A permission: an action on a resource, and its reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Permission {
    /// The resource.
    pub resource: Resource,
    /// The action.
    pub action: Action,
    /// The reach.
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

/// A text that is no right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a right such as customers:export or notes:update:own")]
pub struct UnknownPermission;

/// As `resource:action`, or `resource:action:own`.
impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resource, action, reach } = self;
        match reach {
            Reach::All => write!(f, "{resource}:{action}"),
            Reach::Own => write!(f, "{resource}:{action}:{reach}"),
        }
    }
}

impl FromStr for Permission {
    type Err = UnknownPermission;

    fn from_str(text: &str) -> Result<Self, UnknownPermission> {
        fn part<T: FromStr>(text: Option<&str>) -> Result<T, UnknownPermission> {
            text.and_then(|text| text.parse().ok()).ok_or(UnknownPermission)
        }
        let mut parts = text.split(':');
        let (resource, action) = (part(parts.next())?, part(parts.next())?);
        let reach = parts.next().map_or(Ok(Reach::All), |reach| part(Some(reach)))?;
        if parts.next().is_some() { Err(UnknownPermission) } else { Ok(Self { resource, action, reach }) }
    }
}

/// The actor of a write, as shown in records.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct ActorRef {
    /// The kind of the actor.
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
