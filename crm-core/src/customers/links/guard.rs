//! What a write of a customer has to do with its links.

use sea_orm::QuerySelect;
use sea_orm::sea_query::{Expr, ExprTrait, Query};

use super::super::model::{Customer, CustomerKind};
use super::super::row as customers;
use super::row::TABLE;
use super::{copies, label, merging};
use crate::base::error::{Error, Kind, Result, Violations};
use crate::base::ids::CustomerId;
use crate::base::text::fold;
use crate::history;
use crate::journal::Deferred;
use crate::scope::{Change, CompanyTx, is_live};

/// Checks a change of a held customer against its links: a kind that they do not allow, and another name than that of the
/// primary organization, are refused. A merge and its undoing settle the links themselves.
pub(in super::super) async fn check_update(
    tx: &mut CompanyTx<'_>,
    change: Change,
    before: &Customer,
    after: &mut Customer,
) -> Result<()> {
    if change != Change::Updated {
        return Ok(());
    }
    if before.kind != after.kind {
        check_kind(tx, after).await?;
    }
    keep_organization_name(tx, before, after).await
}

/// `$1` is the company, `$2` the customer.
const JOINED: &str = "SELECT DISTINCT l.label, l.is_primary, l.from_id = $2 AS is_from, c.kind \
     FROM crm_customer_links AS l JOIN crm_customers AS c \
     ON c.company_id = $1 AND c.id = CASE WHEN l.from_id = $2 THEN l.to_id ELSE l.from_id END \
     WHERE l.company_id = $1 AND (l.from_id = $2 OR l.to_id = $2)";

/// Refuses links that a customer of this kind cannot have.
pub(in super::super) async fn check_kind(tx: &mut CompanyTx<'_>, customer: &Customer) -> Result<()> {
    let values = vec![tx.company.id.0.into(), customer.id.0.into()];
    for row in tx.query_sql(JOINED, values).await? {
        let (name, other): (String, String) = (row.try_get("", "label")?, row.try_get("", "kind")?);
        let other: CustomerKind = other.parse().map_err(Error::internal)?;
        let is_from: bool = row.try_get("", "is_from")?;
        let (from, to) = if is_from { (customer.kind, other) } else { (other, customer.kind) };
        let keeps_primary = !row.try_get("", "is_primary")? || label::can_be_primary(&name, from, to);
        if !keeps_primary || !label::joins(&name, from, to) {
            let detail = format!("the customer has a link {name} that {} cannot have; delete it first", customer.kind);
            return Err(Violations::one("/kind", "links_not_allowed", detail).into());
        }
    }
    Ok(())
}

/// Puts back the name of a person's organization in a change by an import. True if that was another name, not only another
/// spelling.
pub(in super::super) fn keeps_linked_name(before: &Customer, after: &mut Customer) -> bool {
    if before.organization_id.is_none() || before.organization_name == after.organization_name {
        return false;
    }
    let typed = std::mem::replace(&mut after.organization_name, before.organization_name.clone());
    typed.as_deref().map(fold) != before.organization_name.as_deref().map(fold)
}

/// A name that differs by case only is that of the organization. The name of an organization in the trash can be changed,
/// and then is no longer followed.
async fn keep_organization_name(tx: &mut CompanyTx<'_>, before: &Customer, after: &mut Customer) -> Result<()> {
    let Some(organization) = before.organization_id.filter(|_| before.organization_name != after.organization_name)
    else {
        return Ok(());
    };
    if has_same_organization_name(before, after) {
        after.organization_name.clone_from(&before.organization_name);
        return Ok(());
    }
    let organizations = tx.find::<customers::Entity>().by_id(organization).filter(is_live(customers::TABLE));
    if organizations.count(Some(1)).await? > 0 {
        let detail = "the name is that of the person's primary organization: rename the organization, make another link \
                      primary, or end the link (isInactive) first";
        return Err(Violations::one("/organizationName", "organization_linked", detail).into());
    }
    leave_organization(tx, after).await
}

fn has_same_organization_name(before: &Customer, after: &Customer) -> bool {
    let folded = |customer: &Customer| customer.organization_name.as_deref().map(fold);
    folded(before) == folded(after)
}

async fn leave_organization(tx: &mut CompanyTx<'_>, person: &mut Customer) -> Result<()> {
    copies::demote_primary(tx, person.id).await?;
    person.organization_id = None;
    Ok(())
}

/// Checks a change of a lead, whose links are out of sight if it was a customer before. Another name of its organization
/// is no longer that of the primary one.
pub(in super::super) async fn check_update_of_lead(
    tx: &mut CompanyTx<'_>,
    before: &Customer,
    after: &mut Customer,
) -> Result<()> {
    if before.kind != after.kind {
        check_kind(tx, after).await?;
    }
    if before.organization_id.is_some() && !has_same_organization_name(before, after) {
        leave_organization(tx, after).await?;
    }
    Ok(())
}

/// Gives a person who comes back from the trash the name that their organization has by now.
pub(in super::super) async fn refresh(tx: &CompanyTx<'_>, person: &mut Customer) -> Result<()> {
    let Some(organization) = person.organization_id else {
        return Ok(());
    };
    let rows = tx.find::<customers::Entity>().by_id(organization);
    let name: Option<OnlyName> = rows.map(|select| select.select_only().column(customers::Column::Name)).one().await?;
    if let Some(OnlyName { name }) = name {
        person.organization_name = Some(name);
    }
    Ok(())
}

#[derive(Debug, sea_orm::FromQueryResult)]
pub(super) struct OnlyName {
    pub name: String,
}

/// Removes what is left of the links of a customer who is purged; their rows are removed by the foreign keys. The people of an
/// organization keep its name.
pub(in super::super) fn purge(tx: &mut CompanyTx<'_>, customer: CustomerId) {
    let company = tx.actor().company().0;
    let rows = |id: &'static str, table: &'static str, condition: Expr| {
        let of_company = Expr::col("company_id").eq(company);
        Query::select().column(id).from(table).and_where(of_company).and_where(condition).to_owned()
    };
    let is_end = || Expr::col("from_id").eq(customer.0).or(Expr::col("to_id").eq(customer.0));
    let links = rows("id", TABLE, is_end());
    // Those that a merge has folded or dropped are kept for its undoing, and go as well.
    let merges = rows("id", "crm_customer_merges", Expr::col("survivor_id").eq(customer.0));
    let merged = rows("link_id", merging::TABLE, is_end().or(Expr::col("merge_id").in_subquery(merges)));
    history::purge(tx, Kind::Link, |entity| entity.clone().in_subquery(links).or(entity.in_subquery(merged)));
    let forget = |copy: &'static str| {
        Query::update()
            .table(customers::TABLE)
            .value(copy, Expr::cust("NULL"))
            .and_where(Expr::col("company_id").eq(company))
            .and_where(Expr::col(copy).eq(customer.0))
            .to_owned()
    };
    tx.defer(["organization_id", "parent_id"].map(forget).map(Deferred::Update));
}
