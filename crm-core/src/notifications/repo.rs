//! The operations on notifications.

use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query};
use serde::Serialize;

use super::model::Notification;
use super::row::{self, TABLE};
use super::visible;
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::NotificationId;
use crate::query::page::{self, Key, Page, PageRequest};
use crate::scope::{CompanyScope, CompanyTx, read_page};

/// The notifications in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NotificationQuery {
    /// Only unread ones, or only those that were read.
    pub unread: Option<bool>,
}

/// The actor's own notifications. Obtained from [`CompanyScope::notifications`].
///
/// Services and the system have none.
#[derive(Debug)]
pub struct Notifications<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The actor's own notifications.
    pub fn notifications(&mut self) -> Notifications<'_, 'c> {
        Notifications(self)
    }
}

impl Notifications<'_, '_> {
    /// A page of notifications, the newest first. One statement, which counts as well.
    ///
    /// # Errors
    /// [`Error::Malformed`] for a cursor of another list.
    #[tracing::instrument(name = "notifications.list", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn list(&self, query: &NotificationQuery, request: &PageRequest) -> Result<Page<Notification>> {
        self.0.company().await?;
        let condition = visible::own(self.0.actor()).add_option(query.unread.map(is_unread));
        let find = || self.0.find::<row::Entity>().filter(condition.clone()).select(&row::COLUMNS);
        let key = |notification: &Notification| (Key::Time(notification.created_at), notification.id.0);
        let digest = page::digest(&("notifications", query, self.0.actor().user_id()))?;
        read_page(find, &page::newest_first("created_at"), &digest, request, key).await
    }

    /// How many are unread.
    ///
    /// # Errors
    /// [`Error::CompanyClosed`] if the company is suspended or deleted.
    pub async fn unread_count(&self) -> Result<u64> {
        self.0.company().await?;
        let unread = visible::own(self.0.actor()).add(is_unread(true));
        self.0.find::<row::Entity>().filter(unread).count(None).await
    }

    /// Marks one as read. One that was read before keeps its time.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for the notifications of others.
    #[tracing::instrument(name = "notifications.read", skip_all, fields(company.id = %self.0.company_id(), notification.id = %id))]
    pub async fn read(&mut self, id: NotificationId) -> Result<Notification> {
        self.0.write(async |tx| read(tx, id).await).await
    }

    /// Marks all as read.
    ///
    /// # Errors
    /// [`Error::CompanyClosed`] if the company is suspended or deleted.
    #[tracing::instrument(name = "notifications.read_all", skip_all, fields(company.id = %self.0.company_id()))]
    pub async fn read_all(&mut self) -> Result<()> {
        let Some(me) = visible::user_of(self.0.actor()) else {
            return self.0.company().await.map(drop);
        };
        self.0.write(async |tx| mark(tx, Condition::all().add(Expr::col("user_id").eq(me.0))).await).await
    }
}

fn is_unread(is: bool) -> Expr {
    let read_at = Expr::col((TABLE, "read_at"));
    if is { read_at.is_null() } else { read_at.is_not_null() }
}

async fn read(tx: &mut CompanyTx<'_>, id: NotificationId) -> Result<Notification> {
    let found = tx.find::<row::Entity>().by_id(id).filter(visible::own(tx.actor())).select(&row::COLUMNS);
    let found: Option<Notification> = found.one().await?;
    let mut notification = found.ok_or_else(|| Error::not_found(Kind::Notification, id))?;
    if notification.read_at.is_none() {
        notification.read_at = Some(tx.now());
        mark(tx, Condition::all().add(Expr::col("id").eq(id.0))).await?;
    }
    Ok(notification)
}

/// Marks unread notifications as read. That is no write of a record: it has no history, and no event.
async fn mark(tx: &mut CompanyTx<'_>, which: Condition) -> Result<()> {
    let update = Query::update()
        .table(TABLE)
        .value("read_at", tx.now())
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(Expr::col("read_at").is_null())
        .cond_where(which)
        .to_owned();
    tx.execute(&update).await.map(drop)
}
