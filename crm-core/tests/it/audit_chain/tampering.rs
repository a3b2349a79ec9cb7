//! Each way of tampering, by SQL behind the CRM's back: found, and at which place.

use crm_core::audit::{AuditFault, AuditFaultKind as Fault};
use crm_core::clock::Clock;
use crm_core::ids::AuditId;
use sea_orm::Value;
use testkit::{Suite, TestDatabase};
use uuid::Uuid;

use super::{DAY, Place, Trail, fault, of_batch};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, databases: [
        an_entry_that_is_edited_is_found_whatever_is_edited,
        entries_that_are_removed_are_found,
        entries_that_are_swapped_are_found,
        entries_that_are_added_are_found,
        batches_that_are_edited_or_removed_are_found,
        a_chain_that_is_cut_off_or_written_anew_is_found_by_an_anchor,
        a_false_claim_of_pruning_is_found,
    ]);
}

/// A trail of seven entries in three batches.
async fn sealed(trail: &Trail) -> anyhow::Result<(Trail, Vec<Place>)> {
    let trail = trail.of_another_company();
    trail.write(7).await?;
    trail.seal().await?;
    trail.assert_sealed().await?;
    let places = trail.places().await?;
    Ok((trail, places))
}

async fn faults(trail: &Trail) -> anyhow::Result<Vec<AuditFault>> {
    Ok(trail.verify().await?.faults)
}

async fn an_entry_that_is_edited_is_found_whatever_is_edited(database: TestDatabase) -> anyhow::Result<()> {
    let (trail, places) = sealed(&Trail::new(&database)).await?;
    let later = trail.clock.now();
    let edits: [(&str, Option<Value>); 10] = [
        ("entity = 'note'", None),
        ("entity_id = NULL", None),
        ("action = 'deleted'", None),
        ("request_id = 'another'", None),
        ("actor_kind = 'system'", None),
        ("actor_id = NULL", None),
        ("outcome = 'denied'", None),
        ("fields = '{\"fields\":[],\"details\":{}}'", None),
        ("address = '203.0.113.9'", None),
        ("occurred_at = $3", Some(later.into())),
    ];
    let mut expected = Vec::new();
    for (number, (set, more)) in edits.into_iter().enumerate() {
        // Of several entries in turn, so that all are told of.
        let place = places[number % places.len()];
        let values: Vec<Value> = std::iter::once(place.id.into()).chain(more).collect();
        trail.tamper(&format!("UPDATE crm_audit SET {set} WHERE company_id = $1 AND id = $2"), &values).await?;
        let told = fault(Fault::EntryChanged, place);
        if !expected.contains(&told) {
            expected.push(told);
        }
        expected.sort_by_key(|fault| fault.position);
        assert_eq!(faults(&trail).await?, expected, "{set}");
    }
    let (trail, places) = sealed(&trail).await?;
    let edit = "UPDATE crm_audit_seals SET digest = 'another' WHERE company_id = $1 AND entry_id = $2";
    trail.tamper(edit, &[places[4].id.into()]).await?;
    assert_eq!(faults(&trail).await?, [fault(Fault::EntryChanged, places[4])]);
    Ok(())
}

async fn entries_that_are_removed_are_found(database: TestDatabase) -> anyhow::Result<()> {
    const ENTRY: &str = "DELETE FROM crm_audit WHERE company_id = $1 AND id = $2";
    const SEAL: &str = "DELETE FROM crm_audit_seals WHERE company_id = $1 AND entry_id = $2";
    let (trail, places) = sealed(&Trail::new(&database)).await?;
    trail.tamper(ENTRY, &[places[4].id.into()]).await?;
    assert_eq!(faults(&trail).await?, [fault(Fault::EntryMissing, places[4])]);
    // With its seal only the place is known, but for the first and the last of a batch.
    trail.tamper(SEAL, &[places[4].id.into()]).await?;
    let unknown = AuditFault { entry_id: None, ..fault(Fault::EntryMissing, places[4]) };
    assert_eq!(faults(&trail).await?, [unknown]);
    let (trail, places) = sealed(&trail).await?;
    for place in [places[3], places[6]] {
        trail.tamper(ENTRY, &[place.id.into()]).await?;
        trail.tamper(SEAL, &[place.id.into()]).await?;
    }
    assert_eq!(faults(&trail).await?, [places[3], places[6]].map(|place| fault(Fault::EntryMissing, place)));
    Ok(())
}

async fn entries_that_are_swapped_are_found(database: TestDatabase) -> anyhow::Result<()> {
    let (trail, places) = sealed(&Trail::new(&database)).await?;
    let (one, other, free) = (places[1], places[5], Uuid::new_v4());
    for (from, to) in [(one.id, free), (other.id, one.id), (free, other.id)] {
        let swap = "UPDATE crm_audit SET id = $3 WHERE company_id = $1 AND id = $2";
        trail.tamper(swap, &[from.into(), to.into()]).await?;
    }
    let both = [one, other].map(|place| fault(Fault::EntryChanged, place));
    assert_eq!(faults(&trail).await?, both);

    let (trail, places) = sealed(&trail).await?;
    let (one, other) = (places[3], places[4]);
    for (id, position) in [(one.id, 1_000_i64), (other.id, one.position), (one.id, other.position)] {
        let swap = "UPDATE crm_audit_seals SET position = $3 WHERE company_id = $1 AND entry_id = $2";
        trail.tamper(swap, &[id.into(), position.into()]).await?;
    }
    let swapped = [Place { id: other.id, ..one }, Place { id: one.id, ..other }];
    assert_eq!(faults(&trail).await?, swapped.map(|place| fault(Fault::EntryChanged, place)));
    Ok(())
}

/// Adds a copy of an entry with another id and time.
async fn forge(trail: &Trail, of: Place, at: chrono::DateTime<chrono::Utc>) -> anyhow::Result<Uuid> {
    let id = Uuid::new_v4();
    let copy = "INSERT INTO crm_audit (company_id, id, occurred_at, entity, entity_id, action, request_id, actor_kind, \
         actor_id, outcome, fields) SELECT company_id, $2, $3, entity, entity_id, action, request_id, actor_kind, actor_id, \
         outcome, fields FROM crm_audit WHERE company_id = $1 AND id = $4";
    trail.tamper(copy, &[id.into(), at.into(), of.id.into()]).await?;
    Ok(id)
}

async fn entries_that_are_added_are_found(database: TestDatabase) -> anyhow::Result<()> {
    const SEAL: &str = "INSERT INTO crm_audit_seals (company_id, entry_id, batch, position, digest) \
        VALUES ($1, $2, $3, $4, 'forged')";
    let (trail, places) = sealed(&Trail::new(&database)).await?;
    let before = trail.clock.now() - 10 * DAY;
    let id = forge(&trail, places[0], before).await?;
    let old = AuditFault { kind: Fault::EntryBackdated, batch: None, position: None, entry_id: Some(AuditId(id)) };
    assert_eq!(faults(&trail).await?, std::slice::from_ref(&old));
    trail.clock.advance(2 * super::HOUR);
    assert_eq!(trail.seal().await?, 0, "it is not made a part of the chain");
    assert_eq!(faults(&trail).await?, [old]);
    // With a seal of its own: in a batch, between batches, and behind the chain.
    for (batch, position) in [(2_i64, 100_i64), (0, 1), (4, 8)] {
        let (trail, places) = sealed(&trail).await?;
        let id = forge(&trail, places[0], before).await?;
        trail.tamper(SEAL, &[id.into(), batch.into(), position.into()]).await?;
        assert_eq!(faults(&trail).await?, [fault(Fault::EntryAdded, Place { id, batch, position })]);
    }
    Ok(())
}

async fn batches_that_are_edited_or_removed_are_found(database: TestDatabase) -> anyhow::Result<()> {
    let base = Trail::new(&database);
    for set in ["hash = 'another'", "entries_hash = 'another'", "previous_hash = ''", "entries = 2", "first_entry = $2"]
    {
        let (trail, places) = sealed(&base).await?;
        let more: Vec<Value> = if set.contains("$2") { vec![places[0].id.into()] } else { Vec::new() };
        trail.tamper(&format!("UPDATE crm_audit_chain SET {set} WHERE company_id = $1 AND number = 2"), &more).await?;
        let found = faults(&trail).await?;
        assert_eq!(found.first(), Some(&of_batch(Fault::BatchChanged, 2)), "{set}: {found:?}");
    }
    for (statements, expected) in [
        (&["DELETE FROM crm_audit_chain WHERE company_id = $1 AND number = 2"][..], of_batch(Fault::BatchMissing, 2)),
        (
            &[
                "DELETE FROM crm_audit WHERE company_id = $1 AND id IN (SELECT entry_id FROM crm_audit_seals \
                  WHERE company_id = $1 AND batch = 3)",
                "DELETE FROM crm_audit_seals WHERE company_id = $1 AND batch = 3",
                "DELETE FROM crm_audit_chain WHERE company_id = $1 AND number = 3",
            ],
            of_batch(Fault::BatchMissing, 3),
        ),
        (&["UPDATE crm_audit_heads SET hash = 'another' WHERE company_id = $1"], of_batch(Fault::HeadChanged, 3)),
        (&["UPDATE crm_audit_heads SET entries = 6 WHERE company_id = $1"], of_batch(Fault::HeadChanged, 3)),
        (&["DELETE FROM crm_audit_heads WHERE company_id = $1"], of_batch(Fault::HeadMissing, 1)),
    ] {
        let (trail, _) = sealed(&base).await?;
        for sql in statements {
            trail.tamper(sql, &[]).await?;
        }
        let found = faults(&trail).await?;
        assert!(found.contains(&expected), "{statements:?}: {found:?}");
    }
    Ok(())
}

async fn a_chain_that_is_cut_off_or_written_anew_is_found_by_an_anchor(database: TestDatabase) -> anyhow::Result<()> {
    let (trail, _) = sealed(&Trail::new(&database)).await?;
    let anchor = trail.head().await?;
    for table in ["crm_audit", "crm_audit_seals", "crm_audit_chain", "crm_audit_heads"] {
        trail.tamper(&format!("DELETE FROM {table} WHERE company_id = $1"), &[]).await?;
    }
    assert!(trail.verify().await?.is_intact(), "the database alone does not tell");
    let found = trail.verify_against(std::slice::from_ref(&anchor)).await?;
    assert_eq!(found.faults, [of_batch(Fault::AnchorMissing, 3)]);
    trail.write(7).await?;
    trail.seal().await?;
    trail.assert_sealed().await?;
    let found = trail.verify_against(&[anchor]).await?;
    assert_eq!(found.faults, [of_batch(Fault::AnchorDiffers, 3)]);
    Ok(())
}

async fn a_false_claim_of_pruning_is_found(database: TestDatabase) -> anyhow::Result<()> {
    let (trail, _) = sealed(&Trail::new(&database)).await?;
    for sql in [
        "DELETE FROM crm_audit WHERE company_id = $1 AND id IN (SELECT entry_id FROM crm_audit_seals \
         WHERE company_id = $1 AND batch = 1)",
        "DELETE FROM crm_audit_seals WHERE company_id = $1 AND batch = 1",
        "UPDATE crm_audit_heads SET pruned = 1 WHERE company_id = $1",
    ] {
        trail.tamper(sql, &[]).await?;
    }
    assert_eq!(faults(&trail).await?, [of_batch(Fault::PruneUnproven, 1)]);
    Ok(())
}
