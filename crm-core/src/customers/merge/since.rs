//! What was changed since a merge.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Expr, ExprTrait, Order, Query, SelectStatement};
use serde_json::Value;
use uuid::Uuid;

use super::super::children::Child;
use super::super::links;
use super::super::model::Customer;
use super::fields::{FIELDS, Field, Members, OBJECTS};
use super::moves::{RECORDS, is_changed, tables, visible};
use super::plan::members;
use super::row::Model;
use crate::base::error::{Kind, Result, Violations};
use crate::base::json::below;
use crate::scope::{CompanyTx, is_live};

/// The lists of a customer.
pub(super) const LISTS: [&str; 5] = ["emails", "phones", "addresses", "externalRefs", "tags"];
/// How many records of each kind are told.
const MAX_TOLD: u64 = 100;

/// The fields of the survivor that are not as the merge left them.
pub(super) fn fields(merged: &Customer, current: &Customer, violations: &mut Violations) -> Result<()> {
    let current_organization = current.organization_id;
    let (merged, current) = (members(merged)?, members(current)?);
    let mut tell = |pointer: String| {
        violations.add(pointer, "changed_since_merge", "the field was changed since the merge");
    };
    // The name of an organization that is linked follows the link, of which is told as such.
    let is_free = |field: &&Field| field.name != links::ORGANIZATION_NAME || current_organization.is_none();
    for field in FIELDS.iter().filter(|field| field.value(&merged) != field.value(&current)).filter(is_free) {
        tell(format!("/{}", field.name));
    }
    for object in OBJECTS {
        keys(&merged, &current, object).for_each(|key| tell(below(&format!("/{object}"), key)));
    }
    for list in LISTS {
        // A tag that was only renamed is the same.
        let is_same = match list {
            "tags" => tag_ids(&merged) == tag_ids(&current),
            _ => merged.get(list) == current.get(list),
        };
        if !is_same {
            tell(format!("/{list}"));
        }
    }
    Ok(())
}

fn tag_ids(of: &Members) -> BTreeSet<&str> {
    let tags = of.get("tags").and_then(Value::as_array);
    tags.into_iter().flatten().filter_map(|tag| tag.get("id")?.as_str()).collect()
}

/// The keys of an object that differ.
fn keys<'m>(merged: &'m Members, current: &'m Members, object: &str) -> impl Iterator<Item = &'m String> {
    let (before, after) =
        (merged.get(object).and_then(Value::as_object), current.get(object).and_then(Value::as_object));
    let changed =
        after.into_iter().flatten().filter(move |(key, value)| before.and_then(|of| of.get(*key)) != Some(*value));
    let gone = before.into_iter().flatten().filter(move |(key, _)| after.is_none_or(|of| !of.contains_key(*key)));
    changed.chain(gone).map(|(key, _)| key)
}

/// The records that moved and were changed since, and those that were added to the survivor since; as far as the actor sees
/// them.
pub(super) async fn records(tx: &mut CompanyTx<'_>, merge: &Model, violations: &mut Violations) -> Result<()> {
    for (kind, child) in tables() {
        let Some(visible) = visible(tx, child) else { continue };
        let changed = changed(tx, merge, child).cond_where(visible.clone()).to_owned();
        for id in ids(tx, &changed).await? {
            violations.add(
                pointer(kind, id),
                "changed_since_merge",
                "the record moved, and was changed since the merge",
            );
        }
        let added = added(tx, merge, child).cond_where(visible).to_owned();
        for id in ids(tx, &added).await? {
            violations.add(pointer(kind, id), "added_since_merge", "the record was added since the merge");
        }
    }
    links::changed_since(tx, (merge.id(), merge.survivor(), merge.created_at), MAX_TOLD, violations).await
}

fn pointer(kind: Kind, id: Uuid) -> String {
    format!("/{kind}s/{id}")
}

async fn ids(tx: &mut CompanyTx<'_>, select: &SelectStatement) -> Result<Vec<Uuid>> {
    tx.query(select).await?.iter().map(|row| Ok(row.try_get("", "id")?)).collect()
}

fn rows(tx: &CompanyTx<'_>, child: &Child) -> SelectStatement {
    let id = (child.table, "id");
    Query::select()
        .column(id)
        .from(child.table)
        .and_where(Expr::col((child.table, "company_id")).eq(tx.company.id.0))
        .order_by(id, Order::Asc)
        .limit(MAX_TOLD)
        .to_owned()
}

fn changed(tx: &CompanyTx<'_>, merge: &Model, child: &Child) -> SelectStatement {
    let noted = |name: &'static str| Expr::col((RECORDS, name));
    let is_noted = noted("record_id").equals((child.table, "id")).and(is_changed(child));
    rows(tx, child)
        .inner_join(RECORDS, is_noted)
        .and_where(noted("company_id").eq(tx.company.id.0))
        .and_where(noted("merge_id").eq(merge.id))
        .and_where(noted("entity_table").eq(child.table))
        .to_owned()
}

fn added(tx: &CompanyTx<'_>, merge: &Model, child: &Child) -> SelectStatement {
    let noted = |name: &'static str| Expr::col((RECORDS, name));
    let moved = Query::select()
        .expr(Expr::val(1))
        .from(RECORDS)
        .and_where(noted("company_id").eq(tx.company.id.0))
        .and_where(noted("record_id").equals((child.table, "id")))
        .and_where(noted("entity_table").eq(child.table))
        .to_owned();
    rows(tx, child)
        .and_where(Expr::col((child.table, "customer_id")).eq(merge.survivor_id))
        .and_where(Expr::col((child.table, "created_at")).gt(merge.created_at))
        .and_where(is_live(child.table))
        .and_where(Expr::exists(moved).not())
        .to_owned()
}
