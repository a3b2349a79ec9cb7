//! The audit trail: `crm_audit`. Rows are never changed, except when the record becomes private.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::InsertStatement;
use sea_orm::{ActiveValue::Set, QueryTrait};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use sha2::Sha256;

use super::{ChangeRecord, Recorder};
use crate::base::clock::Source;
use crate::base::error::{Error, Result};
use crate::base::hex::hex;
use crate::base::ids::CompanyId;
use crate::base::rights::{Action, ActorRef, Resource};
use crate::base::string_enum::string_enum;

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
    pub address: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

string_enum! {
    /// The outcome of an audited action.
    Outcome {
        /// The action was done.
        Success = "success",
        /// The action was refused.
        Denied = "denied",
    }
}

/// A field that a write changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditedField {
    /// The JSON name of the field.
    pub field: String,
    /// The digest of the old value; absent without an old value, and without an audit key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub from: Option<String>,
    /// The digest of the new value; absent without a new value, and without an audit key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    pub to: Option<String>,
}

/// The contents of the column `fields`, for all actions.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Facts {
    pub fields: Vec<AuditedField>,
    pub details: Map<String, Value>,
}

impl Facts {
    fn of(recorder: &Recorder<'_>, entry: &ChangeRecord) -> Self {
        match &entry.details {
            Some(Value::Object(details)) => Self { details: details.clone(), ..Self::default() },
            _ => Self { fields: fields(recorder, entry), ..Self::default() },
        }
    }
}

/// The statement that audits some writes.
pub(crate) fn insert(recorder: &Recorder<'_>, entries: &[ChangeRecord]) -> InsertStatement {
    let rows = entries.iter().map(|entry| {
        let facts = Facts::of(recorder, entry);
        let about = (entry.kind.as_str(), entry.id);
        let row = active(recorder, entry.at, about, entry.action, Outcome::Success, facts);
        ActiveModel { private_to: Set(entry.private_to.map(Into::into)), ..row }
    });
    Entity::insert_many(rows).into_query()
}

/// Audits a refusal; other errors are not audited.
pub(crate) async fn record_refusal(db: &impl ConnectionTrait, recorder: &Recorder<'_>, error: &Error) -> Result<()> {
    let Error::Forbidden { action, resource, id } = error else {
        return Ok(());
    };
    let about = (resource.as_str(), *id);
    let row = active(recorder, recorder.now(), about, action.as_str(), Outcome::Denied, Facts::default());
    db.execute(&Entity::insert(row).into_query()).await?;
    Ok(())
}

/// Refusals that were only counted.
#[derive(Clone, Debug)]
pub(crate) struct Repeated {
    pub actor: ActorRef,
    pub resource: Resource,
    pub action: Action,
    pub since: DateTime<Utc>,
    pub count: u64,
}

/// Audits refusals that were only counted, one entry per actor and action.
pub(crate) async fn record_repeated(
    db: &impl ConnectionTrait,
    source: &Source,
    company: CompanyId,
    repeated: Vec<Repeated>,
) -> Result<()> {
    let rows = repeated.into_iter().map(|Repeated { actor, resource, action, since, count }| {
        let recorder = Recorder { company, actor, request_id: None, address: None, audit_key: None, source };
        let details = [("repeated".to_owned(), json!(count)), ("since".to_owned(), json!(since))];
        let facts = Facts { details: details.into_iter().collect(), ..Facts::default() };
        active(&recorder, recorder.now(), (resource.as_str(), None), action.as_str(), Outcome::Denied, facts)
    });
    db.execute(&Entity::insert_many(rows).into_query()).await?;
    Ok(())
}

fn active(
    recorder: &Recorder<'_>,
    at: DateTime<Utc>,
    (entity, id): (&str, Option<Uuid>),
    action: &str,
    outcome: Outcome,
    facts: Facts,
) -> ActiveModel {
    ActiveModel {
        company_id: Set(recorder.company.0),
        id: Set(recorder.id(at)),
        occurred_at: Set(at),
        entity: Set(entity.to_owned()),
        entity_id: Set(id),
        action: Set(action.to_owned()),
        request_id: Set(recorder.request_id.map(str::to_owned)),
        actor_kind: Set(recorder.actor.kind.to_string()),
        actor_id: Set(recorder.actor.id.map(Into::into)),
        outcome: Set(outcome.to_string()),
        fields: Set(json!(facts)),
        private_to: Set(None),
        address: Set(recorder.address.map(|address| address.to_string())),
    }
}

fn fields(recorder: &Recorder<'_>, entry: &ChangeRecord) -> Vec<AuditedField> {
    let proof = |value| recorder.audit_key.and_then(|key| digest(key, value));
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
    Some(hex(mac.finalize().into_bytes()))
}
