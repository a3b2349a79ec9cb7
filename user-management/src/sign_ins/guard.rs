//! The limits of attempts beside log-in: what a user proves again, and sign-ups.

use crm_core::ids::UserId;

use super::attempt::account;
use super::counter::Counter;
use crate::base::error::Result;
use crate::base::service::UserManagement;

/// How many sign-ups an address allows in 15 minutes.
const SIGN_UPS: u32 = 3;

/// An attempt that is allowed.
pub(crate) struct Guard(Counter);

/// Counts an attempt of a user.
///
/// # Errors
/// [`Error::TooManyAttempts`](crate::Error::TooManyAttempts) beyond the limit.
pub(crate) async fn begin(um: &UserManagement, user: UserId) -> Result<Guard> {
    of_user(um, "user", user).await
}

/// Counts an attempt at the password of an account that was invited. With a counter of its own: who sent the invitation
/// must not lock the user out of the other company.
///
/// # Errors
/// [`Error::TooManyAttempts`](crate::Error::TooManyAttempts) beyond the limit.
pub(crate) async fn begin_acceptance(um: &UserManagement, user: UserId) -> Result<Guard> {
    of_user(um, "acceptance", user).await
}

/// Counts a sign-up with an address, whether or not it has an account: each one sends a mail.
///
/// # Errors
/// [`Error::TooManyAttempts`](crate::Error::TooManyAttempts) beyond the limit.
pub(crate) async fn sign_up(um: &UserManagement, email: &str) -> Result<()> {
    Counter::new(um, "sign-up", &[account(um, email).as_bytes()], SIGN_UPS, false).take(um).await
}

async fn of_user(um: &UserManagement, kind: &str, user: UserId) -> Result<Guard> {
    let counter = Counter::new(um, kind, &[user.0.as_bytes()], um.options().account_attempts, true);
    counter.take(um).await?;
    Ok(Guard(counter))
}

impl Guard {
    /// Forgets failures, after a success.
    pub(crate) async fn succeeded(&self, um: &UserManagement) -> Result<()> {
        self.0.succeed(um, um.db()).await
    }
}
