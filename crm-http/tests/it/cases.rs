//! A valid call of every operation of the document, for the tests of matrix, outages and privacy.
//!
//! A new operation needs one entry here; without it the matrix fails.

mod capture_forms;
mod consents;
mod leads;
mod sales;

use crm_core::actor::{Action, Resource, Role};
use crm_core::companies::SettingsPatch;
use crm_core::custom_fields::{CustomFieldType, NewCustomField};
use crm_core::customers::{
    BulkAction, BulkAnswer, BulkOutcome, BulkRequest, CustomerStatus, NewCustomer, NewCustomerLink,
};
use crm_core::deals::NewDeal;
use crm_core::ids::UserId;
use crm_core::import_mappings::NewImportMapping;
use crm_core::interactions::{InteractionPatch, InteractionType, NewInteraction};
use crm_core::jobs::{NewJob, NewJobSchedule, Recount};
use crm_core::notes::NewNote;
use crm_core::notifications::NotificationQuery;
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::pipelines::NewPipeline;
use crm_core::saved_views::{NewSavedView, ViewEntity, ViewVisibility};
use crm_core::sea_orm::ConnectionTrait;
use crm_core::sea_orm::sea_query::{Expr, ExprTrait, Query};
use crm_core::tags::NewTag;
use crm_core::tasks::{NewTask, TaskCompletion};
use futures_util::future::LocalBoxFuture;
use serde_json::json;

use crate::support::{Api, Call, Client, Operation, document};

/// Creates the record of a path, with or without an owner, and returns its id after those of its parents.
type Make = fn(&Api, Option<UserId>) -> LocalBoxFuture<'static, String>;

/// How to call one operation so that it goes well.
#[derive(Clone, Copy)]
pub struct Case {
    pub operation: &'static str,
    /// The right that it needs; nothing where every caller may.
    pub needs: Option<(Resource, Action)>,
    /// The record that its path names.
    pub record: Option<Make>,
    /// The reach `own` ends before records without an owner, and what is beyond it is not found.
    pub only_own: bool,
    /// The record is its user's alone: nobody else finds it, whatever their rights.
    pub personal: bool,
    /// Its body refers to the record, and what is not found there is a 422.
    pub refers: bool,
    /// Completes the request; its body is the documented example already.
    complete: fn(Call) -> Call,
    /// Names the record where the path does not.
    by: Option<fn(Call, &str) -> Call>,
}

const fn case(operation: &'static str, needs: Option<(Resource, Action)>) -> Case {
    Case {
        operation,
        needs,
        record: None,
        only_own: false,
        personal: false,
        refers: false,
        complete: |call| call,
        by: None,
    }
}

/// All of them.
pub const CASES: &[Case] = {
    use {Action as A, Resource as R};
    &[
        case("getHealth", None),
        case("getLiveness", None),
        case("getStartup", None),
        case("getReadiness", None),
        case("getDatabaseHealth", None),
        case("getDetailedHealth", None),
        case("getMetrics", None),
        case("listCustomers", Some((R::Customers, A::Read))),
        case("createCustomer", Some((R::Customers, A::Create))),
        Case { complete: |call| call.query([("q", "ann")]), ..case("searchCustomers", Some((R::Customers, A::Read))) },
        case("searchCustomersByBody", Some((R::Customers, A::Read))),
        Case { complete: |call| call.file(FILE, None), ..case("importCustomers", Some((R::Customers, A::Import))) },
        Case { complete: |call| call.file(FILE, None), ..case("previewImport", Some((R::Customers, A::Import))) },
        case("exportCustomers", Some((R::Customers, A::Export))),
        case("bulkUpdateCustomers", Some((R::Customers, A::Update))),
        // Whose action it is decides; what its customers refuse is counted.
        Case { record: Some(bulk_action), only_own: true, ..case("undoBulkUpdate", Some((R::Jobs, A::Update))) },
        Case {
            record: Some(two_customers),
            refers: true,
            by: Some(|call, ids| {
                let (survivor, loser) = ids.split_once('/').unwrap_or((ids, "00000000-0000-0000-0000-000000000001"));
                call.json(&json!({ "survivorId": survivor, "loserIds": [loser] }))
            }),
            ..case("mergeCustomers", Some((R::Customers, A::Delete)))
        },
        Case { record: Some(merge), ..case("undoCustomerMerge", Some((R::Customers, A::Restore))) },
        Case { record: Some(customer), ..case("listCustomerMerges", Some((R::Customers, A::Read))) },
        Case {
            record: Some(customer),
            by: Some(|call, id| call.query([("system", "erp"), ("id", id)])),
            ..case("getCustomerByExternalRef", Some((R::Customers, A::Read)))
        },
        Case { record: Some(customer), ..case("getCustomer", Some((R::Customers, A::Read))) },
        Case { record: Some(customer), ..case("replaceCustomer", Some((R::Customers, A::Update))) },
        Case { record: Some(customer), ..case("updateCustomer", Some((R::Customers, A::Update))) },
        Case { record: Some(customer), ..case("deleteCustomer", Some((R::Customers, A::Delete))) },
        Case { record: Some(trashed_customer), ..case("restoreCustomer", Some((R::Customers, A::Restore))) },
        Case { record: Some(customer), ..case("purgeCustomer", Some((R::Customers, A::Purge))) },
        Case { record: Some(customer), ..case("listCustomerHistory", Some((R::Customers, A::Read))) },
        Case { record: Some(customer), ..case("getPersonalData", Some((R::Customers, A::Disclose))) },
        Case { record: Some(customer), ..case("eraseCustomer", Some((R::Customers, A::Erase))) },
        Case { record: Some(customer), ..case("getLegalHold", Some((R::Customers, A::Read))) },
        Case { record: Some(customer), ..case("setLegalHold", Some((R::Customers, A::Erase))) },
        Case { record: Some(customer), ..case("listLinks", Some((R::Customers, A::Read))) },
        Case {
            record: Some(organization_and_person),
            by: Some(|call, ids| {
                let person = ids.rsplit('/').next();
                call.json(&json!({ "fromId": person, "label": "employee" }))
            }),
            ..case("createLink", Some((R::Customers, A::Update)))
        },
        Case { record: Some(link), ..case("getLink", Some((R::Customers, A::Read))) },
        Case { record: Some(link), ..case("updateLink", Some((R::Customers, A::Update))) },
        Case { record: Some(link), ..case("deleteLink", Some((R::Customers, A::Update))) },
        case("checkDuplicates", Some((R::Customers, A::Read))),
        Case { record: Some(customer), ..case("findCustomerDuplicates", Some((R::Customers, A::Read))) },
        case("listDuplicates", Some((R::Duplicates, A::Read))),
        case("scanDuplicates", Some((R::Duplicates, A::Create))),
        Case { record: Some(duplicate), ..case("getDuplicate", Some((R::Duplicates, A::Read))) },
        Case { record: Some(duplicate), ..case("dismissDuplicate", Some((R::Duplicates, A::Update))) },
        Case { record: Some(duplicate), ..case("reopenDuplicate", Some((R::Duplicates, A::Update))) },
        Case { record: Some(customer), ..case("listNotes", Some((R::Notes, A::Read))) },
        Case { record: Some(customer), ..case("createNote", Some((R::Notes, A::Create))) },
        Case { record: Some(note), ..case("getNote", Some((R::Notes, A::Read))) },
        Case { record: Some(note), ..case("replaceNote", Some((R::Notes, A::Update))) },
        Case { record: Some(note), ..case("updateNote", Some((R::Notes, A::Update))) },
        Case { record: Some(note), ..case("deleteNote", Some((R::Notes, A::Delete))) },
        Case { record: Some(trashed_note), ..case("restoreNote", Some((R::Notes, A::Restore))) },
        Case { record: Some(customer), ..case("listConsents", Some((R::Consents, A::Read))) },
        Case { record: Some(customer), ..case("createConsent", Some((R::Consents, A::Create))) },
        Case { record: Some(customer), ..case("getCurrentConsents", Some((R::Consents, A::Read))) },
        Case { record: Some(consents::consent), ..case("getConsent", Some((R::Consents, A::Read))) },
        Case {
            record: Some(customer),
            complete: consents::with_purpose,
            ..case("getMayContact", Some((R::Consents, A::Read)))
        },
        Case { record: Some(leads::lead), ..case("listLeadConsents", Some((R::Consents, A::Read))) },
        Case { record: Some(leads::lead), ..case("createLeadConsent", Some((R::Consents, A::Create))) },
        Case { record: Some(leads::lead), ..case("getCurrentLeadConsents", Some((R::Consents, A::Read))) },
        Case { record: Some(consents::lead_consent), ..case("getLeadConsent", Some((R::Consents, A::Read))) },
        Case {
            record: Some(leads::lead),
            complete: consents::with_purpose,
            ..case("getMayContactLead", Some((R::Consents, A::Read)))
        },
        case("listSuppressions", Some((R::Suppressions, A::Read))),
        case("createSuppression", Some((R::Suppressions, A::Create))),
        case("importSuppressions", Some((R::Suppressions, A::Import))),
        Case { record: Some(consents::suppression), ..case("getSuppression", Some((R::Suppressions, A::Read))) },
        Case { record: Some(consents::suppression), ..case("deleteSuppression", Some((R::Suppressions, A::Delete))) },
        case("listEvents", Some((R::Customers, A::Read))),
        case("streamEvents", Some((R::Customers, A::Read))),
        case("listAllInteractions", Some((R::Interactions, A::Read))),
        Case { record: Some(customer), ..case("listInteractions", Some((R::Interactions, A::Read))) },
        Case { record: Some(customer), ..case("createInteraction", Some((R::Interactions, A::Create))) },
        Case { record: Some(interaction), ..case("getInteraction", Some((R::Interactions, A::Read))) },
        Case { record: Some(interaction), ..case("replaceInteraction", Some((R::Interactions, A::Update))) },
        Case { record: Some(interaction), ..case("updateInteraction", Some((R::Interactions, A::Update))) },
        Case { record: Some(interaction), ..case("completeInteraction", Some((R::Interactions, A::Update))) },
        Case { record: Some(interaction), ..case("deleteInteraction", Some((R::Interactions, A::Delete))) },
        Case { record: Some(trashed_interaction), ..case("restoreInteraction", Some((R::Interactions, A::Restore))) },
        Case {
            record: Some(customer),
            refers: true,
            by: Some(|call, id| {
                let example = document().operation("createAnyInteraction").example();
                let mut body = example.expect("an example");
                body["customerId"] = json!(id);
                call.json(&body)
            }),
            ..case("createAnyInteraction", Some((R::Interactions, A::Create)))
        },
        Case { record: Some(any_interaction), ..case("getAnyInteraction", Some((R::Interactions, A::Read))) },
        Case { record: Some(any_interaction), ..case("replaceAnyInteraction", Some((R::Interactions, A::Update))) },
        Case { record: Some(any_interaction), ..case("updateAnyInteraction", Some((R::Interactions, A::Update))) },
        Case { record: Some(any_interaction), ..case("completeAnyInteraction", Some((R::Interactions, A::Update))) },
        Case { record: Some(any_interaction), ..case("deleteAnyInteraction", Some((R::Interactions, A::Delete))) },
        Case {
            record: Some(any_trashed_interaction),
            ..case("restoreAnyInteraction", Some((R::Interactions, A::Restore)))
        },
        Case { record: Some(any_interaction), ..case("getInteractionAi", Some((R::Interactions, A::Read))) },
        Case { record: Some(any_discussed), ..case("requestInteractionAi", Some((R::Interactions, A::Update))) },
        Case { record: Some(any_interaction), ..case("updateInteractionAi", Some((R::Interactions, A::Update))) },
        Case { record: Some(any_interaction), ..case("discardInteractionAi", Some((R::Interactions, A::Update))) },
        case("listTasks", Some((R::Tasks, A::Read))),
        Case {
            record: Some(customer),
            refers: true,
            by: Some(|call, id| {
                let mut body = document().operation("createTask").example().expect("an example");
                body["customerId"] = json!(id);
                call.json(&body)
            }),
            ..case("createTask", Some((R::Tasks, A::Create)))
        },
        case("getTaskAgenda", Some((R::Tasks, A::Read))),
        Case { record: Some(task), ..case("getTask", Some((R::Tasks, A::Read))) },
        Case {
            record: Some(task),
            // The customer and the interaction of the example are those of the demo.
            complete: |call| {
                let mut body = document().operation("replaceTask").example().expect("an example");
                body["customerId"] = json!(null);
                body["interactionId"] = json!(null);
                call.json(&body)
            },
            ..case("replaceTask", Some((R::Tasks, A::Update)))
        },
        Case { record: Some(task), ..case("updateTask", Some((R::Tasks, A::Update))) },
        Case { record: Some(task), ..case("completeTask", Some((R::Tasks, A::Update))) },
        Case { record: Some(completed_task), ..case("reopenTask", Some((R::Tasks, A::Update))) },
        Case { record: Some(task), ..case("deleteTask", Some((R::Tasks, A::Delete))) },
        Case { record: Some(trashed_task), ..case("restoreTask", Some((R::Tasks, A::Restore))) },
        case("listPipelines", Some((R::Pipelines, A::Read))),
        case("createPipeline", Some((R::Pipelines, A::Create))),
        Case { record: Some(pipeline), ..case("getPipeline", Some((R::Pipelines, A::Read))) },
        Case { record: Some(pipeline), ..case("updatePipeline", Some((R::Pipelines, A::Update))) },
        Case { record: Some(pipeline), ..case("deletePipeline", Some((R::Pipelines, A::Delete))) },
        case("getDealBoard", Some((R::Deals, A::Read))),
        case("getDealTotals", Some((R::Deals, A::Read))),
        case("getCurrencyRates", Some((R::Settings, A::Read))),
        case("setCurrencyRates", Some((R::Settings, A::Update))),
        case("listCurrencyRateHistory", Some((R::Settings, A::Read))),
        case("listDeals", Some((R::Deals, A::Read))),
        Case {
            record: Some(customer_and_owner),
            refers: true,
            by: Some(|call, ids| {
                let example = document().operation("createDeal").example();
                let mut body = example.expect("an example");
                let (customer, owner) = ids.split_once('/').map_or((ids, None), |(id, owner)| (id, Some(owner)));
                body["customerId"] = json!(customer);
                if let Some(owner) = owner {
                    body["ownerId"] = json!(owner);
                }
                call.json(&body)
            }),
            ..case("createDeal", Some((R::Deals, A::Create)))
        },
        Case { record: Some(deal), ..case("getDeal", Some((R::Deals, A::Read))) },
        Case { record: Some(deal), ..case("replaceDeal", Some((R::Deals, A::Update))) },
        Case { record: Some(deal), ..case("updateDeal", Some((R::Deals, A::Update))) },
        Case { record: Some(deal), ..case("listDealItems", Some((R::Deals, A::Read))) },
        Case { record: Some(deal), ..case("replaceDealItems", Some((R::Deals, A::Update))) },
        Case { record: Some(deal), ..case("moveDeal", Some((R::Deals, A::Update))) },
        Case { record: Some(deal), ..case("listDealStages", Some((R::Deals, A::Read))) },
        Case { record: Some(deal), ..case("deleteDeal", Some((R::Deals, A::Delete))) },
        Case { record: Some(trashed_deal), ..case("restoreDeal", Some((R::Deals, A::Restore))) },
        case("listNotifications", None),
        case("markAllNotificationsRead", None),
        case("createCalendarFeed", None),
        case("deleteCalendarFeed", None),
        Case { record: Some(calendar), ..case("getCalendarFile", None) },
        Case { record: Some(notification), personal: true, ..case("markNotificationRead", None) },
        case("listLeadStatuses", Some((R::LeadStatuses, A::Read))),
        case("createLeadStatus", Some((R::LeadStatuses, A::Create))),
        case("addUsualLeadStatuses", Some((R::LeadStatuses, A::Create))),
        Case { record: Some(leads::lead_status), ..case("getLeadStatus", Some((R::LeadStatuses, A::Read))) },
        Case { record: Some(leads::lead_status), ..case("updateLeadStatus", Some((R::LeadStatuses, A::Update))) },
        Case { record: Some(leads::lead_status), ..case("deleteLeadStatus", Some((R::LeadStatuses, A::Delete))) },
        case("listLeadScoringRules", Some((R::LeadScoring, A::Read))),
        case("createLeadScoringRule", Some((R::LeadScoring, A::Create))),
        Case { record: Some(leads::scoring_rule), ..case("getLeadScoringRule", Some((R::LeadScoring, A::Read))) },
        Case { record: Some(leads::scoring_rule), ..case("updateLeadScoringRule", Some((R::LeadScoring, A::Update))) },
        Case { record: Some(leads::scoring_rule), ..case("deleteLeadScoringRule", Some((R::LeadScoring, A::Delete))) },
        case("getLeadScoringModel", Some((R::LeadScoring, A::Read))),
        case("getLeadScoringQuality", Some((R::LeadScoring, A::Read))),
        case("rebuildLeadScoring", Some((R::LeadScoring, A::Update))),
        Case { record: Some(leads::lead), ..case("getLeadScore", Some((R::Leads, A::Read))) },
        case("listLeadAssignmentRules", Some((R::LeadAssignmentRules, A::Read))),
        Case {
            record: Some(leads::rule_user),
            refers: true,
            by: Some(|call, id| {
                let mut body = document().operation("createLeadAssignmentRule").example().expect("an example");
                body["fieldUsers"][0]["userId"] = json!(id);
                call.json(&body)
            }),
            ..case("createLeadAssignmentRule", Some((R::LeadAssignmentRules, A::Create)))
        },
        Case {
            record: Some(leads::assignment_rule),
            ..case("getLeadAssignmentRule", Some((R::LeadAssignmentRules, A::Read)))
        },
        Case {
            record: Some(leads::assignment_rule),
            ..case("updateLeadAssignmentRule", Some((R::LeadAssignmentRules, A::Update)))
        },
        Case {
            record: Some(leads::assignment_rule),
            ..case("deleteLeadAssignmentRule", Some((R::LeadAssignmentRules, A::Delete)))
        },
        case("listCaptureForms", Some((R::CaptureForms, A::Read))),
        case("createCaptureForm", Some((R::CaptureForms, A::Create))),
        Case { record: Some(capture_forms::form), ..case("getCaptureForm", Some((R::CaptureForms, A::Read))) },
        Case { record: Some(capture_forms::form), ..case("updateCaptureForm", Some((R::CaptureForms, A::Update))) },
        Case { record: Some(capture_forms::form), ..case("deleteCaptureForm", Some((R::CaptureForms, A::Delete))) },
        Case { record: Some(capture_forms::form), ..case("rotateCaptureFormKey", Some((R::CaptureForms, A::Update))) },
        Case { record: Some(leads::lead), ..case("listLeadSubmissions", Some((R::Leads, A::Read))) },
        Case {
            record: Some(capture_forms::key),
            complete: capture_forms::with_a_key,
            ..case("getCaptureChallenge", None)
        },
        Case {
            record: Some(capture_forms::key),
            complete: capture_forms::with_a_key,
            ..case("submitCaptureForm", None)
        },
        case("getLeadBoard", Some((R::Leads, A::Read))),
        case("listLeads", Some((R::Leads, A::Read))),
        case("createLead", Some((R::Leads, A::Create))),
        Case { record: Some(leads::lead), ..case("getLead", Some((R::Leads, A::Read))) },
        Case { record: Some(leads::lead), ..case("replaceLead", Some((R::Leads, A::Update))) },
        Case { record: Some(leads::lead), ..case("updateLead", Some((R::Leads, A::Update))) },
        Case { record: Some(leads::lead), ..case("deleteLead", Some((R::Leads, A::Delete))) },
        Case { record: Some(leads::trashed_lead), ..case("restoreLead", Some((R::Leads, A::Restore))) },
        Case { record: Some(leads::lead), ..case("purgeLead", Some((R::Leads, A::Purge))) },
        Case { record: Some(leads::lead), ..case("listLeadHistory", Some((R::Leads, A::Read))) },
        Case { record: Some(leads::lead), ..case("getLeadPersonalData", Some((R::Leads, A::Disclose))) },
        Case { record: Some(leads::lead), ..case("eraseLead", Some((R::Leads, A::Erase))) },
        case("assignLeads", Some((R::Leads, A::Update))),
        case("convertLeads", Some((R::Leads, A::Update))),
        Case { complete: |call| call.file(FILE, None), ..case("importLeads", Some((R::Leads, A::Import))) },
        case("exportLeads", Some((R::Leads, A::Export))),
        Case { record: Some(leads::lead), ..case("assignLead", Some((R::Leads, A::Update))) },
        Case { record: Some(leads::lead), ..case("convertLead", Some((R::Leads, A::Update))) },
        Case { record: Some(leads::converted_lead), ..case("undoLeadConversion", Some((R::Leads, A::Restore))) },
        Case { record: Some(leads::lead), ..case("listLeadNotes", Some((R::Notes, A::Read))) },
        Case { record: Some(leads::lead), ..case("createLeadNote", Some((R::Notes, A::Create))) },
        Case { record: Some(leads::lead_note), ..case("getLeadNote", Some((R::Notes, A::Read))) },
        Case { record: Some(leads::lead_note), ..case("replaceLeadNote", Some((R::Notes, A::Update))) },
        Case { record: Some(leads::lead_note), ..case("updateLeadNote", Some((R::Notes, A::Update))) },
        Case { record: Some(leads::lead_note), ..case("deleteLeadNote", Some((R::Notes, A::Delete))) },
        Case { record: Some(leads::trashed_lead_note), ..case("restoreLeadNote", Some((R::Notes, A::Restore))) },
        Case { record: Some(leads::lead), ..case("listLeadInteractions", Some((R::Interactions, A::Read))) },
        Case { record: Some(leads::lead), ..case("createLeadInteraction", Some((R::Interactions, A::Create))) },
        of_lead_interaction("getLeadInteraction", A::Read),
        of_lead_interaction("replaceLeadInteraction", A::Update),
        of_lead_interaction("updateLeadInteraction", A::Update),
        of_lead_interaction("completeLeadInteraction", A::Update),
        of_lead_interaction("deleteLeadInteraction", A::Delete),
        Case {
            record: Some(leads::trashed_lead_interaction),
            ..case("restoreLeadInteraction", Some((R::Interactions, A::Restore)))
        },
        Case { record: Some(leads::lead), ..case("listLeadTags", Some((R::Tags, A::Read))) },
        Case { record: Some(leads::lead), ..case("addLeadTags", Some((R::Tags, A::Attach))) },
        Case { record: Some(leads::lead), ..case("removeLeadTags", Some((R::Tags, A::Attach))) },
        Case { record: Some(leads::lead), ..case("removeLeadTag", Some((R::Tags, A::Attach))) },
        case("getAiUsage", Some((R::Settings, A::Update))),
        case("getStats", Some((R::Customers, A::Read))),
        case("getDashboard", Some((R::Customers, A::Read))),
        case("getPerformance", Some((R::Customers, A::Read))),
        case("getLeadStats", Some((R::Customers, A::Read))),
        case("getFunnel", Some((R::Customers, A::Read))),
        case("getPipelineStats", Some((R::Customers, A::Read))),
        case("getForecast", Some((R::Customers, A::Read))),
        case("getLeaderboard", Some((R::Customers, A::Read))),
        case("getTaskStats", Some((R::Customers, A::Read))),
        case("listQuotas", Some((R::Quotas, A::Read))),
        Case {
            record: Some(sales::known_user),
            refers: true,
            by: Some(sales::with_quota_of),
            ..case("setQuotas", Some((R::Quotas, A::Update)))
        },
        case("listActivity", None),
        Case { record: Some(customer), ..case("getCustomerActivity", Some((R::Customers, A::Read))) },
        case("listTags", Some((R::Tags, A::Read))),
        case("listAvailableTags", Some((R::Tags, A::Read))),
        case("createTag", Some((R::Tags, A::Create))),
        Case { record: Some(tag), ..case("getTag", Some((R::Tags, A::Read))) },
        Case { record: Some(tag), ..case("updateTag", Some((R::Tags, A::Update))) },
        Case { record: Some(tag), ..case("deleteTag", Some((R::Tags, A::Delete))) },
        Case {
            record: Some(two_tags),
            by: Some(|call, id| call.json(&json!({ "into": id.split('/').next_back() }))),
            ..case("mergeTag", Some((R::Tags, A::Delete)))
        },
        Case { record: Some(customer), ..case("listCustomerTags", Some((R::Tags, A::Read))) },
        Case { record: Some(customer), ..case("addCustomerTags", Some((R::Tags, A::Attach))) },
        Case { record: Some(customer), ..case("removeCustomerTags", Some((R::Tags, A::Attach))) },
        Case { record: Some(customer), ..case("removeCustomerTag", Some((R::Tags, A::Attach))) },
        case("listJobs", Some((R::Jobs, A::Read))),
        case("startJob", Some((R::Jobs, A::Create))),
        Case { record: Some(job), only_own: true, ..case("getJob", Some((R::Jobs, A::Read))) },
        Case { record: Some(job), only_own: true, ..case("cancelJob", Some((R::Jobs, A::Update))) },
        Case { record: Some(cancelled_job), only_own: true, ..case("retryJob", Some((R::Jobs, A::Update))) },
        case("listJobSchedules", Some((R::Jobs, A::Create))),
        Case { record: Some(job_schedule), ..case("getJobSchedule", Some((R::Jobs, A::Create))) },
        Case { record: Some(job_schedule), ..case("updateJobSchedule", Some((R::Jobs, A::Create))) },
        Case { record: Some(job_schedule), ..case("runJobSchedule", Some((R::Jobs, A::Create))) },
        case("listCustomFields", Some((R::CustomFields, A::Read))),
        case("createCustomField", Some((R::CustomFields, A::Create))),
        Case { record: Some(custom_field), ..case("getCustomField", Some((R::CustomFields, A::Read))) },
        Case { record: Some(custom_field), ..case("updateCustomField", Some((R::CustomFields, A::Update))) },
        Case { record: Some(custom_field), ..case("deleteCustomField", Some((R::CustomFields, A::Delete))) },
        case("listImports", Some((R::Customers, A::Import))),
        Case { complete: |call| call.file(FILE, None), ..case("createImport", Some((R::Customers, A::Import))) },
        stored("getImport", stored_file),
        stored("previewStoredImport", stored_file),
        stored("startImport", stored_file),
        stored("listFailedRows", stored_file),
        stored("revertImport", imported_file),
        stored("deleteImport", stored_file),
        case("listImportMappings", Some((R::Customers, A::Import))),
        case("createImportMapping", Some((R::Customers, A::Import))),
        Case { record: Some(import_mapping), ..case("getImportMapping", Some((R::Customers, A::Import))) },
        Case { record: Some(import_mapping), ..case("replaceImportMapping", Some((R::Customers, A::Import))) },
        Case { record: Some(import_mapping), ..case("deleteImportMapping", Some((R::Customers, A::Import))) },
        case("listSavedViews", Some((R::SavedViews, A::Read))),
        case("createSavedView", Some((R::SavedViews, A::Create))),
        Case { record: Some(saved_view), ..case("getSavedView", Some((R::SavedViews, A::Read))) },
        Case { record: Some(saved_view), ..case("updateSavedView", Some((R::SavedViews, A::Update))) },
        Case { record: Some(saved_view), ..case("deleteSavedView", Some((R::SavedViews, A::Delete))) },
        case("getPreferences", None),
        case("updatePreferences", None),
        case("listUsers", Some((R::Users, A::Read))),
        case("listTeams", Some((R::Users, A::Read))),
        case("getSettings", Some((R::Settings, A::Read))),
        Case {
            complete: |call| call.json(&json!({ "timeZone": "Europe/Berlin" })),
            ..case("updateSettings", Some((R::Settings, A::Update)))
        },
        case("listAuditEntries", Some((R::Audit, A::Read))),
        case("getAuditChain", Some((R::Audit, A::Read))),
        case("verifyAudit", Some((R::Audit, A::Read))),
    ]
};

/// An operation on an interaction with a lead.
const fn of_lead_interaction(operation: &'static str, action: Action) -> Case {
    Case { record: Some(leads::lead_interaction), ..case(operation, Some((Resource::Interactions, action))) }
}

/// An operation on a stored file of the caller.
const fn stored(operation: &'static str, record: Make) -> Case {
    let needs = Some((Resource::Customers, Action::Import));
    Case { record: Some(record), personal: true, ..case(operation, needs) }
}

const FILE: &str = "Name,E-mail\nBen Bell,ben.bell@example.com\n";

/// A customer with an external reference equal to the id.
fn customer(api: &Api, owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let admin = api.admin();
    Box::pin(async move {
        let body = json!({ "kind": "organization", "name": "Lee & Co", "ownerId": owner });
        let customer = admin.post("/api/customers").json(&body).await.ok();
        let id = customer["id"].as_str().expect("an id").to_owned();
        let reference = json!({ "externalRefs": [{ "system": "erp", "id": id }] });
        admin.patch(format!("/api/customers/{id}")).json(&reference).await.ok();
        id
    })
}

/// An organization and a person with the same owner.
fn organization_and_person(api: &Api, owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (admin, organization) = (api.admin(), customer(api, owner));
    Box::pin(async move {
        let organization = organization.await;
        let body = json!({ "kind": "person", "name": "Ann Lee", "ownerId": owner });
        let person = admin.post("/api/customers").json(&body).await.ok();
        format!("{organization}/{}", person["id"].as_str().expect("an id"))
    })
}

/// A link between customers of this owner.
fn link(api: &Api, owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (made, mut scope) = (organization_and_person(api, owner), api.scope(None));
    Box::pin(async move {
        let ids = made.await;
        let (organization, person) = ids.split_once('/').expect("two ids");
        let new = NewCustomerLink::from(person.parse().expect("an id"), "employee");
        let link = scope.links(organization.parse().expect("an id")).create(new).await.expect("a link");
        format!("{organization}/{}", link.id)
    })
}

/// Two customers of this owner.
fn two_customers(api: &Api, owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (survivor, loser) = (customer(api, owner), customer(api, owner));
    Box::pin(async move { format!("{}/{}", survivor.await, loser.await) })
}

/// A merge of two customers of this owner.
fn merge(api: &Api, owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (admin, made) = (api.admin(), two_customers(api, owner));
    Box::pin(async move {
        let ids = made.await;
        let ids: Vec<&str> = ids.split('/').collect();
        let body = json!({ "survivorId": ids[0], "loserIds": ids[1..] });
        let merged = admin.post("/api/customers/merge").json(&body).await.ok();
        merged["id"].as_str().expect("an id").to_owned()
    })
}

/// A bulk action of this user, on a customer without an owner.
fn bulk_action(api: &Api, actor: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (customer, mut scope) = (customer(api, None), api.scope(actor));
    Box::pin(async move {
        let id = customer.await.parse().expect("an id");
        let action = BulkAction::SetStatus { status: CustomerStatus::Active };
        let request = BulkRequest { action, ids: Some(vec![id]), query: None, dry_run: false };
        let done = scope.customers().bulk(request).await.expect("a bulk action");
        let BulkAnswer::Done(BulkOutcome { id: Some(id), .. }) = done else { panic!("{done:?}") };
        id.to_string()
    })
}

fn trashed_customer(api: &Api, owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (admin, made) = (api.admin(), customer(api, owner));
    Box::pin(async move {
        let id = made.await;
        admin.delete(format!("/api/customers/{id}")).await.expect(204);
        id
    })
}

/// A shared note of this author, about a customer without an owner.
fn note(api: &Api, author: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (customer, mut scope) = (customer(api, None), api.scope(author));
    Box::pin(async move {
        let customer = customer.await;
        let id = customer.parse().expect("an id");
        let note = scope.notes(id).create(NewNote::text("For all")).await.expect("a note");
        format!("{customer}/{}", note.id)
    })
}

fn trashed_note(api: &Api, author: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (admin, made) = (api.admin(), note(api, author));
    Box::pin(async move {
        let id = made.await;
        let (customer, note) = id.split_once('/').expect("two ids");
        admin.delete(format!("/api/customers/{customer}/notes/{note}")).await.expect(204);
        id
    })
}

/// A planned interaction of this owner, with a customer without an owner.
fn interaction(api: &Api, owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (customer, mut scope) = (customer(api, None), api.scope(owner));
    Box::pin(async move {
        let customer = customer.await;
        let id = customer.parse().expect("an id");
        let new = NewInteraction::of(InteractionType::Call, "Planned").planned(chrono::Utc::now());
        let interaction = scope.interactions(id).create(new).await.expect("an interaction");
        format!("{customer}/{}", interaction.id)
    })
}

fn trashed_interaction(api: &Api, owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (admin, made) = (api.admin(), interaction(api, owner));
    Box::pin(async move {
        let id = made.await;
        let (customer, interaction) = id.split_once('/').expect("two ids");
        admin.delete(format!("/api/customers/{customer}/interactions/{interaction}")).await.expect(204);
        id
    })
}

/// An interaction by its own id, without that of its customer.
fn any_interaction(api: &Api, owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let made = interaction(api, owner);
    Box::pin(async move { last(&made.await) })
}

fn any_trashed_interaction(api: &Api, owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let made = trashed_interaction(api, owner);
    Box::pin(async move { last(&made.await) })
}

/// An interaction with content of this owner, in a company that has the language model switched on.
fn any_discussed(api: &Api, owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (made, mut scope) = (any_interaction(api, owner), api.scope(None));
    Box::pin(async move {
        let id = made.await;
        let on = SettingsPatch { ai_enabled: Patch::Set(true), ai_consent: Some(true), ..SettingsPatch::default() };
        scope.settings().update(on, None).await.expect("the settings");
        let content = InteractionPatch { content: Patch::Set("Said much".to_owned()), ..InteractionPatch::default() };
        let interaction = id.parse().expect("an id");
        scope.all_interactions().update(interaction, content, None).await.expect("an interaction");
        id
    })
}

/// An open task of this assignee, without a customer.
fn task(api: &Api, assignee: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let mut scope = api.scope(assignee);
    Box::pin(async move { scope.tasks().create(NewTask::titled("To do")).await.expect("a task").id.to_string() })
}

fn completed_task(api: &Api, assignee: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (mut scope, made) = (api.scope(None), task(api, assignee));
    Box::pin(async move {
        let id = made.await;
        let task = id.parse().expect("an id");
        scope.tasks().complete(task, TaskCompletion::with("Done"), None).await.expect("a completed task");
        id
    })
}

fn trashed_task(api: &Api, assignee: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (mut scope, made) = (api.scope(None), task(api, assignee));
    Box::pin(async move {
        let id = made.await;
        scope.tasks().delete(id.parse().expect("an id"), None).await.expect("a task in the trash");
        id
    })
}

/// A notification of this user.
fn notification(api: &Api, user: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let api = api.clone();
    Box::pin(async move {
        let user = match user {
            Some(user) => user,
            None => api.meet_another().await,
        };
        let task = NewTask { assignee_id: Patch::Set(user), ..NewTask::titled("To do") };
        api.scope(None).tasks().create(task).await.expect("a task");
        let mut scope = api.scope(Some(user));
        let told = scope.notifications().list(&NotificationQuery::default(), &PageRequest::default()).await;
        told.expect("notifications").data[0].id.to_string()
    })
}

/// A calendar of this user, or of another: its secret.
fn calendar(api: &Api, user: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let mut scope = api.scope(Some(user.unwrap_or_else(|| api.user(Role::Manager))));
    Box::pin(async move { scope.calendar_feed().create().await.expect("a calendar").expose() })
}

fn last(ids: &str) -> String {
    ids.rsplit('/').next().expect("an id").to_owned()
}

/// A pipeline. It is the company's, whatever user has added it.
fn pipeline(api: &Api, _owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let mut scope = api.scope(None);
    let name = format!("Pipeline {}", uuid::Uuid::new_v4().simple());
    let new = NewPipeline::named(name);
    Box::pin(async move { scope.pipelines().create(new).await.expect("a pipeline").id.to_string() })
}

/// A customer without an owner, and the user who is to own what is added.
fn customer_and_owner(api: &Api, owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let customer = customer(api, None);
    Box::pin(async move {
        let customer = customer.await;
        owner.map_or_else(|| customer.clone(), |owner| format!("{customer}/{owner}"))
    })
}

/// A deal of this owner in the usual pipeline, with a customer without an owner.
fn deal(api: &Api, owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (customer, mut scope) = (customer(api, None), api.scope(owner));
    Box::pin(async move {
        let customer = customer.await.parse().expect("an id");
        scope.deals().create(customer, NewDeal::named("200 units")).await.expect("a deal").id.to_string()
    })
}

fn trashed_deal(api: &Api, owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (made, mut scope) = (deal(api, owner), api.scope(None));
    Box::pin(async move {
        let id = made.await;
        scope.deals().delete(id.parse().expect("an id"), None).await.expect("a deal in the trash");
        id
    })
}

/// A pair of customers of this owner.
fn duplicate(api: &Api, owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let mut scope = api.scope(None);
    Box::pin(async move {
        let mut pair = Vec::new();
        for first_name in ["Ann", "Annie"] {
            let phone = Some("+1 212 555 2368".to_owned());
            let new = NewCustomer { phone, owner_id: owner, ..NewCustomer::person(first_name, "Lee") };
            pair.push(scope.customers().create(new).await.expect("a customer").id);
        }
        let pair = scope.duplicates().compare(pair[0], pair[1]).await.expect("a comparison");
        pair.expect("a pair").id.to_string()
    })
}

/// A tag. It is the company's, whatever user has added it.
fn tag(api: &Api, _owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let mut scope = api.scope(None);
    let name = format!("Tag {}", uuid::Uuid::new_v4().simple().to_string().split_off(20));
    Box::pin(async move { scope.tags().create(NewTag::named(name)).await.expect("a tag").id.to_string() })
}

/// A custom field. It is the company's, whatever user has added it.
fn custom_field(api: &Api, _owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let mut scope = api.scope(None);
    let key = format!("field_{}", uuid::Uuid::new_v4().simple());
    let new = NewCustomField::of(CustomFieldType::Text, key, "A field");
    Box::pin(async move { scope.custom_fields().create(new).await.expect("a custom field").id.to_string() })
}

/// A stored file of this user.
fn stored_file(api: &Api, user: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let mut scope = api.scope(user);
    let file = "Full name,E-mail\nBen Bell,ben.bell@example.com\n";
    Box::pin(async move { scope.imports().add("ben.csv", file.as_bytes()).await.expect("a file").id.to_string() })
}

/// A file of this user that is imported, without a job: no customer was there to write.
fn imported_file(api: &Api, user: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (stored, database, company) = (stored_file(api, user), api.database.connection.clone(), api.company);
    Box::pin(async move {
        let id = stored.await;
        let until = chrono::Utc::now() + chrono::TimeDelta::days(30);
        let done = Query::update()
            .table("crm_imports")
            .values([("options", json!({}).into()), ("revertible_until", until.into())])
            .and_where(Expr::col("company_id").eq(company.0))
            .and_where(Expr::col("id").eq(id.parse::<uuid::Uuid>().expect("an id")))
            .to_owned();
        database.execute(&done).await.expect("an import");
        id
    })
}

/// A saved mapping. It is the company's, whatever user has added it.
fn import_mapping(api: &Api, _owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let mut scope = api.scope(None);
    let name = format!("Mapping {}", uuid::Uuid::new_v4().simple());
    let new = NewImportMapping::of(name, vec!["Name".to_owned(), "E-mail".to_owned()]);
    Box::pin(async move { scope.import_mappings().create(new).await.expect("a saved mapping").id.to_string() })
}

/// A shared view of this user.
fn saved_view(api: &Api, owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let mut scope = api.scope(owner);
    let shared = Some(ViewVisibility::Shared);
    let new = NewSavedView { visibility: shared, ..NewSavedView::named(ViewEntity::Customers, "All") };
    Box::pin(async move { scope.saved_views().create(new).await.expect("a view").id.to_string() })
}

/// A job that this user has caused, and that waits.
fn job(api: &Api, owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let mut scope = api.scope(owner);
    let later = chrono::Utc::now() + chrono::TimeDelta::days(1);
    let job = NewJob::new(Recount::KIND, json!({})).at(later);
    Box::pin(async move { scope.jobs().enqueue(job).await.expect("a job").id.to_string() })
}

/// A schedule, which is of nobody in particular.
fn job_schedule(api: &Api, owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let mut scope = api.scope(owner);
    let schedule = NewJobSchedule::new(uuid::Uuid::new_v4().to_string(), "30 2 * * *", Recount::KIND);
    Box::pin(async move { scope.jobs().schedule(schedule).await.expect("a schedule").id.to_string() })
}

fn cancelled_job(api: &Api, owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (mut scope, made) = (api.scope(None), job(api, owner));
    Box::pin(async move {
        let id = made.await;
        scope.jobs().cancel(id.parse().expect("an id")).await.expect("a cancelled job");
        id
    })
}

/// A tag to merge, and the one to merge it into.
fn two_tags(api: &Api, owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let (one, other) = (tag(api, owner), tag(api, owner));
    Box::pin(async move { format!("{}/{}", one.await, other.await) })
}

impl Case {
    /// The id of a record that the administrator finds; empty if the case needs none.
    pub async fn made(self, api: &Api) -> String {
        let Some(make) = self.record else {
            return String::new();
        };
        let user = if self.personal { Some(api.ensure_mirrored(Role::Admin).await) } else { None };
        make(api, user).await
    }

    /// The case of an operation.
    pub fn of(operation: &str) -> Option<Self> {
        CASES.iter().find(|case| case.operation == operation).copied()
    }

    pub fn document(&self) -> &'static Operation {
        document().operation(self.operation)
    }

    /// The request of a client for the record with this id; `customer/note` for a record below another.
    pub fn call(&self, client: &Client, id: &str) -> Call {
        let operation = self.document();
        let (mut path, mut ids) = (String::new(), id.split('/').cycle());
        for (index, part) in operation.path.split(['{', '}']).enumerate() {
            path.push_str(if index % 2 == 0 { part } else { ids.next().unwrap_or_default() });
        }
        let call = client.call(operation.method, path);
        let call = match operation.example() {
            Some(example) => call.json(&example),
            None => call,
        };
        let call = match self.by {
            Some(by) => by(call, id),
            None => call,
        };
        (self.complete)(call)
    }
}
