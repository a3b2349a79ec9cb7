//! Notifications by mail, for users who want them so and have not read them yet.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{DatabaseConnection, QueryOrder};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::letters::{Letter, Words};
use super::recipients::{recipient, recipients};
use crate::base::error::Result;
use crate::base::ids::UserId;
use crate::jobs::{self, JobDone, JobError, JobHandler, JobPolicy, NewJob, RunningJob};
use crate::notifications::row::{self, TABLE};
use crate::notifications::{Notification, NotificationKind, visible};
use crate::query::dialect::any_of;
use crate::scope::actor::Actor;
use crate::scope::jobs::Alarm;
use crate::scope::{CompanyScope, CompanyTx, Crm};

/// The maximum number of notifications of a company at once; the others follow at the next look.
const BATCH: u64 = 100;
/// The maximum number of notifications in a mail.
pub(super) const MAX_NEWS: usize = 20;

/// Finds the users who are to be told by mail.
pub(crate) struct NotificationMails;

#[async_trait]
impl Alarm for NotificationMails {
    async fn ring(&self, crm: &Crm, db: &DatabaseConnection) -> Result<()> {
        for company in super::companies_to_mail(crm, db, (TABLE, "mail_at")).await? {
            let outcome = crm.on(Actor::system(company), db).write(async |tx| enqueue_due(tx).await).await;
            jobs::note_failure(company, outcome);
        }
        Ok(())
    }
}

/// The user to tell, and of what.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct News {
    user: UserId,
    notifications: Vec<Uuid>,
}

/// Sends a user what they have not read yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct SendNotifications;

impl SendNotifications {
    /// The kind.
    pub const KIND: &'static str = "crm.mail_notifications";
}

#[async_trait]
impl JobHandler for SendNotifications {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    fn policy(&self) -> JobPolicy {
        super::policy()
    }

    async fn run(&self, job: &mut RunningJob) -> Result<JobDone, JobError> {
        let news: News = job.payload()?;
        let mut sent = 0;
        if let Some(to) = recipient(job.scope(), news.user).await? {
            let unread = unread(job.scope(), news, to.kinds()).await?;
            if !unread.is_empty() {
                sent = unread.len().min(MAX_NEWS);
                let base = job.scope().crm.0.public_url.clone();
                let letter = Letter::news(Words::of(&to, base.as_deref()), &unread);
                super::send(job, &to, letter).await?;
            }
        }
        job.begin().await?.complete(json!({ "notifications": sent })).await
    }
}

/// What a user has not read of it and sees, of these kinds, the newest first; one more than a mail has.
async fn unread(scope: &CompanyScope<'_>, news: News, kinds: &[NotificationKind]) -> Result<Vec<Notification>> {
    let kinds: Vec<String> = kinds.iter().map(ToString::to_string).collect();
    let unread = scope
        .find::<row::Entity>()
        .filter(Expr::col((TABLE, "user_id")).eq(news.user.0))
        .filter(any_of(Expr::col((TABLE, "id")), news.notifications, scope.is_postgres()))
        .filter(Expr::col((TABLE, "read_at")).is_null())
        .filter(any_of(Expr::col((TABLE, "kind")), kinds, scope.is_postgres()))
        .filter(visible::of_visible_records(scope.actor()))
        .select(&row::COLUMNS);
    let unread = unread.map(|select| select.order_by_desc(row::Column::CreatedAt).order_by_desc(row::Column::Id));
    unread.fetch_up_to(MAX_NEWS as u64 + 1).await
}

/// Enqueues a mail to each user who wants one. With the first that is due go those that have come since.
async fn enqueue_due(tx: &mut CompanyTx<'_>) -> Result<()> {
    let due: Vec<row::Model> = of_due_users(tx).await?;
    if due.is_empty() {
        return Ok(());
    }
    let users: BTreeSet<UserId> = due.iter().map(|one| one.user_id.into()).collect();
    let mut wanting = BTreeMap::new();
    for user in recipients(&tx.scope(), users).await? {
        let kinds = user.kinds().iter().map(ToString::to_string).collect::<BTreeSet<_>>();
        let wanted =
            |one: &&row::Model| user.user.0 == one.user_id && one.read_at.is_none() && kinds.contains(&one.kind);
        let notifications: Vec<Uuid> = due.iter().filter(wanted).map(|one| one.id).collect();
        if !notifications.is_empty() {
            wanting.insert(user.user, notifications);
        }
    }
    take_off(tx, due.into_iter().map(|one| one.id).collect()).await?;
    let job = |(user, notifications)| NewJob::new(SendNotifications::KIND, json!(News { user, notifications }));
    jobs::enqueue(tx, wanting.into_iter().map(job).collect()).await.map(drop)
}

/// What is to be mailed to users of which something is due, but for what another worker has at this moment.
async fn of_due_users(tx: &CompanyTx<'_>) -> Result<Vec<row::Model>> {
    let users = Query::select()
        .column("user_id")
        .from(TABLE)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(Expr::col("mail_at").lte(tx.now()))
        .to_owned();
    let due = tx.find::<row::Entity>().filter(Expr::col((TABLE, "mail_at")).is_not_null());
    let due = due.filter(Expr::col((TABLE, "user_id")).in_subquery(users));
    due.map(|select| select.order_by_asc(row::Column::MailAt)).skip_locked().fetch_up_to(BATCH).await
}

async fn take_off(tx: &mut CompanyTx<'_>, ids: Vec<Uuid>) -> Result<()> {
    let update = Query::update()
        .table(TABLE)
        .value("mail_at", None::<DateTime<Utc>>)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(any_of(Expr::col("id"), ids, tx.is_postgres()))
        .to_owned();
    tx.execute(&update).await.map(drop)
}
