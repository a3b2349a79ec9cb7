//! What a write of an interaction means for its summary. It costs one statement: the job, in the transaction of the write.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::consent::allowed;
use super::job::SummarizeInteraction;
use super::model::{AiState, InteractionAi};
use super::prompt::input_hash;
use crate::base::error::Result;
use crate::base::ids::InteractionId;
use crate::interactions::Interaction;
use crate::jobs::{self, NewJob};
use crate::scope::CompanyTx;

/// The payload of a job.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Task {
    pub interaction_id: InteractionId,
    /// What is to be summarised: a job for an older content does nothing.
    pub input_hash: String,
}

/// Sets the state of the summary of an interaction that is about to be written, and gives the job that makes it.
/// `before` is the stored interaction, if it exists.
pub(crate) fn plan(tx: &CompanyTx<'_>, before: Option<&Interaction>, after: &mut Interaction) -> Option<NewJob> {
    let is_on = allowed(tx.crm(), &tx.company.settings).is_ok();
    let untouched = before.is_none_or(|before| before.ai.version == 1);
    if !is_on && untouched {
        return None;
    }
    let hash = input_hash(after);
    if before.is_some_and(|before| input_hash(before) == hash) {
        return None;
    }
    let (known, version) = (&after.ai, after.ai.version + 1);
    let is_kept = known.is_edited() || (!is_on && known.has_text());
    if is_kept {
        let is_outdated = known.input_hash.as_ref() != Some(&hash);
        if is_outdated != known.is_outdated {
            after.ai = InteractionAi { is_outdated, version, ..known.clone() };
        }
        return None;
    }
    if !is_on || !has_content(after) {
        if !untouched {
            after.ai = InteractionAi::in_state(AiState::None, None, version);
        }
        return None;
    }
    after.ai = InteractionAi::in_state(AiState::Pending, None, version);
    Some(job(after.id, hash))
}

/// Whether there is something to summarise.
pub(super) const fn has_content(interaction: &Interaction) -> bool {
    // Stored contents are not blank.
    interaction.content.is_some()
}

/// The job for this content. It is no job of the record, which would cost a statement more: the digest tells which of
/// several jobs counts, whatever their order.
pub(super) fn job(id: InteractionId, input_hash: String) -> NewJob {
    let key = format!("{id}:{input_hash}");
    let task = Task { interaction_id: id, input_hash };
    NewJob::new(SummarizeInteraction::KIND, json!(task)).unique(key)
}

/// Enqueues what [`plan`] gave.
pub(crate) async fn enqueue(tx: &mut CompanyTx<'_>, job: Option<NewJob>) -> Result<()> {
    match job {
        Some(job) => jobs::enqueue(tx, vec![job]).await.map(drop),
        None => Ok(()),
    }
}
