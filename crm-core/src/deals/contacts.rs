//! The contacts of a deal: the customers who have a say in it.

use std::collections::{HashMap, HashSet};

use sea_orm::sea_query::{LockType, Order};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use validator::Validate;

use super::contact_row;
use super::model::Deal;
use super::validate::word;
use crate::base::error::{Error, Result, Violations};
use crate::base::ids::CustomerId;
use crate::base::validation::{self, normalise};
use crate::journal::Deferred;
use crate::query::dialect::any_of;
use crate::scope::CompanyTx;
use crate::scope::visibility::Owners;

/// The maximum number of contacts of a deal.
pub const MAX_CONTACTS: usize = 50;

/// The roles that every company has. Other words are roles too.
pub const CONTACT_ROLES: &[&str] = &[
    "decision_maker",
    "evaluator",
    "influencer",
    "champion",
    "economic_buyer",
    "technical_buyer",
    "end_user",
    "blocker",
    OTHER,
];

const OTHER: &str = "other";

fn other() -> String {
    OTHER.to_owned()
}

/// A customer who has a say in a deal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DealContact {
    /// The customer, often a person. The customer of the deal can be one of its contacts.
    pub customer_id: CustomerId,
    /// The customer's name. Derived: ignored in requests.
    #[cfg_attr(feature = "openapi", schema(example = "Ann Lee", read_only))]
    pub customer_name: Option<String>,
    /// What the customer has to do with it, for example `decision_maker`, `evaluator`, `influencer`, `champion`,
    /// `economic_buyer`, `technical_buyer`, `end_user` or `blocker`; your company can use its own words. `other` if absent.
    #[serde(default = "other")]
    #[validate(length(max = 64))]
    #[cfg_attr(feature = "openapi", schema(example = "decision_maker", required = false, max_length = 64))]
    pub role: String,
    /// Whether to ask this one first; false if absent. At most one contact of a deal is the primary one.
    #[serde(default)]
    pub is_primary: bool,
}

impl DealContact {
    /// This customer in this role.
    pub fn of(customer_id: CustomerId, role: impl Into<String>) -> Self {
        Self { customer_id, customer_name: None, role: role.into(), is_primary: false }
    }
}

/// Trims all texts, applies defaults, and checks every rule that does not depend on the customers.
pub(super) fn settle(contacts: &mut [DealContact], violations: &mut Violations) {
    if contacts.len() > MAX_CONTACTS {
        return violations.add("/contacts", "too_many", format!("at most {MAX_CONTACTS} contacts"));
    }
    let (mut seen, mut has_primary) = (HashSet::new(), false);
    for (index, contact) in contacts.iter_mut().enumerate() {
        let at = format!("/contacts/{index}");
        let mut role = Some(std::mem::take(&mut contact.role));
        normalise(&mut role, &format!("{at}/role"), word, violations);
        contact.role = role.unwrap_or_else(other);
        if let Err(errors) = contact.validate() {
            validation::collect(&errors, &at, violations);
        }
        if !seen.insert(contact.customer_id) {
            violations.add(format!("{at}/customerId"), "duplicate", "the same customer is listed twice");
        }
        if contact.is_primary && std::mem::replace(&mut has_primary, true) {
            violations.add(format!("{at}/isPrimary"), "duplicate", "another contact is the primary one");
        }
    }
}

/// The names of customers who are held.
pub(super) type Held = HashMap<CustomerId, String>;

/// Holds those of these customers that the actor sees, in the order of their ids, so that none of them is merged or goes to
/// the trash meanwhile. To be called before the deal is locked.
pub(super) async fn hold(tx: &mut CompanyTx<'_>, customers: &[CustomerId]) -> Result<Held> {
    // What is too many is refused later.
    let ids: Vec<Uuid> = customers.iter().take(MAX_CONTACTS + 1).map(|id| id.0).collect();
    if ids.is_empty() {
        return Ok(Held::new());
    }
    let postgres = tx.is_postgres();
    let mut select = match tx.actor().visible_customers(|column| any_of(column, ids, postgres)) {
        Ok(select) => select,
        Err(Error::Forbidden { .. }) => return Ok(Held::new()),
        Err(error) => return Err(error),
    };
    select.column("name").order_by("id", Order::Asc);
    if postgres {
        select.lock(LockType::NoKeyUpdate);
    }
    let rows = tx.query(&select).await?;
    rows.iter().map(|row| Ok((CustomerId(row.try_get("", "id")?), row.try_get("", "name")?))).collect()
}

impl Deal {
    /// Shows the contacts that the actor sees: outside the trash, and of these owners.
    pub(super) fn show_contacts(&mut self, owners: &Owners) {
        let stored = std::mem::take(&mut self.hidden_contacts);
        let (seen, hidden): (Vec<_>, Vec<_>) =
            stored.into_iter().partition(|contact| !contact.is_trashed && owners.include(contact.owner_id));
        self.contacts.extend(seen.into_iter().map(DealContact::from));
        self.hidden_contacts = hidden;
    }

    /// Names the contacts: those that were there, and those that are held.
    ///
    /// # Errors
    /// For customers that the company does not have, or that the actor does not see.
    pub(super) fn name_contacts(&mut self, before: Option<&Self>, held: &Held) -> Result<(), Violations> {
        let mut violations = Violations::default();
        let former = before.map(|before| before.contacts.as_slice()).unwrap_or_default();
        for (index, contact) in self.contacts.iter_mut().enumerate() {
            let known = former.iter().find(|known| known.customer_id == contact.customer_id);
            let name = held.get(&contact.customer_id).cloned();
            contact.customer_name = name.or_else(|| known.and_then(|known| known.customer_name.clone()));
            if contact.customer_name.is_none() {
                let detail = "the company has no such customer";
                violations.add(format!("/contacts/{index}/customerId"), "customer_unknown", detail);
            }
        }
        violations.into_result()
    }
}

/// Writes the rows of the contacts, if they differ. Those that the actor does not see stay.
pub(super) async fn write(tx: &mut CompanyTx<'_>, before: Option<&Deal>, after: &Deal) -> Result<()> {
    let former = before.map(|before| before.contacts.as_slice()).unwrap_or_default();
    if former == after.contacts {
        return Ok(());
    }
    let company = tx.company.id.0;
    if let Some(before) = before.filter(|before| !before.contacts.is_empty()) {
        let delete = contact_row::delete(company, before, tx.is_postgres());
        tx.execute(&delete).await?;
    }
    if !after.contacts.is_empty() {
        tx.defer([Deferred::Insert(contact_row::insert(company, after))]);
    }
    Ok(())
}
