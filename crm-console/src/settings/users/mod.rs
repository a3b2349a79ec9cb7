//! Users: the list, an invitation, one user. Where the host manages users, those that the CRM knows.

mod invite;
mod known;
mod page;

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use crm_core::actor::{Action, Resource, Role};

use super::{Around, Port, choices};
use crate::accounts::{Account, AccountQuery, AccountStatus};
use crate::base::moment::Shown;
use crate::customers::Choice;
use crate::web::{Frame, PageResult, Visit, html};

/// How many users come at once.
const ROWS: u64 = 50;
/// The names of all statuses.
const STATUSES: &[&str] = &["active", "invited", "suspended", "inactive"];

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/settings/users", web::get().to(list))
        .route("/settings/users", web::post().to(invite::invite))
        .route("/settings/users/new", web::get().to(invite::show))
        .route("/settings/users/{id}", web::get().to(page::show))
        .route("/settings/users/{id}", web::post().to(page::save))
        .route("/settings/users/{id}/status", web::post().to(page::set_status))
        .route("/settings/users/{id}/invitation", web::post().to(page::invite_again))
        .route("/settings/users/{id}/password-reset", web::post().to(page::send_reset))
        .route("/settings/users/{id}/second-factor/reset", web::post().to(page::reset_second_factor))
        .route("/settings/users/{id}/remove", web::post().to(page::remove));
}

#[derive(Template)]
#[template(path = "settings/users.html")]
struct ListPage {
    around: Around,
    frame: Frame,
    rows: Vec<Row>,
    roles: Vec<Choice>,
    statuses: Vec<Choice>,
    text: String,
    more: Option<String>,
    may_manage: bool,
}

/// A user in the list.
struct Row {
    url: String,
    name: String,
    email: String,
    role: String,
    status: &'static str,
    status_name: String,
    has_second_factor: bool,
    last_sign_in: Option<Shown>,
}

/// Whether a page should offer to change users. The service decides again when it is done.
fn may_manage(visit: &Visit) -> bool {
    visit.may(Resource::Users, Action::Update, None)
}

async fn list(visit: Visit) -> PageResult {
    let Some(port) = Port::of(&visit) else { return known::list(&visit).await };
    let fields = visit.query.without("cursor", None).without("done", None);
    let query = AccountQuery {
        text: fields.get("q").map(str::to_owned),
        role: fields.get("role").and_then(|role| role.parse().ok()),
        status: fields.get("status").and_then(AccountStatus::named),
        cursor: visit.query.get("cursor").map(str::to_owned),
        limit: ROWS,
    };
    let page = match port.accounts.list(port.token, &query).await {
        Ok(page) => page,
        Err(error) => return Err(port.failed(error).await),
    };
    let around = Around::of(&visit, "users");
    let frame = around.frame.clone();
    let here = frame.url("settings/users");
    let users = ListPage {
        more: page.next_cursor.as_deref().map(|cursor| format!("{here}{}", fields.with("cursor", cursor).query())),
        rows: page.data.iter().map(|account| row(&frame, account)).collect(),
        roles: choices(&frame, "role", Role::NAMES, fields.text("role")),
        statuses: choices(&frame, "user-status", STATUSES, fields.text("status")),
        text: fields.text("q").to_owned(),
        may_manage: may_manage(&visit),
        around,
        frame,
    };
    html(StatusCode::OK, &users)
}

fn row(frame: &Frame, account: &Account) -> Row {
    Row {
        url: frame.url(&format!("settings/users/{}", account.id)),
        name: account.label().to_owned(),
        email: account.email.clone(),
        role: frame.named("role", account.role.as_str()),
        status: account.status.as_str(),
        status_name: frame.named("user-status", account.status.as_str()),
        has_second_factor: account.has_second_factor,
        last_sign_in: account.last_sign_in_at.map(|at| frame.calendar.relative(at)),
    }
}
