//! Users who can be written to, and what they want.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use sea_orm::sea_query::{Expr, ExprTrait};
use uuid::Uuid;

use crate::base::error::Result;
use crate::base::ids::UserId;
use crate::notifications::NotificationKind;
use crate::preferences::{self, NotificationPreferences};
use crate::query::dialect::any_of;
use crate::scope::{CompanyScope, user};

/// An active user with an address.
pub(super) struct Recipient {
    pub user: UserId,
    pub email: String,
    pub is_german: bool,
    pub zone: Tz,
    wants: NotificationPreferences,
}

impl Recipient {
    /// The kinds of notifications that they want by mail.
    pub fn kinds(&self) -> &[NotificationKind] {
        self.wants.email.as_deref().unwrap_or_default()
    }

    /// Whether they want reminders by mail.
    pub fn wants_reminders(&self) -> bool {
        self.wants.email_reminders.unwrap_or(true)
    }

    /// Whether they want a digest.
    pub fn wants_digest(&self) -> bool {
        self.wants.digest.unwrap_or(false)
    }
}

/// Those of these users who can be written to. Two statements.
pub(super) async fn recipients(scope: &CompanyScope<'_>, users: BTreeSet<UserId>) -> Result<Vec<Recipient>> {
    let (most, ids) = (users.len() as u64, users.into_iter().map(Uuid::from).collect::<Vec<_>>());
    let company = scope.company().await?;
    let known = scope.find::<user::Entity>().filter(any_of(Expr::col("id"), ids.clone(), scope.is_postgres()));
    let known: Vec<user::Model> = known.filter(Expr::col("is_active").eq(true)).fetch_up_to(most).await?;
    let mut preferences = preferences::of_users(scope, ids).await?;
    let recipient = |user: user::Model| {
        let held = preferences.remove(&user.id).unwrap_or_default();
        let is_german = held.language.as_deref().is_some_and(|tag| tag == "de" || tag.starts_with("de-"));
        let (email, zone) = (user.email?, held.zone(company.settings.zone()));
        Some(Recipient { user: user.id.into(), email, is_german, zone, wants: held.notifications })
    };
    Ok(known.into_iter().filter_map(recipient).collect())
}

/// One user, if they can be written to.
pub(super) async fn recipient(scope: &CompanyScope<'_>, user: UserId) -> Result<Option<Recipient>> {
    Ok(recipients(scope, BTreeSet::from([user])).await?.pop())
}
