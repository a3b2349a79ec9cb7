//! Whatever is written and sealed in whatever order, an untouched trail verifies; with many writers at once too.

use std::time::Duration;

use crm_core::audit::AuditFaultKind as Fault;
use crm_core::clock::Clock;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use testkit::{Suite, TestDatabase};
use tokio::task::JoinSet;

use super::{HOUR, MINUTE, Trail, fault};
use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        any_sequence_of_writes_and_looks_verifies,
        a_trail_with_many_writers_always_verifies,
    ]);
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// A write whose time is so many minutes ago.
    Write(u32),
    Seal,
    /// So many minutes pass.
    Wait(u32),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => prop_oneof![Just(0_u32), 0_u32..4, 0_u32..1_200].prop_map(Step::Write),
        2 => Just(Step::Seal),
        1 => (1_u32..180).prop_map(Step::Wait),
    ];
    proptest::collection::vec(step, 4..20)
}

async fn any_sequence_of_writes_and_looks_verifies(database: TestDatabase) -> anyhow::Result<()> {
    let base = Trail::new(&database);
    let mut runner = TestRunner::deterministic();
    for _ in 0..testkit::bounded(8, 40) {
        let trail = base.of_another_company();
        let sequence = steps().new_tree(&mut runner).expect("a sequence").current();
        for step in &sequence {
            match *step {
                Step::Write(minutes) => super::write_late(&trail, minutes * MINUTE).await?,
                Step::Seal => {
                    trail.seal().await?;
                }
                Step::Wait(minutes) => trail.clock.advance(minutes * MINUTE),
            }
            let found = trail.verify().await?;
            assert!(found.is_intact(), "{sequence:?}: {found:?}");
        }
        trail.seal().await?;
        trail.clock.advance(2 * HOUR);
        trail.seal().await?;
        trail.assert_sealed().await.map_err(|error| error.context(format!("{sequence:?}")))?;
        let Some(place) = trail.places().await?.last().copied() else { continue };
        let edit = "UPDATE crm_audit SET occurred_at = $3 WHERE company_id = $1 AND id = $2";
        let later = trail.clock.now() + Duration::from_secs(1);
        trail.tamper(edit, &[place.id.into(), later.into()]).await?;
        assert_eq!(trail.verify().await?.faults, [fault(Fault::EntryChanged, place)], "{sequence:?}");
    }
    Ok(())
}

async fn a_trail_with_many_writers_always_verifies(database: TestDatabase) -> anyhow::Result<()> {
    const WRITERS: usize = 4;
    const WRITES: usize = 6;
    let crm = TestCrm::new(&database);
    crm.named("First").await?;
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let mut scope = crm.admin();
        writers.spawn(async move {
            for _ in 0..WRITES {
                scope.customers().create(crm_core::customers::NewCustomer::organization("Lee & Co")).await?;
            }
            Ok::<(), crm_core::Error>(())
        });
    }
    // Two processes seal at once.
    let elsewhere = crm.other_process();
    let (here, there) = (crm.crm.audit_chain(&crm.db).batches_of(3), elsewhere.crm.audit_chain(&crm.db).batches_of(2));
    while !writers.is_empty() {
        let (one, other) = tokio::join!(here.seal(crm.company), there.seal(crm.company));
        one?;
        other?;
        let found = here.verify(crm.company, &[]).await?;
        assert!(found.is_intact(), "{found:?}");
        while let Some(ended) = writers.try_join_next() {
            ended??;
        }
    }
    here.seal(crm.company).await?;
    let found = here.verify(crm.company, &[]).await?;
    assert!(found.is_intact(), "{found:?}");
    assert_eq!((found.entries, found.unsealed_entries), (1 + (WRITERS * WRITES) as i64, 0));
    Ok(())
}
