//! The operations of a host on its companies.

use sea_orm::DatabaseConnection;

use super::CompanyState;
use crate::base::error::Result;
use crate::base::ids::CompanyId;
use crate::scope::actor::Actor;
use crate::scope::company::{self, Company};
use crate::scope::{Change, Crm};

/// The companies, for the host and its operators: a company's own users have no access, whatever their rights. Obtained
/// from [`Crm::companies`](crate::Crm::companies).
#[derive(Debug)]
pub struct Companies<'d> {
    pub(crate) crm: Crm,
    pub(crate) db: &'d DatabaseConnection,
}

/// A change takes effect at once in this process (in everything that shares this [`Crm`]), and within five seconds in
/// others. It is recorded in history and audit with the system as actor, and is an event `crm.company.updated`. Setting
/// the current state writes nothing.
impl Companies<'_> {
    /// Whether a company may use the CRM. An unknown company may.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    pub async fn state(&self, id: CompanyId) -> Result<CompanyState> {
        let company = company::read(self.crm.on(Actor::system(id), self.db).database(), id).await?;
        Ok(company.map_or(CompanyState::Active, |company| company.state))
    }

    /// Whether the CRM knows a company: it has been used by one of its users, or was suspended.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    pub async fn is_known(&self, id: CompanyId) -> Result<bool> {
        Ok(company::read(self.crm.on(Actor::system(id), self.db).database(), id).await?.is_some())
    }

    /// Suspends a company: everything is refused with [`Error::CompanyClosed`](crate::Error::CompanyClosed). Its data
    /// is kept. An unknown company can be suspended as well.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    pub async fn suspend(&self, id: CompanyId) -> Result<()> {
        self.set(id, CompanyState::Suspended).await
    }

    /// Reactivates a company that was suspended or deleted.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    pub async fn reactivate(&self, id: CompanyId) -> Result<()> {
        self.set(id, CompanyState::Active).await
    }

    /// Marks a company as deleted: everything is refused. Its data is kept until it is removed.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    pub async fn delete(&self, id: CompanyId) -> Result<()> {
        self.set(id, CompanyState::Deleted).await
    }

    #[tracing::instrument(name = "companies.set", skip(self), fields(company.id = %id))]
    async fn set(&self, id: CompanyId, state: CompanyState) -> Result<()> {
        let mut scope = self.crm.on(Actor::system(id), self.db);
        scope
            .write_unchecked(async |tx| {
                let before = company::lock(tx).await?;
                let mut after = Company { state, ..before.clone() };
                tx.company_written();
                tx.update(&before, &mut after, Change::Updated).await.map(drop)
            })
            .await
    }
}
