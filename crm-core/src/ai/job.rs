//! The job that summarises an interaction: what is asked, and what becomes of the answer.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use super::answer::Answer;
use super::consent::allowed;
use super::model::{AiState, BUDGET_USED_UP, InteractionAi};
use super::personal::{self, Placeholders};
use super::plan::{Task, has_content};
use super::prompt::{self, PROMPT_VERSION, Texts, input_hash};
use super::usage::{self, Day, Reserved};
use crate::base::error::{Kind, Result};
use crate::interactions::{self, AiChange, Interaction};
use crate::jobs::{FailedJob, JobDone, JobError, JobHandler, JobPolicy, RunningJob};
use crate::scope::jobs::JobErrorKind;
use crate::scope::language_model::{
    ConnectedModel, ModelAnswer, ModelCall, ModelDescription, ModelError, ModelErrorKind, ModelRequest,
};
use crate::scope::{CompanyScope, CompanyTx, Crm};

/// After this number of attempts an answer that cannot be used is no accident.
const USELESS_ANSWERS: u32 = 3;

/// Summarises an interaction, and suggests a reply.
#[derive(Clone, Copy, Debug, Default)]
pub struct SummarizeInteraction;

impl SummarizeInteraction {
    /// The kind.
    pub const KIND: &'static str = "crm.summarize_interaction";
}

#[async_trait]
impl JobHandler for SummarizeInteraction {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn policy(&self) -> JobPolicy {
        JobPolicy { time_limit: Duration::from_secs(10 * 60), ..JobPolicy::default() }
    }

    fn rests_until(&self, crm: &Crm) -> Option<DateTime<Utc>> {
        crm.0.language_model.as_ref()?.breaker.rests_until()
    }

    async fn run(&self, job: &mut RunningJob) -> Result<JobDone, JobError> {
        let task: Task = job.payload()?;
        let crm = job.scope().crm.clone();
        let Some(interaction) = interactions::read_for_job(job.scope(), task.interaction_id).await? else {
            return job.begin().await?.complete(json!({ "outcome": "removed" })).await;
        };
        if !is_wanted(&interaction, &task) {
            return job.begin().await?.complete(json!({ "outcome": "superseded" })).await;
        }
        if interaction.is_trashed() {
            return skip(job, &task, "deleted").await;
        }
        let settings = job.scope().company().await?.settings.clone();
        let model = match allowed(&crm, &settings) {
            Ok(model) => model,
            Err(off) => return skip(job, &task, off.code()).await,
        };
        model.breaker.admit(crm.now()).map_err(|until| JobError::postpone(unavailable(), until))?;
        let mut placeholders = Placeholders::new()?;
        let texts = match settings.ai_placeholders {
            true => personal::replace(job.scope(), &interaction, &mut placeholders).await?,
            false => Texts::of(&interaction),
        };
        let request = prompt::request(&interaction, &texts, model.options.timeout);
        let reserved = reserve(job, &crm, model, &task, &request).await?;
        let (answer, call) = ask(&crm, model, &request, &placeholders).await;
        let attempt = job.attempt();
        match answer {
            Ok(answer) => store(job, &task, model, (answer, call, reserved)).await,
            Err(error) => {
                job.scope()
                    .write(async |tx| usage::settle(tx, reserved, call.input_tokens, call.output_tokens).await)
                    .await?;
                Err(next_try(&crm, error, attempt))
            }
        }
    }

    async fn failed(&self, scope: &mut CompanyScope<'_>, failed: &FailedJob<'_>) -> Result<()> {
        let Ok(task) = serde_json::from_value::<Task>(failed.payload.clone()) else { return Ok(()) };
        let state = if failed.code == "cancelled" { AiState::Skipped } else { AiState::Failed };
        scope.write(async |tx| set_state(tx, &task, state, failed.code).await).await
    }
}

/// Whether the job's content is still the one to summarise, and nobody has written or discarded the summary meanwhile.
fn is_wanted(interaction: &Interaction, task: &Task) -> bool {
    matches!(interaction.ai.state, AiState::Pending | AiState::Failed)
        && has_content(interaction)
        && input_hash(interaction) == task.input_hash
}

const fn unavailable() -> &'static str {
    ModelErrorKind::Unavailable.code()
}

async fn skip(job: &mut RunningJob, task: &Task, reason: &'static str) -> Result<JobDone, JobError> {
    let mut tx = job.begin().await?;
    tx.scope().write(async |tx| set_state(tx, task, AiState::Skipped, reason).await).await?;
    tx.complete(json!({ "outcome": "skipped", "reason": reason })).await
}

/// Says why there is no summary; nothing is written if that has been said, or if the job does not count any more.
async fn set_state(tx: &mut CompanyTx<'_>, task: &Task, state: AiState, reason: &str) -> Result<()> {
    let interaction = interactions::lock_for_job(tx, task.interaction_id).await?;
    let Some(interaction) = interaction.filter(|interaction| is_wanted(interaction, task)) else { return Ok(()) };
    if (interaction.ai.state, interaction.ai.reason.as_deref()) == (state, Some(reason)) {
        return Ok(());
    }
    let ai = InteractionAi { state, reason: Some(reason.to_owned()), ..interaction.ai.clone() };
    let change = AiChange { action: "ai_updated", values: None, details: None };
    interactions::store_ai(tx, &interaction, ai, change).await.map(drop)
}

/// Reserves the tokens of a call, and audits what is about to be sent; or lets the job wait for the next day.
async fn reserve(
    job: &mut RunningJob,
    crm: &Crm,
    model: &ConnectedModel,
    task: &Task,
    request: &ModelRequest,
) -> Result<Reserved, JobError> {
    let input = prompt::estimated_tokens(request);
    let tokens = input + u64::from(request.max_output_tokens);
    let attempt = job.attempt();
    let reserved = job.scope().write(async |tx| {
        let limit = usage::daily_tokens(crm, &tx.company.settings);
        let Some(reserved) = usage::reserve(tx, tokens, limit).await? else {
            set_state(tx, task, AiState::Pending, BUDGET_USED_UP).await?;
            return Ok(Err(Day::of(&tx.company.settings, tx.now()).end()));
        };
        let has_placeholders = tx.company.settings.ai_placeholders;
        let mut details = described(&model.description);
        details["id"] = json!(task.interaction_id);
        details["attempt"] = json!(attempt);
        details["estimatedTokens"] = json!(input);
        details["placeholders"] = json!(has_placeholders);
        tx.audit(Kind::Interaction, "sent_to_language_model", details);
        Ok(Ok(reserved))
    });
    reserved.await?.map_err(|until| {
        model.tell(|observer| observer.budget_used_up());
        JobError::postpone(BUDGET_USED_UP, until)
    })
}

fn described(model: &ModelDescription) -> Value {
    let ModelDescription { provider, host, model } = model;
    json!({ "provider": provider, "host": host, "model": model, "promptVersion": PROMPT_VERSION })
}

/// Calls the model, outside of every transaction. The tokens are those that it tells, or else an estimate.
async fn ask(
    crm: &Crm,
    model: &ConnectedModel,
    request: &ModelRequest,
    placeholders: &Placeholders,
) -> (Result<Answer, ModelError>, ModelCall) {
    let began = Instant::now();
    let answer = timeout(model.options.timeout, model.port.complete(request)).await;
    let answer = answer.unwrap_or_else(|_| Err(ModelError::new(ModelErrorKind::TimedOut)));
    let (input_tokens, output_tokens) = tokens(request, answer.as_ref());
    let answer = answer
        .and_then(|answer| Answer::read(&answer.text, placeholders).ok_or(ModelError::new(ModelErrorKind::Garbage)));
    let error = answer.as_ref().err().map(|error| error.kind);
    let call = ModelCall { error, took: began.elapsed(), input_tokens, output_tokens };
    let retry_after = answer.as_ref().err().and_then(|error| error.retry_after);
    let changed = match error {
        Some(ModelErrorKind::Unavailable | ModelErrorKind::TimedOut) => model.breaker.failed(crm.now(), retry_after),
        _ => model.breaker.succeeded(),
    };
    model.tell(|observer| {
        observer.called(call);
        if changed {
            observer.breaker(error.is_some());
        }
    });
    (answer, call)
}

/// The tokens of a call. One that was not answered in time may have used them, one that was refused has not.
fn tokens(request: &ModelRequest, answer: Result<&ModelAnswer, &ModelError>) -> (u64, u64) {
    let estimated = prompt::estimated_tokens(request);
    match answer {
        Ok(answer) => (
            answer.input_tokens.unwrap_or(estimated),
            answer.output_tokens.unwrap_or_else(|| prompt::tokens_of(&answer.text)),
        ),
        Err(error) => match error.kind {
            ModelErrorKind::Unavailable | ModelErrorKind::Rejected => (0, 0),
            ModelErrorKind::TimedOut | ModelErrorKind::Garbage => (estimated, 0),
        },
    }
}

/// Stores the answer and completes the job, or drops the answer if it is not wanted any more.
async fn store(
    job: &mut RunningJob,
    task: &Task,
    model: &ConnectedModel,
    (answer, call, reserved): (Answer, ModelCall, Reserved),
) -> Result<JobDone, JobError> {
    let mut result = described(&model.description);
    result["inputTokens"] = json!(call.input_tokens);
    result["outputTokens"] = json!(call.output_tokens);
    let details = result.clone();
    let mut tx = job.begin().await?;
    let mut scope = tx.scope();
    let is_stored = scope.write(async |tx| {
        usage::settle(tx, reserved, call.input_tokens, call.output_tokens).await?;
        let interaction = interactions::lock_for_job(tx, task.interaction_id).await?;
        let Some(interaction) = interaction.filter(|interaction| is_wanted(interaction, task)) else {
            return Ok(false);
        };
        let Answer { summary, auto_response, sentiment, language } = answer;
        let ai = InteractionAi {
            summary: Some(summary),
            auto_response,
            sentiment,
            language,
            provider: Some(model.description.provider.clone()),
            model: Some(model.description.model.clone()),
            prompt_version: Some(PROMPT_VERSION.to_owned()),
            input_hash: Some(task.input_hash.clone()),
            generated_at: Some(tx.now()),
            ..InteractionAi::in_state(AiState::Done, None, interaction.ai.version)
        };
        let change = AiChange { action: "summarized", values: None, details: Some(details) };
        interactions::store_ai(tx, &interaction, ai, change).await?;
        Ok(true)
    });
    let outcome = if is_stored.await? { "summarized" } else { "superseded" };
    drop(scope);
    result["outcome"] = json!(outcome);
    tx.complete(result).await
}

/// What becomes of the job after an error.
fn next_try(crm: &Crm, error: ModelError, attempt: u32) -> JobError {
    let (kind, retry_after) = (error.kind, error.retry_after);
    let is_final = match kind {
        ModelErrorKind::Rejected => true,
        ModelErrorKind::Garbage => attempt >= USELESS_ANSWERS,
        ModelErrorKind::Unavailable | ModelErrorKind::TimedOut => false,
    };
    let next = JobError::new(kind.code(), if is_final { JobErrorKind::GiveUp } else { JobErrorKind::Retry });
    let later = retry_after.and_then(|delay| chrono::TimeDelta::from_std(delay).ok());
    match later.and_then(|delay| crm.now().checked_add_signed(delay.min(chrono::TimeDelta::hours(1)))) {
        Some(time) => next.not_before(time).with_source(error),
        None => next.with_source(error),
    }
}
