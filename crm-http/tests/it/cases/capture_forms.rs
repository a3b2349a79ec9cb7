//! The records that cases of capture forms need.

use crm_core::capture_forms::{CaptureForm, NewCaptureForm};
use crm_core::ids::UserId;
use futures_util::future::LocalBoxFuture;

use crate::support::{Api, Call};

/// A form that takes what the example sends. Its leads have no owner, whatever user is asked for.
async fn made(api: Api) -> CaptureForm {
    let new = NewCaptureForm {
        requires_challenge: Some(false),
        ..NewCaptureForm::with_fields(
            format!("Form {}", uuid::Uuid::new_v4().simple()),
            [("name", "Name"), ("email", "E-mail"), ("description", "Message")],
        )
    };
    api.scope(None).capture_forms().create(new).await.expect("a form")
}

/// The id of a form.
pub fn form(api: &Api, _owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let api = api.clone();
    Box::pin(async move { made(api).await.id.to_string() })
}

/// The key of a form.
pub fn key(api: &Api, _owner: Option<UserId>) -> LocalBoxFuture<'static, String> {
    let api = api.clone();
    Box::pin(async move { made(api).await.key })
}

/// Names a form that there may be, where only an id is given: the database has to be asked for it.
pub fn with_a_key(mut call: Call) -> Call {
    call.path = call
        .path
        .split('/')
        .map(|part| if uuid::Uuid::parse_str(part).is_ok() { "A".repeat(43) } else { part.to_owned() })
        .collect::<Vec<_>>()
        .join("/");
    call
}
