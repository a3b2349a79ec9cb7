//! Switching the language model on and off, and the consent of an administrator.

use std::sync::Arc;

use async_trait::async_trait;
use crm_core::actor::Role;
use crm_core::ai::{AiState, LanguageModel, ModelAnswer, ModelDescription, ModelError, ModelRequest};
use crm_core::companies::{Settings, SettingsPatch};
use crm_core::interactions::{InteractionType, NewInteraction};
use crm_core::patch::Patch;
use crm_core::{Crm, Error};
use testkit::{Suite, TestDatabase, TestModel};

use super::World;
use crate::support::{TestCrm, assert_matches};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [
            the_first_time_needs_consent,
            another_provider_needs_it_again,
            there_may_be_no_model,
            limits_are_checked,
        ];
        own: [what_was_switched_off_is_skipped, nothing_goes_to_another_provider]
    );
}

/// Another model, at another provider.
struct Elsewhere;

#[async_trait]
impl LanguageModel for Elsewhere {
    fn describe(&self) -> ModelDescription {
        ModelDescription {
            provider: "Elsewhere".to_owned(),
            host: "elsewhere.test".to_owned(),
            model: "e-1".to_owned(),
        }
    }

    async fn complete(&self, _: &ModelRequest) -> Result<ModelAnswer, ModelError> {
        panic!("nobody has agreed to this provider")
    }
}

fn on() -> SettingsPatch {
    SettingsPatch { ai_enabled: Patch::Set(true), ..SettingsPatch::default() }
}

fn agreed() -> SettingsPatch {
    SettingsPatch { ai_consent: Some(true), ..on() }
}

/// A company with this model, switched off.
fn with(database: &TestDatabase, model: Arc<dyn LanguageModel>) -> TestCrm {
    TestCrm { crm: Crm::builder().language_model(model).build(), ..TestCrm::new(database) }
}

async fn update(crm: &TestCrm, patch: SettingsPatch) -> crm_core::Result<Settings> {
    crm.admin().settings().update(patch, None).await
}

async fn the_first_time_needs_consent(database: TestDatabase) -> anyhow::Result<()> {
    let crm = with(&database, TestModel::saying("{}"));
    let settings = crm.admin().settings().get().await?;
    let model = settings.language_model.clone().expect("a model");
    assert_eq!((settings.ai_enabled, settings.ai_placeholders, settings.ai_daily_tokens), (false, true, None));
    assert_eq!((&*model.provider, &*model.host, &*model.model), ("Test provider", "model.test", "test-1"));
    assert!(!model.is_consented);
    for refused in [on(), SettingsPatch { ai_consent: Some(false), ..on() }] {
        let Err(Error::Invalid(faults)) = update(&crm, refused).await else { panic!("without consent") };
        let [fault] = &faults.0[..] else { panic!("one fault") };
        assert_eq!((&*fault.pointer, &*fault.code), ("/aiConsent", "ai_consent_required"));
        for part in ["Test provider", "model.test", "test-1", "content", "placeholders", "notes are never sent"] {
            assert!(fault.detail.contains(part), "{part}: {}", fault.detail);
        }
    }
    let settings = update(&crm, agreed()).await?;
    assert!(settings.ai_enabled && settings.language_model.is_some_and(|model| model.is_consented));
    // The consent and its provider are recorded.
    let changes = crm.dump("crm_changes").await?;
    assert!(changes.contains("Test provider") && changes.contains("aiConsent"), "{changes}");
    // Off and on again needs no more consent.
    update(&crm, SettingsPatch { ai_enabled: Patch::Clear, ..SettingsPatch::default() }).await?;
    assert!(update(&crm, on()).await?.ai_enabled);
    assert_matches!(crm.scope(Role::Manager).settings().update(agreed(), None).await, Err(Error::Forbidden { .. }));
    Ok(())
}

async fn another_provider_needs_it_again(database: TestDatabase) -> anyhow::Result<()> {
    let crm = with(&database, TestModel::saying("{}"));
    update(&crm, agreed()).await?;
    let elsewhere = TestCrm { company: crm.company, ..with(&database, Arc::new(Elsewhere)) };
    let settings = elsewhere.admin().settings().get().await?;
    assert!(settings.ai_enabled && settings.language_model.is_some_and(|model| !model.is_consented));
    assert_matches!(update(&elsewhere, on()).await, Err(Error::Invalid(_)));
    // Other settings can be changed without it.
    let zone = SettingsPatch { time_zone: Patch::Set("Europe/Berlin".to_owned()), ..SettingsPatch::default() };
    update(&elsewhere, zone).await?;
    let consents = SettingsPatch { ai_consent: Some(true), ..SettingsPatch::default() };
    assert!(update(&elsewhere, consents).await?.language_model.is_some_and(|model| model.is_consented));
    Ok(())
}

async fn there_may_be_no_model(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm { crm: Crm::default(), ..TestCrm::new(&database) };
    assert_eq!(crm.admin().settings().get().await?.language_model, None);
    assert_matches!(update(&crm, agreed()).await, Err(Error::Invalid(faults)) if faults.0[0].code == "no_language_model");
    let customer = crm.named("Lee & Co").await?;
    let new =
        NewInteraction { content: Some("Told".to_owned()), ..NewInteraction::of(InteractionType::Call, "A call") };
    let created = crm.admin().interactions(customer.id).create(new).await?;
    assert_eq!((created.ai.state, crm.count("crm_jobs").await?), (AiState::None, 0));
    let refused = crm.admin().ai().request(created.id).await;
    assert_matches!(refused, Err(Error::Invalid(faults)) if faults.0[0].code == "no_language_model");
    Ok(())
}

async fn limits_are_checked(database: TestDatabase) -> anyhow::Result<()> {
    let crm = with(&database, TestModel::saying("{}"));
    let tokens = |tokens| SettingsPatch { ai_daily_tokens: Patch::Set(tokens), ..SettingsPatch::default() };
    for refused in [0, 1_000_000_001] {
        assert_matches!(update(&crm, tokens(refused)).await, Err(Error::Invalid(faults)) if faults.0[0].code == "out_of_range");
    }
    assert_eq!(update(&crm, tokens(1_000)).await?.ai_daily_tokens, Some(1_000));
    assert_eq!(crm.admin().ai().usage().await?.daily_tokens, Some(1_000));
    update(&crm, tokens(900_000_000)).await?;
    assert_eq!(crm.admin().ai().usage().await?.daily_tokens, Some(500_000), "no more than the service allows");
    Ok(())
}

async fn what_was_switched_off_is_skipped(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let created = world.told("First").await?;
    update(&world.crm, SettingsPatch { ai_enabled: Patch::Set(false), ..SettingsPatch::default() }).await?;
    world.run().await?;
    let ai = world.ai(created.id).await?;
    assert_eq!((ai.state, ai.reason.as_deref()), (AiState::Skipped, Some("switched_off")));
    assert!(world.documents().is_empty());
    let refused = world.crm.admin().ai().request(created.id).await;
    assert_matches!(refused, Err(Error::Invalid(faults)) if faults.0[0].code == "switched_off");
    // A summary that is there stays, and tells that it is older than the content.
    update(&world.crm, on()).await?;
    world.change(created.id, "Second").await?;
    world.run().await?;
    update(&world.crm, SettingsPatch { ai_enabled: Patch::Set(false), ..SettingsPatch::default() }).await?;
    let changed = world.change(created.id, "Third").await?;
    assert_eq!((changed.ai.state, changed.ai.is_outdated, changed.ai.has_text()), (AiState::Done, true, true));
    Ok(())
}

async fn nothing_goes_to_another_provider(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let created = world.told("First").await?;
    let elsewhere = Crm::builder().clock(world.clock.clone()).language_model(Arc::new(Elsewhere)).build();
    elsewhere.run_due_jobs(&world.crm.db, &Default::default()).await?;
    let ai = world.ai(created.id).await?;
    assert_eq!((ai.state, ai.reason.as_deref()), (AiState::Skipped, Some("consent_missing")));
    let without = world.told("Second").await?;
    let none = Crm::builder().clock(world.clock.clone()).build();
    none.run_due_jobs(&world.crm.db, &Default::default()).await?;
    assert_eq!(world.ai(without.id).await?.reason.as_deref(), Some("no_language_model"));
    Ok(())
}
