//! The first response to leads: by when it is promised, what it is, and what happens without one.

use crm_core::actor::{Actor, Role};
use crm_core::interactions::{
    Completion, InteractionDirection, InteractionPatch, InteractionStatus, InteractionType, NewInteraction,
};
use crm_core::jobs::JobOptions;
use crm_core::leads::{Lead, LeadPatch, LeadQuery, LeadRating, LeadResponseState, LeadSort, NewLead};
use crm_core::notifications::{NotificationKind, NotificationQuery, NotifiedRecord};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use serde_json::json;
use testkit::{FixedClock, Suite, TestDatabase};

use super::{add, at_noon, change, names, status};
use crate::support::{TestCrm, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        the_first_target_that_a_lead_meets_counts,
        the_first_outgoing_contact_is_the_response,
        what_is_no_response_changes_nothing,
        leads_are_found_and_sorted_by_their_responses,
        targets_and_hours_are_checked,
    ]; own: [what_is_late_is_told_once]);
}

/// Mondays to Fridays from nine to five, an hour for all leads and half an hour for hot ones.
async fn office(database: &TestDatabase) -> anyhow::Result<(TestCrm, FixedClock)> {
    let (crm, clock) = at_noon(database);
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday"];
    let periods = days.map(|day| json!({ "day": day, "from": "09:00", "to": "17:00" }));
    let patch = json!({
        "workingHours": { "periods": periods, "holidays": ["2026-06-02"] },
        "leadResponseTargets": [
            { "rating": "hot", "minutes": 30 },
            { "priority": 2, "source": "Web site", "minutes": 360 },
            { "minutes": 60 },
        ],
    });
    crm.admin().settings().update(serde_json::from_value(patch)?, None).await?;
    Ok((crm, clock))
}

fn lee() -> NewLead {
    NewLead::organization("Lee & Co")
}

async fn read(crm: &TestCrm, lead: &Lead) -> crm_core::Result<Lead> {
    crm.admin().leads().get(lead.id).await
}

fn call() -> NewInteraction {
    NewInteraction::of(InteractionType::Call, "First call")
}

async fn the_first_target_that_a_lead_meets_counts(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = office(&database).await?;
    let by = async |new: NewLead| {
        let lead = add(&crm, new).await?;
        assert_eq!(read(&crm, &lead).await?, lead);
        assert_eq!(lead.response_state, lead.respond_by.map(|_| LeadResponseState::FirstResponseDue));
        Ok::<_, crm_core::Error>(lead.respond_by.map(|at| at.to_rfc3339()))
    };
    let at = |text: &str| Some(text.to_owned());
    assert_eq!(by(lee()).await?, at("2026-06-01T13:00:00+00:00"));
    assert_eq!(by(NewLead { rating: Some(LeadRating::Hot), ..lee() }).await?, at("2026-06-01T12:30:00+00:00"));
    let web = NewLead { source: Some("web_site".to_owned()), ..lee() };
    assert_eq!(by(web.clone()).await?, at("2026-06-01T13:00:00+00:00"), "it has no priority");
    let urgent = NewLead { priority: Some(3), ..web };
    assert_eq!(by(urgent).await?, at("2026-06-03T10:00:00+00:00"), "Tuesday is a holiday");
    assert_eq!(by(NewLead { status: Some("qualified".into()), ..lee() }).await?, None, "it is won already");
    clock.set("2026-06-05T16:45:00Z".parse()?);
    assert_eq!(by(lee()).await?, at("2026-06-08T09:45:00+00:00"), "over the weekend");
    crm.admin().settings().update(serde_json::from_value(json!({ "leadResponseTargets": null }))?, None).await?;
    assert_eq!(by(lee()).await?, None);
    Ok(())
}

async fn the_first_outgoing_contact_is_the_response(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = office(&database).await?;
    let lead = add(&crm, lee()).await?;
    clock.set("2026-06-01T12:40:00Z".parse()?);
    crm.scope(Role::SalesRep).lead_interactions(lead.id).create(call()).await?;
    let answered = read(&crm, &lead).await?;
    assert_eq!(answered.first_responded_at, Some("2026-06-01T12:40:00Z".parse()?));
    assert_eq!(answered.response_state, Some(LeadResponseState::Fulfilled));
    assert_eq!(answered.version, lead.version, "the lead itself stays as it is");
    clock.set("2026-06-01T12:50:00Z".parse()?);
    crm.admin().lead_interactions(lead.id).create(call()).await?;
    let later = read(&crm, &lead).await?;
    assert_eq!(later.first_responded_at, answered.first_responded_at, "only the first one counts");
    let written =
        change(&crm, &lead, LeadPatch { city: Patch::Set("Bonn".to_owned()), ..LeadPatch::default() }).await?;
    assert_eq!(written.first_responded_at, answered.first_responded_at);
    // What was planned answers when it is completed, also by a patch, and a lead without a target has a response too.
    for number in 0..2 {
        let lead = add(&crm, lee()).await?;
        let planned = call().planned("2026-06-01T14:00:00Z".parse()?);
        let planned = crm.admin().all_interactions().create(lead.id.0.into(), planned).await?;
        assert_eq!(read(&crm, &lead).await?.first_responded_at, None);
        let mut scope = crm.admin();
        if number == 0 {
            scope.lead_interactions(lead.id).complete(planned.id, Completion::default(), None).await?;
        } else {
            let done =
                InteractionPatch { status: Patch::Set(InteractionStatus::Completed), ..InteractionPatch::default() };
            scope.lead_interactions(lead.id).update(planned.id, done, None).await?;
        }
        assert_eq!(read(&crm, &lead).await?.response_state, Some(LeadResponseState::Fulfilled));
    }
    crm.admin().settings().update(serde_json::from_value(json!({ "leadResponseTargets": null }))?, None).await?;
    let free = add(&crm, lee()).await?;
    crm.admin().lead_interactions(free.id).create(call()).await?;
    let free = read(&crm, &free).await?;
    assert_eq!((free.first_responded_at.is_some(), free.response_state), (true, None));
    Ok(())
}

async fn what_is_no_response_changes_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _clock) = office(&database).await?;
    let lead = add(&crm, lee()).await?;
    for none in [
        NewInteraction { direction: Some(InteractionDirection::Inbound), ..call() },
        NewInteraction { direction: Some(InteractionDirection::Internal), ..call() },
        NewInteraction::of(InteractionType::Web, "A form"),
        NewInteraction::of(InteractionType::Note, "Something to remember"),
        NewInteraction { completed_at: Some("2026-06-01T11:00:00Z".parse()?), ..call() },
    ] {
        crm.admin().lead_interactions(lead.id).create(none).await?;
    }
    let machine = crm.crm.on(Actor::system(crm.company), &crm.db).lead_interactions(lead.id).create(call()).await?;
    assert_eq!(machine.status, InteractionStatus::Completed);
    let still = read(&crm, &lead).await?;
    assert_eq!((still.first_responded_at, still.response_state), (None, Some(LeadResponseState::FirstResponseDue)));
    let out = NewInteraction {
        direction: Some(InteractionDirection::Outbound),
        ..NewInteraction::of(InteractionType::Web, "An offer")
    };
    crm.admin().lead_interactions(lead.id).create(out).await?;
    assert_eq!(read(&crm, &lead).await?.response_state, Some(LeadResponseState::Fulfilled));
    Ok(())
}

async fn what_is_late_is_told_once(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = office(&database).await?;
    let owner_id = Some(crm.ensure_mirrored(Role::SalesRep).await?);
    let late = add(&crm, NewLead { owner_id, ..lee() }).await?;
    let answered = add(&crm, NewLead { owner_id, ..lee() }).await?;
    let lost = add(&crm, NewLead { owner_id, ..lee() }).await?;
    let nobodys = add(&crm, lee()).await?;
    crm.admin().lead_interactions(answered.id).create(call()).await?;
    change(&crm, &lost, status("unqualified")).await?;
    let run = async || crm.crm.run_due_jobs(&crm.db, &JobOptions::default()).await;
    clock.set("2026-06-01T12:59:59Z".parse()?);
    run().await?;
    assert_eq!(read(&crm, &late).await?.response_state, Some(LeadResponseState::FirstResponseDue));
    clock.set("2026-06-01T13:00:00Z".parse()?);
    run().await?;
    run().await?;
    use LeadResponseState::{Failed, Fulfilled};
    for (lead, expected) in [(&late, Failed), (&answered, Fulfilled), (&lost, Failed), (&nobodys, Failed)] {
        let now = read(&crm, lead).await?;
        assert_eq!(now.response_state, Some(expected), "{}", now.status);
    }
    let request = PageRequest::default().limit(100);
    let page = crm.scope(Role::SalesRep).notifications().list(&NotificationQuery::default(), &request).await?;
    let told: Vec<_> = page.data.iter().filter(|one| one.kind == NotificationKind::ResponseFailed).collect();
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].record_kind, told[0].record_id, told[0].count), (NotifiedRecord::Lead, late.id.0, 1));
    // A late answer is an answer, and what was in time and is told late was in time.
    clock.set("2026-06-01T13:10:00Z".parse()?);
    crm.admin().lead_interactions(late.id).create(call()).await?;
    let in_time = NewInteraction { completed_at: Some("2026-06-01T12:30:00Z".parse()?), ..call() };
    crm.admin().lead_interactions(nobodys.id).create(in_time).await?;
    assert_eq!(read(&crm, &late).await?.response_state, Some(Failed));
    assert_eq!(read(&crm, &late).await?.first_responded_at, Some("2026-06-01T13:10:00Z".parse()?));
    assert_eq!(read(&crm, &nobodys).await?.response_state, Some(Fulfilled));
    Ok(())
}

async fn leads_are_found_and_sorted_by_their_responses(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, _clock) = office(&database).await?;
    let lead = |name: &str| NewLead::organization(name);
    let usual = add(&crm, lead("Usual")).await?;
    add(&crm, NewLead { rating: Some(LeadRating::Hot), ..lead("Hot") }).await?;
    add(&crm, NewLead { status: Some("qualified".into()), ..lead("Won") }).await?;
    crm.admin().lead_interactions(usual.id).create(call()).await?;
    let sorted = |sort: &str| LeadQuery { sort: sort.parse::<LeadSort>().expect("an order"), ..LeadQuery::default() };
    assert_eq!(names(&crm, sorted("respondBy")).await?, ["Hot", "Usual", "Won"]);
    assert_eq!(names(&crm, sorted("-respondBy")).await?, ["Won", "Usual", "Hot"]);
    let due = LeadQuery { response_state: vec![LeadResponseState::FirstResponseDue], ..LeadQuery::default() };
    assert_eq!(names(&crm, due).await?, ["Hot"]);
    let filter = json!({ "field": "firstRespondedAt", "op": "is_null", "value": false });
    let answered = LeadQuery { filter: Some(serde_json::from_value(filter)?), ..LeadQuery::default() };
    assert_eq!(names(&crm, answered).await?, ["Usual"]);
    Ok(())
}

async fn targets_and_hours_are_checked(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let patch = json!({
        "workingHours": { "periods": [{ "day": "monday", "from": "17:00", "to": "09:00" }] },
        "leadResponseTargets": [{ "minutes": 0 }, { "priority": 4, "source": "a\u{7}", "minutes": 60 }],
    });
    let refused = crm.admin().settings().update(serde_json::from_value(patch)?, None).await;
    let at = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
    let expected = [
        at("/workingHours/periods/0/to", "out_of_range"),
        at("/leadResponseTargets/0/minutes", "out_of_range"),
        at("/leadResponseTargets/1/source", "control_character"),
        at("/leadResponseTargets/1/priority", "out_of_range"),
    ];
    assert_eq!(violations(refused), expected);
    let settings = crm.admin().settings().get().await?;
    assert_eq!((settings.working_hours, settings.lead_response_targets.len()), (None, 0));
    Ok(())
}
