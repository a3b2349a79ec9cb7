//! Where a person is logged in. It is a page of its own, so the profile needs no answer of the service.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;

use crate::accounts::{AccountSession, AccountSessionId, AccountsError};
use crate::base::moment::Shown;
use crate::customers::parsed;
use crate::settings::Port;
use crate::web::{Form, Frame, PageResult, Visit, html};

const HERE: &str = "profile/sessions";

#[derive(Template)]
#[template(path = "profile/sessions.html")]
struct SessionsPage {
    frame: Frame,
    rows: Vec<Row>,
    has_others: bool,
}

struct Row {
    /// Where a form ends it; nothing for the session of this page.
    end: Option<String>,
    used: Shown,
    address: Option<String>,
    program: Option<String>,
}

pub(super) async fn show(visit: Visit) -> PageResult {
    let port = Port::required(&visit)?;
    let sessions = list(&port).await?;
    let frame = visit.frame.clone().within("profile");
    let rows: Vec<Row> = sessions.into_iter().map(|session| row(&frame, session)).collect();
    let has_others = rows.iter().any(|row| row.end.is_some());
    html(StatusCode::OK, &SessionsPage { frame, rows, has_others })
}

pub(super) async fn end(visit: Visit, id: web::Path<String>, _: Form) -> PageResult {
    let port = Port::required(&visit)?;
    let id: AccountSessionId = parsed(&id)?;
    match port.accounts.end_session(port.token, &id).await {
        Ok(()) => Ok(visit.done(&visit.frame.url(HERE), "session-ended", None)),
        Err(error) => Err(port.failed(error).await),
    }
}

pub(super) async fn end_others(visit: Visit, _: Form) -> PageResult {
    let port = Port::required(&visit)?;
    for session in list(&port).await?.iter().filter(|session| !session.current) {
        match port.accounts.end_session(port.token, &session.id).await {
            // It has ended meanwhile.
            Ok(()) | Err(AccountsError::NotFound) => {}
            Err(error) => return Err(port.failed(error).await),
        }
    }
    Ok(visit.done(&visit.frame.url(HERE), "sessions-ended", None))
}

async fn list(port: &Port<'_>) -> Result<Vec<AccountSession>, crm_web::problem::ApiError> {
    match port.accounts.sessions(port.token).await {
        Ok(sessions) => Ok(sessions),
        Err(error) => Err(port.failed(error).await),
    }
}

fn row(frame: &Frame, session: AccountSession) -> Row {
    Row {
        end: (!session.current).then(|| frame.url(&format!("{HERE}/{}/end", session.id))),
        used: frame.calendar.full(session.last_used_at),
        address: session.address,
        program: session.user_agent,
    }
}
