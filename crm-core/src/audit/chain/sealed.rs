//! The sealed entries of batches, compared with their digests.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{ConnectionTrait, DatabaseConnection, FromQueryResult, QueryResult, Statement};
use uuid::Uuid;

use super::model::{AuditFault, AuditFaultKind as Fault};
use super::{ENTRY, LATE, batch_row, digest};
use crate::base::error::Result;
use crate::base::ids::{AuditId, CompanyId};
use crate::journal::audit as entry;

/// An entry at the place at which it was sealed.
pub(super) struct Sealed {
    entry_id: Uuid,
    position: i64,
    digest: String,
    entry: Found,
}

/// What is there of a sealed entry.
enum Found {
    Entry(Box<entry::Model>),
    /// Its columns have something in them that the CRM does not write.
    Unreadable,
    Nothing,
}

/// The sealed entries of some batches, by batch, in their order.
pub(super) async fn sealed_between(
    db: &DatabaseConnection,
    company: CompanyId,
    first: i64,
    last: i64,
) -> Result<HashMap<i64, Vec<Sealed>>> {
    let sql = format!(
        "SELECT s.entry_id AS sealed_id, s.batch AS batch, s.position AS position, s.digest AS digest, {ENTRY} \
         FROM crm_audit_seals AS s LEFT JOIN crm_audit AS a ON a.company_id = $1 AND a.id = s.entry_id \
         WHERE s.company_id = $1 AND s.batch >= $2 AND s.batch <= $3 ORDER BY s.batch, s.position"
    );
    let values = [company.0.into(), first.into(), last.into()];
    let rows = db.query_all_raw(Statement::from_sql_and_values(db.get_database_backend(), sql, values)).await?;
    let mut sealed: HashMap<i64, Vec<Sealed>> = HashMap::new();
    for row in &rows {
        sealed.entry(row.try_get("", "batch")?).or_default().push(Sealed::read(row)?);
    }
    Ok(sealed)
}

impl Sealed {
    fn read(row: &QueryResult) -> Result<Self> {
        let entry = match row.try_get::<Option<Uuid>>("", "id") {
            Ok(None) => Found::Nothing,
            Ok(Some(_)) => entry::Model::from_query_result(row, "")
                .map_or(Found::Unreadable, |entry| Found::Entry(Box::new(entry))),
            Err(_) => Found::Unreadable,
        };
        Ok(Self {
            entry_id: row.try_get("", "sealed_id")?,
            position: row.try_get("", "position")?,
            digest: row.try_get("", "digest")?,
            entry,
        })
    }

    /// What is wrong with the entry itself. `earliest`: entries of this batch have no earlier time.
    fn fault(&self, batch: i64, earliest: Option<DateTime<Utc>>) -> Option<Fault> {
        match &self.entry {
            Found::Nothing => Some(Fault::EntryMissing),
            Found::Unreadable => Some(Fault::EntryChanged),
            Found::Entry(entry) if digest::of_entry(entry, batch, self.position) != self.digest => {
                Some(Fault::EntryChanged)
            }
            Found::Entry(entry) => {
                earliest.filter(|earliest| entry.occurred_at < *earliest).map(|_| Fault::EntryBackdated)
            }
        }
    }

    fn at(&self, kind: Fault, batch: i64) -> AuditFault {
        let (position, entry_id) = (Some(self.position), Some(AuditId(self.entry_id)));
        AuditFault { kind, batch: Some(batch), position, entry_id }
    }
}

/// The faults of a batch's entries. `earlier`: until when entries had been sealed before it.
pub(super) fn entry_faults(
    batch: &batch_row::Model,
    seals: &[Sealed],
    earlier: Option<DateTime<Utc>>,
) -> Vec<AuditFault> {
    let earliest = earlier.and_then(|earlier| earlier.checked_sub_signed(LATE));
    let (mut faults, mut next) = (Vec::new(), batch.first_position);
    for seal in seals {
        if seal.position < next || seal.position > batch.last_position {
            faults.push(seal.at(Fault::EntryAdded, batch.number));
            continue;
        }
        if seal.position > next {
            faults.push(missing(batch, next));
        }
        next = seal.position.saturating_add(1);
        faults.extend(seal.fault(batch.number, earliest).map(|kind| seal.at(kind, batch.number)));
    }
    if next <= batch.last_position {
        faults.push(missing(batch, next));
    }
    let digests = seals.iter().map(|seal| seal.digest.as_str());
    if faults.is_empty() && digest::of_entries(digests) != batch.entries_hash {
        // The digests themselves were replaced, so the entry cannot be known.
        faults.push(AuditFault::of_batch(Fault::BatchChanged, batch.number));
    }
    faults
}

/// Nothing is left of the entry at this position, and maybe of some after it. The ids of the first and the last are known.
fn missing(batch: &batch_row::Model, position: i64) -> AuditFault {
    let known = [(batch.first_position, batch.first_entry), (batch.last_position, batch.last_entry)];
    let entry_id = known.into_iter().find(|(known, _)| *known == position).map(|(_, id)| AuditId(id));
    AuditFault { kind: Fault::EntryMissing, batch: Some(batch.number), position: Some(position), entry_id }
}
