//! A row of `crm_duplicates`.

use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use serde::Serialize;

use super::model::DuplicateStatus;
use crate::base::error::{Kind, Result};
use crate::base::ids::{CustomerId, DuplicateId};
use crate::base::rights::ActorRef;
use crate::base::score::Score;
use crate::scope::company::Company;
use crate::scope::{FromRow, Record, RowReader, SelectList};

pub(super) const TABLE: &str = "crm_duplicates";

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_duplicates")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
    pub left_id: Uuid,
    pub right_id: Uuid,
    pub score: i64,
    pub status: String,
    pub fingerprint: i64,
    pub seen_at: ChronoDateTimeUtc,
    pub dismissed_at: Option<ChronoDateTimeUtc>,
    pub created_by_kind: String,
    pub created_by_id: Option<Uuid>,
    pub updated_by_kind: String,
    pub updated_by_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

pub(super) static COLUMNS: LazyLock<SelectList> =
    LazyLock::new(|| SelectList::new::<Entity>(&[Column::CompanyId], &[]));

/// A pair without its customers.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pair {
    pub id: DuplicateId,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    pub left_id: CustomerId,
    pub right_id: CustomerId,
    pub score: Score,
    pub status: DuplicateStatus,
    pub fingerprint: i64,
    pub seen_at: DateTime<Utc>,
    pub dismissed_at: Option<DateTime<Utc>>,
    pub created_by: ActorRef,
    pub updated_by: ActorRef,
}

impl FromRow for Pair {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        Ok(Self {
            id: row.take("id")?,
            version: row.take("version")?,
            created_at: row.take("created_at")?,
            updated_at: row.take("updated_at")?,
            left_id: row.take("left_id")?,
            right_id: row.take("right_id")?,
            score: Score::from_thousandths(u16::try_from(row.take::<i64>("score")?).unwrap_or(u16::MAX)),
            status: row.take("status")?,
            fingerprint: row.take("fingerprint")?,
            seen_at: row.take("seen_at")?,
            dismissed_at: row.take("dismissed_at")?,
            created_by: row.actor(["created_by_kind", "created_by_id"])?,
            updated_by: row.actor(["updated_by_kind", "updated_by_id"])?,
        })
    }
}

crate::scope::envelope!(Pair);

impl Record for Pair {
    type Entity = Entity;
    const KIND: Kind = Kind::Duplicate;
    const UNTRACKED_FIELDS: &'static [&'static str] = &[
        "id",
        "version",
        "createdAt",
        "updatedAt",
        "leftId",
        "rightId",
        "score",
        "fingerprint",
        "seenAt",
        "dismissedAt",
        "createdBy",
        "updatedBy",
    ];

    fn row(&self, company: &Company) -> Result<ActiveModel> {
        let pair = self.clone();
        Ok(ActiveModel {
            company_id: Set(company.id.0),
            id: Set(pair.id.0),
            version: Set(pair.version),
            created_at: Set(pair.created_at),
            updated_at: Set(pair.updated_at),
            left_id: Set(pair.left_id.0),
            right_id: Set(pair.right_id.0),
            score: Set(pair.score.thousandths().into()),
            status: Set(pair.status.to_string()),
            fingerprint: Set(pair.fingerprint),
            seen_at: Set(pair.seen_at),
            dismissed_at: Set(pair.dismissed_at),
            created_by_kind: Set(pair.created_by.kind.to_string()),
            created_by_id: Set(pair.created_by.id.map(Into::into)),
            updated_by_kind: Set(pair.updated_by.kind.to_string()),
            updated_by_id: Set(pair.updated_by.id.map(Into::into)),
        })
    }
}
