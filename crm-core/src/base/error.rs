//! The error type. Errors that a caller can handle are variants; all others are [`Error::Internal`].

mod driver;

use std::fmt;

use sea_orm::{DbErr, RuntimeErr};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::ids::CustomerId;
use super::rights::{Action, Resource};
use super::string_enum::string_enum;

pub(crate) use driver::{NoFreeSlot, is_lock_wait};

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

/// A rule of the data that a write would violate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Conflict {
    /// Another customer of the company has the e-mail address.
    #[error("another customer has this e-mail address")]
    CustomerEmailTaken,
    /// Another customer of the company has the external reference.
    #[error("another customer has this external reference")]
    ExternalRefTaken,
    /// The same customers have an active link with the label.
    #[error("these customers have an active link with this label")]
    LinkExists,
    /// The customer has the maximum number of links.
    #[error("a customer has at most 100 links to others, and at most 10000 from others; delete some first")]
    TooManyLinks,
    /// The organization has another parent.
    #[error("the organization has another parent; end that link first")]
    ParentTaken,
    /// Another tag of the company has the name, ignoring case and accents.
    #[error("another tag has this name")]
    TagNameTaken,
    /// The user has another saved view of this entity with the name, ignoring case and accents.
    #[error("another saved view of yours has this name")]
    SavedViewNameTaken,
    /// The user has the maximum number of saved views.
    #[error("a user has at most 200 saved views; delete some first")]
    TooManySavedViews,
    /// The company has the maximum number of tags.
    #[error("a company has at most 10000 tags; merge or delete some first")]
    TooManyTags,
    /// Another custom field of the entity has the key, be it archived.
    #[error("another custom field has this key")]
    CustomFieldKeyTaken,
    /// Another customer has the value of a custom field that is unique.
    #[error("another customer has the value of a custom field that is unique")]
    CustomFieldValueTaken,
    /// The company has the maximum number of custom fields for the entity.
    #[error("a company has at most 200 custom fields of an entity; delete some first")]
    TooManyCustomFields,
    /// Another saved mapping of the company has the name, ignoring case and accents.
    #[error("another saved mapping has this name")]
    ImportMappingNameTaken,
    /// The company has the maximum number of saved mappings.
    #[error("a company has at most 200 saved mappings; delete some first")]
    TooManyImportMappings,
    /// The import was not started, so there is nothing to revert.
    #[error("the import was not started")]
    ImportNotStarted,
    /// The import is still running, so it cannot be reverted yet.
    #[error("the import is still running; cancel its job, or wait until it is done")]
    ImportRunning,
    /// The import was reverted before.
    #[error("the import was reverted before")]
    ImportReverted,
    /// The import is too old to be reverted.
    #[error("an import can be reverted for 30 days")]
    ImportRevertExpired,
    /// Some customers share an e-mail address, so addresses cannot be made unique.
    #[error("some customers share an e-mail address")]
    DuplicateEmailsExist,
    /// The request with this idempotency key is still running.
    #[error("a request with this idempotency key is still running")]
    IdempotencyKeyInUse,
    /// The bulk action was undone before.
    #[error("the bulk action was undone before")]
    BulkActionUndone,
    /// The bulk action is too old to be undone.
    #[error("a bulk action can be undone for 24 hours")]
    BulkActionExpired,
    /// The bulk action is still running, so it cannot be undone yet.
    #[error("the bulk action is still running; cancel its job, or wait until it is done")]
    BulkActionRunning,
    /// The merge was undone before.
    #[error("the merge was undone before")]
    CustomerMergeUndone,
    /// The merge is too old to be undone.
    #[error("a merge can be undone for 30 days")]
    CustomerMergeExpired,
    /// The survivor of the merge was itself merged into another customer since.
    #[error("the customer was merged into another one since; undo that merge first")]
    CustomerMergeContinued,
    /// The record is not in the trash.
    #[error("the record is not in the trash")]
    NotInTrash,
    /// The interaction is completed, cancelled or missed, and its status is final.
    #[error("the interaction is closed, and its status is final")]
    InteractionClosed,
    /// The task is completed or canceled, and keeps its status until it is reopened.
    #[error("the task is closed; reopen it first")]
    TaskClosed,
    /// The interaction or task was completed before with another input.
    #[error("it was completed before, with another body")]
    AlreadyCompleted,
    /// Another pipeline of the company has the name, ignoring case and accents.
    #[error("another pipeline has this name")]
    PipelineNameTaken,
    /// The company has the maximum number of pipelines.
    #[error("a company has at most 50 pipelines; delete some first")]
    TooManyPipelines,
    /// Some deals are in the pipeline, be they in the trash.
    #[error("some deals are in this pipeline, perhaps in the trash; archive it instead")]
    PipelineInUse,
    /// Some deals are in the stage, be they in the trash.
    #[error("some deals are in this stage, perhaps in the trash; archive it instead")]
    StageInUse,
    /// The pipeline is the company's default, and it has others.
    #[error("a company with pipelines has one default; make another one the default first")]
    DefaultPipeline,
    /// The job has ended, so it cannot be cancelled.
    #[error("the job has ended")]
    JobFinished,
    /// The job did not fail and was not cancelled, so it cannot be retried.
    #[error("only a job that failed or was cancelled can be retried")]
    JobNotRetryable,
    /// Another job of this kind with the same key is waiting or running.
    #[error("another job of this kind with the same key is waiting or running")]
    JobKeyTaken,
    /// The company has the maximum number of schedules.
    #[error("a company has at most 100 schedules")]
    TooManyJobSchedules,
}

impl Conflict {
    /// All conflicts.
    pub const ALL: &'static [Self] = &[
        Self::CustomerEmailTaken,
        Self::ExternalRefTaken,
        Self::LinkExists,
        Self::TooManyLinks,
        Self::ParentTaken,
        Self::TagNameTaken,
        Self::TooManyTags,
        Self::SavedViewNameTaken,
        Self::TooManySavedViews,
        Self::CustomFieldKeyTaken,
        Self::CustomFieldValueTaken,
        Self::TooManyCustomFields,
        Self::ImportMappingNameTaken,
        Self::TooManyImportMappings,
        Self::ImportNotStarted,
        Self::ImportRunning,
        Self::ImportReverted,
        Self::ImportRevertExpired,
        Self::DuplicateEmailsExist,
        Self::IdempotencyKeyInUse,
        Self::BulkActionUndone,
        Self::BulkActionExpired,
        Self::BulkActionRunning,
        Self::CustomerMergeUndone,
        Self::CustomerMergeExpired,
        Self::CustomerMergeContinued,
        Self::NotInTrash,
        Self::InteractionClosed,
        Self::TaskClosed,
        Self::AlreadyCompleted,
        Self::PipelineNameTaken,
        Self::TooManyPipelines,
        Self::PipelineInUse,
        Self::StageInUse,
        Self::DefaultPipeline,
        Self::JobFinished,
        Self::JobNotRetryable,
        Self::JobKeyTaken,
        Self::TooManyJobSchedules,
    ];

    /// The stable code for clients.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::CustomerEmailTaken => "customer_email_taken",
            Self::ExternalRefTaken => "external_ref_taken",
            Self::LinkExists => "link_exists",
            Self::TooManyLinks => "too_many_links",
            Self::ParentTaken => "parent_taken",
            Self::TagNameTaken => "tag_name_taken",
            Self::TooManyTags => "too_many_tags",
            Self::SavedViewNameTaken => "saved_view_name_taken",
            Self::TooManySavedViews => "too_many_saved_views",
            Self::CustomFieldKeyTaken => "custom_field_key_taken",
            Self::CustomFieldValueTaken => "custom_field_value_taken",
            Self::TooManyCustomFields => "too_many_custom_fields",
            Self::ImportMappingNameTaken => "import_mapping_name_taken",
            Self::TooManyImportMappings => "too_many_import_mappings",
            Self::ImportNotStarted => "import_not_started",
            Self::ImportRunning => "import_running",
            Self::ImportReverted => "import_reverted",
            Self::ImportRevertExpired => "import_revert_expired",
            Self::DuplicateEmailsExist => "duplicate_emails_exist",
            Self::IdempotencyKeyInUse => "idempotency_key_in_use",
            Self::BulkActionUndone => "bulk_action_undone",
            Self::BulkActionExpired => "bulk_action_expired",
            Self::BulkActionRunning => "bulk_action_running",
            Self::CustomerMergeUndone => "customer_merge_undone",
            Self::CustomerMergeExpired => "customer_merge_expired",
            Self::CustomerMergeContinued => "customer_merge_continued",
            Self::NotInTrash => "not_in_trash",
            Self::InteractionClosed => "interaction_closed",
            Self::TaskClosed => "task_closed",
            Self::AlreadyCompleted => "already_completed",
            Self::PipelineNameTaken => "pipeline_name_taken",
            Self::TooManyPipelines => "too_many_pipelines",
            Self::PipelineInUse => "pipeline_in_use",
            Self::StageInUse => "stage_in_use",
            Self::DefaultPipeline => "default_pipeline",
            Self::JobFinished => "job_finished",
            Self::JobNotRetryable => "job_not_retryable",
            Self::JobKeyTaken => "job_key_taken",
            Self::TooManyJobSchedules => "too_many_job_schedules",
        }
    }

    /// The JSON pointer of the conflicting field, if there is one.
    #[must_use]
    pub const fn pointer(self) -> Option<&'static str> {
        match self {
            Self::CustomerEmailTaken => Some("/email"),
            Self::ExternalRefTaken => Some("/externalRefs"),
            Self::LinkExists | Self::ParentTaken => Some("/label"),
            Self::TagNameTaken | Self::SavedViewNameTaken | Self::ImportMappingNameTaken | Self::PipelineNameTaken => {
                Some("/name")
            }
            Self::StageInUse => Some("/stages"),
            Self::CustomFieldKeyTaken => Some("/key"),
            Self::CustomFieldValueTaken => Some("/customFields"),
            Self::DuplicateEmailsExist => Some("/duplicatePolicy"),
            Self::IdempotencyKeyInUse
            | Self::TooManyLinks
            | Self::TooManyTags
            | Self::TooManySavedViews
            | Self::TooManyCustomFields
            | Self::TooManyImportMappings
            | Self::ImportNotStarted
            | Self::ImportRunning
            | Self::ImportReverted
            | Self::ImportRevertExpired
            | Self::BulkActionUndone
            | Self::BulkActionExpired
            | Self::BulkActionRunning
            | Self::CustomerMergeUndone
            | Self::CustomerMergeExpired
            | Self::CustomerMergeContinued
            | Self::NotInTrash
            | Self::InteractionClosed
            | Self::TaskClosed
            | Self::AlreadyCompleted
            | Self::TooManyPipelines
            | Self::PipelineInUse
            | Self::DefaultPipeline
            | Self::JobFinished
            | Self::JobNotRetryable
            | Self::JobKeyTaken
            | Self::TooManyJobSchedules => None,
        }
    }
}

/// A value that violates a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Violation {
    /// The location of the value: a JSON pointer (RFC 6901) into the body.
    pub pointer: String,
    /// The stable code of the rule.
    pub code: String,
    /// The description of the rule.
    pub detail: String,
}

/// All values that violate rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violations(pub Vec<Violation>);

impl Violations {
    /// Adds a violation.
    pub fn add(&mut self, pointer: impl Into<String>, code: impl Into<String>, detail: impl Into<String>) {
        self.0.push(Violation { pointer: pointer.into(), code: code.into(), detail: detail.into() });
    }

    /// An error if there are violations.
    ///
    /// # Errors
    /// The violations themselves, if there are any.
    pub fn into_result(self) -> Result<(), Self> {
        if self.0.is_empty() { Ok(()) } else { Err(self) }
    }

    /// How many there are, for those that are changes and no faults.
    fn changes(&self) -> String {
        match self.0.len() {
            1 => "1 change was made".to_owned(),
            count => format!("{count} changes were made"),
        }
    }

    /// A single violation.
    #[must_use]
    pub fn one(pointer: impl Into<String>, code: impl Into<String>, detail: impl Into<String>) -> Self {
        let mut violations = Self::default();
        violations.add(pointer, code, detail);
        violations
    }
}

impl fmt::Display for Violations {
    /// Names the fields and rules, never the values.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid values:")?;
        self.0.iter().try_for_each(|violation| write!(f, " {} ({})", violation.pointer, violation.code))
    }
}

impl std::error::Error for Violations {}

/// The first error of a malformed request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Malformed {
    /// The stable code: `cursor_invalid`, `filter_invalid`, `unknown_name` and the like.
    pub code: &'static str,
    /// The parameter, or the JSON pointer into the body.
    pub at: String,
    /// What is wrong and what is expected.
    pub detail: String,
}

impl Malformed {
    pub(crate) fn new(code: &'static str, at: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code, at: at.into(), detail: detail.into() }
    }
}
