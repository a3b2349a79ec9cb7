//! The second factor of a person: its state, setting it up, switching it off.

use actix_web::http::StatusCode;
use askama::Template;
use secrecy::{ExposeSecret, SecretString};

use crate::accounts::{AccountsError, NewSecondFactor};
use crate::base::qr::Qr;
use crate::settings::Port;
use crate::web::{Form, Frame, PageResult, Visit, html, see_other};

const HERE: &str = "profile/second-factor";

#[derive(Template)]
#[template(path = "profile/second_factor.html")]
struct FactorPage {
    frame: Frame,
    step: Step,
    /// What is wrong with the code or the password.
    fault: Option<String>,
}

/// What the page shows. A secret and recovery codes stand in one answer only.
enum Step {
    Off,
    /// Set up in an app, which shows a code. The secret is not shown again after a wrong code.
    Begun {
        new: Option<NewSecondFactor>,
        qr: Option<Qr>,
    },
    Confirmed(Vec<String>),
    On,
}

pub(super) async fn show(visit: Visit) -> PageResult {
    let port = Port::required(&visit)?;
    match port.accounts.has_second_factor(port.token).await {
        Ok(is_on) => page(&visit, if is_on { Step::On } else { Step::Off }),
        Err(error) => Err(port.failed(error).await),
    }
}

pub(super) async fn begin(visit: Visit, _: Form) -> PageResult {
    let port = Port::required(&visit)?;
    match port.accounts.begin_second_factor(port.token).await {
        Ok(new) => {
            let qr = Qr::of(&new.otpauth_url);
            page(&visit, Step::Begun { new: Some(new), qr })
        }
        Err(error) => refused(&port, error, Step::Off, "").await,
    }
}

pub(super) async fn confirm(visit: Visit, form: Form) -> PageResult {
    let port = Port::required(&visit)?;
    // Apps show the code in groups.
    let code: String = form.0.text("code").split_whitespace().collect();
    match port.accounts.confirm_second_factor(port.token, &code).await {
        Ok(codes) => page(&visit, Step::Confirmed(codes)),
        Err(error) => refused(&port, error, Step::Begun { new: None, qr: None }, "violation-code-wrong").await,
    }
}

pub(super) async fn switch_off(visit: Visit, form: Form) -> PageResult {
    let port = Port::required(&visit)?;
    let password = SecretString::from(form.0.verbatim("password"));
    match port.accounts.disable_second_factor(port.token, &password).await {
        Ok(()) => Ok(visit.done(&visit.frame.url(HERE), "factor-off", None)),
        Err(error) => refused(&port, error, Step::On, "violation-password-wrong").await,
    }
}

/// The same step with what is wrong, or the page as it is now if the factor was switched on or off elsewhere.
async fn refused(port: &Port<'_>, error: AccountsError, step: Step, wrong: &str) -> PageResult {
    let frame = port.visit.frame.clone().within("profile");
    let (status, fault) = match error {
        AccountsError::WrongSecret => (StatusCode::UNPROCESSABLE_ENTITY, frame.t(wrong)),
        AccountsError::TooManyRequests { .. } => {
            (StatusCode::TOO_MANY_REQUESTS, frame.t("violation-too-many-attempts"))
        }
        AccountsError::Conflict(_) => return Ok(see_other(frame.url(HERE))),
        error => return Err(port.failed(error).await),
    };
    html(status, &FactorPage { frame, step, fault: Some(fault) })
}

fn page(visit: &Visit, step: Step) -> PageResult {
    html(StatusCode::OK, &FactorPage { frame: visit.frame.clone().within("profile"), step, fault: None })
}
