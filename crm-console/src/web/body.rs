//! Forms.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use crm_web::problem::{ApiError, Code};

use crate::base::fields::Fields;

const FORM: &str = "application/x-www-form-urlencoded";

/// The fields of a form.
#[derive(Clone, Debug)]
pub(crate) struct Form(pub Fields);

impl Form {
    /// The version of the record that the form was made of.
    ///
    /// # Errors
    /// That it is missing.
    pub(crate) fn version(&self) -> Result<i64, ApiError> {
        self.0.version().ok_or_else(|| ApiError::new(Code::MissingField, "the version is missing"))
    }
}

impl FromRequest for Form {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_form = media_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(FORM);
        let bytes = Bytes::from_request(request, payload);
        Box::pin(async move {
            let body = bytes.await.map_err(|_| ApiError::new(Code::PayloadTooLarge, "the form is too large"))?;
            // A form without fields has neither a body nor a type.
            if !is_form && !body.is_empty() {
                return Err(ApiError::new(Code::UnsupportedMediaType, "expected the fields of a form"));
            }
            Ok(Self(Fields::parse(&body)))
        })
    }
}
