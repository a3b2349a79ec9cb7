//! A tag is merged into another one, which is looked for.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::Error;
use crm_core::actor::{Action, Resource};
use crm_core::ids::TagId;
use crm_core::page::PageRequest;
use crm_core::tags::{Tag, TagQuery, TagSort, TagSortKey};

use crate::base::fields::Fields;
use crate::customers::{Faults, parsed};
use crate::web::{Form, Frame, PageResult, Visit, html};

/// How many tags are offered.
const FOUND: u64 = 20;
/// The longest text that names are searched for.
const LONGEST: usize = 64;

#[derive(Template)]
#[template(path = "tags/merge.html")]
struct MergePage {
    frame: Frame,
    tag: Tag,
    action: String,
    back: String,
    text: String,
    found: Vec<(Tag, String)>,
    /// How many customers get the other tag.
    customers: String,
    fault: Option<String>,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    for action in [Action::Update, Action::Delete] {
        visit.authorize(Resource::Tags, action, None)?;
    }
    render(&visit, parsed(&id)?, StatusCode::OK, &visit.query, None).await
}

async fn render(visit: &Visit, id: TagId, status: StatusCode, given: &Fields, fault: Option<String>) -> PageResult {
    let text: String = visit.query.text("q").chars().take(LONGEST).collect();
    let mut scope = visit.scope();
    let tag = scope.tags().get(id).await?;
    let sort = TagSort { key: TagSortKey::UsageCount, descending: true };
    // One more, because the tag itself may be among them.
    let request = PageRequest::default().limit(FOUND + 1);
    let found = scope.tags().list(&TagQuery { text: Some(text.clone()), sort }, &request).await?;
    let frame = visit.frame.clone().within("tags");
    let count = |tag: &Tag| frame.n("customers-count", &usize::try_from(tag.usage_count).unwrap_or(usize::MAX));
    let others = found.data.into_iter().filter(|other| other.id != id);
    let page = MergePage {
        action: frame.url(&format!("tags/{id}/merge")),
        back: visit.back(given, "tags"),
        customers: count(&tag),
        found: others.map(|tag| (tag.clone(), count(&tag))).collect(),
        tag,
        text,
        fault,
        frame,
    };
    html(status, &page)
}

pub(super) async fn save(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: TagId = parsed(&id)?;
    let language = visit.frame.language();
    let faults = match form.0.get("into").and_then(|into| into.parse::<TagId>().ok()) {
        None => Faults::required("into", language),
        Some(into) => {
            let outcome = visit.scope().tags().merge(id, into, None).await;
            match outcome {
                Ok(_) => return Ok(visit.done(&visit.back(&form.0, "tags"), "tag-merged", None)),
                Err(error @ Error::Invalid(_)) => Faults::of(error, language)?,
                Err(error) => return Err(error.into()),
            }
        }
    };
    render(&visit, id, StatusCode::UNPROCESSABLE_ENTITY, &form.0, faults.first()).await
}
