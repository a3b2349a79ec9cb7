//! Who did what to which record. It tells less than the audit trail, and more people see it.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use crm_core::activity::{ActivityEntry, ActivityQuery};
use crm_core::actor::{ActorKind, ActorRef};
use crm_core::deals::DealQuery;
use crm_core::filter::{Filter, Op};
use crm_core::ids::CustomerId;
use crm_core::page::{MAX_PAGE, PageRequest};
use crm_core::tasks::TaskQuery;
use crm_core::{CompanyScope, Error, Kind};
use serde_json::json;

use crate::base::fields::Fields;
use crate::base::moment::Shown;
use crate::customers::Choice;
use crate::interactions::{PartyNames, customer_names};
use crate::settings::{changed_field, choices, midnight};
use crate::web::{Frame, PageResult, People, Visit, html};

const PATH: &str = "activity";
/// How many entries come at once.
const ROWS: u64 = 50;
/// The kinds of records that can be chosen.
const KINDS: &[&str] = &[
    "customer",
    "lead",
    "deal",
    "task",
    "interaction",
    "note",
    "consent",
    "suppression",
    "tag",
    "link",
    "customer_merge",
    "bulk_action",
    "pipeline",
    "lead_status",
    "lead_scoring_rule",
    "lead_assignment_rule",
    "capture_form",
    "custom_field",
];
/// The actions that can be chosen.
const ACTIONS: &[&str] = &[
    "created",
    "updated",
    "completed",
    "deleted",
    "restored",
    "merged",
    "unmerged",
    "won",
    "lost",
    "converted",
    "unconverted",
    "attached",
    "detached",
];

pub(crate) fn routes(config: &mut ServiceConfig) {
    config.route("/activity", web::get().to(show));
}

#[derive(Template)]
#[template(path = "activity/list.html")]
struct ActivityPage {
    frame: Frame,
    here: String,
    users: Vec<Choice>,
    kinds: Vec<Choice>,
    actions: Vec<Choice>,
    since: String,
    until: String,
    /// The record whose activity alone is shown.
    record: String,
    rows: Vec<Row>,
    more: Option<String>,
    is_filtered: bool,
}

struct Row {
    at: Shown,
    who: String,
    action: String,
    kind: String,
    record: Option<Record>,
    /// The fields that changed.
    fields: Vec<String>,
}

/// The record to which something was done.
struct Record {
    /// Its name, if it is known.
    name: Option<String>,
    url: Option<String>,
    /// The address of everything that was done to it.
    all: String,
}

async fn show(visit: Visit) -> PageResult {
    let mut scope = visit.scope();
    let fields = visit.query.without("cursor", None);
    let request = visit.query.get("cursor").map_or_else(PageRequest::default, PageRequest::after).limit(ROWS);
    let page = scope.activity().list(&query(&visit.frame, &fields), &request).await?;
    let people = People::read(&mut scope).await?;
    let names = names(&mut scope, &page.data).await?;
    let frame = visit.frame.clone().within("activities");
    let here = frame.url(PATH);
    let users = people.active().map(|(value, label)| {
        let is_chosen = value == fields.text("user");
        Choice { value, label: label.to_owned(), is_chosen }
    });
    let text = |name: &str| fields.text(name).to_owned();
    let list = ActivityPage {
        users: users.collect(),
        kinds: choices(&frame, "entity", KINDS, fields.text("kind")),
        actions: choices(&frame, "audit-action", ACTIONS, fields.text("action")),
        since: text("since"),
        until: text("until"),
        record: text("record"),
        rows: page.data.iter().map(|entry| row(&frame, &names, entry)).collect(),
        more: page.next_cursor.as_deref().map(|cursor| format!("{here}{}", fields.with("cursor", cursor).query())),
        is_filtered: fields.pairs().next().is_some(),
        here,
        frame,
    };
    html(StatusCode::OK, &list)
}

/// What is listed. A value that cannot be read is left out.
fn query(frame: &Frame, fields: &Fields) -> ActivityQuery {
    ActivityQuery {
        user: fields.get("user").and_then(|id| id.parse().ok()),
        kind: fields.get("kind").and_then(|kind| kind.parse::<Kind>().ok()),
        action: fields.get("action").filter(|action| ACTIONS.contains(action)).map(str::to_owned),
        record: fields.get("record").and_then(|id| id.parse().ok()),
        from: fields.get("since").and_then(|day| midnight(frame, day, 0)),
        // The last day is one of them.
        to: fields.get("until").and_then(|day| midnight(frame, day, 1)),
    }
}

/// The names of records by their ids: one statement for each kind of which there are some. Leads are named as customers are.
async fn names(scope: &mut CompanyScope<'_>, entries: &[ActivityEntry]) -> Result<HashMap<String, String>, Error> {
    let of = |kind: Kind| entries.iter().filter(move |entry| entry.kind == kind.as_str());
    let parties = of(Kind::Customer).chain(of(Kind::Lead)).filter_map(|entry| entry.record_id.map(CustomerId));
    let known = told(customer_names(scope, parties).await)?;
    let mut names: HashMap<String, String> =
        known.into_iter().flat_map(PartyNames::into_entries).map(|(id, name)| (id.to_string(), name)).collect();
    let filter = |kind: Kind| {
        let mut ids: Vec<String> = of(kind).filter_map(|entry| Some(entry.record_id?.to_string())).collect();
        ids.sort_unstable();
        ids.dedup();
        (!ids.is_empty()).then(|| Filter::leaf("id", Op::In, json!(ids)))
    };
    let request = PageRequest::default().limit(MAX_PAGE);
    if let Some(filter) = filter(Kind::Deal) {
        let query = DealQuery { filter: Some(filter), ..DealQuery::default() };
        let page = told(scope.deals().list(&query, &request).await)?;
        names.extend(page.into_iter().flat_map(|page| page.data).map(|deal| (deal.id.to_string(), deal.name)));
    }
    if let Some(filter) = filter(Kind::Task) {
        let query = TaskQuery { filter: Some(filter), ..TaskQuery::default() };
        let page = told(scope.tasks().list(&query, &request).await)?;
        names.extend(page.into_iter().flat_map(|page| page.data).map(|task| (task.id.to_string(), task.title)));
    }
    Ok(names)
}

/// Nothing for those who may not read such records.
fn told<T>(read: Result<T, Error>) -> Result<Option<T>, Error> {
    match read {
        Err(Error::Forbidden { .. }) => Ok(None),
        read => read.map(Some),
    }
}

fn row(frame: &Frame, names: &HashMap<String, String>, entry: &ActivityEntry) -> Row {
    let name = entry.user.as_ref().and_then(|user| user.display_name.clone());
    Row {
        at: frame.calendar.full(entry.at),
        who: name.unwrap_or_else(|| nameless(frame, &entry.actor)),
        action: frame.named("audit-action", &entry.action),
        kind: frame.named("entity", &entry.kind),
        record: entry.record_id.map(|id| {
            let id = id.to_string();
            Record {
                name: names.get(&id).cloned(),
                url: page_of(frame, &entry.kind, &id),
                all: frame.url(&format!("{PATH}?record={id}")),
            }
        }),
        fields: entry.fields.iter().map(|field| changed_field(frame, &entry.kind, field)).collect(),
    }
}

fn nameless(frame: &Frame, actor: &ActorRef) -> String {
    match actor.kind {
        ActorKind::User => frame.t("person-unknown"),
        ActorKind::Service => frame.t("audit-service"),
        ActorKind::System => frame.t("audit-system"),
    }
}

/// The page of a record, if records of this kind have one.
fn page_of(frame: &Frame, kind: &str, id: &str) -> Option<String> {
    let path = match kind {
        "customer" => "customers",
        "lead" => "leads",
        "deal" => "deals",
        "task" => "tasks",
        "interaction" => "interactions",
        "pipeline" => "settings/pipelines",
        "lead_status" => "settings/lead-statuses",
        "lead_scoring_rule" => "settings/lead-scoring",
        "lead_assignment_rule" => "settings/lead-assignment-rules",
        "capture_form" => "settings/capture-forms",
        "custom_field" => "settings/custom-fields",
        "tag" => return Some(frame.url(&format!("tags/{id}/edit"))),
        _ => return None,
    };
    Some(frame.url(&format!("{path}/{id}")))
}
