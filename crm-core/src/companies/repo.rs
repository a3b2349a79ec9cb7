//! What a host does with its companies.

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

/// A change holds at once in this process (in what shares this [`Crm`]), and within five seconds in all others. It stands in
/// history and audit as the system's, and is an event `crm.company.updated`. What is so already is not written again.
impl Companies<'_> {
    /// Whether a company may use the CRM. One that the CRM has not seen yet may.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    pub async fn state(&self, id: CompanyId) -> Result<CompanyState> {
        let company = company::read(self.crm.on(Actor::system(id), self.db).database(), id).await?;
        Ok(company.map_or(CompanyState::Active, |company| company.state))
    }

    /// Refuses a company everything from now on, with [`Error::CompanyClosed`](crate::Error::CompanyClosed). Its data stays. A company that the CRM has
    /// not seen yet is refused from the start.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    pub async fn suspend(&self, id: CompanyId) -> Result<()> {
        self.set(id, CompanyState::Suspended).await
    }

    /// Lets a company in again that was suspended or deleted.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable).
    pub async fn reactivate(&self, id: CompanyId) -> Result<()> {
        self.set(id, CompanyState::Active).await
    }

    /// Marks a company as deleted: it is refused everything. Its data stays until it is removed.
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
