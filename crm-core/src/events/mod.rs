//! Domain events: written in the transaction of the change, read by consumers that each keep their own place.
//!
//! An event is thin (CloudEvents 1.0, without personal data): what happened to which record, its new version, and the
//! names of the fields that changed. Events get their position after their commit, under a lock per company, so that
//! a consumer that has acknowledged a position has missed nothing before it.

mod consume;
mod deliver;
mod feed;
mod revision;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use consume::{EventCursor, PendingEvents};
pub use deliver::{Delivered, Handover, Waiting};
pub use feed::{EventFeed, Events, MOST_EVENTS};
pub use revision::Revision;

pub use crate::journal::outbox::EventData;
pub use crate::scope::commits::{Commits, WakeUp};
pub use crate::scope::event_position::EventPosition;

use crate::base::error::{Error, Result};
use crate::base::ids::{CompanyId, EventId};
use crate::journal::outbox as row;

crate::scope::company_owned!(row, Id, Position);

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
