//! Compares an audit trail with its chain, and the chain with anchors.
//!
//! It reads in portions without a lock, while others seal and prune: what it has read of the chain does not change, and
//! each statement that compares two tables sees both at one moment.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder, QueryResult, QuerySelect,
    Statement, Value,
};

use super::model::{AuditFault, AuditFaultKind as Fault, AuditHead, AuditVerification};
use super::sealed::{Sealed, entry_faults, sealed_between};
use super::{IS_UNSEALED, LATE, batch_row, digest, head_row};
use crate::base::error::Result;
use crate::base::ids::{AuditId, CompanyId};

/// The number of faults that are told.
const TOLD: usize = 100;
/// How many batches, and about how many entries, are read at once.
const BATCHES: u64 = 200;
const ENTRIES: i64 = 4_000;

pub(super) async fn verify(
    db: &DatabaseConnection,
    company: CompanyId,
    anchors: &[AuditHead],
) -> Result<AuditVerification> {
    let head = head_row::Entity::find_by_id(company.0).one(db).await?;
    let anchors = anchors.iter().filter(|anchor| anchor.company_id == company).collect();
    let mut walk = Walk::new(db, company, anchors, head.as_ref());
    let until = head.as_ref().map_or(i64::MAX, |head| head.number);
    loop {
        let batches = walk.read(until).await?;
        if batches.is_empty() {
            break;
        }
        walk.check(batches).await?;
    }
    if let Some(head) = &head {
        walk.check_head(head);
        walk.check_pruned(head).await?;
    }
    walk.check_anchors();
    walk.check_beyond(head.is_some()).await?;
    walk.check_unsealed().await?;
    Ok(walk.found)
}

/// What the next batch has to follow.
struct Link {
    number: i64,
    hash: String,
    last_position: i64,
    reached_at: Option<DateTime<Utc>>,
    /// Whether the batch is what its own hash says, so that the next one can be compared with it.
    is_sound: bool,
}

struct Walk<'d> {
    db: &'d DatabaseConnection,
    company: CompanyId,
    /// Those that no batch was compared with yet.
    anchors: Vec<&'d AuditHead>,
    link: Link,
    found: AuditVerification,
}

impl<'d> Walk<'d> {
    fn new(
        db: &'d DatabaseConnection,
        company: CompanyId,
        anchors: Vec<&'d AuditHead>,
        head: Option<&head_row::Model>,
    ) -> Self {
        let link = Link { number: 0, hash: String::new(), last_position: 0, reached_at: None, is_sound: true };
        let found = AuditVerification {
            head: head.filter(|head| head.number > 0).map(AuditHead::from),
            batches: 0,
            entries: 0,
            unsealed_entries: 0,
            pruned_batch: head.map_or(0, |head| head.pruned),
            fault_count: 0,
            faults: Vec::new(),
        };
        Self { db, company, anchors, link, found }
    }

    fn tell(&mut self, faults: impl IntoIterator<Item = AuditFault>) {
        for fault in faults {
            self.found.fault_count += 1;
            if self.found.faults.len() < TOLD {
                self.found.faults.push(fault);
            }
        }
    }

    /// The next batches of the chain, with about as many entries as are read at once.
    async fn read(&self, until: i64) -> Result<Vec<batch_row::Model>> {
        let mut batches = batch_row::Entity::find()
            .filter(batch_row::Column::CompanyId.eq(self.company.0))
            .filter(batch_row::Column::Number.gt(self.link.number))
            .filter(batch_row::Column::Number.lte(until))
            .order_by_asc(batch_row::Column::Number)
            .limit(BATCHES)
            .all(self.db)
            .await?;
        let mut entries = 0_i64;
        let within = batches.iter().take_while(|batch| {
            let fits = entries < ENTRIES;
            entries = entries.saturating_add(batch.entries);
            fits
        });
        let within = within.count();
        batches.truncate(within);
        Ok(batches)
    }

    /// Compares some batches, and those of their entries that were not pruned.
    async fn check(&mut self, batches: Vec<batch_row::Model>) -> Result<()> {
        let mut sealed = self.sealed(&batches).await?;
        let (mut of_chain, mut of_entries) = (Vec::new(), Vec::new());
        for batch in &batches {
            of_chain.extend(self.check_link(batch));
            let earlier = self.link.reached_at;
            if batch.number > self.found.pruned_batch {
                let seals = sealed.remove(&batch.number).unwrap_or_default();
                self.found.entries += seals.len() as i64;
                of_entries.extend(entry_faults(batch, &seals, earlier));
            }
            of_chain.extend(self.compare_anchors(batch));
            self.follow(batch);
        }
        if !of_entries.is_empty() {
            // They may have been pruned since; the rows of their batches stay.
            let pruned = self.pruned().await?;
            of_entries.retain(|fault| fault.batch.is_none_or(|batch| batch > pruned));
            self.found.pruned_batch = self.found.pruned_batch.max(pruned);
        }
        self.tell(of_chain);
        self.tell(of_entries);
        Ok(())
    }

    async fn sealed(&self, batches: &[batch_row::Model]) -> Result<HashMap<i64, Vec<Sealed>>> {
        let mut kept = batches.iter().map(|batch| batch.number).filter(|number| *number > self.found.pruned_batch);
        match kept.next() {
            Some(first) => sealed_between(self.db, self.company, first, kept.next_back().unwrap_or(first)).await,
            None => Ok(HashMap::new()),
        }
    }

    fn check_link(&self, batch: &batch_row::Model) -> Vec<AuditFault> {
        let mut faults = Vec::new();
        let follows = self.link.number.checked_add(1) == Some(batch.number);
        if !follows {
            faults.push(AuditFault::of_batch(Fault::BatchMissing, self.link.number + 1));
        }
        if !is_sound(batch) || (follows && self.link.last_position.checked_add(1) != Some(batch.first_position)) {
            faults.push(AuditFault::of_batch(Fault::BatchChanged, batch.number));
        } else if follows && self.link.is_sound && batch.previous_hash != self.link.hash {
            // The first batch follows none.
            let (kind, number) = match self.link.number {
                0 => (Fault::BatchChanged, batch.number),
                before => (Fault::BatchReplaced, before),
            };
            faults.push(AuditFault::of_batch(kind, number));
        }
        faults
    }

    fn compare_anchors(&mut self, batch: &batch_row::Model) -> Vec<AuditFault> {
        let (of_batch, others): (Vec<_>, Vec<_>) =
            self.anchors.iter().copied().partition(|anchor| anchor.batch == batch.number);
        self.anchors = others;
        let differ = of_batch.into_iter().any(|anchor| anchor.hash != batch.hash);
        differ.then(|| AuditFault::of_batch(Fault::AnchorDiffers, batch.number)).into_iter().collect()
    }

    fn follow(&mut self, batch: &batch_row::Model) {
        self.found.batches += 1;
        self.link = Link {
            number: batch.number,
            hash: batch.hash.clone(),
            last_position: batch.last_position,
            reached_at: Some(batch.reached_at),
            is_sound: is_sound(batch),
        };
    }

    fn check_head(&mut self, head: &head_row::Model) {
        let Link { number, hash, last_position, is_sound, .. } = &self.link;
        let fault = match number.cmp(&head.number) {
            std::cmp::Ordering::Less => Some(AuditFault::of_batch(Fault::BatchMissing, number + 1)),
            _ if *is_sound && (*hash != head.hash || *last_position != head.entries) => {
                Some(AuditFault::of_batch(Fault::HeadChanged, head.number))
            }
            _ => None,
        };
        self.tell(fault);
    }

    /// An anchor that no batch was compared with names one that is not there.
    fn check_anchors(&mut self) {
        let missing = std::mem::take(&mut self.anchors);
        self.tell(missing.into_iter().map(|anchor| AuditFault::of_batch(Fault::AnchorMissing, anchor.batch)));
    }

    /// Entries that were removed behind the CRM's back could pass for pruned ones: of those the audit trail tells.
    async fn check_pruned(&mut self, head: &head_row::Model) -> Result<()> {
        // The second condition is that of the index.
        const PROOF: &str = "SELECT a.fields AS fields FROM crm_audit AS a WHERE a.company_id = $1 AND a.action = 'pruned' \
            AND a.action NOT IN ('created', 'updated', 'deleted') AND a.entity = 'audit' \
            ORDER BY a.occurred_at DESC, a.id DESC LIMIT 1";
        if head.pruned == 0 {
            return Ok(());
        }
        let rows = self.rows(PROOF, []).await?;
        let fields = rows.first().map(|row| row.try_get::<serde_json::Value>("", "fields")).transpose()?;
        let told = fields.and_then(|fields| fields["details"]["batch"].as_i64()).unwrap_or_default();
        if told < head.pruned {
            self.tell([AuditFault::of_batch(Fault::PruneUnproven, head.pruned)]);
        }
        Ok(())
    }

    /// Batches behind the end of the chain, and entries that are marked as sealed outside of it.
    async fn check_beyond(&mut self, has_head: bool) -> Result<()> {
        const BATCH: &str = "SELECT c.number AS number FROM crm_audit_chain AS c WHERE c.company_id = $1 \
            AND c.number > COALESCE((SELECT h.number FROM crm_audit_heads AS h WHERE h.company_id = $1), 0) \
            ORDER BY c.number LIMIT 1";
        const SEALS: &str = "SELECT s.entry_id AS entry_id, s.batch AS batch, s.position AS position \
            FROM crm_audit_seals AS s WHERE s.company_id = $1 \
            AND (s.batch > COALESCE((SELECT h.number FROM crm_audit_heads AS h WHERE h.company_id = $1), 0) \
            OR s.batch <= COALESCE((SELECT h.pruned FROM crm_audit_heads AS h WHERE h.company_id = $1), 0)) \
            ORDER BY s.batch, s.position LIMIT 20";
        let batches = self.rows(BATCH, []).await?;
        if let Some(row) = batches.first() {
            let kind = if has_head { Fault::BatchAdded } else { Fault::HeadMissing };
            self.tell([AuditFault::of_batch(kind, row.try_get("", "number")?)]);
            return Ok(());
        }
        let seals = self.rows(SEALS, []).await?;
        for row in &seals {
            let (batch, position) = (row.try_get("", "batch")?, row.try_get("", "position")?);
            let entry_id = Some(AuditId(row.try_get("", "entry_id")?));
            self.tell([AuditFault { kind: Fault::EntryAdded, batch: Some(batch), position: Some(position), entry_id }]);
        }
        Ok(())
    }

    /// Entries that are not sealed: new ones are counted, others are too old to be new.
    async fn check_unsealed(&mut self) -> Result<()> {
        let is_old = format!(
            "SELECT a.id AS id FROM crm_audit AS a WHERE a.company_id = $1 AND a.occurred_at < $2 AND {IS_UNSEALED} \
             ORDER BY a.occurred_at, a.id LIMIT 20"
        );
        let is_new = format!(
            "SELECT count(*) AS entries FROM crm_audit AS a WHERE a.company_id = $1 AND a.occurred_at >= $2 \
             AND {IS_UNSEALED}"
        );
        let earliest = self.link.reached_at.and_then(|reached| reached.checked_sub_signed(LATE));
        let from = earliest.unwrap_or(DateTime::UNIX_EPOCH);
        if earliest.is_some() {
            let old = self.rows(&is_old, [from.into()]).await?;
            for row in &old {
                let entry_id = Some(AuditId(row.try_get("", "id")?));
                self.tell([AuditFault { kind: Fault::EntryBackdated, batch: None, position: None, entry_id }]);
            }
        }
        let new = self.rows(&is_new, [from.into()]).await?;
        if let Some(row) = new.first() {
            self.found.unsealed_entries = row.try_get("", "entries")?;
        }
        Ok(())
    }

    async fn pruned(&self) -> Result<i64> {
        let head = head_row::Entity::find_by_id(self.company.0).one(self.db).await?;
        Ok(head.map_or(0, |head| head.pruned))
    }

    /// The rows of a statement whose `$1` is the company.
    async fn rows<const N: usize>(&self, sql: &str, more: [Value; N]) -> Result<Vec<QueryResult>> {
        let values = std::iter::once(Value::from(self.company.0)).chain(more);
        let statement = Statement::from_sql_and_values(self.db.get_database_backend(), sql, values);
        Ok(self.db.query_all_raw(statement).await?)
    }
}

/// Whether a batch is what its own hash says.
fn is_sound(batch: &batch_row::Model) -> bool {
    let last = batch.first_position.checked_add(batch.entries).and_then(|next| next.checked_sub(1));
    batch.entries > 0 && last == Some(batch.last_position) && batch.hash == digest::of_batch(batch)
}
