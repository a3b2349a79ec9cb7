//! The records that the actor may read, as conditions of a statement.

use super::period::Span;
use crate::base::error::{Malformed, Result};
use crate::base::ids::UserId;
use crate::scope::CompanyScope;
use crate::scope::actor::{Action, Resource};
use crate::scope::parameters::Parameters;
use crate::scope::visibility::{CUSTOMERS, NOTHING, Owners, customers_sql, of_customers_sql, parties_sql};
use crate::users::OwnerFilter;

/// The scope of the actor's rights to read.
#[derive(Clone, Debug)]
pub(super) struct Visibility {
    customers: Owners,
    leads: Owners,
    interactions: Owners,
    notes: Owners,
    tags: Owners,
    tasks: Owners,
    deals: Owners,
    me: Option<UserId>,
    /// The owner whose records alone count; `Some(None)` for records without an owner.
    owner: Option<Option<UserId>>,
}

impl Visibility {
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden) unless the actor may read customers.
    pub(super) async fn of(scope: &CompanyScope<'_>) -> Result<Self> {
        let owners = |resource| scope.actor().owners(resource, Action::Read);
        Ok(Self {
            customers: scope.readable_owners(Resource::Customers).await?,
            leads: owners(Resource::Leads),
            interactions: owners(Resource::Interactions),
            notes: owners(Resource::Notes),
            tags: owners(Resource::Tags),
            tasks: owners(Resource::Tasks),
            deals: owners(Resource::Deals),
            me: scope.actor().user_id(),
            owner: None,
        })
    }

    /// Restricted to the records of an owner.
    ///
    /// # Errors
    /// [`Malformed`] for `me` if the actor is no user.
    pub(super) fn of_owner(self, owner: Option<OwnerFilter>) -> Result<Self, Malformed> {
        let owner = owner.map(|owner| owner.user(self.me)).transpose()?;
        Ok(Self { owner, ..self })
    }

    /// The parameters of a statement whose `$1` is the company.
    pub(super) fn parameters(scope: &CompanyScope<'_>) -> Parameters {
        Parameters::new([scope.company_id().0.into()])
    }

    /// Customers `c`.
    pub(super) fn customers(&self, parameters: &mut Parameters) -> String {
        customers_sql(&self.customers, parameters) + &self.belongs_to_owner("c.owner_id", parameters)
    }

    /// Interactions `i`.
    pub(super) fn interactions(&self, parameters: &mut Parameters) -> String {
        self.seen_interactions(parameters) + &self.belongs_to_owner("i.owner_id", parameters)
    }

    /// Interactions `i`, of any owner.
    fn seen_interactions(&self, parameters: &mut Parameters) -> String {
        let own = self.children("i", "owner_id", &self.interactions, parameters);
        format!("i.company_id = $1 AND i.deleted_at IS NULL{own}")
    }

    /// The condition that interactions with a visible customer must meet as well; begins with `AND` if it is not empty.
    pub(super) fn own_interactions(&self, of: &str, parameters: &mut Parameters) -> String {
        self.interactions.sql(&format!("{of}.owner_id"), |me| parameters.add(me))
    }

    /// Notes `n`.
    pub(super) fn notes(&self, parameters: &mut Parameters) -> String {
        let own = self.children("n", "created_by_id", &self.notes, parameters)
            + &self.belongs_to_owner("n.created_by_id", parameters);
        format!("n.company_id = $1 AND n.deleted_at IS NULL AND n.private_to IS NULL{own}")
    }

    /// Customers' tags `t`.
    pub(super) fn tags(&self, parameters: &mut Parameters) -> String {
        let own = match (&self.tags, self.owner) {
            (tags, _) if tags.are_none() => NOTHING.to_owned(),
            (_, None) => self.of_seen_customers("t", parameters),
            (_, Some(_)) => of_customers_sql("t", &self.customers(parameters)),
        };
        format!("t.company_id = $1 AND t.delete_batch_id IS NULL{own}")
    }

    /// Deals `d`.
    pub(super) fn deals(&self, parameters: &mut Parameters) -> String {
        let own = self.deals.sql("d.owner_id", |me| parameters.add(me));
        // A deal outside the trash has a customer outside the trash.
        let customers = match self.customers.are_all() {
            true => String::new(),
            false => of_customers_sql("d", &customers_sql(&self.customers, parameters)),
        };
        let owner = self.belongs_to_owner("d.owner_id", parameters);
        format!("d.company_id = $1 AND d.deleted_at IS NULL{own}{customers}{owner}")
    }

    /// Leads `l`, be they converted. What became a customer is visible as that customer is.
    pub(super) fn leads(&self, parameters: &mut Parameters) -> String {
        let own = self.leads.sql("l.owner_id", |me| parameters.add(me));
        let customers = match self.customers.are_all() {
            true => String::new(),
            false => {
                let own = self.customers.sql("c.owner_id", |me| parameters.add(me));
                format!(
                    " AND EXISTS (SELECT 1 FROM {CUSTOMERS} AS c \
                     WHERE c.company_id = $1 AND c.id = l.id AND (c.is_lead OR (1 = 1{own})))"
                )
            }
        };
        let owner = self.belongs_to_owner("l.owner_id", parameters);
        format!("l.company_id = $1 AND l.deleted_at IS NULL{own}{customers}{owner}")
    }

    /// Tasks `k`: for customers, leads and deals that are visible, and for none.
    pub(super) fn tasks(&self, parameters: &mut Parameters) -> String {
        let own = self.tasks.sql("k.assignee_id", |me| parameters.add(me));
        let parties = match self.customers.are_all() && self.leads.are_all() {
            true => String::new(),
            false => {
                let party = parties_sql(&self.customers, &self.leads, parameters);
                format!(
                    " AND (k.customer_id IS NULL OR EXISTS (SELECT 1 FROM {CUSTOMERS} AS c \
                     WHERE c.id = k.customer_id AND {party}))"
                )
            }
        };
        let deals = match self.deals.are_all() {
            true => String::new(),
            false => {
                let own = self.deals.sql("d.owner_id", |me| parameters.add(me));
                format!(
                    " AND (k.deal_id IS NULL OR EXISTS (SELECT 1 FROM crm_deals AS d \
                     WHERE d.company_id = $1 AND d.id = k.deal_id{own}))"
                )
            }
        };
        let assignee = self.belongs_to_owner("k.assignee_id", parameters);
        format!("k.company_id = $1 AND k.deleted_at IS NULL{own}{parties}{deals}{assignee}")
    }

    /// The first, last and next contact of customers, as a table: the stored statistics if the actor may see all
    /// interactions.
    pub(super) fn contacts(&self, parameters: &mut Parameters) -> String {
        if self.interactions.are_all() {
            return "crm_customer_stats".to_owned();
        }
        let seen = self.seen_interactions(parameters);
        format!(
            "(SELECT i.company_id, i.customer_id, min(i.occurred_at) AS first_contact_at, \
             max(i.occurred_at) AS last_contact_at FROM crm_customer_interactions AS i \
             WHERE {seen} AND i.status = 'completed' GROUP BY i.company_id, i.customer_id)"
        )
    }

    /// Restricts customers `s` to those with a follow-up before this time, if that is stored.
    pub(super) fn is_due_before(&self, time: &str) -> String {
        match self.interactions.are_all() {
            true => format!(" AND s.next_follow_up_at < {time}"),
            false => String::new(),
        }
    }

    /// Tags without customers count as well, for actors who may read tags.
    pub(super) const fn all_tags(&self) -> &'static str {
        if self.tags.are_none() { NOTHING } else { "" }
    }

    fn children(&self, of: &str, owner: &str, owners: &Owners, parameters: &mut Parameters) -> String {
        let own = owners.sql(&format!("{of}.{owner}"), |me| parameters.add(me));
        own + &self.of_seen_customers(of, parameters)
    }

    /// A record outside the trash has a customer or a lead outside the trash, so these are checked only if not all are
    /// visible.
    fn of_seen_customers(&self, of: &str, parameters: &mut Parameters) -> String {
        if self.customers.are_all() && self.leads.are_all() {
            return String::new();
        }
        of_customers_sql(of, &parties_sql(&self.customers, &self.leads, parameters))
    }

    fn belongs_to_owner(&self, column: &str, parameters: &mut Parameters) -> String {
        match self.owner {
            None => String::new(),
            Some(None) => format!(" AND {column} IS NULL"),
            Some(Some(id)) => format!(" AND {column} = {}", parameters.add(id.0)),
        }
    }
}

/// A table `spans` to begin a statement with, numbered from 0. `before` gets the number -1.
pub(super) fn spans(spans: &[Span], before: Option<Span>, parameters: &mut Parameters) -> String {
    let numbered = spans.iter().copied().enumerate().map(|(number, span)| (number.to_string(), span));
    let rows = before.into_iter().map(|span| ("-1".to_owned(), span)).chain(numbered);
    let rows: Vec<String> = rows
        .map(|(number, Span { from, to, .. })| {
            format!("(CAST({number} AS bigint), {}, {})", parameters.add(from), parameters.add(to))
        })
        .collect();
    format!("WITH spans (number, starts, ends) AS (VALUES {})", rows.join(", "))
}

/// A count from a row, whatever its integer type.
pub(super) fn number(row: &sea_orm::QueryResult, column: &str) -> Result<u64> {
    let number: Option<i64> = row.try_get("", column)?;
    Ok(u64::try_from(number.unwrap_or_default()).unwrap_or_default())
}
