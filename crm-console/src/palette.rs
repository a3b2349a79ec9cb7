//! The command palette: customers, leads and commands by a few letters.

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use crm_core::customers::{Customer, CustomerSearch};
use crm_core::leads::{Lead, LeadQuery};
use crm_core::page::{Count, PageRequest};
use crm_core::text::fold;
use crm_core::{CompanyScope, Error};

use crate::customers::Brief;
use crate::web::{Command, Frame, PageResult, Visit, html};

/// How many customers it shows.
const CUSTOMERS: u64 = 8;
/// How many leads it shows.
const LEADS: u64 = 5;

#[derive(Template)]
#[template(path = "palette.html")]
struct Palette {
    frame: Frame,
    text: String,
    customers: Vec<Brief>,
    leads: Vec<Brief>,
    commands: Vec<Command>,
}

pub(crate) fn routes(config: &mut ServiceConfig) {
    config.route("/palette", web::get().to(show));
}

async fn show(visit: Visit) -> PageResult {
    let text = visit.query.text("q").to_owned();
    let mut scope = visit.scope();
    let customers = customers(&mut scope, &text).await?;
    let leads = leads(&mut scope, &text).await?;
    let frame = visit.frame.clone();
    let mut commands = frame.commands();
    let wanted = fold(&text);
    commands.retain(|command| fold(&command.label).contains(&wanted));
    let customers = customers.into_iter().map(|customer| Brief::of(&frame, customer)).collect();
    let leads = leads.into_iter().map(|lead| Brief::of_lead(&frame, lead)).collect();
    html(StatusCode::OK, &Palette { text, customers, leads, commands, frame })
}

async fn customers(scope: &mut CompanyScope<'_>, text: &str) -> Result<Vec<Customer>, Error> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let search = CustomerSearch { text: text.to_owned(), ..CustomerSearch::default() };
    let request = PageRequest::new(None, Some(CUSTOMERS), Some(Count::None))?;
    match scope.customers().search(&search, &request).await {
        Err(Error::Forbidden { .. }) => Ok(Vec::new()),
        page => Ok(page?.data.into_iter().map(|found| found.customer).collect()),
    }
}

async fn leads(scope: &mut CompanyScope<'_>, text: &str) -> Result<Vec<Lead>, Error> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let query = LeadQuery { search: Some(text.to_owned()), ..LeadQuery::default() };
    let request = PageRequest::new(None, Some(LEADS), Some(Count::None))?;
    match scope.leads().list(&query, &request).await {
        Err(Error::Forbidden { .. } | Error::Malformed(_)) => Ok(Vec::new()),
        page => Ok(page?.data),
    }
}
