//! The two customers of a link, held while it is written.

use sea_orm::QueryOrder;
use sea_orm::sea_query::{Expr, Order};
use uuid::Uuid;

use super::super::model::Customer;
use super::super::row;
use super::super::visible::visible;
use super::label;
use crate::base::error::{Error, Result, Violations};
use crate::base::ids::CustomerId;
use crate::query::dialect::any_of;
use crate::scope::actor::{Action, Resource};
use crate::scope::{CompanyTx, is_live};

/// Both customers, neither of which is in the trash, and both of which the actor sees.
pub(super) struct Ends {
    pub from: Customer,
    pub to: Customer,
}

impl Ends {
    /// Holds two customers; `missing` gives the error for those that the actor does not see. Organizations are held before
    /// people, as in a change of an organization's name, so that all wait in the same order.
    pub(super) async fn lock(
        tx: &CompanyTx<'_>,
        from: CustomerId,
        to: CustomerId,
        missing: impl FnOnce(&[CustomerId]) -> Error,
    ) -> Result<Self> {
        let ids: Vec<Uuid> = [from, to].map(Uuid::from).into();
        let owners = tx.actor().owners(Resource::Customers, Action::Read);
        let column = |name: &'static str| Expr::col((row::TABLE, name));
        let rows = visible(tx.find::<row::Entity>(), &owners).filter(is_live(row::TABLE));
        let rows = rows.filter(any_of(column("id"), ids, tx.is_postgres()));
        let rows = row::select(rows, tx.actor(), tx.is_postgres());
        let rows = rows.map(|select| select.order_by(column("kind"), Order::Asc).order_by(column("id"), Order::Asc));
        let mut found: Vec<Customer> = rows.for_no_key_update().fetch_up_to(2).await?;
        let mut take = |id: CustomerId| {
            let at = found.iter().position(|customer| customer.id == id);
            at.map(|at| found.swap_remove(at)).ok_or(id)
        };
        match (take(from), take(to)) {
            (Ok(from), Ok(to)) => Ok(Self { from, to }),
            (from, to) => Err(missing(&Vec::from_iter(from.err().into_iter().chain(to.err())))),
        }
    }

    /// Refuses who may change neither of the two.
    pub(super) fn authorize(&self, tx: &CompanyTx<'_>) -> Result<()> {
        let (resource, action) = (Resource::Customers, Action::Update);
        let may = |customer: &Customer| tx.actor().may(resource, action, customer.owner_id);
        let changed = if !may(&self.from) && may(&self.to) { &self.to } else { &self.from };
        tx.authorize(resource, action, changed.owner_id, Some(changed.id.0))
    }

    /// Puts the two into the order that the label has, if it joins them at all.
    pub(super) fn directed(self, label: &str) -> Result<Self, Violations> {
        let Self { from, to } = self;
        let fits = label::joins(label, from.kind, to.kind);
        let is_turned = if fits { label::is_mutual(label) && from.kind == to.kind && to.id < from.id } else { true };
        let turned = if is_turned { Self { from: to, to: from } } else { Self { from, to } };
        match fits || label::joins(label, turned.from.kind, turned.to.kind) {
            true => Ok(turned),
            false => Err(unfit(label, turned.from.kind.as_str(), turned.to.kind.as_str())),
        }
    }
}

fn unfit(label: &str, one: &str, other: &str) -> Violations {
    let detail = format!("{label} does not join {one} and {other}");
    Violations::one("/label", "label_not_allowed", detail)
}
