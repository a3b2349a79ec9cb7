//! Reverting an import: what it would do, and then it is done.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::customers::{BulkRefusal, ImportRevert, RevertedImport, StoredImport};
use crm_core::{CompanyScope, Conflict, Error};

use super::{STEPS, id_of, page_of};
use crate::web::{Frame, PageResult, Visit, html, see_other};

#[derive(Template)]
#[template(path = "customers/import/revert.html")]
struct RevertPage {
    frame: Frame,
    steps: [&'static str; 4],
    step: usize,
    name: String,
    here: String,
    counts: Counts,
    is_possible: bool,
}

/// The counts of a revert: the name in messages, and the number.
pub(super) struct Counts {
    pub numbers: Vec<(&'static str, String)>,
    /// The customers that were changed since: their pages.
    pub changed: Vec<String>,
}

/// How many customers that were changed since are shown.
const SHOWN: usize = 20;

pub(super) fn counts(frame: &Frame, outcome: &RevertedImport) -> Counts {
    let refused: u64 = outcome.refused.iter().map(|BulkRefusal { count, .. }| count).sum();
    let number = |name, count: u64| (name, frame.language().number(i64::try_from(count).unwrap_or(i64::MAX)));
    let page = |id: &crm_core::ids::CustomerId| frame.url(&super::super::customer_path(*id));
    Counts {
        numbers: vec![
            number("trashed", outcome.trashed),
            number("restored", outcome.restored),
            number("changed", outcome.changed_since),
            number("refused", refused),
        ],
        changed: outcome.changed_since_ids.iter().take(SHOWN).map(page).collect(),
    }
}

pub(super) async fn show(visit: &Visit, scope: &mut CompanyScope<'_>, import: &StoredImport) -> PageResult {
    let frame = visit.frame.clone().within("import");
    let here = frame.url(&page_of(import.id));
    let ImportRevert::Done(outcome) = scope.imports().revert(import.id, true).await? else {
        return Ok(see_other(here));
    };
    let page = RevertPage {
        name: import.name.clone(),
        counts: counts(&frame, &outcome),
        is_possible: outcome.trashed + outcome.restored > 0,
        steps: STEPS,
        step: 3,
        here,
        frame,
    };
    html(StatusCode::OK, &page)
}

pub(super) async fn start(visit: Visit, path: web::Path<String>) -> PageResult {
    let id = id_of(&path)?;
    match visit.scope().imports().revert(id, false).await {
        // It was reverted before, or a job works on it.
        Ok(_) | Err(Error::Conflict(Conflict::ImportReverted | Conflict::ImportRunning)) => {}
        Err(error) => return Err(error.into()),
    }
    Ok(see_other(visit.frame.url(&page_of(id))))
}
