//! A model that fails, hangs or talks nonsense.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use crm_core::ai::{AiState, LanguageModelObserver, LanguageModelOptions, ModelCall, ModelError, ModelErrorKind};
use crm_core::clock::Clock;
use crm_core::jobs::JobState;
use testkit::{Suite, TestDatabase, TestModel};

use super::{World, answer, told};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, own: [
        a_model_that_comes_back_is_asked_again,
        a_model_that_is_away_is_tried_now_and_then,
        a_model_that_asks_for_time_gets_it,
        a_model_that_hangs_is_not_waited_for,
        nonsense_is_given_up,
        a_refused_request_is_given_up_at_once,
        a_cancelled_job_says_so,
    ]);
}

fn error(kind: ModelErrorKind) -> Option<Result<crm_core::ai::ModelAnswer, ModelError>> {
    Some(Err(ModelError::new(kind)))
}

/// Fails so often, and then answers.
fn failing(times: u32, kind: ModelErrorKind) -> Arc<TestModel> {
    let failed = AtomicU32::new(0);
    TestModel::new(move |_| match failed.fetch_add(1, Ordering::SeqCst) < times {
        true => error(kind),
        false => Some(Ok(told(answer("A summary.", "A reply.")))),
    })
}

async fn a_model_that_comes_back_is_asked_again(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::with(&database, failing(2, ModelErrorKind::Unavailable));
    let created = world.told("First").await?;
    assert_eq!(created.version, 1);
    for attempt in 1..=3 {
        world.run().await?;
        world.clock.advance(Duration::from_secs(3600));
        let state = world.ai(created.id).await?.state;
        assert_eq!(state, if attempt < 3 { AiState::Pending } else { AiState::Done });
    }
    let usage = world.crm.admin().ai().usage().await?;
    assert_eq!((usage.used_tokens, usage.today.calls), (120, 3), "what was refused has used nothing");
    Ok(())
}

#[derive(Default)]
struct Seen(std::sync::Mutex<Vec<String>>);

impl LanguageModelObserver for Seen {
    fn called(&self, call: ModelCall) {
        self.0.lock().unwrap().push(format!("{:?}", call.error));
    }

    fn breaker(&self, is_open: bool) {
        self.0.lock().unwrap().push(format!("open: {is_open}"));
    }

    fn budget_used_up(&self) {}
}

async fn a_model_that_is_away_is_tried_now_and_then(database: TestDatabase) -> anyhow::Result<()> {
    let seen = Arc::new(Seen::default());
    let options = LanguageModelOptions { observer: Some(seen.clone()), ..LanguageModelOptions::default() };
    let world = World::limited(&database, failing(8, ModelErrorKind::Unavailable), options);
    let mut all = Vec::new();
    for number in 0..20 {
        all.push(world.told(&format!("Number {number}")).await?.id);
    }
    world.run().await?;
    assert_eq!(world.model.asked().len(), 5, "after five failures the others wait");
    let untried = world.jobs().await?.into_iter().filter(|job| job.attempts == 0).count();
    assert_eq!(untried, 15, "and their attempts are not used up");
    for _ in 0..60 {
        world.clock.advance(Duration::from_secs(31));
        world.run().await?;
    }
    for id in all {
        assert_eq!(world.ai(id).await?.state, AiState::Done);
    }
    let seen = seen.0.lock().unwrap().clone();
    assert_eq!(seen.iter().filter(|what| *what == "open: true").count(), 1);
    assert_eq!(seen.iter().filter(|what| *what == "open: false").count(), 1);
    assert_eq!(seen.iter().filter(|what| what.contains("Unavailable")).count(), 8);
    Ok(())
}

async fn a_model_that_asks_for_time_gets_it(database: TestDatabase) -> anyhow::Result<()> {
    let asked = AtomicU32::new(0);
    let model = TestModel::new(move |_| match asked.fetch_add(1, Ordering::SeqCst) {
        0 => Some(Err(ModelError::new(ModelErrorKind::Unavailable).retry_after(Some(Duration::from_secs(600))))),
        _ => Some(Ok(told(answer("A summary.", "A reply.")))),
    });
    let world = World::with(&database, model);
    let (first, second) = (world.told("First").await?, world.told("Second").await?);
    let until = world.clock.now() + TimeDelta::seconds(600);
    world.run().await?;
    let jobs = world.jobs().await?;
    assert!(jobs.iter().any(|job| job.run_at >= until), "the one that was tried is late: {jobs:?}");
    assert_eq!(jobs.iter().filter(|job| job.attempts == 0).count(), 1, "the other one waits untouched: {jobs:?}");
    world.clock.advance(Duration::from_secs(599));
    assert_eq!((world.run().await?, world.model.asked().len()), (0, 1));
    world.clock.advance(Duration::from_secs(60));
    world.run().await?;
    for id in [first.id, second.id] {
        assert_eq!(world.ai(id).await?.state, AiState::Done);
    }
    Ok(())
}

async fn a_model_that_hangs_is_not_waited_for(database: TestDatabase) -> anyhow::Result<()> {
    let options = LanguageModelOptions { timeout: Duration::from_millis(1), ..LanguageModelOptions::default() };
    let world = World::limited(&database, TestModel::new(|_| None), options);
    let created = world.told("First").await?;
    for _ in 0..40 {
        world.run().await?;
        world.clock.advance(Duration::from_secs(2 * 3600));
    }
    let ai = world.ai(created.id).await?;
    assert_eq!((ai.state, ai.reason.as_deref()), (AiState::Failed, Some("language_model_timed_out")));
    let [job] = &world.jobs().await?[..] else { panic!("one job") };
    assert_eq!((job.state, job.attempts), (JobState::Failed, 12));
    // It is a dead letter: a retry makes the summary after all.
    let model = TestModel::saying(answer("Late.", "Sorry."));
    let crm = crm_core::Crm::builder().clock(world.clock.clone()).language_model(model).build();
    world.crm.admin().jobs().retry(job.id).await?;
    crm.run_due_jobs(&world.crm.db, &Default::default()).await?;
    assert_eq!(world.ai(created.id).await?.summary.as_deref(), Some("Late."));
    Ok(())
}

async fn nonsense_is_given_up(database: TestDatabase) -> anyhow::Result<()> {
    for nonsense in ["", "<html>", "{\"summary\": 7}", "{\"summary\": \"cut", "I cannot help with that."] {
        let world = World::with(&database, TestModel::saying(nonsense));
        let created = world.told("First").await?;
        for _ in 0..10 {
            world.run().await?;
            world.clock.advance(Duration::from_secs(2 * 3600));
        }
        let ai = world.ai(created.id).await?;
        assert_eq!((ai.state, ai.reason.as_deref()), (AiState::Failed, Some("language_model_answer_invalid")));
        assert_eq!((world.model.asked().len(), ai.has_text()), (3, false), "{nonsense}");
        assert_eq!(world.get(created.id).await?.content.as_deref(), Some("First"), "the record stands");
        let events = world.events().await?;
        assert_eq!(events, ["crm.interaction.created", "crm.interaction.ai_updated"]);
    }
    Ok(())
}

async fn a_refused_request_is_given_up_at_once(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::with(&database, TestModel::new(|_| error(ModelErrorKind::Rejected)));
    let created = world.told("First").await?;
    world.run().await?;
    let ai = world.ai(created.id).await?;
    assert_eq!((ai.state, ai.reason.as_deref()), (AiState::Failed, Some("language_model_rejected")));
    assert_eq!(world.crm.admin().ai().usage().await?.used_tokens, 0);
    Ok(())
}

async fn a_cancelled_job_says_so(database: TestDatabase) -> anyhow::Result<()> {
    let world = World::new(&database);
    let created = world.told("First").await?;
    let [job] = &world.jobs().await?[..] else { panic!("one job") };
    world.crm.admin().jobs().cancel(job.id).await?;
    let ai = world.ai(created.id).await?;
    assert_eq!((ai.state, ai.reason.as_deref()), (AiState::Skipped, Some("cancelled")));
    assert_eq!(world.run().await?, 0);
    Ok(())
}
