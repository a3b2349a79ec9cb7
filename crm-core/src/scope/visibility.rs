//! Who sees what: the only place that makes conditions of the actor's rights, for lists, timelines, statistics, search and
//! events alike. A new rule (teams, access to single records) is a change of this file.
//!
//! Each rule is there for a record in memory, as an expression, and as SQL for statements that are written by hand.

use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query, SelectStatement};
use uuid::Uuid;

use super::CompanyScope;
use super::actor::Actor;
use super::parameters::Parameters;
use super::write::{Trashable, is_live};
use crate::base::error::{Error, Result};
use crate::base::ids::UserId;
use crate::base::rights::{Action, Reach, Resource};

/// The table of the customers, on which the visibility of other records depends.
pub(crate) const CUSTOMERS: &str = "crm_customers";

/// A condition that no row meets.
pub(crate) const NOTHING: &str = " AND 1 = 0";

/// The columns of a table that say who sees its rows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Access {
    pub table: &'static str,
    /// The right that is needed to read rows.
    pub resource: Resource,
    /// The column with the id of the owner.
    pub owner: &'static str,
    /// Whether there are private rows: the column `private_to`.
    pub has_private: bool,
    /// A record without private rows that has to be visible as well, if a row has one: the column with its id.
    pub link: Option<(&'static str, &'static Self)>,
}

/// The owners whose records an actor reaches with a right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owners {
    reach: Option<Reach>,
    me: Option<UserId>,
    /// Whether records without an owner are everyone's.
    shares_unowned: bool,
}

impl Owners {
    const fn new(actor: &Actor, resource: Resource, reach: Option<Reach>) -> Self {
        Self { reach, me: actor.user, shares_unowned: !matches!(resource, Resource::Jobs) }
    }

    /// Whether all records are reached.
    pub(crate) fn are_all(self) -> bool {
        self.reach == Some(Reach::All)
    }

    /// Whether no record is reached: the actor does not have the right.
    pub(crate) const fn are_none(self) -> bool {
        self.reach.is_none()
    }

    /// Whether a record of this owner is reached.
    pub(crate) fn include(self, owner: Option<UserId>) -> bool {
        match (self.reach, owner) {
            (Some(Reach::All), _) => true,
            (Some(Reach::Own), Some(_)) => owner == self.me,
            (Some(Reach::Own), None) => self.shares_unowned,
            (None, _) => false,
        }
    }

    /// The condition on the column of the owner; none if all are reached.
    pub(crate) fn condition(self, owner: Expr) -> Option<Expr> {
        let mine = self.me.map(|me| owner.clone().eq(me.0));
        let unowned = self.shares_unowned.then(|| owner.is_null());
        match self.reach {
            Some(Reach::All) => None,
            Some(Reach::Own) => Some(unowned.into_iter().chain(mine).reduce(ExprTrait::or).unwrap_or_else(nothing)),
            None => Some(nothing()),
        }
    }

    /// The same as SQL that begins with `AND`, or is empty. `bind` adds a value, and gives its name.
    pub(crate) fn sql(self, owner: &str, bind: impl FnOnce(Uuid) -> String) -> String {
        match (self.reach, self.me, self.shares_unowned) {
            (Some(Reach::All), ..) => String::new(),
            (Some(Reach::Own), Some(me), true) => format!(" AND ({owner} IS NULL OR {owner} = {})", bind(me.0)),
            (Some(Reach::Own), Some(me), false) => format!(" AND {owner} = {}", bind(me.0)),
            (Some(Reach::Own), None, true) => format!(" AND {owner} IS NULL"),
            (Some(Reach::Own), None, false) | (None, ..) => NOTHING.to_owned(),
        }
    }

    /// The same with records without an owner: for rights that are asked before the record is known.
    pub(crate) const fn with_unowned(self) -> Self {
        Self { shares_unowned: true, ..self }
    }

    /// The owners that are reached with both rights.
    pub(crate) fn and(self, other: Self) -> Self {
        Self { reach: self.reach.min(other.reach), ..self }
    }
}

fn nothing() -> Expr {
    Expr::cust("1 = 0")
}

/// The private records that an actor sees: their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PrivateRecords {
    me: Option<UserId>,
}

impl PrivateRecords {
    /// Whether a record is visible that is private to this user, if to any.
    pub(crate) fn include(self, private_to: Option<UserId>) -> bool {
        private_to.is_none() || private_to == self.me
    }

    /// The condition on the column `private_to`.
    pub(crate) fn condition(self, private_to: Expr) -> Expr {
        let shared = private_to.clone().is_null();
        match self.me {
            Some(me) => shared.or(private_to.eq(me.0)),
            None => shared,
        }
    }

    /// The same as SQL that begins with `AND`.
    pub(crate) fn sql(self, private_to: &str, bind: impl FnOnce(Uuid) -> String) -> String {
        match self.me {
            Some(me) => format!(" AND ({private_to} IS NULL OR {private_to} = {})", bind(me.0)),
            None => format!(" AND {private_to} IS NULL"),
        }
    }
}

impl Actor {
    /// The owners whose records the actor reaches with a right.
    pub(crate) fn owners(&self, resource: Resource, action: Action) -> Owners {
        Owners::new(self, resource, self.reach(resource, action))
    }

    /// The private records that the actor sees.
    pub(crate) const fn private_records(&self) -> PrivateRecords {
        PrivateRecords { me: self.user }
    }

    /// Whether the actor sees this record, if they see its customer.
    pub(crate) fn sees<R: Trashable>(&self, record: &R) -> bool {
        self.private_records().include(record.private_to())
            && self.owners(R::RESOURCE, Action::Read).include(record.owner_id())
    }

    /// Whether the actor sees all records of a kind but private ones. Events do not say who owns a record, so that only
    /// actors who see all of a kind see its events.
    pub(crate) fn sees_all(&self, resource: Resource) -> bool {
        self.owners(resource, Action::Read).are_all()
    }

    /// The condition for visible rows of a table, in or outside the trash, whatever customer they belong to.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to read them.
    pub(crate) fn visible(&self, access: &Access) -> Result<Condition> {
        let Access { table, resource, owner, has_private, .. } = *access;
        let owners = self.owners(resource, Action::Read);
        if owners.are_none() {
            return Err(Error::Forbidden { action: Action::Read, resource, id: None });
        }
        let private = has_private.then(|| self.private_records().condition(Expr::col((table, "private_to"))));
        let own = owners.condition(Expr::col((table, owner)));
        Ok(Condition::all().add_option(private).add_option(own).add_option(self.sees_link(access)))
    }

    /// The condition that the record with which a row is linked is visible; none if all of them are.
    pub(crate) fn sees_link(&self, access: &Access) -> Option<Expr> {
        let (column, other) = access.link?;
        let of = |name: &'static str| Expr::col((other.table, name));
        let own = self.owners(other.resource, Action::Read).condition(of(other.owner))?;
        let linked = Query::select()
            .expr(Expr::cust("1"))
            .from(other.table)
            .and_where(of("company_id").eq(self.company().0))
            .and_where(of("id").equals((access.table, column)))
            .and_where(own)
            .to_owned();
        Some(Expr::col((access.table, column)).is_null().or(Expr::exists(linked)))
    }

    /// The same as SQL that begins with `AND`, or is empty; no row without the right.
    pub(crate) fn visible_sql(&self, access: &Access, parameters: &mut Parameters) -> String {
        let Access { table, resource, owner, has_private, .. } = *access;
        let private = match has_private {
            true => self.private_records().sql(&format!("{table}.private_to"), |me| parameters.add(me)),
            false => String::new(),
        };
        let owners = self.owners(resource, Action::Read);
        let own = owners.sql(&format!("{table}.{owner}"), |me| parameters.add(me));
        private + &own + &self.sees_link_sql(access, parameters)
    }

    fn sees_link_sql(&self, access: &Access, parameters: &mut Parameters) -> String {
        let Some((column, other)) = access.link else { return String::new() };
        let owners = self.owners(other.resource, Action::Read);
        if owners.are_all() {
            return String::new();
        }
        let (table, of, company) = (access.table, other.table, parameters.add(self.company().0));
        let own = owners.sql(&format!("{of}.{}", other.owner), |me| parameters.add(me));
        format!(
            " AND ({table}.{column} IS NULL OR EXISTS (SELECT 1 FROM {of} \
             WHERE {of}.company_id = {company} AND {of}.id = {table}.{column}{own}))"
        )
    }

    /// A select of the ids of the customers outside the trash that the actor sees. `which`: the condition on the id.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to read customers.
    pub(crate) fn visible_customers(&self, which: impl FnOnce(Expr) -> Expr) -> Result<SelectStatement> {
        let (resource, action) = (Resource::Customers, Action::Read);
        let owners = self.owners(resource, action);
        if owners.are_none() {
            return Err(Error::Forbidden { action, resource, id: None });
        }
        let mut customers = Query::select();
        customers
            .column("id")
            .from(CUSTOMERS)
            .and_where(Expr::col((CUSTOMERS, "company_id")).eq(self.company().0))
            .and_where(which(Expr::col((CUSTOMERS, "id"))))
            .and_where(is_live(CUSTOMERS))
            .and_where_option(owners.condition(Expr::col((CUSTOMERS, "owner_id"))));
        Ok(customers)
    }
}

impl CompanyScope<'_> {
    /// Rows that are not private to another user, by their column `private_to`.
    pub(crate) fn not_private(&self, private_to: Expr) -> Expr {
        self.actor.private_records().condition(private_to)
    }

    /// The owners whose records the actor may read. A refusal is audited.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right.
    pub(crate) async fn readable_owners(&self, resource: Resource) -> Result<Owners> {
        self.authorize_read(resource, Action::Read).await?;
        Ok(self.actor.owners(resource, Action::Read))
    }
}

/// The condition, as SQL, that customers `c` of a statement whose `$1` is the company are outside the trash and have one
/// of these owners.
pub(crate) fn customers_sql(owners: Owners, parameters: &mut Parameters) -> String {
    let own = owners.sql("c.owner_id", |me| parameters.add(me));
    format!("c.company_id = $1 AND c.deleted_at IS NULL{own}")
}

/// The condition, as SQL that begins with `AND`, that a record has one of the customers `c` that meet a condition.
pub(crate) fn of_customers_sql(of: &str, customers: &str) -> String {
    format!(" AND EXISTS (SELECT 1 FROM {CUSTOMERS} AS c WHERE c.id = {of}.customer_id AND {customers})")
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::{Expr, PostgresQueryBuilder, Query};
    use uuid::Uuid;

    use super::{Actor, Owners, PrivateRecords};
    use crate::base::ids::UserId;
    use crate::base::rights::{Reach, Resource};

    fn user(number: u128) -> UserId {
        Uuid::from_u128(number).into()
    }

    /// What a condition says of a column with this value.
    fn text(condition: Option<Expr>) -> String {
        match condition {
            Some(condition) => Query::select().and_where(condition).to_string(PostgresQueryBuilder),
            None => String::new(),
        }
    }

    #[test]
    fn the_forms_of_a_rule_agree() {
        let company = Uuid::from_u128(9).into();
        let quoted = |id: Uuid| format!("'{id}'");
        for me in [Some(user(1)), None] {
            let mut actor = Actor::system(company);
            actor.user = me;
            for resource in [Resource::Notes, Resource::Jobs] {
                for reach in [Some(Reach::All), Some(Reach::Own), None] {
                    let owners = Owners::new(&actor, resource, reach);
                    let (sql, expression) = (owners.sql("o", quoted), text(owners.condition(Expr::col("o"))));
                    let seen = [None, Some(user(1)), Some(user(2))].map(|owner| owners.include(owner));
                    let says = |what: &str| (sql.contains(what), expression.replace('"', "").contains(what));
                    let (nobody, mine) = (says("o IS NULL"), says(&format!("o = '{}'", user(1).0)));
                    assert_eq!(sql.is_empty(), expression.is_empty());
                    if !sql.is_empty() {
                        assert_eq!((nobody, mine), ((seen[0], seen[0]), (seen[1], seen[1])), "{sql} {expression}");
                    }
                    assert_eq!(seen[2], sql.is_empty(), "another user's are seen with all others only");
                }
            }
            let private = PrivateRecords { me };
            let sql = private.sql("p", quoted);
            let expression = text(Some(private.condition(Expr::col("p")))).replace('"', "");
            for of in [&sql, &expression] {
                assert!(of.contains("p IS NULL") && private.include(None));
                assert_eq!(of.contains(&format!("p = '{}'", user(1).0)), private.include(Some(user(1))));
            }
        }
    }
}
