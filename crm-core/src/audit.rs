//! The audit trail: who did what to which record, which fields it touched, and what was refused.
//!
//! It holds no personal data, so that it survives erasure: of values there are only digests under the audit key
//! ([`CrmBuilder::audit_key`](crate::CrmBuilder::audit_key)), with which a value can be proven but not read. Rows are
//! only ever inserted.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sea_orm::sea_query::{Expr, ExprTrait, InsertStatement};
use sea_orm::{ActiveValue::Set, ConnectionTrait, EntityTrait, QueryTrait};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use uuid::Uuid;

use crate::actor::{Action, Actor, ActorRef, Resource};
use crate::error::{Error, Kind, Result};
use crate::ids::AuditId;
use crate::names::names;
use crate::page::{self, Key, Page, PageRequest};
use crate::scope::{CompanyScope, Crm, Database, Entry};

mod row {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
    #[sea_orm(table_name = "crm_audit")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub company_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        pub occurred_at: ChronoDateTimeUtc,
        pub entity: String,
        pub entity_id: Option<Uuid>,
        pub action: String,
        pub request_id: Option<String>,
        pub actor_kind: String,
        pub actor_id: Option<Uuid>,
        pub outcome: String,
        pub fields: Json,
        pub private_to: Option<Uuid>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

crate::scope::company_owned!(row, Id, OccurredAt);

names! {
    /// How an audited action ended.
    Outcome {
        /// It was done.
        Success = "success",
        /// It was refused.
        Denied = "denied",
    }
}

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
    /// another was merged; never a value of a record.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub details: Map<String, Value>,
    /// On whose request, where one is known.
    pub request_id: Option<String>,
}

/// A field that a write touched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditedField {
    /// The field, as it is called in JSON.
    pub field: String,
    /// The digest of what it was; absent if it was nothing, and without an audit key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub from: Option<String>,
    /// The digest of what it became; absent if it is nothing, and without an audit key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub to: Option<String>,
}

/// What the column `fields` holds, whatever the action.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Facts {
    fields: Vec<AuditedField>,
    details: Map<String, Value>,
}

impl Facts {
    fn of(crm: &Crm, entry: &Entry) -> Self {
        match &entry.details {
            Some(Value::Object(details)) => Self { details: details.clone(), ..Self::default() },
            _ => Self { fields: fields(crm, entry), ..Self::default() },
        }
    }
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
        scope.permit(Resource::Audit, Action::Read).await?;
        let mut tx = scope.begin().await?;
        tx.audit(Kind::Audit, "read", json!({ "entityId": entity_id }));
        tx.commit().await?;
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
        page::read(find, &order, &digest, request, key).await?.try_map(AuditEntry::try_from)
    }
}

/// The statement that audits some writes.
pub(crate) fn insert(crm: &Crm, actor: &Actor, entries: &[Entry]) -> InsertStatement {
    let rows = entries.iter().map(|entry| {
        let facts = Facts::of(crm, entry);
        let about = (entry.kind.as_str(), entry.id);
        let row = active(crm, actor, entry.at, about, entry.action, Outcome::Success, facts);
        row::ActiveModel { private_to: Set(entry.private_to.map(Into::into)), ..row }
    });
    row::Entity::insert_many(rows).into_query()
}

/// Audits a refusal; any other error is nothing to audit.
pub(crate) async fn record_refusal(db: Database<'_>, crm: &Crm, actor: &Actor, error: &Error) -> Result<()> {
    let Error::Forbidden { action, resource, id } = error else {
        return Ok(());
    };
    let about = (resource.as_str(), *id);
    let row = active(crm, actor, crm.now(), about, action.as_str(), Outcome::Denied, Facts::default());
    db.execute(&row::Entity::insert(row).into_query()).await?;
    Ok(())
}

fn active(
    crm: &Crm,
    actor: &Actor,
    at: DateTime<Utc>,
    (entity, id): (&str, Option<Uuid>),
    action: &str,
    outcome: Outcome,
    facts: Facts,
) -> row::ActiveModel {
    row::ActiveModel {
        company_id: Set(actor.company.0),
        id: Set(crm.id(at)),
        occurred_at: Set(at),
        entity: Set(entity.to_owned()),
        entity_id: Set(id),
        action: Set(action.to_owned()),
        request_id: Set(actor.request_id.clone()),
        actor_kind: Set(actor.kind.to_string()),
        actor_id: Set(actor.user.map(Into::into)),
        outcome: Set(outcome.to_string()),
        fields: Set(json!(facts)),
        private_to: Set(None),
    }
}

fn fields(crm: &Crm, entry: &Entry) -> Vec<AuditedField> {
    let proof = |value| crm.0.audit_key.as_ref().and_then(|key| digest(key, value));
    let touched = entry.changes.iter();
    touched
        .map(|change| AuditedField { field: change.field.clone(), from: proof(&change.from), to: proof(&change.to) })
        .collect()
}

/// HMAC-SHA-256 of a value's JSON, in hexadecimal; absent values stay absent.
fn digest(key: &[u8], value: &Value) -> Option<String> {
    if value.is_null() {
        return None;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(value.to_string().as_bytes());
    Some(mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect())
}
