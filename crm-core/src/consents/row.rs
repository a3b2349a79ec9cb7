//! A row of `crm_consents`.

use std::sync::LazyLock;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use super::input::NewConsent;
use super::model::Consent;
use crate::base::error::{Kind, Result};
use crate::base::ids::CustomerId;
use crate::query::dialect::any_of;
use crate::scope::company::Company;
use crate::scope::{CompanyTx, Find, FromRow, Record, RowReader, SelectList};

pub(super) const TABLE: &str = "crm_consents";

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_consents")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub customer_id: Uuid,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
    pub purpose: String,
    pub channel: String,
    pub state: String,
    pub lawful_basis: String,
    pub source: Option<String>,
    pub text_version: Option<String>,
    pub proof: Option<String>,
    pub obtained_at: ChronoDateTimeUtc,
    pub expires_at: Option<ChronoDateTimeUtc>,
    pub deleted_at: Option<ChronoDateTimeUtc>,
    pub delete_batch_id: Option<Uuid>,
    pub created_by_kind: String,
    pub created_by_id: Option<Uuid>,
    pub updated_by_kind: String,
    pub updated_by_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Without what says whether an entry is in the trash.
pub(super) static COLUMNS: LazyLock<SelectList> =
    LazyLock::new(|| SelectList::new::<Entity>(&[Column::CompanyId, Column::DeletedAt, Column::DeleteBatchId], &[]));

/// All entries of these customers and leads: for what is handed out to a person.
pub(crate) fn of_customers<'t>(tx: &'t CompanyTx<'_>, customers: &[Uuid]) -> Find<'t, Entity> {
    let theirs = any_of(Expr::col((TABLE, "customer_id")), customers.to_vec(), tx.is_postgres());
    tx.find().filter(theirs).select(&COLUMNS)
}

impl FromRow for Consent {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        Ok(Self {
            id: row.take("id")?,
            customer_id: row.take("customer_id")?,
            version: row.take("version")?,
            created_at: row.take("created_at")?,
            updated_at: row.take("updated_at")?,
            purpose: row.take("purpose")?,
            channel: row.take("channel")?,
            state: row.take("state")?,
            lawful_basis: row.take("lawful_basis")?,
            source: row.take("source")?,
            text_version: row.take("text_version")?,
            proof: row.take("proof")?,
            obtained_at: row.take("obtained_at")?,
            expires_at: row.take("expires_at")?,
            created_by: row.actor(["created_by_kind", "created_by_id"])?,
            updated_by: row.actor(["updated_by_kind", "updated_by_id"])?,
        })
    }
}

crate::scope::envelope!(Consent);

impl Record for Consent {
    type Entity = Entity;
    const KIND: Kind = Kind::Consent;
    const UNTRACKED_FIELDS: &'static [&'static str] = NewConsent::READ_ONLY;

    fn customer(&self) -> Option<CustomerId> {
        Some(self.customer_id)
    }

    fn row(&self, company: &Company) -> Result<ActiveModel> {
        let consent = self.clone();
        Ok(ActiveModel {
            company_id: Set(company.id.0),
            id: Set(consent.id.0),
            customer_id: Set(consent.customer_id.0),
            version: Set(consent.version),
            created_at: Set(consent.created_at),
            updated_at: Set(consent.updated_at),
            purpose: Set(consent.purpose),
            channel: Set(consent.channel.to_string()),
            state: Set(consent.state.to_string()),
            lawful_basis: Set(consent.lawful_basis.to_string()),
            source: Set(consent.source.map(|source| source.to_string())),
            text_version: Set(consent.text_version),
            proof: Set(consent.proof),
            obtained_at: Set(consent.obtained_at),
            expires_at: Set(consent.expires_at),
            deleted_at: Set(None),
            delete_batch_id: Set(None),
            created_by_kind: Set(consent.created_by.kind.to_string()),
            created_by_id: Set(consent.created_by.id.map(Into::into)),
            updated_by_kind: Set(consent.updated_by.kind.to_string()),
            updated_by_id: Set(consent.updated_by.id.map(Into::into)),
        })
    }
}
