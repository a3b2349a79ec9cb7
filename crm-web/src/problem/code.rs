//! The codes of problems, and the status of each.

use actix_web::http::StatusCode;

/// Declares the codes.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $status:ident, $code:literal, $title:literal;)+) => {
        /// The kind of error, which clients match.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Code {
            $($(#[$doc])* $variant),+
        }

        impl Code {
            /// All codes, by status.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable code.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The HTTP status of the code.
            #[must_use]
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$variant => StatusCode::$status),+ }
            }

            /// The title: a short description of the code.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),+ }
            }
        }
    };
}

codes! {
    /// The body is not valid JSON.
    MalformedJson = BAD_REQUEST, "malformed_json", "The body is not valid JSON";
    /// The body has a field with an unknown name.
    UnknownField = BAD_REQUEST, "unknown_field", "The body has an unknown field";
    /// A required field of the body is missing.
    MissingField = BAD_REQUEST, "missing_field", "The body lacks a field";
    /// A field of the body has a value of the wrong type.
    InvalidType = BAD_REQUEST, "invalid_type", "A field has a value of the wrong type";
    /// The query has a parameter with an unknown name.
    UnknownParameter = BAD_REQUEST, "unknown_parameter", "The query has an unknown parameter";
    /// A required query parameter is missing.
    MissingParameter = BAD_REQUEST, "missing_parameter", "The query lacks a parameter";
    /// A query parameter has an invalid value.
    ParameterInvalid = BAD_REQUEST, "parameter_invalid", "A parameter has an invalid value";
    /// `limit` is out of bounds.
    LimitInvalid = BAD_REQUEST, "limit_invalid", "The limit is out of bounds";
    /// `page` is not a page number.
    PageInvalid = BAD_REQUEST, "page_invalid", "There is no such page";
    /// `page` is beyond the first 10,000 records.
    PageTooDeep = BAD_REQUEST, "page_too_deep", "The page is beyond the first 10,000 records";
    /// `cursor` is not a cursor of this list.
    CursorInvalid = BAD_REQUEST, "cursor_invalid", "The cursor does not belong to this list";
    /// `sort` is not an order of this list.
    SortInvalid = BAD_REQUEST, "sort_invalid", "The sort order is unknown";
    /// `filter` is not a filter of this list.
    FilterInvalid = BAD_REQUEST, "filter_invalid", "The filter is invalid";
    /// The file is not a table of customers.
    FileInvalid = BAD_REQUEST, "file_invalid", "The file cannot be read";
    /// The header of the file is not understood.
    HeaderUnknown = BAD_REQUEST, "header_unknown", "The header of the file is not understood";
    /// The workbook has no sheet of the name.
    SheetUnknown = BAD_REQUEST, "sheet_unknown", "The workbook has no such sheet";
    /// A text is too long for a cell of a workbook.
    CellTooLong = BAD_REQUEST, "cell_too_long", "A text is too long for a workbook";
    /// The file has too many columns.
    TooManyColumns = BAD_REQUEST, "too_many_columns", "The file has too many columns";
    /// `mapping` is not valid.
    MappingInvalid = BAD_REQUEST, "mapping_invalid", "The mapping is invalid";
    /// The file lacks the column that rows are matched by.
    MatchColumnMissing = BAD_REQUEST, "match_column_missing", "The file lacks the column to match by";
    /// `If-Match` is not an entity tag.
    IfMatchInvalid = BAD_REQUEST, "if_match_invalid", "If-Match is not an entity tag";
    /// `Idempotency-Key` is not a valid key.
    IdempotencyKeyInvalid = BAD_REQUEST, "idempotency_key_invalid", "The idempotency key is invalid";
    /// The request is malformed in another way.
    Malformed = BAD_REQUEST, "malformed", "The request is malformed";
    /// There is no token.
    TokenMissing = UNAUTHORIZED, "token_missing", "A token is required";
    /// The e-mail address or the password is wrong.
    CredentialsInvalid = UNAUTHORIZED, "credentials_invalid", "The e-mail address or the password is wrong";
    /// The password is right, and a code of the second factor is required.
    SecondFactorRequired = UNAUTHORIZED, "second_factor_required", "A code of the second factor is required";
    /// The code of the second factor is wrong.
    SecondFactorInvalid = UNAUTHORIZED, "second_factor_invalid", "The code of the second factor is wrong";
    /// The session has ended.
    SessionEnded = UNAUTHORIZED, "session_ended", "The session has ended";
    /// The token is not valid.
    TokenInvalid = UNAUTHORIZED, "token_invalid", "The token is not valid";
    /// The caller's role does not allow it.
    Forbidden = FORBIDDEN, "forbidden", "The role does not allow this";
    /// The role in the token is unknown.
    RoleUnknown = FORBIDDEN, "role_unknown", "The role is unknown";
    /// The company is suspended.
    CompanySuspended = FORBIDDEN, "company_suspended", "The company is suspended";
    /// The company is deleted.
    CompanyDeleted = FORBIDDEN, "company_deleted", "The company is deleted";
    /// Pages of this origin may not send the form.
    OriginNotAllowed = FORBIDDEN, "origin_not_allowed", "Pages of this origin may not send the form";
    /// There is no such record in the caller's company.
    NotFound = NOT_FOUND, "not_found", "There is no such record";
    /// There is no such route.
    RouteUnknown = NOT_FOUND, "route_unknown", "There is no such route";
    /// The route does not take this method.
    MethodNotAllowed = METHOD_NOT_ALLOWED, "method_not_allowed", "The route does not take this method";
    /// The body did not arrive in time.
    BodyTimeout = REQUEST_TIMEOUT, "body_timeout", "The body did not arrive in time";
    /// Another customer has the e-mail address.
    CustomerEmailTaken = CONFLICT, "customer_email_taken", "Another customer has this e-mail address";
    /// Another customer has the external reference.
    ExternalRefTaken = CONFLICT, "external_ref_taken", "Another customer has this external reference";
    /// The same customers have an active link with the label.
    LinkExists = CONFLICT, "link_exists", "These customers have an active link with this label";
    /// The customer has reached the maximum number of links.
    TooManyLinks = CONFLICT, "too_many_links", "The customer has the maximum number of links";
    /// The organization has another parent.
    ParentTaken = CONFLICT, "parent_taken", "The organization has another parent";
    /// Another tag has the name.
    TagNameTaken = CONFLICT, "tag_name_taken", "Another tag has this name";
    /// The user has another saved view of the entity with the name.
    SavedViewNameTaken = CONFLICT, "saved_view_name_taken", "Another saved view of yours has this name";
    /// The user has reached the maximum number of saved views.
    TooManySavedViews = CONFLICT, "too_many_saved_views", "You have the maximum number of saved views";
    /// Another custom field of the entity has the key.
    CustomFieldKeyTaken = CONFLICT, "custom_field_key_taken", "Another custom field has this key";
    /// Another customer has the value of a custom field that is unique.
    CustomFieldValueTaken = CONFLICT, "custom_field_value_taken", "Another customer has the value of a unique custom field";
    /// The company has reached the maximum number of custom fields.
    TooManyCustomFields = CONFLICT, "too_many_custom_fields", "Your company has the maximum number of custom fields";
    /// Another saved mapping of imports has the name.
    ImportMappingNameTaken = CONFLICT, "import_mapping_name_taken", "Another saved mapping has this name";
    /// The company has reached the maximum number of saved mappings.
    TooManyImportMappings = CONFLICT, "too_many_import_mappings", "Your company has the maximum number of saved mappings";
    /// The import was not started, so there is nothing to revert.
    ImportNotStarted = CONFLICT, "import_not_started", "The import was not started";
    /// The job of the import is waiting or running, so it cannot be reverted yet.
    ImportRunning = CONFLICT, "import_running", "The import is still running";
    /// The import was reverted before; it can be reverted once.
    ImportReverted = CONFLICT, "import_reverted", "The import was reverted before";
    /// An import can be reverted for 30 days.
    ImportRevertExpired = CONFLICT, "import_revert_expired", "The import is too old to be reverted";
    /// The company has reached the maximum number of tags.
    TooManyTags = CONFLICT, "too_many_tags", "Your company has the maximum number of tags";
    /// Some customers share an e-mail address.
    DuplicateEmailsExist = CONFLICT, "duplicate_emails_exist", "Some customers share an e-mail address";
    /// A request with the same idempotency key is running.
    IdempotencyKeyInUse = CONFLICT, "idempotency_key_in_use", "A request with this idempotency key is running";
    /// The record is not in the trash.
    NotInTrash = CONFLICT, "not_in_trash", "The record is not in the trash";
    /// The do-not-contact list has the address, number or domain.
    SuppressionExists = CONFLICT, "suppression_exists", "The do-not-contact list has this already";
    /// The interaction is completed, cancelled or missed, and its status is final.
    InteractionClosed = CONFLICT, "interaction_closed", "The interaction is closed";
    /// The task is completed or canceled, and keeps its status until it is reopened.
    TaskClosed = CONFLICT, "task_closed", "The task is closed";
    /// The interaction or task was completed before with another body.
    AlreadyCompleted = CONFLICT, "already_completed", "It was completed before";
    /// Another pipeline has the name.
    PipelineNameTaken = CONFLICT, "pipeline_name_taken", "Another pipeline has this name";
    /// The company has reached the maximum number of pipelines.
    TooManyPipelines = CONFLICT, "too_many_pipelines", "Your company has the maximum number of pipelines";
    /// Some deals are in the pipeline, so it cannot be deleted.
    PipelineInUse = CONFLICT, "pipeline_in_use", "Some deals are in this pipeline";
    /// Some deals are in a stage, so it cannot be removed from its pipeline.
    StageInUse = CONFLICT, "stage_in_use", "Some deals are in this stage";
    /// A company with pipelines has one that is the default.
    DefaultPipeline = CONFLICT, "default_pipeline", "The pipeline is the default";
    /// Another status of leads has the name.
    LeadStatusNameTaken = CONFLICT, "lead_status_name_taken", "Another status has this name";
    /// Another status of leads has the code.
    LeadStatusCodeTaken = CONFLICT, "lead_status_code_taken", "Another status has this code";
    /// The company has reached the maximum number of statuses of leads.
    TooManyLeadStatuses = CONFLICT, "too_many_lead_statuses", "Your company has the maximum number of lead statuses";
    /// Some leads have the status, so it cannot be deleted.
    LeadStatusInUse = CONFLICT, "lead_status_in_use", "Some leads have this status";
    /// New leads begin in the status, so it stays the default until another one is.
    DefaultLeadStatus = CONFLICT, "default_lead_status", "The status is the default";
    /// Another capture form has the name.
    CaptureFormNameTaken = CONFLICT, "capture_form_name_taken", "Another capture form has this name";
    /// The company has reached the maximum number of capture forms.
    TooManyCaptureForms = CONFLICT, "too_many_capture_forms", "Your company has the maximum number of capture forms";
    /// A status of this type does not follow the one that the lead has.
    LeadStatusMove = CONFLICT, "lead_status_move", "The status does not follow the lead's";
    /// The company has reached the maximum number of rules by which leads are scored.
    TooManyLeadScoringRules = CONFLICT, "too_many_lead_scoring_rules", "Your company has the maximum number of rules for scores";
    /// The lead was converted, and is written no more.
    LeadConverted = CONFLICT, "lead_converted", "The lead was converted";
    /// The lead was not converted, so there is nothing to take back.
    LeadNotConverted = CONFLICT, "lead_not_converted", "The lead was not converted";
    /// A conversion can be taken back for 30 days.
    LeadConversionExpired = CONFLICT, "lead_conversion_expired", "The conversion is too old to be taken back";
    /// The customer has other deals by now, is in the trash, or was merged with others.
    LeadConversionContinued = CONFLICT, "lead_conversion_continued", "The customer has gone on since";
    /// The company has reached the maximum number of rules by which leads are assigned.
    TooManyLeadAssignmentRules = CONFLICT, "too_many_lead_assignment_rules", "Your company has the maximum number of assignment rules";
    /// The bulk action was undone before; it can be undone once.
    BulkActionUndone = CONFLICT, "bulk_action_undone", "The bulk action was undone before";
    /// A bulk action can be undone for 24 hours.
    BulkActionExpired = CONFLICT, "bulk_action_expired", "The bulk action is too old to be undone";
    /// The job of the bulk action is waiting or running, so the action cannot be undone yet.
    BulkActionRunning = CONFLICT, "bulk_action_running", "The bulk action is still running";
    /// Something was changed since the merge that is to be undone.
    ChangedSinceMerge = CONFLICT, "changed_since_merge", "Something was changed since the merge";
    /// The merge was undone before; it can be undone once.
    CustomerMergeUndone = CONFLICT, "customer_merge_undone", "The merge was undone before";
    /// A merge can be undone for 30 days.
    CustomerMergeExpired = CONFLICT, "customer_merge_expired", "The merge is too old to be undone";
    /// The customer was merged into another one since, and that merge has to be undone first.
    CustomerMergeContinued = CONFLICT, "customer_merge_continued", "The customer was merged into another one since";
    /// The customer is under a legal hold, and is neither erased nor purged.
    LegalHold = CONFLICT, "legal_hold", "The customer is under a legal hold";
    /// The host application does not let the person be erased.
    ErasureRefused = CONFLICT, "erasure_refused", "The person must not be erased";
    /// The job has ended, so it cannot be cancelled.
    JobFinished = CONFLICT, "job_finished", "The job has ended";
    /// The job did not fail and was not cancelled, so it cannot be retried.
    JobNotRetryable = CONFLICT, "job_not_retryable", "The job has not failed";
    /// Another job of this kind with the same key is waiting or running.
    JobKeyTaken = CONFLICT, "job_key_taken", "Another job with the same key is waiting or running";
    /// The company has the maximum number of schedules.
    TooManyJobSchedules = CONFLICT, "too_many_job_schedules", "Your company has the maximum number of schedules";
    /// The company has a user with this e-mail address.
    UserExists = CONFLICT, "user_exists", "Your company has this user already";
    /// Another user has the e-mail address.
    UserEmailTaken = CONFLICT, "user_email_taken", "Another user has this e-mail address";
    /// Another team has the name.
    TeamNameTaken = CONFLICT, "team_name_taken", "Another team has this name";
    /// The company would have no active administrator.
    LastAdministrator = CONFLICT, "last_administrator", "A company needs an active administrator";
    /// The invitation was not accepted yet.
    InvitationPending = CONFLICT, "invitation_pending", "The invitation is not accepted yet";
    /// The invitation was accepted.
    InvitationAccepted = CONFLICT, "invitation_accepted", "The invitation was accepted";
    /// The user belongs to other companies too.
    SharedUser = CONFLICT, "shared_user", "The user belongs to other companies too";
    /// The second factor is on.
    SecondFactorOn = CONFLICT, "second_factor_on", "The second factor is on";
    /// The second factor is off.
    SecondFactorOff = CONFLICT, "second_factor_off", "The second factor is off";
    /// The company has the maximum number of these records.
    TooManyRecords = CONFLICT, "too_many_records", "Your company has the maximum number of these";
    /// The customer may be there already.
    PossibleDuplicate = CONFLICT, "possible_duplicate", "The customer may be there already";
    /// Another rule of the data is violated.
    Conflict = CONFLICT, "conflict", "A rule of the data is violated";
    /// The customer was merged into another one.
    CustomerMerged = GONE, "customer_merged", "The customer was merged into another one";
    /// The record has changed since the caller read it.
    VersionMismatch = PRECONDITION_FAILED, "version_mismatch", "The record has changed";
    /// The body is too large.
    PayloadTooLarge = PAYLOAD_TOO_LARGE, "payload_too_large", "The body is too large";
    /// The body is of a type that this route does not read.
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "The media type is not supported";
    /// The body is an excerpt of the record, as lists show it.
    Truncated = UNPROCESSABLE_ENTITY, "truncated", "The record is only an excerpt";
    /// Values break rules.
    Invalid = UNPROCESSABLE_ENTITY, "invalid", "Some values break rules";
    /// The link of an invitation or a reset is unknown, was used or has expired.
    LinkInvalid = UNPROCESSABLE_ENTITY, "link_invalid", "The link is not valid any more";
    /// There is no such company, or the user does not belong to it.
    CompanyUnknown = UNPROCESSABLE_ENTITY, "company_unknown", "You do not belong to this company";
    /// The idempotency key was used for another request.
    IdempotencyKeyReused = UNPROCESSABLE_ENTITY, "idempotency_key_reused", "The idempotency key was used before";
    /// There were too many requests.
    RateLimited = TOO_MANY_REQUESTS, "rate_limited", "Too many requests";
    /// There were too many failed attempts to sign in.
    TooManyAttempts = TOO_MANY_REQUESTS, "too_many_attempts", "Too many failed attempts";
    /// The maximum number of event streams is open.
    TooManyStreams = TOO_MANY_REQUESTS, "too_many_streams", "Too many streams of events are open";
    /// The company uses all the connections that it may use.
    CompanyBusy = TOO_MANY_REQUESTS, "company_busy", "Your company has too many requests running";
    /// An internal error.
    Internal = INTERNAL_SERVER_ERROR, "internal", "Internal error";
    /// The database cannot be reached or is too busy.
    Unavailable = SERVICE_UNAVAILABLE, "unavailable", "The service is temporarily unavailable";
    /// The request took too long.
    DeadlineExceeded = SERVICE_UNAVAILABLE, "deadline_exceeded", "The answer took too long";
    /// The service that verifies tokens cannot be reached.
    IdentityUnavailable = SERVICE_UNAVAILABLE, "identity_unavailable", "Tokens cannot be verified at the moment";
}

impl Code {
    /// The code with this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == name)
    }

    /// The code for an answer of the framework that has a status only.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::TokenMissing,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::NOT_FOUND => Self::RouteUnknown,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::REQUEST_TIMEOUT => Self::BodyTimeout,
            StatusCode::PAYLOAD_TOO_LARGE => Self::PayloadTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            StatusCode::TOO_MANY_REQUESTS => Self::RateLimited,
            StatusCode::SERVICE_UNAVAILABLE => Self::Unavailable,
            status if status.is_client_error() => Self::Malformed,
            _ => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::fmt::Write;
    use std::path::Path;

    use crm_core::Conflict;

    use super::Code;

    #[test]
    fn codes_are_unique() {
        let codes: HashSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), Code::ALL.len());
    }

    #[test]
    fn every_conflict_of_the_core_has_a_code() {
        for conflict in Conflict::ALL {
            assert!(Code::named(conflict.code()).is_some(), "{}", conflict.code());
        }
    }

    #[test]
    fn every_malformed_request_of_the_core_has_a_code() {
        let mut sources = Vec::new();
        read_sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../crm-core/src")), &mut sources);
        let codes: Vec<&str> = sources
            .iter()
            .flat_map(|source| source.split("Malformed::new(").skip(1))
            .filter_map(|call| call.trim_start().strip_prefix('"')?.split('"').next())
            .collect();
        assert!(codes.len() > 10, "{codes:?}");
        for code in codes {
            assert!(Code::named(code).is_some(), "{code} of crm-core has no status");
        }
    }

    /// The first string literal of each call that is not a pointer, if it is a code: `add("/name", "required", …)`.
    fn codes_in<'s>(source: &'s str, call: &'s str) -> impl Iterator<Item = &'s str> {
        let is_code = |text: &&str| {
            text.contains(|letter: char| letter.is_ascii_lowercase())
                && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        let first =
            |rest: &'s str| rest.split(';').next()?.split('"').skip(1).step_by(2).find(|text| !text.contains('/'));
        source.split(call).skip(1).filter_map(first).filter(is_code)
    }

    #[test]
    fn the_page_of_errors_lists_every_code_of_a_value() {
        const CALLS: &[&str] = &[
            "violations.add(",
            "Violations::one(",
            " invalid(",
            " fault(",
            "ImportFault::new(",
            ".warn(",
            "Err((",
            ": (&str, &str) =",
            "const INEXACT",
            "ValidationError::new(",
        ];
        let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors.md")).unwrap();
        let mut sources = Vec::new();
        read_sources(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../crm-core/src")), &mut sources);
        let mut codes = HashSet::new();
        for source in &sources {
            let source = source.split("#[cfg(test)]").next().unwrap();
            codes.extend(CALLS.iter().flat_map(|call| codes_in(source, call)));
        }
        for code in ["too_many", "too_deep", "name_invalid", "same_tag", "tag_unknown", "in_the_future", "required"] {
            assert!(codes.contains(code), "{code} is no longer found in the sources");
        }
        let mut missing: Vec<&str> = codes.into_iter().filter(|code| !page.contains(&format!("`{code}`"))).collect();
        missing.sort_unstable();
        assert!(missing.is_empty(), "docs/errors.md does not explain {missing:?}");
    }

    fn read_sources(directory: &Path, sources: &mut Vec<String>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                read_sources(&path, sources);
            } else {
                sources.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }

    #[test]
    fn the_page_of_errors_lists_every_code() {
        const BEGIN: &str = "<!-- codes -->\n";
        const END: &str = "<!-- /codes -->";
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/errors.md");
        let page = std::fs::read_to_string(path).unwrap();
        let (before, rest) = page.split_once(BEGIN).unwrap();
        let (_, after) = rest.split_once(END).unwrap();
        let mut table = String::from("| Status | Code | Meaning |\n|---|---|---|\n");
        for code in Code::ALL {
            let _ = writeln!(table, "| {} | `{}` | {} |", code.status().as_u16(), code.as_str(), code.title());
        }
        let fresh = format!("{before}{BEGIN}{table}{END}{after}");
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(path, &fresh).unwrap();
        }
        assert!(
            std::fs::read_to_string(path).unwrap() == fresh,
            "docs/errors.md is stale; BLESS=1 cargo test -p crm-web --lib rewrites it"
        );
    }
}
