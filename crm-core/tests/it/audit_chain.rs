//! The chain that seals the audit trail: an untouched trail verifies, and each way of tampering is found at its place.

mod laws;
mod tampering;

use std::time::Duration;

use crm_core::actor::Role;
use crm_core::audit::{AuditFault, AuditFaultKind as Fault, AuditHead, AuditVerification, VerifyAudit};
use crm_core::clock::Clock;
use crm_core::ids::AuditId;
use crm_core::jobs::{JobOptions, JobState};
use crm_core::{Crm, Error};
use sea_orm::{ConnectionTrait, Statement, Value};
use testkit::{Backend, FixedClock, Suite, TestDatabase};
use uuid::Uuid;

use crate::support::{TestCrm, assert_matches};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        databases: [
            what_is_sealed_is_counted_and_verifies,
            what_commits_late_is_sealed_by_a_later_batch,
            what_commits_very_late_is_told_of,
            a_transaction_that_is_open_while_others_are_sealed_is_sealed_later,
            entries_that_become_private_still_verify,
            what_is_pruned_leaves_a_chain_that_verifies,
            only_administrators_see_how_far_it_is_sealed,
        ];
        own: [all_companies_are_sealed_and_another_look_finds_nothing, a_job_verifies_and_its_result_is_kept]
    );
    laws::register(suite);
    tampering::register(suite);
}

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A company whose audit trail is sealed in batches of three.
struct Trail {
    crm: TestCrm,
    clock: FixedClock,
}

/// A sealed entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    id: Uuid,
    batch: i64,
    position: i64,
}

impl Trail {
    fn new(database: &TestDatabase) -> Self {
        let clock = FixedClock::default();
        Self { crm: TestCrm::with(database, Crm::builder().clock(clock.clone())), clock }
    }

    fn of_another_company(&self) -> Self {
        Self { crm: self.crm.other_company(), clock: self.clock.clone() }
    }

    /// Adds customers, a second apart, each with one entry.
    async fn write(&self, customers: usize) -> anyhow::Result<()> {
        for _ in 0..customers {
            self.clock.advance(Duration::from_secs(1));
            self.crm.named("Lee & Co").await?;
        }
        Ok(())
    }

    async fn seal(&self) -> anyhow::Result<u64> {
        let chain = self.crm.crm.audit_chain(&self.crm.db).batches_of(3);
        Ok(chain.seal(self.crm.company).await?)
    }

    async fn verify(&self) -> anyhow::Result<AuditVerification> {
        self.verify_against(&[]).await
    }

    async fn verify_against(&self, anchors: &[AuditHead]) -> anyhow::Result<AuditVerification> {
        Ok(self.crm.crm.audit_chain(&self.crm.db).verify(self.crm.company, anchors).await?)
    }

    async fn head(&self) -> anyhow::Result<AuditHead> {
        self.verify().await?.head.ok_or_else(|| anyhow::anyhow!("nothing is sealed"))
    }

    /// The sealed entries in their order.
    async fn places(&self) -> anyhow::Result<Vec<Place>> {
        let sql = "SELECT entry_id, batch, position FROM crm_audit_seals WHERE company_id = $1 ORDER BY position";
        let values = [Value::from(self.crm.company.0)];
        let rows = Statement::from_sql_and_values(self.crm.db.get_database_backend(), sql, values);
        let rows = self.crm.db.query_all_raw(rows).await?;
        let place = |row: &sea_orm::QueryResult| {
            let (batch, position) = (row.try_get("", "batch")?, row.try_get("", "position")?);
            Ok(Place { id: row.try_get("", "entry_id")?, batch, position })
        };
        rows.iter().map(place).collect()
    }

    /// Changes something behind the CRM's back. `$1` is the company.
    async fn tamper(&self, sql: &str, more: &[Value]) -> anyhow::Result<()> {
        let values = std::iter::once(Value::from(self.crm.company.0)).chain(more.iter().cloned());
        let statement = Statement::from_sql_and_values(self.crm.db.get_database_backend(), sql, values);
        let done = self.crm.db.execute_raw(statement).await?;
        anyhow::ensure!(done.rows_affected() > 0, "{sql} changes nothing");
        Ok(())
    }

    /// All entries are sealed, each at one place, without a hole, and the trail verifies.
    async fn assert_sealed(&self) -> anyhow::Result<AuditVerification> {
        let found = self.verify().await?;
        assert!(found.is_intact(), "{found:?}");
        assert_eq!(found.unsealed_entries, 0, "{found:?}");
        assert_eq!(found.entries, self.crm.count("crm_audit").await?, "{found:?}");
        let positions: Vec<i64> = self.places().await?.iter().map(|place| place.position).collect();
        let first = found.head.as_ref().map_or(0, |head| head.entries) - found.entries + 1;
        assert_eq!(positions, (first..first + found.entries).collect::<Vec<_>>());
        Ok(found)
    }
}

fn fault(kind: Fault, place: Place) -> AuditFault {
    let (batch, position) = (Some(place.batch), Some(place.position));
    AuditFault { kind, batch, position, entry_id: Some(AuditId(place.id)) }
}

fn of_batch(kind: Fault, batch: i64) -> AuditFault {
    AuditFault { kind, batch: Some(batch), position: None, entry_id: None }
}

async fn what_is_sealed_is_counted_and_verifies(database: TestDatabase) -> anyhow::Result<()> {
    let trail = Trail::new(&database);
    assert_eq!(trail.seal().await?, 0, "nothing is sealed of a company without entries");
    assert_eq!(trail.verify().await?.head, None);
    trail.write(7).await?;
    let found = trail.verify().await?;
    assert!(found.is_intact());
    assert_eq!((found.head, found.unsealed_entries), (None, 7));
    assert_eq!(trail.seal().await?, 7);
    let found = trail.assert_sealed().await?;
    assert_eq!((found.batches, found.entries), (3, 7));
    let head = trail.head().await?;
    assert_eq!((head.company_id, head.batch, head.entries, head.hash.len()), (trail.crm.company, 3, 7, 64));
    assert_eq!(trail.seal().await?, 0);
    assert_eq!(trail.head().await?, head, "a look that finds nothing changes nothing");
    // A refusal and a read are entries like any other.
    assert_matches!(trail.crm.scope(Role::Viewer).audit().chain().await, Err(Error::Forbidden { .. }));
    trail.crm.admin().audit().list(None, &Default::default()).await?;
    assert_eq!(trail.seal().await?, 2);
    let found = trail.verify_against(std::slice::from_ref(&head)).await?;
    assert!(found.is_intact() && found.batches == 4, "an earlier head is one of the chain: {found:?}");
    let foreign = AuditHead { company_id: crm_core::ids::CompanyId(Uuid::new_v4()), ..head };
    assert!(trail.verify_against(&[foreign]).await?.is_intact(), "anchors of others are passed over");
    Ok(())
}

/// Writes something that carries a time so long before the last.
async fn write_late(trail: &Trail, by: Duration) -> anyhow::Result<()> {
    let now = trail.clock.now();
    trail.clock.set(now - by);
    trail.crm.named("Late").await?;
    trail.clock.set(now);
    Ok(())
}

async fn what_commits_late_is_sealed_by_a_later_batch(database: TestDatabase) -> anyhow::Result<()> {
    let trail = Trail::new(&database);
    trail.write(4).await?;
    assert_eq!(trail.seal().await?, 4);
    // The usual look goes back some minutes.
    write_late(&trail, 2 * MINUTE).await?;
    assert_eq!(trail.seal().await?, 1);
    trail.assert_sealed().await?;
    // The hourly look goes back a day.
    write_late(&trail, 5 * HOUR).await?;
    write_late(&trail, 5 * HOUR).await?;
    trail.write(2).await?;
    assert_eq!(trail.seal().await?, 2);
    assert_eq!(trail.verify().await?.unsealed_entries, 2);
    trail.clock.advance(HOUR);
    assert_eq!(trail.seal().await?, 2);
    let found = trail.assert_sealed().await?;
    assert_eq!(found.head.map(|head| (head.batch, head.entries)), Some((5, 9)));
    Ok(())
}

async fn what_commits_very_late_is_told_of(database: TestDatabase) -> anyhow::Result<()> {
    let trail = Trail::new(&database);
    trail.write(2).await?;
    trail.clock.advance(3 * DAY);
    trail.write(2).await?;
    assert_eq!(trail.seal().await?, 4);
    trail.assert_sealed().await?;
    write_late(&trail, 2 * DAY).await?;
    let found = trail.verify().await?;
    assert_eq!((found.fault_count, found.faults[0].kind, found.faults[0].batch), (1, Fault::EntryBackdated, None));
    Ok(())
}

async fn a_transaction_that_is_open_while_others_are_sealed_is_sealed_later(
    database: TestDatabase,
) -> anyhow::Result<()> {
    let trail = Trail::new(&database);
    trail.write(1).await?;
    if trail.crm.backend == Backend::Sqlite {
        // Its only writer commits in order.
        return Ok(());
    }
    let mut tx = crm_core::begin_write(&trail.crm.db).await?;
    let early = crm_core::customers::NewCustomer::organization("Early");
    trail.crm.crm.within(trail.crm.actor(Role::Admin), &mut tx).customers().create(early).await?;
    trail.write(4).await?;
    assert_eq!(trail.seal().await?, 5);
    tx.commit().await?;
    assert_eq!(trail.verify().await?.unsealed_entries, 1);
    assert_eq!(trail.seal().await?, 1);
    trail.assert_sealed().await?;
    Ok(())
}

async fn entries_that_become_private_still_verify(database: TestDatabase) -> anyhow::Result<()> {
    let trail = Trail::new(&database);
    trail.write(3).await?;
    trail.seal().await?;
    let hide = "UPDATE crm_audit SET private_to = $2 WHERE company_id = $1";
    trail.tamper(hide, &[trail.crm.user(Role::Admin).0.into()]).await?;
    trail.assert_sealed().await?;
    Ok(())
}

async fn what_is_pruned_leaves_a_chain_that_verifies(database: TestDatabase) -> anyhow::Result<()> {
    let trail = Trail::new(&database);
    let began = trail.clock.now();
    trail.write(7).await?;
    trail.seal().await?;
    let anchor = trail.head().await?;
    trail.clock.advance(400 * DAY);
    trail.write(2).await?;
    trail.seal().await?;
    let chain = trail.crm.crm.audit_chain(&trail.crm.db);
    let none = chain.prune(trail.crm.company, began).await?;
    assert_eq!((none.batches, none.entries), (0, 0));
    let pruned = chain.prune(trail.crm.company, began + DAY).await?;
    assert_eq!((pruned.batches, pruned.entries), (3, 7));
    assert_eq!(trail.crm.count("crm_audit").await?, 3, "what is left, and the entry that tells of it");
    let found = trail.verify_against(std::slice::from_ref(&anchor)).await?;
    assert!(found.is_intact(), "{found:?}");
    assert_eq!((found.pruned_batch, found.batches, found.entries, found.unsealed_entries), (3, 4, 2, 1));
    trail.seal().await?;
    trail.assert_sealed().await?;
    // The rest is pruned too, with the entry that told of it.
    trail.clock.advance(400 * DAY);
    let now = trail.clock.now();
    assert_eq!(chain.prune(trail.crm.company, now).await?.entries, 3);
    let found = trail.verify_against(&[anchor]).await?;
    assert!(found.is_intact(), "{found:?}");
    assert_eq!((found.pruned_batch, found.entries, found.unsealed_entries), (5, 0, 1));
    Ok(())
}

async fn only_administrators_see_how_far_it_is_sealed(database: TestDatabase) -> anyhow::Result<()> {
    let trail = Trail::new(&database);
    trail.write(4).await?;
    let state = trail.crm.admin().audit().chain().await?;
    assert_eq!((state.head, state.sealed_entries, state.unsealed_entries), (None, 0, 4));
    trail.seal().await?;
    trail.write(1).await?;
    let state = trail.crm.admin().audit().chain().await?;
    assert_eq!((state.sealed_entries, state.unsealed_entries, state.pruned_batch), (4, 1, 0));
    assert_eq!((state.head, state.last_verification), (Some(trail.head().await?), None));
    for role in [Role::Manager, Role::SalesRep, Role::Support, Role::Viewer] {
        assert_matches!(trail.crm.scope(role).audit().chain().await, Err(Error::Forbidden { .. }));
        assert_matches!(trail.crm.scope(role).audit().verify().await, Err(Error::Forbidden { .. }));
    }
    Ok(())
}

async fn all_companies_are_sealed_and_another_look_finds_nothing(database: TestDatabase) -> anyhow::Result<()> {
    let trail = Trail::new(&database);
    let other = trail.of_another_company();
    trail.write(2).await?;
    other.write(3).await?;
    other.crm.set_state("suspended").await?;
    let chain = trail.crm.crm.audit_chain(&trail.crm.db);
    assert_eq!(chain.seal_all().await?, 5);
    assert_eq!(chain.seal_all().await?, 0);
    let mut heads: Vec<_> = chain.heads().await?.iter().map(|head| head.company_id).collect();
    let mut companies = [trail.crm.company, other.crm.company];
    heads.sort_unstable();
    companies.sort_unstable();
    assert_eq!(heads, companies);
    // What came late is found within the hour.
    write_late(&trail, 5 * HOUR).await?;
    assert_eq!(chain.seal_all().await?, 0);
    trail.clock.advance(HOUR);
    assert_eq!(chain.seal_all().await?, 1);
    trail.assert_sealed().await?;
    Ok(())
}

async fn a_job_verifies_and_its_result_is_kept(database: TestDatabase) -> anyhow::Result<()> {
    let trail = Trail::new(&database);
    trail.write(4).await?;
    for faults in [0, 1] {
        let job = trail.crm.admin().audit().verify().await?;
        assert_eq!((job.kind.as_str(), job.id), (VerifyAudit::KIND, trail.crm.admin().audit().verify().await?.id));
        trail.crm.crm.run_due_jobs(&trail.crm.db, &JobOptions::default()).await?;
        let job = trail.crm.admin().jobs().get(job.id).await?;
        assert_eq!(job.state, JobState::Done);
        let found: AuditVerification = serde_json::from_value(job.result.unwrap_or_default())?;
        assert_eq!((found.fault_count, found.faults.len()), (faults, faults as usize), "{found:?}");
        let state = trail.crm.admin().audit().chain().await?;
        let last = state.last_verification.expect("a verification");
        assert_eq!((last.faults, Some(last.batch)), (faults, found.head.map(|head| head.batch)));
        let first = trail.places().await?[0];
        let edit = "UPDATE crm_audit SET action = 'deleted' WHERE company_id = $1 AND id = $2";
        trail.tamper(edit, &[first.id.into()]).await?;
    }
    Ok(())
}
