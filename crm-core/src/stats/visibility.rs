//! The records that the actor may read, as conditions of a statement.

use super::period::Span;
use crate::base::error::{Malformed, Result};
use crate::base::ids::UserId;
use crate::scope::CompanyScope;
use crate::scope::actor::{Action, Reach, Resource};
use crate::scope::parameters::Parameters;
use crate::users::OwnerFilter;

/// The scope of the actor's rights to read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visibility {
    customers: Reach,
    interactions: Option<Reach>,
    notes: Option<Reach>,
    tags: Option<Reach>,
    me: Option<UserId>,
    /// The owner whose records alone count; `Some(None)` for records without an owner.
    owner: Option<Option<UserId>>,
}

/// A condition that no row meets.
const NOTHING: &str = " AND 1 = 0";

impl Visibility {
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden) unless the actor may read customers.
    pub(super) async fn of(scope: &CompanyScope<'_>) -> Result<Self> {
        let reach = |resource| scope.actor().reach(resource, Action::Read);
        Ok(Self {
            customers: scope.authorize_read(Resource::Customers, Action::Read).await?,
            interactions: reach(Resource::Interactions),
            notes: reach(Resource::Notes),
            tags: reach(Resource::Tags),
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
    pub(super) fn customers(self, parameters: &mut Parameters) -> String {
        self.seen_customers(parameters) + &self.belongs_to_owner("c.owner_id", parameters)
    }

    /// Customers `c`, of any owner.
    fn seen_customers(self, parameters: &mut Parameters) -> String {
        let own = self.owned("c.owner_id", self.customers, parameters);
        format!("c.company_id = $1 AND c.deleted_at IS NULL{own}")
    }

    /// Interactions `i`.
    pub(super) fn interactions(self, parameters: &mut Parameters) -> String {
        self.seen_interactions(parameters) + &self.belongs_to_owner("i.owner_id", parameters)
    }

    /// Interactions `i`, of any owner.
    fn seen_interactions(self, parameters: &mut Parameters) -> String {
        let own = self.children("i", "owner_id", self.interactions, parameters);
        format!("i.company_id = $1 AND i.deleted_at IS NULL{own}")
    }

    /// The condition that interactions with a visible customer must meet as well; begins with `AND` if it is not empty.
    pub(super) fn own_interactions(self, of: &str, parameters: &mut Parameters) -> String {
        match self.interactions {
            Some(reach) => self.owned(&format!("{of}.owner_id"), reach, parameters),
            None => NOTHING.to_owned(),
        }
    }

    /// Notes `n`.
    pub(super) fn notes(self, parameters: &mut Parameters) -> String {
        let own = self.children("n", "created_by_id", self.notes, parameters)
            + &self.belongs_to_owner("n.created_by_id", parameters);
        format!("n.company_id = $1 AND n.deleted_at IS NULL AND n.private_to IS NULL{own}")
    }

    /// Customers' tags `t`.
    pub(super) fn tags(self, parameters: &mut Parameters) -> String {
        let own = match (self.tags, self.owner) {
            (None, _) => NOTHING.to_owned(),
            (Some(_), None) => self.of_seen_customers("t", parameters),
            (Some(_), Some(_)) => of_customers("t", &self.customers(parameters)),
        };
        format!("t.company_id = $1 AND t.delete_batch_id IS NULL{own}")
    }

    /// The first, last and next contact of customers, as a table: the stored statistics if the actor may see all
    /// interactions.
    pub(super) fn contacts(self, parameters: &mut Parameters) -> String {
        if self.interactions == Some(Reach::All) {
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
    pub(super) fn is_due_before(self, time: &str) -> String {
        match self.interactions {
            Some(Reach::All) => format!(" AND s.next_follow_up_at < {time}"),
            _ => String::new(),
        }
    }

    /// Tags without customers count as well, for actors who may read tags.
    pub(super) const fn all_tags(self) -> &'static str {
        if self.tags.is_some() { "" } else { NOTHING }
    }

    fn children(self, of: &str, owner: &str, reach: Option<Reach>, parameters: &mut Parameters) -> String {
        let Some(reach) = reach else {
            return NOTHING.to_owned();
        };
        let own = self.owned(&format!("{of}.{owner}"), reach, parameters);
        own + &self.of_seen_customers(of, parameters)
    }

    /// A record outside the trash has a customer outside the trash, so customers are checked only if not all are
    /// visible.
    fn of_seen_customers(self, of: &str, parameters: &mut Parameters) -> String {
        if self.customers == Reach::All {
            return String::new();
        }
        of_customers(of, &self.seen_customers(parameters))
    }

    fn belongs_to_owner(self, column: &str, parameters: &mut Parameters) -> String {
        match self.owner {
            None => String::new(),
            Some(None) => format!(" AND {column} IS NULL"),
            Some(Some(id)) => format!(" AND {column} = {}", parameters.add(id.0)),
        }
    }

    fn owned(self, owner: &str, reach: Reach, parameters: &mut Parameters) -> String {
        match (reach, self.me) {
            (Reach::All, _) => String::new(),
            (Reach::Own, Some(me)) => format!(" AND ({owner} IS NULL OR {owner} = {})", parameters.add(me.0)),
            (Reach::Own, None) => format!(" AND {owner} IS NULL"),
        }
    }
}

/// The condition that a record has one of these customers `c`.
fn of_customers(of: &str, customers: &str) -> String {
    format!(" AND EXISTS (SELECT 1 FROM crm_customers AS c WHERE c.id = {of}.customer_id AND {customers})")
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
