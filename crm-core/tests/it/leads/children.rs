//! What belongs to a lead: the same records as those of customers.

use crm_core::actor::{Action, Actor, Permission, Resource, Role};
use crm_core::deals::{DealContact, NewDeal};
use crm_core::ids::{CustomerId, UserId};
use crm_core::interactions::{InteractionQuery, InteractionType, NewInteraction};
use crm_core::leads::NewLead;
use crm_core::notes::NewNote;
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::tasks::{NewTask, TaskCompletion, TaskQuery};
use crm_core::timeline::TimelineKind;
use crm_core::{CompanyScope, Error, IdempotencyKey, Once};
use testkit::{Suite, TestDatabase};
use uuid::Uuid;

use super::{add, ann, named};
use crate::support::{TestCrm, assert_matches, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_lead_has_notes_interactions_tasks_and_tags,
        what_belongs_to_a_lead_goes_to_the_trash_with_it,
        who_may_not_read_leads_sees_nothing_of_theirs,
        a_lead_has_no_deals,
        a_task_of_a_lead_is_told_to_those_who_see_the_lead,
        a_task_of_a_lead_recurs,
        an_answer_about_a_lead_can_be_repeated,
    ]);
}

async fn a_lead_has_notes_interactions_tasks_and_tags(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, page) = (TestCrm::new(&database), PageRequest::default());
    let lead = add(&crm, ann()).await?;
    let (mut admin, customer) = (crm.admin(), CustomerId(lead.id.0));
    let note = admin.lead_notes(lead.id).create(NewNote::text("Called")).await?;
    assert_eq!(note.customer_id, customer);
    let call = NewInteraction::of(InteractionType::Call, "First call");
    let call = admin.lead_interactions(lead.id).create(call).await?;
    let task = NewTask { customer_id: Some(customer), interaction_id: Some(call.id), ..NewTask::titled("Call back") };
    let task = admin.tasks().create(task).await?;
    admin.lead_tags(lead.id).add(["VIP"]).await?;

    assert_eq!(admin.lead_notes(lead.id).list(&Default::default(), &page).await?.data[0].id, note.id);
    assert_eq!(admin.lead_interactions(lead.id).list(&Default::default(), &page).await?.data[0].id, call.id);
    let of_lead = TaskQuery { customer: Some(customer), ..TaskQuery::default() };
    assert_eq!(admin.tasks().list(&of_lead, &page).await?.data[0].id, task.id);
    let lead = admin.leads().get(lead.id).await?;
    assert_eq!((lead.tags[0].name.as_str(), lead.last_contact_at), ("VIP", Some(call.occurred_at)));
    // Lists of all have them too, and each by its id.
    assert_eq!(admin.all_interactions().list(&InteractionQuery::default(), &page).await?.data[0].id, call.id);
    admin.all_interactions().delete(call.id, None).await?;
    admin.all_interactions().restore(call.id).await?;

    let timeline = admin.leads().timeline(lead.id, &Default::default(), &page).await?.data;
    let mut kinds: Vec<TimelineKind> = timeline.iter().map(|entry| entry.kind).collect();
    kinds.sort_by_key(|kind| kind.as_str());
    use TimelineKind::{Change, Interaction, Note, Tag, Task};
    assert_eq!(kinds, [Change, Interaction, Note, Tag, Task]);
    Ok(())
}

async fn what_belongs_to_a_lead_goes_to_the_trash_with_it(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, page) = (TestCrm::new(&database), PageRequest::default());
    let lead = named(&crm, "Lee & Co").await?;
    let mut admin = crm.admin();
    let gone = admin.lead_notes(lead.id).create(NewNote::text("Gone before")).await?;
    admin.lead_notes(lead.id).delete(gone.id, None).await?;
    let note = admin.lead_notes(lead.id).create(NewNote::text("Called")).await?;
    let task = NewTask { customer_id: Some(CustomerId(lead.id.0)), ..NewTask::titled("Call back") };
    admin.tasks().create(task).await?;
    admin.leads().delete(lead.id, None).await?;
    let notes = admin.lead_notes(lead.id).list(&Default::default(), &page).await;
    assert_matches!(notes, Err(Error::NotFound { .. }));
    assert!(admin.tasks().list(&TaskQuery::default(), &page).await?.data.is_empty());
    let late = admin.lead_notes(lead.id).create(NewNote::text("Too late")).await;
    assert_matches!(late, Err(Error::NotFound { .. }));
    admin.leads().restore(lead.id).await?;
    assert_eq!(admin.lead_notes(lead.id).list(&Default::default(), &page).await?.data[0].id, note.id);
    assert_eq!(admin.tasks().list(&TaskQuery::default(), &page).await?.data.len(), 1);
    Ok(())
}

/// A user with these rights.
fn with(crm: &TestCrm, permissions: &[Permission]) -> CompanyScope<'static> {
    let user = UserId::from_foreign(crm.company.0, "with rights");
    let actor = Actor::user(crm.company, user, Role::Viewer).with_permissions(permissions.iter().copied());
    crm.crm.on(actor, &crm.db)
}

async fn who_may_not_read_leads_sees_nothing_of_theirs(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, page) = (TestCrm::new(&database), PageRequest::default());
    let rep = crm.ensure_mirrored(Role::SalesRep).await?;
    let lead = add(&crm, NewLead { owner_id: Some(rep), ..ann() }).await?;
    let customer = crm.named("Lee & Co").await?;
    let call = || NewInteraction::of(InteractionType::Call, "Call");
    let with_lead = crm.admin().lead_interactions(lead.id).create(call()).await?;
    let with_customer = crm.admin().interactions(customer.id).create(call()).await?;
    let read = |resource| Permission::all(resource, Action::Read);
    let ids = async |mut scope: CompanyScope<'static>| -> anyhow::Result<Vec<_>> {
        let list = scope.all_interactions().list(&InteractionQuery::default(), &page).await?.data;
        Ok(list.into_iter().map(|interaction| interaction.id).collect())
    };
    let (customers, calls) = (read(Resource::Customers), read(Resource::Interactions));
    assert_eq!(ids(with(&crm, &[customers, calls])).await?, [with_customer.id], "nothing of leads");
    let own = Permission::own(Resource::Leads, Action::Read);
    assert_eq!(ids(with(&crm, &[customers, calls, own])).await?, [with_customer.id], "it is another user's lead");
    let both = ids(with(&crm, &[customers, calls, read(Resource::Leads)])).await?;
    assert!(both.len() == 2 && both.contains(&with_lead.id));
    let mut blind = with(&crm, &[customers, calls]);
    assert_matches!(blind.all_interactions().get(with_lead.id).await, Err(Error::NotFound { .. }));
    assert_matches!(blind.lead_interactions(lead.id).get(with_lead.id).await, Err(Error::Forbidden { .. }));
    Ok(())
}

async fn a_lead_has_no_deals(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let lead = add(&crm, ann()).await?;
    let (mut admin, id) = (crm.admin(), CustomerId(lead.id.0));
    let deal = admin.deals().create(id, NewDeal::named("200 units")).await;
    assert_eq!(violation(deal, "/customerId"), "customer_unknown");
    let firm = crm.named("Lee & Co").await?;
    let contacts = Some(vec![DealContact::of(id, "champion")]);
    let named = NewDeal { contacts, ..NewDeal::named("200 units") };
    assert_eq!(violation(admin.deals().create(firm.id, named).await, "/contacts/0/customerId"), "customer_unknown");
    let deal = admin.deals().create(firm.id, NewDeal::named("200 units")).await?;
    let task = NewTask { customer_id: Some(id), deal_id: Some(deal.id), ..NewTask::titled("Send the offer") };
    assert_eq!(violation(admin.tasks().create(task).await, "/dealId"), "deal_of_another_customer");
    Ok(())
}

async fn a_task_of_a_lead_is_told_to_those_who_see_the_lead(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let seller = crm.ensure_mirrored(Role::SalesRep).await?;
    let lead = add(&crm, ann()).await?;
    let task = NewTask {
        customer_id: Some(CustomerId(lead.id.0)),
        assignee_id: Patch::Set(seller),
        ..NewTask::titled("Call back")
    };
    let task = crm.admin().tasks().create(task).await?;
    let told = async |mut scope: CompanyScope<'static>| -> anyhow::Result<Vec<Uuid>> {
        let told = scope.notifications().list(&Default::default(), &PageRequest::default()).await?.data;
        Ok(told.into_iter().map(|notification| notification.record_id).collect())
    };
    assert_eq!(told(crm.scope(Role::SalesRep)).await?, [task.id.0]);
    let read = |resource| Permission::all(resource, Action::Read);
    let blind = crm.actor(Role::SalesRep).with_permissions([read(Resource::Customers), read(Resource::Tasks)]);
    assert!(told(crm.crm.on(blind, &crm.db)).await?.is_empty());
    crm.admin().leads().delete(lead.id, None).await?;
    assert!(told(crm.scope(Role::SalesRep)).await?.is_empty(), "it went to the trash with the lead");
    Ok(())
}

async fn a_task_of_a_lead_recurs(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let lead = add(&crm, ann()).await?;
    let customer = CustomerId(lead.id.0);
    let weekly = NewTask { recurrence: Some("FREQ=WEEKLY".to_owned()), ..NewTask::titled("Call back") };
    let weekly = weekly.due_on("2036-06-02".parse()?).for_customer(customer);
    let mut admin = crm.admin();
    let weekly = admin.tasks().create(weekly).await?;
    let done = admin.tasks().complete(weekly.id, TaskCompletion::default(), None).await?;
    let next = admin.tasks().get(done.next_task_id.expect("another one")).await?;
    assert_eq!(next.customer_id, Some(customer));
    Ok(())
}

async fn an_answer_about_a_lead_can_be_repeated(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let lead = add(&crm, ann()).await?;
    let key = IdempotencyKey::new("createLeadNote", "again", "")?;
    let add = async || {
        let create = async |scope: &mut CompanyScope<'_>| {
            scope.lead_notes(lead.id).create(NewNote::text("Once")).await.map(|note| note.id)
        };
        crm.admin().once(&key, create).await
    };
    let (first, second) = (add().await?, add().await?);
    let (Once::Done(first), Once::Repeated(second)) = (first, second) else { panic!("it is done once") };
    assert_eq!(first, second);
    assert_eq!(crm.count("crm_customer_notes").await?, 1);
    Ok(())
}
