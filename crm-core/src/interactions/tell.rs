//! Who learns of a write of an interaction.

use super::model::{Interaction, InteractionStatus};
use crate::base::error::Result;
use crate::leads;
use crate::notifications::{self, Notice, NotificationKind, NotifiedRecord};
use crate::scope::CompanyTx;
use crate::scope::actor::ActorKind;

/// Notifies a new owner of what is still to be done, and the users that the content mentions. A lead may be answered by it.
pub(super) fn tell(tx: &mut CompanyTx<'_>, before: Option<&Interaction>, after: &Interaction) -> Result<()> {
    let known = before.and_then(|before| before.owner_id);
    let owner = after.owner_id.filter(|owner| after.status.is_open() && Some(*owner) != known);
    notifications::tell(tx, Notice::new(NotificationKind::Assigned, NotifiedRecord::Interaction, after.id), owner)?;
    let was_completed = before.is_some_and(|before| before.status == InteractionStatus::Completed);
    if !was_completed && tx.actor().kind() == ActorKind::User && tx.origin.is_none() && after.is_response() {
        leads::note_response(tx, after.customer_id, after.completed_at.unwrap_or(tx.now()));
    }
    let content = before.and_then(|before| before.content.as_deref());
    notifications::mention(tx, (NotifiedRecord::Interaction, after.id.0), content, after.content.as_deref())
}
