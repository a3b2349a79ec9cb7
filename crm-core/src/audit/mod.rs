//! The audit trail: who did what to which record, the fields that changed, and refused actions.
//!
//! It contains no personal data, so that it survives erasure: values are stored as digests under the audit key
//! ([`CrmBuilder::audit_key`](crate::CrmBuilder::audit_key)), which can prove a value but not reveal it. Rows are only
//! inserted. The one exception: when a note becomes private, its rows become private to its author.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::base::error::{Error, Kind, Result};
use crate::base::ids::AuditId;
use crate::base::rights::{Action, ActorRef, Resource};
use crate::journal::audit::{self as row, Facts};
pub use crate::journal::audit::{AuditedField, Outcome};
use crate::query::page::{self, Key, Page, PageRequest};
use crate::scope::{CompanyScope, read_page};

crate::scope::company_owned!(row, Id, OccurredAt);

/// One entry of the audit trail.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// The id of the entry.
    pub id: AuditId,
    /// The time of the action.
    pub at: DateTime<Utc>,
    /// The actor.
    pub actor: ActorRef,
    /// The action that was done (`created`, `updated`, `exported`, …) or refused (`create`, `update`, …).
    pub action: String,
    /// The kind of the record.
    pub entity: String,
    /// The id of the record, if the action concerned one record.
    pub entity_id: Option<Uuid>,
    /// The outcome of the action.
    pub outcome: Outcome,
    /// The fields that a write changed; empty for an action with details.
    pub fields: Vec<AuditedField>,
    /// Details of an action on several records or none: what was imported, exported or read, or the target of a merge.
    /// For repeated refusals: the number of further ones (`repeated`) and the time of the first (`since`). Never a
    /// value of a record.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub details: Map<String, Value>,
    /// The id of the request, if known.
    pub request_id: Option<String>,
}

impl TryFrom<row::Model> for AuditEntry {
    type Error = Error;

    fn try_from(row: row::Model) -> Result<Self> {
        let row::Model {
            company_id: _,
            id,
            occurred_at,
            entity,
            entity_id,
            action,
            request_id,
            actor_kind,
            actor_id,
            outcome,
            fields,
            private_to: _,
        } = row;
        let Facts { fields, details } = serde_json::from_value(fields).map_err(Error::internal)?;
        Ok(Self {
            id: id.into(),
            at: occurred_at,
            actor: ActorRef::read(&actor_kind, actor_id)?,
            action,
            entity,
            entity_id,
            outcome: outcome.parse().map_err(Error::internal)?,
            fields,
            details,
            request_id,
        })
    }
}

/// The company's audit trail. Obtained from [`CompanyScope::audit`].
#[derive(Debug)]
pub struct AuditTrail<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The audit trail of the company.
    pub fn audit(&mut self) -> AuditTrail<'_, 'c> {
        AuditTrail(self)
    }
}

impl AuditTrail<'_, '_> {
    /// A page of the audit trail, newest first; only entries about one record if `entity_id` is given. Reading it is
    /// audited too.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to read the audit trail; [`Error::Malformed`] for a cursor of another list.
    pub async fn list(&mut self, entity_id: Option<Uuid>, request: &PageRequest) -> Result<Page<AuditEntry>> {
        let Self(scope) = self;
        scope.authorize(Resource::Audit, Action::Read).await?;
        scope.audit_action(Kind::Audit, "read", json!({ "entityId": entity_id })).await?;
        let find = || {
            let rows = scope.find::<row::Entity>().filter(scope.not_private(Expr::col("private_to")));
            match entity_id {
                Some(id) => rows.filter(Expr::col("entity_id").eq(id)),
                None => rows,
            }
        };
        let order = page::newest_first("occurred_at");
        let digest = page::digest(&("audit", entity_id))?;
        let key = |row: &row::Model| (Key::Time(row.occurred_at), row.id);
        read_page(find, &order, &digest, request, key).await?.try_map(AuditEntry::try_from)
    }
}
