//! Summaries and suggested replies of a language model: after the write, once, and never in the way.

mod budget;
mod failing;
mod injected;
mod life;
mod privacy;
mod switching;

use std::sync::Arc;

use crm_core::ai::{InteractionAi, LanguageModelOptions, ModelAnswer, ModelRequest, ModelRole};
use crm_core::customers::{Customer, NewCustomer};
use crm_core::ids::InteractionId;
use crm_core::interactions::{Interaction, InteractionPatch, InteractionType, NewInteraction};
use crm_core::jobs::{Job, JobOptions, JobQuery};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::{Crm, CrmBuilder};
use serde_json::{Value, json};
use testkit::{FixedClock, Suite, TestDatabase, TestModel, company_with_language_model};

use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    life::register(suite);
    switching::register(suite);
    privacy::register(suite);
    injected::register(suite);
    failing::register(suite);
    budget::register(suite);
}

/// A company that has a language model switched on, with workers on a clock of their own.
struct World {
    crm: TestCrm,
    model: Arc<TestModel>,
    clock: FixedClock,
}

impl World {
    /// With a model that summarises everything alike.
    fn new(database: &TestDatabase) -> Self {
        Self::with(database, TestModel::saying(answer("Wants a quote.", "Thank you.")))
    }

    fn with(database: &TestDatabase, model: Arc<TestModel>) -> Self {
        Self::limited(database, model, LanguageModelOptions::default())
    }

    fn limited(database: &TestDatabase, model: Arc<TestModel>, options: LanguageModelOptions) -> Self {
        Self::built(database, model, Crm::builder().language_model_options(options))
    }

    fn built(database: &TestDatabase, model: Arc<TestModel>, builder: CrmBuilder) -> Self {
        let clock = FixedClock::default();
        let builder = builder.clock(clock.clone()).language_model(model.clone());
        let crm = builder.company_settings(company_with_language_model()).build();
        Self { crm: TestCrm { crm, ..TestCrm::new(database) }, model, clock }
    }

    async fn customer(&self) -> crm_core::Result<Customer> {
        self.crm.create(NewCustomer::person("Ann", "Lee")).await
    }

    /// An interaction with this content.
    async fn told(&self, content: &str) -> crm_core::Result<Interaction> {
        let customer = self.customer().await?;
        let new =
            NewInteraction { content: Some(content.to_owned()), ..NewInteraction::of(InteractionType::Call, "A call") };
        self.crm.admin().interactions(customer.id).create(new).await
    }

    async fn change(&self, id: InteractionId, content: &str) -> crm_core::Result<Interaction> {
        let patch = InteractionPatch { content: Patch::Set(content.to_owned()), ..InteractionPatch::default() };
        self.crm.admin().all_interactions().update(id, patch, None).await
    }

    async fn get(&self, id: InteractionId) -> crm_core::Result<Interaction> {
        self.crm.admin().all_interactions().get(id).await
    }

    async fn ai(&self, id: InteractionId) -> crm_core::Result<InteractionAi> {
        self.crm.admin().ai().get(id).await
    }

    /// Runs what is due, and gives the number of attempts.
    async fn run(&self) -> crm_core::Result<u64> {
        self.crm.crm.run_due_jobs(&self.crm.db, &JobOptions::default()).await
    }

    async fn jobs(&self) -> crm_core::Result<Vec<Job>> {
        Ok(self.crm.admin().jobs().list(&JobQuery::default(), &PageRequest::default().limit(100)).await?.data)
    }

    /// The types of the events of interactions, in their order.
    async fn events(&self) -> crm_core::Result<Vec<String>> {
        let feed = self.crm.admin().events().after(None, 1_000).await?;
        let types = feed.events.into_iter().map(|(_, event)| event.event_type);
        Ok(types.filter(|name| name.starts_with("crm.interaction.")).collect())
    }

    /// The documents that the model was sent.
    fn documents(&self) -> Vec<Value> {
        self.model.asked().iter().map(document).collect()
    }
}

/// The document in a request.
fn document(request: &ModelRequest) -> Value {
    let [system, user] = &request.messages[..] else { panic!("two messages") };
    assert_eq!((system.role, user.role), (ModelRole::System, ModelRole::User));
    serde_json::from_str(&user.text).expect("a JSON document")
}

fn answer(summary: &str, reply: &str) -> String {
    json!({
        "summary": summary,
        "autoResponse": reply,
        "sentiment": { "label": "positive", "score": 0.5 },
        "language": "en",
    })
    .to_string()
}

/// An answer with this text.
fn told(text: impl Into<String>) -> ModelAnswer {
    ModelAnswer { text: text.into(), input_tokens: Some(100), output_tokens: Some(20) }
}
