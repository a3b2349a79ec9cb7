//! Capture forms: what they take from visitors, what becomes of it, and what they open.

use std::collections::BTreeMap;
use std::time::Duration;

use crm_core::actor::{ActorKind, Role};
use crm_core::capture_forms::{
    CaptureForm, CaptureFormPatch, CaptureOutcome, DuplicateLeads, NewCaptureForm, NewSubmission, SHORTEST_VISIT,
};
use crm_core::companies::{RecordAccess, SettingsPatch};
use crm_core::custom_fields::{CustomFieldType, NewCustomField};
use crm_core::lead_assignment_rules::NewLeadAssignmentRule;
use crm_core::lead_statuses::{LeadStatusPatch, LeadStatusQuery};
use crm_core::leads::{ConvertLead, Lead, LeadPatch, LeadQuery, NewLead};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::users::UserProfile;
use crm_core::{Crm, Error, Result};
use serde_json::json;
use testkit::{FixedClock, Suite, TestDatabase};
use tokio::task::JoinSet;

use crate::jobs::{aside, number};
use crate::support::{TestCrm, assert_matches, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_submission_is_a_lead_of_the_system,
        an_open_lead_gets_what_it_lacks_and_keeps_the_rest,
        only_open_leads_are_taken_for_the_same,
        of_submissions_at_once_one_adds_the_lead,
        custom_fields_have_their_types,
        fields_that_name_other_records_are_refused,
        a_lead_is_not_lost_for_what_has_gone,
        a_form_keeps_fields_that_have_gone,
        another_text_is_another_version,
        what_was_sent_goes_with_the_lead,
        counting_is_no_write,
        statuses_of_lost_leads_are_refused,
        there_are_at_most_100,
        a_submission_is_assigned_by_rules_and_finds_every_lead,
    ]; own: [a_wrong_key_meets_no_company]);
}

fn new(name: &str) -> NewCaptureForm {
    NewCaptureForm {
        requires_challenge: Some(false),
        source: Some("web_form".to_owned()),
        ..NewCaptureForm::with_fields(name, [("email", "E-mail")])
    }
}

fn contact() -> NewCaptureForm {
    let more = [("name", "Name"), ("email", "E-mail"), ("city", "City"), ("description", "Message")];
    let mut new = NewCaptureForm { fields: NewCaptureForm::with_fields("", more).fields, ..new("Contact") };
    new.fields.iter_mut().flatten().for_each(|field| field.is_required = field.key == "email");
    new
}

async fn add(crm: &TestCrm, new: NewCaptureForm) -> Result<CaptureForm> {
    crm.admin().capture_forms().create(new).await
}

fn typed<const N: usize>(fields: [(&str, &str); N]) -> NewSubmission {
    let fields: BTreeMap<String, String> =
        fields.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
    NewSubmission { fields, ..NewSubmission::default() }
}

async fn send(crm: &TestCrm, form: &CaptureForm, new: NewSubmission) -> Result<()> {
    let mut open = crm.crm.capture_form(&crm.db, &form.key, "the-request").await?.expect("an open form");
    open.submit(new).await
}

/// The leads of the company, the latest first.
async fn leads(crm: &TestCrm) -> Result<Vec<Lead>> {
    Ok(crm.admin().leads().list(&LeadQuery::default(), &PageRequest::default()).await?.data)
}

async fn a_submission_is_a_lead_of_the_system(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let owner = crm.ensure_mirrored(Role::SalesRep).await?;
    let tags = Some(vec!["Website".to_owned()]);
    let form = add(&crm, NewCaptureForm { owner_id: Some(owner), tags, ..contact() }).await?;
    send(&crm, &form, typed([("email", " Ann@Example.com "), ("city", "Bonn"), ("description", "200 units?\nSoon.")]))
        .await?;
    let lead = leads(&crm).await?.remove(0);
    assert_eq!((lead.name.as_str(), lead.email.as_deref()), ("Ann@Example.com", Some("ann@example.com")));
    assert_eq!((lead.owner_id, lead.created_by.kind, lead.created_by.id), (Some(owner), ActorKind::System, None));
    assert_eq!((lead.source.as_deref(), lead.source_detail.as_deref()), (Some("web_form"), Some("Contact")));
    assert_eq!(lead.tags.iter().map(|tag| tag.name.as_str()).collect::<Vec<_>>(), ["Website"]);
    let kept = crm.admin().lead_submissions(lead.id).list(&PageRequest::default()).await?.data.remove(0);
    assert_eq!((kept.form_id, kept.outcome, kept.consent_text), (form.id, CaptureOutcome::Created, None));
    assert_eq!(kept.fields["description"], "200 units?\nSoon.");
    Ok(())
}

async fn an_open_lead_gets_what_it_lacks_and_keeps_the_rest(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let form = add(&crm, NewCaptureForm { on_duplicate: Some(DuplicateLeads::Update), ..contact() }).await?;
    let ann = NewLead { email: Some("ann@example.com".to_owned()), ..NewLead::person("Ann", "Lee") };
    let lead = crm.admin().leads().create(NewLead { city: Some("Bonn".to_owned()), ..ann }).await?;
    let said = [("email", "ANN@example.com"), ("name", "Mallory"), ("city", "Paris"), ("description", "Hello")];
    send(&crm, &form, typed(said)).await?;
    let now = leads(&crm).await?;
    assert_eq!(now.len(), 1);
    assert_eq!((now[0].name.as_str(), now[0].city.as_deref()), ("Ann Lee", Some("Bonn")));
    assert_eq!((now[0].description.as_deref(), now[0].version), (Some("Hello"), lead.version + 1));
    assert_eq!(now[0].owner_id, lead.owner_id);
    // What does not fit is not lost.
    let kept = crm.admin().lead_submissions(lead.id).list(&PageRequest::default()).await?.data.remove(0);
    assert_eq!((kept.outcome, kept.fields["city"].as_str()), (CaptureOutcome::Updated, "Paris"));
    Ok(())
}

async fn only_open_leads_are_taken_for_the_same(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let form = add(&crm, NewCaptureForm { on_duplicate: Some(DuplicateLeads::Skip), ..contact() }).await?;
    let ann = typed([("email", "ann@example.com")]);
    let status = |code: &str| LeadPatch { status: Patch::Set(code.into()), ..LeadPatch::default() };
    let archived = LeadPatch { is_archived: Patch::Set(true), ..LeadPatch::default() };
    for patch in [status("unqualified"), status("qualified"), archived] {
        send(&crm, &form, ann.clone()).await?;
        send(&crm, &form, ann.clone()).await?;
        let open = leads(&crm).await?;
        let latest = open.iter().max_by_key(|lead| lead.created_at).expect("a lead").id;
        crm.admin().leads().update(latest, patch, None).await?;
    }
    send(&crm, &form, ann.clone()).await?;
    let lead = leads(&crm).await?.into_iter().find(|lead| lead.status == "new").expect("an open lead");
    crm.admin().leads().convert(lead.id, ConvertLead::default(), None).await?;
    send(&crm, &form, ann.clone()).await?;
    let lead = leads(&crm).await?.into_iter().find(|lead| lead.status == "new").expect("an open lead");
    crm.admin().leads().delete(lead.id, None).await?;
    send(&crm, &form, ann.clone()).await?;
    send(&crm, &form, ann).await?;
    assert_eq!(leads(&crm).await?.iter().filter(|lead| lead.status == "new").count(), 1);
    assert_eq!(crm.admin().capture_forms().get(form.id).await?.submissions, 10, "what is skipped counts too");
    Ok(())
}

async fn of_submissions_at_once_one_adds_the_lead(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.admin().lead_statuses().add_usual().await?;
    let form = add(&crm, NewCaptureForm { on_duplicate: Some(DuplicateLeads::Update), ..contact() }).await?;
    let mut visitors = JoinSet::new();
    for _ in 0..8 {
        let (crm, db, key) = (crm.crm.clone(), crm.db.clone(), form.key.clone());
        visitors.spawn(async move {
            let mut open = crm.capture_form(&db, &key, "the-request").await?.expect("an open form");
            open.submit(typed([("email", "ann@example.com")])).await
        });
    }
    for sent in visitors.join_all().await {
        sent?;
    }
    let found = leads(&crm).await?;
    assert_eq!(found.len(), 1);
    let kept = crm.admin().lead_submissions(found[0].id).list(&PageRequest::default()).await?.data;
    assert_eq!(kept.iter().filter(|kept| kept.outcome == CaptureOutcome::Created).count(), 1);
    assert_eq!((kept.len(), crm.admin().capture_forms().get(form.id).await?.submissions), (8, 8));
    Ok(())
}

async fn define(crm: &TestCrm, key: &str, field_type: CustomFieldType) -> Result<()> {
    let new = NewCustomField {
        key: Some(key.to_owned()),
        label: Some(key.to_owned()),
        field_type: Some(field_type),
        ..NewCustomField::default()
    };
    crm.admin().custom_fields().create(new).await.map(drop)
}

async fn custom_fields_have_their_types(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for (key, field_type) in [("size", CustomFieldType::Integer), ("newsletter", CustomFieldType::Boolean)] {
        define(&crm, key, field_type).await?;
    }
    let fields = [("email", "E-mail"), ("customFields.size", "Size"), ("customFields.newsletter", "Newsletter")];
    let form =
        add(&crm, NewCaptureForm { fields: NewCaptureForm::with_fields("", fields).fields, ..new("Shop") }).await?;
    let said = |size, newsletter| {
        typed([("email", "ann@example.com"), ("customFields.size", size), ("customFields.newsletter", newsletter)])
    };
    send(&crm, &form, said("12", "yes")).await?;
    assert_eq!(json!(leads(&crm).await?[0].custom_fields), json!({ "size": 12, "newsletter": true }));
    let refused = send(&crm, &form, said("many", "yes")).await;
    assert_eq!(violation(refused, "/fields/customFields.size"), "type_invalid");
    Ok(())
}

async fn fields_that_name_other_records_are_refused(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    define(&crm, "agent", CustomFieldType::User).await?;
    define(&crm, "parent", CustomFieldType::Customer).await?;
    for key in
        ["ownerId", "status", "metadata", "externalRefs", "customFields", "customFields.agent", "customFields.parent"]
    {
        let fields = NewCaptureForm::with_fields("", [("email", "E-mail"), (key, "Label")]).fields;
        let refused = add(&crm, NewCaptureForm { fields, ..new("Shop") }).await;
        assert_eq!(violation(refused, "/fields/1/key"), "field_unknown", "{key}");
    }
    let fields = NewCaptureForm::with_fields("", [("name", "Name")]).fields;
    let unreachable = add(&crm, NewCaptureForm { fields, ..new("Shop") }).await;
    assert_eq!(violation(unreachable, "/fields"), "contact_required");
    Ok(())
}

async fn a_lead_is_not_lost_for_what_has_gone(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let owner = crm.ensure_mirrored(Role::SalesRep).await?;
    let status = Some("Contacted".to_owned());
    let form = add(&crm, NewCaptureForm { owner_id: Some(owner), status, ..contact() }).await?;
    assert_eq!(form.status.as_deref(), Some("contacted"));
    let gone = UserProfile { id: owner, display_name: None, email: None, is_active: false };
    crm.admin().users().mirror(&gone).await?;
    let statuses = crm.admin().lead_statuses().list(&LeadStatusQuery::default(), &PageRequest::default()).await?.data;
    let contacted = statuses.iter().find(|status| status.code == "contacted").expect("a usual status").id;
    let archived = LeadStatusPatch { is_archived: Patch::Set(true), ..LeadStatusPatch::default() };
    crm.admin().lead_statuses().update(contacted, archived, None).await?;
    send(&crm, &form, typed([("email", "ann@example.com")])).await?;
    let lead = leads(&crm).await?.remove(0);
    assert_eq!((lead.owner_id, lead.status.as_str()), (None, "new"));
    Ok(())
}

async fn a_form_keeps_fields_that_have_gone(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    define(&crm, "size", CustomFieldType::Integer).await?;
    let fields = NewCaptureForm::with_fields("", [("email", "E-mail"), ("customFields.size", "Size")]).fields;
    let form = add(&crm, NewCaptureForm { fields, ..new("Shop") }).await?;
    let defined = crm.admin().custom_fields().list(&Default::default(), &PageRequest::default()).await?.data.remove(0);
    crm.admin().custom_fields().delete(defined.id, None).await?;
    send(&crm, &form, typed([("email", "ann@example.com"), ("customFields.size", "12")])).await?;
    let lead = leads(&crm).await?.remove(0);
    assert!(lead.custom_fields.is_empty());
    let kept = crm.admin().lead_submissions(lead.id).list(&PageRequest::default()).await?.data.remove(0);
    assert_eq!(kept.fields["customFields.size"], "12");
    let pause = CaptureFormPatch { is_active: Patch::Set(false), ..CaptureFormPatch::default() };
    assert!(!crm.admin().capture_forms().update(form.id, pause, None).await?.is_active);
    Ok(())
}

async fn another_text_is_another_version(database: TestDatabase) -> anyhow::Result<()> {
    let clock = FixedClock::default();
    let crm = TestCrm::with(&database, Crm::builder().clock(clock.clone()));
    let form = add(&crm, NewCaptureForm { consent_text: Some("One".to_owned()), ..contact() }).await?;
    assert_eq!(form.consent_version, 1);
    let change =
        |text: &str| CaptureFormPatch { consent_text: Patch::Set(text.to_owned()), ..CaptureFormPatch::default() };
    for (text, version) in [("One", 1), ("Two", 2), ("One", 3)] {
        let changed = crm.admin().capture_forms().update(form.id, change(text), None).await?;
        assert_eq!(changed.consent_version, version, "{text}");
    }
    let agreed = NewSubmission { consent: Some(true), ..typed([("email", "ann@example.com")]) };
    send(&crm, &form, agreed.clone()).await?;
    let lead = leads(&crm).await?.remove(0);
    let kept = crm.admin().lead_submissions(lead.id).list(&PageRequest::default()).await?.data.remove(0);
    assert_eq!((kept.consent_text.as_deref(), kept.consent_version), (Some("One"), Some(3)));
    assert_eq!(kept.submitted_at, FixedClock::default_time());
    // Who has a challenge for a text agrees to that one.
    let mut open = crm.crm.capture_form(&crm.db, &form.key, "the-request").await?.expect("an open form");
    let challenge = Some(open.challenge().challenge);
    clock.advance(SHORTEST_VISIT.to_std()? + Duration::from_secs(1));
    open.submit(NewSubmission { challenge: challenge.clone(), ..agreed.clone() }).await?;
    crm.admin().capture_forms().update(form.id, change("Three"), None).await?;
    let late = send(&crm, &form, NewSubmission { challenge, ..agreed }).await;
    assert_eq!(violation(late, "/challenge"), "challenge_invalid");
    Ok(())
}

async fn what_was_sent_goes_with_the_lead(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let form = add(&crm, contact()).await?;
    for email in ["ann@example.com", "ben@example.com"] {
        send(&crm, &form, typed([("email", email)])).await?;
    }
    crm.admin().capture_forms().delete(form.id, None).await?;
    let all = leads(&crm).await?;
    let converted = crm.admin().leads().convert(all[0].id, ConvertLead::default(), None).await?.lead;
    let kept = crm.admin().lead_submissions(converted.id).list(&PageRequest::default()).await?.data;
    assert_eq!((kept.len(), kept[0].form_name.as_str()), (1, "Contact"));
    crm.admin().leads().purge(all[1].id, None).await?;
    let gone = crm.admin().lead_submissions(all[1].id).list(&PageRequest::default()).await;
    assert_matches!(gone, Err(Error::NotFound { .. }));
    crm.admin().customers().purge(converted.id.0.into(), None).await?;
    let gone = crm.admin().lead_submissions(converted.id).list(&PageRequest::default()).await;
    assert_matches!(gone, Err(Error::NotFound { .. }));
    Ok(())
}

async fn counting_is_no_write(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let form = add(&crm, contact()).await?;
    send(&crm, &form, typed([("email", "ann@example.com")])).await?;
    let trapped = NewSubmission { company_fax: Some("1".to_owned()), ..NewSubmission::default() };
    send(&crm, &form, trapped).await?;
    let now = crm.admin().capture_forms().get(form.id).await?;
    assert_eq!((now.version, now.updated_at, now.submissions, now.rejected), (form.version, form.updated_at, 1, 1));
    assert!(now.last_submitted_at.is_some());
    // A change that is based on what was read before is no conflict.
    let pause = CaptureFormPatch { is_active: Patch::Set(false), ..CaptureFormPatch::default() };
    let paused = crm.admin().capture_forms().update(form.id, pause, Some(form.version)).await?;
    assert_eq!((paused.submissions, paused.rejected), (1, 1));
    assert!(crm.crm.capture_form(&crm.db, &form.key, "the-request").await?.is_none());
    Ok(())
}

async fn statuses_of_lost_leads_are_refused(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for (status, code) in [("unqualified", "unexpected"), ("nonsense", "status_unknown")] {
        let refused = add(&crm, NewCaptureForm { status: Some(status.to_owned()), ..contact() }).await;
        assert_eq!(violation(refused, "/status"), code);
    }
    Ok(())
}

async fn there_are_at_most_100(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut scope = crm.admin();
    let mut tx = scope.begin().await?;
    for number in 0..100 {
        tx.scope().capture_forms().create(new(&format!("Form {number}"))).await?;
    }
    tx.commit().await?;
    assert_matches!(add(&crm, contact()).await, Err(Error::Conflict(crm_core::Conflict::TooManyCaptureForms)));
    Ok(())
}

async fn a_wrong_key_meets_no_company(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let other = crm.other_company();
    let (one, foreign) = (add(&crm, contact()).await?.key, add(&other, contact()).await?.key);
    let aside = &aside(&database).await?;
    let companies = async || number(aside, "SELECT count(*) FROM crm_companies").await;
    let before = companies().await?;
    // The company of one, with the random part of the other, and what is no key at all.
    let mixed = format!("{}{}", &one[..20], &foreign[20..]);
    let unknown = "A".repeat(43);
    for wrong in ["", "a", &mixed, &unknown, &one[1..], &one.to_lowercase()] {
        assert!(crm.crm.capture_form(&crm.db, wrong, "the-request").await?.is_none(), "{wrong}");
    }
    assert_eq!(companies().await?, before, "nothing is written for it");
    Ok(())
}

/// The visitor has few rights. The rules do not need them, and the record access of the company does not concern the system.
async fn a_submission_is_assigned_by_rules_and_finds_every_lead(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let owner = crm.ensure_mirrored(Role::SalesRep).await?;
    crm.admin().lead_assignment_rules().create(NewLeadAssignmentRule::fixed("Sales", owner)).await?;
    let patch = SettingsPatch { record_access: Patch::Set(RecordAccess::Own), ..SettingsPatch::default() };
    crm.admin().settings().update(patch, None).await?;
    let form = add(&crm, NewCaptureForm { on_duplicate: Some(DuplicateLeads::Update), ..contact() }).await?;
    send(&crm, &form, typed([("email", "ann@example.com")])).await?;
    send(&crm, &form, typed([("email", "ann@example.com"), ("city", "Bonn")])).await?;
    let leads = leads(&crm).await?;
    assert_eq!(leads.len(), 1);
    assert_eq!((leads[0].owner_id, leads[0].city.as_deref()), (Some(owner), Some("Bonn")));
    assert_eq!((leads[0].version, leads[0].assigned_by_rule.is_some()), (2, true));
    Ok(())
}
