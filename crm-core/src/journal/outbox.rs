//! The events of a write: `crm_outbox`.

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

/// A change of a record, as CloudEvents 1.0 (JSON format, section 3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Event {
    /// Always `1.0`.
    pub specversion: String,
    /// The id, the same for every delivery of the event.
    pub id: EventId,
    /// The source: the CRM installation.
    pub source: String,
    /// The type: `crm.customer.created` and the like.
    #[serde(rename = "type")]
    pub event_type: String,
    /// The id of the record.
    pub subject: Uuid,
    /// The time of the change.
    pub time: DateTime<Utc>,
    /// Always `application/json`.
    pub datacontenttype: String,
    /// The company of the record (an extension attribute).
    pub companyid: CompanyId,
    /// The data about the record.
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

/// The data of an event. Read the record to get its values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct EventData {
    /// The id of the record.
    pub id: Uuid,
    /// The version of the record after the change.
    pub version: i64,
    /// The names of the changed fields.
    pub changed_fields: Vec<String>,
    /// The customer that the record belongs to, if any.
    #[serde(default)]
    pub customer_id: Option<CustomerId>,
    /// The tags that were added to a customer (`crm.customer.tagged`) or removed (`crm.customer.untagged`), or the tag
    /// that another was merged into (`crm.tag.merged`).
    #[serde(default)]
    pub tag_ids: Vec<TagId>,
    /// The other customers of a merge (`crm.customer.merged`, `crm.customer.unmerged`): for the survivor those that were
    /// merged into it, for each of them the survivor.
    #[serde(default)]
    pub customer_ids: Vec<CustomerId>,
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
                customer_ids: entry.customers.clone(),
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
