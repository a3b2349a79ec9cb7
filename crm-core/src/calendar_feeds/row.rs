//! A row of `crm_calendar_feeds`.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sqlx::types::Json;

use super::model::CalendarFeed;
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::UserId;
use crate::base::rights::ActorRef;
use crate::scope::company::Company;
use crate::scope::{Envelope, FromRow, Record, RowReader, SelectList};

pub(super) const TABLE: &str = "crm_calendar_feeds";

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_calendar_feeds")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
    pub digest: String,
    pub rights: serde_json::Value,
    pub created_by_kind: String,
    pub created_by_id: Option<Uuid>,
    pub updated_by_kind: String,
    pub updated_by_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub(super) static COLUMNS: LazyLock<SelectList> =
    LazyLock::new(|| SelectList::new::<Entity>(&[Column::CompanyId, Column::CreatedByKind, Column::CreatedById], &[]));

impl FromRow for CalendarFeed {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        let (user, version) = (row.take("user_id")?, row.take("version")?);
        let (created_at, updated_at) = (row.take("created_at")?, row.take("updated_at")?);
        let digest: String = row.take("digest")?;
        let Json(rights) = row.take("rights")?;
        let by = row.actor(["updated_by_kind", "updated_by_id"])?;
        let fingerprint = Self::fingerprint(&digest);
        Ok(Self { version, fingerprint, created_at, updated_at, user, digest, rights, by })
    }
}

impl Envelope for CalendarFeed {
    fn id(&self) -> Uuid {
        self.user
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn updated_at(&self) -> DateTime<Utc> {
        self.updated_at
    }

    fn stamp(&mut self, version: i64, at: DateTime<Utc>, by: ActorRef) {
        if version == 1 {
            self.created_at = at;
        }
        (self.version, self.updated_at, self.by) = (version, at, by);
    }
}

impl Record for CalendarFeed {
    type Entity = Entity;
    const KIND: Kind = Kind::CalendarFeed;
    const UNTRACKED_FIELDS: &'static [&'static str] = &["version", "createdAt", "updatedAt"];

    fn private_to(&self) -> Option<UserId> {
        Some(self.user())
    }

    fn row(&self, company: &Company) -> Result<ActiveModel> {
        let (kind, id) = (self.by.kind.to_string(), self.by.id.map(Into::into));
        Ok(ActiveModel {
            company_id: Set(company.id.0),
            user_id: Set(self.user),
            version: Set(self.version),
            created_at: Set(self.created_at),
            updated_at: Set(self.updated_at),
            digest: Set(self.digest.clone()),
            rights: Set(serde_json::to_value(&self.rights).map_err(Error::internal)?),
            // Only their user writes them.
            created_by_kind: Set(kind.clone()),
            created_by_id: Set(id),
            updated_by_kind: Set(kind),
            updated_by_id: Set(id),
        })
    }
}
