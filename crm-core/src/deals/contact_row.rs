//! The rows of a deal's contacts: `crm_deal_contacts`.

use sea_orm::sea_query::{DeleteStatement, Expr, ExprTrait, InsertStatement, Query};
use serde::Deserialize;
use uuid::Uuid;

use super::contacts::DealContact;
use super::model::Deal;
use crate::base::error::{Error, Result};
use crate::base::ids::{CustomerId, UserId};
use crate::query::dialect::any_of;

pub(crate) const TABLE: &str = "crm_deal_contacts";

/// The contacts of a deal with their names, and who sees them, as JSON.
pub(super) const POSTGRES: &str = "(SELECT json_agg(json_build_object('customerId', contacts.customer_id, \
     'role', contacts.role, 'isPrimary', contacts.is_primary, 'name', people.name, 'ownerId', people.owner_id, \
     'isTrashed', people.deleted_at IS NOT NULL) ORDER BY contacts.position, contacts.customer_id)::text \
     FROM crm_deal_contacts AS contacts INNER JOIN crm_customers AS people \
     ON people.company_id = $company AND people.id = contacts.customer_id \
     WHERE contacts.company_id = $company AND contacts.deal_id = crm_deals.id)";

// SQLite has no booleans of its own; in JSON they are to be some.
pub(super) const SQLITE: &str = "(SELECT json_group_array(json_object('customerId', hex(contacts.customer_id), \
     'role', contacts.role, 'isPrimary', json(iif(contacts.is_primary, 'true', 'false')), 'name', people.name, \
     'ownerId', iif(people.owner_id IS NULL, NULL, hex(people.owner_id)), \
     'isTrashed', json(iif(people.deleted_at IS NULL, 'false', 'true'))) \
     ORDER BY contacts.position, contacts.customer_id) \
     FROM crm_deal_contacts AS contacts INNER JOIN crm_customers AS people \
     ON people.company_id = $company AND people.id = contacts.customer_id \
     WHERE contacts.company_id = $company AND contacts.deal_id = crm_deals.id)";

/// A contact, as it is stored for all actors.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StoredContact {
    customer_id: CustomerId,
    role: String,
    is_primary: bool,
    name: String,
    pub(super) owner_id: Option<UserId>,
    /// In the trash, or merged into another one.
    pub(super) is_trashed: bool,
}

impl From<StoredContact> for DealContact {
    fn from(stored: StoredContact) -> Self {
        let StoredContact { customer_id, role, is_primary, name, .. } = stored;
        Self { customer_id, customer_name: Some(name), role, is_primary }
    }
}

/// What one of these selects has put together.
pub(super) fn read(json: Option<String>) -> Result<Vec<StoredContact>> {
    json.map_or(Ok(Vec::new()), |json| serde_json::from_str(&json)).map_err(Error::internal)
}

/// Removes those contacts of a deal that the actor sees.
pub(super) fn delete(company: Uuid, deal: &Deal, postgres: bool) -> DeleteStatement {
    let seen: Vec<Uuid> = deal.contacts.iter().map(|contact| contact.customer_id.0).collect();
    Query::delete()
        .from_table(TABLE)
        .and_where(Expr::col("company_id").eq(company))
        .and_where(Expr::col("deal_id").eq(deal.id.0))
        .and_where(any_of(Expr::col("customer_id"), seen, postgres))
        .to_owned()
}

/// Adds the contacts of a deal, which has some.
pub(super) fn insert(company: Uuid, deal: &Deal) -> InsertStatement {
    let mut insert = Query::insert();
    insert.into_table(TABLE).columns(["company_id", "deal_id", "customer_id", "role", "is_primary", "position"]);
    for (contact, position) in deal.contacts.iter().zip(1_i64..) {
        insert.values_panic([
            Expr::val(company),
            Expr::val(deal.id.0),
            Expr::val(contact.customer_id.0),
            Expr::val(contact.role.as_str()),
            Expr::val(contact.is_primary),
            Expr::val(position),
        ]);
    }
    insert
}
