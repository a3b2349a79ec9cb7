//! The contacts of deals: who sees them, and what becomes of them with their customers.

use crm_core::actor::{Action, Actor, Permission, Resource, Role};
use crm_core::customers::{Customer, MergeCustomers, NewCustomer, UnmergeCustomers};
use crm_core::deals::{CONTACT_ROLES, Deal, DealContact, DealPatch, DealQuery, MAX_CONTACTS, NewDeal};
use crm_core::ids::{CustomerId, DealId};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::{CompanyScope, Error, Result};
use serde_json::json;
use testkit::{Suite, TestDatabase};

use super::{add, named};
use crate::support::{TestCrm, assert_matches, violation, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        contacts_have_names_and_roles,
        a_patch_leaves_sets_and_clears_contacts,
        all_faults_of_contacts_are_told_at_once,
        deals_are_found_by_their_contacts,
        one_sees_and_changes_contacts_that_one_sees,
        contacts_go_to_the_trash_and_come_back_with_their_customer,
        a_merge_moves_contacts_and_its_undo_moves_them_back,
        a_survivor_has_a_place_once,
    ]);
}

async fn person(crm: &TestCrm, name: &str) -> Result<Customer> {
    crm.create(NewCustomer { name: Some(name.to_owned()), ..NewCustomer::default() }).await
}

fn of(customers: &[&Customer]) -> Vec<DealContact> {
    customers.iter().map(|customer| DealContact::of(customer.id, "influencer")).collect()
}

fn contacts(contacts: Vec<DealContact>) -> DealPatch {
    DealPatch { contacts: Patch::Set(contacts), ..DealPatch::default() }
}

async fn with(crm: &TestCrm, customers: &[&Customer]) -> Result<Deal> {
    let customer = crm.named("Lee & Co").await?;
    add(crm, &customer, NewDeal { contacts: Some(of(customers)), ..NewDeal::named("200 units") }).await
}

fn names(deal: &Deal) -> Vec<&str> {
    deal.contacts.iter().filter_map(|contact| contact.customer_name.as_deref()).collect()
}

/// The names of the contacts as the admin reads them.
async fn read(crm: &TestCrm, deal: DealId) -> Result<Vec<String>> {
    let deal = crm.admin().deals().get(deal).await?;
    Ok(names(&deal).into_iter().map(str::to_owned).collect())
}

async fn contacts_have_names_and_roles(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, bob) = (person(&crm, "Ann Lee").await?, person(&crm, "Bob Ray").await?);
    let first = DealContact { is_primary: true, ..DealContact::of(bob.id, " Economic Buyer ") };
    let second = serde_json::from_value(json!({ "customerId": ann.id }))?;
    let customer = crm.named("Lee & Co").await?;
    let new = NewDeal { contacts: Some(vec![first, second]), ..NewDeal::named("200 units") };
    let deal = add(&crm, &customer, new).await?;
    assert_eq!(names(&deal), ["Bob Ray", "Ann Lee"], "in the order in which they were given");
    let told: Vec<(&str, bool)> = deal.contacts.iter().map(|one| (one.role.as_str(), one.is_primary)).collect();
    assert_eq!(told, [("economic_buyer", true), ("other", false)]);
    assert_eq!(crm.admin().deals().get(deal.id).await?, deal);
    let list = crm.admin().deals().list(&DealQuery::default(), &PageRequest::default()).await?;
    assert_eq!(list.data, std::slice::from_ref(&deal));
    assert_eq!(crm.admin().deals().replace(deal.id, NewDeal::from(&deal), None).await?, deal, "no change");
    assert!(CONTACT_ROLES.contains(&"economic_buyer"));
    // The names of other customers are theirs.
    let history = crm.dump("crm_changes").await?;
    let of_deal: Vec<&str> = history.lines().filter(|line| line.contains("200 units")).collect();
    assert!(!of_deal.is_empty() && of_deal.iter().all(|line| !line.contains("Bob Ray")), "{of_deal:?}");
    Ok(())
}

async fn a_patch_leaves_sets_and_clears_contacts(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, bob) = (person(&crm, "Ann").await?, person(&crm, "Bob").await?);
    let deal = with(&crm, &[&ann]).await?;
    let next = DealPatch { next_step: Patch::Set("Call".into()), ..DealPatch::default() };
    assert_eq!(names(&crm.admin().deals().update(deal.id, next, None).await?), ["Ann"]);
    let before = crm.records().await?;
    let both = crm.admin().deals().update(deal.id, contacts(of(&[&bob, &ann])), None).await?;
    assert_eq!((both.version, names(&both)), (3, vec!["Bob", "Ann"]));
    assert_eq!(crm.records().await?, before.map(|count| count + 1));
    assert_eq!(crm.admin().deals().update(deal.id, contacts(both.contacts.clone()), None).await?, both);
    assert_eq!(crm.records().await?, before.map(|count| count + 1), "the same are no change");
    assert_eq!(read(&crm, deal.id).await?, ["Bob", "Ann"]);
    let none = DealPatch { contacts: Patch::Clear, ..DealPatch::default() };
    assert!(crm.admin().deals().update(deal.id, none, None).await?.contacts.is_empty());
    assert_eq!(crm.count("crm_deal_contacts").await?, 0);
    Ok(())
}

async fn all_faults_of_contacts_are_told_at_once(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let ann = person(&crm, "Ann").await?;
    let deal = named(&crm, &ann, "200 units").await?;
    let primary = |role: &str| DealContact { is_primary: true, ..DealContact::of(ann.id, role) };
    let wrong = vec![primary("champion"), primary(&"x".repeat(65)), DealContact::of(ann.id, "a\u{7}b")];
    let mut found = violations(crm.admin().deals().update(deal.id, contacts(wrong), None).await);
    found.sort();
    let expected = [
        ("/contacts/1/customerId", "duplicate"),
        ("/contacts/1/isPrimary", "duplicate"),
        ("/contacts/1/role", "too_long"),
        ("/contacts/2/customerId", "duplicate"),
        ("/contacts/2/role", "control_character"),
    ];
    assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    let many = vec![DealContact::of(ann.id, "champion"); MAX_CONTACTS + 1];
    let refused = crm.admin().deals().update(deal.id, contacts(many), None).await;
    assert_eq!(violation(refused, "/contacts"), "too_many");
    let gone = person(&crm, "Gone").await?;
    crm.admin().customers().delete(gone.id, None).await?;
    let theirs = crm.other_company().named("Theirs").await?;
    for unknown in [gone.id, theirs.id, CustomerId(uuid::Uuid::new_v4())] {
        let list = vec![DealContact::of(ann.id, "champion"), DealContact::of(unknown, "champion")];
        let refused = crm.admin().deals().update(deal.id, contacts(list.clone()), None).await;
        assert_eq!(violation(refused, "/contacts/1/customerId"), "customer_unknown");
        let new = NewDeal { contacts: Some(list), ..NewDeal::named("More") };
        assert_eq!(violation(add(&crm, &ann, new).await, "/contacts/1/customerId"), "customer_unknown");
    }
    assert_eq!(crm.admin().deals().get(deal.id).await?, deal);
    Ok(())
}

async fn deals_are_found_by_their_contacts(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, bob) = (person(&crm, "Ann").await?, person(&crm, "Bob").await?);
    let deal = with(&crm, &[&ann]).await?;
    named(&crm, &ann, "Of Ann").await?;
    let found = async |contact: CustomerId| -> Result<Vec<DealId>> {
        let query = DealQuery { contact: Some(contact), ..DealQuery::default() };
        let page = crm.admin().deals().list(&query, &PageRequest::default()).await?;
        assert_eq!(crm.admin().deals().totals(&query).await?.count, page.data.len() as u64);
        Ok(page.data.into_iter().map(|deal| deal.id).collect())
    };
    assert_eq!(found(ann.id).await?, [deal.id]);
    assert!(found(bob.id).await?.is_empty());
    crm.admin().customers().delete(ann.id, None).await?;
    assert!(found(ann.id).await?.is_empty());
    Ok(())
}

/// A sales rep who reads and writes only what is theirs, and what has no owner.
fn own(crm: &TestCrm) -> CompanyScope<'static> {
    let own = [(Resource::Customers, Action::Read), (Resource::Deals, Action::Read), (Resource::Deals, Action::Update)];
    let own = own.map(|(resource, action)| Permission::own(resource, action));
    let actor = Actor::user(crm.company, crm.user(Role::SalesRep), Role::SalesRep).with_permissions(own);
    crm.crm.on(actor, &crm.db)
}

async fn one_sees_and_changes_contacts_that_one_sees(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let manager = crm.ensure_mirrored(Role::Manager).await?;
    let ann = person(&crm, "Ann").await?;
    let theirs = NewCustomer { owner_id: Some(manager), ..NewCustomer::organization("Theirs") };
    let theirs = crm.create(theirs).await?;
    let customer = crm.named("Lee & Co").await?;
    let new = NewDeal { contacts: Some(of(&[&theirs, &ann])), owner_id: Patch::Clear, ..NewDeal::named("200 units") };
    let deal = add(&crm, &customer, new).await?;
    let mut sales = own(&crm);
    let seen = sales.deals().get(deal.id).await?;
    assert_eq!(names(&seen), ["Ann"]);
    let list = sales.deals().list(&DealQuery::default(), &PageRequest::default()).await?;
    assert_eq!(list.data, std::slice::from_ref(&seen));
    let by_theirs = DealQuery { contact: Some(theirs.id), ..DealQuery::default() };
    assert!(sales.deals().list(&by_theirs, &PageRequest::default()).await?.data.is_empty());
    let refused = sales.deals().update(deal.id, contacts(of(&[&theirs])), None).await;
    assert_eq!(violation(refused, "/contacts/0/customerId"), "customer_unknown");
    // What was read can be sent back, and what one does not see stays.
    assert_eq!(sales.deals().update(deal.id, contacts(seen.contacts.clone()), None).await?, seen);
    assert!(sales.deals().update(deal.id, contacts(Vec::new()), None).await?.contacts.is_empty());
    assert_eq!(read(&crm, deal.id).await?, ["Theirs"]);
    assert_eq!(names(&sales.deals().update(deal.id, contacts(of(&[&ann])), None).await?), ["Ann"]);
    assert_eq!(read(&crm, deal.id).await?.len(), 2);
    Ok(())
}

async fn contacts_go_to_the_trash_and_come_back_with_their_customer(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, bob) = (person(&crm, "Ann").await?, person(&crm, "Bob").await?);
    let deal = with(&crm, &[&ann, &bob]).await?;
    crm.admin().customers().delete(ann.id, None).await?;
    assert_eq!(read(&crm, deal.id).await?, ["Bob"]);
    let changed = crm.admin().deals().update(deal.id, contacts(Vec::new()), None).await?;
    assert!(changed.contacts.is_empty());
    crm.admin().customers().restore(ann.id).await?;
    assert_eq!(read(&crm, deal.id).await?, ["Ann"], "what was not seen was not taken away");
    crm.admin().customers().purge(ann.id, None).await?;
    assert!(read(&crm, deal.id).await?.is_empty());
    assert_eq!(crm.count("crm_deal_contacts").await?, 0);
    assert_matches!(crm.get(&ann).await, Err(Error::NotFound { .. }));
    Ok(())
}

async fn a_merge_moves_contacts_and_its_undo_moves_them_back(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, twin) = (person(&crm, "Ann").await?, person(&crm, "Ann L.").await?);
    let deal = with(&crm, &[&twin]).await?;
    let dry = MergeCustomers { dry_run: true, ..MergeCustomers::new(ann.id, [twin.id]) };
    crm.admin().customers().merge(dry).await?;
    assert_eq!(read(&crm, deal.id).await?, ["Ann L."]);
    let merged = crm.admin().customers().merge(MergeCustomers::new(ann.id, [twin.id])).await?;
    let with_ann = crm.admin().deals().get(deal.id).await?;
    let contact = &with_ann.contacts[0];
    assert_eq!((contact.customer_id, contact.customer_name.as_deref()), (ann.id, Some("Ann")));
    assert_eq!((contact.role.as_str(), with_ann.version), ("influencer", 1));
    let id = merged.id.expect("the id of a merge");
    crm.admin().customers().undo_merge(id, UnmergeCustomers::default()).await?;
    assert_eq!(crm.admin().deals().get(deal.id).await?, deal);
    Ok(())
}

async fn a_survivor_has_a_place_once(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut people = Vec::new();
    for name in ["Ann", "Ann L.", "A. Lee"] {
        people.push(person(&crm, name).await?);
    }
    let [ann, twin, third] = &people[..] else { panic!("three people") };
    let (with_all, with_two) = (with(&crm, &[ann, twin, third]).await?, with(&crm, &[twin, third]).await?);
    let merge = MergeCustomers::new(ann.id, [twin.id, third.id]);
    let merged = crm.admin().customers().merge(merge).await?;
    assert_eq!(read(&crm, with_all.id).await?, ["Ann"]);
    assert_eq!(read(&crm, with_two.id).await?, ["Ann"], "both were the same");
    let id = merged.id.expect("the id of a merge");
    crm.admin().customers().undo_merge(id, UnmergeCustomers::default()).await?;
    assert_eq!(crm.admin().deals().get(with_all.id).await?, with_all);
    assert_eq!(crm.admin().deals().get(with_two.id).await?, with_two);
    Ok(())
}
