//! A lead turns out to be a customer who is there, and is merged into them.

use crm_core::actor::{Action, Actor, Permission, Resource, Role};
use crm_core::customers::{CustomerPatch, MERGE_UNDOABLE_FOR, MergeCustomers, NewCustomer};
use crm_core::ids::{CustomerId, CustomerMergeId, UserId};
use crm_core::leads::{ConvertLead, Lead, LeadQuery};
use crm_core::notes::NewNote;
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::{Conflict, Error};
use testkit::{Suite, TestDatabase};

use super::{add, ann, convert, customers, names};
use crate::support::{TestCrm, assert_matches, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_lead_is_merged_into_a_customer,
        its_id_leads_to_the_customer,
        the_merge_is_taken_back_with_the_conversion,
        what_was_merged_on_is_not_taken_back,
        no_right_to_delete_customers_is_needed,
        a_customer_that_is_none_is_refused,
    ]);
}

fn into(customer: CustomerId) -> ConvertLead {
    ConvertLead { customer_id: Some(customer), ..ConvertLead::default() }
}

/// A customer who lacks what the lead has.
async fn bob(crm: &TestCrm) -> crm_core::Result<crm_core::customers::Customer> {
    crm.create(NewCustomer { job_title: Some("Buyer".to_owned()), ..NewCustomer::person("Bob", "Lee") }).await
}

async fn merge_of(crm: &TestCrm, customer: CustomerId) -> anyhow::Result<CustomerMergeId> {
    Ok(crm.admin().customers().merges(customer, &PageRequest::default()).await?.data[0].id)
}

async fn with_note(crm: &TestCrm) -> anyhow::Result<Lead> {
    let lead = add(crm, ann()).await?;
    crm.admin().lead_notes(lead.id).create(NewNote::text("Called")).await?;
    crm.admin().lead_tags(lead.id).add(["VIP"]).await?;
    Ok(lead)
}

async fn a_lead_is_merged_into_a_customer(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (lead, bob) = (with_note(&crm).await?, bob(&crm).await?);
    let done = convert(&crm, &lead, into(bob.id)).await?;
    let customer = &done.customer;
    assert_eq!(
        (customer.id, customer.name.as_str(), customer.job_title.as_deref()),
        (bob.id, "Bob Lee", Some("Buyer"))
    );
    assert_eq!(customer.email.as_deref(), Some("ann@example.com"), "what it lacked comes from the lead");
    assert_eq!((customer.tags.len(), customer.external_refs.len()), (1, 1));
    let conversion = done.lead.conversion.clone().expect("a conversion");
    assert_eq!((conversion.customer_id, conversion.is_merged), (bob.id, true));
    let notes = crm.admin().notes(bob.id).list(&Default::default(), &PageRequest::default()).await?.data;
    assert_eq!(notes.len(), 1);
    assert_eq!(customers(&crm).await?, ["Bob Lee"]);
    assert!(names(&crm, LeadQuery::default()).await?.is_empty());
    let lead = crm.admin().leads().get(lead.id).await?;
    assert_eq!((lead.name.as_str(), lead.version), ("Ann Lee", 2), "the lead is as it was");
    let history = crm.admin().leads().history(lead.id, &PageRequest::default()).await?.data;
    assert_eq!(history[0].action, "converted");
    assert_eq!(convert(&crm, &lead, into(bob.id)).await?.customer, done.customer);
    Ok(())
}

async fn its_id_leads_to_the_customer(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (lead, bob) = (with_note(&crm).await?, bob(&crm).await?);
    convert(&crm, &lead, into(bob.id)).await?;
    let asked = crm.admin().customers().get(CustomerId(lead.id.0)).await;
    assert_matches!(asked, Err(Error::CustomerMerged { survivor_id, .. }) if survivor_id == bob.id);
    let merge = merge_of(&crm, bob.id).await?;
    let undone = crm.admin().customers().undo_merge(merge, Default::default()).await;
    assert_matches!(undone, Err(Error::Conflict(Conflict::LeadConverted)));
    Ok(())
}

async fn the_merge_is_taken_back_with_the_conversion(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (lead, bob) = (with_note(&crm).await?, bob(&crm).await?);
    convert(&crm, &lead, into(bob.id)).await?;
    let patch = CustomerPatch { department: Patch::Set("Sales".to_owned()), ..CustomerPatch::default() };
    crm.admin().customers().update(bob.id, patch, None).await?;
    let back = crm.admin().leads().revert(lead.id, None).await?;
    assert_eq!((back.conversion.as_ref(), back.version, back.tags.len()), (None, 3, 1));
    assert_eq!((back.email, back.external_refs.len()), (lead.email.clone(), 1));
    let bob = crm.get(&bob).await?;
    assert_eq!((bob.email, bob.department.as_deref()), (None, Some("Sales")), "what was changed since stays");
    let page = PageRequest::default();
    assert_eq!(crm.admin().lead_notes(lead.id).list(&Default::default(), &page).await?.data.len(), 1);
    assert!(crm.admin().notes(bob.id).list(&Default::default(), &page).await?.data.is_empty());
    assert_eq!(names(&crm, LeadQuery::default()).await?, ["Ann Lee"]);
    assert_eq!(customers(&crm).await?, ["Bob Lee"]);
    // It claims nothing, as before.
    crm.create(super::ann_as_customer()).await?;
    assert_eq!(crm.admin().customers().by_external("fair", "4711").await?.name, "Ann Lee");
    Ok(())
}

async fn what_was_merged_on_is_not_taken_back(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (lead, bob) = (with_note(&crm).await?, bob(&crm).await?);
    convert(&crm, &lead, into(bob.id)).await?;
    let carl = crm.create(NewCustomer::person("Carl", "Lee")).await?;
    crm.admin().customers().merge(MergeCustomers::new(carl.id, [bob.id])).await?;
    let refused = crm.admin().leads().revert(lead.id, None).await;
    assert_matches!(refused, Err(Error::Conflict(Conflict::LeadConversionContinued)));
    let again = convert(&crm, &lead, ConvertLead::default()).await?;
    assert_eq!(again.customer.id, carl.id, "the customer who has it now");
    assert_eq!(crm_core::leads::REVERTIBLE_FOR, MERGE_UNDOABLE_FOR);
    Ok(())
}

async fn no_right_to_delete_customers_is_needed(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (lead, bob) = (with_note(&crm).await?, bob(&crm).await?);
    let rights = |update: bool| {
        let read = [Resource::Leads, Resource::Customers].map(|resource| Permission::all(resource, Action::Read));
        let leads = Permission::all(Resource::Leads, Action::Update);
        let customers = update.then(|| Permission::all(Resource::Customers, Action::Update));
        let user = UserId::from_foreign(crm.company.0, "with rights");
        let actor = Actor::user(crm.company, user, Role::Viewer);
        crm.crm.on(actor.with_permissions(read.into_iter().chain([leads]).chain(customers)), &crm.db)
    };
    let refused = rights(false).leads().convert(lead.id, into(bob.id), None).await;
    assert_matches!(refused, Err(Error::Forbidden { .. }));
    rights(true).leads().convert(lead.id, into(bob.id), None).await?;
    Ok(())
}

async fn a_customer_that_is_none_is_refused(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (lead, other) = (add(&crm, ann()).await?, add(&crm, ann()).await?);
    for id in [CustomerId(lead.id.0), CustomerId(other.id.0), CustomerId(uuid::Uuid::new_v4())] {
        assert_eq!(violation(convert(&crm, &lead, into(id)).await, "/customerId"), "customer_unknown");
    }
    let (bob, firm) = (bob(&crm).await?, crm.named("Lee & Co").await?);
    let both = ConvertLead { organization_id: Some(firm.id), ..into(bob.id) };
    assert_eq!(violation(convert(&crm, &lead, both).await, "/organizationId"), "unexpected");
    assert_eq!(crm.admin().leads().get(lead.id).await?, lead);
    Ok(())
}
