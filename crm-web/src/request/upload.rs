//! File uploads.

use std::fs::File;

use actix_multipart::MultipartError;
use actix_multipart::form::tempfile::TempFile;
use actix_multipart::form::text::Text;
use actix_multipart::form::{MultipartForm, MultipartFormConfig};
use actix_web::error::PayloadError;
use actix_web::{Error, FromRequest, HttpRequest, ResponseError, dev::Payload};
use futures_util::future::LocalBoxFuture;

use super::deadline::use_own_deadline;
use crate::problem::{ApiError, Code};
use crate::service::Limits;

/// The maximum size of the other parts of a form, in bytes.
const OTHER_PARTS: usize = 64 * 1024;

#[derive(MultipartForm)]
#[multipart(deny_unknown_fields, duplicate_field = "deny")]
struct Parts {
    file: TempFile,
    mapping: Option<Text<String>>,
}

/// A form (`multipart/form-data`) with a `file` and optionally a `mapping`, within the [limits](Limits::of) of the
/// request. The file is stored on disk.
#[derive(Debug)]
pub struct Upload {
    /// The file, at its start.
    pub file: File,
    /// The name of the file, as the client has it.
    pub name: Option<String>,
    /// The media type of the part, as the client says it.
    pub media_type: Option<String>,
    /// The other part, unless it is blank: forms also send empty fields.
    pub mapping: Option<String>,
}

impl FromRequest for Upload {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        use_own_deadline(request);
        let form = MultipartForm::<Parts>::from_request(request, payload);
        let limits = Limits::of(request);
        Box::pin(async move {
            let Ok(form) = tokio::time::timeout(limits.import_time, form).await else {
                return Err(ApiError::new(Code::BodyTimeout, "the file did not arrive in time"));
            };
            let Parts { file, mapping } = form.map_err(|error| refused(&error, limits))?.into_inner();
            let (name, media_type) = (file.file_name, file.content_type.map(|media_type| media_type.to_string()));
            let file = file.file.reopen().map_err(ApiError::internal)?;
            let mapping = mapping.map(|Text(text)| text).filter(|text| !text.trim().is_empty());
            Ok(Self { file, name, media_type, mapping })
        })
    }
}

/// The limits for the framework: app data of a scope with an [`Upload`].
#[must_use]
pub fn form_config(limits: Limits) -> MultipartFormConfig {
    MultipartFormConfig::default().total_limit(limits.import.saturating_add(OTHER_PARTS)).memory_limit(OTHER_PARTS)
}

fn refused(error: &Error, limits: Limits) -> ApiError {
    let Some(error) = error.as_error::<MultipartError>() else {
        return ApiError::internal(error.to_string());
    };
    match error {
        MultipartError::ContentTypeMissing
        | MultipartError::ContentTypeParse
        | MultipartError::ContentTypeIncompatible => {
            ApiError::new(Code::UnsupportedMediaType, "send a form with the part file, as multipart/form-data")
        }
        MultipartError::Payload(PayloadError::Overflow) => {
            ApiError::new(Code::PayloadTooLarge, format!("a file has at most {} bytes", limits.import))
        }
        MultipartError::MissingField(name) => {
            ApiError::of_parameter(Code::MissingField, name, format!("the form has no part {name}"))
        }
        MultipartError::UnknownField(name) => {
            ApiError::of_parameter(Code::UnknownField, name, "the parts of the form are file and mapping")
        }
        MultipartError::DuplicateField(name) => {
            ApiError::of_parameter(Code::Malformed, name, format!("the form has the part {name} more than once"))
        }
        error if error.status_code().is_server_error() => ApiError::internal(error.to_string()),
        error => ApiError::new(Code::Malformed, format!("the form is broken: {error}")),
    }
}
