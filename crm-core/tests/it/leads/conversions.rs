//! Many leads are converted at once, and a conversion names a deal that is there.

use crm_core::Error;
use crm_core::actor::Role;
use crm_core::customers::NewCustomer;
use crm_core::deals::NewDeal;
use crm_core::ids::{CustomerId, DealId, LeadId};
use crm_core::leads::{
    ConvertLead, ConvertLeads, ConvertedLeads, LeadConversionOutcome, LeadDealLink, MAX_CONVERTED, NewLead,
};
use testkit::{Suite, TestDatabase};
use uuid::Uuid;

use super::{add, ann, ann_as_customer, convert, customers, named};
use crate::support::{TestCrm, assert_matches, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        each_of_many_is_converted_on_its_own,
        what_many_need_is_checked,
        a_customer_joins_a_deal_that_is_there,
        a_deal_of_the_customer_is_only_named,
        organizations_are_proposed,
    ]);
}

fn these(leads: &[LeadId]) -> ConvertLeads {
    ConvertLeads { lead_ids: leads.to_vec(), ..ConvertLeads::default() }
}

fn outcomes(answer: &ConvertedLeads) -> Vec<LeadConversionOutcome> {
    answer.leads.iter().map(|lead| lead.outcome).collect()
}

async fn each_of_many_is_converted_on_its_own(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.create(ann_as_customer()).await?;
    let taken = add(&crm, ann()).await?;
    let (first, second) = (named(&crm, "First").await?, named(&crm, "Second").await?);
    let person = NewLead { organization_name: Some("Lee & Co".into()), ..NewLead::person("Bea", "Lee") };
    let person = add(&crm, person).await?;
    let unknown = LeadId(Uuid::new_v4());
    let ids = [first.id, taken.id, unknown, person.id, second.id, first.id];
    let request = ConvertLeads { add_organization: Some(true), ..these(&ids) };
    let answer = crm.admin().leads().convert_all(request.clone()).await?;
    use LeadConversionOutcome::{AlreadyConverted, Conflict, Converted, NotFound};
    assert_eq!(outcomes(&answer), [Converted, Conflict, NotFound, Converted, Converted, AlreadyConverted]);
    assert_eq!(answer.converted, 3);
    let problem = answer.leads[1].problem.as_ref().expect("a problem");
    assert_eq!(problem.code, "customer_email_taken");
    assert_eq!(answer.leads[0].customer_id, Some(CustomerId(first.id.0)));
    assert!(answer.leads[1].customer_id.is_none() && answer.leads[0].problem.is_none());
    // Ann, three leads, and the organization of one of them.
    assert_eq!(customers(&crm).await?.len(), 5);
    let again = crm.admin().leads().convert_all(request).await?;
    assert_eq!((again.converted, outcomes(&again)[0]), (0, AlreadyConverted));
    Ok(())
}

async fn what_many_need_is_checked(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut admin = crm.admin();
    assert_eq!(violation(admin.leads().convert_all(these(&[])).await, "/leadIds"), "required");
    let many = vec![LeadId(Uuid::new_v4()); MAX_CONVERTED + 1];
    assert_eq!(violation(admin.leads().convert_all(these(&many)).await, "/leadIds"), "too_many");
    let lead = named(&crm, "Lee & Co").await?;
    assert_matches!(crm.scope(Role::Viewer).leads().convert_all(these(&[lead.id])).await, Err(Error::Forbidden { .. }));
    let manager = crm.ensure_mirrored(Role::Manager).await?;
    let theirs = add(&crm, NewLead { owner_id: Some(manager), ..NewLead::organization("Theirs") }).await?;
    let answer = crm.scope(Role::SalesRep).leads().convert_all(these(&[theirs.id, lead.id])).await?;
    assert_eq!(outcomes(&answer), [LeadConversionOutcome::Forbidden, LeadConversionOutcome::Converted]);
    Ok(())
}

async fn a_customer_joins_a_deal_that_is_there(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let firm = crm.create(NewCustomer::organization("Lee & Co")).await?;
    let mut admin = crm.admin();
    let deal = admin.deals().create(firm.id, NewDeal::named("200 units")).await?;
    let lead = add(&crm, ann()).await?;
    let how = ConvertLead { deal_id: Some(deal.id), organization_id: Some(firm.id), ..ConvertLead::default() };
    let done = convert(&crm, &lead, how).await?;
    let conversion = done.lead.conversion.expect("a conversion");
    assert_eq!((conversion.deal_id, conversion.deal_link), (Some(deal.id), Some(LeadDealLink::Joined)));
    let contacts = admin.deals().get(deal.id).await?.contacts;
    assert_eq!(contacts.iter().map(|contact| contact.customer_id).collect::<Vec<_>>(), [done.customer.id]);
    // Taken back, the deal stays, without the contact.
    admin.leads().revert(lead.id, None).await?;
    let deal = admin.deals().get(deal.id).await?;
    assert!(deal.contacts.is_empty() && deal.deleted_at.is_none());

    let unknown = ConvertLead { deal_id: Some(DealId(Uuid::new_v4())), ..ConvertLead::default() };
    assert_eq!(violation(convert(&crm, &lead, unknown).await, "/dealId"), "deal_unknown");
    let both = ConvertLead { deal_id: Some(deal.id), deal: Some(NewDeal::named("More")), ..ConvertLead::default() };
    assert_eq!(violation(convert(&crm, &lead, both).await, "/dealId"), "unexpected");
    Ok(())
}

async fn a_deal_of_the_customer_is_only_named(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.create(NewCustomer::person("Ann", "Lee")).await?;
    let mut admin = crm.admin();
    let deal = admin.deals().create(customer.id, NewDeal::named("200 units")).await?;
    let lead = add(&crm, ann()).await?;
    let how = ConvertLead { customer_id: Some(customer.id), deal_id: Some(deal.id), ..ConvertLead::default() };
    let conversion = convert(&crm, &lead, how).await?.lead.conversion.expect("a conversion");
    assert_eq!((conversion.deal_id, conversion.deal_link), (Some(deal.id), Some(LeadDealLink::Named)));
    assert_eq!(admin.deals().get(deal.id).await?.version, deal.version, "nothing of it changes");
    Ok(())
}

async fn organizations_are_proposed(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let firm = crm.create(NewCustomer::organization("Harbour Shipping Partners")).await?;
    let lead = add(&crm, NewLead { organization_name: Some("Harbour Shipping Partners".into()), ..ann() }).await?;
    let how = ConvertLead { dry_run: Some(true), add_organization: Some(true), ..ConvertLead::default() };
    let proposed = convert(&crm, &lead, how).await?.possible_organizations.expect("a proposal");
    assert_eq!(proposed.data.iter().map(|candidate| candidate.customer.id).collect::<Vec<_>>(), [firm.id]);
    Ok(())
}
