//! An attempt to sign in: counted, and logged.

use crm_core::ids::{CompanyId, UserId};
use metrics::counter;
use sea_orm::{ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel};

use super::counter::Counter;
use super::device;
use super::model::{SignInMethod, SignInOutcome};
use crate::base::caller::Client;
use crate::base::error::{Error, Result};
use crate::base::ids::SignInId;
use crate::base::service::UserManagement;
use crate::rows::sign_in;
use crm_web::seal::hexadecimal;

const SIGN_INS: &str = "um_sign_ins_total";

#[cfg(feature = "server")]
pub(crate) fn describe_metrics() {
    metrics::describe_counter!(SIGN_INS, metrics::Unit::Count, "Attempts to sign in, by method and outcome");
}

/// An attempt that is allowed.
pub(crate) struct Attempt<'c> {
    client: &'c Client,
    account: String,
    method: SignInMethod,
    counters: Vec<Counter>,
}

/// The keyed digest of an address, in any spelling.
pub(super) fn account(um: &UserManagement, email: &str) -> String {
    hexadecimal(&um.0.seal.digest(&[b"account", crm_core::text::email(email).as_bytes()]))
}

/// Begins a log-in with a password.
///
/// # Errors
/// [`Error::TooManyAttempts`], which is logged.
pub(crate) async fn begin<'c>(
    um: &UserManagement,
    email: &str,
    device: Option<&str>,
    client: &'c Client,
) -> Result<Attempt<'c>> {
    let account = account(um, email);
    let limit = um.options().account_attempts;
    let counter = |kind, of: &[&[u8]]| Counter::new(um, kind, of, limit, true);
    let counters = match device.and_then(|token| device::known(um, email, token)) {
        Some(device) => vec![counter("device", &[account.as_bytes(), device.as_bytes()])],
        // The address first: beyond its limit it does not use up that of the account.
        None => {
            let accounts = counter("account", &[account.as_bytes()]);
            of_address(um, "address", client).into_iter().chain([accounts]).collect()
        }
    };
    let attempt = Attempt { client, account, method: SignInMethod::Password, counters };
    attempt.take(um).await?;
    Ok(attempt)
}

/// Begins a log-in with an API key, of which `prefix` is shown. Keys cannot be guessed; the limit is for the log.
///
/// # Errors
/// [`Error::TooManyAttempts`], which is logged.
pub(crate) async fn begin_key<'c>(um: &UserManagement, prefix: &str, client: &'c Client) -> Result<Attempt<'c>> {
    let account = hexadecimal(&um.0.seal.digest(&[b"api-key", prefix.as_bytes()]));
    let counters = of_address(um, "key-address", client).into_iter().collect();
    let attempt = Attempt { client, account, method: SignInMethod::ApiKey, counters };
    attempt.take(um).await?;
    Ok(attempt)
}

fn of_address(um: &UserManagement, kind: &str, client: &Client) -> Option<Counter> {
    let address = client.address.as_deref()?;
    Some(Counter::new(um, kind, &[address.as_bytes()], um.options().address_attempts, false))
}

impl Attempt<'_> {
    async fn take(&self, um: &UserManagement) -> Result<()> {
        for counter in &self.counters {
            if let Err(error) = counter.take(um).await {
                if matches!(error, Error::TooManyAttempts { .. }) {
                    self.log(um, um.db(), SignInOutcome::TooManyAttempts, None, None).await?;
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// It was no failure after all.
    pub(crate) async fn give_back(&self, um: &UserManagement) -> Result<()> {
        for counter in &self.counters {
            counter.give_back(um, um.db()).await?;
        }
        Ok(())
    }

    /// Logs a success, with what is written for it.
    pub(crate) async fn succeeded(
        &self,
        um: &UserManagement,
        tx: &DatabaseTransaction,
        user: UserId,
        company: CompanyId,
    ) -> Result<()> {
        self.log(um, tx, SignInOutcome::Success, Some(user), Some(company)).await?;
        self.forgive(um, tx).await
    }

    /// Forgets failures, after a success.
    pub(crate) async fn forgive(&self, um: &UserManagement, db: &impl ConnectionTrait) -> Result<()> {
        for counter in &self.counters {
            counter.succeed(um, db).await?;
        }
        Ok(())
    }

    /// Logs how it ended.
    pub(crate) async fn log(
        &self,
        um: &UserManagement,
        db: &impl ConnectionTrait,
        outcome: SignInOutcome,
        user: Option<UserId>,
        company: Option<CompanyId>,
    ) -> Result<()> {
        let method = self.method;
        counter!(SIGN_INS, "method" => method.as_str(), "outcome" => outcome.as_str()).increment(1);
        let row = sign_in::Model {
            id: um.id::<SignInId>().0,
            at: um.now(),
            company_id: company.map(Into::into),
            user_id: user.map(Into::into),
            account: self.account.clone(),
            method: self.method.to_string(),
            outcome: outcome.to_string(),
            address: self.client.address.clone(),
            user_agent: self.client.user_agent.clone(),
            request_id: self.client.request_id.clone(),
        };
        sign_in::Entity::insert(row.into_active_model()).exec_without_returning(db).await?;
        Ok(())
    }
}
