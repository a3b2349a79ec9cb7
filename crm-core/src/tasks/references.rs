//! The users, the interaction, the deal and the parent that a task refers to.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::QueryOrder;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query, SelectStatement, UnionType};
use uuid::Uuid;

use super::model::Task;
use super::repo::of_visible_customer;
use super::row::{self, TABLE};
use crate::base::error::{Result, Violations};
use crate::base::ids::{CustomerId, DealId, TaskId, UserId};
use crate::journal::Deferred;
use crate::query::dialect::any_of;
use crate::scope::visibility::{Access, Parties};
use crate::scope::{CompanyTx, is_live};
use crate::users::{self, UserRef};
use crate::{deals, interactions};

/// Checks users, the interaction and the deal where they are not those from before, and sets the assignee's name: one
/// statement.
///
/// # Errors
/// [`Error::Invalid`](crate::Error::Invalid) with all that is unknown.
pub(super) async fn resolve(tx: &mut CompanyTx<'_>, before: Option<&Task>, after: &mut Task) -> Result<()> {
    let is_reassigned = before.is_none_or(|before| before.assignee_id != after.assignee_id);
    let is_moved = before.is_none_or(|before| before.customer_id != after.customer_id);
    let differs = |id: fn(&Task) -> Option<Uuid>| is_moved || before.is_none_or(|before| id(before) != id(after));
    let named = Named {
        assignee: after.assignee_id.filter(|_| is_reassigned),
        collaborators: new_collaborators(before, after),
        interaction: interaction_of(after).filter(|_| differs(interaction_of)),
        deal: deal_of(after).filter(|_| differs(deal_of)),
    };
    let known = look_up(tx, &named).await?;
    let mut violations = Violations::default();
    if after.assignee_id.is_none() {
        after.assignee = None;
    }
    if let Some(id) = named.assignee {
        match known.user(tx, id, "/assigneeId") {
            Ok(assignee) => after.assignee = Some(assignee),
            Err(unknown) => violations.0.extend(unknown.0),
        }
    }
    for (index, id) in &named.collaborators {
        if let Err(unknown) = known.user(tx, *id, &format!("/collaboratorIds/{index}")) {
            violations.0.extend(unknown.0);
        }
    }
    if named.interaction.is_some() {
        known.check_interaction(after.customer_id, &mut violations);
    }
    if named.deal.is_some() {
        known.check_deal(after.customer_id, &mut violations);
    }
    Ok(violations.into_result()?)
}

fn interaction_of(task: &Task) -> Option<Uuid> {
    task.interaction_id.map(|id| id.0)
}

fn deal_of(task: &Task) -> Option<Uuid> {
    task.deal_id.map(|id| id.0)
}

/// The collaborators that a change adds, with their places.
fn new_collaborators(before: Option<&Task>, after: &Task) -> Vec<(usize, UserId)> {
    let known = |user: &UserId| before.is_some_and(|before| before.collaborator_ids.contains(user));
    after.collaborator_ids.iter().copied().enumerate().filter(|(_, user)| !known(user)).collect()
}

/// What a change names.
struct Named {
    assignee: Option<UserId>,
    collaborators: Vec<(usize, UserId)>,
    interaction: Option<Uuid>,
    deal: Option<Uuid>,
}

/// What exists of that.
#[derive(Debug, Default)]
struct Known {
    /// The users' names, and whether they are active.
    users: BTreeMap<Uuid, (Option<String>, bool)>,
    /// The customer of the interaction.
    of_interaction: Option<CustomerId>,
    /// The customer of the deal.
    of_deal: Option<CustomerId>,
}

impl Known {
    /// An active user.
    fn user(&self, tx: &CompanyTx<'_>, id: UserId, pointer: &str) -> Result<UserRef, Violations> {
        match self.users.get(&id.0) {
            Some((display_name, true)) => Ok(UserRef { id, display_name: display_name.clone() }),
            Some((_, false)) => Err(users::unknown(pointer)),
            None => Err(users::unseen(tx, id, pointer)),
        }
    }

    fn check_interaction(&self, customer: Option<CustomerId>, violations: &mut Violations) {
        const POINTER: &str = "/interactionId";
        match (self.of_interaction, customer) {
            (None, _) => violations.add(POINTER, "interaction_unknown", "the company has no such interaction"),
            (Some(of), Some(customer)) if of != customer => {
                violations.add(POINTER, "interaction_of_another_customer", "the interaction is with another customer");
            }
            _ => {}
        }
    }

    fn check_deal(&self, customer: Option<CustomerId>, violations: &mut Violations) {
        const POINTER: &str = "/dealId";
        match self.of_deal {
            None => violations.add(POINTER, "deal_unknown", "the company has no such deal"),
            of if of != customer => {
                violations.add(POINTER, "deal_of_another_customer", "the deal is with another customer");
            }
            _ => {}
        }
    }
}

async fn look_up(tx: &mut CompanyTx<'_>, named: &Named) -> Result<Known> {
    let mut known = Known::default();
    let users: BTreeSet<UserId> =
        named.assignee.into_iter().chain(named.collaborators.iter().map(|(_, id)| *id)).collect();
    let of_users = (!users.is_empty()).then(|| mirrored(tx, users));
    let of_interaction = named.interaction.and_then(|id| visible(tx, "interaction", &interactions::ACCESS, id));
    let of_deal = named.deal.and_then(|id| visible(tx, "deal", &deals::ACCESS, id));
    let mut parts = [of_users, of_interaction, of_deal].into_iter().flatten();
    let Some(mut select) = parts.next() else { return Ok(known) };
    for part in parts {
        select.union(UnionType::All, part);
    }
    for row in tx.query(&select).await? {
        let (what, customer): (String, Uuid) = (row.try_get("", "what")?, row.try_get("", "customer_id")?);
        match what.as_str() {
            "interaction" => known.of_interaction = Some(customer.into()),
            "deal" => known.of_deal = Some(customer.into()),
            _ => {
                let user = (row.try_get("", "display_name")?, row.try_get("", "is_active")?);
                known.users.insert(row.try_get("", "id")?, user);
            }
        }
    }
    Ok(known)
}

fn mirrored(tx: &CompanyTx<'_>, ids: BTreeSet<UserId>) -> SelectStatement {
    let ids: Vec<Uuid> = ids.into_iter().map(Uuid::from).collect();
    Query::select()
        .columns(["id", "display_name", "is_active"])
        .expr_as(Expr::cust("'user'"), "what")
        // The type of the other parts of the union.
        .expr_as(Expr::col("id"), "customer_id")
        .from("crm_users")
        .and_where(Expr::col("company_id").eq(tx.actor().company().0))
        .and_where(any_of(Expr::col("id"), ids, tx.is_postgres()))
        .to_owned()
}

/// A record outside the trash, if the actor sees it and its customer or lead; nothing if they see none at all.
fn visible(tx: &CompanyTx<'_>, what: &str, access: &Access, id: Uuid) -> Option<SelectStatement> {
    let condition = tx.actor().visible(access).ok()?;
    let customer = tx.actor().visible_parties(Parties::Both, |id| id.equals((access.table, "customer_id"))).ok()?;
    let of = |name: &'static str| Expr::col((access.table, name));
    let select = Query::select()
        .column((access.table, "id"))
        .expr_as(Expr::cust("NULL"), "display_name")
        .expr_as(Expr::cust("TRUE"), "is_active")
        .expr_as(Expr::cust(format!("'{what}'")), "what")
        .column((access.table, "customer_id"))
        .from(access.table)
        .and_where(of("company_id").eq(tx.actor().company().0))
        .and_where(of("id").eq(id))
        .and_where(is_live(access.table))
        .and_where(Expr::exists(customer))
        .cond_where(condition)
        .to_owned();
    Some(select)
}

/// The customer of a deal that the actor sees.
pub(super) async fn customer_of_deal(tx: &mut CompanyTx<'_>, deal: DealId) -> Result<Option<CustomerId>> {
    let named = Named { assignee: None, collaborators: Vec::new(), interaction: None, deal: Some(deal.0) };
    Ok(look_up(tx, &named).await?.of_deal)
}

/// Holds a task with the one that it is to be part of, in the order of their ids, so that two tasks do not become parts
/// of one another. Gives that one, if the actor sees it. To be called before the task is locked.
pub(super) async fn hold_parent(
    tx: &CompanyTx<'_>,
    id: Option<TaskId>,
    parent: Option<TaskId>,
) -> Result<Option<Task>> {
    let Some(parent) = parent else { return Ok(None) };
    let column = |name: &'static str| Expr::col((TABLE, name));
    let is_visible = Condition::all()
        .add(column("id").eq(parent.0))
        .add(is_live(TABLE))
        .add(tx.actor().visible(&super::ACCESS)?)
        .add(of_visible_customer(tx.actor()));
    let both = Condition::any().add(is_visible).add_option(id.map(|id| column("id").eq(id.0)));
    let both = tx.find::<row::Entity>().filter(both).map(|select| select.order_by_asc(row::Column::Id));
    let both: Vec<Task> = both.select(&row::COLUMNS).for_no_key_update().fetch_up_to(2).await?;
    Ok(both.into_iter().find(|task| task.id == parent))
}

/// Fails unless a task can be part of this one: parts have no parts.
pub(super) async fn check_parent(tx: &CompanyTx<'_>, task: &Task, parent: Option<&Task>) -> Result<()> {
    const POINTER: &str = "/parentTaskId";
    let refused = |code: &str, detail: &str| Err(Violations::one(POINTER, code, detail).into());
    let Some(parent) = parent else {
        return refused("task_unknown", "the company has no such task");
    };
    if parent.id == task.id || parent.parent_task_id.is_some() {
        return refused("parent_invalid", "a task is part of another one that is itself part of none");
    }
    let parts = tx.find::<row::Entity>().filter(Expr::col((TABLE, "parent_task_id")).eq(task.id.0));
    match parts.count(Some(1)).await? {
        0 => Ok(()),
        _ => refused("parent_invalid", "a task that has parts is itself part of none"),
    }
}

/// Tasks that stay forget what is purged with a customer: one statement, as a row is changed once.
pub(crate) fn forget(tx: &mut CompanyTx<'_>, customer: CustomerId) {
    let company = tx.actor().company().0;
    let is_gone = |column: &'static str, table: &'static str| {
        let gone = Query::select()
            .column("id")
            .from(table)
            .and_where(Expr::col("company_id").eq(company))
            .and_where(Expr::col("customer_id").eq(customer.0))
            .to_owned();
        Expr::col(column).in_subquery(gone)
    };
    let references =
        [("interaction_id", interactions::ACCESS.table), ("deal_id", deals::ACCESS.table), ("parent_task_id", TABLE)];
    let mut update = Query::update();
    let mut any = Condition::any();
    for (column, table) in references {
        let kept = Expr::case(is_gone(column, table), Expr::cust("NULL")).finally(Expr::col(column));
        update.value(column, kept);
        any = any.add(is_gone(column, table));
    }
    update
        .table(TABLE)
        .and_where(Expr::col("company_id").eq(company))
        .and_where(Expr::col("customer_id").is_null().or(Expr::col("customer_id").ne(customer.0)))
        .cond_where(any);
    tx.defer([Deferred::Update(update)]);
}
