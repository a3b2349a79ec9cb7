//! The form of a capture form, with what pages paste.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::Error;
use crm_core::actor::{Action, Resource};
use crm_core::capture_forms::{CaptureField, CaptureForm, CaptureFormPatch, DuplicateLeads, NewCaptureForm};
use crm_core::ids::CaptureFormId;
use crm_core::lead_statuses::{LeadStatusQuery, LeadStatusType};
use crm_core::page::{MAX_PAGE, PageRequest};

use super::super::{Around, choices, faults};
use super::{LIST, snippet};
use crate::base::fields::Fields;
use crate::customers::{Choice, Faults, parsed};
use crate::web::{Form, Frame, PageResult, People, Visit, html, see_other};

/// What stands between the key of a field and its label.
const SEPARATOR: char = '|';
/// What stands behind the key of a field that must be filled in.
const REQUIRED: char = '*';
/// The fields of the form that have faults of their own.
const NAMES: &[&str] =
    &["name", "fields", "origins", "source", "ownerId", "tags", "status", "consentText", "redirectUrl", "onDuplicate"];

#[derive(Template)]
#[template(path = "settings/capture_form.html")]
struct CapturePage {
    around: Around,
    frame: Frame,
    action: String,
    title: String,
    /// What is there already.
    form: Option<CaptureForm>,
    /// What pages paste: with a script, and without one.
    snippets: Option<(String, String)>,
    owners: Vec<Choice>,
    statuses: Vec<Choice>,
    policies: Vec<Choice>,
    typed: Fields,
    faults: Faults,
    others: Vec<String>,
    is_stale: bool,
    may_manage: bool,
}

impl CapturePage {
    fn fault(&self, name: &str) -> Option<String> {
        self.faults.at(name)
    }

    /// The texts of several lines: their names, their names in messages, and their heights.
    fn blocks(&self) -> &'static [(&'static str, &'static str, u16)] {
        &[("fields", "capture-fields", 8), ("origins", "capture-origins", 3), ("consentText", "capture-consent", 4)]
    }

    fn flags(&self) -> &'static [(&'static str, &'static str)] {
        &[("requiresChallenge", "capture-challenge"), ("isActive", "capture-active")]
    }
}

/// What a form has left open.
struct Open {
    status: StatusCode,
    typed: Fields,
    faults: Faults,
    is_stale: bool,
}

impl Open {
    fn of(typed: Fields) -> Self {
        Self { status: StatusCode::OK, typed, faults: Faults::default(), is_stale: false }
    }
}

pub(super) async fn add(visit: Visit) -> PageResult {
    visit.authorize(Resource::CaptureForms, Action::Create, None)?;
    let label = |name: &str| visit.frame.t(name);
    let fields = [
        format!("name {SEPARATOR} {}", label("capture-offered-name")),
        format!("email{REQUIRED} {SEPARATOR} {}", label("capture-offered-email")),
        format!("description {SEPARATOR} {}", label("capture-offered-message")),
    ];
    let typed = Fields::default().and("fields", &fields.join("\n"));
    let typed = typed.and("source", "web_form").and("requiresChallenge", "true").and("isActive", "true");
    render(&visit, None, Open::of(typed)).await
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    visit.authorize(Resource::CaptureForms, Action::Read, None)?;
    let form = visit.scope().capture_forms().get(parsed::<CaptureFormId>(&id)?).await?;
    let typed = typed(&form);
    render(&visit, Some(form), Open::of(typed)).await
}

/// The form as its form shows it.
fn typed(form: &CaptureForm) -> Fields {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let flag = |flag: bool| if flag { "true" } else { "" };
    let line = |field: &CaptureField| {
        let mark = if field.is_required { String::from(REQUIRED) } else { String::new() };
        format!("{}{mark} {SEPARATOR} {}", field.key, field.label)
    };
    Fields::default()
        .and("name", &form.name)
        .and("fields", &form.fields.iter().map(line).collect::<Vec<_>>().join("\n"))
        .and("origins", &form.origins.join("\n"))
        .and("source", &text(&form.source))
        .and("ownerId", &form.owner_id.map(|id| id.to_string()).unwrap_or_default())
        .and("tags", &form.tags.join(", "))
        .and("status", &text(&form.status))
        .and("consentText", &text(&form.consent_text))
        .and("redirectUrl", &text(&form.redirect_url))
        .and("onDuplicate", form.on_duplicate.as_str())
        .and("requiresChallenge", flag(form.requires_challenge))
        .and("isActive", flag(form.is_active))
}

async fn render(visit: &Visit, form: Option<CaptureForm>, open: Open) -> PageResult {
    let around = Around::of(visit, "capture-forms");
    let frame = around.frame.clone();
    let Open { status, typed, faults, is_stale } = open;
    let action = form.as_ref().map_or_else(|| LIST.to_owned(), |form| format!("{LIST}/{}", form.id));
    let policy = typed.get("onDuplicate").unwrap_or(DuplicateLeads::default().as_str());
    let right = if form.is_some() { Action::Update } else { Action::Create };
    let page = CapturePage {
        action: frame.url(&action),
        title: form.as_ref().map_or_else(|| frame.t("capture-add"), |form| form.name.clone()),
        snippets: form.as_ref().map(|form| snippet::both(&frame, form)).transpose()?,
        owners: owners(visit, typed.text("ownerId")).await?,
        statuses: statuses(visit, typed.text("status")).await?,
        policies: choices(&frame, "capture-duplicate", DuplicateLeads::NAMES, policy),
        others: faults.elsewhere(NAMES),
        may_manage: visit.may(Resource::CaptureForms, right, None),
        form,
        typed,
        faults,
        is_stale,
        around,
        frame,
    };
    html(status, &page)
}

/// Those who can own leads, and nobody in particular.
async fn owners(visit: &Visit, chosen: &str) -> crm_core::Result<Vec<Choice>> {
    let people = People::read(&mut visit.scope()).await?;
    let nobody = Choice { value: String::new(), label: visit.frame.t("capture-nobody"), is_chosen: chosen.is_empty() };
    let person = |(value, name): (String, &str)| Choice { is_chosen: value == chosen, label: name.to_owned(), value };
    Ok(std::iter::once(nobody).chain(people.active().map(person)).collect())
}

/// The statuses that leads can begin in, and the default one.
async fn statuses(visit: &Visit, chosen: &str) -> crm_core::Result<Vec<Choice>> {
    let query = LeadStatusQuery { is_archived: Some(false), ..LeadStatusQuery::default() };
    let request = PageRequest::default().limit(MAX_PAGE);
    let page = match visit.scope().lead_statuses().list(&query, &request).await {
        Err(Error::Forbidden { .. }) => Vec::new(),
        page => page?.data,
    };
    let label = visit.frame.t("capture-default-status");
    let default = Choice { value: String::new(), label, is_chosen: chosen.is_empty() };
    let open = page.into_iter().filter(|status| status.status_type != LeadStatusType::Lost);
    let choice = open.map(|status| Choice { is_chosen: status.code == chosen, label: status.name, value: status.code });
    Ok(std::iter::once(default).chain(choice).collect())
}

pub(super) async fn create(visit: Visit, form: Form) -> PageResult {
    let outcome = visit.scope().capture_forms().create(read(&form.0)).await;
    match outcome {
        Ok(form) => Ok(see_other(visit.frame.url(&format!("{LIST}/{}?done=capture-form-added", form.id)))),
        Err(error) => faulty(&visit, None, form.0, error).await,
    }
}

pub(super) async fn save(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let (id, version) = (parsed::<CaptureFormId>(&id)?, form.version()?);
    let mut scope = visit.scope();
    match scope.capture_forms().update(id, patch(read(&form.0)), Some(version)).await {
        Ok(_) => Ok(see_other(visit.frame.url(&format!("{LIST}/{id}?done=capture-form-saved")))),
        Err(error @ (Error::NotFound { .. } | Error::Forbidden { .. })) => Err(error.into()),
        Err(error) => {
            let now = scope.capture_forms().get(id).await?;
            faulty(&visit, Some(now), form.0, error).await
        }
    }
}

async fn faulty(visit: &Visit, form: Option<CaptureForm>, typed: Fields, error: Error) -> PageResult {
    let (status, faults, is_stale) = match error {
        Error::Stale { .. } => (StatusCode::PRECONDITION_FAILED, Faults::default(), true),
        error => (StatusCode::UNPROCESSABLE_ENTITY, faults(error, visit.frame.language())?, false),
    };
    render(visit, form, Open { status, typed, faults, is_stale }).await
}

/// The form that a form describes.
fn read(form: &Fields) -> NewCaptureForm {
    let text = |name: &str| form.get(name).map(str::to_owned);
    let list = |name: &str, separators: &[char]| {
        let parts = form.text(name).split(|letter: char| separators.contains(&letter));
        Some(parts.map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect())
    };
    let flag = |name: &str| Some(form.get(name).is_some());
    NewCaptureForm {
        name: text("name"),
        fields: Some(form.text("fields").lines().map(str::trim).filter(|line| !line.is_empty()).map(field).collect()),
        origins: list("origins", &['\n', '\r', ',', ' ']),
        source: text("source"),
        owner_id: form.get("ownerId").and_then(|id| id.parse().ok()),
        tags: list("tags", &[',', ';', '\n']),
        status: text("status"),
        consent_text: text("consentText"),
        redirect_url: text("redirectUrl"),
        requires_challenge: flag("requiresChallenge"),
        on_duplicate: form.get("onDuplicate").and_then(|policy| policy.parse().ok()),
        is_active: flag("isActive"),
    }
}

/// A field on its line.
fn field(line: &str) -> CaptureField {
    let (key, label) = line.split_once(SEPARATOR).unwrap_or((line, line.trim_end_matches(REQUIRED)));
    let key = key.trim();
    let bare = key.trim_end_matches(REQUIRED).trim_end();
    CaptureField { key: bare.to_owned(), label: label.trim().to_owned(), is_required: key.ends_with(REQUIRED) }
}

/// The change that makes a form this one.
fn patch(new: NewCaptureForm) -> CaptureFormPatch {
    CaptureFormPatch {
        name: new.name.into(),
        fields: new.fields.into(),
        origins: new.origins.into(),
        source: new.source.into(),
        owner_id: new.owner_id.into(),
        tags: new.tags.into(),
        status: new.status.into(),
        consent_text: new.consent_text.into(),
        redirect_url: new.redirect_url.into(),
        requires_challenge: new.requires_challenge.into(),
        on_duplicate: new.on_duplicate.into(),
        is_active: new.is_active.into(),
    }
}
