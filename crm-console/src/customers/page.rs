//! The page of a customer: fields, tags, pinned notes, timeline, and the composer above it.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::custom_fields::CustomField;
use crm_core::customers::Customer;
use crm_core::ids::CustomerId;
use crm_core::page::MAX_PAGE;
use crm_core::{CompanyScope, Error};
use crm_web::problem::Code;
use serde_json::Value;

use super::compose::{Composer, Composing};
use super::custom::{self, Control, Definitions};
use super::fields::{self, GROUPS, Input, SPECS};
use super::links::{self, Links};
use super::merge;
use super::party::Party;
use super::points::{self, Points};
use super::timeline::{self, Day, Entry};
use super::{Choice, customer_path, parsed};
use crate::base::fields::Fields;
use crate::base::moment::Shown;
use crate::web::{Frame, PageResult, People, Visit, html};
use crate::{deals, leads, tasks};

/// What a form has left open.
#[derive(Default)]
pub(super) struct State {
    pub status: StatusCode,
    pub editing: Option<Editing>,
    pub composing: Option<Composing>,
    /// An entry of a list that could not be changed.
    pub points: Option<points::Open>,
    /// A link that could not be written.
    pub links: Option<links::Open>,
    /// What was typed as a tag, and what is wrong with it.
    pub tag_fault: Option<(String, String)>,
}

/// A field that is being edited.
pub(super) struct Editing {
    pub field: String,
    /// What was typed, several of a multiple choice; without it the value of the customer.
    pub values: Option<Vec<String>>,
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
    /// The same for forms.
    kept: Vec<(String, String)>,
    /// Whether the timeline has the people of an organization.
    with_people: bool,
    telephone: Option<String>,
    status: String,
    updated: Shown,
    groups: Vec<Group>,
    lists: Vec<Points>,
    links: Links,
    deals: Option<deals::OfCustomer>,
    may_update: bool,
    may_tag: bool,
    all_tags: Vec<String>,
    tag_fault: Option<(String, String)>,
    actions: Actions,
    merges: Vec<merge::Past>,
    leads: leads::OfCustomer,
    composer: Option<Composer>,
    tasks: Option<tasks::OfCustomer>,
    kinds: Vec<Choice>,
    pinned: Vec<Entry>,
    days: Vec<Day>,
    more: Option<String>,
    /// What is told to those who cannot see it.
    announcement: Option<String>,
}

/// The addresses of what is done with the whole customer.
struct Actions {
    consents: Option<String>,
    merge: Option<String>,
    delete: Option<String>,
    trash: Option<String>,
}

impl Actions {
    fn of(visit: &Visit, customer: &Customer, url: &str) -> Self {
        let may_restore = |resource| visit.actor().reach(resource, Action::Restore).is_some();
        let kinds = [Resource::Notes, Resource::Interactions, Resource::Tasks, Resource::Deals];
        let has_trash = kinds.into_iter().any(may_restore);
        let may_delete = visit.may(Resource::Customers, Action::Delete, customer.owner_id);
        let reads_consents = visit.actor().reach(Resource::Consents, Action::Read).is_some();
        Self {
            consents: reads_consents.then(|| format!("{url}/consents")),
            merge: merge::is_allowed(visit).then(|| format!("{url}/merge")),
            delete: may_delete.then(|| format!("{url}/delete")),
            trash: has_trash.then(|| format!("{url}/trash")),
        }
    }

    const fn is_empty(&self) -> bool {
        self.consents.is_none() && self.merge.is_none() && self.delete.is_none() && self.trash.is_none()
    }
}

struct Field {
    name: String,
    label: String,
    value: String,
    link: Option<String>,
    editor: Option<Editor>,
    /// True if it has just been saved, so that the keyboard goes on here.
    is_focused: bool,
}

struct Group {
    /// Empty for custom fields.
    name: &'static str,
    heading: String,
    /// The group that is folded while it is empty.
    is_more: bool,
    fields: Vec<Field>,
    is_folded: bool,
}

struct Editor {
    input: &'static str,
    is_block: bool,
    value: String,
    most: u16,
    choices: Vec<Choice>,
    /// Any of the choices, not one.
    is_multiple: bool,
    fault: Option<String>,
    /// The value that the customer has meanwhile.
    meanwhile: Option<String>,
    version: i64,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    let editing = visit.query.get("edit").map(|name| Editing {
        field: name.to_owned(),
        values: None,
        fault: None,
        is_stale: false,
    });
    let id = parsed(&id)?;
    match render(&visit, id, State { editing, ..State::default() }).await {
        // What belongs to a lead names it like a customer.
        Err(failure) if failure.code() == Code::NotFound => leads::instead(&visit, id, failure).await,
        shown => shown,
    }
}

pub(super) async fn render(visit: &Visit, id: CustomerId, state: State) -> PageResult {
    let mut scope = visit.scope();
    let customer = scope.customers().get(id).await?;
    let people = People::read(&mut scope).await?;
    let definitions = Definitions::read(&mut scope).await?;
    let named = definitions.customers(&mut scope, &customer).await?;
    let frame = visit.frame.clone().within("customers");
    let url = frame.url(&customer_path(id));
    let kept = ["kind", "people"].into_iter().filter_map(|name| Some((name, visit.query.get(name)?)));
    let kept = kept.fold(Fields::default(), |kept, (name, value)| kept.and(name, value));
    let links = Links::read(&mut scope, visit, &customer, state.links.as_ref()).await?;
    let deals = deals::OfCustomer::read(&mut scope, visit, id).await?;
    let party = Party::Customer(id);
    let context = timeline::Context { party, visit, people: &people, url: &url, keep: &kept.query() };
    let (days, more) = context.days(&mut scope).await?;
    let pinned = context.pinned(&mut scope).await?;
    let back = format!("{url}{}", kept.query());
    let tasks = tasks::OfCustomer::read(&mut scope, visit, (id, !customer.is_trashed()), back).await?;
    let mut merges = merge::past(visit, &frame, &mut scope, &customer).await?;
    let leads =
        leads::OfCustomer::read(&mut scope, visit, id, merges.iter().flat_map(|merge| merge.losers.iter().copied()))
            .await?;
    // A conversion is taken back from the lead.
    merges.retain(|merge| !leads.has(&merge.losers));
    let may_update = visit.may(Resource::Customers, Action::Update, customer.owner_id) && !customer.is_trashed();
    let may_tag = visit.may(Resource::Tags, Action::Attach, customer.owner_id);
    let page = CustomerPage {
        telephone: fields::telephone(&customer),
        status: frame.named("status", customer.status.as_str()),
        updated: frame.calendar.relative(customer.updated_at),
        groups: {
            let own = Own { frame: &frame, people: &people, customers: &named, definitions: &definitions };
            groups(&own, &customer, &state, visit, may_update)
        },
        lists: points::of(&frame, &customer, state.points.as_ref()),
        all_tags: if may_tag { tag_names(&mut scope).await? } else { Vec::new() },
        actions: Actions::of(visit, &customer, &url),
        merges,
        leads,
        composer: Composer::of(visit, state.composing),
        kinds: timeline::kinds(&frame, visit.query.text("kind")),
        announcement: visit.query.get("done").map(|what| announcement(&frame, &definitions, what)),
        tag_fault: state.tag_fault,
        tasks,
        with_people: kept.has("people"),
        kept: kept.pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        keep: kept.query(),
        links,
        deals,
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

fn announcement(frame: &Frame, definitions: &Definitions, what: &str) -> String {
    match (fields::spec_of(what), definitions.named(what)) {
        (Some(spec), _) => frame.w("done-field", &fields::label(frame, spec.name)),
        (None, Some(field)) => frame.w("done-field", &field.label),
        (None, None) => frame.named("done", what),
    }
}

/// What the company's own fields are shown with.
struct Own<'p> {
    frame: &'p Frame,
    people: &'p People,
    /// The names of customers, by their ids.
    customers: &'p HashMap<String, String>,
    definitions: &'p Definitions,
}

impl Own<'_> {
    fn shown(&self, field: &CustomField, customer: &Customer) -> String {
        custom::shown(self.frame, self.people, self.customers, field, customer.custom_fields.get(&field.key))
    }

    fn field(&self, field: &CustomField, customer: &Customer, state: &State, saved: &str, may_update: bool) -> Field {
        let name = custom::name(field);
        let editing = state.editing.as_ref().filter(|editing| may_update && editing.field == name);
        Field {
            label: field.label.clone(),
            value: self.shown(field, customer),
            link: custom::link(self.frame, field, customer.custom_fields.get(&field.key)),
            editor: editing.map(|editing| self.editor(field, customer, editing)),
            is_focused: saved == name && state.editing.is_none(),
            name,
        }
    }

    fn editor(&self, field: &CustomField, customer: &Customer, editing: &Editing) -> Editor {
        let held = || custom::typed(field, customer.custom_fields.get(&field.key));
        let values = editing.values.clone().unwrap_or_else(held);
        let control = custom::control(field);
        Editor {
            input: control.html(),
            most: 16_384,
            choices: custom::choices(self.frame, self.people, field, &values),
            is_multiple: control == Control::Choices,
            is_block: control == Control::Lines,
            value: values.into_iter().next().unwrap_or_default(),
            fault: editing.fault.clone(),
            meanwhile: editing.is_stale.then(|| self.shown(field, customer)),
            version: customer.version,
        }
    }
}

fn groups(own: &Own<'_>, customer: &Customer, state: &State, visit: &Visit, may_update: bool) -> Vec<Group> {
    let Own { frame, people, .. } = own;
    let (values, saved) = (fields::values(customer), visit.query.text("done"));
    let field = |spec: &fields::Spec| Field {
        name: spec.name.to_owned(),
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
        let is_shown = |spec: &&fields::Spec| {
            spec.group == *group
                && (spec.kind.is_none_or(|kind| kind == customer.kind) || !fields::raw(&values, spec.name).is_empty())
        };
        let fields: Vec<Field> = SPECS.iter().filter(is_shown).map(field).collect();
        let is_used = fields.iter().any(|field| field.editor.is_some() || field.is_focused || !field.value.is_empty());
        let is_more = *group == fields::MORE;
        Group { name: group, heading: frame.named("group", group), is_more, is_folded: is_more && !is_used, fields }
    });
    let custom = own.definitions.groups(frame).into_iter().map(|(heading, fields)| {
        let field = |field: &CustomField| own.field(field, customer, state, saved, may_update);
        Group { name: "", heading, is_more: false, fields: fields.into_iter().map(field).collect(), is_folded: false }
    });
    groups.chain(custom).collect()
}

fn editor(
    frame: &Frame,
    customer: &Customer,
    people: &People,
    values: &Value,
    (spec, editing): (&fields::Spec, &Editing),
) -> Editor {
    let typed = editing.values.as_ref().map(|values| values.first().cloned().unwrap_or_default());
    let value = typed.unwrap_or_else(|| fields::raw(values, spec.name));
    let choices = match spec.input {
        Input::Choice => fields::choices(frame, people, spec.name, &value),
        Input::Line(_) | Input::Block => Vec::new(),
    };
    let meanwhile = editing.is_stale.then(|| fields::shown(frame, customer, values, spec.name));
    let (fault, version) = (editing.fault.clone(), customer.version);
    let is_block = spec.input == Input::Block;
    Editor {
        input: spec.input.html(),
        is_block,
        most: spec.most,
        choices,
        is_multiple: false,
        value,
        fault,
        meanwhile,
        version,
    }
}

/// The names of tags that can be chosen.
pub(crate) async fn tag_names(scope: &mut CompanyScope<'_>) -> Result<Vec<String>, Error> {
    match scope.tags().names(MAX_PAGE).await {
        Err(Error::Forbidden { .. }) => Ok(Vec::new()),
        names => names,
    }
}
