//! No list, number or rule of customers knows of a lead.

use crm_core::actor::Role;
use crm_core::companies::{DuplicatePolicy, SettingsPatch};
use crm_core::custom_fields::{CustomFieldType, NewCustomField};
use crm_core::customers::{
    BulkAction, BulkAnswer, BulkRequest, CustomerPatch, CustomerQuery, CustomerSearch, MergeCustomers, NewCustomer,
    NewCustomerLink,
};
use crm_core::ids::CustomerId;
use crm_core::leads::NewLead;
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::{Conflict, Error};
use serde_json::{Map, json};
use testkit::{Suite, TestDatabase};

use super::{add, ann, ann_as_customer, customers, named};
use crate::support::{TestCrm, assert_matches, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_lead_is_in_no_list_of_customers,
        a_customers_door_opens_to_no_lead,
        a_lead_claims_nothing,
        what_is_required_of_customers_is_not_of_leads,
        a_trash_has_its_own,
        another_company_finds_no_lead,
        a_purge_leaves_nothing,
    ]);
}

async fn a_lead_is_in_no_list_of_customers(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let before = crm.admin().stats().overall().await?;
    add(&crm, ann()).await?;
    assert!(customers(&crm).await?.is_empty());
    let trash = CustomerQuery { trashed: true, ..CustomerQuery::default() };
    assert!(crm.names(&trash).await?.is_empty());
    let search = CustomerSearch { text: "ann".to_owned(), query: CustomerQuery::default() };
    assert!(crm.admin().customers().search(&search, &PageRequest::default()).await?.data.is_empty());
    assert_matches!(crm.admin().customers().by_external("fair", "4711").await, Err(Error::NotFound { .. }));
    let after = crm.admin().stats().overall().await?;
    assert_eq!(after.customers, before.customers);
    assert_eq!(crm.count("crm_customer_match_keys").await?, 0, "nobody is a duplicate of a lead");
    Ok(())
}

async fn a_customers_door_opens_to_no_lead(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (lead, firm) = (add(&crm, ann()).await?, crm.named("Lee & Co").await?);
    let (id, mut admin) = (CustomerId(lead.id.0), crm.admin());
    assert_matches!(admin.customers().get(id).await, Err(Error::NotFound { .. }));
    assert_matches!(admin.customers().update(id, CustomerPatch::default(), None).await, Err(Error::NotFound { .. }));
    assert_matches!(admin.customers().delete(id, None).await, Err(Error::NotFound { .. }));
    assert_matches!(admin.customers().restore(id).await, Err(Error::NotFound { .. }));
    assert_matches!(admin.customers().purge(id, None).await, Err(Error::NotFound { .. }));
    assert_matches!(admin.customers().history(id, &PageRequest::default()).await, Err(Error::NotFound { .. }));
    let timeline = admin.customers().timeline(id, &Default::default(), &PageRequest::default()).await;
    assert_matches!(timeline, Err(Error::NotFound { .. }));
    assert_matches!(
        admin.notes(id).list(&Default::default(), &PageRequest::default()).await,
        Err(Error::NotFound { .. })
    );
    assert_matches!(admin.customer_tags(id).add(["VIP"]).await, Err(Error::NotFound { .. }));
    let merge = admin.customers().merge(MergeCustomers::new(firm.id, [id])).await;
    assert_eq!(violations(merge), [("/loserIds/0".to_owned(), "customer_unknown".to_owned())]);
    let linked = admin.links(firm.id).create(NewCustomerLink::from(id, "employee")).await;
    assert!(linked.is_err(), "{linked:?}");
    let action = BulkAction::Archive {};
    let request = BulkRequest { action, ids: Some(vec![id]), query: None, dry_run: false };
    let BulkAnswer::Done(outcome) = admin.customers().bulk(request).await? else { panic!("it is one") };
    assert_eq!(outcome.changed, 0);
    // And a lead's door to no customer.
    let lead_id = crm_core::ids::LeadId(firm.id.0);
    assert_matches!(admin.leads().get(lead_id).await, Err(Error::NotFound { .. }));
    assert_matches!(admin.lead_tags(lead_id).add(["VIP"]).await, Err(Error::NotFound { .. }));
    Ok(())
}

async fn a_lead_claims_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let unique =
        NewCustomField { is_unique: Some(true), ..NewCustomField::of(CustomFieldType::Text, "badge", "Badge") };
    crm.admin().custom_fields().create(unique).await?;
    let badge: Map<_, _> = json!({ "badge": "7" }).as_object().cloned().unwrap_or_default();
    let lead = || NewLead { custom_fields: Some(badge.clone()), ..ann() };
    add(&crm, lead()).await?;
    add(&crm, lead()).await?;
    let customer = NewCustomer { custom_fields: Some(badge.clone()), ..ann_as_customer() };
    crm.create(customer.clone()).await?;
    let again = add(&crm, lead()).await?;
    assert_eq!(again.email.as_deref(), Some("ann@example.com"), "a lead may be a customer already");
    assert_matches!(crm.create(customer).await, Err(Error::Conflict(Conflict::CustomerEmailTaken)));
    // Addresses can become unique while leads repeat them.
    let settings = |policy| SettingsPatch { duplicate_policy: Patch::Set(policy), ..SettingsPatch::default() };
    for policy in [DuplicatePolicy::Allow, DuplicatePolicy::Reject] {
        crm.admin().settings().update(settings(policy), None).await?;
    }
    Ok(())
}

async fn what_is_required_of_customers_is_not_of_leads(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let tier = NewCustomField { is_required: Some(true), ..NewCustomField::of(CustomFieldType::Text, "tier", "Tier") };
    crm.admin().custom_fields().create(tier).await?;
    let lead = add(&crm, ann()).await?;
    let refused = crm.admin().leads().convert(lead.id, Default::default(), None).await;
    assert_eq!(violations(refused), [("/customFields/tier".to_owned(), "required".to_owned())]);
    Ok(())
}

async fn a_trash_has_its_own(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (lead, customer) = (add(&crm, ann()).await?, crm.named("Beta").await?);
    crm.admin().leads().delete(lead.id, None).await?;
    crm.admin().customers().delete(customer.id, None).await?;
    let trash = CustomerQuery { trashed: true, ..CustomerQuery::default() };
    assert_eq!(crm.names(&trash).await?, ["Beta"]);
    assert_matches!(crm.admin().customers().restore(CustomerId(lead.id.0)).await, Err(Error::NotFound { .. }));
    let restored = crm.admin().leads().restore(lead.id).await?;
    assert_eq!((restored.version, restored.deleted_at, restored.email), (3, None, lead.email));
    assert!(customers(&crm).await?.is_empty());
    Ok(())
}

async fn another_company_finds_no_lead(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let other = crm.other_company();
    let lead = add(&crm, ann()).await?;
    assert!(super::names(&other, Default::default()).await?.is_empty());
    assert_matches!(other.admin().leads().get(lead.id).await, Err(Error::NotFound { .. }));
    let converted = other.admin().leads().convert(lead.id, Default::default(), None).await;
    assert_matches!(converted, Err(Error::NotFound { .. }));
    Ok(())
}

async fn a_purge_leaves_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let lead = named(&crm, "Secret").await?;
    crm.admin().lead_notes(lead.id).create(crm_core::notes::NewNote::text("Secret note")).await?;
    crm.scope(Role::Admin).leads().purge(lead.id, None).await?;
    for table in ["crm_customers", "crm_leads", "crm_customer_notes"] {
        assert_eq!(crm.count(table).await?, 0, "{table}");
    }
    assert!(!crm.dump("crm_changes").await?.contains("Secret"));
    assert_matches!(crm.admin().leads().get(lead.id).await, Err(Error::NotFound { .. }));
    Ok(())
}
