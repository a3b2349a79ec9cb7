//! Errors as problem documents.

use actix_web::http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use crm_web::problem::{ApiError, Code};

use crate::base::error::{Error, Refusal};

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::NotFound(_) => Self::new(Code::NotFound, detail),
            Error::Stale { current } => Self::new(Code::VersionMismatch, detail).with_current_version(current),
            Error::Conflict(conflict) => {
                let code = Code::named(conflict.code()).unwrap_or(Code::Conflict);
                match conflict.pointer() {
                    Some(pointer) => Self::of_field(code, pointer, detail),
                    None => Self::new(code, detail),
                }
            }
            Error::Forbidden => Self::new(Code::Forbidden, detail),
            Error::Refused(refusal) => refused(refusal, detail),
            Error::TooManyAttempts { retry_after } => {
                Self::new(Code::TooManyAttempts, detail).with_header(RETRY_AFTER, HeaderValue::from(retry_after))
            }
            Error::Core(error) => error.into(),
        }
    }
}

fn refused(refusal: Refusal, detail: String) -> ApiError {
    let code = Code::named(refusal.code()).unwrap_or(Code::TokenInvalid);
    match refusal {
        Refusal::Link => ApiError::of_field(code, "/token", detail),
        Refusal::Company => ApiError::of_field(code, "/company", detail),
        // A 401 names a way to authenticate (RFC 9110, section 15.5.2).
        _ => {
            let challenge = HeaderValue::from_static("Bearer realm=\"crm\"");
            ApiError::new(code, detail).with_header(WWW_AUTHENTICATE, challenge)
        }
    }
}
