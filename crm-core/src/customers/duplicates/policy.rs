//! What a write does when the customer may be there already.

use super::super::model::Customer;
use super::candidates::find;
use super::model::DuplicateCandidates;
use super::record::MatchRecord;
use crate::base::error::{Error, Result};
use crate::companies::DuplicatePolicy;
use crate::scope::CompanyTx;
use crate::scope::actor::{Action, Resource};

/// What the caller of a write asks for.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct Asked {
    /// Another policy than that of the company.
    pub policy: Option<DuplicatePolicy>,
    /// Whether the caller is told of candidates.
    pub is_told: bool,
}

/// Refuses a customer that may be there already, or finds the candidates, by the policy. `before` is the customer that is
/// changed: unless something changes that is compared, nothing is done.
pub(in super::super) async fn check(
    tx: &mut CompanyTx<'_>,
    before: Option<&Customer>,
    after: &Customer,
    asked: Asked,
) -> Result<Option<DuplicateCandidates>> {
    let settings = &tx.company.settings;
    let (own, least, refused_from) =
        (settings.duplicate_policy, settings.duplicate_threshold, settings.duplicate_reject_threshold);
    let policy = asked.policy.unwrap_or(own);
    let is_laxer = own == DuplicatePolicy::Reject && refused_from.is_some() && policy != DuplicatePolicy::Reject;
    if is_laxer && !tx.actor().owners(Resource::Customers, Action::Update).are_all() {
        return Err(Error::Forbidden { action: Action::Update, resource: Resource::Customers, id: None });
    }
    let least = match policy {
        DuplicatePolicy::Allow => return Ok(None),
        DuplicatePolicy::Warn if !asked.is_told => return Ok(None),
        DuplicatePolicy::Warn => least,
        DuplicatePolicy::Reject => match refused_from.or(asked.policy.map(|_| least)) {
            Some(from) => from,
            None => return Ok(None),
        },
    };
    let record = MatchRecord::of(after);
    if before.is_some_and(|before| MatchRecord::of(before).is_same_as(&record)) {
        return Ok(None);
    }
    let candidates = find(&tx.scope(), &record, before.map(|before| before.id.0), least).await?;
    if candidates.is_empty() {
        return Ok(None);
    }
    if policy == DuplicatePolicy::Reject {
        let candidates = serde_json::to_value(candidates).map_err(Error::internal)?;
        return Err(Error::PossibleDuplicate { candidates: Box::new(candidates) });
    }
    Ok(Some(candidates))
}
