//! Lists of the log.

use crm_core::page::{self, Key, Page, PageRequest};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter};

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
    /// Attempts, newest first: administrators see those of their company and those of its users that reached no
    /// company, all others see their own.
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
            select = select.filter(seen_by_administrators(caller));
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

fn seen_by_administrators(caller: &Caller) -> Condition {
    let is_of_member = Expr::col(("um_sign_ins", "user_id")).in_subquery(members(caller));
    Condition::any().add(C::CompanyId.eq(caller.company.0)).add(C::CompanyId.is_null().and(is_of_member))
}

fn members(caller: &Caller) -> SelectStatement {
    Query::select()
        .column("user_id")
        .from("um_memberships")
        .and_where(Expr::col("company_id").eq(caller.company))
        .to_owned()
}
