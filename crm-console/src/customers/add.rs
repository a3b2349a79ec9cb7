//! A new customer.

use actix_web::http::StatusCode;
use askama::Template;
use crm_core::customers::NewCustomer;
use serde_json::{Map, Value};

use super::fields::{self, GROUPS, SPECS};
use super::{Choice, Faults, customer_path};
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
}

struct Line {
    name: &'static str,
    label: String,
    input: &'static str,
    value: String,
    choices: Vec<Choice>,
    fault: Option<String>,
    is_of_persons: bool,
    most: u16,
    /// The first of the faults, or of all.
    is_focused: bool,
}

pub(super) async fn show(visit: Visit) -> PageResult {
    let me = visit.actor().user_id().map(|user| user.to_string()).unwrap_or_default();
    let people = People::read(&mut visit.scope()).await?;
    // A customer belongs to the one who adds it, if it is one of those to whom it can belong.
    let me = if people.active().any(|(id, _)| id == me) { me } else { String::new() };
    let given = visit.query.with("ownerId", &me).with("kind", visit.query.get("kind").unwrap_or("person"));
    html(StatusCode::OK, &page(&visit, &people, &given, &Faults::default()))
}

pub(super) async fn create(visit: Visit, form: Form) -> PageResult {
    let (mut scope, language) = (visit.scope(), visit.frame.language());
    let names = SPECS.iter().map(|spec| spec.name).chain(["kind"]);
    let given = names.filter_map(|name| Some((name.to_owned(), Value::from(form.0.get(name)?))));
    let outcome = match serde_json::from_value::<NewCustomer>(Value::Object(given.collect::<Map<_, _>>())) {
        Ok(new) => scope.customers().create(new).await.map_err(|error| Faults::of(error, language)),
        Err(_) => Err(Ok(Faults::unreadable("", language))),
    };
    match outcome {
        Ok(customer) => Ok(see_other(visit.frame.url(&format!("{}?done=added", customer_path(customer.id))))),
        Err(faults) => {
            let people = People::read(&mut scope).await?;
            html(StatusCode::UNPROCESSABLE_ENTITY, &page(&visit, &people, &form.0, &faults?))
        }
    }
}

fn page(visit: &Visit, people: &People, given: &Fields, faults: &Faults) -> AddPage {
    let frame = visit.frame.clone().within("customers");
    let mut focus = Some(SPECS.iter().find(|spec| faults.at(spec.name).is_some()).map_or("firstName", |spec| spec.name));
    let mut line = |spec: &fields::Spec| {
        let value = given.text(spec.name).to_owned();
        let value = if spec.name == "status" && value.is_empty() { "prospect".to_owned() } else { value };
        Line {
            name: spec.name,
            label: fields::label(&frame, spec.name),
            input: spec.input.html(),
            choices: fields::choices(&frame, people, spec.name, &value),
            fault: faults.at(spec.name),
            is_of_persons: spec.is_of_persons,
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
    AddPage { groups: groups.collect(), kinds, kind_fault: faults.at("kind"), others, is_faulty, frame }
}
