//! The rules of the data that writes would violate, with their codes.

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
    /// The do-not-contact list has the address, number or domain.
    #[error("the do-not-contact list has this already")]
    SuppressionExists,
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
    /// Another status of leads has the name, ignoring case and accents.
    #[error("another status has this name")]
    LeadStatusNameTaken,
    /// Another status of leads has the code.
    #[error("another status has this code")]
    LeadStatusCodeTaken,
    /// The company has the maximum number of statuses of leads.
    #[error("a company has at most 100 statuses of leads; delete some first")]
    TooManyLeadStatuses,
    /// Some leads have the status, be they converted or in the trash.
    #[error("some leads have this status, perhaps converted ones or in the trash; archive it instead")]
    LeadStatusInUse,
    /// The status is the one in which new leads begin, and the company has others.
    #[error("new leads begin in this status; make another one the default first")]
    DefaultLeadStatus,
    /// Another capture form has the name, ignoring case and accents.
    #[error("another capture form has this name")]
    CaptureFormNameTaken,
    /// The company has the maximum number of capture forms.
    #[error("a company has at most 100 capture forms; delete some first")]
    TooManyCaptureForms,
    /// A status of this type does not follow the one that the lead has.
    #[error("a status of this type does not follow the one that the lead has")]
    LeadStatusMove,
    /// The company has the maximum number of rules by which leads are scored.
    #[error("a company has at most 50 rules for scores of leads; delete some first")]
    TooManyLeadScoringRules,
    /// The lead was converted, and is written no more.
    #[error("the lead was converted; take that back first, or change the customer")]
    LeadConverted,
    /// The lead was not converted.
    #[error("the lead was not converted")]
    LeadNotConverted,
    /// The conversion is too old to be taken back.
    #[error("a conversion can be taken back for 30 days")]
    LeadConversionExpired,
    /// The customer has gone on since the conversion: it has other deals, is in the trash, or was merged with others.
    #[error("the customer has other deals by now, is in the trash, or was merged with others")]
    LeadConversionContinued,
    /// The company has the maximum number of rules by which leads are assigned.
    #[error("a company has at most 50 rules by which leads are assigned; delete some first")]
    TooManyLeadAssignmentRules,
    /// The customer is under a legal hold.
    #[error("the customer is under a legal hold; an administrator has to end that first")]
    LegalHold,
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
        Self::SuppressionExists,
        Self::InteractionClosed,
        Self::TaskClosed,
        Self::AlreadyCompleted,
        Self::PipelineNameTaken,
        Self::TooManyPipelines,
        Self::PipelineInUse,
        Self::StageInUse,
        Self::DefaultPipeline,
        Self::LeadStatusNameTaken,
        Self::LeadStatusCodeTaken,
        Self::TooManyLeadStatuses,
        Self::LeadStatusInUse,
        Self::DefaultLeadStatus,
        Self::CaptureFormNameTaken,
        Self::TooManyCaptureForms,
        Self::LeadStatusMove,
        Self::TooManyLeadScoringRules,
        Self::LeadConverted,
        Self::LeadNotConverted,
        Self::LeadConversionExpired,
        Self::LeadConversionContinued,
        Self::TooManyLeadAssignmentRules,
        Self::LegalHold,
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
            Self::SuppressionExists => "suppression_exists",
            Self::InteractionClosed => "interaction_closed",
            Self::TaskClosed => "task_closed",
            Self::AlreadyCompleted => "already_completed",
            Self::PipelineNameTaken => "pipeline_name_taken",
            Self::TooManyPipelines => "too_many_pipelines",
            Self::PipelineInUse => "pipeline_in_use",
            Self::StageInUse => "stage_in_use",
            Self::DefaultPipeline => "default_pipeline",
            Self::LeadStatusNameTaken => "lead_status_name_taken",
            Self::LeadStatusCodeTaken => "lead_status_code_taken",
            Self::TooManyLeadStatuses => "too_many_lead_statuses",
            Self::LeadStatusInUse => "lead_status_in_use",
            Self::DefaultLeadStatus => "default_lead_status",
            Self::CaptureFormNameTaken => "capture_form_name_taken",
            Self::TooManyCaptureForms => "too_many_capture_forms",
            Self::LeadStatusMove => "lead_status_move",
            Self::TooManyLeadScoringRules => "too_many_lead_scoring_rules",
            Self::LeadConverted => "lead_converted",
            Self::LeadNotConverted => "lead_not_converted",
            Self::LeadConversionExpired => "lead_conversion_expired",
            Self::LeadConversionContinued => "lead_conversion_continued",
            Self::TooManyLeadAssignmentRules => "too_many_lead_assignment_rules",
            Self::LegalHold => "legal_hold",
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
            Self::TagNameTaken
            | Self::SavedViewNameTaken
            | Self::ImportMappingNameTaken
            | Self::PipelineNameTaken
            | Self::LeadStatusNameTaken
            | Self::CaptureFormNameTaken => Some("/name"),
            Self::SuppressionExists => Some("/value"),
            Self::LeadStatusCodeTaken => Some("/code"),
            Self::LeadStatusMove => Some("/status"),
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
            | Self::TooManyLeadStatuses
            | Self::LeadStatusInUse
            | Self::DefaultLeadStatus
            | Self::TooManyLeadScoringRules
            | Self::TooManyCaptureForms
            | Self::LeadConverted
            | Self::LeadNotConverted
            | Self::LeadConversionExpired
            | Self::LeadConversionContinued
            | Self::TooManyLeadAssignmentRules
            | Self::LegalHold
            | Self::JobFinished
            | Self::JobNotRetryable
            | Self::JobKeyTaken
            | Self::TooManyJobSchedules => None,
        }
    }
}
