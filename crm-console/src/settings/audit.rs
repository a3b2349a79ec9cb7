//! The audit trail. It names fields and digests, never values, so nothing private is in it.

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use chrono::{DateTime, Days, NaiveDate, Utc};
use crm_core::Kind;
use crm_core::actor::{ActorKind, ActorRef};
use crm_core::audit::{AuditEntry, AuditQuery, Outcome};
use crm_core::ids::CustomerId;
use crm_core::page::PageRequest;
use serde_json::Value;

use super::{Around, choices};
use crate::base::fields::Fields;
use crate::base::moment::Shown;
use crate::customers::{Choice, field_label};
use crate::interactions::{PartyNames, customer_names};
use crate::web::{Frame, PageResult, People, Visit, html};

/// How many entries come at once.
const ROWS: u64 = 50;
/// The actions that can be chosen. Refused ones are named by the right that was missing.
const ACTIONS: &[&str] = &[
    "created",
    "updated",
    "deleted",
    "restored",
    "purged",
    "merged",
    "imported",
    "exported",
    "erased",
    "disclosed",
    "held",
    "released",
    "read",
    "sent_to_language_model",
    "won",
    "lost",
    "rotten",
    "rates_set",
    "quotas_set",
    "pruned",
];

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/settings/audit", web::get().to(show));
}

#[derive(Template)]
#[template(path = "settings/audit.html")]
struct AuditPage {
    around: Around,
    frame: Frame,
    rows: Vec<Row>,
    more: Option<String>,
    actors: Vec<Choice>,
    kinds: Vec<Choice>,
    actions: Vec<Choice>,
    outcomes: Vec<Choice>,
    since: String,
    until: String,
    /// The record whose entries alone are shown.
    record: String,
    is_filtered: bool,
}

struct Row {
    at: Shown,
    actor: String,
    action: String,
    is_denied: bool,
    kind: String,
    record: Option<Record>,
    /// The fields that changed, and further facts.
    facts: Vec<String>,
    request: Option<String>,
}

/// The record that an entry is about.
struct Record {
    id: String,
    /// The name of a customer or a user, if it is known.
    name: Option<String>,
    url: Option<String>,
    /// The address of all entries about it.
    trail: String,
}

async fn show(visit: Visit) -> PageResult {
    let mut scope = visit.scope();
    let fields = visit.query.without("cursor", None);
    let query = query(&visit.frame, &fields);
    let request = visit.query.get("cursor").map_or_else(PageRequest::default, PageRequest::after).limit(ROWS);
    // Before the names: who may not read the trail is told so.
    let page = scope.audit().list(query, &request).await?;
    let people = People::read(&mut scope).await?;
    let customers = page.data.iter().filter(|entry| entry.entity == Kind::Customer.as_str());
    let customers = customer_names(&mut scope, customers.filter_map(|entry| entry.entity_id.map(CustomerId))).await?;
    let around = Around::of(&visit, "audit");
    let frame = around.frame.clone();
    let here = frame.url("settings/audit");
    let chosen = |name: &str| fields.text(name).to_owned();
    let actors = people.active().map(|(value, label)| {
        let is_chosen = value == fields.text("actor");
        Choice { value, label: label.to_owned(), is_chosen }
    });
    let audit = AuditPage {
        more: page.next_cursor.as_deref().map(|cursor| format!("{here}{}", fields.with("cursor", cursor).query())),
        rows: page.data.into_iter().map(|entry| row(&frame, &people, &customers, entry)).collect(),
        actors: actors.collect(),
        kinds: choices(&frame, "entity", Kind::NAMES, fields.text("kind")),
        actions: choices(&frame, "audit-action", ACTIONS, fields.text("action")),
        outcomes: choices(&frame, "audit-outcome", Outcome::NAMES, fields.text("outcome")),
        since: chosen("since"),
        until: chosen("until"),
        record: chosen("record"),
        is_filtered: fields.pairs().next().is_some(),
        around,
        frame,
    };
    html(StatusCode::OK, &audit)
}

fn query(frame: &Frame, fields: &Fields) -> AuditQuery {
    AuditQuery {
        entity_id: fields.get("record").and_then(|id| id.parse().ok()),
        entity: fields.get("kind").filter(|kind| Kind::NAMES.contains(kind)).map(str::to_owned),
        actor_id: fields.get("actor").and_then(|id| id.parse().ok()),
        action: fields.get("action").map(str::to_owned),
        outcome: fields.get("outcome").and_then(|outcome| outcome.parse().ok()),
        since: fields.get("since").and_then(|day| midnight(frame, day, 0)),
        // The last day is one of them.
        until: fields.get("until").and_then(|day| midnight(frame, day, 1)),
    }
}

/// The beginning of a day in the zone of the company, some days later.
pub(crate) fn midnight(frame: &Frame, day: &str, later: u64) -> Option<DateTime<Utc>> {
    let day: NaiveDate = day.parse().ok()?;
    frame.calendar.read(&format!("{}T00:00", day.checked_add_days(Days::new(later))?))
}

fn row(frame: &Frame, people: &People, customers: &PartyNames, entry: AuditEntry) -> Row {
    let is_denied = entry.outcome == Outcome::Denied;
    let label = |name: &str| label(frame, &entry.entity, name);
    let fields = entry.fields.iter().map(|field| label(&field.field));
    let details = entry.details.iter().filter(|(_, value)| !value.is_null());
    let details = details.map(|(name, value)| format!("{}: {}", label(name), plain(value)));
    Row {
        at: frame.calendar.full(entry.at),
        actor: actor(frame, people, &entry.actor),
        action: frame.named(if is_denied { "audit-denied" } else { "audit-action" }, &entry.action),
        is_denied,
        kind: frame.named("entity", &entry.entity),
        record: entry.entity_id.map(|id| {
            let url = page_of(&entry.entity).map(|path| frame.url(&format!("{path}/{id}")));
            let name = customers.get(&CustomerId(id)).map(String::as_str).or_else(|| people.name(id.into()));
            Record {
                url,
                name: name.map(str::to_owned),
                trail: frame.url(&format!("settings/audit?record={id}")),
                id: id.to_string(),
            }
        }),
        facts: fields.chain(details).collect(),
        request: entry.request_id,
    }
}

/// The name of a field. The same name may mean something else in another kind of record: the state of a job.
pub(crate) fn label(frame: &Frame, entity: &str, field: &str) -> String {
    let known = |message: String| frame.language().known(&message);
    let own = known(format!("audit-field-{entity}-{field}")).or_else(|| known(format!("audit-field-{field}")));
    own.unwrap_or_else(|| field_label(frame, field))
}

fn actor(frame: &Frame, people: &People, actor: &ActorRef) -> String {
    let name = actor.id.and_then(|id| people.name(id)).map(str::to_owned);
    name.unwrap_or_else(|| match actor.kind {
        ActorKind::User => frame.t("person-unknown"),
        ActorKind::Service => frame.t("audit-service"),
        ActorKind::System => frame.t("audit-system"),
    })
}

/// Where records of a kind have pages.
fn page_of(kind: &str) -> Option<&'static str> {
    match kind {
        "customer" => Some("customers"),
        "job" => Some("settings/jobs"),
        "user" => Some("settings/users"),
        _ => None,
    }
}

/// A detail without the marks of JSON around a text.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
