//! A feed as a file: iCalendar (RFC 5545).
//!
//! Tasks are events and no to-dos, which most calendars that subscribe to an address leave out. The same records make
//! the same file, so that a client that has it need not read it again.

use chrono::{DateTime, Days, TimeDelta, Utc};
use icalendar::{Calendar, Class, Component, Event, EventLike, Property};
use sea_orm::DatabaseConnection;
use sea_orm::sea_query::{Expr, ExprTrait, Query};

use super::model::CalendarFeed;
use super::row;
use super::secret::CalendarSecret;
use crate::base::error::{Error, Result};
use crate::interactions::{self, Interaction};
use crate::scope::actor::{Actor, Role};
use crate::scope::{CompanyScope, Crm};
use crate::tasks::{self, Task};

/// How far back a calendar goes, and how far ahead.
const BACK: TimeDelta = TimeDelta::days(90);
const AHEAD: TimeDelta = TimeDelta::days(365);
/// The maximum number of tasks, and of interactions.
const MOST: u64 = 1_000;
/// How often programs are asked to look again.
const LIFETIME: TimeDelta = TimeDelta::hours(1);

/// The calendar of this address, if there is one.
pub(crate) async fn read(crm: &Crm, db: &DatabaseConnection, secret: &str) -> Result<Option<String>> {
    let Some(secret) = CalendarSecret::read(secret) else { return Ok(None) };
    let Some(feed) = feed(&crm.on(Actor::system(secret.company()), db), &secret).await? else { return Ok(None) };
    let actor = Actor::user(secret.company(), feed.user(), Role::Viewer).with_permissions(feed.rights.iter().copied());
    let scope = crm.on(actor, db);
    match scope.company().await {
        Ok(_) => {}
        Err(Error::CompanyClosed { .. }) => return Ok(None),
        Err(error) => return Err(error),
    }
    let times = (crm.now() - BACK, crm.now() + AHEAD);
    let tasks = tasks::due_of(&scope, feed.user(), times, MOST).await?;
    let interactions = interactions::planned_of(&scope, feed.user(), times, MOST).await?;
    Ok(Some(file(&tasks, &interactions, crm.0.public_url.as_deref())))
}

/// The feed of an active user with this secret. A company that there is not is not met by that.
async fn feed(scope: &CompanyScope<'_>, secret: &CalendarSecret) -> Result<Option<CalendarFeed>> {
    let user = Query::select()
        .expr(Expr::cust("1"))
        .from("crm_users")
        .and_where(Expr::col(("crm_users", "company_id")).eq(secret.company().0))
        .and_where(Expr::col(("crm_users", "id")).equals((row::TABLE, "user_id")))
        .and_where(Expr::col(("crm_users", "is_active")).eq(true))
        .to_owned();
    let feed = scope.find::<row::Entity>().filter(Expr::col((row::TABLE, "digest")).eq(secret.digest()));
    feed.filter(Expr::exists(user)).select(&row::COLUMNS).one().await
}

fn file(tasks: &[Task], interactions: &[Interaction], base: Option<&str>) -> String {
    let mut calendar = Calendar::empty();
    for (name, value) in
        [("VERSION", "2.0"), ("PRODID", "-//CRM//CRM//EN"), ("CALSCALE", "GREGORIAN"), ("METHOD", "PUBLISH")]
    {
        calendar.append_property(Property::new(name, value));
    }
    calendar.name("CRM").ttl(&LIFETIME);
    for task in tasks {
        let address = base.map(|base| format!("{base}/tasks/{}", task.id));
        calendar.extend(task_event(task, address));
    }
    for interaction in interactions {
        let address = base.map(|base| format!("{base}/customers/{}", interaction.customer_id));
        calendar.extend(interaction_event(interaction, address));
    }
    calendar.to_string()
}

/// What all entries have: the title, and when the record was last written.
fn event(
    id: &impl std::fmt::Display,
    title: &str,
    (version, at): (i64, DateTime<Utc>),
    address: Option<String>,
) -> Event {
    let mut event = Event::new();
    event.uid(&format!("{id}@crm")).summary(title).class(Class::Private);
    event.timestamp(at).last_modified(at).sequence(u32::try_from(version).unwrap_or(u32::MAX));
    if let Some(address) = address {
        event.url(&address);
    }
    event
}

/// A task takes no time: by the day it is due, or at the moment.
fn task_event(task: &Task, address: Option<String>) -> Option<Event> {
    let mut event = event(&task.id, &task.title, (task.version, task.updated_at), address);
    match (task.due_at, task.due_date) {
        (Some(at), _) => event.starts(at),
        // The end of a day is the next one.
        (None, Some(day)) => event.starts(day).ends(day.checked_add_days(Days::new(1))?),
        (None, None) => return None,
    };
    event.add_property("TRANSP", "TRANSPARENT");
    Some(event)
}

fn interaction_event(interaction: &Interaction, address: Option<String>) -> Option<Event> {
    let at = interaction.scheduled_at?;
    let title = interaction.subject.clone().unwrap_or_else(|| interaction.interaction_type.to_string());
    let mut event = event(&interaction.id, &title, (interaction.version, interaction.updated_at), address);
    event.starts(at);
    let end = interaction.duration_seconds.and_then(|seconds| at.checked_add_signed(TimeDelta::try_seconds(seconds)?));
    if let Some(end) = end.filter(|end| *end > at) {
        event.ends(end);
    }
    if let Some(place) = interaction.location.as_deref().or(interaction.meeting_url.as_deref()) {
        event.location(place);
    }
    Some(event)
}
