//! The page of a team: its name, its manager, the team above, its members.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::ids::UserId;
use crm_web::problem::{ApiError, Code};

use super::super::{Around, Port, words};
use super::{all, users};
use crate::accounts::{Account, AccountStatus, AccountsError, Team, TeamId, TeamPatch};
use crate::base::fields::Fields;
use crate::customers::{Choice, Faults};
use crate::web::{Form, Frame, PageResult, Visit, html, see_other};

#[derive(Template)]
#[template(path = "settings/team.html")]
struct TeamPage {
    around: Around,
    frame: Frame,
    url: String,
    title: String,
    version: i64,
    name: String,
    name_fault: Option<String>,
    managers: Vec<Choice>,
    /// The teams that it can be part of.
    parents: Vec<Choice>,
    parent_fault: Option<String>,
    members: Vec<Member>,
    may_manage: bool,
    problem: Option<String>,
    is_stale: bool,
}

struct Member {
    id: String,
    name: String,
    email: String,
    is_member: bool,
}

#[derive(Default)]
struct State {
    status: StatusCode,
    typed: Option<Fields>,
    faults: Faults,
    problem: Option<String>,
    is_stale: bool,
}

fn team_id(text: &str) -> Result<TeamId, ApiError> {
    text.parse().map_err(|_| ApiError::new(Code::NotFound, "there is no such team"))
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    render(&Port::required(&visit)?, &team_id(&id)?, State::default()).await
}

pub(super) async fn save(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let (port, id) = (Port::required(&visit)?, team_id(&id)?);
    let patch = TeamPatch {
        name: form.0.text("name").to_owned(),
        manager_id: form.0.get("managerId").and_then(|id| id.parse().ok()),
        parent_id: form.0.get("parentId").and_then(|id| id.parse().ok()),
        member_ids: form.0.all("member").filter_map(|id| id.parse().ok()).collect(),
    };
    match port.accounts.update_team(port.token, &id, &patch, form.version()?).await {
        Ok(_) => Ok(see_other(visit.frame.url(&format!("settings/teams/{id}?done=team-saved")))),
        Err(error) => failed(&port, &id, error, Some(form.0)).await,
    }
}

pub(super) async fn delete(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let (port, id) = (Port::required(&visit)?, team_id(&id)?);
    match port.accounts.delete_team(port.token, &id, form.version()?).await {
        Ok(()) => Ok(see_other(visit.frame.url("settings/teams?done=team-deleted"))),
        Err(error) => failed(&port, &id, error, None).await,
    }
}

/// The same form with what is wrong.
async fn failed(port: &Port<'_>, id: &TeamId, error: AccountsError, typed: Option<Fields>) -> PageResult {
    let state = match error {
        AccountsError::Stale => {
            State { status: StatusCode::PRECONDITION_FAILED, is_stale: true, typed, ..State::default() }
        }
        AccountsError::Conflict(violation) if violation.pointer.is_empty() => {
            let problem = Some(words(port.visit.frame.language(), &violation.code, violation.detail));
            State { status: StatusCode::CONFLICT, problem, typed, ..State::default() }
        }
        error => {
            let faults = port.faults(error).await?;
            let problem = faults.elsewhere(&["name", "parentId"]).into_iter().next();
            State { status: StatusCode::UNPROCESSABLE_ENTITY, faults, problem, typed, ..State::default() }
        }
    };
    render(port, id, state).await
}

async fn render(port: &Port<'_>, id: &TeamId, state: State) -> PageResult {
    let team = match port.accounts.team(port.token, id).await {
        Ok(team) => team,
        Err(error) => return Err(port.failed(error).await),
    };
    let users = users(port).await?;
    let teams = all(port).await?;
    let around = Around::of(port.visit, "teams");
    let frame = around.frame.clone();
    let typed = state.typed.as_ref();
    let manager = typed.map_or(team.manager_id, |typed| typed.get("managerId").and_then(|id| id.parse().ok()));
    let parent = typed.map_or_else(|| team.parent_id.clone(), |typed| typed.get("parentId")?.parse().ok());
    let chosen: Vec<UserId> = typed.map_or_else(
        || team.member_ids.clone(),
        |typed| typed.all("member").filter_map(|id| id.parse().ok()).collect(),
    );
    let page = TeamPage {
        url: frame.url(&format!("settings/teams/{id}")),
        name: typed.map_or(&*team.name, |typed| typed.text("name")).to_owned(),
        name_fault: state.faults.at("name"),
        managers: managers(&frame, &users, manager),
        parents: parents(&frame, teams, id, parent.as_ref()),
        parent_fault: state.faults.at("parentId"),
        members: members(&frame, &users, &chosen),
        may_manage: port.visit.may(Resource::Users, Action::Update, None),
        version: team.version,
        problem: state.problem,
        is_stale: state.is_stale,
        title: team.name,
        around,
        frame,
    };
    html(state.status, &page)
}

fn managers(frame: &Frame, users: &[Account], manager: Option<UserId>) -> Vec<Choice> {
    let nobody = Choice { value: String::new(), label: frame.t("team-no-manager"), is_chosen: manager.is_none() };
    let able = users.iter().filter(|user| user.status == AccountStatus::Active || Some(user.id) == manager);
    let able = able.map(|user| Choice {
        value: user.id.to_string(),
        label: user.label().to_owned(),
        is_chosen: Some(user.id) == manager,
    });
    let mut choices: Vec<Choice> = std::iter::once(nobody).chain(able).collect();
    if let Some(manager) = manager.filter(|id| users.iter().all(|user| user.id != *id)) {
        let (value, label) = (manager.to_string(), frame.t("person-unknown"));
        choices.push(Choice { value, label, is_chosen: true });
    }
    choices
}

/// The other teams, and none. Which of them the team is above, the service knows.
fn parents(frame: &Frame, teams: Vec<Team>, id: &TeamId, parent: Option<&TeamId>) -> Vec<Choice> {
    let none = Choice { value: String::new(), label: frame.t("team-no-parent"), is_chosen: parent.is_none() };
    let is_listed = parent.is_none_or(|parent| teams.iter().any(|team| team.id == *parent));
    let unlisted = parent.filter(|_| !is_listed).map(|parent| Choice {
        value: parent.to_string(),
        label: frame.t("team-other"),
        is_chosen: true,
    });
    let others = teams.into_iter().filter(|team| team.id != *id).map(|team| Choice {
        is_chosen: Some(&team.id) == parent,
        value: team.id.to_string(),
        label: team.name,
    });
    std::iter::once(none).chain(others).chain(unlisted).collect()
}

/// Members come first. Those who are not listed stay members.
fn members(frame: &Frame, users: &[Account], chosen: &[UserId]) -> Vec<Member> {
    let unlisted = chosen.iter().filter(|id| users.iter().all(|user| user.id != **id)).map(|id| Member {
        id: id.to_string(),
        name: frame.t("person-unknown"),
        email: String::new(),
        is_member: true,
    });
    let listed = users.iter().map(|user| Member {
        id: user.id.to_string(),
        name: user.label().to_owned(),
        email: user.email.clone(),
        is_member: chosen.contains(&user.id),
    });
    let mut members: Vec<Member> = listed.chain(unlisted).collect();
    members.sort_by_key(|member| !member.is_member);
    members
}
