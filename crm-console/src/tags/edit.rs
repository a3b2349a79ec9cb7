//! A tag is added, or its name, colour and description are changed.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::ids::TagId;
use crm_core::patch::Patch;
use crm_core::tags::{NewTag, Tag, TagPatch};
use crm_core::{Conflict, Error};
use crm_web::problem::ApiError;

use crate::base::fields::Fields;
use crate::customers::{Faults, parsed};
use crate::web::{Form, Frame, PageResult, Visit, html};

/// The colours that are offered; the last field takes any other.
const COLORS: &[&str] =
    &["#b91c1c", "#b45309", "#a16207", "#4d7c0f", "#047857", "#0f766e", "#0369a1", "#1d4ed8", "#7c3aed", "#be185d"];

#[derive(Template)]
#[template(path = "tags/edit.html")]
struct EditPage {
    frame: Frame,
    action: String,
    back: String,
    title: String,
    version: Option<i64>,
    typed: Fields,
    colors: Vec<(&'static str, bool)>,
    /// A colour that is none of those offered.
    other: Option<String>,
    faults: Faults,
    others: Vec<String>,
    is_stale: bool,
}

impl EditPage {
    fn fault(&self, name: &str) -> Option<String> {
        self.faults.at(name)
    }
}

/// What a form has left open.
struct Open {
    status: StatusCode,
    typed: Fields,
    faults: Faults,
    is_stale: bool,
}

pub(super) async fn add(visit: Visit) -> PageResult {
    visit.authorize(Resource::Tags, Action::Create, None)?;
    let typed = visit.query.clone();
    render(&visit, None, Open { status: StatusCode::OK, typed, faults: Faults::default(), is_stale: false })
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    visit.authorize(Resource::Tags, Action::Update, None)?;
    let tag = visit.scope().tags().get(parsed::<TagId>(&id)?).await?;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let typed = visit.query.with("name", &tag.name).with("color", &text(&tag.color));
    let typed = typed.with("description", &text(&tag.description));
    render(&visit, Some(&tag), Open { status: StatusCode::OK, typed, faults: Faults::default(), is_stale: false })
}

fn render(visit: &Visit, tag: Option<&Tag>, open: Open) -> PageResult {
    let frame = visit.frame.clone().within("tags");
    let Open { status, typed, faults, is_stale } = open;
    let color = typed.text("color");
    let page = EditPage {
        action: tag.map_or_else(|| frame.url("tags"), |tag| frame.url(&format!("tags/{}/edit", tag.id))),
        back: visit.back(&typed, "tags"),
        title: tag.map_or_else(|| frame.t("tags-add"), |tag| frame.w("edit-this", &tag.name)),
        version: tag.map(|tag| tag.version),
        colors: COLORS.iter().map(|offered| (*offered, *offered == color)).collect(),
        other: Some(color.to_owned()).filter(|color| !color.is_empty() && !COLORS.contains(&color.as_str())),
        others: faults.elsewhere(&["name", "color", "description"]),
        typed,
        faults,
        is_stale,
        frame,
    };
    html(status, &page)
}

/// The colour that was chosen; `other` stands for the field beside it.
fn color(form: &Fields) -> Option<String> {
    let chosen = if form.text("color") == "other" { form.get("other") } else { form.get("color") };
    chosen.map(str::to_owned)
}

fn faulty(visit: &Visit, form: &Fields, error: Error) -> Result<Open, ApiError> {
    let typed = form.with("color", &color(form).unwrap_or_default());
    let language = visit.frame.language();
    let (status, faults, is_stale) = match error {
        Error::Stale { .. } => (StatusCode::PRECONDITION_FAILED, Faults::default(), true),
        Error::Conflict(conflict @ Conflict::TooManyTags) => {
            (StatusCode::UNPROCESSABLE_ENTITY, Faults::of_conflict(conflict, language), false)
        }
        error => (StatusCode::UNPROCESSABLE_ENTITY, Faults::of(error, language)?, false),
    };
    Ok(Open { status, typed, faults, is_stale })
}

pub(super) async fn create(visit: Visit, form: Form) -> PageResult {
    let text = |name: &str| form.0.get(name).map(str::to_owned);
    let new = NewTag { name: text("name"), color: color(&form.0), description: text("description") };
    let outcome = visit.scope().tags().create(new).await;
    match outcome {
        Ok(_) => Ok(visit.done(&visit.back(&form.0, "tags"), "tag-added", None)),
        Err(error) => render(&visit, None, faulty(&visit, &form.0, error)?),
    }
}

pub(super) async fn save(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: TagId = parsed(&id)?;
    let version = form.0.version();
    let text = |name: &str| Patch::from(form.0.get(name).map(str::to_owned));
    let name = Patch::Set(form.0.text("name").to_owned());
    let patch = TagPatch { name, color: color(&form.0).into(), description: text("description") };
    let mut scope = visit.scope();
    let outcome = scope.tags().update(id, patch, version).await;
    match outcome {
        Ok(_) => Ok(visit.done(&visit.back(&form.0, "tags"), "tag-saved", None)),
        Err(error) => {
            let open = faulty(&visit, &form.0, error)?;
            let tag = scope.tags().get(id).await?;
            render(&visit, Some(&tag), open)
        }
    }
}
