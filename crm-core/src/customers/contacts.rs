//! The times at which customers were last contacted and are to be contacted next, as far as the actor may see them.
//!
//! Actors who may read all interactions get the stored statistics, which have an index per time. For others the times
//! are computed from the interactions that they may read.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{
    CommonTableExpression, Expr, ExprTrait, JoinType, Order as Direction, Query, SelectStatement, UnionType, WithClause,
};
use sea_orm::{QueryOrder, QueryTrait};
use uuid::Uuid;

use super::model::Customer;
use super::query::{CustomerSort, sort_key};
use super::row;
use crate::base::error::Result;
use crate::base::ids::{CompanyId, UserId};
use crate::journal::customer_stats::{TABLE, TIMES, filled};
use crate::query::page::{self, Key, KeyKind, Order, Page, PageRequest};
use crate::scope::actor::{Action, Actor, Reach, Resource};
use crate::scope::{COMPANY, Find, read_rows};

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

/// The contacts that an actor may see.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contacts {
    company: CompanyId,
    reach: Option<Reach>,
    me: Option<UserId>,
    postgres: bool,
}

impl Contacts {
    pub fn of(actor: &Actor, postgres: bool) -> Self {
        let reach = actor.reach(Resource::Interactions, Action::Read);
        Self { company: actor.company(), reach, me: actor.user_id(), postgres }
    }

    /// The time of a row of `crm_customers`.
    pub fn time(self, time: ContactTime) -> Expr {
        let column = time.column();
        match self.reach {
            Some(Reach::All) => {
                Expr::cust(format!("(SELECT {STORED}.{column} FROM {TABLE} AS {STORED} WHERE {})", is_of_customer()))
            }
            Some(Reach::Own) => self.computed(column),
            None => Expr::cust(NEVER),
        }
    }

    fn computed(self, column: &str) -> Expr {
        // SQLite numbers parameters as they come, so that there the ids are written out.
        let literal = |id: Uuid| format!("x'{}'", id.simple());
        let own = |of: &str| match self.me {
            Some(me) => {
                let me = if self.postgres { "$2".to_owned() } else { literal(me.0) };
                format!("{of}.deleted_at IS NULL AND ({of}.owner_id IS NULL OR {of}.owner_id = {me})")
            }
            None => format!("{of}.deleted_at IS NULL AND {of}.owner_id IS NULL"),
        };
        let sql = TIMES.iter().find(|(name, _)| *name == column).map_or(NEVER, |(_, sql)| sql);
        if !self.postgres {
            return Expr::cust(filled(sql, &literal(self.company.0), "crm_customers.id", own));
        }
        let sql = filled(sql, "$1", "crm_customers.id", own);
        Expr::cust_with_values(sql, [self.company.0].into_iter().chain(self.me.map(|me| me.0)))
    }

    /// The condition that the time is within these bounds, of which the second is excluded.
    pub fn within(self, time: ContactTime, from: Option<DateTime<Utc>>, to: Option<DateTime<Utc>>) -> Option<Expr> {
        if from.is_none() && to.is_none() {
            return None;
        }
        let bounds = |of: Expr| {
            let from = from.map(|from| of.clone().gte(from));
            from.into_iter().chain(to.map(|to| of.lt(to))).reduce(ExprTrait::and)
        };
        if self.reach != Some(Reach::All) {
            return bounds(self.time(time));
        }
        let stored = Query::select()
            .expr(Expr::val(1))
            .from_as(TABLE, STORED)
            .and_where(Expr::cust(is_of_customer()))
            .and_where_option(bounds(Expr::col((STORED, time.column()))))
            .to_owned();
        Some(Expr::exists(stored))
    }

    /// One page in the order of the time; customers without it come last in either direction. One statement, which
    /// counts as well.
    pub async fn page<'s>(
        self,
        find: impl Fn() -> Find<'s, row::Entity>,
        (time, sort): (ContactTime, CustomerSort),
        filter: &str,
        request: &PageRequest,
    ) -> Result<Page<Customer>> {
        let order = Order { computed: true, ..sort.order(row::TABLE, "id", KeyKind::OptionalTime) };
        let order = Order { key: self.time(time), ..order };
        let start = page::start(&order, filter, request)?;
        let ids = self.ids(&find, (time, &order), &start, request.limit + 1);
        let rows = find().only(order.id.clone(), ids).map(|select| {
            let missing = order.key.clone().is_null();
            select
                .order_by_asc(missing)
                .order_by(order.key.clone(), order.direction())
                .order_by(order.id.clone(), order.direction())
        });
        let key = |customer: &Customer| (sort_key(sort, customer), customer.id.0);
        read_rows(find, rows, (&order, filter, &start), request, key).await
    }

    /// A select of the ids of a page. Those without the time are looked for only where those with it do not fill it.
    fn ids<'s>(
        self,
        find: &impl Fn() -> Find<'s, row::Entity>,
        (time, order): (ContactTime, &Order),
        start: &page::Start,
        limit: u64,
    ) -> SelectStatement {
        let (wanted, direction) = (start.offset + limit, order.direction());
        let (after, skips_dated) = match &start.after {
            Some((Key::Missing, id)) => (Some(*id), true),
            _ => (None, false),
        };
        let mut dated = find();
        let mut dated_order = order.clone();
        if self.reach == Some(Reach::All) {
            dated_order.key = Expr::col((STORED, time.column()));
            dated_order.id = Expr::col((STORED, "customer_id"));
            dated = dated.map(|mut select| {
                let on = Expr::cust(is_of_customer());
                QueryTrait::query(&mut select).join_as(JoinType::InnerJoin, TABLE, STORED, on);
                select
            });
        }
        let Order { key, id, .. } = &dated_order;
        dated = dated.filter(key.clone().is_not_null());
        if skips_dated {
            dated = dated.filter(Expr::cust("1 = 0"));
        } else if let Some(after) = &start.after {
            dated = dated.filter(dated_order.beyond(after.clone()));
        }
        let dated = dated
            .map(|select| select.order_by(key.clone(), direction.clone()).order_by(id.clone(), direction.clone()))
            .expressions([(id.clone(), "id"), (key.clone(), "at")]);
        let mut undated = find()
            .filter(self.is_missing(time))
            .filter(Expr::cust(format!("(SELECT count(*) FROM dated) < {wanted}")))
            .map(|select| select.order_by(order.id.clone(), direction.clone()));
        if let Some(after) = after {
            let id = order.id.clone();
            undated = undated.filter(if order.descending { id.lt(after) } else { id.gt(after) });
        }
        let undated = undated.expressions([(order.id.clone(), "id"), (Expr::cust(NEVER), "at")]);
        let part = |name: &'static str, mut rows: SelectStatement| {
            CommonTableExpression::new().table_name(name).query(rows.limit(wanted).to_owned()).to_owned()
        };
        let parts = WithClause::new().cte(part("dated", dated)).cte(part("undated", undated)).to_owned();
        let rows = |name: &'static str| Query::select().columns(["id", "at"]).from(name).to_owned();
        Query::select()
            .with_cte(parts)
            .column("id")
            .from_subquery(rows("dated").union(UnionType::All, rows("undated")).to_owned(), "found")
            .order_by_expr(Expr::col("at").is_null(), Direction::Asc)
            .order_by("at", direction.clone())
            .order_by("id", direction)
            .offset(start.offset)
            .limit(limit)
            .to_owned()
    }

    fn is_missing(self, time: ContactTime) -> Expr {
        match self.reach {
            Some(Reach::All) => Expr::cust(format!(
                "NOT EXISTS (SELECT 1 FROM {TABLE} AS {STORED} WHERE {} AND {STORED}.{} IS NOT NULL)",
                is_of_customer(),
                time.column()
            )),
            _ => self.time(time).is_null(),
        }
    }
}

/// The condition that stored statistics are those of the row of `crm_customers`.
fn is_of_customer() -> String {
    format!("{STORED}.company_id = {COMPANY} AND {STORED}.customer_id = crm_customers.id")
}
