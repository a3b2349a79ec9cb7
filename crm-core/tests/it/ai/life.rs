//! From the write to the summary, and what becomes of it.

use crm_core::actor::Role;
use crm_core::ai::{AiState, InteractionAiPatch, SentimentLabel};
use crm_core::interactions::{Completion, InteractionPatch, InteractionQuery, InteractionType, NewInteraction};
use crm_core::jobs::JobState;
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::timeline::TimelineQuery;
use crm_core::{Error, begin_write};
use testkit::{Suite, TestDatabase, TestModel};

use super::{World, answer};
use crate::support::assert_matches;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, own: [
        an_interaction_is_summarised_after_its_write,
        a_summary_is_no_write_of_the_interaction,
        what_has_no_content_has_no_summary,
        a_changed_content_is_summarised_anew,
        an_answer_to_an_older_content_is_dropped,
        a_corrected_text_is_kept,
        texts_are_discarded_and_made_anew,
        it_goes_where_the_interaction_goes,
        a_hosts_transaction_decides,
        who_may_not_change_it_may_not_change_its_summary,
    ]);
}

async fn an_interaction_is_summarised_after_its_write(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let created = world.told("Asked for 200 units").await?;
    assert_eq!((created.ai.state, created.ai.has_text()), (AiState::Pending, false));
    assert!(world.documents().is_empty(), "the write has not called the model");
    assert_eq!(world.run().await?, 1);
    let [document] = &world.documents()[..] else { panic!("one call") };
    assert_eq!(
        (&document["text"], &document["type"], &document["subject"]),
        (&"Asked for 200 units".into(), &"call".into(), &"A call".into())
    );
    let ai = world.ai(created.id).await?;
    assert_eq!((ai.state, ai.reason.as_deref()), (AiState::Done, None));
    assert_eq!(ai.summary.as_deref(), Some("Wants a quote."));
    assert_eq!(ai.auto_response.as_deref(), Some("Thank you."));
    assert_eq!(ai.sentiment.map(|mood| (mood.label, mood.score)), Some((SentimentLabel::Positive, 0.5)));
    assert_eq!((ai.language.as_deref(), ai.provider.as_deref()), (Some("en"), Some("Test provider")));
    assert_eq!((ai.model.as_deref(), ai.prompt_version.as_deref()), (Some("test-1"), Some("1")));
    assert_eq!(ai.input_hash.as_ref().map(String::len), Some(64));
    assert!(ai.generated_at.is_some() && !ai.is_edited() && !ai.is_outdated);
    assert_eq!(world.events().await?, ["crm.interaction.created", "crm.interaction.summarized"]);
    // It stands in lists and timelines as well.
    let customer = created.customer_id;
    let page =
        world.crm.admin().interactions(customer).list(&InteractionQuery::default(), &PageRequest::default()).await?;
    assert_eq!(page.data[0].ai, ai);
    let timeline =
        world.crm.admin().customers().timeline(customer, &TimelineQuery::default(), &PageRequest::default()).await?;
    let shown = timeline.data.iter().find_map(|entry| entry.interaction.as_ref());
    assert_eq!(shown.map(|interaction| &interaction.ai), Some(&ai));
    assert_eq!(world.run().await?, 0, "nothing is left to do");
    Ok(())
}

async fn a_summary_is_no_write_of_the_interaction(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let created = world.told("Asked for 200 units").await?;
    world.run().await?;
    let now = world.get(created.id).await?;
    assert_eq!((now.version, now.updated_at, &now.updated_by), (1, created.updated_at, &created.updated_by));
    // Who has read it before the summary came can still write it.
    let patch = InteractionPatch { outcome: Patch::Set("callback".to_owned()), ..InteractionPatch::default() };
    let written = world.crm.admin().all_interactions().update(created.id, patch, Some(1)).await?;
    assert_eq!((written.version, written.ai.state), (2, AiState::Done));
    assert_eq!(world.run().await?, 0, "another outcome is no other content");
    // A PUT of what was read leaves it alone.
    let put = NewInteraction::from(&written);
    let written = world.crm.admin().all_interactions().replace(created.id, put, Some(2)).await?;
    assert_eq!(written.ai.state, AiState::Done);
    Ok(())
}

async fn what_has_no_content_has_no_summary(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let customer = world.customer().await?;
    let new = NewInteraction {
        content: Some(" \n\u{200b}".to_owned()),
        ..NewInteraction::of(InteractionType::Call, "A call")
    };
    let created = world.crm.admin().interactions(customer.id).create(new).await?;
    assert_eq!((created.ai.state, world.run().await?), (AiState::None, 0));
    let refused = world.crm.admin().ai().request(created.id).await;
    assert_matches!(refused, Err(Error::Invalid(faults)) if faults.0[0].code == "content_missing");
    // It gets its content when it is completed.
    let said = Completion { content: Some("Takes 200 units".to_owned()), ..Completion::default() };
    let planned = NewInteraction::of(InteractionType::Call, "Next").planned(crm_core::clock::Clock::now(&world.clock));
    let planned = world.crm.admin().interactions(customer.id).create(planned).await?;
    let completed = world.crm.admin().all_interactions().complete(planned.id, said, None).await?;
    assert_eq!(completed.interaction.ai.state, AiState::Pending);
    assert_eq!(world.run().await?, 1);
    // And loses its summary with its content.
    let clear = InteractionPatch { content: Patch::Clear, ..InteractionPatch::default() };
    let cleared = world.crm.admin().all_interactions().update(planned.id, clear, None).await?;
    assert_eq!((cleared.ai.state, cleared.ai.has_text()), (AiState::None, false));
    Ok(())
}

async fn a_changed_content_is_summarised_anew(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let created = world.told("First").await?;
    world.run().await?;
    let first = world.ai(created.id).await?;
    let changed = world.change(created.id, "Second").await?;
    assert_eq!((changed.ai.state, changed.ai.has_text()), (AiState::Pending, false));
    assert_eq!(world.run().await?, 1);
    let second = world.ai(created.id).await?;
    assert_eq!(second.state, AiState::Done);
    assert_ne!(first.input_hash, second.input_hash);
    let texts: Vec<_> = world.documents().iter().map(|document| document["text"].clone()).collect();
    assert_eq!(texts, ["First", "Second"]);
    // Several changes before a worker comes cost one call.
    for content in ["Third", "Fourth", "Third", "Fifth"] {
        world.change(created.id, content).await?;
    }
    world.run().await?;
    let texts: Vec<_> = world.documents().iter().skip(2).map(|document| document["text"].clone()).collect();
    assert_eq!(texts, ["Fifth"]);
    assert!(world.jobs().await?.iter().all(|job| job.state == JobState::Done));
    Ok(())
}

async fn an_answer_to_an_older_content_is_dropped(database: TestDatabase) -> anyhow::Result<()> {
    let (asked, is_asked) = std::sync::mpsc::channel();
    let (answer_now, may_answer) = std::sync::mpsc::channel::<()>();
    let gate = std::sync::Mutex::new((asked, may_answer));
    let model = TestModel::new(move |request| {
        let text = super::document(request)["text"].as_str().unwrap().to_owned();
        if text == "First" {
            let (asked, may_answer) = &*gate.lock().unwrap();
            asked.send(()).unwrap();
            may_answer.recv().unwrap();
        }
        Some(Ok(super::told(answer(&format!("About: {text}"), "Thanks"))))
    });
    let world = World::with(&database, model);
    let created = world.told("First").await?;
    // The model blocks its thread. A runtime of its own takes connections of its own.
    let crm = world.crm.crm.clone();
    let running = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let db = database.connect(2).await?;
            anyhow::Ok(crm.run_due_jobs(&db, &Default::default()).await?)
        })
    });
    tokio::task::spawn_blocking(move || is_asked.recv().unwrap()).await?;
    world.change(created.id, "Second").await?;
    answer_now.send(())?;
    tokio::task::spawn_blocking(move || running.join().unwrap()).await??;
    world.run().await?;
    let ai = world.ai(created.id).await?;
    assert_eq!((ai.state, ai.summary.as_deref()), (AiState::Done, Some("About: Second")));
    let summarized = world.events().await?.iter().filter(|name| *name == "crm.interaction.summarized").count();
    assert_eq!(summarized, 1, "the first answer was dropped");
    Ok(())
}

async fn a_corrected_text_is_kept(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let created = world.told("First").await?;
    world.run().await?;
    let before = world.ai(created.id).await?;
    let correct = |summary: Patch<String>| InteractionAiPatch { summary, ..InteractionAiPatch::default() };
    let stale = world.crm.admin().ai().correct(created.id, correct(Patch::Set("Mine".into())), Some(1)).await;
    assert_matches!(stale, Err(Error::Stale { current, .. }) if current == before.version);
    let long = correct(Patch::Set("x".repeat(601)));
    assert_matches!(world.crm.admin().ai().correct(created.id, long, None).await, Err(Error::Invalid(_)));
    let ai = world.crm.admin().ai().correct(created.id, correct(Patch::Set(" Mine\u{7f} ".into())), None).await;
    assert_matches!(ai, Err(Error::Invalid(faults)) if faults.0[0].code == "control_character");
    let mine =
        world.crm.admin().ai().correct(created.id, correct(Patch::Set("Mine ".into())), Some(before.version)).await?;
    assert_eq!((mine.summary.as_deref(), mine.auto_response.as_deref()), (Some("Mine"), Some("Thank you.")));
    assert_eq!(mine.edited_by.as_ref().and_then(|by| by.id), Some(world.crm.user(Role::Admin)));
    assert_eq!((mine.version, mine.is_outdated), (before.version + 1, false));
    let again = world.crm.admin().ai().correct(created.id, correct(Patch::Set("Mine".into())), None).await?;
    assert_eq!(again, mine, "the same again writes nothing");
    let changed = world.change(created.id, "Second").await?;
    assert_eq!((changed.ai.summary.as_deref(), changed.ai.is_outdated), (Some("Mine"), true));
    assert_eq!(world.run().await?, 0);
    let back = world.change(created.id, "First").await?;
    assert!(!back.ai.is_outdated);
    // On request it is made anew all the same.
    assert_eq!(world.crm.admin().ai().request(created.id).await?.state, AiState::Pending);
    assert_eq!(world.ai(created.id).await?.summary.as_deref(), Some("Mine"), "until it is there");
    world.run().await?;
    let made = world.ai(created.id).await?;
    assert_eq!((made.summary.as_deref(), made.is_edited()), (Some("Wants a quote."), false));
    // A correction that comes before the answer wins.
    world.crm.admin().ai().request(created.id).await?;
    world.crm.admin().ai().correct(created.id, correct(Patch::Set("Mine".into())), None).await?;
    world.run().await?;
    assert_eq!(world.ai(created.id).await?.summary.as_deref(), Some("Mine"));
    Ok(())
}

async fn texts_are_discarded_and_made_anew(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let created = world.told("First").await?;
    world.run().await?;
    let discard = InteractionAiPatch { auto_response: Patch::Clear, ..InteractionAiPatch::default() };
    let ai = world.crm.admin().ai().correct(created.id, discard, None).await?;
    assert_eq!((ai.state, ai.auto_response.as_deref(), ai.summary.is_some()), (AiState::Done, None, true));
    world.crm.admin().ai().discard(created.id, Some(ai.version)).await?;
    let ai = world.ai(created.id).await?;
    assert_eq!((ai.state, ai.reason.as_deref(), ai.has_text()), (AiState::Skipped, Some("discarded"), false));
    world.crm.admin().ai().discard(created.id, None).await?;
    assert_eq!(world.ai(created.id).await?.version, ai.version, "once is enough");
    assert_eq!(world.run().await?, 0);
    world.crm.admin().ai().request(created.id).await?;
    world.run().await?;
    assert_eq!(world.ai(created.id).await?.state, AiState::Done);
    // Discarded while it is being made, it stays so.
    world.change(created.id, "Second").await?;
    world.crm.admin().ai().discard(created.id, None).await?;
    world.run().await?;
    assert_eq!(world.ai(created.id).await?.state, AiState::Skipped);
    // History has what users have done, and that it was summarised.
    let history = world.crm.dump("crm_changes").await?;
    assert!(history.contains("ai_updated") && history.contains("summarized"), "{history}");
    Ok(())
}

async fn it_goes_where_the_interaction_goes(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let (created, thrown) = (world.told("First").await?, world.told("Thrown away").await?);
    world.crm.admin().all_interactions().delete(thrown.id, None).await?;
    world.run().await?;
    assert_eq!(world.documents().len(), 1, "what is in the trash is not sent");
    let thrown = world.crm.admin().all_interactions().restore(thrown.id).await?;
    assert_eq!((thrown.ai.state, thrown.ai.reason.as_deref()), (AiState::Skipped, Some("deleted")));
    world.crm.admin().all_interactions().delete(created.id, None).await?;
    let restored = world.crm.admin().all_interactions().restore(created.id).await?;
    assert_eq!(restored.ai.summary.as_deref(), Some("Wants a quote."));
    world.change(created.id, "Second").await?;
    world.crm.admin().customers().delete(created.customer_id, None).await?;
    world.crm.admin().customers().purge(created.customer_id, None).await?;
    world.run().await?;
    assert!(world.jobs().await?.iter().all(|job| job.state == JobState::Done), "a job of what is gone is done");
    assert!(!world.crm.dump("crm_customer_interactions").await?.contains("Wants a quote."));
    Ok(())
}

async fn a_hosts_transaction_decides(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let customer = world.customer().await?;
    let new = || NewInteraction { content: Some("Told".to_owned()), ..NewInteraction::default() };
    let mut tx = begin_write(&world.crm.db).await?;
    let actor = world.crm.actor(Role::Admin);
    world.crm.crm.within(actor.clone(), &mut tx).interactions(customer.id).create(new()).await?;
    tx.rollback().await?;
    assert_eq!(world.run().await?, 0);
    let mut tx = begin_write(&world.crm.db).await?;
    let created = world.crm.crm.within(actor, &mut tx).interactions(customer.id).create(new()).await?;
    tx.commit().await?;
    assert_eq!(world.run().await?, 1);
    assert_eq!(world.ai(created.id).await?.state, AiState::Done);
    Ok(())
}

async fn who_may_not_change_it_may_not_change_its_summary(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let created = world.told("First").await?;
    world.run().await?;
    for role in [Role::SalesRep, Role::Support, Role::Viewer] {
        let mut scope = world.crm.scope(role);
        assert_eq!(scope.ai().get(created.id).await?.state, AiState::Done, "{role} reads it");
        assert_matches!(scope.ai().request(created.id).await, Err(Error::Forbidden { .. }));
        let patch = InteractionAiPatch { summary: Patch::Clear, ..InteractionAiPatch::default() };
        assert_matches!(scope.ai().correct(created.id, patch, None).await, Err(Error::Forbidden { .. }));
        assert_matches!(scope.ai().discard(created.id, None).await, Err(Error::Forbidden { .. }));
        assert_matches!(scope.ai().usage().await, Err(Error::Forbidden { .. }));
    }
    let other = world.crm.other_company();
    assert_matches!(other.admin().ai().request(created.id).await, Err(Error::NotFound { .. }));
    Ok(())
}
