//! Inviting a user.

use actix_web::http::StatusCode;
use askama::Template;
use crm_core::actor::Role;
use crm_web::problem::{ApiError, Code};

use super::super::{Around, Port, choices};
use super::may_manage;
use crate::accounts::NewAccount;
use crate::base::fields::Fields;
use crate::customers::{Choice, Faults};
use crate::web::{Form, Frame, PageResult, Visit, html, see_other};

#[derive(Template)]
#[template(path = "settings/invite.html")]
struct InvitePage {
    around: Around,
    frame: Frame,
    email: String,
    email_fault: Option<String>,
    name: String,
    name_fault: Option<String>,
    roles: Vec<Choice>,
    role_fault: Option<String>,
    others: Vec<String>,
}

pub(super) async fn show(visit: Visit) -> PageResult {
    Port::required(&visit)?;
    if !may_manage(&visit) {
        return Err(ApiError::new(Code::Forbidden, "the role does not allow to invite users"));
    }
    html(StatusCode::OK, &page(&visit, &Fields::default(), &Faults::default()))
}

pub(super) async fn invite(visit: Visit, form: Form) -> PageResult {
    let port = Port::required(&visit)?;
    let new = NewAccount {
        email: form.0.text("email").to_owned(),
        name: form.0.get("name").map(str::to_owned),
        role: form.0.get("role").and_then(|role| role.parse().ok()),
    };
    match port.accounts.invite(port.token, &new).await {
        // A link is a secret, so it stands in this answer and never in an address.
        Ok(invited) => match invited.invitation {
            Some(link) => super::page::with_link(&visit, invited.account, &link, "invitation").await,
            None => Ok(see_other(visit.frame.url(&format!("settings/users/{}?done=invited", invited.account.id)))),
        },
        Err(error) => {
            let faults = port.faults(error).await?;
            html(StatusCode::UNPROCESSABLE_ENTITY, &page(&visit, &form.0, &faults))
        }
    }
}

fn page(visit: &Visit, given: &Fields, faults: &Faults) -> InvitePage {
    let around = Around::of(visit, "users");
    let frame = around.frame.clone();
    InvitePage {
        email: given.text("email").to_owned(),
        email_fault: faults.at("email"),
        name: given.text("name").to_owned(),
        name_fault: faults.at("name"),
        roles: choices(&frame, "role", Role::NAMES, given.get("role").unwrap_or(Role::SalesRep.as_str())),
        role_fault: faults.at("role"),
        others: faults.elsewhere(&["email", "name", "role"]),
        around,
        frame,
    }
}
