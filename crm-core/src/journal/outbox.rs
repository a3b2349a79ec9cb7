//! What is told to the outside of a write: `crm_outbox`.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::InsertStatement;
use sea_orm::{ActiveValue::Set, QueryTrait};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Entry, Recorder};
use crate::base::error::{Error, Result};
use crate::base::ids::{CustomerId, TagId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_outbox")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub occurred_at: ChronoDateTimeUtc,
    pub event_type: String,
    pub entity: String,
    pub entity_id: Uuid,
    pub data: Json,
    pub private_to: Option<Uuid>,
    pub position: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What an event tells of its record. To learn more, read the record, with the rights one has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct EventData {
    /// The id of the record.
    pub id: Uuid,
    /// The version it got.
    pub version: i64,
    /// The fields that changed.
    pub changed_fields: Vec<String>,
    /// The customer that the record hangs on, where it hangs on one.
    #[serde(default)]
    pub customer_id: Option<CustomerId>,
    /// The tags that a customer was given (`crm.customer.tagged`) or has lost (`crm.customer.untagged`), or the tag that has
    /// taken over another's customers (`crm.tag.merged`).
    #[serde(default)]
    pub tag_ids: Vec<TagId>,
}

/// The statement that puts the events of some writes into the outbox.
pub(crate) fn insert(recorder: &Recorder<'_>, entries: &[&Entry]) -> Result<InsertStatement> {
    let rows = entries
        .iter()
        .map(|entry| {
            let entity_id = entry.id.ok_or_else(|| Error::internal("an event is about a record"))?;
            let data = EventData {
                id: entity_id,
                version: entry.version,
                changed_fields: entry.changes.iter().map(|change| change.field.clone()).collect(),
                customer_id: entry.customer,
                tag_ids: entry.tags.clone(),
            };
            Ok(ActiveModel {
                company_id: Set(recorder.company.0),
                id: Set(recorder.id(entry.at)),
                occurred_at: Set(entry.at),
                event_type: Set(format!("crm.{}.{}", entry.kind, entry.action)),
                entity: Set(entry.kind.to_string()),
                entity_id: Set(entity_id),
                data: Set(json!(data)),
                private_to: Set(entry.private_to.map(Into::into)),
                position: Set(None),
            })
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Entity::insert_many(rows).into_query())
}
