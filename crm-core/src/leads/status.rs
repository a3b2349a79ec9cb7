//! The status of a lead: which one it gets, and what goes with a loss.

use super::held::{Held, Own};
use crate::base::error::{Conflict, Result, Violations};
use crate::base::string_enum::canonical;
use crate::lead_statuses::{self, LeadStatus, LeadStatusRef, LeadStatusType};
use crate::scope::CompanyTx;

/// Gives the lead the status that a write names. A new lead without one begins in the default.
///
/// # Errors
/// [`Error::Invalid`](crate::Error::Invalid) for a status that there is not, and for a reason of a loss that is missing, or
/// that there is none of; [`Conflict::LeadStatusMove`] by the table of moves.
pub(super) async fn settle(
    tx: &mut CompanyTx<'_>,
    before: Option<&Held>,
    named: Option<LeadStatusRef>,
    after: &mut Held,
) -> Result<()> {
    Statuses::default().settle(tx, before, named, after).await
}

/// The statuses that the leads of one transaction get: each is looked up once.
#[derive(Debug, Default)]
pub(crate) struct Statuses(Vec<(Option<LeadStatusRef>, LeadStatus)>);

impl Statuses {
    /// [`settle`] for one of many leads.
    pub(super) async fn settle(
        &mut self,
        tx: &mut CompanyTx<'_>,
        before: Option<&Held>,
        named: Option<LeadStatusRef>,
        after: &mut Held,
    ) -> Result<()> {
        let stays = |before: &Held| named.as_ref().is_none_or(|named| before.own.has(named));
        if !before.is_some_and(stays) {
            let status = self.found(tx, named.as_ref()).await?;
            if before.is_some_and(|before| !before.own.status_type.may_become(status.status_type)) {
                return Err(Conflict::LeadStatusMove.into());
            }
            after.own.enter(tx, status);
        }
        Ok(after.own.settle_loss(before.map(|before| &before.own))?)
    }

    async fn found(&mut self, tx: &mut CompanyTx<'_>, named: Option<&LeadStatusRef>) -> Result<LeadStatus> {
        if let Some((_, status)) = self.0.iter().find(|(asked, _)| asked.as_ref() == named) {
            return Ok(status.clone());
        }
        let status = found(tx, named).await?;
        self.0.push((named.cloned(), status.clone()));
        Ok(status)
    }
}

/// The status that is named, or the default. A company that has none gets the usual ones first.
async fn found(tx: &mut CompanyTx<'_>, named: Option<&LeadStatusRef>) -> Result<LeadStatus> {
    if let Some(status) = lead_statuses::held(tx, named).await? {
        return Ok(status);
    }
    // Another transaction may have added them meanwhile.
    lead_statuses::ensure_usual(tx).await?;
    if let Some(status) = lead_statuses::held(tx, named).await? {
        return Ok(status);
    }
    Err(match named {
        Some(_) => Violations::one("/status", "status_unknown", "the company has no such status, or it is archived"),
        None => Violations::one("/status", "required", "the company has no default status"),
    }
    .into())
}

impl Own {
    /// Whether it has the status with this code, which may have been archived since.
    fn has(&self, named: &LeadStatusRef) -> bool {
        matches!(named, LeadStatusRef::Text(text) if canonical(text) == self.status)
    }

    /// Gives it another status.
    pub fn enter(&mut self, tx: &CompanyTx<'_>, status: LeadStatus) {
        if self.status != status.code {
            self.status_changed_at = tx.now();
        }
        self.status = status.code;
        self.status_name = status.name;
        self.status_type = status.status_type;
        self.requires_reason = status.requires_reason;
    }

    /// Only lost leads have a reason for it; it goes with the status.
    fn settle_loss(&mut self, before: Option<&Self>) -> Result<(), Violations> {
        let mut violations = Violations::default();
        if self.status_type == LeadStatusType::Lost {
            if self.requires_reason && self.lost_reason.is_none() {
                violations.add("/lostReason", "required", "this status needs a reason for the loss");
            }
            return violations.into_result();
        }
        let reason = before.and_then(|before| before.lost_reason.clone());
        let notes = before.and_then(|before| before.lost_notes.clone());
        for (after, before, pointer) in
            [(&self.lost_reason, reason, "/lostReason"), (&self.lost_notes, notes, "/lostNotes")]
        {
            if after.is_some() && *after != before {
                violations.add(pointer, "unexpected", "only a lost lead has a reason for its loss");
            }
        }
        (self.lost_reason, self.lost_notes) = (None, None);
        violations.into_result()
    }
}
