//! Reading events: consumers and their acknowledgement.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, OnConflict, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseConnection, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::pending::{Among, LaggingCompany, lagging};
use super::{Event, row};
use crate::base::error::{Malformed, Result};
use crate::scope::{Crm, begin_write};

/// The maximum number of events per read.
pub(super) const MOST: u64 = 10_000;

/// Unacknowledged events of a consumer, and the cursor to acknowledge them.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PendingEvents {
    /// Oldest first within each company; a record's events in the order of its versions.
    pub events: Vec<Event>,
    /// Pass it to [`Crm::acknowledge`] after all of them have been processed.
    pub cursor: EventCursor,
}

/// The progress of a consumer. The text can be stored, but its format may change. For the host itself: it is not
/// sealed, and reveals how much is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventCursor(BTreeMap<Uuid, i64>);

impl std::fmt::Display for EventCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let json = serde_json::to_vec(&self.0).map_err(|_| std::fmt::Error)?;
        f.write_str(&URL_SAFE_NO_PAD.encode(json))
    }
}

impl std::str::FromStr for EventCursor {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|json| serde_json::from_slice(&json).ok())
            .map(Self)
            .ok_or_else(|| Malformed::new("cursor_invalid", "cursor", "this is not a cursor of pending events"))
    }
}

pub(crate) async fn pending_events(
    crm: &Crm,
    db: &DatabaseConnection,
    consumer: &str,
    limit: u64,
) -> Result<PendingEvents> {
    let limit = std::cmp::min(limit, MOST);
    crm.number_everywhere(db).await?;
    let mut pending = PendingEvents { events: Vec::new(), cursor: EventCursor::default() };
    for LaggingCompany { company, position, since: _ } in lagging(db, consumer, Among::All).await? {
        let missing = limit - pending.events.len() as u64;
        if missing == 0 {
            break;
        }
        for row in after(db, company, position, missing).await? {
            let (position, private) = (row.position.unwrap_or_default(), row.private_to.is_some());
            pending.cursor.0.insert(company, position);
            if !private {
                pending.events.push(Event::read(row, &crm.0.event_source)?);
            }
        }
    }
    Ok(pending)
}

pub(crate) async fn acknowledge(
    crm: &Crm,
    db: &DatabaseConnection,
    consumer: &str,
    cursor: &EventCursor,
) -> Result<()> {
    let now = crm.now();
    let tx = begin_write(db).await?;
    for (company, position) in &cursor.0 {
        advance(&tx, consumer, *company, *position, now).await?;
    }
    Ok(tx.commit().await?)
}

/// Stores that a consumer has processed a company's events up to this position. The progress never goes back.
pub(super) async fn advance(
    db: &impl ConnectionTrait,
    consumer: &str,
    company: Uuid,
    position: i64,
    now: DateTime<Utc>,
) -> Result<()> {
    let statement = Query::insert()
        .into_table("crm_event_consumers")
        .columns(["company_id", "consumer", "position", "updated_at"])
        .values_panic([Expr::val(company), Expr::val(consumer), Expr::val(position), Expr::val(now)])
        .on_conflict(
            OnConflict::columns(["company_id", "consumer"])
                .update_columns(["position", "updated_at"])
                .action_and_where(
                    Expr::col(("crm_event_consumers", "position"))
                        .lt(Expr::col((Alias::new("excluded"), Alias::new("position")))),
                )
                .to_owned(),
        )
        .to_owned();
    db.execute(&statement).await?;
    Ok(())
}

pub(super) async fn after(
    db: &impl ConnectionTrait,
    company: Uuid,
    position: i64,
    limit: u64,
) -> Result<Vec<row::Model>> {
    Ok(row::Entity::find()
        .filter(row::Column::CompanyId.eq(company))
        .filter(row::Column::Position.gt(position))
        .order_by_asc(row::Column::Position)
        .limit(limit)
        .all(db)
        .await?)
}
