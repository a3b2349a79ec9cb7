//! Lists of the log.

use crm_core::page::{self, Key, Page, PageRequest};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::model::{SignIn, SignInQuery};
use crate::base::caller::Caller;
use crate::base::error::{Error, Result};
use crate::base::service::UserManagement;
use crate::rows::sign_in::{Column as C, Entity, Model};

/// The log, as a caller may see it.
#[derive(Debug)]
pub struct SignIns<'a> {
    um: &'a UserManagement,
    caller: &'a Caller,
}

impl UserManagement {
    /// The log of attempts to sign in.
    #[must_use]
    pub const fn sign_ins<'a>(&'a self, caller: &'a Caller) -> SignIns<'a> {
        SignIns { um: self, caller }
    }
}

impl SignIns<'_> {
    /// Attempts, newest first: administrators see those of their company, all others see their own. A refused attempt
    /// belongs to the company that the user last signed in to.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for the attempts of others without being an administrator; a malformed cursor; those of the
    /// database.
    pub async fn list(&self, query: &SignInQuery, request: &PageRequest) -> Result<Page<SignIn>> {
        let caller = self.caller;
        let user = match (caller.is_admin(), query.user_id) {
            (true, user) => user,
            (false, Some(user)) if user != caller.user => return Err(Error::Forbidden),
            (false, _) => Some(caller.user),
        };
        let mut select = Entity::find();
        if caller.is_admin() {
            select = select.filter(C::CompanyId.eq(caller.company.0));
        }
        if let Some(user) = user {
            select = select.filter(C::UserId.eq(user.0));
        }
        if let Some(outcome) = query.outcome {
            select = select.filter(C::Outcome.eq(outcome.as_str()));
        }
        let digest = page::digest(&(caller.company, user, caller.is_admin(), query))?;
        let key = |row: &Model| (Key::Time(row.at), row.id);
        let page = page::read(self.um.db(), select, &page::newest_first("at"), &digest, request, key).await?;
        page.try_map(SignIn::of)
    }
}
