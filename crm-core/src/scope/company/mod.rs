//! The company of a scope, as mirrored by the CRM.

mod cache;
mod row;
mod settings;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, EntityTrait, QueryTrait};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(crate) use cache::CompanyCache;
pub use settings::{CompanySettings, DuplicatePolicy};

use super::{CompanyScope, CompanyTx, Crm, Database, Envelope, Find, Record};
use crate::base::company_state::CompanyState;
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::CompanyId;
use crate::base::rights::ActorRef;

/// A company as the CRM mirrors it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Company {
    pub id: CompanyId,
    pub state: CompanyState,
    pub settings: CompanySettings,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl Company {
    pub(crate) fn ensure_open(&self) -> Result<()> {
        match self.state {
            CompanyState::Active => Ok(()),
            state => Err(Error::CompanyClosed { state }),
        }
    }
}

/// The company, from the cache if possible. A company without a mirror has the defaults.
pub(crate) async fn load(scope: &CompanyScope<'_>) -> Result<Arc<Company>> {
    let id = scope.actor.company;
    let company = known(scope.database(), &scope.crm, id, scope.has_written_company()).await?;
    Ok(company.unwrap_or_else(|| Arc::new(Company::blank(id, scope.crm.now()))))
}

/// Reads the mirror of the company. A read inside a transaction is not cached, because it may never be committed.
/// `anew`: the transaction has written the company itself.
async fn known(db: Database<'_>, crm: &Crm, id: CompanyId, anew: bool) -> Result<Option<Arc<Company>>> {
    let companies = &crm.0.companies;
    match db {
        Database::Pool(_) => companies.get_or(id, async || read(db, id).await).await,
        Database::Transaction(_) if anew => read(db, id).await,
        Database::Transaction(_) => match companies.get(id).await {
            Some(Some(company)) => Ok(Some(company)),
            // The transaction may have created the mirror.
            _ => read(db, id).await,
        },
    }
}

/// The company, whose mirror is created if needed. It may be closed.
pub(crate) async fn mirrored(db: Database<'_>, crm: &Crm, id: CompanyId, anew: bool) -> Result<Arc<Company>> {
    if let Some(company) = known(db, crm, id, anew).await? {
        return Ok(company);
    }
    let fresh = Company::blank(id, crm.now());
    let insert = row::Entity::insert(row::ActiveModel::try_from(&fresh)?)
        .on_conflict(OnConflict::column(row::Column::CompanyId).do_nothing().to_owned())
        .into_query();
    db.execute(&insert).await?;
    if let Database::Pool(_) = db {
        crm.0.companies.invalidate(id).await;
    }
    known(db, crm, id, anew).await?.ok_or_else(|| Error::not_found(Kind::Company, id))
}

pub(crate) async fn read(db: Database<'_>, id: CompanyId) -> Result<Option<Arc<Company>>> {
    let row: Option<row::Model> = Find::<row::Entity>::new(db, id).one().await?;
    row.map(|row| Company::try_from(row).map(Arc::new)).transpose()
}

impl Company {
    fn blank(id: CompanyId, at: DateTime<Utc>) -> Self {
        Self {
            id,
            state: CompanyState::Active,
            settings: CompanySettings::default(),
            version: 1,
            created_at: at,
            updated_at: at,
        }
    }
}

/// The company, locked for a write.
pub(crate) async fn lock(tx: &CompanyTx<'_>) -> Result<Company> {
    let row: Option<row::Model> = tx.find::<row::Entity>().for_update().one().await?;
    row.ok_or_else(|| Error::not_found(Kind::Company, tx.company.id))?.try_into()
}

impl Envelope for Company {
    fn id(&self) -> Uuid {
        self.id.0
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn updated_at(&self) -> DateTime<Utc> {
        self.updated_at
    }

    fn stamp(&mut self, version: i64, at: DateTime<Utc>, _by: ActorRef) {
        (self.version, self.updated_at) = (version, at);
    }
}

impl Record for Company {
    type Entity = row::Entity;
    const KIND: Kind = Kind::Company;
    const UNTRACKED_FIELDS: &'static [&'static str] = &["id", "version", "createdAt", "updatedAt"];

    fn row(&self, _company: &Company) -> Result<row::ActiveModel> {
        self.try_into()
    }
}

crate::scope::company_owned!(row, CompanyId, Version);
