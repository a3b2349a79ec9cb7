//! What a person is given: everything.

use crm_core::leads::NewLead;
use crm_core::notes::{NewNote, NoteVisibility};
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase};

use super::{MARKER, known_person, with_deals};
use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        everything_that_is_known_is_handed_out,
        a_lead_is_handed_out,
        other_people_are_not_in_it,
    ]);
}

async fn everything_that_is_known_is_handed_out(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = known_person(&crm).await?;
    with_deals(&crm, &customer).await?;
    let data = crm.admin().privacy().personal_data(customer.id).await?;
    assert_eq!(data.customer.as_ref(), Some(&crm.get(&customer).await?));
    let private = data.notes.iter().find(|note| note.visibility == NoteVisibility::Private);
    assert!(private.is_some_and(|note| note.body.contains(MARKER)), "the private notes of all users");
    let counts = [data.notes.len(), data.interactions.len(), data.tasks.len(), data.deals.len(), data.deal_roles.len()];
    assert_eq!(counts, [2, 1, 1, 1, 1]);
    let counts = [data.leads.len(), data.submissions.len(), data.links.len(), data.merges.len(), data.merged_ids.len()];
    assert_eq!(counts, [1; 5]);
    assert_eq!((data.consents.len(), data.suppressions.len()), (1, 0));
    assert_eq!(data.merged_customers[0].name, "Zyxmarka Quill");
    for kind in ["customer", "lead", "note", "interaction", "task", "deal", "consent", "link"] {
        assert!(data.history.iter().any(|change| change.entity == kind), "the history of each {kind}");
    }
    // It is text that a program reads, and says who has got it.
    let text = serde_json::to_string(&data)?;
    assert_eq!(serde_json::from_str::<Value>(&text)?, json!(data));
    let audited = crm.dump("crm_audit").await?;
    assert!(audited.contains("disclosed") && !audited.contains(MARKER), "{audited}");
    Ok(())
}

async fn a_lead_is_handed_out(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let lead = crm.admin().leads().create(NewLead::person("Ann", "Lee")).await?;
    crm.admin().lead_notes(lead.id).create(NewNote::text("Called")).await?;
    let data = crm.admin().privacy().personal_data(lead.id).await?;
    assert_eq!((data.customer, data.leads.len(), data.notes.len()), (None, 1, 1));
    assert_eq!(data.leads[0].id, lead.id);
    Ok(())
}

async fn other_people_are_not_in_it(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let (ann, bob) = (crm.named("Ann").await?, crm.named("Bob").await?);
    for customer in [&ann, &bob] {
        crm.admin().notes(customer.id).create(NewNote::text(format!("Called {}", customer.name))).await?;
    }
    let data = crm.admin().privacy().personal_data(ann.id).await?;
    assert_eq!(data.notes.iter().map(|note| note.body.as_str()).collect::<Vec<_>>(), ["Called Ann"]);
    assert!(!serde_json::to_string(&data)?.contains("Bob"));
    Ok(())
}
