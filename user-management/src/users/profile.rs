//! What users change of their own accounts.

use super::accounts;
use super::input::{Draft, ProfilePatch, UserPatch};
use super::list::Users;
use super::model::User;
use super::row;
use crate::audit;
use crate::base::changes::AccessChange;
use crate::base::error::Result;

impl Users<'_> {
    /// Changes the caller's own account, in all their companies. A patch that changes nothing writes nothing.
    ///
    /// # Errors
    /// Invalid values; [`Error::NotFound`](crate::Error::NotFound) if the caller was removed.
    #[tracing::instrument(name = "um.users.profile", skip_all, fields(user.id = %self.caller.user))]
    pub async fn profile(&self, patch: ProfilePatch) -> Result<User> {
        let (um, company, id) = (self.um, self.caller.company, self.caller.user);
        let tx = um.begin().await?;
        let account = accounts::locked_account(&tx, id).await?;
        let user = row::find(&tx, company, id).await?;
        let (before, after) = (Draft::from(&user), UserPatch::from(patch).apply(&user)?);
        if before == after {
            return Ok(user);
        }
        accounts::set_profile(&tx, um.now(), account, &after.profile).await?;
        let changed = audit::diff(&before, &after, Draft::HIDDEN)?;
        audit::record(&tx, um, self.caller, "user.profile_updated", "user", Some(id.0), changed).await?;
        let companies = accounts::others(&tx, company, id).await?;
        let user = row::find(&tx, company, id).await?;
        tx.commit().await?;
        let changed = |company| AccessChange::ProfileChanged { company, user: id };
        let changes: Vec<_> = std::iter::once(company).chain(companies).map(changed).collect();
        um.publish(&changes).await;
        Ok(user)
    }
}
