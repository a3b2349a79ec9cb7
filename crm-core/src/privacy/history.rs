//! The entries of the history that hold values of a person.

use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use uuid::Uuid;

use crate::base::error::Kind;
use crate::customers::CHILDREN;
use crate::query::dialect::any_of;

/// The kinds of records, with the condition on `entity_id`: the person's own, and those that belong to them.
pub(super) fn records_of(company: Uuid, ids: &[Uuid], postgres: bool) -> Vec<(Kind, Expr)> {
    let theirs = |column: Expr| any_of(column, ids.to_vec(), postgres);
    let select = |id: &'static str, table: &'static str, condition: Expr| -> SelectStatement {
        let of_company = Expr::col("company_id").eq(company);
        Query::select().column(id).from(table).and_where(of_company).and_where(condition).to_owned()
    };
    let entity = || Expr::col("entity_id");
    let own = [Kind::Customer, Kind::Lead].map(|kind| (kind, theirs(entity())));
    let children = CHILDREN.iter().filter_map(|child| {
        let records = select("id", child.table, theirs(Expr::col("customer_id")));
        Some((child.kind?, entity().in_subquery(records)))
    });
    let is_end = || theirs(Expr::col("from_id")).or(theirs(Expr::col("to_id")));
    let links = entity().in_subquery(select("id", "crm_customer_links", is_end()));
    // Those that a merge has folded or dropped are kept for its undoing.
    let merged = entity().in_subquery(select("link_id", "crm_customer_merge_links", is_end()));
    own.into_iter().chain(children).chain([(Kind::Link, links.or(merged))]).collect()
}

/// The changes of an entry without their values: the names of the fields stay.
pub(super) fn blanked(postgres: bool) -> Expr {
    Expr::cust(if postgres {
        "(SELECT COALESCE(jsonb_agg(jsonb_build_object('field', item -> 'field', 'from', NULL, 'to', NULL)), '[]'::jsonb) \
         FROM jsonb_array_elements(crm_changes.changes) AS item)"
    } else {
        "(SELECT json_group_array(json_object('field', json_extract(value, '$.field'), 'from', NULL, 'to', NULL)) \
         FROM json_each(crm_changes.changes))"
    })
}
