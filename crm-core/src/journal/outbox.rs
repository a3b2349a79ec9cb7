//! What is told to the outside of a write: `crm_outbox`.

use chrono::{DateTime, Utc};
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::InsertStatement;
use sea_orm::{ActiveValue::Set, QueryTrait};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{ChangeRecord, Recorder};
use crate::base::error::{Error, Result};
use crate::base::ids::{CompanyId, CustomerId, EventId, TagId};

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

/// Something that happened to a record, as CloudEvents 1.0 has it (JSON format, section 3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Event {
    /// Always `1.0`.
    pub specversion: String,
    /// The same for every delivery of the event.
    pub id: EventId,
    /// Which CRM it comes from.
    pub source: String,
    /// What happened: `crm.customer.created` and the like.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The id of the record.
    pub subject: Uuid,
    /// When it happened.
    pub time: DateTime<Utc>,
    /// Always `application/json`.
    pub datacontenttype: String,
    /// Whose record it is (an extension attribute).
    pub companyid: CompanyId,
    /// What is told of the record.
    pub data: EventData,
}

impl Event {
    pub(crate) fn read(row: Model, source: &str) -> Result<Self> {
        let Model { company_id, id, occurred_at, event_type, entity: _, entity_id, data, private_to: _, position: _ } =
            row;
        Ok(Self {
            specversion: "1.0".to_owned(),
            id: id.into(),
            source: source.to_owned(),
            event_type,
            subject: entity_id,
            time: occurred_at,
            datacontenttype: "application/json".to_owned(),
            companyid: company_id.into(),
            data: serde_json::from_value(data).map_err(Error::internal)?,
        })
    }
}

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
pub(crate) fn insert(recorder: &Recorder<'_>, entries: &[&ChangeRecord]) -> Result<InsertStatement> {
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
