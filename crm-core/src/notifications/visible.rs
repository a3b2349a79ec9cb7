//! The notifications that a user sees: their own, about records that they see.

use sea_orm::sea_query::{Condition, Expr, ExprTrait};

use super::model::NotifiedRecord;
use super::row::TABLE;
use crate::base::ids::UserId;
use crate::base::rights::ActorKind;
use crate::scope::actor::Actor;
use crate::scope::visibility::{Access, Parties};
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
        if let Ok(record) = actor.visible_record(access, |id| id.equals((TABLE, "record_id"))) {
            visible = visible.add(Expr::col((TABLE, "record_kind")).eq(kind.as_str()).and(Expr::exists(record)));
        }
    }
    if let Ok(lead) = actor.visible_parties(Parties::Leads, |id| id.equals((TABLE, "record_id"))) {
        let is_lead = Expr::col((TABLE, "record_kind")).eq(NotifiedRecord::Lead.as_str());
        visible = visible.add(is_lead.and(Expr::exists(lead)));
    }
    visible
}
