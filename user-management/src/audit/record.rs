//! Writing entries.

use crm_core::ids::{CompanyId, UserId};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait};
use serde::Serialize;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::base::caller::{Caller, Client};
use crate::base::error::{Error, Result};
use crate::base::ids::AuditEntryId;
use crate::base::service::UserManagement;
use crate::rows::audit_entry;

/// Who makes a change, in which company, and from where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin<'a> {
    company: CompanyId,
    actor: Option<UserId>,
    client: Option<&'a Client>,
}

impl Origin<'_> {
    /// The operator of the service.
    pub(crate) const fn system(company: CompanyId) -> Self {
        Self { company, actor: None, client: None }
    }

    /// A user without a session, who has a link.
    pub(crate) const fn user(company: CompanyId, user: UserId) -> Self {
        Self { company, actor: Some(user), client: None }
    }
}

impl<'a> Origin<'a> {
    /// A caller whose change concerns another one of their companies as well.
    pub(crate) const fn elsewhere(caller: &'a Caller, company: CompanyId) -> Self {
        Self { company, actor: Some(caller.user), client: Some(&caller.client) }
    }
}

impl<'a> From<&'a Caller> for Origin<'a> {
    fn from(caller: &'a Caller) -> Self {
        Self { company: caller.company, actor: Some(caller.user), client: Some(&caller.client) }
    }
}

/// Adds an entry, in the transaction of the change. `changes` must hold no secrets.
pub(crate) async fn record(
    tx: &impl ConnectionTrait,
    um: &UserManagement,
    by: impl Into<Origin<'_>>,
    action: &str,
    entity: &str,
    id: Option<Uuid>,
    changes: Value,
) -> Result<()> {
    let Origin { company, actor, client } = by.into();
    let entry = audit_entry::ActiveModel {
        id: Set(um.id::<AuditEntryId>().0),
        at: Set(um.now()),
        company_id: Set(company.0),
        actor_id: Set(actor.map(|actor| actor.0)),
        action: Set(action.to_owned()),
        entity: Set(entity.to_owned()),
        entity_id: Set(id),
        changes: Set(changes),
        address: Set(client.and_then(|client| client.address.clone())),
        request_id: Set(client.and_then(|client| client.request_id.clone())),
    };
    audit_entry::Entity::insert(entry).exec_without_returning(tx).await?;
    Ok(())
}

/// What differs: `{"role": {"from": "viewer", "to": "admin"}}`. Of `hidden` fields only that they differ.
pub(crate) fn diff<T: Serialize>(before: &T, after: &T, hidden: &[&str]) -> Result<Value> {
    let object = |value: &T| match serde_json::to_value(value) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Ok(Map::new()),
        Err(error) => Err(Error::internal(error)),
    };
    let (before, after) = (object(before)?, object(after)?);
    let mut changes = Map::new();
    for (name, to) in after {
        let from = before.get(&name).cloned().unwrap_or_default();
        if from != to {
            let is_hidden = hidden.contains(&name.as_str());
            let change = if is_hidden { json!({ "changed": true }) } else { json!({ "from": from, "to": to }) };
            changes.insert(name, change);
        }
    }
    Ok(Value::Object(changes))
}
