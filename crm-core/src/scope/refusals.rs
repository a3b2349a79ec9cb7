//! Writes refusals to the audit trail. Of repeated refusals only the first are written, the others are counted.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{DatabaseConnection, DatabaseTransaction};

use super::actor::Actor;
use super::company::Company;
use super::executor::Database;
use super::prepare::mirror;
use super::tx::begin_on;
use super::{CompanyScope, Crm};
use crate::base::error::{Error, Result};
use crate::base::ids::CompanyId;
use crate::base::rights::{Action, ActorRef, Reach, Resource};
use crate::journal::audit::{self, Repeated};

/// The number of refusals per actor and action that are written within [`WINDOW`].
const WRITTEN: u64 = 5;
const WINDOW: TimeDelta = TimeDelta::minutes(1);
/// With this many companies, old entries are removed.
const TIDY_FROM: usize = 1_024;

/// The refusals of the last minute, by company.
#[derive(Default)]
pub(crate) struct Refusals(Mutex<HashMap<CompanyId, HashMap<Refused, Burst>>>);

/// The actor and the action of a refusal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Refused {
    actor: ActorRef,
    resource: Resource,
    action: Action,
}

/// The number of refusals, the start of the window, and the number of those that were not written.
#[derive(Clone, Copy, Debug)]
struct Burst {
    since: DateTime<Utc>,
    count: u64,
    unwritten: u64,
}

impl Burst {
    fn is_over(&self, now: DateTime<Utc>) -> bool {
        now - self.since >= WINDOW
    }
}

impl Refusals {
    /// Counts a refusal. Returns whether to write it, and the counts of past windows.
    fn count(&self, company: CompanyId, refused: Refused, now: DateTime<Utc>) -> (bool, Vec<Repeated>) {
        let mut companies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if companies.len() >= TIDY_FROM {
            companies.retain(|_, bursts| bursts.values().any(|burst| burst.unwritten > 0 || !burst.is_over(now)));
        }
        let bursts = companies.entry(company).or_default();
        let over = take(bursts, |burst| burst.is_over(now));
        bursts.retain(|_, burst| !burst.is_over(now));
        let burst = bursts.entry(refused).or_insert(Burst { since: now, count: 0, unwritten: 0 });
        burst.count += 1;
        let is_written = burst.count <= WRITTEN;
        burst.unwritten += u64::from(!is_written);
        (is_written, over)
    }

    /// All refusals that were only counted.
    fn take_all(&self) -> Vec<(CompanyId, Vec<Repeated>)> {
        let mut companies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all = companies.iter_mut().map(|(company, bursts)| (*company, take(bursts, |_| true)));
        all.filter(|(_, repeated)| !repeated.is_empty()).collect()
    }
}

fn take(bursts: &mut HashMap<Refused, Burst>, which: impl Fn(&Burst) -> bool) -> Vec<Repeated> {
    let unwritten = bursts.iter_mut().filter(|(_, burst)| burst.unwritten > 0 && which(burst));
    let repeated = unwritten.map(|(refused, burst)| {
        let count = std::mem::take(&mut burst.unwritten);
        let Refused { actor, resource, action } = refused.clone();
        Repeated { actor, resource, action, since: burst.since, count }
    });
    repeated.collect()
}

/// Audits a refusal in a separate transaction; other errors are not audited.
pub(super) async fn record(outer: Database<'_>, crm: &Crm, actor: &Actor, error: &Error) -> Result<()> {
    let Error::Forbidden { action, resource, .. } = *error else {
        return Ok(());
    };
    let refused = Refused { actor: ActorRef::from(actor), resource, action };
    let (is_written, repeated) = crm.0.refusals.count(actor.company, refused, crm.now());
    if !is_written && repeated.is_empty() {
        return Ok(());
    }
    let tx = begin_on(outer).await?;
    mirror(Database::Transaction(&tx), crm, actor, false, Company::ensure_open).await?;
    write(&tx, crm, actor.company, repeated).await?;
    if is_written {
        audit::record_refusal(&tx, &crm.recorder(actor), error).await?;
    }
    Ok(tx.commit().await?)
}

async fn write(tx: &DatabaseTransaction, crm: &Crm, company: CompanyId, repeated: Vec<Repeated>) -> Result<()> {
    if repeated.is_empty() {
        return Ok(());
    }
    audit::record_repeated(tx, &crm.0.source, company, repeated).await
}

/// Writes the refusals that were only counted, and returns the number of entries.
pub(crate) async fn record_repeated(crm: &Crm, db: &DatabaseConnection) -> Result<u64> {
    let mut written = 0;
    for (company, repeated) in crm.0.refusals.take_all() {
        written += repeated.len() as u64;
        let tx = super::begin_write(db).await?;
        write(&tx, crm, company, repeated).await?;
        tx.commit().await?;
    }
    Ok(written)
}

impl CompanyScope<'_> {
    /// The reach of the actor's right to read. A refusal is audited, except in a host's transaction: it would need a
    /// savepoint, and savepoints of two readers could overlap.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without this right.
    pub(crate) async fn authorize_read(&self, resource: Resource, action: Action) -> Result<Reach> {
        match self.reach(resource, action) {
            Ok(reach) => self.resolve_access().await.map(|()| reach),
            Err(refusal) => Err(self.refuse(refusal).await),
        }
    }

    /// Audits the refusal of a read, and returns the error.
    pub(crate) async fn refuse(&self, refusal: Error) -> Error {
        let Database::Pool(pool) = self.database() else {
            return refusal;
        };
        let recorded = async {
            let _slot = pool.slots.take().await?;
            record(self.database(), &self.crm, &self.actor, &refusal).await
        };
        recorded.await.err().unwrap_or(refusal)
    }
}
