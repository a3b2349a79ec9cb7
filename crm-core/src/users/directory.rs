//! The host's way to the mirror of users.

use std::collections::HashMap;

use sea_orm::DatabaseConnection;

use super::UserProfile;
use crate::base::error::Result;
use crate::base::ids::CompanyId;
use crate::scope::Crm;
use crate::scope::actor::Actor;
use crate::scope::user::replace;

/// The number of users in one statement; SQLite allows about 32,000 values in one.
const BATCH: usize = 1_000;

/// The mirror of users, for a host that follows a directory: a company's own users have no access. Obtained from
/// [`Crm::users_directory`](crate::Crm::users_directory).
#[derive(Debug)]
pub struct UsersDirectory<'d> {
    pub(crate) crm: Crm,
    pub(crate) db: &'d DatabaseConnection,
}

impl UsersDirectory<'_> {
    /// Makes the mirror of a company's users equal to these profiles; other users stay as they are. A missing name or
    /// address is cleared, unlike by tokens. Of two profiles with the same id the last one counts. Works in a suspended
    /// company as well, and writes only what differs.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable) if the database is.
    #[tracing::instrument(name = "users_directory.mirror", skip_all, fields(company.id = %company))]
    pub async fn mirror(&self, company: CompanyId, profiles: &[UserProfile]) -> Result<()> {
        let unique: HashMap<_, _> = profiles.iter().map(|profile| (profile.id, profile)).collect();
        let mut unique: Vec<UserProfile> = unique.into_values().cloned().collect();
        if unique.is_empty() {
            return Ok(());
        }
        // In one order everywhere: two instances that write the same users do not deadlock.
        unique.sort_unstable_by_key(|profile| profile.id);
        let mut scope = self.crm.on(Actor::system(company), self.db);
        scope
            .write_unchecked(async |tx| {
                for batch in unique.chunks(BATCH) {
                    tx.execute(&replace(company, batch, tx.now())).await?;
                }
                Ok(())
            })
            .await?;
        for profile in &unique {
            self.crm.0.unknown_users.invalidate(&(company, profile.id)).await;
        }
        Ok(())
    }
}
