//! The audit trail: who did what to which record, which fields it touched, and what was refused.
//!
//! It holds no personal data, so that it survives erasure: of values there are only digests under the audit key
//! ([`CrmBuilder::audit_key`](crate::CrmBuilder::audit_key)), with which a value can be proven but not read. Rows are
//! inserted, and never changed but for whose they are: those of a note that becomes private are its author's.

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
    /// Its id.
    pub id: AuditId,
    /// When it happened.
    pub at: DateTime<Utc>,
    /// Who did it.
    pub actor: ActorRef,
    /// What was done (`created`, `updated`, `exported`, …) or refused (`create`, `update`, …).
    pub action: String,
    /// What kind of record it was done to.
    pub entity: String,
    /// Which record, where it was one.
    pub entity_id: Option<Uuid>,
    /// How it ended.
    pub outcome: Outcome,
    /// The fields that a write touched; none for an action with details.
    pub fields: Vec<AuditedField>,
    /// Facts of an action that wrote more than a single record, or none: what was imported, exported or read, into which tag
    /// another was merged; of refusals, how many more there were (`repeated`) and from when on (`since`), where the same
    /// action was refused again and again. Never a value of a record.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub details: Map<String, Value>,
    /// On whose request, where one is known.
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
    /// A page of the trail, newest first; of one record only if `entity_id` is given. Reading it is audited too.
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
