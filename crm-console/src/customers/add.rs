//! A new customer.

use actix_web::http::StatusCode;
use askama::Template;
use crm_core::customers::{Customer, NewCustomer};
use serde_json::{Map, Value};

use super::fields::{self, GROUPS, SPECS};
use super::{Choice, Faults, customer_path, similar};
use crate::base::fields::Fields;
use crate::web::{Form, Frame, PageResult, People, Visit, html, see_other};

#[derive(Template)]
#[template(path = "customers/add.html")]
struct AddPage {
    frame: Frame,
    kinds: Vec<Choice>,
    kind_fault: Option<String>,
    groups: Vec<(&'static str, Vec<Line>)>,
    others: Vec<String>,
    is_faulty: bool,
    /// What the check of a form that is not finished says.
    hints: Vec<String>,
    similar: Vec<Similar>,
    /// True if the customer was not added because of them.
    is_asked: bool,
}

/// A customer that may be the same.
struct Similar {
    url: String,
    name: String,
    details: String,
}

struct Line {
    name: &'static str,
    label: String,
    input: &'static str,
    value: String,
    choices: Vec<Choice>,
    fault: Option<String>,
    /// The class that hides it where it says nothing: `of-persons`, or `of-organizations`.
    class: &'static str,
    most: u16,
    /// The first of the faults, or of all.
    is_focused: bool,
}

pub(super) async fn show(visit: Visit) -> PageResult {
    let me = visit.actor().user_id().map(|user| user.to_string()).unwrap_or_default();
    let people = People::read(&mut visit.scope()).await?;
    // A customer belongs to the user who adds it, if customers can belong to that user.
    let me = if people.active().any(|(id, _)| id == me) { me } else { String::new() };
    let given = visit.query.with("ownerId", &me).with("kind", visit.query.get("kind").unwrap_or("person"));
    html(StatusCode::OK, &page(&visit, &people, &given, &Faults::default()))
}

/// Checks what is typed so far, and writes nothing. In a form, because names do not belong in addresses.
pub(super) async fn check(visit: Visit, form: Form) -> PageResult {
    let mut scope = visit.scope();
    let people = People::read(&mut scope).await?;
    let similar = similar::to(&mut scope, &form.0).await?;
    let hints = hints(&visit.frame, &form.0);
    let page = page(&visit, &people, &form.0, &Faults::default());
    html(StatusCode::OK, &AddPage { hints, similar: shown(&page.frame, similar), ..page })
}

pub(super) async fn create(visit: Visit, form: Form) -> PageResult {
    let (mut scope, language) = (visit.scope(), visit.frame.language());
    let new = read(&form.0);
    if form.0.get("anyway").is_none() && new.as_ref().is_some_and(|new| new.check().is_ok()) {
        let similar = similar::to(&mut scope, &form.0).await?;
        if !similar.customers.is_empty() && !similar.is_taken {
            let people = People::read(&mut scope).await?;
            let page = page(&visit, &people, &form.0, &Faults::default());
            let similar = shown(&page.frame, similar);
            return html(StatusCode::UNPROCESSABLE_ENTITY, &AddPage { similar, is_asked: true, ..page });
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
            html(StatusCode::UNPROCESSABLE_ENTITY, &page(&visit, &people, &form.0, &faults?))
        }
    }
}

fn read(form: &Fields) -> Option<NewCustomer> {
    let names = SPECS.iter().map(|spec| spec.name).chain(["kind"]);
    let given = names.filter_map(|name| Some((name.to_owned(), Value::from(form.get(name)?))));
    serde_json::from_value(Value::Object(given.collect::<Map<_, _>>())).ok()
}

/// What is wrong with the fields that have a value. The others may be filled in yet.
fn hints(frame: &Frame, form: &Fields) -> Vec<String> {
    let language = frame.language();
    let faults = match read(form).map(|new| new.check()) {
        Some(Ok(())) => return Vec::new(),
        Some(Err(violations)) => Faults::of(violations.into(), language).unwrap_or_default(),
        None => Faults::unreadable("", language),
    };
    let typed = SPECS.iter().filter(|spec| form.get(spec.name).is_some());
    typed.filter_map(|spec| Some(format!("{}: {}", fields::label(frame, spec.name), faults.at(spec.name)?))).collect()
}

fn shown(frame: &Frame, similar: similar::Similar) -> Vec<Similar> {
    let shown = |customer: Customer| {
        let details = [customer.organization_name, customer.email, customer.phone].into_iter().flatten();
        Similar {
            url: frame.url(&customer_path(customer.id)),
            details: details.collect::<Vec<_>>().join(" · "),
            name: customer.name,
        }
    };
    similar.customers.into_iter().map(shown).collect()
}

fn page(visit: &Visit, people: &People, given: &Fields, faults: &Faults) -> AddPage {
    let frame = visit.frame.clone().within("customers");
    let mut focus =
        Some(SPECS.iter().find(|spec| faults.at(spec.name).is_some()).map_or("firstName", |spec| spec.name));
    let mut line = |spec: &fields::Spec| {
        let value = given.text(spec.name).to_owned();
        let value = if spec.name == "status" && value.is_empty() { "prospect".to_owned() } else { value };
        Line {
            name: spec.name,
            label: fields::label(&frame, spec.name),
            input: spec.input.html(),
            choices: fields::choices(&frame, people, spec.name, &value),
            fault: faults.at(spec.name),
            class: match spec.name {
                _ if spec.is_of_persons => "of-persons",
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
        let lines = SPECS.iter().filter(|spec| spec.group == *group).map(&mut line);
        (*group, lines.collect())
    });
    let known: Vec<&str> = SPECS.iter().map(|spec| spec.name).chain(["kind"]).collect();
    let others = faults.elsewhere(&known);
    let is_faulty = !faults.0.is_empty();
    let kinds = fields::choices(&frame, people, "kind", given.text("kind"));
    let (hints, similar) = (Vec::new(), Vec::new());
    AddPage {
        groups: groups.collect(),
        kinds,
        kind_fault: faults.at("kind"),
        others,
        is_faulty,
        hints,
        similar,
        is_asked: false,
        frame,
    }
}
