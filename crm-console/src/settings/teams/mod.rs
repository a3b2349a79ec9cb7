//! Teams: the list with a form for a new one, and the page of a team.

mod page;

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::ids::UserId;
use crm_web::problem::ApiError;

use super::{Around, Port};
use crate::accounts::{Account, AccountQuery, Team, TeamId};
use crate::customers::Faults;
use crate::web::{Form, Frame, PageResult, Visit, html, see_other};

/// How many pages of users and teams a page of the console reads at most.
const PAGES: usize = 5;
/// How many users a page has.
const USERS: u64 = 100;

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/settings/teams", web::get().to(list))
        .route("/settings/teams", web::post().to(create))
        .route("/settings/teams/{id}", web::get().to(page::show))
        .route("/settings/teams/{id}", web::post().to(page::save))
        .route("/settings/teams/{id}/delete", web::post().to(page::delete));
}

#[derive(Template)]
#[template(path = "settings/teams.html")]
struct ListPage {
    around: Around,
    frame: Frame,
    rows: Vec<Row>,
    more: Option<String>,
    may_manage: bool,
    name: String,
    name_fault: Option<String>,
}

struct Row {
    url: String,
    name: String,
    /// The team that it is part of, if it is on the page.
    parent: Option<String>,
    manager: Option<String>,
    members: String,
    /// The names of the first members.
    faces: Vec<String>,
}

/// How many faces of a team are shown.
const FACES: usize = 5;

async fn list(visit: Visit) -> PageResult {
    render(&visit, StatusCode::OK, "", &Faults::default()).await
}

async fn create(visit: Visit, form: Form) -> PageResult {
    let port = Port::required(&visit)?;
    match port.accounts.create_team(port.token, form.0.text("name")).await {
        Ok(team) => Ok(see_other(visit.frame.url(&format!("settings/teams/{}?done=team-added", team.id)))),
        Err(error) => {
            let faults = port.faults(error).await?;
            render(&visit, StatusCode::UNPROCESSABLE_ENTITY, form.0.text("name"), &faults).await
        }
    }
}

async fn render(visit: &Visit, status: StatusCode, name: &str, faults: &Faults) -> PageResult {
    let port = Port::required(visit)?;
    let teams = match port.accounts.teams(port.token, visit.query.get("cursor")).await {
        Ok(teams) => teams,
        Err(error) => return Err(port.failed(error).await),
    };
    let users = users(&port).await?;
    let names = users.iter().map(|user| (user.id, user.label())).collect();
    let around = Around::of(visit, "teams");
    let frame = around.frame.clone();
    let here = frame.url("settings/teams");
    let page = ListPage {
        more: teams
            .next_cursor
            .as_deref()
            .map(|cursor| format!("{here}{}", visit.query.with("cursor", cursor).query())),
        rows: teams.data.iter().map(|team| row(&frame, &names, &teams.data, team)).collect(),
        may_manage: visit.may(Resource::Users, Action::Update, None),
        name: name.to_owned(),
        name_fault: faults.first(),
        around,
        frame,
    };
    html(status, &page)
}

fn row(frame: &Frame, names: &HashMap<UserId, &str>, teams: &[Team], team: &Team) -> Row {
    let parent = team.parent_id.as_ref().and_then(|id| teams.iter().find(|other| other.id == *id));
    let named = |id: &UserId| names.get(id).map(|name| (*name).to_owned());
    Row {
        url: frame.url(&format!("settings/teams/{}", team.id)),
        name: team.name.clone(),
        parent: parent.map(|parent| parent.name.clone()),
        manager: team.manager_id.map(|id| named(&id).unwrap_or_else(|| frame.t("person-unknown"))),
        members: frame.n("team-members-count", &team.member_ids.len()),
        faces: team.member_ids.iter().filter_map(named).take(FACES).collect(),
    }
}

/// The users of the company, as far as a page lists them.
async fn users(port: &Port<'_>) -> Result<Vec<Account>, ApiError> {
    let (mut users, mut query) = (Vec::new(), AccountQuery { limit: USERS, ..AccountQuery::default() });
    for _ in 0..PAGES {
        let page = match port.accounts.list(port.token, &query).await {
            Ok(page) => page,
            Err(error) => return Err(port.failed(error).await),
        };
        users.extend(page.data);
        match page.next_cursor {
            Some(cursor) => query.cursor = Some(cursor),
            None => break,
        }
    }
    Ok(users)
}

/// The teams of the company, as far as a page lists them.
async fn all(port: &Port<'_>) -> Result<Vec<Team>, ApiError> {
    let (mut teams, mut cursor): (Vec<Team>, Option<String>) = (Vec::new(), None);
    for _ in 0..PAGES {
        let page = match port.accounts.teams(port.token, cursor.as_deref()).await {
            Ok(page) => page,
            Err(error) => return Err(port.failed(error).await),
        };
        teams.extend(page.data);
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    Ok(teams)
}

/// The paths and names of these teams.
pub(super) async fn names(port: &Port<'_>, ids: &[TeamId]) -> Result<Vec<(String, String)>, ApiError> {
    let (mut found, mut cursor): (Vec<Team>, Option<String>) = (Vec::new(), None);
    for _ in 0..PAGES {
        if found.len() == ids.len() {
            break;
        }
        let page = match port.accounts.teams(port.token, cursor.as_deref()).await {
            Ok(page) => page,
            Err(error) => return Err(port.failed(error).await),
        };
        found.extend(page.data.into_iter().filter(|team| ids.contains(&team.id)));
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => break,
        }
    }
    let path = |id: &TeamId| port.visit.frame.url(&format!("settings/teams/{id}"));
    Ok(found.into_iter().map(|team| (path(&team.id), team.name)).collect())
}
