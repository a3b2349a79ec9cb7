//! Hosts spawn the futures of the library, so they are `Send`. This compiles or does not.

use crm_core::capture_forms::{CaptureFormPatch, NewCaptureForm, NewSubmission, OpenCaptureForm};
use crm_core::companies::SettingsPatch;
use crm_core::currency_rates::NewCurrencyRates;
use crm_core::custom_fields::{CustomFieldPatch, NewCustomField};
use crm_core::customers::{CustomerLinkPatch, CustomerPatch, ImportOptions, NewCustomer, NewCustomerLink};
use crm_core::deals::{DealMove, DealPatch, NewDeal, NewDealItems};
use crm_core::ids::{
    CaptureFormId, CustomFieldId, CustomerId, DealId, InteractionId, JobId, LeadAssignmentRuleId, LeadId,
    LeadScoringRuleId, LeadStatusId, LinkId, NoteId, NotificationId, PipelineId, SavedViewId, TagId, TaskId, UserId,
};
use crm_core::interactions::{Completion, InteractionPatch, NewInteraction};
use crm_core::jobs::{JobOptions, NewJob, NewJobSchedule};
use crm_core::lead_assignment_rules::{LeadAssignmentRulePatch, NewLeadAssignmentRule};
use crm_core::lead_scoring::{LeadScoringRulePatch, NewLeadScoringRule};
use crm_core::lead_statuses::{LeadStatusPatch, NewLeadStatus};
use crm_core::leads::{AssignLeads, ConvertLead, LeadPatch, NewLead};
use crm_core::notes::{NewNote, NotePatch};
use crm_core::pipelines::{NewPipeline, PipelinePatch};
use crm_core::preferences::PreferencesPatch;
use crm_core::quotas::NewQuotas;
use crm_core::saved_views::{NewSavedView, SavedViewPatch};
use crm_core::tags::{NewTag, TagPatch};
use crm_core::tasks::{NewTask, TaskCompletion, TaskPatch};
use crm_core::users::UserProfile;
use crm_core::{CompanyScope, Crm, IdempotencyKey};
use sea_orm::DatabaseConnection;

fn sent(_: impl Send) {}

const _: fn(&mut CompanyScope<'_>, CustomerId, (NewCustomer, CustomerPatch)) = |scope, id, (new, patch)| {
    sent(scope.customers().create(new.clone()));
    sent(scope.customers().replace(id, new, None));
    sent(scope.customers().update(id, patch, None));
    sent(scope.customers().delete(id, None));
    sent(scope.customers().restore(id));
    sent(scope.customers().purge(id, None));
    sent(scope.customers().import(std::io::empty(), ImportOptions::default()));
};

const _: fn(&mut CompanyScope<'_>, (CustomerId, NoteId), (NewNote, NotePatch)) = |scope, (of, id), (new, patch)| {
    sent(scope.notes(of).create(new.clone()));
    sent(scope.notes(of).replace(id, new, None));
    sent(scope.notes(of).update(id, patch, None));
    sent(scope.notes(of).delete(id, None));
    sent(scope.notes(of).restore(id));
};

const _: fn(&mut CompanyScope<'_>, (CustomerId, InteractionId), (NewInteraction, InteractionPatch, Completion)) =
    |scope, (of, id), (new, patch, said)| {
        sent(scope.interactions(of).create(new.clone()));
        sent(scope.interactions(of).replace(id, new, None));
        sent(scope.interactions(of).update(id, patch, None));
        sent(scope.interactions(of).complete(id, said, None));
        sent(scope.interactions(of).delete(id, None));
        sent(scope.interactions(of).restore(id));
    };

const _: fn(&mut CompanyScope<'_>, (CustomerId, TagId), (NewTag, TagPatch)) = |scope, (of, id), (new, patch)| {
    sent(scope.tags().create(new));
    sent(scope.tags().update(id, patch, None));
    sent(scope.tags().merge(id, id, None));
    sent(scope.tags().delete(id, None));
    sent(scope.customer_tags(of).add(["vip"]));
    sent(scope.customer_tags(of).remove(["vip"]));
};

const _: fn(&mut CompanyScope<'_>, UserId, (&UserProfile, SettingsPatch)) = |scope, id, (profile, patch)| {
    sent(scope.users().mirror(profile));
    sent(scope.users().ensure_mirrored(id));
    sent(scope.settings().update(patch, None));
    sent(scope.audit().list(None, &Default::default()));
};

const _: fn(&mut CompanyScope<'_>, SavedViewId, (NewSavedView, SavedViewPatch, PreferencesPatch)) =
    |scope, id, (new, patch, preferences)| {
        sent(scope.saved_views().create(new));
        sent(scope.saved_views().update(id, patch, None));
        sent(scope.saved_views().delete(id, None));
        sent(scope.preferences().update(preferences, None));
    };

const _: fn(&mut CompanyScope<'_>, (CustomerId, LinkId), (NewCustomerLink, CustomerLinkPatch)) =
    |scope, (customer, id), (new, patch)| {
        sent(scope.links(customer).list(&Default::default(), &Default::default()));
        sent(scope.links(customer).create(new));
        sent(scope.links(customer).update(id, patch, None));
        sent(scope.links(customer).delete(id, None));
    };

const _: fn(&mut CompanyScope<'_>, TaskId, (NewTask, TaskPatch, TaskCompletion)) = |scope, id, (new, patch, said)| {
    sent(scope.tasks().list(&Default::default(), &Default::default()));
    sent(scope.tasks().agenda(&Default::default()));
    sent(scope.tasks().create(new.clone()));
    sent(scope.tasks().replace(id, new, None));
    sent(scope.tasks().update(id, patch, None));
    sent(scope.tasks().complete(id, said, None));
    sent(scope.tasks().reopen(id, None));
    sent(scope.tasks().delete(id, None));
    sent(scope.tasks().restore(id));
};

const _: fn(&mut CompanyScope<'_>, (CustomerId, DealId), (NewDeal, DealPatch, DealMove, NewDealItems)) =
    |scope, (customer, id), (new, patch, to, items)| {
        sent(scope.deals().list(&Default::default(), &Default::default()));
        sent(scope.deals().totals(&Default::default()));
        sent(scope.deals().board(None, &Default::default()));
        sent(scope.deals().stages(id, &Default::default()));
        sent(scope.deals().create(customer, new.clone()));
        sent(scope.deals().replace(id, new, None));
        sent(scope.deals().update(id, patch, None));
        sent(scope.deals().replace_items(id, items, None));
        sent(scope.deals().move_to(id, to, None));
        sent(scope.deals().delete(id, None));
        sent(scope.deals().restore(id));
    };

const _: fn(&mut CompanyScope<'_>, PipelineId, (NewPipeline, PipelinePatch)) = |scope, id, (new, patch)| {
    sent(scope.pipelines().list(&Default::default(), &Default::default()));
    sent(scope.pipelines().create(new));
    sent(scope.pipelines().update(id, patch, None));
    sent(scope.pipelines().delete(id, None));
};

const _: fn(&mut CompanyScope<'_>, NewCurrencyRates) = |scope, new| {
    sent(scope.currency_rates().current());
    sent(scope.currency_rates().set(new));
};

const _: fn(&mut CompanyScope<'_>, NewQuotas) = |scope, new| {
    sent(scope.quotas().list(&Default::default(), &Default::default()));
    sent(scope.quotas().set(new));
    sent(scope.activity().list(&Default::default(), &Default::default()));
    sent(scope.stats().leads(&Default::default()));
    sent(scope.stats().funnel(&Default::default()));
    sent(scope.stats().pipeline(&Default::default()));
    sent(scope.stats().forecast(&Default::default()));
    sent(scope.stats().leaderboard(&Default::default()));
    sent(scope.stats().tasks(&Default::default()));
};

const _: fn(&mut CompanyScope<'_>, NotificationId) = |scope, id| {
    sent(scope.notifications().list(&Default::default(), &Default::default()));
    sent(scope.notifications().unread_count());
    sent(scope.notifications().read(id));
    sent(scope.notifications().read_all());
};

const _: fn(&mut CompanyScope<'_>, CustomFieldId, (NewCustomField, CustomFieldPatch)) = |scope, id, (new, patch)| {
    sent(scope.custom_fields().create(new));
    sent(scope.custom_fields().update(id, patch, None));
    sent(scope.custom_fields().delete(id, None));
};

const _: fn(&mut CompanyScope<'_>, &IdempotencyKey) = |scope, key| {
    sent(scope.once(key, async |scope| scope.tags().create(NewTag::default()).await));
};

const _: fn(&mut CompanyScope<'_>, JobId, (NewJob, NewJobSchedule)) = |scope, id, (job, schedule)| {
    sent(scope.jobs().enqueue(job));
    sent(scope.jobs().request("crm.recount"));
    sent(scope.jobs().cancel(id));
    sent(scope.jobs().retry(id));
    sent(scope.jobs().schedule(schedule));
    sent(scope.jobs().unschedule("name"));
};

const _: fn(&Crm, &DatabaseConnection) = |crm, db| {
    sent(crm.run_jobs(db, &JobOptions::default(), std::future::pending()));
    sent(crm.companies(db).suspend(crm_core::ids::CompanyId(uuid::Uuid::nil())));
    sent(crm.reindex(db));
    sent(crm.calendar_file(db, "secret"));
    sent(crm.audit_chain(db).seal_all());
    sent(crm.audit_chain(db).verify(crm_core::ids::CompanyId(uuid::Uuid::nil()), &[]));
};

const _: fn(&mut CompanyScope<'_>) = |scope| {
    sent(scope.audit().chain());
    sent(scope.audit().verify());
};

const _: fn(&mut CompanyScope<'_>) = |scope| {
    sent(scope.calendar_feed().create());
    sent(scope.calendar_feed().revoke());
};

const _: fn(&mut CompanyScope<'_>, LeadId, (NewLead, LeadPatch, ConvertLead, AssignLeads)) =
    |scope, id, (new, patch, how, leads)| {
        sent(scope.leads().create(new.clone()));
        sent(scope.leads().list(&Default::default(), &Default::default()));
        sent(scope.leads().replace(id, new, None));
        sent(scope.leads().update(id, patch, None));
        sent(scope.leads().assign_all(leads));
        sent(scope.leads().assign_by(id, Default::default(), None));
        sent(scope.leads().convert(id, how, None));
        sent(scope.leads().revert(id, None));
        sent(scope.leads().delete(id, None));
        sent(scope.leads().restore(id));
        sent(scope.leads().purge(id, None));
        sent(scope.leads().timeline(id, &Default::default(), &Default::default()));
    };

const _: fn(&mut CompanyScope<'_>, LeadStatusId, (NewLeadStatus, LeadStatusPatch)) = |scope, id, (new, patch)| {
    sent(scope.lead_statuses().create(new));
    sent(scope.lead_statuses().add_usual());
    sent(scope.lead_statuses().update(id, patch, None));
    sent(scope.lead_statuses().delete(id, None));
};

const _: fn(&mut CompanyScope<'_>, (LeadId, LeadScoringRuleId), (NewLeadScoringRule, LeadScoringRulePatch)) =
    |scope, (lead, id), (new, patch)| {
        sent(scope.lead_scoring().create_rule(new));
        sent(scope.lead_scoring().list_rules(&Default::default(), &Default::default()));
        sent(scope.lead_scoring().update_rule(id, patch, None));
        sent(scope.lead_scoring().delete_rule(id, None));
        sent(scope.lead_scoring().model());
        sent(scope.lead_scoring().rebuild());
        sent(scope.leads().score(lead));
    };

const _: fn(&mut CompanyScope<'_>, LeadAssignmentRuleId, (NewLeadAssignmentRule, LeadAssignmentRulePatch)) =
    |scope, id, (new, patch)| {
        sent(scope.lead_assignment_rules().create(new));
        sent(scope.lead_assignment_rules().list(&Default::default(), &Default::default()));
        sent(scope.lead_assignment_rules().update(id, patch, None));
        sent(scope.lead_assignment_rules().delete(id, None));
    };

const _: fn(&mut CompanyScope<'_>, CaptureFormId, (NewCaptureForm, CaptureFormPatch)) = |scope, id, (new, patch)| {
    sent(scope.capture_forms().create(new));
    sent(scope.capture_forms().list(&Default::default(), &Default::default()));
    sent(scope.capture_forms().update(id, patch, None));
    sent(scope.capture_forms().rotate_key(id, None));
    sent(scope.capture_forms().delete(id, None));
};

const _: fn(&mut CompanyScope<'_>, LeadId) = |scope, id| {
    sent(scope.lead_submissions(id).list(&Default::default()));
};

const _: fn(&mut OpenCaptureForm, NewSubmission) = |form, new| {
    sent(form.submit(new));
};
