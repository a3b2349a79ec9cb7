//! The times at which customers were last contacted and are to be contacted next, as far as the actor may see them.
//!
//! Actors who may read all interactions get the stored statistics, which have an index per time. For others the times
//! are computed from the interactions that they may read.

mod pages;
mod stored;

pub(super) use pages::ContactList;

use chrono::{DateTime, Utc};
use sea_orm::Value;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};

use crate::base::ids::CompanyId;
use crate::journal::customer_stats::{TABLE, TIMES, filled};
use crate::scope::COMPANY;
use crate::scope::actor::{Action, Actor, Resource};
use crate::scope::visibility::Owners;

crate::scope::company_owned!(stored, CustomerId, CustomerId);

/// The name of the stored statistics in statements.
const STORED: &str = "contacts";
const NEVER: &str = "CAST(NULL AS timestamp with time zone)";

/// One of the times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ContactTime {
    Last,
    Next,
}

impl ContactTime {
    pub const fn column(self) -> &'static str {
        match self {
            Self::Last => "last_contact_at",
            Self::Next => "next_follow_up_at",
        }
    }
}

/// The bounds of the times; those that end with `before` are excluded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct ContactBounds {
    pub last_after: Option<DateTime<Utc>>,
    pub last_before: Option<DateTime<Utc>>,
    pub next_before: Option<DateTime<Utc>>,
}

impl ContactBounds {
    const fn of(self, time: ContactTime) -> [Option<DateTime<Utc>>; 2] {
        match time {
            ContactTime::Last => [self.last_after, self.last_before],
            ContactTime::Next => [None, self.next_before],
        }
    }

    fn has(self, time: ContactTime) -> bool {
        self.of(time) != [None, None]
    }

    /// The bounded time whose index finds the fewest customers: few have a follow-up, and many were contacted.
    fn narrowest(self) -> Option<ContactTime> {
        [ContactTime::Next, ContactTime::Last].into_iter().find(|time| self.has(*time))
    }

    /// The condition that the times, which `time` renders, are within the bounds; none without bounds.
    fn condition(self, time: impl Fn(ContactTime) -> Expr) -> Option<Expr> {
        let bounds = [ContactTime::Last, ContactTime::Next].into_iter().flat_map(|of| {
            let [from, to] = self.of(of);
            [from.map(|from| time(of).gte(from)), to.map(|to| time(of).lt(to))]
        });
        bounds.flatten().reduce(ExprTrait::and)
    }
}

/// The contacts that an actor may see.
#[derive(Clone, Debug)]
pub(super) struct Contacts {
    company: CompanyId,
    owners: Owners,
    postgres: bool,
}

impl Contacts {
    pub fn of(actor: &Actor, postgres: bool) -> Self {
        let owners = actor.owners(Resource::Interactions, Action::Read);
        Self { company: actor.company(), owners, postgres }
    }

    /// The time of a row of `crm_customers`.
    pub fn time(&self, time: ContactTime) -> Expr {
        let column = time.column();
        if self.owners.are_all() {
            return Expr::cust(format!(
                "(SELECT {STORED}.{column} FROM {TABLE} AS {STORED} WHERE {})",
                is_of_customer()
            ));
        }
        if self.owners.are_none() {
            return Expr::cust(NEVER);
        }
        self.computed(column)
    }

    fn computed(&self, column: &str) -> Expr {
        let mut values: Vec<Value> = Vec::new();
        // SQLite numbers parameters as they come, so that there the ids are written out.
        let mut bind = |value: Value| match value {
            Value::Uuid(Some(id)) if !self.postgres => format!("x'{}'", id.simple()),
            value => {
                values.push(value);
                format!("${}", values.len())
            }
        };
        let company = bind(self.company.0.into());
        let live = |of: &str| {
            let own = self.owners.sql(&format!("{of}.owner_id"), &mut bind);
            format!("{of}.deleted_at IS NULL{own}")
        };
        let sql = TIMES.iter().find(|(name, _)| *name == column).map_or(NEVER, |(_, sql)| sql);
        let sql = filled(sql, &company, "crm_customers.id", live);
        if self.postgres { Expr::cust_with_values(sql, values) } else { Expr::cust(sql) }
    }

    /// The condition that the times of a row of `crm_customers` are within the bounds; none without bounds.
    pub fn within(&self, bounds: ContactBounds) -> Option<Expr> {
        if !self.owners.are_all() {
            return bounds.condition(|time| self.time(time));
        }
        Some(Expr::exists(self.stored_within(bounds)?))
    }

    /// A select of the stored statistics of a row of `crm_customers` that are within the bounds.
    fn stored_within(&self, bounds: ContactBounds) -> Option<SelectStatement> {
        let within = bounds.condition(|time| Expr::col((STORED, time.column())))?;
        let mut stored = Query::select();
        stored.expr(Expr::cust("1")).from_as(TABLE, STORED).and_where(Expr::cust(is_of_customer())).and_where(within);
        Some(stored)
    }

    fn is_missing(&self, time: ContactTime) -> Expr {
        if !self.owners.are_all() {
            return self.time(time).is_null();
        }
        Expr::cust(format!(
            "NOT EXISTS (SELECT 1 FROM {TABLE} AS {STORED} WHERE {} AND {STORED}.{} IS NOT NULL)",
            is_of_customer(),
            time.column()
        ))
    }
}

/// The condition that stored statistics are those of the row of `crm_customers`.
fn is_of_customer() -> String {
    format!("{STORED}.company_id = {COMPANY} AND {STORED}.customer_id = crm_customers.id")
}
