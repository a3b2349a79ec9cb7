//! The do-not-contact list.

use crm_core::actor::Role;
use crm_core::companies::SettingsPatch;
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::suppressions::{
    MAX_SUPPRESSIONS, NewSuppression, NewSuppressions, Suppression, SuppressionKind, SuppressionQuery,
    SuppressionReason, SuppressionRemoval, SuppressionSource,
};
use crm_core::{Conflict, Error, Result};
use testkit::{Suite, TestDatabase};

use crate::support::{TestCrm, assert_matches, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        entries_are_normalised_like_contact_points,
        what_is_listed_is_not_listed_twice,
        many_are_added_at_once_or_none,
        what_stands_against_an_address_is_found,
        what_is_deleted_is_gone_and_the_reason_stays,
        another_company_has_a_list_of_its_own,
        who_may_not_see_the_list_may_add_to_it,
    ]);
}

async fn add(crm: &TestCrm, value: &str) -> Result<Suppression> {
    crm.admin().suppressions().create(NewSuppression::of(value)).await
}

async fn values(crm: &TestCrm, query: SuppressionQuery) -> Result<Vec<String>> {
    let page = crm.admin().suppressions().list(&query, &PageRequest::default().limit(100)).await?;
    let mut values: Vec<String> = page.data.into_iter().map(|entry| entry.value).collect();
    values.sort_unstable();
    Ok(values)
}

async fn entries_are_normalised_like_contact_points(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for (typed, kind, value) in [
        (" Ann@XN--mller-kva.example", SuppressionKind::Email, "ann@müller.example"),
        ("@Example.COM", SuppressionKind::Domain, "example.com"),
        ("+1 (212) 555-2368", SuppressionKind::Phone, "+12125552368"),
    ] {
        let entry = add(&crm, typed).await?;
        assert_eq!((entry.kind, entry.value.as_str()), (kind, value));
        assert_eq!((entry.reason, entry.source), (SuppressionReason::DoNotContact, SuppressionSource::Manual));
        assert_eq!(crm.admin().suppressions().get(entry.id).await?, entry);
    }
    // A number without a country code needs the company's country.
    assert_eq!(violations(add(&crm, "030 901820").await), [("/value".to_owned(), "phone_invalid".to_owned())]);
    let country = SettingsPatch { default_country: Patch::Set("DE".to_owned()), ..SettingsPatch::default() };
    crm.admin().settings().update(country, None).await?;
    assert_eq!(add(&crm, "030 901820").await?.value, "+4930901820");
    for (value, kind, code) in [
        ("", None, "required"),
        ("com", None, "domain_invalid"),
        ("ann@", None, "email_invalid"),
        ("example.com", Some(SuppressionKind::Email), "email_invalid"),
        ("ann@example.com", Some(SuppressionKind::Phone), "phone_invalid"),
    ] {
        let new = NewSuppression { kind, ..NewSuppression::of(value) };
        let refused = crm.admin().suppressions().create(new).await;
        assert_eq!(violations(refused), [("/value".to_owned(), code.to_owned())], "{value}");
    }
    Ok(())
}

async fn what_is_listed_is_not_listed_twice(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    add(&crm, "ann@example.com").await?;
    let before = crm.records().await?;
    let again = add(&crm, "ANN@example.com").await;
    assert_matches!(again, Err(Error::Conflict(Conflict::SuppressionExists)));
    assert_eq!(crm.records().await?, before);
    Ok(())
}

async fn many_are_added_at_once_or_none(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    add(&crm, "known@example.com").await?;
    let faulty = NewSuppressions::of(["new@example.com", "com", "Known@example.com", "ann@"]);
    let faults = violations(crm.admin().suppressions().import(faulty).await);
    let expected = [("/entries/1/value", "domain_invalid"), ("/entries/3/value", "email_invalid")];
    assert_eq!(faults, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    assert_eq!(values(&crm, SuppressionQuery::default()).await?, ["known@example.com"]);
    let before = crm.records().await?;
    let new = NewSuppressions::of(["new@example.com", "NEW@example.com", "Known@example.com", "+12125552368"]);
    let done = crm.admin().suppressions().import(new.clone()).await?;
    assert_eq!((done.added, done.unchanged), (2, 2));
    assert_eq!(crm.records().await?, before.map(|count| count + 2), "each has its own records");
    let again = crm.admin().suppressions().import(new).await?;
    assert_eq!((again.added, again.unchanged), (0, 4));
    let number = SuppressionQuery { kind: Some(SuppressionKind::Phone), ..SuppressionQuery::default() };
    let listed = crm.admin().suppressions().list(&number, &PageRequest::default()).await?.data;
    assert_eq!((listed.len(), listed[0].source), (1, SuppressionSource::Import));
    for (number, code) in [(0, "required"), (MAX_SUPPRESSIONS + 1, "too_many")] {
        let many = NewSuppressions::of((0..number).map(|n| format!("{n}@example.com")));
        let refused = violations(crm.admin().suppressions().import(many).await);
        assert_eq!(refused, [("/entries".to_owned(), code.to_owned())]);
    }
    Ok(())
}

async fn what_stands_against_an_address_is_found(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    for value in ["ann@mail.example.com", "bob@mail.example.com", "example.com", "+1 212 555 2368"] {
        add(&crm, value).await?;
    }
    for (value, expected) in [
        ("Ann@mail.example.com", &["ann@mail.example.com", "example.com"][..]),
        ("zoe@mail.example.com", &["example.com"]),
        ("example.com", &["example.com"]),
        ("(212) 555-2368", &[]),
        ("+1 (212) 555-2368", &["+12125552368"]),
        ("ann@notexample.com", &[]),
        ("nonsense", &[]),
    ] {
        let query = SuppressionQuery { value: Some(value.to_owned()), ..SuppressionQuery::default() };
        assert_eq!(values(&crm, query).await?, expected, "{value}");
    }
    Ok(())
}

async fn what_is_deleted_is_gone_and_the_reason_stays(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let new = NewSuppression { note: Some("Numbat".to_owned()), ..NewSuppression::of("quokka@example.com") };
    let entry = crm.admin().suppressions().create(new).await?;
    let stale = crm.admin().suppressions().delete(entry.id, None, Some(2)).await;
    assert_matches!(stale, Err(Error::Stale { .. }));
    crm.admin().suppressions().delete(entry.id, Some(SuppressionRemoval::Request), Some(1)).await?;
    assert_matches!(crm.admin().suppressions().get(entry.id).await, Err(Error::NotFound { .. }));
    for table in ["crm_suppressions", "crm_changes", "crm_audit", "crm_outbox"] {
        let dump = crm.dump(table).await?;
        assert!(!dump.contains("quokka") && !dump.contains("Numbat"), "{table}");
    }
    assert!(crm.dump("crm_audit").await?.contains("request"));
    let again = crm.admin().suppressions().delete(entry.id, None, None).await;
    assert_matches!(again, Err(Error::NotFound { .. }));
    Ok(())
}

async fn another_company_has_a_list_of_its_own(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let other = crm.other_company();
    let entry = add(&crm, "ann@example.com").await?;
    assert!(values(&other, SuppressionQuery::default()).await?.is_empty());
    assert_matches!(other.admin().suppressions().get(entry.id).await, Err(Error::NotFound { .. }));
    let deleted = other.admin().suppressions().delete(entry.id, None, None).await;
    assert_matches!(deleted, Err(Error::NotFound { .. }));
    add(&other, "ann@example.com").await?;
    assert_eq!(values(&crm, SuppressionQuery::default()).await?, ["ann@example.com"]);
    Ok(())
}

async fn who_may_not_see_the_list_may_add_to_it(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let mut rep = crm.scope(Role::SalesRep);
    let entry = rep.suppressions().create(NewSuppression::of("ann@example.com")).await?;
    let list = rep.suppressions().list(&SuppressionQuery::default(), &PageRequest::default()).await;
    assert_matches!(list, Err(Error::Forbidden { .. }));
    assert_matches!(rep.suppressions().delete(entry.id, None, None).await, Err(Error::Forbidden { .. }));
    let many = rep.suppressions().import(NewSuppressions::of(["bob@example.com"])).await;
    assert_matches!(many, Err(Error::Forbidden { .. }));
    let viewer = crm.scope(Role::Viewer).suppressions().create(NewSuppression::of("bob@example.com")).await;
    assert_matches!(viewer, Err(Error::Forbidden { .. }));
    Ok(())
}
