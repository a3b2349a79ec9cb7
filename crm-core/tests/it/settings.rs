//! The settings of a company.

use std::time::Duration;

use crm_core::Error;
use crm_core::actor::Role;
use crm_core::companies::{DuplicatePolicy, Settings, SettingsPatch};
use crm_core::customers::NewCustomer;
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase, eventually};

use crate::support::{TestCrm, assert_matches, violation, violations};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [
            a_company_nobody_has_written_in_has_the_defaults,
            settings_read_back_as_they_were_written,
            a_patch_keeps_what_it_does_not_name_and_null_restores_the_default,
            wrong_values_are_named_all_at_once,
            settings_are_changed_by_an_admin_who_knows_the_version,
            a_patch_of_settings_that_changes_nothing_writes_nothing,
            settings_take_effect_at_once_here_and_soon_elsewhere,
            settings_of_a_rolled_back_transaction_are_forgotten,
        ];
        plain: [unknown_settings_are_refused]
    );
}

fn change(json: Value) -> SettingsPatch {
    serde_json::from_value(json).expect("a patch of settings")
}

fn chosen(settings: &Settings) -> (Option<&str>, &str, DuplicatePolicy) {
    (settings.default_country.as_deref(), &settings.time_zone, settings.duplicate_policy)
}

fn unknown_settings_are_refused() {
    let error = serde_json::from_value::<SettingsPatch>(json!({ "timezone": "UTC" })).unwrap_err();
    assert!(error.to_string().contains("timezone"), "{error}");
    serde_json::from_value::<SettingsPatch>(json!({ "duplicatePolicy": "maybe" })).unwrap_err();
}

async fn a_company_nobody_has_written_in_has_the_defaults(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let settings = crm.scope(Role::Viewer).settings().get().await?;
    assert_eq!(chosen(&settings), (None, "UTC", DuplicatePolicy::Reject));
    assert_eq!(crm.count("crm_companies").await?, 0, "reading writes nothing");
    // The answer can be sent back.
    let settings =
        crm.admin().settings().update(change(json!({ "defaultCountry": "DE" })), Some(settings.version)).await?;
    assert_eq!(settings.version, 2);
    Ok(())
}

async fn settings_read_back_as_they_were_written(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let all = json!({ "defaultCountry": "germany", "timeZone": "Europe/Berlin", "duplicatePolicy": "allow" });
    let written = crm.admin().settings().update(change(all), None).await?;
    assert_eq!(chosen(&written), (Some("DE"), "Europe/Berlin", DuplicatePolicy::Allow));
    assert_eq!(crm.admin().settings().get().await?, written);
    assert_eq!(crm.other_process().admin().settings().get().await?, written);
    Ok(())
}

async fn a_patch_keeps_what_it_does_not_name_and_null_restores_the_default(
    database: TestDatabase,
) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let all = json!({ "defaultCountry": "DE", "timeZone": "Europe/Berlin", "duplicatePolicy": "allow" });
    crm.admin().settings().update(change(all), None).await?;
    let settings = crm.admin().settings().update(change(json!({ "timeZone": null })), None).await?;
    assert_eq!(chosen(&settings), (Some("DE"), "UTC", DuplicatePolicy::Allow));
    let rest = json!({ "defaultCountry": null, "duplicatePolicy": null });
    let settings = crm.admin().settings().update(change(rest), None).await?;
    assert_eq!(chosen(&settings), (None, "UTC", DuplicatePolicy::Reject));
    Ok(())
}

async fn wrong_values_are_named_all_at_once(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let wrong = change(json!({ "defaultCountry": "Atlantis", "timeZone": "Middle/Earth", "duplicatePolicy": "allow" }));
    let found = violations(crm.admin().settings().update(wrong, None).await);
    let expected = [("/defaultCountry", "country_unknown"), ("/timeZone", "time_zone_unknown")];
    assert_eq!(found, expected.map(|(at, code)| (at.to_owned(), code.to_owned())));
    let empty = crm.admin().settings().update(change(json!({ "timeZone": "" })), None).await;
    assert_eq!(violation(empty, "/timeZone"), "time_zone_unknown");
    assert_eq!(crm.admin().settings().get().await?.duplicate_policy, DuplicatePolicy::Reject);
    Ok(())
}

async fn settings_are_changed_by_an_admin_who_knows_the_version(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let berlin = || change(json!({ "timeZone": "Europe/Berlin" }));
    let refused = crm.scope(Role::Manager).settings().update(berlin(), None).await;
    assert_matches!(refused, Err(Error::Forbidden { .. }));
    let settings = crm.admin().settings().update(berlin(), Some(1)).await?;
    let stale = crm.admin().settings().update(change(json!({ "timeZone": "UTC" })), Some(1)).await;
    assert_matches!(stale, Err(Error::Stale { current: 2, .. }));
    assert_eq!(crm.admin().settings().get().await?, settings);
    Ok(())
}

async fn a_patch_of_settings_that_changes_nothing_writes_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let written = crm.admin().settings().update(change(json!({ "timeZone": "Europe/Berlin" })), None).await?;
    let before = crm.records().await?;
    for same in [json!({}), json!({ "timeZone": "Europe/Berlin", "defaultCountry": null })] {
        assert_eq!(crm.admin().settings().update(change(same), None).await?, written);
    }
    assert_eq!(crm.records().await?, before);
    Ok(())
}

async fn settings_take_effect_at_once_here_and_soon_elsewhere(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let elsewhere = crm.other_process();
    let e164 = async |crm: &TestCrm| {
        let new = NewCustomer { phone: Some("030 901820".into()), ..NewCustomer::organization("Lee") };
        crm.create(new).await.map(|customer| customer.phone_e164)
    };
    assert_eq!((e164(&crm).await?, e164(&elsewhere).await?), (None, None));
    crm.admin().settings().update(change(json!({ "defaultCountry": "DE" })), None).await?;
    assert_eq!(e164(&crm).await?.as_deref(), Some("+4930901820"));
    assert_eq!(elsewhere.admin().settings().get().await?.default_country.as_deref(), Some("DE"));
    let known = eventually(Duration::from_secs(10), async || e164(&elsewhere).await.is_ok_and(|phone| phone.is_some()));
    assert!(known.await, "another process goes on with the old settings");
    Ok(())
}

async fn settings_of_a_rolled_back_transaction_are_forgotten(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    crm.named("Lee & Co").await?;
    let before = crm.admin().settings().get().await?;
    let mut tx = crm_core::begin_write(&crm.db).await?;
    let mut scope = crm.crm.within(crm.actor(Role::Admin), &mut tx);
    scope.settings().update(change(json!({ "defaultCountry": "DE" })), None).await?;
    // The rest of the transaction goes by them.
    let new = || NewCustomer { phone: Some("030 901820".into()), ..NewCustomer::organization("Lee") };
    assert_eq!(scope.customers().create(new()).await?.phone_e164.as_deref(), Some("+4930901820"));
    tx.rollback().await?;
    assert_eq!(crm.admin().settings().get().await?, before);
    assert_eq!(crm.create(new()).await?.phone_e164, None);
    Ok(())
}
