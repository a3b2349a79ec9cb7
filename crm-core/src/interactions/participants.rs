//! The users and customers that an interaction refers to.

use std::collections::{BTreeSet, HashMap, HashSet};

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement, UnionType};
use uuid::Uuid;

use super::model::{Interaction, Participant, ParticipantKind};
use crate::base::error::{Result, Violations};
use crate::base::ids::UserId;
use crate::query::dialect::any_of;
use crate::scope::CompanyTx;
use crate::users::{self, UserRef};

/// Checks all users and customers that were not in the interaction before, and sets the owner's name: one statement.
/// `at` is the location of the interaction in the input.
///
/// # Errors
/// [`Error::Invalid`] with all unknown users and customers.
pub(super) async fn resolve(
    tx: &mut CompanyTx<'_>,
    before: Option<&Interaction>,
    after: &mut Interaction,
    at: &str,
) -> Result<()> {
    let owner = after.owner_id.filter(|_| before.is_none_or(|before| before.owner_id != after.owner_id));
    let named: HashSet<_> = before.iter().flat_map(|before| &before.participants).map(Participant::identity).collect();
    let participants: Vec<(usize, ParticipantKind, Uuid)> = (after.participants.iter().enumerate())
        .filter(|(_, participant)| !named.contains(&participant.identity()))
        .filter_map(|(index, participant)| Some((index, participant.kind, participant.id?)))
        .collect();
    let of_kind = |wanted| participants.iter().filter(move |(_, kind, _)| *kind == wanted).map(|(_, _, id)| *id);
    let users = of_kind(ParticipantKind::User).chain(owner.map(Uuid::from)).collect();
    let known = look_up(tx, users, of_kind(ParticipantKind::Customer).collect()).await?;
    let mut violations = Violations::default();
    if let Some(id) = owner {
        let owner = known.owner(tx, id, &format!("{at}/ownerId"));
        after.owner = owner.map_err(|unknown| violations.0.extend(unknown.0)).ok();
    } else if after.owner_id.is_none() {
        after.owner = None;
    }
    for (index, kind, id) in participants {
        let at = format!("{at}/participants/{index}/id");
        match kind {
            ParticipantKind::User if !known.users.contains_key(&id) => {
                violations.0.extend(users::unseen(tx, id.into(), &at).0);
            }
            ParticipantKind::Customer if !known.customers.contains(&id) => {
                violations.add(at, "customer_unknown", "the company has no such customer");
            }
            _ => {}
        }
    }
    Ok(violations.into_result()?)
}

/// The users and customers that exist.
#[derive(Debug, Default)]
struct Known {
    /// Users with their names, and whether they are active.
    users: HashMap<Uuid, (Option<String>, bool)>,
    customers: HashSet<Uuid>,
}

impl Known {
    fn owner(&self, tx: &CompanyTx<'_>, id: UserId, pointer: &str) -> Result<UserRef, Violations> {
        match self.users.get(&id.0) {
            Some((display_name, true)) => Ok(UserRef { id, display_name: display_name.clone() }),
            Some((_, false)) => Err(users::unknown(pointer)),
            None => Err(users::unseen(tx, id, pointer)),
        }
    }
}

async fn look_up(tx: &mut CompanyTx<'_>, users: BTreeSet<Uuid>, customers: BTreeSet<Uuid>) -> Result<Known> {
    let mut known = Known::default();
    let postgres = tx.is_postgres();
    let of_users = (!users.is_empty()).then(|| mirrored(tx, users, postgres));
    let of_customers = match customers.is_empty() {
        true => None,
        false => Some(visible(tx, customers, postgres)?),
    };
    let select = match (of_users, of_customers) {
        (Some(mut users), Some(customers)) => users.union(UnionType::All, customers).to_owned(),
        (Some(select), None) | (None, Some(select)) => select,
        (None, None) => return Ok(known),
    };
    for row in tx.query(&select).await? {
        let id: Uuid = row.try_get("", "id")?;
        if row.try_get("", "is_user")? {
            known.users.insert(id, (row.try_get("", "display_name")?, row.try_get("", "is_active")?));
        } else {
            known.customers.insert(id);
        }
    }
    Ok(known)
}

fn mirrored(tx: &CompanyTx<'_>, ids: BTreeSet<Uuid>, postgres: bool) -> SelectStatement {
    Query::select()
        .columns(["id", "display_name", "is_active"])
        .expr_as(Expr::cust("TRUE"), "is_user")
        .from("crm_users")
        .and_where(Expr::col("company_id").eq(tx.actor().company().0))
        .and_where(any_of(Expr::col("id"), ids.into_iter().collect(), postgres))
        .to_owned()
}

fn visible(tx: &CompanyTx<'_>, ids: BTreeSet<Uuid>, postgres: bool) -> Result<SelectStatement> {
    let ids: Vec<Uuid> = ids.into_iter().collect();
    let mut select = tx.actor().visible_customers(|id| any_of(id, ids, postgres))?;
    for (value, name) in [("NULL", "display_name"), ("TRUE", "is_active"), ("FALSE", "is_user")] {
        select.expr_as(Expr::cust(value), name);
    }
    Ok(select)
}
