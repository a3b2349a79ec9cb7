//! The limit of attempts at what a signed-in user proves again: the password, a code.

use crm_core::ids::UserId;

use super::counter::Counter;
use crate::base::error::Result;
use crate::base::service::UserManagement;

/// An attempt that is allowed.
pub(crate) struct Guard(Counter);

/// Counts an attempt of a user.
///
/// # Errors
/// [`Error::TooManyAttempts`](crate::Error::TooManyAttempts) beyond the limit.
pub(crate) async fn begin(um: &UserManagement, user: UserId) -> Result<Guard> {
    let counter = Counter::new(um, "user", &[user.0.as_bytes()], um.options().account_attempts, true);
    counter.take(um).await?;
    Ok(Guard(counter))
}

impl Guard {
    /// Forgets failures, after a success.
    pub(crate) async fn succeeded(&self, um: &UserManagement) -> Result<()> {
        self.0.succeed(um, um.db()).await
    }
}
