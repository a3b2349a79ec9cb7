//! A row of `crm_preferences`.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use serde_json::Value;

use super::model::Preferences;
use crate::base::error::{Error, Kind, Result};
use crate::base::rights::ActorRef;
use crate::scope::company::Company;
use crate::scope::{Envelope, FromRow, Record, RowReader, SelectList};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_preferences")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: Uuid,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
    pub preferences: Json,
    pub created_by_kind: String,
    pub created_by_id: Option<Uuid>,
    pub updated_by_kind: String,
    pub updated_by_id: Option<Uuid>,
    pub digest_at: Option<ChronoDateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub(super) static COLUMNS: LazyLock<SelectList> =
    LazyLock::new(|| SelectList::new::<Entity>(&[Column::CompanyId, Column::CreatedByKind, Column::CreatedById], &[]));

/// The members that the columns of the row have.
const ENVELOPE: &[&str] = &["version", "createdAt", "updatedAt"];

impl FromRow for Preferences {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        let (user, version) = (row.take("user_id")?, row.take("version")?);
        let (created_at, updated_at) = (row.take("created_at")?, row.take("updated_at")?);
        let mut members = row.object("preferences")?;
        members.insert("version".to_owned(), Value::from(version));
        let preferences: Self = serde_json::from_value(Value::Object(members)).map_err(Error::internal)?;
        let by = Some(row.actor(["updated_by_kind", "updated_by_id"])?);
        let (created_at, updated_at, digest_at) = (Some(created_at), Some(updated_at), row.take("digest_at")?);
        Ok(Self { user, version, created_at, updated_at, by, digest_at, ..preferences })
    }
}

impl Envelope for Preferences {
    fn id(&self) -> Uuid {
        self.user
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn updated_at(&self) -> DateTime<Utc> {
        self.updated_at.unwrap_or_default()
    }

    fn stamp(&mut self, version: i64, at: DateTime<Utc>, by: ActorRef) {
        if version == 1 {
            self.created_at = Some(at);
        }
        (self.version, self.updated_at, self.by) = (version, Some(at), Some(by));
    }
}

impl Record for Preferences {
    type Entity = Entity;
    const KIND: Kind = Kind::Preferences;
    const UNTRACKED_FIELDS: &'static [&'static str] = ENVELOPE;

    fn private_to(&self) -> Option<crate::base::ids::UserId> {
        Some(self.user.into())
    }

    fn row(&self, company: &Company) -> Result<ActiveModel> {
        let mut preferences = serde_json::to_value(self).map_err(Error::internal)?;
        if let Value::Object(members) = &mut preferences {
            members.retain(|name, _| !ENVELOPE.contains(&name.as_str()));
        }
        let by = self.by.clone().ok_or_else(|| Error::internal("preferences without a user"))?;
        let (created_at, updated_at) = (self.created_at.unwrap_or_default(), self.updated_at.unwrap_or_default());
        Ok(ActiveModel {
            company_id: Set(company.id.0),
            user_id: Set(self.user),
            version: Set(self.version),
            created_at: Set(created_at),
            updated_at: Set(updated_at),
            preferences: Set(preferences),
            // Only their user writes them.
            created_by_kind: Set(by.kind.to_string()),
            created_by_id: Set(by.id.map(Into::into)),
            updated_by_kind: Set(by.kind.to_string()),
            updated_by_id: Set(by.id.map(Into::into)),
            digest_at: Set(self.digest_at),
        })
    }
}
