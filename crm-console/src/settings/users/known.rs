//! The users that the CRM knows, where the host manages users.

use actix_web::http::StatusCode;
use askama::Template;
use crm_core::page::PageRequest;

use super::super::Around;
use super::ROWS;
use crate::base::moment::Shown;
use crate::web::{Frame, PageResult, Visit, html};

#[derive(Template)]
#[template(path = "settings/known_users.html")]
struct KnownPage {
    around: Around,
    frame: Frame,
    rows: Vec<Row>,
    more: Option<String>,
}

struct Row {
    name: String,
    email: Option<String>,
    status: &'static str,
    status_name: String,
    since: Shown,
}

pub(super) async fn list(visit: &Visit) -> PageResult {
    let request = visit.query.get("cursor").map_or_else(PageRequest::default, PageRequest::after).limit(ROWS);
    let page = visit.scope().users().list(&request).await?;
    let around = Around::of(visit, "users");
    let frame = around.frame.clone();
    let here = frame.url("settings/users");
    let rows = page.data.into_iter().map(|user| {
        let status = if user.is_active { "active" } else { "inactive" };
        let name = user.display_name.or_else(|| user.email.clone()).unwrap_or_else(|| frame.t("person-unknown"));
        let since = frame.calendar.relative(user.created_at);
        Row { name, email: user.email, status, status_name: frame.named("user-status", status), since }
    });
    let known = KnownPage {
        rows: rows.collect(),
        more: page.next_cursor.as_deref().map(|cursor| format!("{here}{}", visit.query.with("cursor", cursor).query())),
        around,
        frame,
    };
    html(StatusCode::OK, &known)
}
