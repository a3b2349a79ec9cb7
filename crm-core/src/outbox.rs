//! Domain events: written in the transaction of the change, read by consumers that each keep their own place.
//!
//! An event is thin (CloudEvents 1.0, without personal data): what happened to which record, its new version, and the
//! names of the fields that changed. Events get their position after their commit, under a lock per company, so that
//! a consumer that has acknowledged a position has missed nothing before it.

mod commits;
mod consume;
mod deliver;
mod feed;
mod follow;
mod live;
mod positions;
mod recent;
mod revision;
mod row;
mod viewer;
mod waiting;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::InsertStatement;
use sea_orm::{ActiveValue::Set, EntityTrait, QueryTrait};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

pub use commits::{Commits, WakeUp};
pub use consume::{EventCursor, PendingEvents};
pub use deliver::{Delivered, Handover};
pub use feed::{EventFeed, EventPosition, Events, MOST_EVENTS};
pub use follow::{FeedEvent, Follower};
pub(crate) use live::LiveCompanies;
pub use revision::Revision;
pub use waiting::{Consumer, Waiting};

use crate::actor::Actor;
use crate::error::{Error, Result};
use crate::ids::{CompanyId, CustomerId, EventId, TagId};
use crate::scope::{Crm, Entry};

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

impl Event {
    fn read(row: row::Model, source: &str) -> Result<Self> {
        let row::Model {
            company_id,
            id,
            occurred_at,
            event_type,
            entity: _,
            entity_id,
            data,
            private_to: _,
            position: _,
        } = row;
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

/// The statement that puts the events of some writes into the outbox.
pub(crate) fn insert(crm: &Crm, actor: &Actor, entries: &[&Entry]) -> Result<InsertStatement> {
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
            Ok(row::ActiveModel {
                company_id: Set(actor.company.0),
                id: Set(crm.id(entry.at)),
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
    Ok(row::Entity::insert_many(rows).into_query())
}
