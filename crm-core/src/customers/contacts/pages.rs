//! Pages of customers in the order of a time of contact, and of those within bounds of one.
//!
//! The shape of a statement decides which index is used, not the planner: it keeps one plan for all bounds, which for
//! the wrong ones reads every customer.

use sea_orm::sea_query::{Expr, ExprTrait, JoinType, Order as Direction, Query, SelectStatement, WithClause};
use sea_orm::{QueryOrder, QueryTrait};

use super::super::model::Customer;
use super::super::query::{CustomerSort, contact_time, order, sort_key};
use super::super::{parts, row};
use super::{ContactBounds, ContactTime, Contacts, NEVER, STORED, TABLE, is_of_customer, stored};
use crate::base::error::Result;
use crate::query::dialect::selected_by;
use crate::query::page::{self, Key, KeyKind, Order, Page, PageRequest, Start};
use crate::scope::{CompanyScope, Find, read_page, read_rows};

/// The customers within the bounds are looked up one by one if they are no more than this. If they are more, the list
/// is read in its order, where one of them is never far.
const FEW: u64 = 5_000;

/// The parts of a page: names of common table expressions.
const NEAR: &str = "near";

/// A list of customers, and the bounds of their times of contact.
pub(in crate::customers) struct ContactList<'s, 'c, F> {
    pub scope: &'s CompanyScope<'c>,
    pub contacts: Contacts,
    pub bounds: ContactBounds,
    /// The customers whatever their times of contact, with all their columns.
    pub find: F,
}

impl<'s, F: Fn() -> Find<'s, row::Entity>> ContactList<'s, '_, F> {
    /// One page. One statement, which counts as well; customers without the time that they are sorted by come last in
    /// either direction.
    pub async fn page(&self, sort: CustomerSort, filter: &str, request: &PageRequest) -> Result<Page<Customer>> {
        let key = |customer: &Customer| (sort_key(sort, customer), customer.id.0);
        let (time, narrowest) = (contact_time(sort), self.bounds.narrowest());
        let near = narrowest.filter(|narrowest| self.is_stored() && time != Some(*narrowest));
        if time.is_none() && near.is_none() {
            return read_page(|| self.within(), &order(sort), filter, request, key).await;
        }
        let order = match time {
            Some(time) => {
                let order = sort.order(row::TABLE, "id", KeyKind::OptionalTime);
                Order { key: self.contacts.time(time), computed: true, ..order }
            }
            None => order(sort),
        };
        let start = page::start(&order, filter, request)?;
        let parts = Parts { list: self, order: &order, start: &start, wanted: start.offset + request.limit + 1 };
        let ids = parts.ids(time, near, request.limit + 1);
        let rows = (self.find)().only(order.id.clone(), ids);
        let rows = if time.is_some() { rows.map(|rows| rows.order_by_asc(order.key.clone().is_null())) } else { rows };
        let rows = order.apply(rows);
        match narrowest.filter(|_| self.is_stored()) {
            Some(time) => read_rows(|| self.stored(time), rows, (&order, filter, &start), request, key).await,
            None => read_rows(|| self.within(), rows, (&order, filter, &start), request, key).await,
        }
    }

    fn is_stored(&self) -> bool {
        self.contacts.owners.are_all()
    }

    /// The customers of the list.
    fn within(&self) -> Find<'s, row::Entity> {
        match self.contacts.within(self.bounds) {
            Some(within) => (self.find)().filter(within),
            None => (self.find)(),
        }
    }

    /// The stored statistics of the customers of the list, to count them: in the order of a bounded time, so that its
    /// index is used. A sub-select that gives a value is no join, so that each customer is looked up by id.
    fn stored(&self, time: ContactTime) -> Find<'s, stored::Entity> {
        let column = |time: ContactTime| Expr::col((TABLE, time.column()));
        let customer = (self.find)().filter(Expr::col((row::TABLE, "id")).equals((TABLE, "customer_id")));
        let is_listed = Expr::from(customer.expressions([(Expr::cust("1"), "listed")])).eq(Expr::cust("1"));
        let stored = self.scope.find::<stored::Entity>().filter(is_listed);
        let stored = match self.bounds.condition(column) {
            Some(within) => stored.filter(within),
            None => stored,
        };
        stored.map(|select| select.order_by_asc(column(time)))
    }
}

/// The statements that find the ids of a page.
struct Parts<'p, 's, 'c, F> {
    list: &'p ContactList<'s, 'c, F>,
    order: &'p Order,
    start: &'p Start,
    /// How many customers are read of each part.
    wanted: u64,
}

impl<'s, F: Fn() -> Find<'s, row::Entity>> Parts<'_, 's, '_, F> {
    /// A select of the ids: of the customers near if they are few, otherwise of those with the time that is sorted by
    /// and then of those without, or in the order of the list.
    fn ids(&self, time: Option<ContactTime>, near: Option<ContactTime>, limit: u64) -> SelectStatement {
        let mut found = Vec::new();
        if near.is_some() {
            found.push(("few", self.few(time)));
        }
        match time {
            Some(time) => found.extend([("dated", self.dated(time, near)), ("undated", self.undated(time, near))]),
            None => found.push(("walked", self.walked())),
        }
        let mut with = WithClause::new();
        if let Some(time) = near {
            with.cte(parts::named(NEAR, self.near(time)));
        }
        parts::ids(with, found, self.order, self.start, limit)
    }

    /// The customers within the bounds, as their index has them: one more than a few.
    fn near(&self, time: ContactTime) -> SelectStatement {
        let column = |time: ContactTime| Expr::col((TABLE, time.column()));
        let within = self.list.bounds.condition(column);
        Query::select()
            .column((TABLE, "customer_id"))
            .from(TABLE)
            .and_where(Expr::col((TABLE, "company_id")).eq(self.list.scope.company_id().0))
            .and_where_option(within)
            .order_by_expr(column(time), Direction::Asc)
            .limit(FEW + 1)
            .to_owned()
    }

    /// The customers near, if they are few.
    fn few(&self, time: Option<ContactTime>) -> SelectStatement {
        let near = Query::select().column("customer_id").from(NEAR).to_owned();
        let rows = (self.list.find)()
            .filter(selected_by(self.order.id.clone(), near, self.list.scope.is_postgres()))
            .filter(Expr::cust(format!("(SELECT count(*) FROM {NEAR}) <= {FEW}")));
        let missing = self.order.key.clone().is_null();
        let rows = match (&self.start.after, time) {
            (None, _) => rows,
            (Some((Key::Missing, id)), _) => rows.filter(missing.clone()).filter(parts::after_id(self.order, *id)),
            (Some(after), Some(_)) => rows.filter(self.order.beyond(after.clone()).or(missing.clone())),
            (Some(after), None) => rows.filter(self.order.beyond(after.clone())),
        };
        let rows = if time.is_some() { rows.map(|rows| rows.order_by_asc(missing)) } else { rows };
        parts::selected(rows, self.order)
    }

    /// The customers in the order of the list, if many of them are near.
    fn walked(&self) -> SelectStatement {
        let list = self.list;
        let mut rows = self.unless_few((list.find)(), true);
        if let Some(stored) = list.contacts.stored_within(list.bounds) {
            // A sub-select that gives a value is no join, which could be made before the rows are ordered.
            rows = rows.filter(Expr::from(stored).eq(Expr::cust("1")));
        }
        if let Some(after) = &self.start.after {
            rows = rows.filter(self.order.beyond(after.clone()));
        }
        parts::selected(rows, self.order)
    }

    /// The customers with the time that is sorted by, in the order of its index.
    fn dated(&self, time: ContactTime, near: Option<ContactTime>) -> SelectStatement {
        let (list, mut order) = (self.list, self.order.clone());
        let mut rows = (list.find)();
        if list.is_stored() {
            order.key = Expr::col((STORED, time.column()));
            order.id = Expr::col((STORED, "customer_id"));
            rows = rows.map(|mut select| {
                let on = Expr::cust(is_of_customer());
                QueryTrait::query(&mut select).join_as(JoinType::InnerJoin, TABLE, STORED, on);
                select
            });
        }
        let within = list.bounds.condition(|time| match list.is_stored() {
            true => Expr::col((STORED, time.column())),
            false => list.contacts.time(time),
        });
        rows = rows.filter(order.key.clone().is_not_null());
        if let Some(within) = within {
            rows = rows.filter(within);
        }
        rows = match &self.start.after {
            Some((Key::Missing, _)) => rows.filter(Expr::cust("1 = 0")),
            Some(after) => rows.filter(order.beyond(after.clone())),
            None => rows,
        };
        parts::selected(self.unless_few(rows, near.is_some()), &order)
    }

    /// The customers without the time that is sorted by, where those with it do not fill the page.
    fn undated(&self, time: ContactTime, near: Option<ContactTime>) -> SelectStatement {
        let list = self.list;
        let mut rows = list.within().filter(list.contacts.is_missing(time));
        rows = rows.filter(Expr::cust(match list.bounds.has(time) {
            true => "1 = 0".to_owned(),
            false => format!("(SELECT count(*) FROM dated) < {}", self.wanted),
        }));
        if let Some((Key::Missing, id)) = &self.start.after {
            rows = rows.filter(parts::after_id(self.order, *id));
        }
        let rows = self.unless_few(rows, near.is_some());
        let id = &self.order.id;
        let rows = rows.map(|select| select.order_by(id.clone(), self.order.direction()));
        rows.expressions([(id.clone(), "id"), (Expr::cust(NEVER), "at")])
    }

    fn unless_few(&self, rows: Find<'s, row::Entity>, is_near: bool) -> Find<'s, row::Entity> {
        match is_near {
            true => rows.filter(Expr::cust(format!("(SELECT count(*) FROM {NEAR}) > {FEW}"))),
            false => rows,
        }
    }
}
