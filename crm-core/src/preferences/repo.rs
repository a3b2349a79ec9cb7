//! The operations on preferences.

use std::collections::HashMap;

use sea_orm::sea_query::{Expr, ExprTrait};
use uuid::Uuid;

use super::digests;
use super::input::PreferencesPatch;
use super::model::Preferences;
use super::row;
use crate::base::error::{Error, Kind, Result, Violations};
use crate::query::dialect::any_of;
use crate::saved_views;
use crate::scope::actor::{Actor, ActorKind, ActorRef};
use crate::scope::{Change, CompanyScope, CompanyTx, user};

/// The actor's own preferences. Obtained from [`CompanyScope::preferences`].
#[derive(Debug)]
pub struct PreferencesRepository<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The actor's own preferences.
    pub fn preferences(&mut self) -> PreferencesRepository<'_, 'c> {
        PreferencesRepository(self)
    }
}

impl PreferencesRepository<'_, '_> {
    /// The preferences; before the first write the defaults, with version 0.
    ///
    /// # Errors
    /// [`Error::CompanyClosed`] if the company is suspended or deleted.
    pub async fn get(&self) -> Result<Preferences> {
        self.0.company().await?;
        let Some(user) = user_of(self.0.actor()) else { return Ok(Preferences::default()) };
        let held = self.0.find::<row::Entity>().by_id(user).select(&row::COLUMNS).one().await?;
        Ok(held.unwrap_or_else(|| of(user)))
    }

    /// Changes some of them; `expected` is the version that the caller has seen. A patch that changes nothing writes
    /// nothing.
    ///
    /// # Errors
    /// [`Error::Invalid`] with all faults, and for an actor who is no user; [`Error::Stale`].
    #[tracing::instrument(name = "preferences.update", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn update(&mut self, patch: PreferencesPatch, expected: Option<i64>) -> Result<Preferences> {
        self.0.write(async |tx| update(tx, patch, expected).await).await
    }
}

fn user_of(actor: &Actor) -> Option<Uuid> {
    actor.user_id().filter(|_| actor.kind() == ActorKind::User).map(Uuid::from)
}

fn of(user: Uuid) -> Preferences {
    Preferences { user, ..Preferences::default() }
}

async fn update(tx: &mut CompanyTx<'_>, patch: PreferencesPatch, expected: Option<i64>) -> Result<Preferences> {
    let Some(user) = user_of(tx.actor()) else {
        return Err(Violations::one("", "user_required", "only users have preferences").into());
    };
    let before = locked(tx, user).await?;
    CompanyTx::expect_version(&before, expected)?;
    check_views(tx, &patch).await?;
    let mut after = before.clone();
    patch.apply(&mut after)?;
    after.digest_at = digests::planned(tx, &before, &after);
    if before.version > 0 {
        return Ok(if tx.update(&before, &mut after, Change::Updated).await? { after } else { before });
    }
    if after == before {
        return Ok(before);
    }
    tx.stamp_new(&mut after);
    tx.insert(&after).await?;
    Ok(after)
}

/// The preferences of these users that have some.
pub(crate) async fn of_users(scope: &CompanyScope<'_>, users: Vec<Uuid>) -> Result<HashMap<Uuid, Preferences>> {
    let most = users.len() as u64;
    let held = scope.find::<row::Entity>().filter(any_of(Expr::col("user_id"), users, scope.is_postgres()));
    let held: Vec<Preferences> = held.select(&row::COLUMNS).fetch_up_to(most).await?;
    Ok(held.into_iter().map(|preferences| (preferences.user, preferences)).collect())
}

/// The preferences of a user, whose first write waits for another one.
async fn locked(tx: &CompanyTx<'_>, user: Uuid) -> Result<Preferences> {
    let held = || tx.find::<row::Entity>().by_id(user).select(&row::COLUMNS).for_no_key_update();
    if let Some(held) = held().one().await? {
        return Ok(held);
    }
    let _mirror: Option<user::Model> =
        tx.find::<user::Entity>().filter(Expr::col("id").eq(user)).for_no_key_update().one().await?;
    let held: Option<Preferences> = held().one().await?;
    Ok(held.unwrap_or_else(|| Preferences { by: Some(ActorRef::from(tx.actor())), ..of(user) }))
}

/// Refuses saved views that the user does not see.
async fn check_views(tx: &mut CompanyTx<'_>, patch: &PreferencesPatch) -> Result<()> {
    let mut violations = Violations::default();
    for (id, entity, pointer) in patch.saved_views() {
        match saved_views::ensure_visible(&tx.scope(), Some(entity), id).await {
            Ok(()) => {}
            Err(Error::NotFound { kind: Kind::SavedView, .. }) => {
                violations.add(pointer, "saved_view_unknown", format!("there is no such view of {entity}"));
            }
            Err(other) => return Err(other),
        }
    }
    Ok(violations.into_result()?)
}
