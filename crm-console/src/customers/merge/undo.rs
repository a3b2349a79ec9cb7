//! A merge is undone; what was changed since is told first.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::customers::{Customer, OnMergeConflict, UnmergeCustomers};
use crm_core::ids::{CustomerId, CustomerMergeId};
use crm_core::page::PageRequest;
use crm_core::{CompanyScope, Error, Violation};

use super::super::custom::Definitions;
use super::super::{Faults, customer_path, parsed};
use super::compare::label;
use crate::base::moment::Shown;
use crate::web::{Form, Frame, PageResult, Visit, html};

/// How many merges the page of a customer shows.
const SHOWN: u64 = 10;

/// A merge that can be undone.
pub(in super::super) struct Past {
    /// The ids that lead to the customer now.
    pub losers: Vec<CustomerId>,
    pub names: String,
    pub at: Shown,
    /// Where the form goes that undoes it.
    pub undo: Option<String>,
}

/// The merges into a customer that can be undone.
pub(in super::super) async fn past(
    visit: &Visit,
    frame: &Frame,
    scope: &mut CompanyScope<'_>,
    customer: &Customer,
) -> Result<Vec<Past>, Error> {
    let may_undo = visit.may(Resource::Customers, Action::Update, customer.owner_id)
        && visit.actor().reach(Resource::Customers, Action::Restore).is_some();
    let page = scope.customers().merges(customer.id, &PageRequest::default().limit(SHOWN)).await?;
    let merges = page.data.into_iter().filter(|merge| merge.undone_at.is_none());
    let past = merges.filter_map(|merge| {
        let losers: Vec<CustomerId> = merge.losers.iter().map(|loser| loser.id).collect();
        let names: Vec<String> = merge.losers.into_iter().filter_map(|loser| loser.name).collect();
        let undo = may_undo.then(|| frame.url(&format!("customers/merges/{}/undo", merge.id)));
        let at = frame.calendar.relative(merge.merged_at);
        (!names.is_empty()).then(|| Past { losers, names: names.join(", "), at, undo })
    });
    Ok(past.collect())
}

#[derive(Template)]
#[template(path = "customers/merge_changed.html")]
struct ChangedPage {
    frame: Frame,
    changes: Vec<String>,
    action: String,
    back: String,
}

pub(super) async fn undo(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: CustomerMergeId = parsed(&id)?;
    let on_conflict = match form.0.text("changes") {
        "keep" => OnMergeConflict::Keep,
        _ => OnMergeConflict::Refuse,
    };
    let mut scope = visit.scope();
    let outcome = scope.customers().undo_merge(id, UnmergeCustomers { on_conflict }).await;
    match outcome {
        Ok(outcome) => {
            let back = visit.frame.url(&customer_path(outcome.customer.id));
            Ok(visit.done(&back, "customers-unmerged", None))
        }
        Err(Error::ChangedSinceMerge(changes)) => {
            let definitions = Definitions::read(&mut scope).await?;
            let frame = visit.frame.clone().within("customers");
            let page = ChangedPage {
                changes: changes.0.iter().map(|change| told(&frame, &definitions, change)).collect(),
                action: frame.url(&format!("customers/merges/{id}/undo")),
                back: visit.back(&form.0, "customers"),
                frame,
            };
            html(StatusCode::CONFLICT, &page)
        }
        Err(Error::Conflict(conflict)) => {
            let fault = Faults::of_conflict(conflict, visit.frame.language()).first().unwrap_or_default();
            let frame = visit.frame.clone().within("customers");
            let back = visit.back(&form.0, "customers");
            html(StatusCode::CONFLICT, &ChangedPage { changes: vec![fault], action: String::new(), back, frame })
        }
        Err(error) => Err(error.into()),
    }
}

/// A change in words. A record is named by its kind, because its id tells nothing.
fn told(frame: &Frame, definitions: &Definitions, change: &Violation) -> String {
    let is_new = change.code == "added_since_merge";
    let kind = |kind: &str| frame.named(if is_new { "merge-added" } else { "merge-changed" }, kind);
    match change.pointer.trim_start_matches('/').split_once('/') {
        Some(("notes", _)) => kind("note"),
        Some(("interactions", _)) => kind("interaction"),
        Some(("tasks", _)) => kind("task"),
        Some(("deals", _)) => kind("deal"),
        Some(("links", _)) => kind("link"),
        Some((object, key)) => frame.w("merge-changed-field", &label(frame, definitions, &format!("{object}.{key}"))),
        None if change.code.starts_with("hierarchy_") => frame.t("merge-changed-hierarchy"),
        None => {
            let name = change.pointer.trim_start_matches('/');
            frame.w("merge-changed-field", &label(frame, definitions, name))
        }
    }
}
