//! The notifications that a user sees: their own, about records that they see.

use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query, SelectStatement};

use super::model::NotifiedRecord;
use super::row::TABLE;
use crate::base::error::Result;
use crate::base::ids::UserId;
use crate::base::rights::{ActorKind, Resource};
use crate::scope::actor::Actor;
use crate::scope::is_live;
use crate::scope::visibility::Access;
use crate::{deals, interactions, notes, tasks};

/// The user whose notifications an actor reads; services and the system have none.
pub(super) fn user_of(actor: &Actor) -> Option<UserId> {
    actor.user_id().filter(|_| actor.kind() == ActorKind::User)
}

/// The actor's own notifications about records that they see.
pub(super) fn own(actor: &Actor) -> Condition {
    let mine = match user_of(actor) {
        Some(me) => Expr::col((TABLE, "user_id")).eq(me.0),
        None => Expr::cust("1 = 0"),
    };
    Condition::all().add(mine).add(of_visible_records(actor))
}

/// About records that the actor sees, of all users.
pub(super) fn of_visible_records(actor: &Actor) -> Condition {
    let records: [(NotifiedRecord, &'static Access); 4] = [
        (NotifiedRecord::Task, &tasks::ACCESS),
        (NotifiedRecord::Note, &notes::ACCESS),
        (NotifiedRecord::Interaction, &interactions::ACCESS),
        (NotifiedRecord::Deal, &deals::ACCESS),
    ];
    let mut visible = Condition::any().add(Expr::cust("1 = 0"));
    for (kind, access) in records {
        // Without the right to read records of a kind there is nothing of that kind.
        if let Ok(record) = record(actor, access) {
            visible = visible.add(Expr::col((TABLE, "record_kind")).eq(kind.as_str()).and(Expr::exists(record)));
        }
    }
    visible
}

/// The record of a notification, if it is outside the trash and the actor sees it and its customer.
fn record(actor: &Actor, access: &'static Access) -> Result<SelectStatement> {
    let column = |name: &'static str| Expr::col((access.table, name));
    let mut record = Query::select();
    record
        .expr(Expr::cust("1"))
        .from(access.table)
        .and_where(column("company_id").eq(actor.company().0))
        .and_where(column("id").equals((TABLE, "record_id")))
        .and_where(is_live(access.table))
        .cond_where(actor.visible(access)?);
    // What is not in the trash has a customer who is not.
    if !actor.sees_all(Resource::Customers) {
        let customer = actor.visible_customers(|id| id.equals((access.table, "customer_id")));
        let has_visible = customer.map_or_else(|_| Expr::cust("1 = 0"), Expr::exists);
        record.and_where(column("customer_id").is_null().or(has_visible));
    }
    Ok(record)
}
