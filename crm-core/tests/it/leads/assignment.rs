//! Giving leads to users, one by one and many at once.

use crm_core::actor::Role;
use crm_core::ids::LeadId;
use crm_core::leads::{AssignLeads, LeadAssignment, LeadQuery, NewLead};
use crm_core::page::PageRequest;
use crm_core::users::OwnerFilter;
use crm_core::{Conflict, Error};
use testkit::{Suite, TestDatabase};
use uuid::Uuid;

use super::{add, ann, convert, named, names};
use crate::support::{TestCrm, assert_matches, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_lead_is_given_to_a_user,
        many_are_given_at_once_with_an_outcome_each,
        nobody_gives_away_what_is_not_theirs,
        a_bulk_assignment_is_many_single_ones,
    ]);
}

fn to(owner: Option<crm_core::ids::UserId>, leads: &[LeadId]) -> AssignLeads {
    AssignLeads { lead_ids: leads.to_vec(), owner_id: owner }
}

async fn a_lead_is_given_to_a_user(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let rep = crm.ensure_mirrored(Role::SalesRep).await?;
    let lead = named(&crm, "Lee & Co").await?;
    let given = crm.admin().leads().assign(lead.id, Some(rep), Some(1)).await?;
    assert_eq!((given.owner_id, given.assigned_at, given.version), (Some(rep), Some(given.updated_at), 2));
    assert_matches!(crm.admin().leads().assign(lead.id, None, Some(1)).await, Err(Error::Stale { .. }));
    let freed = crm.admin().leads().assign(lead.id, None, None).await?;
    assert_eq!((freed.owner_id, freed.owner, freed.assigned_at), (None, None, None));
    let stranger = crm_core::ids::UserId(Uuid::new_v4());
    assert_eq!(violation(crm.admin().leads().assign(lead.id, Some(stranger), None).await, "/ownerId"), "user_unknown");
    Ok(())
}

async fn many_are_given_at_once_with_an_outcome_each(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let rep = crm.ensure_mirrored(Role::SalesRep).await?;
    let [first, second] = [named(&crm, "First").await?, named(&crm, "Second").await?];
    let has = add(&crm, NewLead { owner_id: Some(rep), ..ann() }).await?;
    let gone = named(&crm, "Gone").await?;
    crm.admin().leads().delete(gone.id, None).await?;
    let done = named(&crm, "Done").await?;
    convert(&crm, &done, Default::default()).await?;
    let unknown = LeadId(Uuid::new_v4());
    let ids = [first.id, has.id, gone.id, unknown, done.id, second.id];
    let answer = crm.admin().leads().assign_all(to(Some(rep), &ids)).await?;
    let outcomes: Vec<LeadAssignment> = answer.leads.iter().map(|lead| lead.outcome).collect();
    use LeadAssignment::{Assigned, Converted, NotFound, Unchanged};
    assert_eq!(outcomes, [Assigned, Unchanged, NotFound, NotFound, Converted, Assigned]);
    assert_eq!(answer.assigned, 2);
    assert_eq!(answer.leads.iter().map(|lead| lead.lead_id).collect::<Vec<_>>(), ids, "in the order of the request");
    let theirs = names(&crm, LeadQuery { owner: Some(OwnerFilter::User(rep)), ..LeadQuery::default() }).await?;
    assert_eq!(theirs.len(), 3);
    assert_eq!(violation(crm.admin().leads().assign_all(to(None, &[])).await, "/leadIds"), "required");
    let many: Vec<LeadId> = (0..501).map(|_| unknown).collect();
    assert_eq!(violation(crm.admin().leads().assign_all(to(None, &many)).await, "/leadIds"), "too_many");
    Ok(())
}

async fn nobody_gives_away_what_is_not_theirs(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (rep, manager) = (crm.ensure_mirrored(Role::SalesRep).await?, crm.ensure_mirrored(Role::Manager).await?);
    let theirs = add(&crm, NewLead { owner_id: Some(manager), ..ann() }).await?;
    let free = named(&crm, "Free").await?;
    let mut scope = crm.scope(Role::SalesRep);
    let answer = scope.leads().assign_all(to(Some(rep), &[theirs.id, free.id])).await?;
    let outcomes: Vec<LeadAssignment> = answer.leads.iter().map(|lead| lead.outcome).collect();
    assert_eq!(outcomes, [LeadAssignment::Forbidden, LeadAssignment::Assigned]);
    let away = scope.leads().assign_all(to(Some(manager), &[free.id])).await;
    assert_matches!(away, Err(Error::Forbidden { .. }));
    assert_matches!(
        crm.scope(Role::Viewer).leads().assign_all(to(None, &[free.id])).await,
        Err(Error::Forbidden { .. })
    );
    Ok(())
}

/// What one statement does for many is what a write of each does.
async fn a_bulk_assignment_is_many_single_ones(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let rep = crm.ensure_mirrored(Role::SalesRep).await?;
    let [one, many] = [named(&crm, "One").await?, named(&crm, "Many").await?];
    let one = crm.admin().leads().assign(one.id, Some(rep), None).await?;
    crm.admin().leads().assign_all(to(Some(rep), &[many.id])).await?;
    let many = crm.admin().leads().get(many.id).await?;
    assert_eq!((one.version, one.owner.clone()), (many.version, many.owner.clone()));
    assert_eq!(many.assigned_at, Some(many.updated_at));
    let mut told = Vec::new();
    for lead in [&one, &many] {
        let history = crm.admin().leads().history(lead.id, &PageRequest::default()).await?.data;
        told.push((history.len(), history[0].action.clone(), history[0].version, history[0].changes.clone()));
    }
    assert_eq!(told[0], told[1]);
    // The row among the customers is at the same version, so that the next write goes on.
    let next = crm.admin().leads().assign(many.id, None, Some(many.version)).await?;
    assert_eq!(next.version, 3);
    convert(&crm, &next, Default::default()).await?;
    assert_matches!(
        crm.admin().leads().assign(many.id, Some(rep), None).await,
        Err(Error::Conflict(Conflict::LeadConverted))
    );
    Ok(())
}
