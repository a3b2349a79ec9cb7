//! A new password, for people who know the old one. This log-in goes on, all others of them end.

use actix_web::http::StatusCode;
use secrecy::SecretString;

use crate::accounts::AccountsError;
use crate::customers::Faults;
use crate::settings::Port;
use crate::web::{Form, PageResult, Visit};

pub(super) async fn change(visit: Visit, form: Form) -> PageResult {
    let port = Port::required(&visit)?;
    let language = visit.frame.language();
    let refused = |faults: Faults| super::page(&visit, StatusCode::UNPROCESSABLE_ENTITY, &faults, None);
    for field in ["currentPassword", "newPassword"] {
        // The service would count an empty password as an attempt.
        if form.0.verbatim(field).is_empty() {
            return refused(Faults::required(field, language));
        }
    }
    let [current, new] = ["currentPassword", "newPassword"].map(|name| SecretString::from(form.0.verbatim(name)));
    match port.accounts.change_password(port.token, &current, &new).await {
        Ok(()) => Ok(visit.done(&visit.frame.url("profile"), "password-changed", None)),
        Err(AccountsError::WrongSecret) => refused(Faults::named("currentPassword", "password-wrong", language)),
        Err(AccountsError::TooManyRequests { .. }) => {
            let faults = Faults::named("currentPassword", "too-many-attempts", language);
            super::page(&visit, StatusCode::TOO_MANY_REQUESTS, &faults, None)
        }
        Err(error) => refused(port.faults(error).await?),
    }
}
