//! The stored statistics of each customer's notes and interactions, updated in the transaction of every write.
//!
//! A write of a record below a customer locks the customer first, so counts are added by one writer at a time, and
//! times are read while no other writer changes them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, InsertStatement, OnConflict, Query};

use super::Deferred;
use crate::base::error::{Error, Result};
use crate::base::ids::{CompanyId, CustomerId};

pub(crate) const TABLE: &str = "crm_customer_stats";

/// The contribution of a record to the statistics of its customer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CustomerStatsDelta {
    /// Shared notes outside the trash.
    pub notes: i64,
    /// Interactions outside the trash.
    pub interactions: i64,
    /// Completed interactions outside the trash.
    pub completed: i64,
    /// The times that determine the first, last and next contact.
    pub times: [Option<DateTime<Utc>>; 3],
}

/// The changes of a transaction to the statistics of customers.
#[derive(Debug, Default)]
pub(crate) struct CustomerStatsUpdates(BTreeMap<CustomerId, Change>);

#[derive(Clone, Copy, Debug, Default)]
struct Change {
    notes: i64,
    interactions: i64,
    completed: i64,
    /// Times may have changed.
    times: bool,
}

impl CustomerStatsUpdates {
    /// Replaces the contribution of a record of a customer by another one.
    pub(crate) fn add(&mut self, customer: CustomerId, before: CustomerStatsDelta, after: CustomerStatsDelta) {
        if before == after {
            return;
        }
        let change = self.0.entry(customer).or_default();
        change.notes += after.notes - before.notes;
        change.interactions += after.interactions - before.interactions;
        change.completed += after.completed - before.completed;
        change.times |=
            (before.times, before.interactions, before.completed) != (after.times, after.interactions, after.completed);
    }

    /// The statements that write the changes, after the records have been written.
    pub(crate) fn statements(self, company: CompanyId) -> Result<Vec<Deferred>> {
        let insert =
            |(customer, change): (CustomerId, Change)| Ok(Deferred::Insert(change.statement(company, customer)?));
        self.0.into_iter().map(insert).collect()
    }
}

impl Change {
    fn statement(self, company: CompanyId, customer: CustomerId) -> Result<InsertStatement> {
        let Self { notes, interactions, completed, times } = self;
        let mut columns = vec!["company_id", "customer_id", "notes", "interactions", "completed"];
        let mut values = vec![
            Expr::val(company.0),
            Expr::val(customer.0),
            Expr::val(notes),
            Expr::val(interactions),
            Expr::val(completed),
        ];
        let mut conflict = OnConflict::columns(["company_id", "customer_id"]);
        for column in ["notes", "interactions", "completed"] {
            conflict.value(column, Expr::col((TABLE, column)).add(Expr::col(("excluded", column))));
        }
        if times {
            for (column, sql) in TIMES {
                columns.push(column);
                let sql = filled(sql, "$1", "$2", |of| format!("{of}.deleted_at IS NULL"));
                values.push(Expr::cust_with_values(sql, [company.0, customer.0]));
                conflict.update_column(column);
            }
        }
        // A select and not values: those must not contain sub-selects where the table is distributed. Without a condition it
        // could be read on into `ON CONFLICT`, as SQLite warns.
        let row = Query::select().exprs(values).and_where(Expr::cust("TRUE")).to_owned();
        let mut insert = Query::insert().into_table(TABLE).columns(columns).to_owned();
        Ok(insert.select_from(row).map_err(Error::internal)?.on_conflict(conflict).to_owned())
    }
}

/// A statement about one customer. `live` is the condition for the interactions or notes that count, by their alias.
pub(crate) fn filled(sql: &str, company: &str, customer: &str, mut live: impl FnMut(&str) -> String) -> String {
    let sql = sql.replace("{company}", company).replace("{customer}", customer);
    ["i", "n", "later"].into_iter().fold(sql, |sql, of| match format!("{{{of}}}") {
        place if sql.contains(&place) => sql.replace(&place, &live(of)),
        _ => sql,
    })
}

/// The first, last and next contact of customer `c`, as columns of a statement whose `$1` is the company. `live` is the
/// condition for the interactions that count, by their alias.
pub(crate) fn times(mut live: impl FnMut(&str) -> String) -> String {
    let columns = TIMES.map(|(column, sql)| format!("{} AS {column}", filled(sql, "$1", "c.id", &mut live)));
    columns.join(", ")
}

/// The first, last and next contact. The conditions are written exactly as in the partial indexes, so that the planner
/// uses them.
pub(crate) const TIMES: [(&str, &str); 3] = [
    (
        "first_contact_at",
        "(SELECT i.occurred_at FROM crm_customer_interactions AS i WHERE i.company_id = {company} \
         AND i.customer_id = {customer} AND {i} AND i.status = 'completed' \
         ORDER BY i.occurred_at LIMIT 1)",
    ),
    (
        "last_contact_at",
        "(SELECT i.occurred_at FROM crm_customer_interactions AS i WHERE i.company_id = {company} \
         AND i.customer_id = {customer} AND {i} AND i.status = 'completed' \
         ORDER BY i.occurred_at DESC LIMIT 1)",
    ),
    (
        "next_follow_up_at",
        "(SELECT min(due.due_at) FROM (SELECT i.scheduled_at AS due_at FROM crm_customer_interactions AS i \
         WHERE i.company_id = {company} AND i.customer_id = {customer} AND {i} \
         AND i.status IN ('planned', 'in_progress') UNION ALL \
         SELECT i.follow_up_at FROM crm_customer_interactions AS i \
         WHERE i.company_id = {company} AND i.customer_id = {customer} AND {i} \
         AND i.follow_up_at IS NOT NULL AND i.follow_up_id IS NULL AND NOT EXISTS \
         (SELECT 1 FROM crm_customer_interactions AS later WHERE later.company_id = {company} \
         AND later.customer_id = {customer} AND {later} AND later.status = 'completed' \
         AND later.occurred_at >= i.follow_up_at)) AS due)",
    ),
];

/// The counts of a customer.
pub(crate) const COUNTS: [(&str, &str); 3] = [
    (
        "notes",
        "(SELECT count(*) FROM crm_customer_notes AS n WHERE n.company_id = {company} AND n.customer_id = {customer} \
         AND n.private_to IS NULL AND {n})",
    ),
    (
        "interactions",
        "(SELECT count(*) FROM crm_customer_interactions AS i WHERE i.company_id = {company} \
         AND i.customer_id = {customer} AND {i})",
    ),
    (
        "completed",
        "(SELECT count(*) FROM crm_customer_interactions AS i WHERE i.company_id = {company} \
         AND i.customer_id = {customer} AND {i} AND i.status = 'completed')",
    ),
];
