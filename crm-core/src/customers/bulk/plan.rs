//! Decides what becomes of each customer of a batch. A dry run does no more than this.

use std::collections::{HashMap, HashSet};

use uuid::Uuid;

use super::input::{BulkAction, below};
use super::outcome::{RefusalReason, Tally};
use super::target::{self, Reading, Target};
use crate::base::error::Result;
use crate::base::ids::CustomerId;
use crate::scope::CompanyTx;
use crate::tags::{self, CustomerTag, MAX_TAGS, TagRef};
use crate::users;

/// An action whose owner and tags are known.
#[derive(Debug)]
pub(super) struct Prepared {
    pub action: BulkAction,
    tags: Vec<CustomerTag>,
}

/// A customer to change.
#[derive(Debug)]
pub(super) struct Planned {
    pub target: Target,
    /// Its tags before and after.
    pub tags: (Vec<CustomerTag>, Vec<CustomerTag>),
}

/// Checks what does not depend on a customer. Tags are locked before customers, so that all writes wait in the same order.
pub(super) async fn prepare(tx: &mut CompanyTx<'_>, mut action: BulkAction) -> Result<Prepared> {
    let (resource, right) = action.right();
    tx.authorize(resource, right, None, None)?;
    let found = match &action {
        BulkAction::SetOwner { owner_id: Some(owner) } => {
            tx.authorize(resource, right, Some(*owner), None)?;
            users::owner(tx, *owner, "/action/ownerId").await?;
            Vec::new()
        }
        BulkAction::AddTags { tags } => tags::to_add(tx, tags).await.map_err(below("action"))?,
        BulkAction::RemoveTags { tags } => tags::to_remove(tx, tags).await.map_err(below("action"))?,
        _ => Vec::new(),
    };
    if let BulkAction::AddTags { tags } | BulkAction::RemoveTags { tags } = &mut action {
        *tags = found.iter().map(|tag| TagRef::Id(tag.id)).collect();
    }
    Ok(Prepared { action, tags: found })
}

/// Reads the customers of a batch, counts those that need no change or refuse it, and gives the others.
pub(super) async fn plan(
    tx: &mut CompanyTx<'_>,
    prepared: &Prepared,
    ids: &[Uuid],
    reading: Reading,
    tally: &mut Tally,
) -> Result<Vec<Planned>> {
    let targets = target::read(tx, ids.to_vec(), reading).await?;
    let found: HashSet<CustomerId> = targets.iter().map(Target::id).collect();
    for id in ids.iter().map(|id| CustomerId(*id)).filter(|id| !found.contains(id)) {
        tally.refuse(RefusalReason::NotFound, id);
    }
    let mut tags = tags_of(tx, prepared.action.is_of_tags(), &targets).await?;
    let (resource, right) = prepared.action.right();
    let mut planned = Vec::new();
    for target in targets {
        let had = tags.remove(&target.id()).unwrap_or_default();
        let has = prepared.tags_after(&had);
        if !tx.actor().may(resource, right, target.owner_id()) {
            tally.refuse(RefusalReason::Forbidden, target.id());
        } else if has.len() > had.len() && has.len() > MAX_TAGS {
            tally.refuse(RefusalReason::TooManyTags, target.id());
        } else if prepared.action.changes(&target) || has.len() != had.len() {
            tally.changed += 1;
            planned.push(Planned { target, tags: (had, has) });
        } else {
            tally.unchanged += 1;
        }
    }
    Ok(planned)
}

/// The tags of some customers, where they matter.
pub(super) async fn tags_of(
    tx: &mut CompanyTx<'_>,
    matter: bool,
    targets: &[Target],
) -> Result<HashMap<CustomerId, Vec<CustomerTag>>> {
    if !matter || targets.is_empty() {
        return Ok(HashMap::new());
    }
    tags::of_customers(tx, targets.iter().map(|target| target.id().0).collect()).await
}

impl BulkAction {
    /// Whether the fields of a customer change.
    fn changes(&self, target: &Target) -> bool {
        match self {
            Self::SetOwner { owner_id } => target.owner_id() != *owner_id,
            Self::SetStatus { status } => target.status != status.as_str(),
            Self::Archive {} => !target.is_archived,
            Self::Unarchive {} => target.is_archived,
            Self::Delete {} => true,
            Self::AddTags { .. } | Self::RemoveTags { .. } => false,
        }
    }
}

impl Prepared {
    fn tags_after(&self, had: &[CustomerTag]) -> Vec<CustomerTag> {
        match self.action {
            BulkAction::AddTags { .. } => with(had, &self.tags),
            BulkAction::RemoveTags { .. } => without(had, &self.tags),
            _ => had.to_vec(),
        }
    }
}

fn has(tags: &[CustomerTag], tag: &CustomerTag) -> bool {
    tags.iter().any(|other| other.id == tag.id)
}

/// Some tags and others, by name.
pub(super) fn with(tags: &[CustomerTag], others: &[CustomerTag]) -> Vec<CustomerTag> {
    let mut all = tags.to_vec();
    all.extend(others.iter().filter(|tag| !has(tags, tag)).cloned());
    all.sort_by_cached_key(CustomerTag::key);
    all
}

/// Some tags but for others.
pub(super) fn without(tags: &[CustomerTag], others: &[CustomerTag]) -> Vec<CustomerTag> {
    tags.iter().filter(|tag| !has(others, tag)).cloned().collect()
}
