//! Companies: the CRM's mirror of the tenants, with their settings.
//!
//! The user-management service owns companies; the CRM keeps what it needs of each, from the first write on. A host says
//! with [`Crm::companies`] which of them may use the CRM.

mod cache;
mod repo;
mod row;
mod settings;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, EntityTrait, QueryTrait};
use serde::{Deserialize, Serialize};

pub(crate) use cache::CompanyCache;
pub use repo::Companies;
pub use settings::{CompanySettings, DuplicatePolicy, Settings, SettingsPatch, SettingsRepository};

use crate::error::{Error, Kind, Result};
use crate::ids::CompanyId;
use crate::names::names;
use crate::scope::{CompanyScope, Crm, Database, Find};

names! {
    /// Whether a company may use the CRM.
    CompanyState {
        /// It may.
        Active = "active",
        /// It may not for now; its data stays.
        Suspended = "suspended",
        /// It may not any more.
        Deleted = "deleted",
    }
}

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

/// The company, from the cache if it was read in the last seconds. One that has no mirror yet has the defaults.
pub(crate) async fn load(scope: &CompanyScope<'_>) -> Result<Arc<Company>> {
    let id = scope.actor.company;
    let company = known(scope.database(), &scope.crm, id, scope.has_written_company()).await?;
    Ok(company.unwrap_or_else(|| Arc::new(Company::fresh(id, scope.crm.now()))))
}

/// What the mirror has of the company. What a transaction sees may never be committed, so it is not kept; `anew`: the
/// transaction has written the company itself.
async fn known(db: Database<'_>, crm: &Crm, id: CompanyId, anew: bool) -> Result<Option<Arc<Company>>> {
    let companies = &crm.0.companies;
    match db {
        Database::Pool(_) => companies.get_or(id, async || read(db, id).await).await,
        Database::Transaction(_) if anew => read(db, id).await,
        Database::Transaction(_) => match companies.get(id).await {
            Some(Some(company)) => Ok(Some(company)),
            // The transaction may have made the mirror.
            _ => read(db, id).await,
        },
    }
}

/// The company, whose mirror is made if there is none. It may be closed.
pub(crate) async fn mirrored(db: Database<'_>, crm: &Crm, id: CompanyId, anew: bool) -> Result<Arc<Company>> {
    if let Some(company) = known(db, crm, id, anew).await? {
        return Ok(company);
    }
    let fresh = Company::fresh(id, crm.now());
    let insert = row::Entity::insert(row::ActiveModel::try_from(&fresh)?)
        .on_conflict(OnConflict::column(row::Column::CompanyId).do_nothing().to_owned())
        .into_query();
    db.execute(&insert).await?;
    if let Database::Pool(_) = db {
        crm.0.companies.written(id).await;
    }
    known(db, crm, id, anew).await?.ok_or_else(|| Error::not_found(Kind::Company, id))
}

async fn read(db: Database<'_>, id: CompanyId) -> Result<Option<Arc<Company>>> {
    let row: Option<row::Model> = Find::<row::Entity>::new(db, id).one().await?;
    row.map(|row| Company::try_from(row).map(Arc::new)).transpose()
}

impl Company {
    fn fresh(id: CompanyId, at: DateTime<Utc>) -> Self {
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
