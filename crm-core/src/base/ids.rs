//! Identifiers: UUIDs with one type per entity, so that a user's id cannot be passed as a customer's.

use uuid::Uuid;

/// Declares types of ids.
#[macro_export]
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $crate::with_schema! {
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
            #[serde(transparent)]
            pub struct $name(pub uuid::Uuid);
        }

        impl From<uuid::Uuid> for $name {
            fn from(id: uuid::Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for uuid::Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        $crate::string_enum::stored_as!($name, uuid::Uuid, uuid::Uuid, |id| Ok(Self(id)));

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
                uuid::Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

ids! {
    /// A company, the tenant: its rows are never visible to another company.
    CompanyId,
    /// A user, as known to the user-management service.
    UserId,
    /// A team, as known to the user-management service.
    TeamId,
    /// A change of many customers at once.
    BulkActionId,
    /// A customer: a person or an organization.
    CustomerId,
    /// A link between customers.
    LinkId,
    /// A merge of customers.
    CustomerMergeId,
    /// A pair of customers that may be the same.
    DuplicateId,
    /// A note on a customer.
    NoteId,
    /// An entry of the ledger of consents.
    ConsentId,
    /// An entry of the do-not-contact list.
    SuppressionId,
    /// An interaction with a customer: a call, a meeting.
    InteractionId,
    /// A task.
    TaskId,
    /// A notification of a user.
    NotificationId,
    /// A pipeline of deals.
    PipelineId,
    /// A stage of a pipeline.
    PipelineStageId,
    /// A deal with a customer.
    DealId,
    /// A stage that a deal has passed.
    DealStageEntryId,
    /// A lead: its customer has the same id.
    LeadId,
    /// A status of leads.
    LeadStatusId,
    /// A rule by which leads are scored.
    LeadScoringRuleId,
    /// A rule by which leads are assigned.
    LeadAssignmentRuleId,
    /// A form of a website that makes leads.
    CaptureFormId,
    /// What a visitor has sent with such a form.
    CaptureSubmissionId,
    /// A tag of a company.
    TagId,
    /// A definition of a custom field.
    CustomFieldId,
    /// A saved view.
    SavedViewId,
    /// A job.
    JobId,
    /// A schedule of jobs.
    JobScheduleId,
    /// A file of customers that is kept until it is imported.
    ImportId,
    /// A saved mapping of imports.
    ImportMappingId,
    /// An erasure of a person.
    ErasureId,
    /// An entry of the history.
    ChangeId,
    /// An entry of the audit trail.
    AuditId,
    /// A domain event.
    EventId,
}

/// Maps a key of another system to a UUID (version 5, RFC 9562 section 5.5): the same key always gives the same id.
fn from_foreign(namespace: Uuid, key: &str) -> Uuid {
    Uuid::new_v5(&namespace, key.as_bytes())
}

impl CompanyId {
    /// The company with the host's own key `key` (`"4711"`), in a namespace chosen by the host.
    #[must_use]
    pub fn from_foreign(namespace: Uuid, key: &str) -> Self {
        Self(from_foreign(namespace, key))
    }
}

impl TeamId {
    /// The team with the host's own key `key` (`"4711"`), in a namespace chosen by the host.
    #[must_use]
    pub fn from_foreign(namespace: Uuid, key: &str) -> Self {
        Self(from_foreign(namespace, key))
    }
}

impl UserId {
    /// The user with the host's own key `key` (`"4711"`), in a namespace chosen by the host.
    #[must_use]
    pub fn from_foreign(namespace: Uuid, key: &str) -> Self {
        Self(from_foreign(namespace, key))
    }
}
