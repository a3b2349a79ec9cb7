//! The values of a record before and after a write: `crm_changes`.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::InsertStatement;
use sea_orm::{ActiveValue::Set, QueryTrait};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{ChangeRecord, Recorder};
use crate::base::error::{Error, Result};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_changes")]
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
    pub entity_version: i64,
    pub changes: Json,
    pub private_to: Option<Uuid>,
    pub origin: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One field of a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct FieldChange {
    /// The JSON name of the field.
    pub field: String,
    /// The old value.
    pub from: Value,
    /// The new value.
    pub to: Value,
}

/// The statement that writes the changes of some records.
pub(crate) fn insert(recorder: &Recorder<'_>, entries: &[&ChangeRecord]) -> Result<InsertStatement> {
    let rows = entries
        .iter()
        .map(|entry| {
            Ok(ActiveModel {
                company_id: Set(recorder.company.0),
                id: Set(recorder.id(entry.at)),
                occurred_at: Set(entry.at),
                entity: Set(entry.kind.to_string()),
                entity_id: Set(entry.id),
                action: Set(entry.action.to_owned()),
                request_id: Set(recorder.request_id.map(str::to_owned)),
                actor_kind: Set(recorder.actor.kind.to_string()),
                actor_id: Set(recorder.actor.id.map(Into::into)),
                entity_version: Set(entry.version),
                changes: Set(serde_json::to_value(&entry.changes).map_err(Error::internal)?),
                private_to: Set(entry.private_to.map(Into::into)),
                origin: Set(entry.origin.map(str::to_owned)),
            })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Entity::insert_many(rows).into_query())
}
