//! Create, get, replace, patch: reads return what was written.

use crm_core::actor::{ActorKind, Role};
use crm_core::customers::{
    Customer, CustomerKind, CustomerPatch, CustomerQuery, CustomerStatus, EmployeeBand, ExternalRef, LifecycleStage,
    NewCustomer,
};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::{Crm, Error};
use serde_json::json;
use testkit::{FixedClock, Suite, TestDatabase};

use crate::support::{TestCrm, assert_matches, merge_patch, patch};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        a_customer_reads_back_as_it_was_written,
        a_customer_needs_no_more_than_a_name,
        what_was_read_can_be_written_back_without_a_change,
        replacing_clears_what_is_not_said,
        a_patch_changes_what_it_names_and_nothing_else,
        a_patch_that_changes_nothing_writes_nothing,
        a_patch_without_effect_answers_what_is_stored,
        own_fields_are_merged_member_by_member,
        a_write_is_stamped_with_who_and_when,
        a_write_never_goes_back_in_time,
        another_version_than_expected_is_refused,
        of_many_writers_with_one_version_one_wins,
        archived_customers_are_hidden_until_asked_for,
        json_keeps_every_kind_of_value,
    ]);
}

/// A value in every field.
pub fn ann(crm: &TestCrm) -> NewCustomer {
    let object = |json: serde_json::Value| json.as_object().cloned();
    NewCustomer {
        kind: Some(CustomerKind::Person),
        name: Some("Ann Lee, MD".into()),
        salutation: Some("Dr.".into()),
        first_name: Some("Ann".into()),
        middle_name: Some("Marie".into()),
        last_name: Some("Lee".into()),
        name_suffix: Some("MD".into()),
        email: Some("ann.lee@example.com".into()),
        phone: Some("+1 (212) 555-2368".into()),
        organization_name: Some("Lee & Co".into()),
        job_title: Some("Purchasing manager".into()),
        department: Some("Purchasing".into()),
        birth_date: Some("1987-10-06".parse().expect("a date")),
        language: Some("en-US".into()),
        time_zone: Some("America/New_York".into()),
        industry: Some("Shipping".into()),
        employee_band: Some(EmployeeBand::Over10000),
        annual_revenue: Some("2500000.50 USD".parse().expect("an amount")),
        tax_id: Some("12-3456789".into()),
        website: Some("https://lee.example.com/ann?tab=1".into()),
        address: Some("12 Harbour Street".into()),
        address_line2: Some("3rd floor".into()),
        city: Some("Boston".into()),
        state: Some("Massachusetts".into()),
        zip_code: Some("02110".into()),
        country: Some("United States".into()),
        // Those of the flat fields.
        emails: None,
        phones: None,
        addresses: None,
        status: Some(CustomerStatus::Active),
        lifecycle_stage: Some(LifecycleStage::Customer),
        relationship: Some("partner".into()),
        owner_id: Some(crm.user(Role::Admin)),
        source: Some("referral".into()),
        source_created_at: Some("2019-05-01T08:30:00Z".parse().expect("a time")),
        description: Some("Buys for all ports.\n\nCall before ten.".into()),
        external_refs: Some(vec![ExternalRef::new("erp", "D-10042"), ExternalRef::new("shop", "77")]),
        custom_fields: object(json!({ "tier": "gold", "seats": 12, "since": null })),
        metadata: object(json!({ "imported": { "row": 17 } })),
        is_archived: Some(false),
    }
}

async fn a_customer_reads_back_as_it_was_written(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let written = crm.create(ann(&crm)).await?;
    assert_eq!(NewCustomer::from(&written), ann(&crm));
    assert_eq!(written.phone_e164.as_deref(), Some("+12125552368"));
    assert_eq!(written.country_code.as_deref(), Some("US"));
    let owner = written.owner.as_ref().and_then(|owner| owner.display_name.as_deref());
    assert_eq!(owner, Some("The admin"));

    assert_eq!(crm.get(&written).await?, written);
    let listed = crm.admin().customers().list(&CustomerQuery::default(), &PageRequest::default()).await?;
    assert_eq!(listed.data, [written]);
    Ok(())
}

async fn a_customer_needs_no_more_than_a_name(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let written = crm.create(NewCustomer { name: Some("Ann".into()), ..NewCustomer::default() }).await?;
    assert_eq!((written.kind, written.status), (CustomerKind::Person, CustomerStatus::Prospect));
    assert_eq!((&written.external_refs, written.is_archived, &written.owner), (&Vec::new(), false, &None));
    assert!(written.custom_fields.is_empty() && written.metadata.is_empty());
    assert_eq!(crm.get(&written).await?, written);
    Ok(())
}

async fn what_was_read_can_be_written_back_without_a_change(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let written = crm.create(ann(&crm)).await?;
    let before = crm.records().await?;
    let again = crm.admin().customers().replace(written.id, NewCustomer::from(&written), Some(1)).await?;
    assert_eq!(again, written);
    assert_eq!(crm.records().await?, before);
    Ok(())
}

async fn replacing_clears_what_is_not_said(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let written = crm.create(ann(&crm)).await?;
    let replaced = crm.admin().customers().replace(written.id, NewCustomer::organization("Lee & Co"), Some(1)).await?;
    let expected = NewCustomer {
        status: Some(CustomerStatus::Prospect),
        external_refs: Some(Vec::new()),
        custom_fields: Some(Default::default()),
        metadata: Some(Default::default()),
        is_archived: Some(false),
        ..NewCustomer::organization("Lee & Co")
    };
    assert_eq!(NewCustomer::from(&replaced), expected);
    assert_eq!(
        (replaced.phone_e164.as_ref(), replaced.country_code.as_ref(), replaced.owner.as_ref()),
        (None, None, None)
    );
    assert_eq!((replaced.version, replaced.created_at), (2, written.created_at));
    assert_eq!(crm.get(&replaced).await?, replaced);
    Ok(())
}

async fn a_patch_changes_what_it_names_and_nothing_else(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let written = crm.create(ann(&crm)).await?;
    let change = merge_patch(json!({ "jobTitle": "CEO", "phone": null, "country": "DE", "company": "Lee GmbH" }));
    let patched = crm.admin().customers().update(written.id, change, None).await?;
    let expected = NewCustomer {
        job_title: Some("CEO".into()),
        phone: None,
        country: Some("DE".into()),
        organization_name: Some("Lee GmbH".into()),
        ..NewCustomer::from(&written)
    };
    assert_eq!(NewCustomer::from(&patched), expected);
    assert_eq!((patched.phone_e164.as_deref(), patched.country_code.as_deref()), (None, Some("DE")));
    assert_eq!(patched.version, 2);
    assert_eq!(crm.get(&patched).await?, patched);
    Ok(())
}

async fn a_patch_that_changes_nothing_writes_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let written = crm.create(ann(&crm)).await?;
    let before = crm.records().await?;
    let same = merge_patch(json!({
        "name": " Ann Lee, MD ", "email": "ANN.LEE@example.com", "customFields": { "tier": "gold", "absent": null },
        "externalRefs": [{ "system": "shop", "id": "77" }, { "system": "erp", "id": "D-10042" }]
    }));
    for change in [CustomerPatch::default(), same] {
        let answered = crm.scope(Role::Manager).customers().update(written.id, change, Some(1)).await?;
        assert_eq!(answered, written);
    }
    assert_eq!(crm.get(&written).await?, written);
    assert_eq!(crm.records().await?, before);
    Ok(())
}

/// What is derived may come out differently by now, because the company's settings have changed.
async fn a_patch_without_effect_answers_what_is_stored(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let written =
        crm.create(NewCustomer { phone: Some("030 901820".into()), ..NewCustomer::person("Ann", "Lee") }).await?;
    assert_eq!(written.phone_e164, None);
    let german = serde_json::from_value(json!({ "defaultCountry": "DE" }))?;
    crm.admin().settings().update(german, None).await?;
    let answered = crm.admin().customers().update(written.id, CustomerPatch::default(), None).await?;
    assert_eq!(answered, crm.get(&written).await?);
    Ok(())
}

async fn own_fields_are_merged_member_by_member(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let written = crm.create(ann(&crm)).await?;
    let change = merge_patch(json!({
        "customFields": { "tier": null, "seats": { "paid": 10 }, "color": "red" },
        "metadata": { "imported": { "row": null, "file": "a.csv" } }
    }));
    let patched = crm.admin().customers().update(written.id, change, None).await?;
    let kept = json!({ "seats": { "paid": 10 }, "since": null, "color": "red" });
    assert_eq!(json!(patched.custom_fields), kept);
    assert_eq!(json!(patched.metadata), json!({ "imported": { "file": "a.csv" } }));

    let cleared =
        crm.admin().customers().update(written.id, merge_patch(json!({ "customFields": null })), None).await?;
    assert!(cleared.custom_fields.is_empty());
    assert_eq!(crm.get(&cleared).await?, cleared);
    Ok(())
}

async fn a_write_is_stamped_with_who_and_when(database: TestDatabase) -> anyhow::Result<()> {
    let clock = FixedClock::default();
    let crm = TestCrm::with(&database, Crm::builder().clock(clock.clone()));
    let created = crm.named("Lee & Co").await?;
    let noon = created.created_at;
    assert_eq!((created.version, created.updated_at), (1, noon));
    assert_eq!((created.created_by.id, &created.updated_by), (Some(crm.user(Role::Admin)), &created.created_by));

    clock.advance(std::time::Duration::from_nanos(90_000_000_999));
    let patched = crm
        .scope(Role::Manager)
        .customers()
        .update(created.id, patch(|p| &mut p.city, "Boston".to_owned()), None)
        .await?;
    assert_eq!((patched.version, patched.created_at), (2, noon));
    assert_eq!((patched.updated_at - noon).num_microseconds(), Some(90_000_000), "times have microseconds");
    assert_eq!(patched.updated_by.id, Some(crm.user(Role::Manager)));
    assert_eq!(patched.created_by, created.created_by);

    let system = crm_core::actor::Actor::system(crm.company);
    let patched = crm
        .crm
        .on(system, &crm.db)
        .customers()
        .update(created.id, patch(|p| &mut p.city, None::<String>), None)
        .await?;
    assert_eq!((patched.updated_by.kind, patched.updated_by.id), (ActorKind::System, None));
    assert_eq!(crm.get(&created).await?, patched);
    Ok(())
}

/// The clocks of two instances differ.
async fn a_write_never_goes_back_in_time(database: TestDatabase) -> anyhow::Result<()> {
    let clock = FixedClock::default();
    let crm = TestCrm::with(&database, Crm::builder().clock(clock.clone()));
    let created = crm.named("Lee & Co").await?;
    clock.set(created.created_at - chrono::TimeDelta::seconds(5));
    let patched = crm.admin().customers().update(created.id, patch(|p| &mut p.city, "Boston".to_owned()), None).await?;
    assert!(patched.updated_at > created.updated_at);
    assert_eq!(crm.get(&created).await?, patched);
    Ok(())
}

async fn another_version_than_expected_is_refused(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let written = crm.create(ann(&crm)).await?;
    let (id, mut scope) = (written.id, crm.admin());
    let city = |name: &str| patch(|p| &mut p.city, name.to_owned());
    scope.customers().update(id, city("Berlin"), Some(1)).await?;
    let before = crm.records().await?;

    for seen in [1, 3] {
        let mut customers = scope.customers();
        let refused = [
            customers.update(id, city("Paris"), Some(seen)).await.map(drop),
            customers.update(id, CustomerPatch::default(), Some(seen)).await.map(drop),
            customers.replace(id, ann(&crm), Some(seen)).await.map(drop),
            customers.delete(id, Some(seen)).await,
            customers.purge(id, Some(seen)).await,
        ];
        for refused in refused {
            assert_matches!(refused, Err(Error::Stale { id: stale, current: 2, .. }) if stale == id.0);
        }
    }
    assert_eq!(crm.get(&written).await?.city.as_deref(), Some("Berlin"));
    assert_eq!(crm.records().await?, before);
    scope.customers().delete(id, Some(2)).await?;
    Ok(())
}

async fn of_many_writers_with_one_version_one_wins(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let written = crm.named("Lee & Co").await?;
    let mut writers = tokio::task::JoinSet::new();
    for writer in 0..12 {
        let mut scope = crm.admin();
        let change = patch(|p| &mut p.city, format!("City {writer}"));
        writers.spawn(async move { scope.customers().update(written.id, change, Some(1)).await });
    }
    let outcomes = writers.join_all().await;
    let won: Vec<&Customer> = outcomes.iter().flatten().collect();
    assert_eq!(won.len(), 1);
    for lost in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert_matches!(lost, Error::Stale { current: 2, .. });
    }
    assert_eq!(&crm.get(won[0]).await?, won[0]);
    Ok(())
}

async fn archived_customers_are_hidden_until_asked_for(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let archived = crm.named("Archived").await?;
    crm.named("Live").await?;
    let archived = crm.admin().customers().update(archived.id, patch(|p| &mut p.is_archived, true), None).await?;
    assert_eq!(crm.get(&archived).await?, archived);

    let query = CustomerQuery::default;
    assert_eq!(crm.names(&query()).await?, ["Live"]);
    assert_eq!(crm.names(&CustomerQuery { is_archived: Some(true), ..query() }).await?, ["Archived"]);
    assert_eq!(crm.names(&CustomerQuery { is_archived: Some(false), ..query() }).await?, ["Live"]);
    let either = r#"{"any": [{"field": "isArchived", "op": "eq", "value": true}, {"field": "name", "op": "eq", "value": "live"}]}"#;
    assert_eq!(crm.names(&CustomerQuery { filter: Some(either.parse()?), ..query() }).await?.len(), 2);

    crm.admin()
        .customers()
        .update(archived.id, CustomerPatch { is_archived: Patch::Clear, ..Default::default() }, None)
        .await?;
    assert_eq!(crm.names(&query()).await?.len(), 2);
    Ok(())
}

async fn json_keeps_every_kind_of_value(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let values = json!({
        "text": "quotes \" and \\ and \u{1F600}", "yes": true, "no": false, "null": null,
        "integer": i64::MAX, "unsigned": u64::MAX, "negative": i64::MIN, "fraction": 0.1, "large": 1e300, "small": -2.5e-7,
        "list": [1, "a", null, [], {}], "nested": { "a.b": { "c": [] } }, "lines": "line\nbreak\ttab"
    });
    let written =
        crm.create(NewCustomer { metadata: values.as_object().cloned(), ..NewCustomer::organization("Lee") }).await?;
    assert_eq!(json!(crm.get(&written).await?.metadata), values);
    Ok(())
}
