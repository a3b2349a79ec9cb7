//! The notifications of a person by day, the newest first.

use actix_web::http::StatusCode;
use askama::Template;
use chrono::NaiveDate;
use crm_core::notifications::{Notification, NotificationQuery};
use crm_core::page::PageRequest;

use super::row::Row;
use crate::base::fields::Fields;
use crate::customers::Choice;
use crate::web::{Frame, PageResult, Visit, html, unread};

/// How many notifications come at once.
const ROWS: u64 = 50;
/// The parts of the list, as addresses and messages call them.
const PARTS: [&str; 2] = ["all", "unread"];

#[derive(Template)]
#[template(path = "notifications/list.html")]
struct ListPage {
    frame: Frame,
    parts: Vec<Choice>,
    is_unread: bool,
    days: Vec<Day>,
    more: Option<String>,
    /// The address of the page.
    list_url: String,
}

struct Day {
    key: NaiveDate,
    /// Absent if the page before ends with this day.
    heading: Option<String>,
    rows: Vec<Row>,
}

pub(super) async fn show(visit: Visit) -> PageResult {
    let mut scope = visit.scope();
    let is_unread = visit.query.get("show") == Some("unread");
    let query = NotificationQuery { unread: is_unread.then_some(true) };
    let request = visit.query.get("cursor").map_or_else(PageRequest::default, PageRequest::after).limit(ROWS);
    let page = scope.notifications().list(&query, &request).await?;
    let mut frame = visit.frame.clone().within("notifications");
    // The forms of this page take the bell with them.
    if frame.is_live {
        frame.unread = unread(&scope.notifications()).await?;
    }
    let part = if is_unread { "unread" } else { "all" };
    let here = |part: &str| format!("{}{}", frame.url("notifications"), Fields::default().with("show", part).query());
    let days = by_day(&frame, &page.data, visit.query.text("day").parse().ok());
    let last = days.last().map(|day| day.key.to_string()).unwrap_or_default();
    let more = page.next_cursor.as_deref().map(|cursor| {
        let next = Fields::default().with("show", part).with("cursor", cursor).with("day", &last);
        format!("{}{}", frame.url("notifications"), next.query())
    });
    let choice = |name: &str| Choice {
        value: here(name),
        label: frame.named("notifications-show", name),
        is_chosen: name == part,
    };
    let list = ListPage {
        parts: PARTS.into_iter().map(choice).collect(),
        is_unread,
        days,
        more,
        list_url: here(part),
        frame: frame.clone(),
    };
    html(StatusCode::OK, &list)
}

/// `before` is the day with which the page before ends.
fn by_day(frame: &Frame, notifications: &[Notification], before: Option<NaiveDate>) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    for notification in notifications {
        let key = frame.calendar.date(notification.created_at);
        let row = Row::of(frame, notification);
        match days.last_mut().filter(|day| day.key == key) {
            Some(day) => day.rows.push(row),
            None => {
                let heading = (before != Some(key)).then(|| frame.calendar.heading(key));
                days.push(Day { key, heading, rows: vec![row] });
            }
        }
    }
    days
}
