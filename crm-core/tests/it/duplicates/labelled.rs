//! Precision and recall of a scan at the default threshold, on people who are labelled.

use std::collections::{BTreeMap, BTreeSet};

use crm_core::ids::CustomerId;
use testkit::people::{Labelled, labelled};
use testkit::{Suite, TestDatabase};

use super::{company, ids, scan};

/// The set by which weights were chosen.
const TUNED_BY: u64 = 20_261_129;
/// A set that was not looked at when weights were chosen.
const HELD_OUT: u64 = 47_110_815;

const ENTITIES: usize = 900;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite,
        own: [
            the_set_by_which_weights_were_chosen_is_found,
            a_set_that_was_held_out_is_found,
        ]
    );
}

async fn the_set_by_which_weights_were_chosen_is_found(database: TestDatabase) -> anyhow::Result<()> {
    measure(&database, TUNED_BY).await
}

async fn a_set_that_was_held_out_is_found(database: TestDatabase) -> anyhow::Result<()> {
    measure(&database, HELD_OUT).await
}

#[derive(Default)]
struct Counts {
    found: usize,
    all: usize,
}

/// Adds the set, scans, and compares the pairs with the labels: pairs that have no key in common count as missed.
async fn measure(database: &TestDatabase, seed: u64) -> anyhow::Result<()> {
    let (crm, _clock) = company(database).await?;
    let set = labelled(seed, ENTITIES);
    let mut labels: BTreeMap<CustomerId, &Labelled> = BTreeMap::new();
    let mut scope = crm.admin();
    let mut tx = scope.begin().await?;
    for record in &set {
        labels.insert(tx.scope().customers().create(record.customer.clone()).await?.id, record);
    }
    tx.commit().await?;
    let found: BTreeSet<[CustomerId; 2]> = scan(&crm).await?.iter().map(ids).collect();
    let (mut right, mut wrong) = (0, BTreeMap::<String, usize>::new());
    let mut by_kind: BTreeMap<&str, Counts> = BTreeMap::new();
    for pair in &found {
        let [left, other] = pair.map(|id| labels[&id]);
        if left.entity == other.entity {
            right += 1;
        } else {
            let mut kinds = [left.kind, other.kind];
            kinds.sort_unstable();
            *wrong.entry(kinds.join(" and ")).or_default() += 1;
        }
    }
    let mut bases: BTreeMap<usize, CustomerId> = BTreeMap::new();
    for (id, record) in &labels {
        match bases.get(&record.entity) {
            None => drop(bases.insert(record.entity, *id)),
            Some(base) => {
                let mut pair = [*base, *id];
                pair.sort();
                let kind = if record.kind == "base" || record.kind == "organization" {
                    labels[base].kind
                } else {
                    record.kind
                };
                let counts = by_kind.entry(kind).or_default();
                counts.all += 1;
                counts.found += usize::from(found.contains(&pair));
            }
        }
    }
    let all: usize = by_kind.values().map(|counts| counts.all).sum();
    let (precision, recall) = (share(right, found.len()), share(right, all));
    eprintln!("seed {seed}: {} records, precision {precision:.3}, recall {recall:.3}", set.len());
    by_kind.iter().for_each(|(kind, Counts { found, all })| eprintln!("  {kind}: {found} of {all} found"));
    wrong.iter().for_each(|(kinds, count)| eprintln!("  wrong: {kinds}: {count}"));
    anyhow::ensure!(precision >= 0.95 && recall >= 0.9, "precision {precision:.3}, recall {recall:.3}");
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "small numbers")]
fn share(part: usize, all: usize) -> f64 {
    part as f64 / all.max(1) as f64
}
