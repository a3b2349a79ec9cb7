//! Reading entries.

use chrono::{DateTime, Utc};
use crm_core::ids::UserId;
use crm_core::page::{self, Key, Page, PageRequest};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::base::caller::Caller;
use crate::base::error::Result;
use crate::base::ids::AuditEntryId;
use crate::base::service::UserManagement;
use crate::rows::audit_entry::{Column, Entity, Model};

/// An entry of the audit trail.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AuditEntry {
    /// The id.
    pub id: AuditEntryId,
    /// When it was done.
    pub at: DateTime<Utc>,
    /// The user who did it; absent for the operator of the service.
    pub actor_id: Option<UserId>,
    /// What was done, such as `user.updated`.
    #[schema(example = "user.updated")]
    pub action: String,
    /// The kind of record, such as `user`.
    #[schema(example = "user")]
    pub entity: String,
    /// The id of the record.
    pub entity_id: Option<Uuid>,
    /// What changed, by field: `from` and `to`, or only `changed` for what is not shown.
    #[schema(value_type = Object)]
    pub changes: Value,
    /// The address of the client.
    pub address: Option<String>,
    /// The id of the request.
    pub request_id: Option<String>,
}

impl From<Model> for AuditEntry {
    fn from(row: Model) -> Self {
        let Model { id, at, actor_id, action, entity, entity_id, changes, address, request_id, .. } = row;
        let (id, actor_id) = (id.into(), actor_id.map(Into::into));
        Self { id, at, actor_id, action, entity, entity_id, changes, address, request_id }
    }
}

/// The entries in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditQuery {
    /// Only what this user did, or what was done to them.
    pub user_id: Option<UserId>,
    /// Only this action.
    pub action: Option<String>,
}

impl AuditQuery {
    fn condition(&self, caller: &Caller) -> Condition {
        let mut all = Condition::all().add(Column::CompanyId.eq(caller.company.0));
        if let Some(user) = self.user_id {
            all = all.add(Condition::any().add(Column::ActorId.eq(user.0)).add(Column::EntityId.eq(user.0)));
        }
        if let Some(action) = &self.action {
            all = all.add(Column::Action.eq(action.replace('\0', "")));
        }
        all
    }
}

/// The audit trail of a company. Obtained from [`UserManagement::audit`].
#[derive(Debug)]
pub struct Audit<'a> {
    um: &'a UserManagement,
    caller: &'a Caller,
}

impl UserManagement {
    /// The audit trail of the caller's company.
    #[must_use]
    pub const fn audit<'a>(&'a self, caller: &'a Caller) -> Audit<'a> {
        Audit { um: self, caller }
    }
}

impl Audit<'_> {
    /// A page of entries, newest first. Administrators only.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden); a cursor of another list.
    #[tracing::instrument(name = "um.audit.list", skip_all, fields(company.id = %self.caller.company))]
    pub async fn list(&self, query: &AuditQuery, request: &PageRequest) -> Result<Page<AuditEntry>> {
        self.caller.require_admin()?;
        let select = Entity::find().filter(query.condition(self.caller));
        let filter = page::digest(&("um.audit", self.caller.company, query))?;
        let key = |row: &Model| (Key::Time(row.at), row.id);
        Ok(page::read(self.um.db(), select, &page::newest_first("at"), &filter, request, key).await?.map(Into::into))
    }
}
