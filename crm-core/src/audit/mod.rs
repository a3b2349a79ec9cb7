//! The audit trail: who did what to which record, the fields that changed, and refused actions.
//!
//! It contains no personal data of the people in the records, so that it survives erasure: values are stored as
//! digests under the audit key ([`CrmBuilder::audit_key`](crate::CrmBuilder::audit_key)), which can prove a value but not
//! reveal it. Of the actors it has the ids, and the addresses that their requests came from. Rows are only inserted. The
//! one exception: when a note becomes private, its rows become private to its author.
//!
//! A [chain of hashes](AuditChain) seals it, so that a change behind the CRM's back is found.

mod chain;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::base::error::{Error, Kind, Result};
use crate::base::ids::{AuditId, UserId};
use crate::base::rights::{Action, ActorRef, Resource};
use crate::journal::audit::{self as row, Facts};
pub use crate::journal::audit::{AuditedField, Outcome};
use crate::query::page::{self, Key, Page, PageRequest};
use crate::scope::{CompanyScope, read_page};
pub use chain::{
    AuditChain, AuditChainState, AuditFault, AuditFaultKind, AuditHead, AuditVerification, LastAuditVerification,
    PrunedAudit, VerifyAudit,
};

crate::scope::company_owned!(row, Id, OccurredAt);

/// Writes of the usual kinds, of which the order by time finds a page soon. Others have an index without these, so that
/// the usual writes do not pay for it; the condition is written exactly as there.
const UNUSUAL_ACTION: &str = "action NOT IN ('created', 'updated', 'deleted')";
const USUAL_ACTIONS: [&str; 3] = ["created", "updated", "deleted"];
/// The same of records.
const UNUSUAL_ENTITY: &str = "entity NOT IN ('customer', 'interaction')";
const USUAL_ENTITIES: [&str; 2] = ["customer", "interaction"];

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
    /// The address that the request came from, if known.
    pub address: Option<String>,
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
            address,
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
            address,
        })
    }
}

/// The entries in a list. The default names all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditQuery {
    /// Only entries about this record.
    pub entity_id: Option<Uuid>,
    /// Only entries about records of this kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity: Option<String>,
    /// Only actions of this user or service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor_id: Option<UserId>,
    /// Only this action.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// Only actions with this outcome.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Only actions at this time or later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// Only actions before this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<DateTime<Utc>>,
}

impl From<Option<Uuid>> for AuditQuery {
    /// The entries about one record, or all.
    fn from(entity_id: Option<Uuid>) -> Self {
        Self { entity_id, ..Self::default() }
    }
}

impl AuditQuery {
    /// The conditions for the rows, as the indexes want them.
    pub(crate) fn conditions(&self) -> Vec<Expr> {
        let Self { entity_id, entity, actor_id, action, outcome, since, until } = self;
        let conditions = [
            entity_id.map(|id| Expr::col("entity_id").eq(id)),
            entity.as_ref().map(|entity| Expr::col("entity").eq(entity.as_str())),
            unusual(entity.as_deref(), &USUAL_ENTITIES, UNUSUAL_ENTITY),
            actor_id.map(|id| Expr::col("actor_id").eq(id.0)),
            action.as_ref().map(|action| Expr::col("action").eq(action.as_str())),
            unusual(action.as_deref(), &USUAL_ACTIONS, UNUSUAL_ACTION),
            // Refusals have an index of their own; a parameter would hide from the planner that it may be used.
            outcome.map(|outcome| Expr::cust(format!("outcome = '{outcome}'"))),
            since.map(|time| Expr::col("occurred_at").gte(time)),
            until.map(|time| Expr::col("occurred_at").lt(time)),
        ];
        conditions.into_iter().flatten().collect()
    }
}

/// The condition of an index, for a value that is in it.
fn unusual(value: Option<&str>, usual: &[&str], condition: &'static str) -> Option<Expr> {
    value.filter(|value| !usual.contains(value)).map(|_| Expr::cust(condition))
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
    /// A page of the audit trail, newest first: of all entries, of those about one record, or of those that a query
    /// names. Reading it is audited too.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to read the audit trail; [`Error::Malformed`] for a cursor of another list.
    pub async fn list(&mut self, query: impl Into<AuditQuery>, request: &PageRequest) -> Result<Page<AuditEntry>> {
        let (Self(scope), query) = (self, query.into());
        scope.authorize(Resource::Audit, Action::Read).await?;
        scope.audit_action(Kind::Audit, "read", json!(query)).await?;
        let find = || {
            let rows = scope.find::<row::Entity>().filter(scope.not_private(Expr::col("private_to")));
            query.conditions().into_iter().fold(rows, |rows, condition| rows.filter(condition))
        };
        let order = page::newest_first("occurred_at");
        let digest = page::digest(&("audit", &query))?;
        let key = |row: &row::Model| (Key::Time(row.occurred_at), row.id);
        read_page(find, &order, &digest, request, key).await?.try_map(AuditEntry::try_from)
    }
}
