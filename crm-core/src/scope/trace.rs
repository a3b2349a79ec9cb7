//! The rights and records that an idempotent call has used.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::actor::Actor;
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::UserId;
use crate::base::rights::{Action, Resource};

/// Shared by the scopes inside one transaction of [`CompanyScope::once`](crate::CompanyScope::once).
#[derive(Debug, Default)]
pub(crate) struct Trace(Mutex<Traced>);

/// What a stored answer requires to be returned again.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Traced {
    /// The required rights, each with the owner of the record.
    rights: BTreeSet<(Resource, Action, Option<UserId>)>,
    /// The records of the answer, without those that were removed.
    records: BTreeSet<(Kind, Uuid)>,
    /// Users that are not in the mirror.
    #[serde(skip)]
    unknown: BTreeSet<UserId>,
}

impl Trace {
    fn traced(&self) -> MutexGuard<'_, Traced> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn used(&self, resource: Resource, action: Action, owner: Option<UserId>) {
        self.traced().rights.insert((resource, action, owner));
    }

    pub(crate) fn touched(&self, kind: Kind, id: Uuid) {
        self.traced().records.insert((kind, id));
    }

    pub(crate) fn removed(&self, kind: Kind, id: Uuid) {
        self.traced().records.remove(&(kind, id));
    }

    pub(crate) fn unknown(&self, user: UserId) {
        self.traced().unknown.insert(user);
    }

    pub(crate) fn get(&self) -> Traced {
        self.traced().clone()
    }

    /// Adds the rights and records of a nested call.
    pub(crate) fn absorb(&self, inner: &Self) {
        let (inner, mut outer) = (inner.get(), self.traced());
        outer.rights.extend(inner.rights);
        outer.records.extend(inner.records);
        outer.unknown.extend(inner.unknown);
    }
}

impl Traced {
    /// Fails unless the actor still has all rights.
    pub(crate) fn authorize(&self, actor: &Actor) -> Result<()> {
        match self.rights.iter().find(|(resource, action, owner)| !actor.may(*resource, *action, *owner)) {
            Some(&(resource, action, _)) => Err(Error::Forbidden { action, resource, id: None }),
            None => Ok(()),
        }
    }

    pub(crate) fn records(&self) -> impl Iterator<Item = (Kind, Uuid)> {
        self.records.iter().copied()
    }

    pub(crate) fn into_unknown(self) -> BTreeSet<UserId> {
        self.unknown
    }
}
