//! Notifying users, in the transaction of the cause.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use sea_orm::sea_query::{Expr, ExprTrait, InsertStatement, OnConflict, Query, SelectStatement, UnionType};
use uuid::Uuid;

use super::mentions::mentioned;
use super::model::{NotificationKind, NotifiedRecord};
use super::row::TABLE;
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::{TaskId, UserId};
use crate::base::rights::ActorRef;
use crate::journal::{ChangeRecord, Deferred, outbox};
use crate::scope::CompanyTx;

const USERS: &str = "crm_users";
/// What is written of a notification.
const COLUMNS: [&str; 12] = [
    "company_id",
    "id",
    "user_id",
    "kind",
    "record_kind",
    "record_id",
    "count",
    "group_key",
    "created_at",
    "actor_kind",
    "actor_id",
    "mail_at",
];
/// How many notifications one statement adds at most: SQLite has few levels of `UNION`.
const MAX_TOGETHER: usize = 100;
/// A user who reads it within this time gets no mail.
const MAIL_AFTER: TimeDelta = TimeDelta::minutes(2);

/// What users are notified of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Notice {
    kind: NotificationKind,
    record: NotifiedRecord,
    id: Uuid,
}

impl Notice {
    /// Something about a record.
    pub fn new(kind: NotificationKind, record: NotifiedRecord, id: impl Into<Uuid>) -> Self {
        Self { kind, record, id: id.into() }
    }

    /// Something about a task.
    pub fn of_task(kind: NotificationKind, id: TaskId) -> Self {
        Self::new(kind, NotifiedRecord::Task, id)
    }

    /// What is one notification as long as it is unread.
    fn group_key(self) -> String {
        format!("{}:{}", self.kind, self.id)
    }
}

/// Notifies these users when the transaction ends, but for the acting user, and for those that the mirror does not have
/// or who are inactive. Each of them has a private event.
pub(crate) fn tell(tx: &mut CompanyTx<'_>, notice: Notice, users: impl IntoIterator<Item = UserId>) -> Result<()> {
    let me = tx.actor().user_id();
    let users: BTreeSet<UserId> = users.into_iter().filter(|user| Some(*user) != me).collect();
    if users.is_empty() {
        return Ok(());
    }
    let mut statements = users.iter().map(|user| insert(tx, &[notice], *user)).collect::<Result<Vec<_>>>()?;
    let events: Vec<ChangeRecord> = users.iter().map(|user| event(tx, notice, *user)).collect();
    statements.push(outbox::insert(&tx.recorder(), &events.iter().collect::<Vec<_>>())?);
    tx.defer(statements.into_iter().map(Deferred::Insert));
    Ok(())
}

/// Notifies a user of something about each of these records, in few statements.
pub(crate) fn tell_each(
    tx: &mut CompanyTx<'_>,
    (kind, record): (NotificationKind, NotifiedRecord),
    ids: &[Uuid],
    user: UserId,
) -> Result<()> {
    if ids.is_empty() || tx.actor().user_id() == Some(user) {
        return Ok(());
    }
    let notices: Vec<Notice> = ids.iter().map(|id| Notice::new(kind, record, *id)).collect();
    let mut statements =
        notices.chunks(MAX_TOGETHER).map(|notices| insert(tx, notices, user)).collect::<Result<Vec<_>>>()?;
    let events: Vec<ChangeRecord> = notices.iter().map(|notice| event(tx, *notice, user)).collect();
    statements.push(outbox::insert(&tx.recorder(), &events.iter().collect::<Vec<_>>())?);
    tx.defer(statements.into_iter().map(Deferred::Insert));
    Ok(())
}

/// Notifies the users that a text mentions, and an earlier one did not.
pub(crate) fn mention(
    tx: &mut CompanyTx<'_>,
    (record, id): (NotifiedRecord, Uuid),
    before: Option<&str>,
    text: Option<&str>,
) -> Result<()> {
    let mut users = text.map(mentioned).unwrap_or_default();
    if !users.is_empty()
        && let Some(before) = before
    {
        let known = mentioned(before);
        users.retain(|user| !known.contains(user));
    }
    tell(tx, Notice::new(NotificationKind::Mentioned, record, id), users)
}

/// Adds notifications about different records.
fn insert(tx: &CompanyTx<'_>, notices: &[Notice], user: UserId) -> Result<InsertStatement> {
    let mut again = OnConflict::columns(["company_id", "user_id", "group_key"]);
    again
        .target_and_where(Expr::cust("read_at IS NULL"))
        .update_columns(["created_at", "actor_kind", "actor_id", "mail_at"])
        .value("count", Expr::col((TABLE, "count")).add(1));
    let mut rows = notices.iter().map(|notice| selected(tx, *notice, user));
    let mut all = rows.next().ok_or_else(|| Error::internal("there is nothing to tell"))?;
    all.unions(rows.map(|row| (UnionType::All, row)));
    let mut insert = Query::insert().into_table(TABLE).columns(COLUMNS).to_owned();
    Ok(insert.select_from(all).map_err(Error::internal)?.on_conflict(again).to_owned())
}

/// A select from the users and not values: a user that the company does not have is passed over.
fn selected(tx: &CompanyTx<'_>, notice: Notice, user: UserId) -> SelectStatement {
    let (company, by) = (tx.actor().company().0, ActorRef::from(tx.actor()));
    let values: [Expr; COLUMNS.len()] = [
        Expr::val(company),
        Expr::val(tx.id()),
        Expr::val(user.0),
        Expr::val(notice.kind.as_str()),
        Expr::val(notice.record.as_str()),
        Expr::val(notice.id),
        Expr::val(1_i64),
        Expr::val(notice.group_key()),
        Expr::val(tx.now()),
        Expr::val(by.kind.as_str()),
        Expr::val(by.id.map(Uuid::from)),
        Expr::val(tx.crm().0.mailer.as_ref().map(|_| tx.now() + MAIL_AFTER)),
    ];
    Query::select()
        .exprs(values)
        .from(USERS)
        .and_where(Expr::col((USERS, "company_id")).eq(company))
        .and_where(Expr::col((USERS, "id")).eq(user.0))
        .and_where(Expr::col((USERS, "is_active")).eq(true))
        .to_owned()
}

/// The event by which a client of the user learns of it. It names the record.
fn event(tx: &CompanyTx<'_>, notice: Notice, user: UserId) -> ChangeRecord {
    ChangeRecord {
        kind: Kind::Notification,
        id: Some(notice.id),
        version: 1,
        action: "created",
        at: tx.now(),
        changes: Vec::new(),
        details: None,
        private_to: Some(user),
        customer: None,
        origin: None,
        tags: Vec::new(),
        customers: Vec::new(),
    }
}
