//! Who sees what: the only place that makes conditions of the actor's rights, for lists, timelines, statistics, search and
//! events alike. A new rule (teams, access to single records) is a change of this file.
//!
//! Each rule is there for a record in memory, as an expression, and as SQL for statements that are written by hand.

use sea_orm::Value;
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query, SelectStatement};
use uuid::Uuid;

use super::CompanyScope;
use super::actor::Actor;
use super::parameters::Parameters;
use super::record_access::{Colleagues, SeenOwners, is_narrowed};
use super::write::{Trashable, is_live};
use crate::base::error::{Error, Result};
use crate::base::ids::UserId;
use crate::base::rights::{Action, Reach, Resource};
use crate::query::dialect::{any_of, any_of_sql};

/// The table of the customers, on which the visibility of other records depends.
pub(crate) const CUSTOMERS: &str = "crm_customers";

/// A condition that no row meets.
pub(crate) const NOTHING: &str = " AND 1 = 0";

/// Whose rows of the table of customers are meant: a lead has one as well, with a time of deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parties {
    Customers,
    Leads,
    Both,
}

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owners {
    reach: Option<Reach>,
    me: Option<UserId>,
    /// Whether records without an owner are everyone's.
    shares_unowned: bool,
    /// The users whose records are reached like the actor's own, by the company's record access.
    colleagues: Option<Colleagues>,
}

impl Owners {
    fn new(actor: &Actor, resource: Resource, reach: Option<Reach>) -> Self {
        Self { reach, me: actor.user, shares_unowned: !matches!(resource, Resource::Jobs), colleagues: None }
    }

    /// Of those, the ones that the company's record access shows.
    fn narrowed(self, seen: &SeenOwners) -> Self {
        match (self.reach, seen) {
            (Some(Reach::All), SeenOwners::Unresolved) => Self { reach: Some(Reach::Own), ..self },
            (Some(Reach::All), SeenOwners::Users(users)) => {
                Self { reach: Some(Reach::Own), colleagues: Some(users.clone()), ..self }
            }
            (Some(Reach::All), SeenOwners::All) | (Some(Reach::Own) | None, _) => self,
        }
    }

    /// Whether all records are reached.
    pub(crate) fn are_all(&self) -> bool {
        self.reach == Some(Reach::All)
    }

    /// Whether the company's record access hides records that the right reaches.
    fn is_narrowed(&self) -> bool {
        self.colleagues.is_some()
    }

    /// Whether no record is reached: the actor does not have the right.
    pub(crate) const fn are_none(&self) -> bool {
        self.reach.is_none()
    }

    /// Whether a record of this owner is reached.
    pub(crate) fn include(&self, owner: Option<UserId>) -> bool {
        match (self.reach, owner) {
            (Some(Reach::All), _) => true,
            (Some(Reach::Own), Some(user)) => {
                owner == self.me || self.colleagues.as_ref().is_some_and(|colleagues| colleagues.include(user))
            }
            (Some(Reach::Own), None) => self.shares_unowned,
            (None, _) => false,
        }
    }

    /// The condition on the column of the owner; none if all are reached.
    pub(crate) fn condition(&self, owner: Expr) -> Option<Expr> {
        let theirs = match &self.colleagues {
            Some(users) => Some(any_of(owner.clone(), users.ids().to_vec(), users.is_postgres)),
            None => self.me.map(|me| owner.clone().eq(me.0)),
        };
        let unowned = self.shares_unowned.then(|| owner.is_null());
        match self.reach {
            Some(Reach::All) => None,
            Some(Reach::Own) => Some(unowned.into_iter().chain(theirs).reduce(ExprTrait::or).unwrap_or_else(nothing)),
            None => Some(nothing()),
        }
    }

    /// The same as SQL that begins with `AND`, or is empty. `bind` adds a value, and gives its name.
    pub(crate) fn sql(&self, owner: &str, bind: impl FnOnce(Value) -> String) -> String {
        let theirs = match (self.reach, &self.colleagues, self.me) {
            (Some(Reach::All), ..) => return String::new(),
            (None, ..) => return NOTHING.to_owned(),
            (Some(Reach::Own), Some(users), _) => Some(any_of_sql(owner, users.ids(), users.is_postgres, bind)),
            (Some(Reach::Own), None, Some(me)) => Some(format!("{owner} = {}", bind(me.0.into()))),
            (Some(Reach::Own), None, None) => None,
        };
        match (theirs, self.shares_unowned) {
            (Some(theirs), true) => format!(" AND ({owner} IS NULL OR {theirs})"),
            (Some(theirs), false) => format!(" AND {theirs}"),
            (None, true) => format!(" AND {owner} IS NULL"),
            (None, false) => NOTHING.to_owned(),
        }
    }

    /// The same with records without an owner: for rights that are asked before the record is known.
    pub(crate) fn with_unowned(self) -> Self {
        Self { shares_unowned: true, ..self }
    }

    /// The owners that are reached with both rights of one actor.
    pub(crate) fn and(self, other: Self) -> Self {
        let reach = self.reach.min(other.reach);
        let colleagues = match (self.are_all(), other.are_all()) {
            (true, _) => other.colleagues,
            (false, true) => self.colleagues,
            // A right that reaches the actor's own records leaves no others.
            (false, false) => self.colleagues.filter(|_| other.colleagues.is_some()),
        };
        Self { reach, colleagues, me: self.me, shares_unowned: self.shares_unowned }
    }
}

/// Where it says with which users records of a kind are shared: a table, and its column with the record.
const fn shares(resource: Resource) -> Option<(&'static str, &'static str)> {
    match resource {
        Resource::Tasks => Some(("crm_task_collaborators", "task_id")),
        _ => None,
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
    /// The owners whose records the actor reaches with a right; to read them, as far as the company's record access goes.
    pub(crate) fn owners(&self, resource: Resource, action: Action) -> Owners {
        let owners = self.rights_to(resource, action);
        if action == Action::Read && is_narrowed(resource) { owners.narrowed(self.seen_owners()) } else { owners }
    }

    /// The owners whose records the actor reaches with a right, whatever the company's record access shows them.
    pub(crate) fn rights_to(&self, resource: Resource, action: Action) -> Owners {
        Owners::new(self, resource, self.reach(resource, action))
    }

    /// The private records that the actor sees.
    pub(crate) const fn private_records(&self) -> PrivateRecords {
        PrivateRecords { me: self.user }
    }

    /// Whether the actor sees this record, if they see its customer.
    pub(crate) fn sees<R: Trashable>(&self, record: &R) -> bool {
        let owners = self.owners(R::RESOURCE, Action::Read);
        let is_shared = || owners.is_narrowed() && self.user.is_some_and(|me| record.is_shared_with(me));
        self.private_records().include(record.private_to()) && (owners.include(record.owner_id()) || is_shared())
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
        let own = own.map(|own| self.shared_with_me(access, &owners).into_iter().fold(own, ExprTrait::or));
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
        let mut own = owners.sql(&format!("{table}.{owner}"), |me| parameters.add(me));
        if let (Some((shares, column)), Some(me), true) = (shares(resource), self.user, owners.is_narrowed()) {
            let (company, me) = (parameters.add(self.company().0), parameters.add(me.0));
            own = format!(
                " AND (1 = 1{own} OR EXISTS (SELECT 1 FROM {shares} AS s WHERE s.company_id = {company} \
                 AND s.{column} = {table}.id AND s.user_id = {me}))"
            );
        }
        private + &own + &self.sees_link_sql(access, parameters)
    }

    /// The condition that a row is shared with the actor; none where the company's record access hides nothing from them.
    fn shared_with_me(&self, access: &Access, owners: &Owners) -> Option<Expr> {
        let ((shares, column), me) = (shares(access.resource)?, self.user.filter(|_| owners.is_narrowed())?);
        let of = |name: &'static str| Expr::col((shares, name));
        let shared = Query::select()
            .expr(Expr::cust("1"))
            .from(shares)
            .and_where(of("company_id").eq(self.company().0))
            .and_where(of(column).equals((access.table, "id")))
            .and_where(of("user_id").eq(me.0))
            .to_owned();
        Some(Expr::exists(shared))
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

    /// The condition for rows of the table of customers that are outside the trash, and that the actor sees.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to read any of them.
    pub(crate) fn is_visible_party(&self, of: Parties) -> Result<Expr> {
        let column = |name: &'static str| Expr::col((CUSTOMERS, name));
        let part = |resource: Resource, is_live: Expr| {
            let owners = self.owners(resource, Action::Read);
            let own = owners.condition(column("owner_id"));
            (!owners.are_none()).then(|| own.into_iter().fold(is_live, ExprTrait::and))
        };
        let customers = || part(Resource::Customers, is_live(CUSTOMERS));
        let leads = || part(Resource::Leads, column("is_lead").and(column("delete_batch_id").is_null()));
        let (resource, visible) = match of {
            Parties::Customers => (Resource::Customers, customers()),
            Parties::Leads => (Resource::Leads, leads()),
            Parties::Both => (Resource::Customers, customers().into_iter().chain(leads()).reduce(ExprTrait::or)),
        };
        visible.ok_or(Error::Forbidden { action: Action::Read, resource, id: None })
    }

    /// A select of the ids of the rows that [`Self::is_visible_party`] means. `which`: the condition on the id.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to read any of them.
    pub(crate) fn visible_parties(&self, of: Parties, which: impl FnOnce(Expr) -> Expr) -> Result<SelectStatement> {
        let mut rows = Query::select();
        rows.column("id")
            .from(CUSTOMERS)
            .and_where(Expr::col((CUSTOMERS, "company_id")).eq(self.company().0))
            .and_where(which(Expr::col((CUSTOMERS, "id"))))
            .and_where(self.is_visible_party(of)?);
        Ok(rows)
    }

    /// A select of the ids of the customers outside the trash that the actor sees. `which`: the condition on the id.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to read customers.
    pub(crate) fn visible_customers(&self, which: impl FnOnce(Expr) -> Expr) -> Result<SelectStatement> {
        self.visible_parties(Parties::Customers, which)
    }

    /// A select that finds a record of a customer or a lead, if it is outside the trash and the actor sees both it and what it
    /// belongs to. `which`: the condition on the id.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to read such records.
    pub(crate) fn visible_record(&self, access: &Access, which: impl FnOnce(Expr) -> Expr) -> Result<SelectStatement> {
        let column = |name: &'static str| Expr::col((access.table, name));
        let mut record = Query::select();
        record
            .expr(Expr::cust("1"))
            .from(access.table)
            .and_where(column("company_id").eq(self.company().0))
            .and_where(which(column("id")))
            .and_where(is_live(access.table))
            .cond_where(self.visible(access)?);
        // What is not in the trash has a customer or a lead that is not.
        if !self.sees_all_parties() {
            let of = self.visible_parties(Parties::Both, |id| id.equals((access.table, "customer_id")));
            let has_visible = of.map_or_else(|_| nothing(), Expr::exists);
            record.and_where(column("customer_id").is_null().or(has_visible));
        }
        Ok(record)
    }

    /// A select that finds a customer or a lead, in or outside the trash, if the actor sees it. `which`: the condition on
    /// the id.
    pub(crate) fn known_party(&self, which: impl FnOnce(Expr) -> Expr) -> SelectStatement {
        let column = |name: &'static str| Expr::col((CUSTOMERS, name));
        let own = self.owners(Resource::Customers, Action::Read).condition(column("owner_id"));
        Query::select()
            .expr(Expr::cust("1"))
            .from(CUSTOMERS)
            .and_where(column("company_id").eq(self.company().0))
            .and_where(which(column("id")))
            .and_where_option(own)
            .to_owned()
    }

    /// Whether the actor sees all customers and all leads: then what is outside the trash belongs to some that they see.
    pub(crate) fn sees_all_parties(&self) -> bool {
        self.sees_all(Resource::Customers) && self.sees_all(Resource::Leads)
    }
}

impl CompanyScope<'_> {
    /// Rows that are not private to another user, by their column `private_to`.
    pub(crate) fn not_private(&self, private_to: Expr) -> Expr {
        self.actor().private_records().condition(private_to)
    }

    /// The owners whose records the actor may read. A refusal is audited.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right.
    pub(crate) async fn readable_owners(&self, resource: Resource) -> Result<Owners> {
        self.authorize_read(resource, Action::Read).await?;
        Ok(self.actor().owners(resource, Action::Read))
    }
}

/// The condition, as SQL, that customers `c` of a statement whose `$1` is the company are outside the trash and have one
/// of these owners.
pub(crate) fn customers_sql(owners: &Owners, parameters: &mut Parameters) -> String {
    let own = owners.sql("c.owner_id", |me| parameters.add(me));
    format!("c.company_id = $1 AND c.deleted_at IS NULL{own}")
}

/// The same for customers and leads.
pub(crate) fn parties_sql(customers: &Owners, leads: &Owners, parameters: &mut Parameters) -> String {
    let [customers, leads] = [customers, leads].map(|owners| owners.sql("c.owner_id", |me| parameters.add(me)));
    let is_lead = "c.is_lead AND c.delete_batch_id IS NULL";
    format!("c.company_id = $1 AND (c.deleted_at IS NULL{customers} OR {is_lead}{leads})")
}

/// The condition, as SQL that begins with `AND`, that a record has one of the customers `c` that meet a condition.
pub(crate) fn of_customers_sql(of: &str, customers: &str) -> String {
    format!(" AND EXISTS (SELECT 1 FROM {CUSTOMERS} AS c WHERE c.id = {of}.customer_id AND {customers})")
}

#[cfg(test)]
mod tests;
