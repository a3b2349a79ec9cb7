//! The page of a user: what may be changed, and their attempts to sign in.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::actor::Role;
use crm_core::ids::UserId;
use crm_web::problem::{ApiError, Code};
use secrecy::ExposeSecret;

use super::super::{Around, Port, choices, words};
use super::{Row, may_manage, row};
use crate::accounts::{Account, AccountPatch, AccountStatus, AccountsError, Link, Listed, SentLink, SignIn};
use crate::base::fields::Fields;
use crate::base::moment::Shown;
use crate::customers::{Choice, Faults, parsed};
use crate::web::{Form, Frame, PageResult, Visit, html, see_other};

#[derive(Template)]
#[template(path = "settings/user.html")]
struct UserPage {
    around: Around,
    frame: Frame,
    user: Row,
    version: i64,
    added: Shown,
    may_manage: bool,
    is_me: bool,
    name: String,
    name_fault: Option<String>,
    roles: Vec<Choice>,
    role_fault: Option<String>,
    permissions: String,
    permissions_fault: Option<String>,
    teams: Vec<(String, String)>,
    sign_ins: Vec<Attempt>,
    more: Option<String>,
    /// What is wrong with no single field.
    problem: Option<String>,
    is_stale: bool,
    link: Option<ShownLink>,
}

/// A link that is shown once.
struct ShownLink {
    label: String,
    url: String,
    expires: Shown,
}

struct Attempt {
    at: Shown,
    outcome: String,
    is_success: bool,
    address: Option<String>,
    program: Option<String>,
}

/// What a form has left open.
#[derive(Default)]
struct State {
    status: StatusCode,
    typed: Option<Fields>,
    faults: Faults,
    problem: Option<String>,
    is_stale: bool,
    link: Option<ShownLink>,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    let (port, id) = (Port::required(&visit)?, parsed(&id)?);
    render(&port, id, State::default()).await
}

pub(super) async fn save(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let (port, id) = (Port::required(&visit)?, parsed(&id)?);
    let rights = form.0.text("permissions").split([',', '\n', '\r', ' ']).filter(|right| !right.is_empty());
    let patch = AccountPatch {
        name: Some(form.0.get("name").map(str::to_owned)),
        role: form.0.get("role").and_then(|role| role.parse().ok()),
        status: None,
        permissions: Some(rights.map(str::to_owned).collect()),
    };
    let outcome = port.accounts.update(port.token, id, &patch, form.version()?).await;
    settled(&port, id, outcome, "user-saved", Some(form.0)).await
}

pub(super) async fn set_status(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let (port, id) = (Port::required(&visit)?, parsed(&id)?);
    let status = form.0.get("status").and_then(AccountStatus::named);
    let status = status.ok_or_else(|| ApiError::new(Code::MissingField, "the status is missing"))?;
    let patch = AccountPatch { status: Some(status), ..AccountPatch::default() };
    let outcome = port.accounts.update(port.token, id, &patch, form.version()?).await;
    let done = if status == AccountStatus::Active { "user-reactivated" } else { "user-suspended" };
    settled(&port, id, outcome, done, None).await
}

pub(super) async fn invite_again(visit: Visit, id: web::Path<String>) -> PageResult {
    let (port, id) = (Port::required(&visit)?, parsed(&id)?);
    let outcome = port.accounts.invite_again(port.token, id).await;
    sent(&port, id, outcome, "invitation").await
}

pub(super) async fn send_reset(visit: Visit, id: web::Path<String>) -> PageResult {
    let (port, id) = (Port::required(&visit)?, parsed(&id)?);
    let outcome = port.accounts.send_reset(port.token, id).await;
    sent(&port, id, outcome, "reset").await
}

pub(super) async fn reset_second_factor(visit: Visit, id: web::Path<String>) -> PageResult {
    let (port, id) = (Port::required(&visit)?, parsed(&id)?);
    let outcome = port.accounts.reset_second_factor(port.token, id).await;
    settled(&port, id, outcome, "user-factor-off", None).await
}

pub(super) async fn remove(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let (port, id) = (Port::required(&visit)?, parsed(&id)?);
    match port.accounts.remove(port.token, id, form.version()?).await {
        Ok(()) => Ok(see_other(visit.frame.url("settings/users?done=user-removed"))),
        outcome => settled(&port, id, outcome, "", None).await,
    }
}

/// The page of a user with a link that is shown once.
pub(super) async fn with_link(visit: &Visit, account: Account, link: &Link, kind: &str) -> PageResult {
    let port = Port::required(visit)?;
    let link = Some(shown(&visit.frame, link, kind));
    render_account(&port, account, State { link, ..State::default() }).await
}

fn shown(frame: &Frame, link: &Link, kind: &str) -> ShownLink {
    ShownLink {
        label: frame.named("user-link", kind),
        url: link.url.expose_secret().to_owned(),
        expires: frame.calendar.full(link.expires_at),
    }
}

/// After a link: the page shows it, or says that it was sent.
async fn sent(port: &Port<'_>, id: UserId, outcome: Result<SentLink, AccountsError>, kind: &str) -> PageResult {
    match outcome {
        Ok(SentLink { link: Some(link) }) => {
            let link = Some(shown(&port.visit.frame, &link, kind));
            render(port, id, State { link, ..State::default() }).await
        }
        outcome => settled(port, id, outcome, &format!("{kind}-sent"), None).await,
    }
}

/// After a change: the page of the user, or the same form with what is wrong.
async fn settled<T>(
    port: &Port<'_>,
    id: UserId,
    outcome: Result<T, AccountsError>,
    done: &str,
    typed: Option<Fields>,
) -> PageResult {
    let language = port.visit.frame.language();
    let state = match outcome {
        Ok(_) => return Ok(see_other(port.visit.frame.url(&format!("settings/users/{id}?done={done}")))),
        Err(AccountsError::Stale) => {
            State { status: StatusCode::PRECONDITION_FAILED, is_stale: true, typed, ..State::default() }
        }
        Err(AccountsError::Conflict(violation)) if violation.pointer.is_empty() => {
            let problem = Some(words(language, &violation.code, violation.detail));
            State { status: StatusCode::CONFLICT, problem, typed, ..State::default() }
        }
        Err(error) => {
            let faults = port.faults(error).await?;
            let problem = faults.elsewhere(&["name", "role", "permissions"]).into_iter().next();
            State { status: StatusCode::UNPROCESSABLE_ENTITY, faults, problem, typed, ..State::default() }
        }
    };
    render(port, id, state).await
}

async fn render(port: &Port<'_>, id: UserId, state: State) -> PageResult {
    match port.accounts.get(port.token, id).await {
        Ok(account) => render_account(port, account, state).await,
        Err(error) => Err(port.failed(error).await),
    }
}

async fn render_account(port: &Port<'_>, account: Account, state: State) -> PageResult {
    let visit = port.visit;
    let attempts = sign_ins(port, account.id).await?;
    let teams = super::super::teams::names(port, &account.team_ids).await?;
    let around = Around::of(visit, "users");
    let frame = around.frame.clone();
    let user = row(&frame, &account);
    let typed = |name: &str, held: String| state.typed.as_ref().map_or(held, |typed| typed.text(name).to_owned());
    let role = typed("role", account.role.as_str().to_owned());
    let more = attempts.next_cursor.as_deref().map(|cursor| {
        let query = Fields::default().with("cursor", cursor).query();
        format!("{}{query}", user.url)
    });
    let page = UserPage {
        version: account.version,
        added: frame.calendar.relative(account.created_at),
        may_manage: may_manage(visit),
        is_me: visit.actor().user_id() == Some(account.id),
        name: typed("name", account.name.clone().unwrap_or_default()),
        name_fault: state.faults.at("name"),
        roles: choices(&frame, "role", Role::NAMES, &role),
        role_fault: state.faults.at("role"),
        permissions: typed("permissions", account.permissions.join("\n")),
        permissions_fault: state.faults.at("permissions"),
        teams,
        sign_ins: attempts.data.iter().map(|attempt| tried(&frame, attempt)).collect(),
        more,
        problem: state.problem,
        is_stale: state.is_stale,
        link: state.link,
        user,
        around,
        frame,
    };
    html(state.status, &page)
}

/// The attempts to sign in; none for those who may not see them.
async fn sign_ins(port: &Port<'_>, id: UserId) -> Result<Listed<SignIn>, ApiError> {
    match port.accounts.sign_ins(port.token, id, port.visit.query.get("cursor")).await {
        Ok(attempts) => Ok(attempts),
        Err(AccountsError::Forbidden) => Ok(Listed { data: Vec::new(), next_cursor: None }),
        Err(error) => Err(port.failed(error).await),
    }
}

fn tried(frame: &Frame, attempt: &SignIn) -> Attempt {
    Attempt {
        at: frame.calendar.full(attempt.at),
        outcome: frame.named("sign-in", &attempt.outcome.replace('_', "-")),
        is_success: attempt.outcome == "success",
        address: attempt.address.clone(),
        program: attempt.user_agent.clone(),
    }
}
