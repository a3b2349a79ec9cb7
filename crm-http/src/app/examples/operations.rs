//! Assigns examples to operations.

use serde_json::{Value, json};
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::{Content, OpenApi, RefOr};
use uuid::Uuid;

use super::*;

/// Adds the examples to every operation of the document; operations that the document does not have are skipped.
pub(crate) fn fill(document: &mut OpenApi) {
    for path in document.paths.paths.values_mut() {
        let methods = [&mut path.get, &mut path.put, &mut path.post, &mut path.patch, &mut path.delete];
        methods.into_iter().flatten().for_each(fill_operation);
    }
}

fn fill_operation(operation: &mut Operation) {
    let id = operation.operation_id.clone().unwrap_or_default();
    for parameter in operation.parameters.iter_mut().flatten() {
        if let RefOr::T(parameter) = parameter
            && parameter.parameter_in == ParameterIn::Path
        {
            let example = in_path(&id, &parameter.name);
            *parameter = ParameterBuilder::from(std::mem::take(parameter)).example(example).build();
        }
    }
    if let Some(RefOr::T(body)) = &mut operation.request_body {
        body.content.iter_mut().for_each(|(kind, content)| show(content, sent(&id, kind)));
    }
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && status.starts_with('2')
        {
            response.content.iter_mut().for_each(|(kind, content)| show(content, answer(&id, status, kind)));
        }
    }
}

fn show(content: &mut RefOr<Content>, example: Option<Value>) {
    if let RefOr::T(content) = content
        && example.is_some()
    {
        content.example = example;
    }
}

/// A value for a path parameter. Operations that delete or hide a record use a separate one.
fn in_path(operation: &str, parameter: &str) -> Option<Value> {
    let id: Uuid = match (operation, parameter) {
        ("deleteCustomer", "customerId") => TO_DELETE,
        ("restoreCustomer", "customerId") => TO_RESTORE,
        ("purgeCustomer", "customerId") => TO_PURGE,
        ("deleteLink", "linkId") => LINK_TO_DELETE,
        (_, "linkId") => LINK,
        ("deleteLead", "leadId") => LEAD_TO_DELETE,
        ("restoreLead", "leadId") => LEAD_TO_RESTORE,
        ("purgeLead", "leadId") => LEAD_TO_PURGE,
        ("convertLead", "leadId") => LEAD_TO_CONVERT,
        ("undoLeadConversion", "leadId") => CONVERTED_LEAD,
        (_, "leadId") => LEAD,
        ("deleteLeadNote", "noteId") => LEAD_NOTE_TO_DELETE,
        ("restoreLeadNote", "noteId") => LEAD_NOTE_TO_RESTORE,
        ("getLeadNote" | "replaceLeadNote" | "updateLeadNote", "noteId") => LEAD_NOTE,
        ("completeLeadInteraction", "interactionId") => LEAD_INTERACTION_TO_COMPLETE,
        ("deleteLeadInteraction", "interactionId") => LEAD_INTERACTION_TO_DELETE,
        ("restoreLeadInteraction", "interactionId") => LEAD_INTERACTION_TO_RESTORE,
        ("getLeadInteraction" | "replaceLeadInteraction" | "updateLeadInteraction", "interactionId") => {
            LEAD_INTERACTION
        }
        ("deleteLeadScoringRule", "leadScoringRuleId") => LEAD_SCORING_RULE_TO_DELETE,
        (_, "leadScoringRuleId") => LEAD_SCORING_RULE,
        ("deleteCaptureForm", "captureFormId") => CAPTURE_FORM_TO_DELETE,
        ("rotateCaptureFormKey", "captureFormId") => CAPTURE_FORM_TO_ROTATE,
        (_, "captureFormId") => CAPTURE_FORM,
        (_, "formKey") => return Some(json!(CAPTURE_FORM_KEY)),
        ("deleteLeadStatus", "leadStatusId") => LEAD_STATUS_TO_DELETE,
        (_, "leadStatusId") => LEAD_STATUS,
        ("deleteLeadAssignmentRule", "leadAssignmentRuleId") => LEAD_ASSIGNMENT_RULE_TO_DELETE,
        (_, "leadAssignmentRuleId") => LEAD_ASSIGNMENT_RULE,
        ("getLeadConsent", "consentId") => LEAD_CONSENT,
        (_, "consentId") => CONSENT,
        ("deleteSuppression", "suppressionId") => SUPPRESSION_TO_DELETE,
        (_, "suppressionId") => SUPPRESSION,
        ("deleteNote", "noteId") => NOTE_TO_DELETE,
        ("restoreNote", "noteId") => NOTE_TO_RESTORE,
        ("completeInteraction", "interactionId") => INTERACTION_TO_COMPLETE,
        ("deleteInteraction", "interactionId") => INTERACTION_TO_DELETE,
        ("restoreInteraction", "interactionId") => INTERACTION_TO_RESTORE,
        ("completeAnyInteraction", "interactionId") => INTERACTION_TO_COMPLETE,
        ("deleteAnyInteraction", "interactionId") => ANY_INTERACTION_TO_DELETE,
        ("restoreAnyInteraction", "interactionId") => ANY_INTERACTION_TO_RESTORE,
        ("deleteDeal", "dealId") => DEAL_TO_DELETE,
        ("restoreDeal", "dealId") => DEAL_TO_RESTORE,
        (_, "dealId") => DEAL,
        ("deletePipeline", "pipelineId") => PIPELINE_TO_DELETE,
        (_, "pipelineId") => PIPELINE,
        ("deleteTag", "tagId") => TAG_TO_DELETE,
        ("mergeTag", "tagId") => TAG_TO_MERGE,
        ("listCustomerMerges" | "getLegalHold" | "setLegalHold", "customerId") => SURVIVOR,
        (_, "bulkActionId") => BULK_ACTION,
        (_, "customerMergeId") => CUSTOMER_MERGE,
        (_, "customerId") => CUSTOMER,
        (_, "duplicateId") => DUPLICATE,
        (_, "noteId") => NOTE,
        (_, "interactionId") => INTERACTION,
        ("completeTask", "taskId") => TASK_TO_COMPLETE,
        ("reopenTask", "taskId") => TASK_TO_REOPEN,
        ("deleteTask", "taskId") => TASK_TO_DELETE,
        ("restoreTask", "taskId") => TASK_TO_RESTORE,
        (_, "taskId") => TASK,
        (_, "notificationId") => NOTIFICATION,
        ("cancelJob", "jobId") => JOB_TO_CANCEL,
        ("retryJob", "jobId") => JOB_TO_RETRY,
        ("previewStoredImport" | "startImport", "importId") => IMPORT,
        ("deleteImport", "importId") => IMPORT_TO_DELETE,
        (_, "importId") => IMPORTED,
        ("deleteImportMapping", "importMappingId") => IMPORT_MAPPING_TO_DELETE,
        (_, "importMappingId") => IMPORT_MAPPING,
        ("deleteSavedView", "savedViewId") => SAVED_VIEW_TO_DELETE,
        (_, "savedViewId") => SAVED_VIEW,
        ("deleteCustomField", "customFieldId") => CUSTOM_FIELD_TO_DELETE,
        (_, "customFieldId") => CUSTOM_FIELD,
        (_, "tagId") => TAG,
        (_, "jobId") => JOB,
        (_, "jobScheduleId") => JOB_SCHEDULE,
        (_, "tag") => return Some(json!("Newsletter")),
        (_, "secret") => return Some(json!(CALENDAR_SECRET)),
        _ => return None,
    };
    Some(json!(id))
}

/// The body to send, as this media type has it.
fn sent(operation: &str, media_type: &str) -> Option<Value> {
    match media_type {
        "application/x-www-form-urlencoded" => Some(json!(SUBMISSION_FORM)),
        _ => request(operation),
    }
}

/// The body to send.
fn request(operation: &str) -> Option<Value> {
    Some(match operation {
        "createCustomer" => new_customer(),
        "replaceCustomer" => customer_replacement(),
        "updateCustomer" => customer_patch(),
        "bulkUpdateCustomers" => bulk_request(),
        "mergeCustomers" => merge_request(),
        "undoCustomerMerge" => json!({ "onConflict": "keep" }),
        "eraseCustomer" | "eraseLead" => erasure(),
        "setLegalHold" => new_legal_hold(),
        "searchCustomersByBody" => json!({ "q": SEARCHED, "status": ["active"], "limit": 10 }),
        "importCustomers" | "previewImport" => import_form(),
        "createLeadScoringRule" => new_lead_scoring_rule(),
        "updateLeadScoringRule" => lead_scoring_rule_patch(),
        "importLeads" => lead_import_form(),
        "createLeadStatus" => new_lead_status(),
        "updateLeadStatus" => lead_status_patch(),
        "createLeadAssignmentRule" => new_lead_assignment_rule(),
        "updateLeadAssignmentRule" => lead_assignment_rule_patch(),
        "createCaptureForm" => new_capture_form(),
        "updateCaptureForm" => capture_form_patch(),
        "submitCaptureForm" => new_submission(),
        "createLead" => new_lead(),
        "replaceLead" => lead_fields(),
        "updateLead" => lead_patch(),
        "assignLeads" => lead_assignment(),
        "convertLeads" => leads_to_convert(),
        "assignLead" => json!({ "byRules": true, "explain": true }),
        "convertLead" => lead_conversion(),
        "createInteraction" | "createLeadInteraction" => new_interaction(),
        "createAnyInteraction" => new_interaction_of_customer(),
        "replaceInteraction" | "replaceAnyInteraction" | "replaceLeadInteraction" => interaction_fields(),
        "updateInteraction" | "updateAnyInteraction" | "updateLeadInteraction" => interaction_patch(),
        "completeInteraction" | "completeAnyInteraction" | "completeLeadInteraction" => completion(),
        "updateInteractionAi" => interaction_ai_patch(),
        "createTask" => new_task(),
        "replaceTask" => task_fields(),
        "updateTask" => task_patch(),
        "completeTask" => task_completion(),
        "createPipeline" => new_pipeline(),
        "updatePipeline" => pipeline_patch(),
        "createDeal" => new_deal(),
        "replaceDeal" => deal_fields(),
        "updateDeal" => deal_patch(),
        "replaceDealItems" => new_deal_items(),
        "moveDeal" => deal_move(),
        "setCurrencyRates" => new_currency_rates(),
        "setQuotas" => new_quotas(),
        "createLink" => new_link(),
        "updateLink" => link_patch(),
        "checkDuplicates" => unsaved_customer(),
        "createConsent" | "createLeadConsent" => new_consent(),
        "createSuppression" => new_suppression(),
        "importSuppressions" => new_suppressions(),
        "createNote" | "createLeadNote" => new_note(),
        "replaceNote" | "replaceLeadNote" => note_fields(),
        "updateNote" | "updateLeadNote" => note_patch(),
        "createTag" => new_tag(),
        "updateTag" => tag_patch(),
        "mergeTag" => json!({ "into": TAG }),
        "addCustomerTags" | "addLeadTags" => json!({ "tags": ["VIP", "Newsletter"] }),
        "removeCustomerTags" | "removeLeadTags" => json!({ "tags": ["Newsletter"] }),
        "createCustomField" => new_custom_field(),
        "updateCustomField" => custom_field_patch(),
        "createImport" => new_import(),
        "previewStoredImport" | "startImport" => import_request(),
        "revertImport" => json!({ "dryRun": false }),
        "createImportMapping" => new_import_mapping(),
        "replaceImportMapping" => import_mapping_fields(),
        "createSavedView" => new_saved_view(),
        "updateSavedView" => saved_view_patch(),
        "updatePreferences" => preferences_patch(),
        "startJob" => job_start(),
        "updateJobSchedule" => json!({ "isEnabled": false }),
        "updateSettings" => json!({ "defaultCountry": "US", "timeZone": "America/New_York" }),
        _ => return None,
    })
}

/// The answer with this status, in this media type.
fn answer(operation: &str, status: &str, media_type: &str) -> Option<Value> {
    Some(match operation {
        "listCustomers" => page_of(customer()),
        "createCustomer" => created_customer(),
        "getCustomer" | "getCustomerByExternalRef" | "replaceCustomer" | "updateCustomer" | "restoreCustomer" => {
            customer()
        }
        "listCustomerHistory" => history(),
        "searchCustomers" | "searchCustomersByBody" => found_customers(),
        "bulkUpdateCustomers" if status == "202" => bulk_job(BULK_ACTION),
        "bulkUpdateCustomers" => bulk_outcome(),
        "undoBulkUpdate" if status == "202" => bulk_job(JOB),
        "undoBulkUpdate" => bulk_undone(),
        "mergeCustomers" => merge_outcome(),
        "listCustomerMerges" => page_of(customer_merge()),
        "undoCustomerMerge" => unmerge_outcome(),
        "getPersonalData" | "getLeadPersonalData" => personal_data(),
        "eraseCustomer" | "eraseLead" => erasure_certificate(),
        "getLegalHold" | "setLegalHold" => legal_hold(),
        "importCustomers" | "importLeads" => import_report(),
        "previewImport" | "previewStoredImport" => import_preview(),
        "exportCustomers" if media_type == "text/csv" => json!(EXPORTED_CSV),
        "exportCustomers" if media_type == "text/vcard" => json!(EXPORTED_CARD),
        "exportCustomers" if media_type.ends_with(".sheet") => json!(EXPORTED_WORKBOOK),
        "exportCustomers" => json!(exported_line()),
        "checkDuplicates" | "findCustomerDuplicates" => duplicate_candidates(),
        "listDuplicates" => page_of(duplicate_pair()),
        "scanDuplicates" => scan_job(),
        "getDuplicate" => duplicate_pair(),
        "dismissDuplicate" => dismissed_pair(),
        "reopenDuplicate" => reopened_pair(),
        "listLeadScoringRules" => page_of(lead_scoring_rule()),
        "createLeadScoringRule" => created_lead_scoring_rule(),
        "getLeadScoringRule" | "updateLeadScoringRule" => lead_scoring_rule(),
        "getLeadScoringModel" => lead_scoring_model(),
        "getLeadScoringQuality" => lead_scoring_quality(),
        "rebuildLeadScoring" => rebuild_job(),
        "getLeadScore" => lead_score(),
        "listLeadStatuses" => page_of(lead_status()),
        "createLeadStatus" => created_lead_status(),
        "addUsualLeadStatuses" => json!({ "added": 5 }),
        "getLeadStatus" | "updateLeadStatus" => lead_status(),
        "listLeadAssignmentRules" => page_of(lead_assignment_rule()),
        "createLeadAssignmentRule" => created_lead_assignment_rule(),
        "getLeadAssignmentRule" | "updateLeadAssignmentRule" => lead_assignment_rule(),
        "listCaptureForms" => page_of(capture_form()),
        "createCaptureForm" => created_capture_form(),
        "getCaptureForm" | "updateCaptureForm" | "rotateCaptureFormKey" => capture_form(),
        "getCaptureChallenge" => capture_challenge(),
        "submitCaptureForm" => capture_receipt(media_type),
        "listLeadSubmissions" => page_of(capture_submission()),
        "getLeadBoard" => lead_board(),
        "listLeads" => page_of(lead()),
        "createLead" => created_lead(),
        "getLead" | "replaceLead" | "updateLead" | "restoreLead" | "undoLeadConversion" => lead(),
        "assignLead" => assigned_lead(),
        "listLeadHistory" => history(),
        "assignLeads" => assigned_leads(),
        "convertLeads" => converted_leads(),
        "exportLeads" if media_type == "text/csv" => json!(EXPORTED_LEADS),
        "exportLeads" if media_type == "text/vcard" => json!(EXPORTED_CARD),
        "exportLeads" if media_type.ends_with(".sheet") => json!(EXPORTED_WORKBOOK),
        "exportLeads" => json!(exported_lead()),
        "convertLead" => converted_lead(),
        "listInteractions" | "listAllInteractions" | "listLeadInteractions" => page_of(interaction()),
        "createInteraction" | "createAnyInteraction" | "createLeadInteraction" => created_interaction(),
        "completeInteraction" | "completeAnyInteraction" | "completeLeadInteraction" => completed_interaction(),
        "getInteraction" | "replaceInteraction" | "updateInteraction" | "restoreInteraction" => interaction(),
        "getAnyInteraction" | "replaceAnyInteraction" | "updateAnyInteraction" | "restoreAnyInteraction" => {
            interaction()
        }
        "getLeadInteraction" | "replaceLeadInteraction" | "updateLeadInteraction" | "restoreLeadInteraction" => {
            interaction()
        }
        "listTasks" => page_of(task()),
        "createTask" => created_task(),
        "getTaskAgenda" => task_agenda(),
        "getTask" | "replaceTask" | "updateTask" => task(),
        "completeTask" => completed_task(),
        "reopenTask" => reopened_task(),
        "restoreTask" => restored_task(),
        "listNotifications" => notifications(),
        "markNotificationRead" => read_notification(),
        "createCalendarFeed" => calendar_address(),
        "getCalendarFile" => json!(CALENDAR_FILE),
        "getInteractionAi" | "updateInteractionAi" => interaction_ai(),
        "requestInteractionAi" => interaction_ai_in("pending", 4),
        "getAiUsage" => ai_usage(),
        "listPipelines" => page_of(pipeline()),
        "createPipeline" => created_pipeline(),
        "getPipeline" | "updatePipeline" => pipeline(),
        "getDealBoard" => deal_board(),
        "getDealTotals" => deal_totals(),
        "listDeals" => page_of(deal()),
        "createDeal" => created_deal(),
        "getDeal" | "replaceDeal" | "updateDeal" | "restoreDeal" => deal(),
        "listDealItems" | "replaceDealItems" => deal_items(),
        "moveDeal" => moved_deal(),
        "listDealStages" => page_of(deal_stage_entry()),
        "getCurrencyRates" | "setCurrencyRates" => currency_rates(),
        "listCurrencyRateHistory" => past_currency_rates(),
        "listLinks" => page_of(link()),
        "createLink" => created_link(),
        "getLink" | "updateLink" => link(),
        "listConsents" | "listLeadConsents" => page_of(consent()),
        "createConsent" | "createLeadConsent" => created_consent(),
        "getConsent" | "getLeadConsent" => consent(),
        "getCurrentConsents" | "getCurrentLeadConsents" => current_consents(),
        "getMayContact" | "getMayContactLead" => may_contact(),
        "listSuppressions" => page_of(suppression()),
        "createSuppression" => created_suppression(),
        "importSuppressions" => json!({ "added": 2, "unchanged": 0 }),
        "getSuppression" => suppression(),
        "listNotes" | "listLeadNotes" => page_of(note()),
        "createNote" | "createLeadNote" => created_note(),
        "getNote" | "replaceNote" | "updateNote" | "restoreNote" => note(),
        "getLeadNote" | "replaceLeadNote" | "updateLeadNote" | "restoreLeadNote" => note(),
        "listTags" | "listAvailableTags" => page_of(tag()),
        "createTag" => created_tag(),
        "getTag" | "updateTag" | "mergeTag" => tag(),
        "listCustomerTags" | "addCustomerTags" | "removeCustomerTags" | "removeCustomerTag" => customer_tags(),
        "listLeadTags" | "addLeadTags" | "removeLeadTags" | "removeLeadTag" => customer_tags(),
        "getStats" => overall_stats(),
        "getDashboard" => dashboard(),
        "getPerformance" => performance(),
        "getCustomerActivity" => customer_activity(),
        "getLeadStats" => lead_stats(),
        "getFunnel" => funnel(),
        "getPipelineStats" => pipeline_stats(),
        "getForecast" => forecast(),
        "getLeaderboard" => leaderboard(),
        "getTaskStats" => task_stats(),
        "listQuotas" => page_of(quota()),
        "setQuotas" => set_quotas(),
        "listActivity" => activity(),
        "listJobs" => page_of(job()),
        "startJob" => waiting_job(JOB),
        "getJob" => job(),
        "cancelJob" => cancelled_job(),
        "retryJob" => waiting_job(JOB_TO_RETRY),
        "listJobSchedules" => json!({ "data": [job_schedule()] }),
        "getJobSchedule" => job_schedule(),
        "updateJobSchedule" => paused_job_schedule(),
        "runJobSchedule" => scheduled_job(),
        "listEvents" => events(),
        "streamEvents" => json!(EVENT_STREAM),
        "listAuditEntries" => audit(),
        "getAuditChain" => audit_chain(),
        "verifyAudit" => verify_job(),
        "listCustomFields" => page_of(custom_field()),
        "createCustomField" => created_custom_field(),
        "getCustomField" | "updateCustomField" => custom_field(),
        "listImports" => json!({ "data": [imported(), stored_import()] }),
        "createImport" => stored_import(),
        "getImport" => imported(),
        "startImport" => started_import(),
        "listFailedRows" => json!(FAILED_ROWS),
        "revertImport" if status == "202" => waiting_job(IMPORT_JOB),
        "revertImport" => reverted_import(),
        "listImportMappings" => page_of(import_mapping()),
        "createImportMapping" => created_import_mapping(),
        "getImportMapping" | "replaceImportMapping" => import_mapping(),
        "listSavedViews" => page_of(saved_view()),
        "createSavedView" => created_saved_view(),
        "getSavedView" | "updateSavedView" => saved_view(),
        "getPreferences" | "updatePreferences" => preferences(),
        "getSettings" | "updateSettings" => settings(),
        "listUsers" => users(),
        "listTeams" => teams(),
        _ => return None,
    })
}

/// All writable fields of the customer, without what is derived.
fn customer_replacement() -> Value {
    let mut fields = customer_fields();
    for (list, derived) in [("phones", "e164"), ("addresses", "countryCode")] {
        for entry in fields[list].as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
            entry.remove(derived);
        }
    }
    fields
}
