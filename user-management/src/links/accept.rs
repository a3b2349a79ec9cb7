//! Accepting an invitation.

use crm_core::Violations;
use crm_core::ids::{CompanyId, UserId};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DatabaseTransaction, EntityTrait, IntoActiveModel};
use secrecy::SecretString;
use serde_json::json;

use super::model::{Link, LinkKind};
use super::store;
use crate::audit::{self, Origin};
use crate::base::changes::AccessChange;
use crate::base::error::{Error, Refusal, Result};
use crate::base::input;
use crate::base::service::UserManagement;
use crate::mail::{self, Letter};
use crate::rows::{link, membership, user};
use crate::sign_ins::guard;
use crate::users::{self, User, UserStatus};
use crate::{companies, passwords};

impl UserManagement {
    /// Accepts an invitation to a company. An account without a password gets this one; for an account with a
    /// password it must be that one, so that the link alone gives nobody access. An account without a name gets this
    /// one.
    ///
    /// # Errors
    /// [`Refusal::Link`]; [`Refusal::Credentials`] if the account has another password;
    /// [`Error::TooManyAttempts`]; [`Refusal::Company`] if the company is suspended; invalid values.
    #[tracing::instrument(name = "um.links.accept_invitation", skip_all)]
    pub async fn accept_invitation(
        &self,
        token: &SecretString,
        name: Option<&str>,
        password: Option<SecretString>,
    ) -> Result<User> {
        let link = store::find(self.db(), self.now(), LinkKind::Invitation, token).await?;
        let company = CompanyId(link.company_id.ok_or(Refusal::Link)?);
        let seen = user::Entity::find_by_id(link.user_id).one(self.db()).await?.ok_or(Refusal::Link)?;
        let mut violations = Violations::default();
        let name = input::line(name, "/name", &mut violations);
        let hash = checked_password(self, &seen, password, violations).await?;

        let tx = self.begin().await?;
        let held = companies::locked(&tx, company).await?;
        let account = users::locked_account(&tx, seen.id.into()).await?;
        // What was checked must still hold.
        if account.password_hash != seen.password_hash || account.email != seen.email {
            return Err(Refusal::Link.into());
        }
        let (user, mut changes) = accept(&tx, self, &link, account, Acceptance { company, name, hash }).await?;
        changes.extend(companies::confirm(&tx, self, held).await?);
        tx.commit().await?;
        self.publish(&changes).await;
        Ok(user)
    }
}

/// What a user accepts with.
struct Acceptance {
    company: CompanyId,
    name: Option<String>,
    /// The digest of the password of an account that has none.
    hash: Option<String>,
}

/// The digest of a new password; `None` if the account has this one already.
async fn checked_password(
    um: &UserManagement,
    account: &user::Model,
    password: Option<SecretString>,
    mut violations: Violations,
) -> Result<Option<String>> {
    let Some(password) = password else {
        violations.add("/password", "required", "a value is required");
        return Err(violations.into());
    };
    if account.password_hash.is_none() {
        passwords::check(&password, "/password", &mut violations);
    }
    violations.into_result()?;
    if account.password_hash.is_none() {
        return passwords::hash(um, password).await.map(Some);
    }
    let guard = guard::begin_acceptance(um, UserId(account.id)).await?;
    if !passwords::verify(um, password, account.password_hash.clone()).await? {
        return Err(Refusal::Credentials.into());
    }
    guard.succeeded(um).await?;
    Ok(None)
}

async fn accept(
    tx: &DatabaseTransaction,
    um: &UserManagement,
    link: &link::Model,
    account: user::Model,
    with: Acceptance,
) -> Result<(User, Vec<AccessChange>)> {
    let Acceptance { company, name, hash } = with;
    let (id, now) = (UserId(account.id), um.now());
    store::take(tx, now, LinkKind::Invitation, link).await?;
    // An administrator may have seen a reset of an account that was theirs alone so far.
    store::void_resets(tx, now, id).await?;
    let mut changes = users::accept_profile(tx, um, account, name, hash).await?;
    changes.push(activate(tx, um, company, id).await?);
    let by = Origin::user(company, id);
    audit::record(tx, um, by, "user.invitation_accepted", "user", Some(id.0), json!({})).await?;
    let user = users::find(tx, company, id).await?;
    Ok((user, changes))
}

async fn activate(
    tx: &DatabaseTransaction,
    um: &UserManagement,
    company: CompanyId,
    id: UserId,
) -> Result<AccessChange> {
    let row = membership::Entity::find_by_id((company.0, id.0)).one(tx).await?.ok_or(Refusal::Link)?;
    if row.status != UserStatus::Invited.as_str() {
        return Err(Error::Refused(Refusal::Link));
    }
    let (version, generation, mut row) = (row.version + 1, row.generation + 1, row.into_active_model());
    row.version = Set(version);
    row.generation = Set(generation);
    row.status = Set(UserStatus::Active.as_str().to_owned());
    row.updated_at = Set(um.now());
    row.update(tx).await?;
    Ok(AccessChange::MemberChanged { company, user: id, generation })
}

/// Sends an invitation after the commit. The link is returned if no mail is sent.
pub(crate) async fn deliver_invitation(
    um: &UserManagement,
    link: Link,
    account: &user::Model,
    company: &str,
) -> Option<Link> {
    let letter = Letter::Invitation { company, has_account: account.password_hash.is_some() };
    mail::deliver(um, link, account, letter).await
}
