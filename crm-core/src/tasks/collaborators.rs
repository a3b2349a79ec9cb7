//! Who works on a task besides its assignee: rows by which their tasks are found. A task is read with its own list.

use std::collections::BTreeSet;

use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{EntityTrait, QueryTrait};
use uuid::Uuid;

use super::collaborator_row::{self, TABLE};
use super::model::Task;
use super::row;
use crate::base::ids::{CompanyId, UserId};
use crate::journal::Deferred;
use crate::query::dialect::any_of;
use crate::scope::CompanyTx;

/// Sets the collaborators of a task that is written, when the transaction ends.
pub(super) fn set(tx: &mut CompanyTx<'_>, before: Option<&Task>, after: &Task) {
    let users = |task: &Task| task.collaborator_ids.iter().map(|user| user.0).collect::<BTreeSet<Uuid>>();
    let (former, present) = (before.map(users).unwrap_or_default(), users(after));
    let (company, task) = (tx.company.id.0, after.id.0);
    let gone: Vec<Uuid> = former.difference(&present).copied().collect();
    if !gone.is_empty() {
        let delete = Query::delete()
            .from_table(TABLE)
            .and_where(Expr::col("company_id").eq(company))
            .and_where(Expr::col("task_id").eq(task))
            .and_where(any_of(Expr::col("user_id"), gone, tx.is_postgres()))
            .to_owned();
        tx.defer([Deferred::Delete(delete)]);
    }
    let new = present.difference(&former).map(|user| collaborator_row::ActiveModel {
        company_id: Set(company),
        task_id: Set(task),
        user_id: Set(*user),
    });
    let new: Vec<_> = new.collect();
    if !new.is_empty() {
        tx.defer([Deferred::Insert(collaborator_row::Entity::insert_many(new).into_query())]);
    }
}

/// The tasks on which a user collaborates, or those without collaborators.
pub(super) fn of(company: CompanyId, user: Option<UserId>) -> Expr {
    let Some(user) = user else {
        return Expr::col((row::TABLE, "collaborators")).is_null();
    };
    let tasks = Query::select()
        .column("task_id")
        .from(TABLE)
        .and_where(Expr::col("company_id").eq(company.0))
        .and_where(Expr::col("user_id").eq(user.0))
        .to_owned();
    Expr::col((row::TABLE, "id")).in_subquery(tasks)
}
