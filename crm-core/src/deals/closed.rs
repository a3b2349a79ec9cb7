//! Deals that were won or lost, as events and the host are told of them.

use std::fmt;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::input::{DealPatch, NewDeal};
use super::model::{Deal, DealStatus};
use super::repo::locked;
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::{DealId, JobId};
use crate::base::patch::Patch;
use crate::customers::ExternalRef;
use crate::jobs::{self, JobDone, JobError, JobHandler, JobPolicy, NewJob, RunningJob};
use crate::scope::{Change, CompanyScope, CompanyTx, CrmBuilder, change_record_of};

/// A deal that was won or lost, as a [`ClosedDealHandler`] is told of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClosedDeal {
    /// The deal with its items, as it is at this attempt.
    pub deal: Deal,
    /// The same for all attempts, and another one each time that the deal is closed: the key under which another system
    /// makes an order once.
    pub key: JobId,
}

/// What another system has made of a deal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DealRefs {
    /// The order; that of the deal stays without one.
    pub order_ref: Option<ExternalRef>,
    /// Invoices, which are added to those of the deal.
    pub invoice_refs: Vec<ExternalRef>,
}

impl DealRefs {
    /// This order.
    #[must_use]
    pub fn order(system: impl Into<String>, id: impl Into<String>) -> Self {
        Self { order_ref: Some(ExternalRef::new(system, id)), ..Self::default() }
    }

    /// The deal with these references.
    fn written(self, deal: &Deal) -> NewDeal {
        let mut invoices = deal.invoice_refs.clone();
        for invoice in self.invoice_refs {
            if !invoices.contains(&invoice) {
                invoices.push(invoice);
            }
        }
        let order_ref = self.order_ref.map_or(Patch::Absent, Patch::Set);
        DealPatch { order_ref, invoice_refs: Patch::Set(invoices), ..DealPatch::default() }.apply(deal)
    }
}

/// Is told of deals that were won or lost: it makes an order of one in an ERP. Passed to
/// [`CrmBuilder::closed_deal_handler`].
///
/// It is called by a job, after the transaction that has closed the deal and outside of any other one; at least once for
/// each time that a deal is closed, one deal's turns in their order. A deal that has been opened again, or is in the trash,
/// when its turn comes is left out.
#[async_trait]
pub trait ClosedDealHandler: Send + Sync + 'static {
    /// How often and when it is called again.
    fn policy(&self) -> JobPolicy {
        JobPolicy::default()
    }

    /// A deal was won. What is made of it is written to the deal. `scope` has all rights of the system, for example to
    /// read the customer.
    ///
    /// # Errors
    /// [`JobError::retry`] to be called again, [`JobError::give_up`] to leave a dead letter, which can be retried.
    async fn won(&self, scope: &mut CompanyScope<'_>, closed: &ClosedDeal) -> Result<DealRefs, JobError>;

    /// A deal was lost. By default nothing is done.
    ///
    /// # Errors
    /// Like those of [`ClosedDealHandler::won`].
    async fn lost(&self, scope: &mut CompanyScope<'_>, closed: &ClosedDeal) -> Result<(), JobError> {
        let _ = (scope, closed);
        Ok(())
    }
}

/// Tells the host of a deal that was won or lost, and writes to the deal what was made of it.
pub struct TellClosedDeal(Box<dyn ClosedDealHandler>);

impl fmt::Debug for TellClosedDeal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TellClosedDeal").finish_non_exhaustive()
    }
}

impl TellClosedDeal {
    /// The kind.
    pub const KIND: &'static str = "crm.tell_closed_deal";
}

impl CrmBuilder {
    /// Sets what is told of deals that are won or lost, in jobs of the kind [`TellClosedDeal::KIND`]. Without it there are
    /// no such jobs, so every process that writes deals has one.
    #[must_use]
    pub fn closed_deal_handler(self, handler: impl ClosedDealHandler) -> Self {
        self.job_handler(TellClosedDeal(Box::new(handler)))
    }
}

/// Which end of a deal a job is about.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct End {
    deal_id: DealId,
    closed_at: DateTime<Utc>,
}

/// What a write that makes the deal `after` is called: its end, if it is one.
pub(super) fn change(before: Option<&Deal>, after: &Deal) -> Change {
    let has_changed = before.is_none_or(|before| before.status != after.status);
    match after.status {
        DealStatus::Won if has_changed => Change::Won,
        DealStatus::Lost if has_changed => Change::Lost,
        _ => Change::Updated,
    }
}

/// Records that a deal was closed when it was added.
pub(super) fn record_end(tx: &mut CompanyTx<'_>, deal: &Deal) {
    let change = change(None, deal);
    if change != Change::Updated {
        tx.record_change(change_record_of(deal, change.as_str(), tx.after(deal), Vec::new()));
    }
}

/// Enqueues the job that tells the host, if this write has closed the deal and the host is to be told.
pub(super) async fn tell(tx: &mut CompanyTx<'_>, before: Option<&Deal>, after: &Deal) -> Result<()> {
    let is_told = tx.crm().0.jobs.handlers.contains_key(TellClosedDeal::KIND);
    let Some(closed_at) = after.closed_at.filter(|_| is_told && change(before, after) != Change::Updated) else {
        return Ok(());
    };
    let end = json!(End { deal_id: after.id, closed_at });
    let job = NewJob::new(TellClosedDeal::KIND, end).of_record(format!("deal:{}", after.id));
    jobs::enqueue(tx, vec![job]).await.map(drop)
}

#[async_trait]
impl JobHandler for TellClosedDeal {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn policy(&self) -> JobPolicy {
        self.0.policy()
    }

    async fn run(&self, job: &mut RunningJob) -> Result<JobDone, JobError> {
        let (End { deal_id, closed_at }, key) = (job.payload()?, job.id());
        let deal = found(job.scope().deals().get(deal_id).await)?.filter(|deal| deal.closed_at == Some(closed_at));
        let Some(deal) = deal else {
            return job.begin().await?.complete(json!({ "told": false })).await;
        };
        let closed = ClosedDeal { deal, key };
        let refs = match closed.deal.status {
            DealStatus::Won => self.0.won(job.scope(), &closed).await?,
            _ => {
                self.0.lost(job.scope(), &closed).await?;
                DealRefs::default()
            }
        };
        let result = json!({ "told": true, "orderRef": refs.order_ref, "invoiceRefs": refs.invoice_refs });
        let mut tx = job.begin().await?;
        if refs != DealRefs::default() {
            // What was made stays, though the deal may be gone by now; the result tells of it all the same.
            found(tx.scope().write(async |tx| keep(tx, deal_id, refs).await).await)?;
        }
        tx.complete(result).await
    }
}

/// Writes to a deal what was made of it, be it open again or in the trash.
async fn keep(tx: &mut CompanyTx<'_>, id: DealId, refs: DealRefs) -> Result<Deal> {
    let before = locked(tx, id).await?;
    let mut after = before.clone();
    refs.written(&before).validated(Some(&before))?.write(&mut after);
    tx.update(&before, &mut after, Change::Updated).await?;
    Ok(after)
}

/// The deal, if it is there.
fn found(deal: Result<Deal>) -> Result<Option<Deal>> {
    match deal {
        Ok(deal) => Ok(Some(deal)),
        Err(Error::NotFound { kind: Kind::Deal, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}
