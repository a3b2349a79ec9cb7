//! The customers that a customer is merged with are looked for.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::customers::Customer;
use crm_core::ids::CustomerId;

use super::super::brief::Brief;
use super::super::{customer_path, parsed};
use crate::web::{Frame, PageResult, Visit, html};

/// How many customers are offered.
const FOUND: u64 = 20;
/// The longest text that customers are searched for.
const LONGEST: usize = 200;

#[derive(Template)]
#[template(path = "customers/merge_find.html")]
struct FindPage {
    frame: Frame,
    customer: Customer,
    here: String,
    action: String,
    back: String,
    text: String,
    found: Vec<Brief>,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    for action in [Action::Update, Action::Delete] {
        visit.authorize(Resource::Customers, action, None)?;
    }
    let id: CustomerId = parsed(&id)?;
    let mut scope = visit.scope();
    let customer = scope.customers().get(id).await?;
    // Without a search those come first that are called the same.
    let typed: String = visit.query.verbatim("q").chars().take(LONGEST).collect();
    let text = if visit.query.has("q") { typed.trim().to_owned() } else { customer.name.clone() };
    let frame = visit.frame.clone().within("customers");
    // One more, because the customer itself may be among them.
    let mut found = Brief::search(&mut scope, &frame, &text, FOUND + 1).await?;
    found.retain(|other| other.id != id.to_string());
    let page = FindPage {
        found,
        here: frame.url(&format!("customers/{id}/merge")),
        action: frame.url("customers/merge"),
        back: frame.url(&customer_path(id)),
        customer,
        text,
        frame,
    };
    html(StatusCode::OK, &page)
}
