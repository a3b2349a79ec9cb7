//! Bodies that programs send as JSON, and pages as forms.

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;

use super::body::{parse, read_announced, read_json};
use crate::problem::ApiError;

const FORM: &str = "application/x-www-form-urlencoded";

/// A JSON body, or the fields of a form as a page sends it, within the [limits](crate::service::Limits::of) of the request.
#[derive(Debug)]
pub enum FieldsBody<T> {
    /// The parsed value.
    Json(T),
    /// The names and values of the form, in their order.
    Form(Vec<(String, String)>),
}

impl<T: DeserializeOwned + 'static> FromRequest for FieldsBody<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        if !is_form(request.headers()) {
            let body = read_json(request, payload.take());
            return Box::pin(async move { Ok(Self::Json(parse(&body.await?)?)) });
        }
        let body = read_announced(request, payload.take());
        Box::pin(async move { Ok(Self::Form(form_urlencoded::parse(&body.await?).into_owned().collect())) })
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = text(CONTENT_TYPE).split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case(FORM) && matches!(text(CONTENT_ENCODING), "" | "identity")
}
