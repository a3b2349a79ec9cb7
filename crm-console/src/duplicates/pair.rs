//! Two customers side by side: what differs, why they may be the same, and the decision that they are not.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::customers::{DuplicatePair, DuplicateStatus};
use crm_core::ids::DuplicateId;
use serde_json::Value;

use super::{Reason, percent};
use crate::customers::{Brief, field_label, field_values, merge, parsed};
use crate::web::{Form, Frame, PageResult, Visit, html};

#[derive(Template)]
#[template(path = "duplicates/pair.html")]
struct PairPage {
    frame: Frame,
    url: String,
    version: i64,
    percent: u16,
    left: Brief,
    right: Brief,
    reasons: Vec<Reason>,
    fields: Vec<Field>,
    is_dismissed: bool,
    may_decide: bool,
    /// Where the two are merged, for those who may.
    merge: Option<String>,
}

/// A field of both.
struct Field {
    label: String,
    left: String,
    right: String,
    is_different: bool,
}

/// What is shown of both, by JSON names.
const FIELDS: &[&str] = &[
    "kind",
    "name",
    "email",
    "phone",
    "organizationName",
    "jobTitle",
    "birthDate",
    "address",
    "zipCode",
    "city",
    "country",
    "website",
    "taxId",
    "status",
    "source",
    "description",
];

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    let pair = visit.scope().duplicates().get(parsed::<DuplicateId>(&id)?).await?;
    html(StatusCode::OK, &page(&visit, pair))
}

pub(super) async fn dismiss(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let version = form.0.version();
    visit.scope().duplicates().dismiss(parsed::<DuplicateId>(&id)?, version).await?;
    Ok(visit.done(&visit.frame.url("duplicates"), "duplicate-dismissed", None))
}

pub(super) async fn reopen(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let version = form.0.version();
    let pair = visit.scope().duplicates().reopen(parsed::<DuplicateId>(&id)?, version).await?;
    Ok(visit.done(&visit.frame.url(&format!("duplicates/{}", pair.id)), "duplicate-reopened", None))
}

fn page(visit: &Visit, pair: DuplicatePair) -> PairPage {
    let frame = visit.frame.clone().within("duplicates");
    let (left, right) = (field_values(&pair.left), field_values(&pair.right));
    let field = |name: &&str| {
        let shown = |customer, values: &Value| merge::text(&frame, customer, values, name, &values[*name]);
        let (left, right) = (shown(&pair.left, &left), shown(&pair.right, &right));
        let is_empty = left.is_empty() && right.is_empty();
        let is_different = left != right;
        (!is_empty).then(|| Field { label: field_label(&frame, name), left, right, is_different })
    };
    let ids = [pair.left.id, pair.right.id].map(|id| id.to_string());
    PairPage {
        merge: merge::is_allowed(visit).then(|| merge::address(&frame, ids.iter().map(String::as_str))),
        url: frame.url(&format!("duplicates/{}", pair.id)),
        version: pair.version,
        percent: percent(pair.score),
        reasons: pair.evidence.iter().map(|evidence| Reason::of(&frame, evidence)).collect(),
        fields: FIELDS.iter().filter_map(field).collect(),
        left: Brief::of(&frame, pair.left),
        right: Brief::of(&frame, pair.right),
        is_dismissed: pair.status == DuplicateStatus::Dismissed,
        may_decide: visit.actor().reach(Resource::Duplicates, Action::Update).is_some(),
        frame,
    }
}
