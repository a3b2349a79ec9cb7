//! What a lead is, and what its status demands.

use std::time::Duration;

use crm_core::actor::Role;
use crm_core::lead_statuses::{LeadStatusPatch, LeadStatusQuery, LeadStatusType};
use crm_core::leads::{LeadPatch, LeadQuery, LeadSort, LeadStatusRef, NewLead};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::users::OwnerFilter;
use crm_core::{Conflict, Error};
use testkit::{Suite, TestDatabase};

use super::{add, ann, at_noon, change, named, names, status};
use crate::support::{TestCrm, assert_matches, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_lead_begins_in_the_default_status,
        the_moves_of_the_table_are_all_there_are,
        a_loss_has_a_reason_where_the_company_wants_one,
        a_status_is_named_by_code_name_or_id,
        lists_are_filtered_and_sorted,
        a_search_finds_words_in_any_field_and_tag,
        a_role_does_what_it_may,
        history_tells_of_both_rows,
    ]);
}

fn lost(reason: Option<&str>) -> LeadPatch {
    LeadPatch { lost_reason: reason.map(str::to_owned).into(), ..status("unqualified") }
}

async fn a_lead_begins_in_the_default_status(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = at_noon(&database);
    let lead = add(&crm, ann()).await?;
    assert_eq!((lead.status.as_str(), lead.status_name.as_str()), ("new", "New"));
    assert_eq!((lead.status_type, lead.status_changed_at), (LeadStatusType::Open, lead.created_at));
    assert_eq!((lead.version, lead.assigned_at, lead.deleted_at), (1, None, None));
    assert_eq!(crm.admin().leads().get(lead.id).await?, lead, "what is read is what was answered");
    clock.advance(Duration::from_secs(60));
    let worked_on = change(&crm, &lead, status("contacted")).await?;
    assert_eq!((worked_on.version, worked_on.status_changed_at), (2, worked_on.updated_at));
    clock.advance(Duration::from_secs(60));
    let rated = LeadPatch { priority: Patch::Set(2), ..LeadPatch::default() };
    assert_eq!(change(&crm, &lead, rated).await?.status_changed_at, worked_on.status_changed_at);
    assert_eq!(crm.admin().leads().get(lead.id).await?.priority, Some(2));
    Ok(())
}

async fn the_moves_of_the_table_are_all_there_are(database: TestDatabase) -> anyhow::Result<()> {
    use crm_core::lead_statuses::NewLeadStatus;
    let crm = TestCrm::new(&database);
    for kind in LeadStatusType::ALL {
        crm.admin().lead_statuses().create(NewLeadStatus::of(*kind, kind.as_str())).await?;
    }
    for from in LeadStatusType::ALL {
        for to in LeadStatusType::ALL {
            let new = NewLead { status: Some(from.as_str().into()), ..NewLead::organization("Lee & Co") };
            let lead = add(&crm, new).await?;
            let moved = change(&crm, &lead, status(to.as_str())).await;
            match from.may_become(*to) {
                true => assert_eq!(moved?.status_type, *to, "{from} to {to}"),
                false => assert_matches!(moved, Err(Error::Conflict(Conflict::LeadStatusMove))),
            }
        }
    }
    Ok(())
}

async fn a_loss_has_a_reason_where_the_company_wants_one(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let lead = named(&crm, "Lee & Co").await?;
    let early = LeadPatch { lost_reason: Patch::Set("price".to_owned()), ..LeadPatch::default() };
    assert_eq!(violation(change(&crm, &lead, early).await, "/lostReason"), "unexpected");
    assert_eq!(change(&crm, &lead, lost(None)).await?.lost_reason, None, "no reason is needed");
    change(&crm, &lead, status("new")).await?;

    let statuses = crm.admin().lead_statuses().list(&LeadStatusQuery::default(), &PageRequest::default()).await?.data;
    let unqualified = statuses.iter().find(|status| status.code == "unqualified").expect("a status").id;
    let demanding = LeadStatusPatch { requires_reason: Patch::Set(true), ..LeadStatusPatch::default() };
    crm.admin().lead_statuses().update(unqualified, demanding, None).await?;
    assert_eq!(violation(change(&crm, &lead, lost(None)).await, "/lostReason"), "required");
    let gone = change(&crm, &lead, lost(Some("No Budget"))).await?;
    assert_eq!(gone.lost_reason.as_deref(), Some("no_budget"));
    let taken = LeadPatch { lost_reason: Patch::Clear, ..LeadPatch::default() };
    assert_eq!(
        violation(change(&crm, &lead, taken).await, "/lostReason"),
        "required",
        "it stays as long as the status"
    );
    let back = change(&crm, &lead, status("contacted")).await?;
    assert_eq!((back.lost_reason, back.lost_notes), (None, None), "it goes with the status");
    Ok(())
}

async fn a_status_is_named_by_code_name_or_id(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.admin().lead_statuses().add_usual().await?;
    let statuses = crm.admin().lead_statuses().list(&LeadStatusQuery::default(), &PageRequest::default()).await?.data;
    let id = statuses.iter().find(|status| status.code == "in_progress").expect("a status").id;
    for named in ["in_progress".into(), "In Progress".into(), "IN PROGRESS".into(), LeadStatusRef::from(id)] {
        let new = NewLead { status: Some(named), ..NewLead::organization("Lee & Co") };
        assert_eq!(add(&crm, new).await?.status, "in_progress");
    }
    for unknown in ["gone", "new\0", ""] {
        let unknown = NewLead { status: Some(unknown.into()), ..NewLead::organization("Lee & Co") };
        assert_eq!(violation(add(&crm, unknown).await, "/status"), "status_unknown");
    }
    Ok(())
}

async fn lists_are_filtered_and_sorted(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let rep = crm.ensure_mirrored(Role::SalesRep).await?;
    let first = add(&crm, NewLead { owner_id: Some(rep), ..ann() }).await?;
    let second = add(&crm, NewLead { source: Some("Trade Fair".to_owned()), ..NewLead::organization("Beta") }).await?;
    change(&crm, &second, status("contacted")).await?;
    let third = add(&crm, NewLead { is_archived: Some(true), ..NewLead::organization("Gamma") }).await?;
    crm.admin().leads().delete(named(&crm, "Delta").await?.id, None).await?;
    let all = LeadQuery::default;
    assert_eq!(names(&crm, all()).await?, ["Beta", "Ann Lee"], "the latest first");
    let by_name = LeadQuery { sort: "name".parse::<LeadSort>()?, ..all() };
    assert_eq!(names(&crm, by_name).await?, ["Ann Lee", "Beta"]);
    let moved = LeadQuery { sort: "-statusChangedAt".parse::<LeadSort>()?, ..all() };
    assert_eq!(names(&crm, moved).await?, ["Beta", "Ann Lee"]);
    assert_eq!(names(&crm, LeadQuery { status: vec!["New".to_owned()], ..all() }).await?, ["Ann Lee"]);
    assert_eq!(names(&crm, LeadQuery { status_type: vec![LeadStatusType::Ongoing], ..all() }).await?, ["Beta"]);
    assert_eq!(names(&crm, LeadQuery { owner: Some(OwnerFilter::User(rep)), ..all() }).await?, ["Ann Lee"]);
    assert_eq!(names(&crm, LeadQuery { owner: Some(OwnerFilter::None), ..all() }).await?, ["Beta"]);
    assert_eq!(names(&crm, LeadQuery { email: Some("ANN@example.com".to_owned()), ..all() }).await?, ["Ann Lee"]);
    assert_eq!(names(&crm, LeadQuery { source: Some("trade-fair".to_owned()), ..all() }).await?, ["Beta"]);
    assert_eq!(names(&crm, LeadQuery { is_archived: Some(true), ..all() }).await?, [third.name]);
    assert_eq!(names(&crm, LeadQuery { trashed: true, ..all() }).await?, ["Delta"]);
    let filter = r#"{"field": "organizationName", "op": "contains", "value": "lee"}"#.parse()?;
    assert_eq!(names(&crm, LeadQuery { filter: Some(filter), ..all() }).await?, [first.name]);
    Ok(())
}

async fn a_search_finds_words_in_any_field_and_tag(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let lead = add(&crm, ann()).await?;
    crm.named("Lee & Co").await?;
    named(&crm, "Other").await?;
    crm.admin().lead_tags(lead.id).add(["Harbour"]).await?;
    let search =
        async |words: &str| names(&crm, LeadQuery { search: Some(words.to_owned()), ..LeadQuery::default() }).await;
    for words in ["ann lee", "lee co", "ann@example.com", "harbour", "lee harb"] {
        assert_eq!(search(words).await?, ["Ann Lee"], "{words}");
    }
    assert!(search("nobody").await?.is_empty());
    assert_matches!(search(" ").await, Err(Error::Malformed(_)));
    Ok(())
}

async fn a_role_does_what_it_may(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let rep = crm.ensure_mirrored(Role::SalesRep).await?;
    let manager = crm.ensure_mirrored(Role::Manager).await?;
    let mut scope = crm.scope(Role::SalesRep);
    let own = scope.leads().create(NewLead { owner_id: Some(rep), ..ann() }).await?;
    assert!(own.assigned_at.is_some());
    let foreign = scope.leads().create(NewLead { owner_id: Some(manager), ..ann() }).await;
    assert_matches!(foreign, Err(Error::Forbidden { .. }));
    let theirs = add(&crm, NewLead { owner_id: Some(manager), ..ann() }).await?;
    assert_matches!(scope.leads().update(theirs.id, status("contacted"), None).await, Err(Error::Forbidden { .. }));
    scope.leads().update(own.id, status("contacted"), None).await?;
    let given = LeadPatch { owner_id: Patch::Set(manager), ..LeadPatch::default() };
    assert_matches!(scope.leads().update(own.id, given, None).await, Err(Error::Forbidden { .. }));
    assert_matches!(scope.leads().delete(own.id, None).await, Err(Error::Forbidden { .. }));
    assert_matches!(crm.scope(Role::Manager).leads().purge(own.id, None).await, Err(Error::Forbidden { .. }));
    assert_matches!(crm.scope(Role::Viewer).leads().create(ann()).await, Err(Error::Forbidden { .. }));
    assert_eq!(crm.scope(Role::Viewer).leads().get(own.id).await?.name, "Ann Lee");
    Ok(())
}

async fn history_tells_of_both_rows(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let lead = add(&crm, ann()).await?;
    let patch = LeadPatch {
        job_title: Patch::Set("Buyer".to_owned()),
        rating: Patch::Set(crm_core::leads::LeadRating::Hot),
        ..status("contacted")
    };
    change(&crm, &lead, patch).await?;
    let history = crm.admin().leads().history(lead.id, &PageRequest::default()).await?.data;
    let fields: Vec<&str> = history[0].changes.iter().map(|change| change.field.as_str()).collect();
    assert_eq!(fields, ["jobTitle", "rating", "status"]);
    assert_eq!((history[0].version, history[1].action.as_str()), (2, "created"));
    let feed = crm.admin().events().after(None, 1_000).await?;
    let ours = feed.events.iter().map(|(_, event)| event).filter(|event| event.subject == lead.id.0);
    let types: Vec<&str> = ours.map(|event| event.event_type.as_str()).collect();
    assert_eq!(types, ["crm.lead.created", "crm.lead.updated"], "none is of a customer");
    Ok(())
}
