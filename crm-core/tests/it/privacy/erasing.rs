//! What is left of a person: nothing.

use crm_core::actor::Role;
use crm_core::audit::AuditQuery;
use crm_core::customers::{CustomerQuery, CustomerSearch, NewCustomer};
use crm_core::leads::NewLead;
use crm_core::notes::NewNote;
use crm_core::page::PageRequest;
use crm_core::privacy::{ERASED_NAME, EraseSubject, ErasureCertificate, ErasureMethod, ErasureOutcome};
use crm_core::suppressions::NewSuppression;
use crm_core::tasks::TaskQuery;
use crm_core::{Conflict, Error};
use testkit::{Suite, TestDatabase};

use super::{EMAIL, MARKER, PHONE, because, found, known_person, with_deals};
use crate::support::{TestCrm, assert_matches, violation};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        nothing_of_a_person_is_left_where_deals_stay,
        a_person_without_a_past_is_gone,
        others_are_left_alone,
        a_dry_run_changes_nothing_and_foretells,
        a_lead_is_erased,
        a_converted_lead_is_erased_with_the_customer,
        a_customer_in_the_trash_is_erased,
        what_was_suppressed_stays_so,
        a_reason_names_nobody,
        the_history_keeps_its_entries,
        administrators_erase_and_nobody_of_another_company,
    ]);
}

fn rows(certificate: &ErasureCertificate, table: &str) -> u64 {
    certificate.erased.iter().filter(|erased| erased.table == table).map(|erased| erased.rows).sum()
}

async fn nothing_of_a_person_is_left_where_deals_stay(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = known_person(&crm).await?;
    with_deals(&crm, &customer).await?;
    // What is looked for afterwards is there before.
    let before = found(&crm, MARKER).await?;
    for table in [
        "crm_customers",
        "crm_changes",
        "crm_consents",
        "crm_deals",
        "crm_leads",
        "crm_import_parts",
        "crm_idempotency_keys",
    ] {
        assert!(before.iter().any(|found| found == table), "{table} is not in {before:?}");
    }
    let certificate = crm.admin().privacy().erase(customer.id, because()).await?;
    assert_eq!(found(&crm, MARKER).await?, Vec::<String>::new());
    assert_eq!(found(&crm, PHONE.1).await?, Vec::<String>::new());
    assert_eq!((certificate.outcome, certificate.merged_ids.len()), (ErasureOutcome::Anonymized, 1));
    assert!(certificate.is_intact()? && certificate.id.is_some());
    let notes = certificate.erased.iter().find(|erased| erased.table == "crm_customer_notes").expect("notes");
    assert_eq!((notes.method, notes.rows), (ErasureMethod::Deleted, 2));

    let stub = crm.get(&customer).await?;
    assert_eq!((stub.name.as_str(), stub.is_archived, stub.version), (ERASED_NAME, true, customer.version + 1));
    assert_eq!((stub.email, stub.emails.len(), stub.tags.len()), (None, 0, 0));
    let deals = crm.admin().deals().list(&Default::default(), &PageRequest::default()).await?.data;
    let deal = deals.iter().find(|deal| deal.customer_id == customer.id).expect("the deal stays");
    assert_eq!((deal.name.as_str(), deal.amount.map(|money| money.amount)), ("Erased deal", Some(1000)));
    let search = CustomerSearch { text: MARKER.to_owned(), query: CustomerQuery::default() };
    assert!(crm.admin().customers().search(&search, &PageRequest::default()).await?.data.is_empty());
    // The id of the merged customer leads to what is left.
    let merged = crm.admin().customers().get(certificate.merged_ids[0]).await;
    assert_matches!(merged, Err(Error::CustomerMerged { survivor_id, .. }) if survivor_id == customer.id);
    Ok(())
}

async fn a_person_without_a_past_is_gone(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer =
        crm.create(NewCustomer { phone: Some(PHONE.0.into()), ..NewCustomer::person("Zyxmark", "Quill") }).await?;
    crm.admin().notes(customer.id).create(NewNote::text("Zyxmark")).await?;
    let certificate = crm.admin().privacy().erase(customer.id, because()).await?;
    assert_eq!(certificate.outcome, ErasureOutcome::Removed);
    assert_eq!((rows(&certificate, "crm_customers"), rows(&certificate, "crm_customer_notes")), (1, 1));
    assert_matches!(crm.admin().customers().get(customer.id).await, Err(Error::NotFound { .. }));
    assert_eq!(found(&crm, MARKER).await?, Vec::<String>::new());
    let again = crm.admin().privacy().erase(customer.id, because()).await;
    assert_matches!(again, Err(Error::NotFound { .. }));
    Ok(())
}

async fn others_are_left_alone(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let bob = crm.create(NewCustomer::person("Bob", "Stone")).await?;
    crm.admin().notes(bob.id).create(NewNote::text("Called Bob")).await?;
    let customer = known_person(&crm).await?;
    let (bob, stats) = (crm.get(&bob).await?, crm.dump("crm_customer_stats").await?);
    let theirs: Vec<&str> = stats
        .lines()
        .filter(|row| row.replace('-', "").to_lowercase().contains(&bob.id.0.simple().to_string()))
        .collect();
    let history = crm.admin().customers().history(bob.id, &PageRequest::default()).await?.data;
    crm.admin().privacy().erase(customer.id, because()).await?;
    assert_eq!(crm.get(&bob).await?, bob);
    assert_eq!(crm.admin().customers().history(bob.id, &PageRequest::default()).await?.data, history);
    let after = crm.dump("crm_customer_stats").await?;
    assert!(theirs.iter().all(|row| after.lines().any(|other| other == *row)), "{after}");
    let notes = crm.admin().notes(bob.id).list(&Default::default(), &PageRequest::default()).await?;
    assert_eq!(notes.data[0].body, "Called Bob");
    // A task that had referred to an interaction of the person is there without it.
    let tasks = crm.admin().tasks().list(&TaskQuery::default(), &PageRequest::default()).await?;
    assert_eq!(
        tasks.data.iter().map(|task| (task.title.as_str(), task.interaction_id)).collect::<Vec<_>>(),
        [("Tidy up", None)]
    );
    Ok(())
}

async fn a_dry_run_changes_nothing_and_foretells(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = known_person(&crm).await?;
    with_deals(&crm, &customer).await?;
    let (before, records) = (found(&crm, MARKER).await?, crm.records().await?);
    let foretold = crm.admin().privacy().erase(customer.id, because().dry_run()).await?;
    assert_eq!((found(&crm, MARKER).await?, crm.records().await?), (before, records));
    assert_eq!((crm.get(&customer).await?, foretold.id, foretold.hash.as_deref()), (customer.clone(), None, None));
    let done = crm.admin().privacy().erase(customer.id, because()).await?;
    assert_eq!((foretold.erased, foretold.outcome, foretold.merged_ids), (done.erased, done.outcome, done.merged_ids));
    Ok(())
}

async fn a_lead_is_erased(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let lead = NewLead { source_detail: Some("zyxmark".into()), ..NewLead::person("Zyxmark", "Quill") };
    let lead = crm.admin().leads().create(lead).await?;
    crm.admin().lead_notes(lead.id).create(NewNote::text("Zyxmark")).await?;
    let certificate = crm.admin().privacy().erase(lead.id, because()).await?;
    assert_eq!((certificate.outcome, rows(&certificate, "crm_leads")), (ErasureOutcome::Removed, 1));
    assert_eq!(found(&crm, MARKER).await?, Vec::<String>::new());
    assert_matches!(crm.admin().leads().get(lead.id).await, Err(Error::NotFound { .. }));
    Ok(())
}

async fn a_converted_lead_is_erased_with_the_customer(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let lead = crm.admin().leads().create(NewLead::person("Zyxmark", "Quill")).await?;
    let customer = crm.admin().leads().convert(lead.id, Default::default(), None).await?.customer;
    let refused = crm.admin().privacy().erase(lead.id, because()).await;
    assert_matches!(refused, Err(Error::Conflict(Conflict::LeadConverted)));
    let certificate = crm.admin().privacy().erase(customer.id, because()).await?;
    // Numbers over leads keep what was converted.
    assert_eq!(certificate.outcome, ErasureOutcome::Anonymized);
    assert_eq!(crm.admin().leads().get(lead.id).await?.name, ERASED_NAME);
    assert_eq!(found(&crm, MARKER).await?, Vec::<String>::new());
    Ok(())
}

async fn a_customer_in_the_trash_is_erased(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.create(NewCustomer::person("Zyxmark", "Quill")).await?;
    crm.admin().customers().delete(customer.id, None).await?;
    crm.admin().privacy().erase(customer.id, because()).await?;
    assert_eq!(found(&crm, MARKER).await?, Vec::<String>::new());
    Ok(())
}

async fn what_was_suppressed_stays_so(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let email = Some("Zyxmark@Example.com".to_owned());
    let customer = crm.create(NewCustomer { email, ..NewCustomer::person("Zyxmark", "Quill") }).await?;
    for value in [EMAIL, "example.com", "ann@example.com"] {
        crm.admin().suppressions().create(NewSuppression::of(value)).await?;
    }
    let data = crm.admin().privacy().personal_data(customer.id).await?;
    assert_eq!(data.suppressions.iter().map(|entry| entry.value.as_str()).collect::<Vec<_>>(), [EMAIL]);
    let certificate = crm.admin().privacy().erase(customer.id, because()).await?;
    assert_eq!(rows(&certificate, "crm_suppressions"), 0);
    assert_eq!(found(&crm, MARKER).await?, ["crm_suppressions"]);
    Ok(())
}

async fn a_reason_names_nobody(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let email = Some("ann@example.com".to_owned());
    let customer = crm.create(NewCustomer { email, ..NewCustomer::person("Ann", "Lee") }).await?;
    for (reason, code) in [
        ("Asked for by ANN LEE", "personal_data"),
        ("See the mail of ann@example.com", "personal_data"),
        (" ", "required"),
        (&"x".repeat(501), "too_long"),
    ] {
        let refused = crm.admin().privacy().erase(customer.id, EraseSubject::because(reason)).await;
        assert_eq!(violation(refused, "/reason"), code);
    }
    assert_eq!(crm.get(&customer).await?, customer);
    Ok(())
}

async fn the_history_keeps_its_entries(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = known_person(&crm).await?;
    with_deals(&crm, &customer).await?;
    let request = PageRequest::default().limit(100);
    let before = crm.admin().customers().history(customer.id, &request).await?.data;
    let audited = crm.dump("crm_audit").await?;
    let certificate = crm.admin().privacy().erase(customer.id, because()).await?;
    let after = crm.admin().customers().history(customer.id, &request).await?.data;
    assert_eq!((after.len(), after[0].action.as_str()), (before.len() + 1, "erased"));
    for (entry, was) in after[1..].iter().zip(&before) {
        let fields = |entry: &crm_core::history::Change| {
            entry.changes.iter().map(|change| change.field.clone()).collect::<Vec<_>>()
        };
        assert_eq!((entry.id, entry.at, fields(entry)), (was.id, was.at, fields(was)));
        assert!(entry.changes.iter().all(|change| change.from.is_null() && change.to.is_null()));
    }
    // The audit trail is only added to.
    let now = crm.dump("crm_audit").await?;
    assert!(audited.lines().all(|row| now.lines().any(|other| other == row)));
    let query =
        AuditQuery { action: Some("erased".to_owned()), entity_id: Some(customer.id.0), ..AuditQuery::default() };
    let entry = crm.admin().audit().list(query, &PageRequest::default()).await?.data.remove(0);
    let kept: ErasureCertificate = serde_json::from_value(entry.details.into())?;
    assert_eq!(kept, certificate);
    assert!(kept.is_intact()?);
    let events = crm.dump("crm_outbox").await?;
    assert!(events.contains("crm.customer.erased") && events.contains("crm.deal.erased"), "{events}");
    Ok(())
}

async fn administrators_erase_and_nobody_of_another_company(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let customer = crm.create(NewCustomer::person("Ann", "Lee")).await?;
    for role in Role::ALL.iter().copied().filter(|role| *role != Role::Admin) {
        let refused = crm.scope(role).privacy().erase(customer.id, because()).await;
        assert_matches!(refused, Err(Error::Forbidden { .. }));
        let refused = crm.scope(role).privacy().personal_data(customer.id).await;
        assert_matches!(refused, Err(Error::Forbidden { .. }));
    }
    let mut theirs = crm.other_company().admin();
    assert_matches!(theirs.privacy().erase(customer.id, because()).await, Err(Error::NotFound { .. }));
    assert_matches!(theirs.privacy().personal_data(customer.id).await, Err(Error::NotFound { .. }));
    assert_eq!(crm.get(&customer).await?, customer);
    Ok(())
}
