//! Reading users.

use crm_core::ids::UserId;
use crm_core::page::{self, Page, PageRequest};
use sea_orm::QueryFilter;

use super::model::User;
use super::query::UserQuery;
use super::row::{self, Model};
use crate::base::caller::Caller;
use crate::base::error::Result;
use crate::base::service::UserManagement;

/// The users of a company. Obtained from [`UserManagement::users`].
#[derive(Debug)]
pub struct Users<'a> {
    pub(crate) um: &'a UserManagement,
    pub(crate) caller: &'a Caller,
}

impl UserManagement {
    /// The users of the caller's company.
    #[must_use]
    pub const fn users<'a>(&'a self, caller: &'a Caller) -> Users<'a> {
        Users { um: self, caller }
    }
}

impl Users<'_> {
    /// A page of users, with their teams. All members of the company may read it.
    ///
    /// # Errors
    /// A text that is longer than any address, and a cursor of another list.
    #[tracing::instrument(name = "um.users.list", skip_all, fields(company.id = %self.caller.company))]
    pub async fn list(&self, query: &UserQuery, request: &PageRequest) -> Result<Page<User>> {
        let (db, company) = (self.um.db(), self.caller.company);
        let select = row::members(company).filter(query.condition()?);
        let filter = page::digest(&("um.users", company, query))?;
        let key = |row: &Model| (query.key(row), row.user_id);
        let rows = page::read(db, select, &query.order(), &filter, request, key).await?;
        let mut page = rows.try_map(Model::read)?;
        row::add_teams(db, company, &mut page.data).await?;
        Ok(page)
    }

    /// One user.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound).
    pub async fn get(&self, id: UserId) -> Result<User> {
        row::find(self.um.db(), self.caller.company, id).await
    }
}
