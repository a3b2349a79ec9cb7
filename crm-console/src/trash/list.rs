//! The trash of the company, and what of one customer is in it.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::actor::{Action, Reach, Resource};
use crm_core::customers::{CustomerQuery, CustomerSearch, CustomerSort, CustomerSortKey};
use crm_core::deals::{DealQuery, DealSort, DealSortKey};
use crm_core::filter::{Filter, Op};
use crm_core::ids::CustomerId;
use crm_core::interactions::{InteractionQuery, InteractionSort, InteractionSortKey};
use crm_core::leads::{LeadQuery, LeadSort, LeadSortKey};
use crm_core::notes::{NoteQuery, NoteSort, NoteSortKey};
use crm_core::page::{Page, PageRequest};
use crm_core::tasks::{TaskQuery, TaskSort, TaskSortKey};
use crm_core::{CompanyScope, Error};

use super::row::{Context, Row};
use crate::base::fields::Fields;
use crate::customers::{Choice, customer_path, parsed};
use crate::interactions::customer_names;
use crate::web::{Frame, PageResult, People, Visit, html};

/// How many records come at once.
const ROWS: u64 = 50;

#[derive(Template)]
#[template(path = "trash/list.html")]
struct TrashPage {
    frame: Frame,
    title: String,
    /// The customer whose page it belongs to: the name and the address.
    customer: Option<(String, String)>,
    kinds: Vec<Choice>,
    kind: &'static str,
    /// What is searched for, where there is a search.
    text: Option<String>,
    here: String,
    /// The title of what is said instead of rows, where the list has none.
    hint: Option<String>,
    rows: Vec<Row>,
    more: Option<String>,
    /// The address of the list, for what comes back to it.
    back: String,
}

/// The kinds of records that the person may restore, of those that a page has.
fn kinds(visit: &Visit, all: &[(&'static str, Resource)]) -> Result<Vec<&'static str>, Error> {
    let may = |(_, resource): &&(_, Resource)| visit.actor().reach(*resource, Action::Restore).is_some();
    let kinds: Vec<&str> = all.iter().filter(may).map(|(name, _)| *name).collect();
    match (kinds.is_empty(), all.first()) {
        (true, Some((_, resource))) => Err(Error::Forbidden { action: Action::Restore, resource: *resource, id: None }),
        _ => Ok(kinds),
    }
}

pub(super) async fn of_company(visit: Visit) -> PageResult {
    const KINDS: [(&str, Resource); 6] = [
        ("customers", Resource::Customers),
        ("leads", Resource::Leads),
        ("interactions", Resource::Interactions),
        ("tasks", Resource::Tasks),
        ("deals", Resource::Deals),
        ("notes", Resource::Notes),
    ];
    let kinds = kinds(&visit, &KINDS)?;
    let kind = chosen(&visit, &kinds);
    let mut scope = visit.scope();
    let people = People::read(&mut scope).await?;
    let context = Context { visit: &visit, people: &people };
    let page = match kind {
        "customers" => Some(customers(&context, &mut scope).await?),
        "leads" => Some(leads(&context, &mut scope).await?),
        "interactions" => Some(interactions(&context, &mut scope, None).await?),
        "tasks" => Some(tasks(&context, &mut scope, None).await?),
        "deals" => Some(deals(&context, &mut scope, None).await?),
        // Notes are listed by customer only.
        _ => None,
    };
    let frame = visit.frame.clone().within("trash");
    let title = frame.t("trash-title");
    let text = (kind == "customers").then(|| visit.query.text("q").to_owned());
    render(&visit, frame, (title, None, "trash".to_owned()), (&kinds, kind), text, page)
}

pub(super) async fn of_customer(visit: Visit, id: web::Path<String>) -> PageResult {
    const KINDS: [(&str, Resource); 4] = [
        ("notes", Resource::Notes),
        ("interactions", Resource::Interactions),
        ("tasks", Resource::Tasks),
        ("deals", Resource::Deals),
    ];
    let id: CustomerId = parsed(&id)?;
    let kinds = kinds(&visit, &KINDS)?;
    let kind = chosen(&visit, &kinds);
    let mut scope = visit.scope();
    let customer = scope.customers().get(id).await?;
    let people = People::read(&mut scope).await?;
    let context = Context { visit: &visit, people: &people };
    let page = match kind {
        "notes" => notes(&context, &mut scope, id).await?,
        "tasks" => tasks(&context, &mut scope, Some(id)).await?,
        "deals" => deals(&context, &mut scope, Some(id)).await?,
        _ => interactions(&context, &mut scope, Some(id)).await?,
    };
    let frame = visit.frame.clone().within("customers");
    let path = customer_path(id);
    let title = frame.w("trash-of", &customer.name);
    let customer = Some((customer.name, frame.url(&path)));
    render(&visit, frame, (title, customer, format!("{path}/trash")), (&kinds, kind), None, Some(page))
}

fn chosen(visit: &Visit, kinds: &[&'static str]) -> &'static str {
    let asked = kinds.iter().find(|kind| **kind == visit.query.text("of"));
    asked.or_else(|| kinds.first()).copied().unwrap_or_default()
}

fn render(
    visit: &Visit,
    frame: Frame,
    (title, customer, path): (String, Option<(String, String)>, String),
    (kinds, kind): (&[&'static str], &'static str),
    text: Option<String>,
    page: Option<Page<Row>>,
) -> PageResult {
    let (here, fields) = (frame.url(&path), visit.query.without("cursor", None));
    let choice = |name: &&'static str| Choice {
        value: format!("{here}{}", Fields::default().with("of", name).query()),
        label: frame.named("trash-kind", name),
        is_chosen: *name == kind,
    };
    let back = format!("{here}{}", fields.query());
    let next = page.as_ref().and_then(|page| page.next_cursor.as_deref());
    let page = TrashPage {
        kinds: kinds.iter().map(choice).collect(),
        more: next.map(|cursor| format!("{here}{}", fields.with("cursor", cursor).query())),
        hint: page.is_none().then(|| frame.t("trash-of-customers")),
        rows: page.map(|page| page.data).unwrap_or_default(),
        title,
        customer,
        kind,
        text,
        back,
        here,
        frame,
    };
    html(StatusCode::OK, &page)
}

/// What the person may restore: all, or their own and what nobody owns.
fn restorable(visit: &Visit, resource: Resource, owner: &str) -> Option<Filter> {
    let own = visit.actor().reach(resource, Action::Restore) == Some(Reach::Own);
    let mine = visit.actor().user_id().map(|me| Filter::leaf(owner, Op::Eq, me.to_string()));
    own.then(|| Filter::Any([Filter::leaf(owner, Op::IsNull, true)].into_iter().chain(mine).collect()))
}

fn request(visit: &Visit) -> PageRequest {
    visit.query.get("cursor").map_or_else(PageRequest::default, PageRequest::after).limit(ROWS)
}

async fn customers(context: &Context<'_>, scope: &mut CompanyScope<'_>) -> Result<Page<Row>, Error> {
    // Nothing else is written in the trash, so this is the order in which they came there.
    let sort = CustomerSort { key: CustomerSortKey::UpdatedAt, descending: true }.into();
    let filter = restorable(context.visit, Resource::Customers, "ownerId");
    let query = CustomerQuery { trashed: true, sort, filter, ..CustomerQuery::default() };
    let page = match context.visit.query.get("q") {
        None => scope.customers().list(&query, &request(context.visit)).await?,
        Some(text) => {
            let search = CustomerSearch { text: text.to_owned(), query };
            scope.customers().search(&search, &request(context.visit)).await?.map(|found| found.customer)
        }
    };
    Ok(page.map(|customer| context.customer(customer)))
}

async fn leads(context: &Context<'_>, scope: &mut CompanyScope<'_>) -> Result<Page<Row>, Error> {
    let sort = LeadSort { key: LeadSortKey::UpdatedAt, descending: true };
    let filter = restorable(context.visit, Resource::Leads, "ownerId");
    let query = LeadQuery { trashed: true, sort, filter, ..LeadQuery::default() };
    let page = scope.leads().list(&query, &request(context.visit)).await?;
    Ok(page.map(|lead| context.lead(lead)))
}

async fn interactions(
    context: &Context<'_>,
    scope: &mut CompanyScope<'_>,
    customer: Option<CustomerId>,
) -> Result<Page<Row>, Error> {
    let sort = InteractionSort { key: InteractionSortKey::UpdatedAt, descending: true };
    let filter = restorable(context.visit, Resource::Interactions, "ownerId");
    let query = InteractionQuery { trashed: true, customer, sort, filter, ..InteractionQuery::default() };
    let page = scope.all_interactions().list(&query, &request(context.visit)).await?;
    let ids = page.data.iter().map(|interaction| interaction.customer_id).filter(|_| customer.is_none());
    let names = customer_names(scope, ids).await?;
    Ok(page.map(|interaction| {
        let name = names.get(&interaction.customer_id).cloned();
        context.interaction(interaction, name)
    }))
}

async fn tasks(
    context: &Context<'_>,
    scope: &mut CompanyScope<'_>,
    customer: Option<CustomerId>,
) -> Result<Page<Row>, Error> {
    let sort = TaskSort { key: TaskSortKey::UpdatedAt, descending: true };
    let filter = restorable(context.visit, Resource::Tasks, "assigneeId");
    let query = TaskQuery { trashed: true, customer, sort, filter, ..TaskQuery::default() };
    let page = scope.tasks().list(&query, &request(context.visit)).await?;
    let ids = page.data.iter().filter_map(|task| task.customer_id).filter(|_| customer.is_none());
    let names = customer_names(scope, ids).await?;
    Ok(page.map(|task| {
        let name = task.customer_id.and_then(|id| names.get(&id)).cloned();
        context.task(task, name)
    }))
}

async fn deals(
    context: &Context<'_>,
    scope: &mut CompanyScope<'_>,
    customer: Option<CustomerId>,
) -> Result<Page<Row>, Error> {
    let sort = DealSort { key: DealSortKey::UpdatedAt, descending: true };
    let filter = restorable(context.visit, Resource::Deals, "ownerId");
    let query = DealQuery { trashed: true, customer, sort, filter, ..DealQuery::default() };
    let page = scope.deals().list(&query, &request(context.visit)).await?;
    Ok(page.map(|deal| context.deal(deal)))
}

async fn notes(context: &Context<'_>, scope: &mut CompanyScope<'_>, id: CustomerId) -> Result<Page<Row>, Error> {
    let sort = NoteSort { key: NoteSortKey::UpdatedAt, descending: true };
    let filter = restorable(context.visit, Resource::Notes, "authorId");
    let query = NoteQuery { trashed: true, sort, filter, ..NoteQuery::default() };
    let page = scope.notes(id).list(&query, &request(context.visit)).await?;
    Ok(page.map(|note| context.note(note)))
}
