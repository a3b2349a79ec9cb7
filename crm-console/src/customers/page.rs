//! The page of a customer: fields, tags, pinned notes, timeline, and the composer above it.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::customers::Customer;
use crm_core::ids::CustomerId;
use crm_core::notes::NoteQuery;
use crm_core::page::{MAX_PAGE, PageRequest};
use crm_core::tags::TagQuery;
use crm_core::{CompanyScope, Error};
use crm_web::problem::ApiError;
use serde_json::Value;

use super::compose::{Composer, Composing};
use super::fields::{self, GROUPS, Input, SPECS};
use super::timeline::{self, Day, Entry};
use super::{Choice, customer_path, parsed};
use crate::base::fields::Fields;
use crate::base::moment::Shown;
use crate::web::{Frame, PageResult, People, Visit, html};

/// What a form has left open.
#[derive(Default)]
pub(super) struct State {
    pub status: StatusCode,
    pub editing: Option<Editing>,
    pub composing: Option<Composing>,
    /// What was typed as a tag, and what is wrong with it.
    pub tag_fault: Option<(String, String)>,
}

/// A field that is being edited.
pub(super) struct Editing {
    pub field: &'static str,
    /// What was typed; without it the value of the customer.
    pub value: Option<String>,
    pub fault: Option<String>,
    /// True if the customer has changed since the form was made.
    pub is_stale: bool,
}

#[derive(Template)]
#[template(path = "customers/page.html")]
struct CustomerPage {
    frame: Frame,
    customer: Customer,
    /// The path of this customer.
    url: String,
    /// What addresses keep: the filter of the timeline.
    keep: String,
    telephone: Option<String>,
    status: String,
    updated: Shown,
    groups: Vec<(&'static str, Vec<Field>)>,
    may_update: bool,
    may_tag: bool,
    all_tags: Vec<String>,
    tag_fault: Option<(String, String)>,
    actions: Actions,
    composer: Option<Composer>,
    kinds: Vec<Choice>,
    pinned: Vec<Entry>,
    days: Vec<Day>,
    more: Option<String>,
    /// What is told to those who cannot see it.
    announcement: Option<String>,
}

/// The addresses of what is done with the whole customer.
struct Actions {
    delete: Option<String>,
    trash: Option<String>,
}

impl Actions {
    fn of(visit: &Visit, customer: &Customer, url: &str) -> Self {
        let may_restore = |resource| visit.actor().reach(resource, Action::Restore).is_some();
        let has_trash = may_restore(Resource::Notes) || may_restore(Resource::Interactions);
        let may_delete = visit.may(Resource::Customers, Action::Delete, customer.owner_id);
        Self { delete: may_delete.then(|| format!("{url}/delete")), trash: has_trash.then(|| format!("{url}/trash")) }
    }

    const fn is_empty(&self) -> bool {
        self.delete.is_none() && self.trash.is_none()
    }
}

struct Field {
    name: &'static str,
    label: String,
    value: String,
    link: Option<String>,
    editor: Option<Editor>,
    /// True if it has just been saved, so that the keyboard goes on here.
    is_focused: bool,
}

struct Editor {
    input: &'static str,
    value: String,
    most: u16,
    choices: Vec<Choice>,
    fault: Option<String>,
    /// The value that the customer has meanwhile.
    meanwhile: Option<String>,
    version: i64,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    let spec = visit.query.get("edit").and_then(fields::spec_of);
    let editing = spec.map(|spec| Editing { field: spec.name, value: None, fault: None, is_stale: false });
    render(&visit, parsed(&id)?, State { editing, ..State::default() }).await
}

pub(super) async fn render(visit: &Visit, id: CustomerId, state: State) -> PageResult {
    let mut scope = visit.scope();
    let customer = scope.customers().get(id).await?;
    let people = People::read(&mut scope).await?;
    let frame = visit.frame.clone().within("customers");
    let url = frame.url(&customer_path(id));
    let kept = visit.query.get("kind").map_or_else(Fields::default, |kind| Fields::default().with("kind", kind));
    let context = timeline::Context { visit, people: &people, url: &url, keep: &kept.query() };
    let (days, more) = context.days(&mut scope, id).await?;
    let pinned = pinned(&context, &mut scope, id).await?;
    let may_update = visit.may(Resource::Customers, Action::Update, customer.owner_id) && !customer.is_trashed();
    let may_tag = visit.may(Resource::Tags, Action::Attach, customer.owner_id);
    let page = CustomerPage {
        telephone: fields::telephone(&customer),
        status: frame.named("status", customer.status.as_str()),
        updated: frame.calendar.relative(customer.updated_at),
        groups: groups(&frame, &customer, &people, &state, visit, may_update),
        all_tags: if may_tag { tag_names(&mut scope).await? } else { Vec::new() },
        actions: Actions::of(visit, &customer, &url),
        composer: Composer::of(visit, state.composing),
        kinds: timeline::kinds(&frame, visit.query.text("kind")),
        announcement: visit.query.get("done").map(|what| announcement(&frame, what)),
        tag_fault: state.tag_fault,
        keep: kept.query(),
        may_update,
        may_tag,
        pinned,
        days,
        more,
        url,
        customer,
        frame,
    };
    html(state.status, &page)
}

fn announcement(frame: &Frame, what: &str) -> String {
    match fields::spec_of(what) {
        Some(spec) => frame.w("done-field", &fields::label(frame, spec.name)),
        None => frame.named("done", what),
    }
}

fn groups(
    frame: &Frame,
    customer: &Customer,
    people: &People,
    state: &State,
    visit: &Visit,
    may_update: bool,
) -> Vec<(&'static str, Vec<Field>)> {
    let (values, saved) = (fields::values(customer), visit.query.text("done"));
    let is_person = customer.kind.as_str() == "person";
    let field = |spec: &fields::Spec| Field {
        name: spec.name,
        label: fields::label(frame, spec.name),
        value: fields::shown(frame, customer, &values, spec.name),
        link: fields::link(customer, spec.name),
        editor: state
            .editing
            .as_ref()
            .filter(|editing| may_update && editing.field == spec.name)
            .map(|editing| editor(frame, customer, people, &values, (spec, editing))),
        is_focused: saved == spec.name && state.editing.is_none(),
    };
    let groups = GROUPS.iter().map(|group| {
        let specs = SPECS.iter().filter(|spec| spec.group == *group && (is_person || !spec.is_of_persons));
        (*group, specs.map(field).collect())
    });
    groups.collect()
}

fn editor(
    frame: &Frame,
    customer: &Customer,
    people: &People,
    values: &Value,
    (spec, editing): (&fields::Spec, &Editing),
) -> Editor {
    let value = editing.value.clone().unwrap_or_else(|| fields::raw(values, spec.name));
    let choices = match spec.input {
        Input::Choice => fields::choices(frame, people, spec.name, &value),
        Input::Line(_) => Vec::new(),
    };
    let meanwhile = editing.is_stale.then(|| fields::shown(frame, customer, values, spec.name));
    let (fault, version) = (editing.fault.clone(), customer.version);
    Editor { input: spec.input.html(), most: spec.most, choices, value, fault, meanwhile, version }
}

async fn pinned(
    context: &timeline::Context<'_>,
    scope: &mut CompanyScope<'_>,
    id: CustomerId,
) -> Result<Vec<Entry>, ApiError> {
    let query = NoteQuery { is_pinned: Some(true), ..NoteQuery::default() };
    let page = match scope.notes(id).list(&query, &PageRequest::default()).await {
        Err(Error::Forbidden { .. }) => return Ok(Vec::new()),
        page => page?,
    };
    Ok(page.data.into_iter().map(|note| context.note(note)).collect())
}

async fn tag_names(scope: &mut CompanyScope<'_>) -> Result<Vec<String>, Error> {
    match scope.tags().list(&TagQuery::default(), &PageRequest::default().limit(MAX_PAGE)).await {
        Err(Error::Forbidden { .. }) => Ok(Vec::new()),
        page => Ok(page?.data.into_iter().map(|tag| tag.name).collect()),
    }
}
