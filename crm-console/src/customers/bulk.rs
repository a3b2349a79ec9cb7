//! Many customers of the list are changed at once: the bar below it, the counts before, and the notice after.

mod notice;

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::customers::{BulkAction, BulkAnswer, BulkOutcome, BulkRefusal, BulkRequest, BulkUndo, CustomerStatus};
use crm_core::ids::{BulkActionId, JobId};
use crm_core::tags::TagRef;
use crm_core::{Conflict, Error, Violation};

pub(super) use notice::{Notice, PARAMETER};

use super::{Faults, merge, parsed, state};
use crate::base::fields::Fields;
use crate::web::{Form, Frame, PageResult, People, Visit, html, message, see_other};

/// The actions that the person may do, for the bar below the list.
pub(super) struct Bar {
    /// Where the form goes: the list's own query selects the customers.
    pub address: String,
    pub owners: Vec<(String, String)>,
    pub statuses: Vec<(String, String)>,
    pub tags: Vec<String>,
    pub may_update: bool,
    pub may_tag: bool,
    pub may_delete: bool,
    pub may_merge: bool,
}

impl Bar {
    /// `fields`: what selects the customers of the list.
    pub fn of(visit: &Visit, fields: &Fields, people: &People, tags: &[String]) -> Self {
        let may = |resource, action| visit.actor().reach(resource, action).is_some();
        let frame = &visit.frame;
        let nobody = ("owner:none".to_owned(), frame.named("owner", "none"));
        let owners = people.active().map(|(id, name)| (format!("owner:{id}"), name.to_owned()));
        let statuses = CustomerStatus::NAMES.iter().map(|name| (format!("status:{name}"), frame.named("status", name)));
        Self {
            address: frame.url(&format!("customers/bulk{}", fields.query())),
            owners: owners.chain([nobody]).collect(),
            statuses: statuses.collect(),
            tags: tags.to_vec(),
            may_update: may(Resource::Customers, Action::Update),
            may_tag: may(Resource::Tags, Action::Attach),
            may_delete: may(Resource::Customers, Action::Delete),
            may_merge: merge::is_allowed(visit),
        }
    }

    /// Whether there is anything to do with a customer that is picked.
    pub fn is_useful(&self) -> bool {
        self.may_update || self.may_tag || self.may_delete
    }
}

#[derive(Template)]
#[template(path = "customers/bulk_confirm.html")]
struct ConfirmPage {
    frame: Frame,
    heading: String,
    counts: Vec<String>,
    /// The fields to send again, to do it.
    fields: Vec<(String, String)>,
    address: String,
    back: String,
    is_dangerous: bool,
    /// Whether any customer would change.
    is_useful: bool,
    fault: Option<String>,
}

/// A page that was asked for again after a form: there is only the list.
pub(super) async fn show(visit: Visit) -> PageResult {
    Ok(see_other(back(&visit, None)))
}

/// Counts what would change where that is not plain to see, and otherwise does it.
pub(super) async fn change(visit: Visit, form: Form) -> PageResult {
    if form.0.text("do") == "merge" {
        return Ok(see_other(merge::address(&visit.frame, form.0.all("id"))));
    }
    let Some(action) = action(&form.0) else {
        return html(StatusCode::UNPROCESSABLE_ENTITY, &faulty(&visit, visit.frame.t("bulk-nothing-to-do")));
    };
    let (fields, is_all) = (list_of(&visit), form.0.get("all").is_some());
    let search = || state::search_of(&fields);
    let ids = || form.0.all("id").filter_map(|id| id.parse().ok()).collect();
    let is_plain = !is_all && action != (BulkAction::Delete {});
    let request = BulkRequest {
        ids: (!is_all).then(ids),
        query: is_all.then(search),
        dry_run: !is_plain && form.0.get("confirmed").is_none(),
        action,
    };
    let answer = visit.scope().customers().bulk(request.clone()).await;
    match answer {
        Ok(BulkAnswer::Done(outcome)) if outcome.dry_run => {
            html(StatusCode::OK, &confirm(&visit, &form.0, &request.action, &outcome))
        }
        Ok(BulkAnswer::Done(outcome)) => Ok(see_other(back(&visit, Some(Notice::done(&outcome))))),
        Ok(BulkAnswer::Started(job)) => Ok(see_other(back(&visit, Some(Notice::started(job.id))))),
        Err(Error::Invalid(violations)) if violations.0.iter().any(|violation| violation.pointer == "/ids") => {
            html(StatusCode::UNPROCESSABLE_ENTITY, &faulty(&visit, visit.frame.t("bulk-nobody-picked")))
        }
        Err(error) => {
            let faults = Faults::of(error, visit.frame.language())?;
            html(StatusCode::UNPROCESSABLE_ENTITY, &faulty(&visit, faults.first().unwrap_or_default()))
        }
    }
}

pub(super) async fn undo(visit: Visit, path: web::Path<String>) -> PageResult {
    let id: BulkActionId = parsed(&path)?;
    let notice = match visit.scope().customers().undo_bulk(id).await {
        Ok(BulkUndo::Done(undone)) => Notice::undone(&undone),
        Ok(BulkUndo::Started(job)) => Notice::undoing(job.id),
        Err(Error::Conflict(conflict)) => Notice::refused(conflict),
        Err(error) => return Err(error.into()),
    };
    Ok(see_other(back(&visit, Some(notice))))
}

/// Stops the job of a bulk action, or of its undo.
pub(super) async fn cancel(visit: Visit, path: web::Path<String>) -> PageResult {
    let id: JobId = parsed(&path)?;
    match visit.scope().jobs().cancel(id).await {
        Ok(_) | Err(Error::Conflict(Conflict::JobFinished)) => {}
        Err(error) => return Err(error.into()),
    }
    let notice = visit.query.get(PARAMETER).map(str::to_owned);
    Ok(see_other(back(&visit, notice)))
}

/// What selects the customers of the list.
fn list_of(visit: &Visit) -> Fields {
    visit.query.without(PARAMETER, None).without("cursor", None)
}

/// The list, with a notice.
fn back(visit: &Visit, notice: Option<String>) -> String {
    let fields = list_of(visit);
    let fields = notice.map_or_else(|| fields.clone(), |notice| fields.with(PARAMETER, &notice));
    visit.frame.url(&format!("customers{}", fields.query()))
}

/// What a button of the bar does.
fn action(form: &Fields) -> Option<BulkAction> {
    let (name, value) = form.text("do").split_once(':').unwrap_or((form.text("do"), ""));
    let tags = || vec![TagRef::Name(form.text("tag").to_owned())];
    Some(match name {
        "owner" if value == "none" => BulkAction::SetOwner { owner_id: None },
        "owner" => BulkAction::SetOwner { owner_id: Some(value.parse().ok()?) },
        "status" => BulkAction::SetStatus { status: value.parse().ok()? },
        "tag" => BulkAction::AddTags { tags: tags() },
        "untag" => BulkAction::RemoveTags { tags: tags() },
        "archive" => BulkAction::Archive {},
        "delete" => BulkAction::Delete {},
        _ => return None,
    })
}

/// A page that only says what is wrong.
fn faulty(visit: &Visit, fault: String) -> ConfirmPage {
    ConfirmPage {
        frame: visit.frame.clone().within("customers"),
        heading: visit.frame.t("bulk-title"),
        counts: Vec::new(),
        fields: Vec::new(),
        address: String::new(),
        back: back(visit, None),
        is_dangerous: false,
        is_useful: false,
        fault: Some(fault),
    }
}

fn confirm(visit: &Visit, form: &Fields, action: &BulkAction, outcome: &BulkOutcome) -> ConfirmPage {
    let frame = visit.frame.clone().within("customers");
    let resent = form.pairs().filter(|(name, _)| matches!(*name, "do" | "tag" | "all" | "id"));
    let mut fields: Vec<(String, String)> = resent.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    fields.push(("confirmed".to_owned(), "1".to_owned()));
    ConfirmPage {
        heading: heading(&frame, action),
        counts: counts(&frame, outcome),
        fields,
        address: frame.url(&format!("customers/bulk{}", list_of(visit).query())),
        back: back(visit, None),
        is_dangerous: *action == (BulkAction::Delete {}),
        is_useful: outcome.changed > 0,
        fault: None,
        frame,
    }
}

fn heading(frame: &Frame, action: &BulkAction) -> String {
    match action {
        BulkAction::SetOwner { owner_id: None } => frame.t("bulk-confirm-no-owner"),
        BulkAction::SetOwner { .. } => frame.t("bulk-confirm-owner"),
        BulkAction::SetStatus { status } => frame.w("bulk-confirm-status", &frame.named("status", status.as_str())),
        BulkAction::AddTags { tags } => frame.w("bulk-confirm-tag", &names(tags)),
        BulkAction::RemoveTags { tags } => frame.w("bulk-confirm-untag", &names(tags)),
        BulkAction::Archive {} | BulkAction::Unarchive {} => frame.t("bulk-confirm-archive"),
        BulkAction::Delete {} => frame.t("bulk-confirm-delete"),
    }
}

fn names(tags: &[TagRef]) -> String {
    let names: Vec<&str> =
        tags.iter().filter_map(|tag| if let TagRef::Name(name) = tag { Some(name.as_str()) } else { None }).collect();
    names.join(", ")
}

fn counts(frame: &Frame, outcome: &BulkOutcome) -> Vec<String> {
    let mut counts = vec![counted(frame, "bulk-would-change", outcome.changed)];
    if outcome.unchanged > 0 {
        counts.push(counted(frame, "bulk-already-so", outcome.unchanged));
    }
    counts.extend(refusals(frame, &outcome.refused));
    counts
}

fn refusals<'r>(frame: &'r Frame, refused: &'r [BulkRefusal]) -> impl Iterator<Item = String> + 'r {
    refused.iter().map(|refusal| {
        counted(frame, &format!("bulk-refused-{}", refusal.reason.as_str().replace('_', "-")), refusal.count)
    })
}

fn counted(frame: &Frame, name: &str, count: u64) -> String {
    frame.n(name, &usize::try_from(count).unwrap_or(usize::MAX))
}

/// The words for a conflict.
fn conflict_text(frame: &Frame, code: &str) -> Option<String> {
    let conflict = Conflict::ALL.iter().find(|conflict| conflict.code() == code)?;
    let violation = Violation { pointer: String::new(), code: code.to_owned(), detail: conflict.to_string() };
    Some(message(frame.language(), &violation))
}
