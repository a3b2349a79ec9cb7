//! Customers that are one: looked for, set side by side, merged, and taken apart again.

mod compare;
mod find;
mod undo;

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::customers::{Customer, MAX_LOSERS, MergeCollision, MergeCustomers, MergeOutcome, MergeResolution};
use crm_core::ids::CustomerId;

use super::custom::Definitions;
use super::{Faults, customer_path, fields};
use crate::base::fields::Fields;
use crate::web::{Form, Frame, PageResult, Visit, html};
use compare::{Row, rows};

pub(crate) use compare::text;
pub(super) use undo::{Past, past};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/customers/merge", web::get().to(show))
        .route("/customers/merge", web::post().to(merge))
        .route("/customers/merges/{merge}/undo", web::post().to(undo::undo))
        .route("/customers/{id}/merge", web::get().to(find::show));
}

/// Whether the person may merge any customers.
pub(crate) fn is_allowed(visit: &Visit) -> bool {
    [Action::Update, Action::Delete]
        .into_iter()
        .all(|action| visit.actor().reach(Resource::Customers, action).is_some())
}

/// The address that sets customers side by side.
pub(crate) fn address<'i>(frame: &Frame, ids: impl Iterator<Item = &'i str>) -> String {
    let query = ids.fold(Fields::default(), |query, id| query.and("id", id));
    frame.url(&format!("customers/merge{}", query.query()))
}

#[derive(Template)]
#[template(path = "customers/merge.html")]
struct MergePage {
    frame: Frame,
    customers: Vec<Column>,
    rows: Vec<Row>,
    result: Option<Preview>,
    back: String,
    action: String,
    fault: Option<String>,
}

/// A customer of the comparison.
struct Column {
    id: String,
    name: String,
    version: i64,
    is_survivor: bool,
}

/// What would come of it.
struct Preview {
    name: String,
    moved: Vec<String>,
    collisions: Vec<String>,
}

async fn show(visit: Visit) -> PageResult {
    render(&visit, &visit.query, StatusCode::OK, None).await
}

/// What the person has chosen, as far as it can be read.
fn request(given: &Fields) -> Option<MergeCustomers> {
    let mut ids: Vec<CustomerId> = Vec::new();
    for id in given.all("id").filter_map(|id| id.parse().ok()) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let survivor = given.get("survivor").and_then(|id| id.parse().ok()).filter(|id| ids.contains(id));
    let survivor = survivor.or_else(|| ids.first().copied())?;
    let mut request = MergeCustomers::new(survivor, ids.into_iter().filter(|id| *id != survivor));
    for (name, value) in given.pairs() {
        if let (Some(field), Ok(id)) = (name.strip_prefix("field."), value.parse()) {
            request.fields.insert(field.to_owned(), id);
        }
        if let (Some(Ok(id)), Ok(version)) = (name.strip_prefix("version.").map(str::parse), value.parse()) {
            request.versions.insert(id, version);
        }
    }
    (1..=MAX_LOSERS).contains(&request.loser_ids.len()).then_some(request)
}

async fn render(visit: &Visit, given: &Fields, status: StatusCode, fault: Option<String>) -> PageResult {
    for action in [Action::Update, Action::Delete] {
        visit.authorize(Resource::Customers, action, None)?;
    }
    let frame = visit.frame.clone().within("customers");
    let mut page = MergePage {
        customers: Vec::new(),
        rows: Vec::new(),
        result: None,
        back: frame.url("customers"),
        action: frame.url("customers/merge"),
        fault,
        frame,
    };
    let Some(request) = request(given) else {
        page.fault = Some(page.frame.t("merge-pick"));
        return html(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    let mut scope = visit.scope();
    let mut customers = Vec::new();
    for id in std::iter::once(request.survivor_id).chain(request.loser_ids.iter().copied()) {
        customers.push(scope.customers().get(id).await?);
    }
    let definitions = Definitions::read(&mut scope).await?;
    page.rows = rows(&page.frame, &definitions, &customers, &request);
    page.customers = customers.iter().map(|customer| column(customer, &request)).collect();
    page.back = page.frame.url(&customer_path(request.survivor_id));
    // What cannot be merged is said instead of what would come of it.
    let dry = MergeCustomers { dry_run: true, versions: std::collections::BTreeMap::new(), ..request };
    match scope.customers().merge(dry).await {
        Ok(outcome) => page.result = Some(preview(&page.frame, &definitions, outcome, &customers)),
        Err(error) => page.fault = Faults::of(error, page.frame.language())?.first().or(page.fault),
    }
    html(status, &page)
}

fn column(customer: &Customer, request: &MergeCustomers) -> Column {
    Column {
        id: customer.id.to_string(),
        name: customer.name.clone(),
        version: customer.version,
        is_survivor: customer.id == request.survivor_id,
    }
}

fn preview(frame: &Frame, definitions: &Definitions, outcome: MergeOutcome, customers: &[Customer]) -> Preview {
    let count = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
    let moved = outcome.moved.iter();
    let links = |what: &str, links: u64| (links > 0).then(|| frame.n(&format!("merge-{what}-link"), &count(links)));
    let dropped = outcome.collisions.iter().filter(|collision| collision.resolution == MergeResolution::Dropped);
    let text = |collision: &MergeCollision| {
        let owner = customers.iter().find(|customer| customer.id == collision.customer_id)?;
        let label = compare::label(frame, definitions, &collision.field);
        let value = compare::text(frame, owner, &fields::values(owner), &collision.field, &collision.value);
        Some(format!("{label}: {value} ({})", owner.name))
    };
    Preview {
        moved: moved
            .map(|moved| frame.n(&format!("merge-moved-{}", moved.of.replace('_', "-")), &count(moved.count)))
            .chain(links("folded", outcome.links.folded))
            .collect(),
        collisions: dropped.filter_map(text).chain(links("dropped", outcome.links.dropped)).collect(),
        name: outcome.customer.name,
    }
}

/// Merges the customers as they were shown.
async fn merge(visit: Visit, form: Form) -> PageResult {
    let Some(request) = request(&form.0) else {
        return render(&visit, &form.0, StatusCode::UNPROCESSABLE_ENTITY, None).await;
    };
    let survivor = visit.frame.url(&customer_path(request.survivor_id));
    let outcome = visit.scope().customers().merge(request).await;
    match outcome {
        Ok(outcome) => {
            let undo = outcome.id.map(|id| format!("merges/{id}"));
            Ok(visit.done(&survivor, "customers-merged", undo.as_deref()))
        }
        Err(crm_core::Error::Stale { .. }) => {
            let fault = Some(visit.frame.t("merge-stale"));
            render(&visit, &form.0, StatusCode::PRECONDITION_FAILED, fault).await
        }
        Err(error) => {
            let fault = Faults::of(error, visit.frame.language())?.first();
            render(&visit, &form.0, StatusCode::UNPROCESSABLE_ENTITY, fault).await
        }
    }
}
