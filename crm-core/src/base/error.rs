//! The error type. Errors that a caller can handle are variants; all others are [`Error::Internal`].

mod conflict;
mod driver;
mod violations;

use std::fmt;

use sea_orm::{DbErr, RuntimeErr};
use uuid::Uuid;

use super::ids::CustomerId;
use super::rights::{Action, Resource};
use super::string_enum::string_enum;

pub use conflict::Conflict;
pub(crate) use driver::{NoFreeSlot, is_lock_wait};
pub use violations::{Malformed, Violation, Violations};

/// The result of every fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

string_enum! {
    /// The kind of a record.
    Kind {
        /// A company's mirror and settings.
        Company = "company",
        /// A mirrored user.
        User = "user",
        /// A change of many customers at once.
        BulkAction = "bulk_action",
        /// A customer.
        Customer = "customer",
        /// A link between customers.
        Link = "link",
        /// A merge of customers.
        CustomerMerge = "customer_merge",
        /// A pair of customers that may be the same.
        Duplicate = "duplicate",
        /// A note on a customer.
        Note = "note",
        /// An entry of the ledger of consents.
        Consent = "consent",
        /// An entry of the do-not-contact list.
        Suppression = "suppression",
        /// An interaction with a customer.
        Interaction = "interaction",
        /// A task.
        Task = "task",
        /// A notification of a user.
        Notification = "notification",
        /// A pipeline of deals.
        Pipeline = "pipeline",
        /// A deal with a customer.
        Deal = "deal",
        /// A lead.
        Lead = "lead",
        /// A status of leads.
        LeadStatus = "lead_status",
        /// A rule by which leads are scored.
        LeadScoringRule = "lead_scoring_rule",
        /// A rule by which leads are assigned.
        LeadAssignmentRule = "lead_assignment_rule",
        /// A form of a website that makes leads.
        CaptureForm = "capture_form",
        /// A tag.
        Tag = "tag",
        /// A job.
        Job = "job",
        /// A schedule of jobs.
        JobSchedule = "job_schedule",
        /// A saved view.
        SavedView = "saved_view",
        /// The preferences of a user.
        Preferences = "preferences",
        /// The calendar feed of a user.
        CalendarFeed = "calendar_feed",
        /// A definition of a custom field.
        CustomField = "custom_field",
        /// A file that is stored for an import.
        Import = "import",
        /// A saved mapping of imports.
        ImportMapping = "import_mapping",
        /// The audit trail.
        Audit = "audit",
    }
}

/// Why an operation failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such record in this company.
    #[error("{kind} {id} was not found")]
    NotFound {
        /// The kind of the record.
        kind: Kind,
        /// The id of the record.
        id: String,
    },
    /// The customer was merged into another one, who has its records now.
    #[error("customer {id} was merged into {survivor_id}")]
    CustomerMerged {
        /// The id that was asked for.
        id: CustomerId,
        /// The customer who has the records now, at the end of all merges.
        survivor_id: CustomerId,
    },
    /// Something has been changed since the merge that is to be undone: all of it is listed.
    #[error("{} since the merge", .0.changes())]
    ChangedSinceMerge(Violations),
    /// A rule of the data is violated.
    #[error(transparent)]
    Conflict(#[from] Conflict),
    /// The customer may be there already, and the company refuses that.
    #[error("the customer may be there already")]
    PossibleDuplicate {
        /// The candidates, as answers show them.
        candidates: Box<serde_json::Value>,
    },
    /// A host's [`ErasureGuard`](crate::privacy::ErasureGuard) does not let the person be erased.
    #[error("{by} does not let this person be erased: {reason}")]
    ErasureRefused {
        /// Who refuses.
        by: String,
        /// Why, as users are told.
        reason: String,
    },
    /// The record has changed since the caller read it.
    #[error("{kind} {id} has changed: its version is {current}")]
    Stale {
        /// The kind of the record.
        kind: Kind,
        /// The id of the record.
        id: Uuid,
        /// The current version of the record.
        current: i64,
    },
    /// Values violate rules; all violations are listed.
    #[error(transparent)]
    Invalid(#[from] Violations),
    /// A malformed request: an unknown name, a wrong type, an invalid cursor. Only the first error is reported.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The actor may not do this.
    #[error("not allowed: {action} {resource}")]
    Forbidden {
        /// The action.
        action: Action,
        /// The resource of the right.
        resource: Resource,
        /// The id of the record, if known.
        id: Option<Uuid>,
    },
    /// The company is suspended or deleted.
    #[error("the company is {state}")]
    CompanyClosed {
        /// The state of the company.
        state: super::company_state::CompanyState,
    },
    /// The company uses all the connections that it may use; a retry may succeed.
    #[error("the company has too many requests running")]
    CompanyBusy,
    /// The database cannot be reached or is too busy; a retry may succeed.
    #[error("the database is not available")]
    Unavailable(#[source] DbErr),
    /// An internal error.
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub(crate) fn not_found(kind: Kind, id: impl fmt::Display) -> Self {
        Self::NotFound { kind, id: id.to_string() }
    }

    /// The database has not answered within this time.
    pub(crate) fn no_answer(limit: std::time::Duration) -> Self {
        Self::Unavailable(DbErr::Conn(RuntimeErr::Internal(format!("no answer within {limit:?}"))))
    }

    pub(crate) fn internal(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(error.into())
    }
}
