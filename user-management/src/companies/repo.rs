//! The operations on companies.

use crm_core::Violations;
use crm_core::ids::CompanyId;
use crm_core::text::fold;
use sea_orm::sea_query::{Expr, ExprTrait, LockType};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, DatabaseTransaction, EntityTrait, IntoActiveModel};
use sea_orm::{QueryFilter, QuerySelect};
use serde_json::json;

use super::model::{Company, CompanyStatus};
use crate::audit::{self, Origin};
use crate::base::caller::Caller;
use crate::base::changes::AccessChange;
use crate::base::error::{Error, Refusal, Result, expect_version};
use crate::base::input;
use crate::base::service::UserManagement;
use crate::rows::company::{Entity, Model};
use crate::rows::membership;

/// The company of a caller. Obtained from [`UserManagement::company`].
#[derive(Debug)]
pub struct OwnCompany<'a> {
    um: &'a UserManagement,
    caller: &'a Caller,
}

impl UserManagement {
    /// The caller's company.
    #[must_use]
    pub const fn company<'a>(&'a self, caller: &'a Caller) -> OwnCompany<'a> {
        OwnCompany { um: self, caller }
    }

    /// Suspends a company: all its tokens are void, and its users cannot sign in. For the operator of the service.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    #[tracing::instrument(name = "um.companies.suspend", skip_all, fields(company.id = %id))]
    pub async fn suspend_company(&self, id: CompanyId) -> Result<Company> {
        self.set_status(id, CompanyStatus::Suspended, "company.suspended").await
    }

    /// Reactivates a suspended company. For the operator of the service.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    #[tracing::instrument(name = "um.companies.reactivate", skip_all, fields(company.id = %id))]
    pub async fn reactivate_company(&self, id: CompanyId) -> Result<Company> {
        self.set_status(id, CompanyStatus::Active, "company.reactivated").await
    }

    async fn set_status(&self, id: CompanyId, status: CompanyStatus, action: &str) -> Result<Company> {
        let tx = self.begin().await?;
        let before = find_locked(&tx, id).await?.ok_or(Error::NotFound("company"))?;
        if before.status == status.as_str() {
            return before.try_into();
        }
        let changes = json!({ "status": { "from": before.status, "to": status } });
        let (version, mut row) = (before.version + 1, before.into_active_model());
        row.version = Set(version);
        row.status = Set(status.as_str().to_owned());
        row.updated_at = Set(self.now());
        let after = row.update(&tx).await?;
        raise_generations(&tx, id).await?;
        audit::record(&tx, self, Origin::system(id), action, "company", Some(id.0), changes).await?;
        tx.commit().await?;
        let ended = status != CompanyStatus::Active;
        self.publish(&[AccessChange::CompanyChanged { company: id, ended }]).await;
        after.try_into()
    }
}

impl OwnCompany<'_> {
    /// The company.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn get(&self) -> Result<Company> {
        let company = Entity::find_by_id(self.caller.company.0).one(self.um.db()).await?;
        company.ok_or(Error::NotFound("company"))?.try_into()
    }

    /// Renames the company; `expected` is the version that the caller has seen. Administrators only.
    ///
    /// # Errors
    /// [`Error::Forbidden`]; [`Error::Stale`]; an invalid name.
    #[tracing::instrument(name = "um.companies.rename", skip_all, fields(company.id = %self.caller.company))]
    pub async fn rename(&self, name: &str, expected: Option<i64>) -> Result<Company> {
        self.caller.require_admin()?;
        let mut violations = Violations::default();
        let name = input::required_line(Some(name), "/name", &mut violations);
        violations.into_result()?;
        let (um, company) = (self.um, self.caller.company);
        let tx = um.begin().await?;
        let before = locked(&tx, company).await?;
        expect_version(before.version, expected)?;
        if before.name == name {
            return before.try_into();
        }
        let changes = json!({ "name": { "from": before.name, "to": name } });
        let (version, mut row) = (before.version + 1, before.into_active_model());
        row.version = Set(version);
        row.name_key = Set(fold(&name));
        row.name = Set(name);
        row.updated_at = Set(um.now());
        let after = row.update(&tx).await?;
        audit::record(&tx, um, self.caller, "company.renamed", "company", Some(company.0), changes).await?;
        tx.commit().await?;
        um.publish(&[AccessChange::CompanyChanged { company, ended: false }]).await;
        after.try_into()
    }
}

/// Holds a company for a write: its administrators write one after the other. Fails unless it is active.
pub(crate) async fn locked(tx: &DatabaseTransaction, id: CompanyId) -> Result<Model> {
    let company = find_locked(tx, id).await?;
    company.filter(|company| company.status == CompanyStatus::Active.as_str()).ok_or(Refusal::Company.into())
}

/// A lock that lets others add rows that refer to the company.
pub(super) async fn find_locked(tx: &DatabaseTransaction, id: CompanyId) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id.0).lock(LockType::NoKeyUpdate).one(tx).await?)
}

/// Makes the tokens of all members void.
async fn raise_generations(tx: &DatabaseTransaction, company: CompanyId) -> Result<()> {
    membership::Entity::update_many()
        .col_expr(membership::Column::Generation, Expr::col(membership::Column::Generation).add(1))
        .filter(membership::Column::CompanyId.eq(company.0))
        .exec(tx)
        .await?;
    Ok(())
}
