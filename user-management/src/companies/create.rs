//! New companies.

use chrono::{DateTime, Utc};
use crm_core::Violations;
use crm_core::actor::Role;
use crm_core::ids::CompanyId;
use crm_core::text::fold;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DatabaseTransaction, EntityTrait};
use secrecy::SecretString;
use serde_json::json;

use super::model::{Company, CompanyStatus};
use crate::audit::{self, Origin};
use crate::base::changes::AccessChange;
use crate::base::error::{Conflict, Result};
use crate::base::input;
use crate::base::service::UserManagement;
use crate::links::{self, Link};
use crate::passwords;
use crate::rows::company;
use crate::users::{self, Account, NewUser, User, UserStatus};

impl UserManagement {
    /// Adds a company with its first administrator. With a password the administrator is active at once; without one
    /// they are invited, and the link is returned if no mail is sent.
    ///
    /// For the operator of the service, and for open sign-up. A sign-up without a password does not tell whether the
    /// address has an account.
    ///
    /// # Errors
    /// Invalid values; [`Conflict::UserEmailTaken`] if the address has an account and a password is given.
    pub async fn create_company(
        &self,
        name: &str,
        admin: NewUser,
        password: Option<SecretString>,
    ) -> Result<(Company, User, Option<Link>)> {
        self.create(name, admin, password, None).await
    }

    /// The same; with a time, the company is deleted then unless its administrator has accepted.
    #[tracing::instrument(name = "um.companies.create", skip_all)]
    pub(super) async fn create(
        &self,
        name: &str,
        admin: NewUser,
        password: Option<SecretString>,
        confirm_until: Option<DateTime<Utc>>,
    ) -> Result<(Company, User, Option<Link>)> {
        let mut violations = Violations::default();
        let name = input::required_line(Some(name), "/name", &mut violations);
        let mut admin = admin.checked("/admin", &mut violations);
        if let Some(password) = &password {
            passwords::check(password, "/password", &mut violations);
        }
        violations.into_result()?;
        admin.role = Role::Admin;
        admin.team_ids.clear();
        let hash = match password {
            Some(password) => Some(passwords::hash(self, password).await?),
            None => None,
        };

        let tx = self.begin().await?;
        let company = insert(&tx, self, self.id(), &name, confirm_until).await?;
        let id = CompanyId(company.id);
        audit::record(&tx, self, Origin::system(id), "company.created", "company", Some(id.0), json!({})).await?;
        let account = users::account(&tx, self, &admin).await?;
        let link = match hash {
            Some(_) if !account.is_new => return Err(Conflict::UserEmailTaken.into()),
            Some(hash) => {
                users::set_password(&tx, self, &account.row, hash).await?;
                users::join(&tx, self, id, &account, &admin, UserStatus::Active).await?;
                None
            }
            None => Some(invited(&tx, self, id, &account, &admin).await?),
        };
        let user = users::find(&tx, id, account.id()).await?;
        tx.commit().await?;
        if confirm_until.is_none() {
            let added = AccessChange::ProfileChanged { company: id, user: user.id };
            self.publish(&[AccessChange::CompanyChanged { company: id, ended: false }, added]).await;
        }
        let link = match link {
            Some(link) => links::deliver_invitation(self, link, &account.row, &name).await,
            None => None,
        };
        Ok((company.try_into()?, user, link))
    }
}

async fn invited(
    tx: &DatabaseTransaction,
    um: &UserManagement,
    company: CompanyId,
    account: &Account,
    admin: &users::Draft,
) -> Result<Link> {
    users::join(tx, um, company, account, admin, UserStatus::Invited).await?;
    links::invitation(tx, um, company, account.id(), None).await
}

/// Adds a company with this id, unless there is one.
pub(crate) async fn insert_unless_there(
    tx: &DatabaseTransaction,
    um: &UserManagement,
    id: CompanyId,
    name: &str,
) -> Result<bool> {
    let mut violations = Violations::default();
    let name = input::required_line(Some(name), "/name", &mut violations);
    violations.into_result()?;
    if company::Entity::find_by_id(id.0).one(tx).await?.is_some() {
        return Ok(false);
    }
    insert(tx, um, id, &name, None).await?;
    audit::record(tx, um, Origin::system(id), "company.created", "company", Some(id.0), json!({})).await?;
    Ok(true)
}

async fn insert(
    tx: &DatabaseTransaction,
    um: &UserManagement,
    id: CompanyId,
    name: &str,
    confirm_until: Option<DateTime<Utc>>,
) -> Result<company::Model> {
    let now = um.now();
    let row = company::ActiveModel {
        id: Set(id.0),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
        name: Set(name.to_owned()),
        name_key: Set(fold(name)),
        status: Set(CompanyStatus::Active.as_str().to_owned()),
        confirm_until: Set(confirm_until),
    };
    Ok(row.insert(tx).await?)
}
