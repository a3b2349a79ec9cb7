//! The operations of users.

use serde_json::{Value, json};

use super::consent::allowed;
use super::input::InteractionAiPatch;
use super::model::{AiState, AiUsage, InteractionAi};
use super::plan::{self, has_content};
use super::prompt::input_hash;
use super::usage;
use crate::base::error::{Error, Kind, Result, Violations};
use crate::base::ids::InteractionId;
use crate::interactions::{self, AiChange, Interaction};
use crate::scope::actor::{Action, ActorRef, Resource};
use crate::scope::{CompanyScope, CompanyTx};

/// What a language model has made of the company's interactions. Obtained from [`CompanyScope::ai`].
///
/// Who may change an interaction may change its summary; neither changes the version of the interaction.
#[derive(Debug)]
pub struct Ai<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// What a language model has made of the company's interactions.
    pub fn ai(&mut self) -> Ai<'_, 'c> {
        Ai(self)
    }
}

impl Ai<'_, '_> {
    /// What a language model has made of an interaction; also part of the interaction itself.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(&mut self, id: InteractionId) -> Result<InteractionAi> {
        Ok(self.0.all_interactions().get(id).await?.ai)
    }

    /// Has the summary made anew, after this transaction; it then replaces corrections too.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`]; [`Error::Invalid`] if the interaction has no content
    /// (`content_missing`), or the company no language model (`no_language_model`, `switched_off`, `consent_missing`).
    #[tracing::instrument(name = "ai.request", skip_all, fields(company.id = %self.0.company_id(), interaction.id = %id))]
    pub async fn request(&mut self, id: InteractionId) -> Result<InteractionAi> {
        self.0.write(async |tx| request(tx, id).await).await
    }

    /// Corrects the summary or the reply, or discards one of them; `expected` is the version that the caller has seen. A
    /// corrected text is kept when the interaction changes.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`]; [`Error::Invalid`]; [`Error::Stale`].
    #[tracing::instrument(name = "ai.correct", skip_all, fields(company.id = %self.0.company_id(), interaction.id = %id))]
    pub async fn correct(
        &mut self,
        id: InteractionId,
        patch: InteractionAiPatch,
        expected: Option<i64>,
    ) -> Result<InteractionAi> {
        self.0.write(async |tx| correct(tx, id, patch, expected).await).await
    }

    /// Discards the summary and the reply; `expected` is the version that the caller has seen.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`]; [`Error::Stale`].
    #[tracing::instrument(name = "ai.discard", skip_all, fields(company.id = %self.0.company_id(), interaction.id = %id))]
    pub async fn discard(&mut self, id: InteractionId, expected: Option<i64>) -> Result<()> {
        self.0.write(async |tx| discard(tx, id, expected).await).await
    }

    /// The tokens that the company has used, and may use. For those who may change the settings.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub async fn usage(&mut self) -> Result<AiUsage> {
        self.0.authorize(Resource::Settings, Action::Update).await?;
        usage::read(self.0).await
    }
}

async fn request(tx: &mut CompanyTx<'_>, id: InteractionId) -> Result<InteractionAi> {
    let interaction = interactions::lock_for_user(tx, id).await?;
    if !has_content(&interaction) {
        return Err(Violations::one("", "content_missing", "the interaction has no content").into());
    }
    if let Err(off) = allowed(tx.crm(), &tx.company.settings) {
        return Err(Violations::one("", off.code(), "no language model is switched on in the settings").into());
    }
    let ai = InteractionAi { state: AiState::Pending, reason: None, ..interaction.ai.clone() };
    let ai = interactions::store_ai(tx, &interaction, ai, updated(None)).await?;
    let job = plan::job(id, input_hash(&interaction));
    plan::enqueue(tx, Some(job)).await?;
    Ok(ai)
}

async fn correct(
    tx: &mut CompanyTx<'_>,
    id: InteractionId,
    patch: InteractionAiPatch,
    expected: Option<i64>,
) -> Result<InteractionAi> {
    let interaction = interactions::lock_for_user(tx, id).await?;
    expect(&interaction, expected)?;
    let mut ai = interaction.ai.clone();
    patch.apply(&mut ai)?;
    if ai == interaction.ai {
        return Ok(ai);
    }
    let (from, to) = (texts(&interaction.ai), texts(&ai));
    if !ai.has_text() {
        let discarded = InteractionAi::in_state(AiState::Skipped, Some(DISCARDED), ai.version);
        return interactions::store_ai(tx, &interaction, discarded, updated(Some((from, to)))).await;
    }
    (ai.state, ai.reason) = (AiState::Done, None);
    (ai.edited_at, ai.edited_by) = (Some(tx.now()), Some(ActorRef::from(tx.actor())));
    // The user who corrects it has seen the present content.
    (ai.input_hash, ai.is_outdated) = (Some(input_hash(&interaction)), false);
    interactions::store_ai(tx, &interaction, ai, updated(Some((from, to)))).await
}

async fn discard(tx: &mut CompanyTx<'_>, id: InteractionId, expected: Option<i64>) -> Result<()> {
    let interaction = interactions::lock_for_user(tx, id).await?;
    expect(&interaction, expected)?;
    let (from, to) = (texts(&interaction.ai), texts(&InteractionAi::default()));
    let discarded = InteractionAi::in_state(AiState::Skipped, Some(DISCARDED), interaction.ai.version);
    if matches!(interaction.ai.state, AiState::None) || discarded == interaction.ai {
        return Ok(());
    }
    interactions::store_ai(tx, &interaction, discarded, updated(Some((from, to)))).await.map(drop)
}

const DISCARDED: &str = "discarded";

const fn updated(values: Option<(Value, Value)>) -> AiChange {
    AiChange { action: "ai_updated", values, details: None }
}

/// The texts, for history.
fn texts(ai: &InteractionAi) -> Value {
    json!({ "summary": ai.summary, "autoResponse": ai.auto_response })
}

fn expect(interaction: &Interaction, expected: Option<i64>) -> Result<()> {
    match expected {
        Some(expected) if expected != interaction.ai.version => {
            Err(Error::Stale { kind: Kind::Interaction, id: interaction.id.0, current: interaction.ai.version })
        }
        _ => Ok(()),
    }
}
