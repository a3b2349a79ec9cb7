//! A new customer.

use actix_web::http::StatusCode;
use askama::Template;
use crm_core::custom_fields::CustomField;
use crm_core::customers::{CustomerKind, NewCustomer};
use serde_json::{Map, Value};

use super::custom::{self, Control, Definitions};
use super::fields::{self, GROUPS, SPECS};
use super::{Brief, Choice, Faults, customer_path, similar};
use crate::base::fields::Fields;
use crate::web::{Form, Frame, PageResult, People, Visit, html, see_other};

#[derive(Template)]
#[template(path = "customers/add.html")]
struct AddPage {
    frame: Frame,
    kinds: Vec<Choice>,
    kind_fault: Option<String>,
    groups: Vec<Group>,
    others: Vec<String>,
    is_faulty: bool,
    /// What the check of a form that is not finished says.
    hints: Vec<String>,
    similar: Vec<Brief>,
    /// How many more there are that the user may not see.
    hidden: usize,
    /// True if the customer was not added because of them.
    is_asked: bool,
}

struct Group {
    heading: String,
    /// The group that is folded while it is empty.
    is_more: bool,
    lines: Vec<Line>,
    is_folded: bool,
}

struct Line {
    name: String,
    label: String,
    input: &'static str,
    is_block: bool,
    value: String,
    choices: Vec<Choice>,
    /// Any of the choices, not one.
    is_multiple: bool,
    fault: Option<String>,
    /// The class that hides it where it says nothing: `of-persons`, or `of-organizations`.
    class: &'static str,
    most: u16,
    /// The first of the faults, or of all.
    is_focused: bool,
}

pub(super) async fn show(visit: Visit) -> PageResult {
    let me = visit.actor().user_id().map(|user| user.to_string()).unwrap_or_default();
    let mut scope = visit.scope();
    let people = People::read(&mut scope).await?;
    let definitions = Definitions::read(&mut scope).await?;
    // A customer belongs to the user who adds it, if customers can belong to that user.
    let me = if people.active().any(|(id, _)| id == me) { me } else { String::new() };
    let given = visit.query.with("ownerId", &me).with("kind", visit.query.get("kind").unwrap_or("person"));
    let given = custom::defaults(&definitions, given);
    html(StatusCode::OK, &page(&visit, (&people, &definitions), &given, &Faults::default()))
}

/// Checks what is typed so far, and writes nothing. In a form, because names do not belong in addresses.
pub(super) async fn check(visit: Visit, form: Form) -> PageResult {
    let mut scope = visit.scope();
    let people = People::read(&mut scope).await?;
    let definitions = Definitions::read(&mut scope).await?;
    let similar = match read(&definitions, &form.0) {
        Some(typed) => similar::to(&mut scope, typed).await?,
        None => similar::Similar::default(),
    };
    let hints = hints(&visit.frame, &definitions, &form.0);
    let page = page(&visit, (&people, &definitions), &form.0, &Faults::default());
    let hidden = similar.hidden;
    html(StatusCode::OK, &AddPage { hints, hidden, similar: shown(&page.frame, similar), ..page })
}

pub(super) async fn create(visit: Visit, form: Form) -> PageResult {
    let (mut scope, language) = (visit.scope(), visit.frame.language());
    let definitions = Definitions::read(&mut scope).await?;
    let new = read(&definitions, &form.0);
    let whole = new.as_ref().filter(|new| form.0.get("anyway").is_none() && new.check().is_ok());
    if let Some(whole) = whole {
        let similar = similar::to(&mut scope, whole.clone()).await?;
        if !similar.is_empty() && !similar.is_taken {
            let people = People::read(&mut scope).await?;
            let page = page(&visit, (&people, &definitions), &form.0, &Faults::default());
            let (hidden, similar) = (similar.hidden, shown(&page.frame, similar));
            return html(StatusCode::UNPROCESSABLE_ENTITY, &AddPage { similar, hidden, is_asked: true, ..page });
        }
    }
    let outcome = match new {
        Some(new) => scope.customers().create(new).await.map_err(|error| Faults::of(error, language)),
        None => Err(Ok(Faults::unreadable("", language))),
    };
    match outcome {
        Ok(customer) => Ok(see_other(visit.frame.url(&format!("{}?done=added", customer_path(customer.id))))),
        Err(faults) => {
            let people = People::read(&mut scope).await?;
            html(StatusCode::UNPROCESSABLE_ENTITY, &page(&visit, (&people, &definitions), &form.0, &faults?))
        }
    }
}

fn read(definitions: &Definitions, form: &Fields) -> Option<NewCustomer> {
    let names = SPECS.iter().map(|spec| spec.name).chain(["kind"]);
    let given = names.filter_map(|name| Some((name.to_owned(), fields::typed(name, form.get(name)?))));
    let mut given: Map<String, Value> = given.collect();
    given.insert("customFields".to_owned(), custom::values(definitions, form).into());
    serde_json::from_value(given.into()).ok()
}

/// What is wrong with the fields that have a value. The others may be filled in yet.
fn hints(frame: &Frame, definitions: &Definitions, form: &Fields) -> Vec<String> {
    let language = frame.language();
    let faults = match read(definitions, form).map(|new| new.check()) {
        Some(Ok(())) => return Vec::new(),
        Some(Err(violations)) => Faults::of(violations.into(), language).unwrap_or_default(),
        None => Faults::unreadable("", language),
    };
    let typed = SPECS.iter().filter(|spec| form.get(spec.name).is_some());
    typed.filter_map(|spec| Some(format!("{}: {}", fields::label(frame, spec.name), faults.at(spec.name)?))).collect()
}

fn shown(frame: &Frame, similar: similar::Similar) -> Vec<Brief> {
    similar.customers.into_iter().map(|customer| Brief::of(frame, customer)).collect()
}

fn page(visit: &Visit, (people, definitions): (&People, &Definitions), given: &Fields, faults: &Faults) -> AddPage {
    let frame = visit.frame.clone().within("customers");
    let names = SPECS.iter().map(|spec| spec.name.to_owned()).chain(definitions.iter().map(custom::name));
    let known: Vec<String> = names.chain(["kind".to_owned()]).collect();
    let mut focus = known.iter().map(String::as_str).find(|name| faults.at(name).is_some()).or(Some("firstName"));
    let mut line = |spec: &fields::Spec| {
        let value = given.text(spec.name).to_owned();
        let value = if spec.name == "status" && value.is_empty() { "prospect".to_owned() } else { value };
        Line {
            name: spec.name.to_owned(),
            label: fields::label(&frame, spec.name),
            input: spec.input.html(),
            is_block: spec.input == fields::Input::Block,
            choices: fields::choices(&frame, people, spec.name, &value),
            is_multiple: false,
            fault: faults.at(spec.name),
            class: match spec.name {
                _ if spec.kind == Some(CustomerKind::Person) => "of-persons",
                _ if spec.kind == Some(CustomerKind::Organization) => "of-organizations",
                // A person's name is made of its parts.
                "name" if value.is_empty() && faults.at("name").is_none() => "of-organizations",
                _ => "",
            },
            most: spec.most,
            is_focused: focus.take_if(|name| *name == spec.name).is_some(),
            value,
        }
    };
    let groups = GROUPS.iter().map(|group| {
        let lines: Vec<Line> = SPECS.iter().filter(|spec| spec.group == *group).map(&mut line).collect();
        let is_used = lines.iter().any(|line| line.fault.is_some() || !line.value.is_empty());
        let is_more = *group == fields::MORE;
        Group { heading: frame.named("group", group), is_more, lines, is_folded: is_more && !is_used }
    });
    let mut groups: Vec<Group> = groups.collect();
    groups.extend(definitions.groups(&frame).into_iter().map(|(heading, own)| {
        let lines = own.into_iter().map(|field| custom_line(&frame, people, field, given, faults, focus));
        Group { heading, is_more: false, lines: lines.collect(), is_folded: false }
    }));
    let others = faults.elsewhere(&known.iter().map(String::as_str).collect::<Vec<_>>());
    let is_faulty = !faults.0.is_empty();
    let kinds = fields::choices(&frame, people, "kind", given.text("kind"));
    let (hints, similar) = (Vec::new(), Vec::new());
    AddPage {
        groups,
        kinds,
        kind_fault: faults.at("kind"),
        others,
        is_faulty,
        hints,
        similar,
        hidden: 0,
        is_asked: false,
        frame,
    }
}

/// A field of the company's own.
fn custom_line(
    frame: &Frame,
    people: &People,
    field: &CustomField,
    given: &Fields,
    faults: &Faults,
    focus: Option<&str>,
) -> Line {
    let (name, control) = (custom::name(field), custom::control(field));
    let values: Vec<String> = given.all(&name).map(str::to_owned).collect();
    Line {
        label: field.label.clone(),
        input: control.html(),
        choices: custom::choices(frame, people, field, &values),
        is_multiple: control == Control::Choices,
        is_block: control == Control::Lines,
        fault: faults.at(&name),
        class: "",
        most: 16_384,
        is_focused: focus == Some(&name),
        value: values.into_iter().next().unwrap_or_default(),
        name,
    }
}
