//! The operations on the actor's own feed.

use sea_orm::sea_query::{Expr, ExprTrait};
use uuid::Uuid;

use super::model::CalendarFeed;
use super::row;
use super::secret::CalendarSecret;
use crate::base::error::{Result, Violations};
use crate::base::rights::{Action, ActorKind, ActorRef, Permission, Resource};
use crate::scope::actor::Actor;
use crate::scope::{Change, CompanyScope, CompanyTx, user};

/// What an entry of a calendar depends on.
const READ: [Resource; 5] =
    [Resource::Customers, Resource::Deals, Resource::Interactions, Resource::Leads, Resource::Tasks];

/// The actor's own calendar feed. Obtained from [`CompanyScope::calendar_feed`].
#[derive(Debug)]
pub struct CalendarFeeds<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The actor's own calendar feed.
    pub fn calendar_feed(&mut self) -> CalendarFeeds<'_, 'c> {
        CalendarFeeds(self)
    }
}

impl CalendarFeeds<'_, '_> {
    /// Makes a new address, in place of the one that there may be. It is given once.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an actor who is no user.
    #[tracing::instrument(name = "calendar_feed.create", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn create(&mut self) -> Result<CalendarSecret> {
        self.0.write(async |tx| create(tx).await).await
    }

    /// Ends the feed; nothing happens if there is none.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for an actor who is no user.
    pub async fn revoke(&mut self) -> Result<()> {
        self.0
            .write(async |tx| {
                let user = user_of(tx.actor())?;
                if let Some(feed) = held(tx, user).await? {
                    tx.delete(&feed);
                }
                Ok(())
            })
            .await
    }
}

fn user_of(actor: &Actor) -> Result<Uuid> {
    let user = actor.user_id().filter(|_| actor.kind() == ActorKind::User);
    let none = || Violations::one("", "user_required", "only users have calendars").into();
    user.map(Uuid::from).ok_or_else(none)
}

async fn create(tx: &mut CompanyTx<'_>) -> Result<CalendarSecret> {
    let user = user_of(tx.actor())?;
    let secret = CalendarSecret::new(tx.crm(), tx.company.id);
    let before = locked(tx, user).await?;
    let digest = secret.digest();
    let mut after = CalendarFeed {
        version: before.as_ref().map_or(1, |before| before.version),
        fingerprint: CalendarFeed::fingerprint(&digest),
        created_at: before.as_ref().map_or(tx.now(), |before| before.created_at),
        updated_at: tx.now(),
        user,
        digest,
        rights: rights(tx.actor()),
        by: ActorRef::from(tx.actor()),
    };
    match before {
        Some(before) => tx.update(&before, &mut after, Change::Updated).await.map(drop)?,
        None => {
            tx.stamp_new(&mut after);
            tx.insert(&after).await?;
        }
    }
    Ok(secret)
}

/// What the actor may read now, and whether the company's record access concerns them.
fn rights(actor: &Actor) -> Vec<Permission> {
    let right = |(resource, action)| Some(Permission { resource, action, reach: actor.reach(resource, action)? });
    let read = READ.into_iter().map(|resource| (resource, Action::Read));
    read.chain([(Resource::Settings, Action::Update)]).filter_map(right).collect()
}

async fn held(tx: &CompanyTx<'_>, user: Uuid) -> Result<Option<CalendarFeed>> {
    tx.find::<row::Entity>().by_id(user).select(&row::COLUMNS).for_no_key_update().one().await
}

/// The feed of a user, whose first write waits for another one.
async fn locked(tx: &CompanyTx<'_>, user: Uuid) -> Result<Option<CalendarFeed>> {
    if let Some(feed) = held(tx, user).await? {
        return Ok(Some(feed));
    }
    let _mirror: Option<user::Model> =
        tx.find::<user::Entity>().filter(Expr::col("id").eq(user)).for_no_key_update().one().await?;
    held(tx, user).await
}
