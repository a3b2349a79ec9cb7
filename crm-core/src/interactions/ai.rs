//! Reading and writing what a language model has made of an interaction, which is no write of the interaction itself.

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use serde_json::{Value, json};

use super::model::Interaction;
use super::{repo, row};
use crate::ai::InteractionAi;
use crate::base::error::{Kind, Result};
use crate::base::ids::InteractionId;
use crate::journal::{ChangeRecord, FieldChange};
use crate::scope::actor::{Action, Resource};
use crate::scope::{CompanyScope, CompanyTx};

/// The interaction, for an actor who may change it.
pub(crate) async fn lock_for_user(tx: &CompanyTx<'_>, id: InteractionId) -> Result<Interaction> {
    tx.authorize_any(Resource::Interactions, Action::Update, id.0)?;
    let interaction = repo::locked(tx, None, id).await?;
    tx.authorize_write(&interaction, Action::Update, None)?;
    Ok(interaction)
}

/// The interaction, in the trash or not; none if it was removed.
pub(crate) async fn read_for_job(scope: &CompanyScope<'_>, id: InteractionId) -> Result<Option<Interaction>> {
    scope.find::<row::Entity>().by_id(id).select(&row::COLUMNS).one().await
}

/// The same, locked.
pub(crate) async fn lock_for_job(tx: &CompanyTx<'_>, id: InteractionId) -> Result<Option<Interaction>> {
    tx.find::<row::Entity>().by_id(id).select(&row::COLUMNS).for_no_key_update().one().await
}

/// How a write of the language model's part is recorded.
pub(crate) struct AiChange {
    /// The action in history, audit and events.
    pub action: &'static str,
    /// The old and the new value in history; only the state if absent.
    pub values: Option<(Value, Value)>,
    /// Details for the audit trail.
    pub details: Option<Value>,
}

/// Stores what a language model has made of a locked interaction, without a new version of it.
pub(crate) async fn store_ai(
    tx: &mut CompanyTx<'_>,
    interaction: &Interaction,
    mut ai: InteractionAi,
    change: AiChange,
) -> Result<InteractionAi> {
    ai.version = interaction.ai.version + 1;
    let update = Query::update()
        .table(row::TABLE)
        .value("ai", ai.stored()?)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(Expr::col("id").eq(interaction.id.0))
        .to_owned();
    tx.execute(&update).await?;
    let state = |ai: &InteractionAi| json!({ "state": ai.state });
    let (from, to) = change.values.unwrap_or_else(|| (state(&interaction.ai), state(&ai)));
    tx.record_change(ChangeRecord {
        kind: Kind::Interaction,
        id: Some(interaction.id.0),
        version: interaction.version,
        action: change.action,
        at: tx.after(interaction),
        changes: vec![FieldChange { field: "ai".to_owned(), from, to }],
        details: change.details,
        private_to: None,
        customer: Some(interaction.customer_id),
        origin: None,
        tags: Vec::new(),
        customers: Vec::new(),
    });
    tx.touch(Kind::Interaction, interaction.id.0);
    Ok(ai)
}
