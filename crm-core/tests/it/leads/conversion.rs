//! A lead becomes a new customer, and a lead again.

use std::time::Duration;

use crm_core::actor::{Action, Permission, Resource, Role};
use crm_core::companies::{DuplicatePolicy, SettingsPatch};
use crm_core::customers::{CustomerPatch, MergeCustomers, NewCustomer};
use crm_core::deals::NewDeal;
use crm_core::ids::CustomerId;
use crm_core::leads::{ConvertLead, LeadPatch, LeadQuery, LeadSort, NewLead};
use crm_core::notes::NewNote;
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::tasks::NewTask;
use crm_core::timeline::TimelineKind;
use crm_core::users::OwnerFilter;
use crm_core::{Conflict, Error};
use testkit::{Suite, TestDatabase};
use tokio::task::JoinSet;

use super::{add, ann, ann_as_customer, at_noon, change, convert, customers, named, names, status};
use crate::support::{TestCrm, assert_matches, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_lead_becomes_a_customer_with_all_that_belongs_to_it,
        a_customer_claims_what_a_lead_did_not,
        an_organization_and_a_deal_come_with_it,
        a_dry_run_changes_nothing,
        a_second_call_gets_what_the_first_one_did,
        of_many_at_once_one_converts,
        a_converted_lead_is_written_no_more,
        a_conversion_is_taken_back,
        a_lead_is_listed_as_it_came_back,
        a_lead_that_came_back_is_converted_with_the_same_organization,
        what_has_gone_on_is_not_taken_back,
        a_conversion_is_taken_back_within_thirty_days,
        the_rights_of_both_are_needed,
        a_customers_purge_takes_the_lead,
    ]);
}

async fn a_lead_becomes_a_customer_with_all_that_belongs_to_it(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = at_noon(&database);
    let lead = add(&crm, ann()).await?;
    let mut admin = crm.admin();
    let note = admin.lead_notes(lead.id).create(NewNote::text("Called")).await?;
    admin.lead_tags(lead.id).add(["VIP"]).await?;
    let task = NewTask { customer_id: Some(CustomerId(lead.id.0)), ..NewTask::titled("Call back") };
    admin.tasks().create(task).await?;
    clock.advance(Duration::from_secs(3600));
    let done = convert(&crm, &lead, ConvertLead::default()).await?;
    let customer = &done.customer;
    assert_eq!((customer.id.0, customer.name.as_str(), customer.version), (lead.id.0, "Ann Lee", 2));
    assert_eq!((customer.created_at, customer.deleted_at), (customer.updated_at, None), "as good as new");
    assert_eq!((customer.tags[0].name.as_str(), customer.emails.len()), ("VIP", 1));
    let conversion = done.lead.conversion.clone().expect("a conversion");
    assert_eq!((conversion.customer_id, conversion.is_merged), (customer.id, false));
    assert_eq!((done.lead.status.as_str(), done.lead.version), ("qualified", 2));
    assert_eq!(admin.leads().get(lead.id).await?, done.lead);

    assert_eq!(customers(&crm).await?, ["Ann Lee"]);
    assert!(names(&crm, LeadQuery::default()).await?.is_empty());
    assert_eq!(names(&crm, LeadQuery { converted: true, ..LeadQuery::default() }).await?, ["Ann Lee"]);
    let page = PageRequest::default();
    assert_eq!(admin.notes(customer.id).list(&Default::default(), &page).await?.data[0].id, note.id);
    let notes = admin.lead_notes(lead.id).list(&Default::default(), &page).await;
    assert_matches!(notes, Err(Error::NotFound { .. }));
    // The timeline goes on where that of the lead ended.
    let timeline = admin.customers().timeline(customer.id, &Default::default(), &page).await?.data;
    let mut actions: Vec<&str> = Vec::new();
    for entry in timeline.iter().filter(|entry| matches!(entry.kind, TimelineKind::Change | TimelineKind::Tag)) {
        actions.push(&entry.action);
    }
    actions.sort_unstable();
    assert_eq!(actions, ["converted", "created", "created", "tagged"], "of the lead, and of the customer");
    Ok(())
}

async fn a_customer_claims_what_a_lead_did_not(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let lead = add(&crm, ann()).await?;
    let other = crm.create(ann_as_customer()).await?;
    let taken = convert(&crm, &lead, ConvertLead::default()).await;
    assert_matches!(taken, Err(Error::Conflict(Conflict::CustomerEmailTaken)));
    crm.admin().customers().delete(other.id, None).await?;
    convert(&crm, &lead, ConvertLead::default()).await?;
    assert_eq!(crm.admin().customers().by_external("fair", "4711").await?.id.0, lead.id.0);
    let restored = crm.admin().customers().restore(other.id).await;
    assert_matches!(restored, Err(Error::Conflict(_)));
    assert_matches!(crm.create(ann_as_customer()).await, Err(Error::Conflict(Conflict::CustomerEmailTaken)));
    assert!(crm.count("crm_customer_match_keys").await? > 0, "and can be a duplicate of another");
    Ok(())
}

async fn an_organization_and_a_deal_come_with_it(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let rep = crm.ensure_mirrored(Role::SalesRep).await?;
    let lead = add(&crm, NewLead { owner_id: Some(rep), ..ann() }).await?;
    let how =
        ConvertLead { add_organization: Some(true), deal: Some(NewDeal::named("200 units")), ..ConvertLead::default() };
    let done = crm.scope(Role::SalesRep).leads().convert(lead.id, how, None).await?;
    let conversion = done.lead.conversion.expect("a conversion");
    let firm = crm.admin().customers().get(conversion.organization_id.expect("an organization")).await?;
    assert_eq!((firm.name.as_str(), firm.owner_id), ("Lee & Co", Some(rep)));
    assert_eq!(done.customer.organization_id, Some(firm.id));
    let deal = crm.admin().deals().get(conversion.deal_id.expect("a deal")).await?;
    assert_eq!((deal.customer_id, deal.owner_id), (done.customer.id, Some(rep)));

    let second = add(&crm, NewLead { email: None, external_refs: None, ..ann() }).await?;
    let there = ConvertLead { organization_id: Some(firm.id), ..ConvertLead::default() };
    let second = convert(&crm, &second, there).await?;
    assert_eq!(second.customer.organization_id, Some(firm.id));
    let third = named(&crm, "Beta").await?;
    let adds = ConvertLead { add_organization: Some(true), ..ConvertLead::default() };
    let refused = convert(&crm, &third, adds).await;
    assert_matches!(refused, Err(Error::Invalid(_)));
    let nothing = ConvertLead { deal: Some(NewDeal::default()), ..ConvertLead::default() };
    assert_eq!(violation(convert(&crm, &third, nothing).await, "/deal/name"), "required");
    assert!(names(&crm, LeadQuery::default()).await?.contains(&"Beta".to_owned()), "all or nothing");
    Ok(())
}

async fn a_dry_run_changes_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let warn = SettingsPatch { duplicate_policy: Patch::Set(DuplicatePolicy::Warn), ..SettingsPatch::default() };
    crm.admin().settings().update(warn, None).await?;
    let same = NewCustomer { email: Some("ann@example.com".to_owned()), ..NewCustomer::person("Ann", "Lee") };
    let same = crm.create(same).await?;
    let lead = add(&crm, ann()).await?;
    let before = crm.records().await?;
    let how = ConvertLead { dry_run: Some(true), ..ConvertLead::default() };
    let tried = convert(&crm, &lead, how).await?;
    assert!(tried.dry_run && tried.lead.conversion.is_some());
    let possible = tried.possible_duplicates.expect("a candidate");
    assert_eq!(possible.data[0].customer.id, same.id, "the customer that it may be merged into");
    assert_eq!(crm.records().await?, before);
    assert_eq!(crm.admin().leads().get(lead.id).await?, lead);
    assert_eq!(customers(&crm).await?, ["Ann Lee"]);
    Ok(())
}

async fn a_second_call_gets_what_the_first_one_did(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let lead = add(&crm, ann()).await?;
    let first = convert(&crm, &lead, ConvertLead::default()).await?;
    let before = crm.records().await?;
    let other = crm.named("Other").await?;
    let otherwise = ConvertLead { customer_id: Some(other.id), ..ConvertLead::default() };
    let second = crm.admin().leads().convert(lead.id, otherwise, Some(1)).await?;
    assert_eq!((&second.lead, &second.customer), (&first.lead, &first.customer));
    assert_eq!(crm.records().await?.map(|count| count - 1), before, "but for the other customer, nothing is written");
    Ok(())
}

async fn of_many_at_once_one_converts(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let lead = add(&crm, ann()).await?;
    let mut users = JoinSet::new();
    for number in 0..8 {
        let (mut scope, id) = (crm.admin(), lead.id);
        users.spawn(async move {
            match number % 2 {
                0 => scope.leads().convert(id, ConvertLead::default(), None).await.map(drop),
                // They come before the conversion, or are refused.
                _ => match scope.leads().update(id, status("contacted"), None).await {
                    Err(Error::Conflict(Conflict::LeadConverted)) => Ok(()),
                    written => written.map(drop),
                },
            }
        });
    }
    for outcome in users.join_all().await {
        outcome?;
    }
    let history = crm.admin().leads().history(lead.id, &PageRequest::default()).await?.data;
    assert_eq!(history.iter().filter(|change| change.action == "converted").count(), 1);
    assert_eq!(customers(&crm).await?, ["Ann Lee"]);
    Ok(())
}

async fn a_converted_lead_is_written_no_more(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let lead = add(&crm, ann()).await?;
    convert(&crm, &lead, ConvertLead::default()).await?;
    let mut admin = crm.admin();
    let refused = [
        admin.leads().update(lead.id, status("contacted"), None).await.map(drop),
        admin.leads().replace(lead.id, ann(), None).await.map(drop),
        admin.leads().delete(lead.id, None).await,
        admin.leads().purge(lead.id, None).await,
    ];
    for refused in refused {
        assert_matches!(refused, Err(Error::Conflict(Conflict::LeadConverted)));
    }
    // What is the customer's now is written there, and the lead shows it.
    let patch = CustomerPatch { job_title: Patch::Set("Buyer".to_owned()), ..CustomerPatch::default() };
    admin.customers().update(CustomerId(lead.id.0), patch, None).await?;
    assert_eq!(admin.leads().get(lead.id).await?.job_title.as_deref(), Some("Buyer"));
    Ok(())
}

async fn a_conversion_is_taken_back(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let lead = add(&crm, ann()).await?;
    let how = ConvertLead { deal: Some(NewDeal::named("200 units")), ..ConvertLead::default() };
    let done = convert(&crm, &lead, how).await?;
    let deal = done.lead.conversion.as_ref().and_then(|conversion| conversion.deal_id).expect("a deal");
    let mut admin = crm.admin();
    let patch = CustomerPatch { job_title: Patch::Set("Buyer".to_owned()), ..CustomerPatch::default() };
    let customer = admin.customers().update(done.customer.id, patch, None).await?;
    let note = admin.notes(customer.id).create(NewNote::text("Since")).await?;

    let back = admin.leads().revert(lead.id, Some(done.lead.version)).await?;
    assert_eq!((back.conversion.as_ref(), back.status.as_str()), (None, "qualified"));
    assert_eq!(
        (back.job_title.as_deref(), back.created_at),
        (Some("Buyer"), lead.created_at),
        "what was changed stays"
    );
    assert!(back.version > customer.version, "a version never comes twice");
    assert_eq!(admin.leads().get(lead.id).await?, back);
    assert!(customers(&crm).await?.is_empty());
    assert_matches!(admin.customers().get(customer.id).await, Err(Error::NotFound { .. }));
    assert_matches!(admin.deals().get(deal).await, Err(Error::NotFound { .. }));
    assert_eq!(admin.lead_notes(lead.id).get(note.id).await?.id, note.id);
    assert_eq!(crm.count("crm_customer_match_keys").await?, 0);
    // The address is free, and the lead can be written and converted again.
    let other = crm.create(ann_as_customer()).await?;
    change(&crm, &back, status("in_progress")).await?;
    admin.customers().delete(other.id, None).await?;
    let again = convert(&crm, &back, ConvertLead::default()).await?;
    assert_eq!(again.customer.job_title.as_deref(), Some("Buyer"));
    assert_matches!(
        admin.leads().revert(named(&crm, "Beta").await?.id, None).await,
        Err(Error::Conflict(Conflict::LeadNotConverted))
    );
    Ok(())
}

async fn what_has_gone_on_is_not_taken_back(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut admin = crm.admin();
    let lead = add(&crm, ann()).await?;
    let customer = convert(&crm, &lead, ConvertLead::default()).await?.customer;
    let deal = admin.deals().create(customer.id, NewDeal::named("Another")).await?;
    let refused = admin.leads().revert(lead.id, None).await;
    assert_matches!(refused, Err(Error::Conflict(Conflict::LeadConversionContinued)));
    admin.deals().delete(deal.id, None).await?;
    admin.customers().delete(customer.id, None).await?;
    let refused = admin.leads().revert(lead.id, None).await;
    assert_matches!(refused, Err(Error::Conflict(Conflict::LeadConversionContinued)));
    admin.customers().restore(customer.id).await?;
    let other = crm.create(NewCustomer::person("Carl", "Lee")).await?;
    let merge = admin.customers().merge(MergeCustomers::new(customer.id, [other.id])).await?.id.expect("a merge");
    let refused = admin.leads().revert(lead.id, None).await;
    assert_matches!(refused, Err(Error::Conflict(Conflict::LeadConversionContinued)));
    admin.customers().undo_merge(merge, Default::default()).await?;
    admin.leads().revert(lead.id, None).await?;
    Ok(())
}

/// What was changed of the customer decides in which lists the lead is, and where.
async fn a_lead_is_listed_as_it_came_back(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let rep = crm.ensure_mirrored(Role::SalesRep).await?;
    let (lead, _) = (named(&crm, "Alpha").await?, named(&crm, "Beta").await?);
    convert(&crm, &lead, ConvertLead::default()).await?;
    let patch =
        CustomerPatch { name: Patch::Set("Gamma".to_owned()), owner_id: Patch::Set(rep), ..CustomerPatch::default() };
    crm.admin().customers().update(CustomerId(lead.id.0), patch, None).await?;
    let of_rep = || LeadQuery { owner: Some(OwnerFilter::User(rep)), ..LeadQuery::default() };
    assert_eq!(names(&crm, LeadQuery { converted: true, ..of_rep() }).await?, ["Gamma"]);
    crm.admin().leads().revert(lead.id, None).await?;
    assert_eq!(names(&crm, of_rep()).await?, ["Gamma"]);
    let by_name = LeadQuery { sort: "name".parse::<LeadSort>()?, ..LeadQuery::default() };
    assert_eq!(names(&crm, by_name).await?, ["Beta", "Gamma"]);
    let own = Permission::own(Resource::Leads, Action::Read);
    let mut scope = crm.crm.on(crm.actor(Role::SalesRep).with_permissions([own]), &crm.db);
    assert_eq!(scope.leads().get(lead.id).await?.name, "Gamma");
    Ok(())
}

async fn a_lead_that_came_back_is_converted_with_the_same_organization(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (lead, firm) = (add(&crm, ann()).await?, crm.named("Beta").await?);
    let how = ConvertLead { organization_id: Some(firm.id), ..ConvertLead::default() };
    convert(&crm, &lead, how.clone()).await?;
    let back = crm.admin().leads().revert(lead.id, None).await?;
    assert_eq!(back.organization_name.as_deref(), Some("Beta"));
    // Another name is free text again, and stays when the lead is converted.
    let other = LeadPatch { organization_name: Patch::Set("Gamma".to_owned()), ..LeadPatch::default() };
    change(&crm, &lead, other).await?;
    let free = convert(&crm, &lead, ConvertLead::default()).await?.customer;
    assert_eq!((free.organization_id, free.organization_name.as_deref()), (None, Some("Gamma")));
    crm.admin().leads().revert(lead.id, None).await?;
    let linked = convert(&crm, &lead, how).await?.customer;
    assert_eq!((linked.organization_id, linked.organization_name.as_deref()), (Some(firm.id), Some("Beta")));
    Ok(())
}

async fn a_conversion_is_taken_back_within_thirty_days(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, clock) = at_noon(&database);
    let lead = add(&crm, ann()).await?;
    let until = convert(&crm, &lead, ConvertLead::default()).await?.lead.conversion.expect("one").revertible_until;
    clock.advance(Duration::from_secs(30 * 24 * 3600));
    assert_eq!(until - lead.created_at, chrono::TimeDelta::days(30));
    let late = crm.admin().leads().revert(lead.id, None).await;
    assert_matches!(late, Err(Error::Conflict(Conflict::LeadConversionExpired)));
    Ok(())
}

async fn the_rights_of_both_are_needed(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let rep = crm.ensure_mirrored(Role::SalesRep).await?;
    let lead = add(&crm, NewLead { owner_id: Some(rep), ..ann() }).await?;
    let support = crm.scope(Role::Support).leads().convert(lead.id, ConvertLead::default(), None).await;
    assert_matches!(support, Err(Error::Forbidden { .. }));
    crm.scope(Role::SalesRep).leads().convert(lead.id, ConvertLead::default(), None).await?;
    assert_matches!(crm.scope(Role::SalesRep).leads().revert(lead.id, None).await, Err(Error::Forbidden { .. }));
    crm.scope(Role::Manager).leads().revert(lead.id, None).await?;
    Ok(())
}

async fn a_customers_purge_takes_the_lead(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let lead = named(&crm, "Secret").await?;
    let rated = LeadPatch { status_reason: Patch::Set("Secret reason".to_owned()), ..LeadPatch::default() };
    change(&crm, &lead, rated).await?;
    let customer = convert(&crm, &lead, ConvertLead::default()).await?.customer;
    crm.admin().customers().purge(customer.id, None).await?;
    assert_eq!((crm.count("crm_customers").await?, crm.count("crm_leads").await?), (0, 0));
    assert!(!crm.dump("crm_changes").await?.contains("Secret"));
    Ok(())
}
