//! The rules of the statuses of leads.

use crm_core::actor::Role;
use crm_core::lead_statuses::{
    LeadStatus, LeadStatusPatch, LeadStatusQuery, LeadStatusSort, LeadStatusType, NewLeadStatus,
};
use crm_core::leads::NewLead;
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::{Conflict, Error, Result};
use testkit::{Suite, TestDatabase};
use tokio::task::JoinSet;

use super::{add, change, named, status};
use crate::support::{TestCrm, assert_matches, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_company_gets_the_usual_statuses_once,
        a_company_has_one_default,
        names_and_codes_are_unique,
        what_leads_have_is_not_deleted_but_archived,
        only_lost_statuses_demand_a_reason,
        a_role_does_what_it_may,
        another_company_has_statuses_of_its_own,
    ]);
}

async fn all(crm: &TestCrm) -> Result<Vec<LeadStatus>> {
    let request = PageRequest::default().limit(100);
    let query = LeadStatusQuery { sort: LeadStatusSort::default(), ..LeadStatusQuery::default() };
    Ok(crm.admin().lead_statuses().list(&query, &request).await?.data)
}

fn archived(is_archived: bool) -> LeadStatusPatch {
    LeadStatusPatch { is_archived: Patch::Set(is_archived), ..LeadStatusPatch::default() }
}

async fn a_company_gets_the_usual_statuses_once(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    assert!(all(&crm).await?.is_empty());
    let mut users = JoinSet::new();
    for number in 0..8 {
        let mut scope = crm.admin();
        users.spawn(async move {
            match number % 2 {
                0 => scope.leads().create(NewLead::organization("First")).await.map(drop),
                _ => scope.lead_statuses().add_usual().await.map(drop),
            }
        });
    }
    for outcome in users.join_all().await {
        outcome?;
    }
    let told: Vec<(String, LeadStatusType, bool, i64)> = all(&crm)
        .await?
        .into_iter()
        .map(|status| (status.code, status.status_type, status.is_default, status.version))
        .collect();
    use LeadStatusType::{Lost, Ongoing, Open, Won};
    let expected = [
        ("new", Open, true),
        ("contacted", Ongoing, false),
        ("in_progress", Ongoing, false),
        ("qualified", Won, false),
        ("unqualified", Lost, false),
    ];
    assert_eq!(told, expected.map(|(code, kind, is_default)| (code.to_owned(), kind, is_default, 1)));
    Ok(())
}

async fn a_company_has_one_default(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut admin = crm.admin();
    let won = admin.lead_statuses().create(NewLeadStatus::of(LeadStatusType::Won, "Fits")).await?;
    assert!(!won.is_default, "new leads do not begin there");
    let nothing = admin.leads().create(NewLead::organization("Lee & Co")).await;
    assert_eq!(violation(nothing, "/status"), "required");
    let first = admin.lead_statuses().create(NewLeadStatus::of(LeadStatusType::Open, "Fresh")).await?;
    assert!(first.is_default, "the first open one is");
    let second = NewLeadStatus { is_default: Some(true), ..NewLeadStatus::of(LeadStatusType::Open, "Raw") };
    let second = admin.lead_statuses().create(second).await?;
    let first = admin.lead_statuses().get(first.id).await?;
    assert_eq!((first.is_default, first.version, second.is_default), (false, 2, true));
    assert_eq!(add(&crm, NewLead::organization("Lee & Co")).await?.status, "raw");

    let becomes = |is_default| LeadStatusPatch { is_default: Patch::Set(is_default), ..LeadStatusPatch::default() };
    let none = admin.lead_statuses().update(second.id, becomes(false), None).await;
    assert_matches!(none, Err(Error::Conflict(Conflict::DefaultLeadStatus)));
    assert_eq!(
        violation(admin.lead_statuses().update(second.id, archived(true), None).await, "/isArchived"),
        "unexpected"
    );
    assert_eq!(violation(admin.lead_statuses().update(won.id, becomes(true), None).await, "/isDefault"), "unexpected");
    let gone = admin.lead_statuses().delete(second.id, None).await;
    assert_matches!(gone, Err(Error::Conflict(Conflict::DefaultLeadStatus)));
    admin.lead_statuses().update(first.id, becomes(true), None).await?;
    assert!(!admin.lead_statuses().get(second.id).await?.is_default);
    Ok(())
}

async fn names_and_codes_are_unique(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut admin = crm.admin();
    let first = admin.lead_statuses().create(NewLeadStatus::of(LeadStatusType::OnHold, "Später")).await?;
    assert_eq!(first.code, "später");
    let same = admin.lead_statuses().create(NewLeadStatus::of(LeadStatusType::OnHold, "SPATER")).await;
    assert_matches!(same, Err(Error::Conflict(Conflict::LeadStatusNameTaken)));
    let coded = NewLeadStatus { code: Some("Später".to_owned()), ..NewLeadStatus::of(LeadStatusType::Lost, "Other") };
    let same = admin.lead_statuses().create(coded).await;
    assert_matches!(same, Err(Error::Conflict(Conflict::LeadStatusCodeTaken)));
    let renamed = LeadStatusPatch { name: Patch::Set("Waits".to_owned()), ..LeadStatusPatch::default() };
    let renamed = admin.lead_statuses().update(first.id, renamed, Some(1)).await?;
    assert_eq!((renamed.code.as_str(), renamed.version), ("später", 2), "the code stays");
    admin
        .lead_statuses()
        .create(NewLeadStatus { code: Some("b".to_owned()), ..NewLeadStatus::of(LeadStatusType::OnHold, "Später") })
        .await?;
    Ok(())
}

async fn what_leads_have_is_not_deleted_but_archived(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut admin = crm.admin();
    let lead = named(&crm, "Lee & Co").await?;
    change(&crm, &lead, status("contacted")).await?;
    admin.leads().delete(lead.id, None).await?;
    let contacted = all(&crm).await?.into_iter().find(|status| status.code == "contacted").expect("a status");
    let refused = admin.lead_statuses().delete(contacted.id, None).await;
    assert_matches!(refused, Err(Error::Conflict(Conflict::LeadStatusInUse)));
    admin.lead_statuses().update(contacted.id, archived(true), None).await?;
    let other = named(&crm, "Other").await?;
    assert_eq!(violation(change(&crm, &other, status("contacted")).await, "/status"), "status_unknown");
    // Who has it keeps it, and may say so.
    let lead = admin.leads().restore(lead.id).await?;
    assert_eq!(change(&crm, &lead, status("Contacted")).await?.version, lead.version);
    change(&crm, &lead, status("in_progress")).await?;
    admin.lead_statuses().delete(contacted.id, None).await?;
    assert_eq!(all(&crm).await?.len(), 4);
    Ok(())
}

async fn only_lost_statuses_demand_a_reason(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for kind in LeadStatusType::ALL {
        let new = NewLeadStatus { requires_reason: Some(true), ..NewLeadStatus::of(*kind, kind.as_str()) };
        let added = crm.admin().lead_statuses().create(new).await;
        match kind {
            LeadStatusType::Lost => assert!(added?.requires_reason),
            _ => assert_eq!(violation(added, "/requiresReason"), "unexpected"),
        }
    }
    Ok(())
}

async fn a_role_does_what_it_may(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let id = crm.admin().lead_statuses().create(NewLeadStatus::of(LeadStatusType::Open, "New")).await?.id;
    for role in Role::ALL.iter().copied() {
        let mut scope = crm.scope(role);
        assert_eq!(scope.lead_statuses().get(id).await?.code, "new", "{role}");
        let added = scope.lead_statuses().create(NewLeadStatus::of(LeadStatusType::OnHold, role.as_str())).await;
        match role {
            Role::Admin | Role::Manager => drop(added?),
            _ => assert_matches!(added, Err(Error::Forbidden { .. })),
        }
    }
    Ok(())
}

async fn another_company_has_statuses_of_its_own(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, other) = (TestCrm::new(&database), TestCrm::new(&database).other_company());
    let ours = crm.admin().lead_statuses().create(NewLeadStatus::of(LeadStatusType::Open, "New")).await?;
    other.admin().lead_statuses().create(NewLeadStatus::of(LeadStatusType::Open, "New")).await?;
    assert_matches!(other.admin().lead_statuses().get(ours.id).await, Err(Error::NotFound { .. }));
    let foreign = NewLead { status: Some(ours.id.into()), ..NewLead::organization("Lee & Co") };
    assert_eq!(violation(add(&other, foreign).await, "/status"), "status_unknown");
    Ok(())
}
