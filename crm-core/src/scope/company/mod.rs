//! The company of a scope, as mirrored by the CRM.

mod cache;
mod fields;
mod rates;
mod row;
mod scoring;
mod settings;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, QueryTrait};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub(crate) use cache::CompanyCache;
pub(crate) use rates::{CompanyRates, KnownRate};
pub(crate) use scoring::CompanyScoring;
pub use settings::{AiConsent, CompanySettings, DuplicatePolicy, LeadResponseTarget, LostReason, RecordAccess};

use super::{CompanyScope, CompanyTx, Crm, Database, Envelope, Find, Record};
use crate::base::company_state::CompanyState;
use crate::base::custom_field::CompanyFields;
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::CompanyId;
use crate::base::rights::ActorRef;

/// A company as the CRM mirrors it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Company {
    pub id: CompanyId,
    pub state: CompanyState,
    pub settings: CompanySettings,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    /// What its custom fields ask of values.
    #[serde(skip)]
    pub fields: CompanyFields,
    /// The current rates of currencies.
    #[serde(skip)]
    pub rates: CompanyRates,
    /// Whether it scores its leads.
    #[serde(skip)]
    pub scoring: CompanyScoring,
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
    Ok(company.unwrap_or_else(|| Arc::new(Company::blank(id, &scope.crm))))
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
    let fresh = Company::blank(id, crm);
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
    let list = row::columns(db.get_database_backend() == DbBackend::Postgres);
    let company: Option<Company> = Find::<row::Entity>::new(db, id).select(list).one().await?;
    Ok(company.map(Arc::new))
}

impl Company {
    fn blank(id: CompanyId, crm: &Crm) -> Self {
        let at = crm.now();
        Self {
            id,
            state: CompanyState::Active,
            settings: crm.0.company_settings.clone(),
            version: 1,
            created_at: at,
            updated_at: at,
            fields: CompanyFields::default(),
            rates: CompanyRates::default(),
            scoring: CompanyScoring::default(),
        }
    }
}

/// The company, locked for a write.
pub(crate) async fn lock(tx: &CompanyTx<'_>) -> Result<Company> {
    let company = tx.find::<row::Entity>().select(row::columns(tx.is_postgres())).for_update();
    company.one().await?.ok_or_else(|| Error::not_found(Kind::Company, tx.company.id))
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
