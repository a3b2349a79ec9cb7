//! An error on its way to becoming a problem document.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use crm_core::companies::CompanyState;
use crm_core::ids::CustomerId;
use crm_core::{Error, Malformed, Violations};

use super::{Code, Fault, MEDIA_TYPE, Problem};

/// The value of `Retry-After`, in seconds.
const RETRY_SECONDS: u16 = 2;

/// Why a request fails. The error type of every handler and extractor.
#[derive(Clone, Debug)]
pub struct ApiError(pub(super) Box<Parts>);

/// The contents of an error. Boxed, because every result of a handler has room for it.
#[derive(Clone, Debug)]
pub(super) struct Parts {
    pub(super) code: Code,
    pub(super) detail: String,
    pub(super) errors: Vec<Fault>,
    pub(super) current_version: Option<i64>,
    pub(super) survivor_id: Option<CustomerId>,
    pub(super) possible_duplicates: Option<serde_json::Value>,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) cause: Option<Arc<dyn StdError + Send + Sync>>,
    pub(super) request_id: Option<String>,
    pub(super) instance: Option<String>,
}

impl ApiError {
    /// An error with a description.
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            code,
            detail: detail.into(),
            errors: Vec::new(),
            current_version: None,
            survivor_id: None,
            possible_duplicates: None,
            headers: Vec::new(),
            cause: None,
            request_id: None,
            instance: None,
        }))
    }

    /// An error in one query parameter or header.
    pub fn of_parameter(code: Code, parameter: &str, detail: impl Into<String>) -> Self {
        let mut failure = Self::new(code, detail);
        failure.0.errors = vec![Fault { parameter: Some(parameter.to_owned()), ..failure.as_fault() }];
        failure
    }

    /// An error in one field of the body.
    pub fn of_field(code: Code, pointer: &str, detail: impl Into<String>) -> Self {
        let mut failure = Self::new(code, detail);
        failure.0.errors = vec![Fault { pointer: Some(pointer.to_owned()), ..failure.as_fault() }];
        failure
    }

    /// An internal error; `cause` is logged and never shown.
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let mut failure = Self::new(Code::Internal, "the error is logged under the request id");
        failure.0.cause = Some(cause.into().into());
        failure
    }

    /// A later try may succeed.
    pub fn unavailable(code: Code, detail: &str, cause: Option<Box<dyn StdError + Send + Sync>>) -> Self {
        let mut failure = Self::new(code, detail);
        failure.0.cause = cause.map(Arc::from);
        failure.with_header(RETRY_AFTER, HeaderValue::from(RETRY_SECONDS))
    }

    /// Adds the current version of the record, for [`Code::VersionMismatch`].
    #[must_use]
    pub fn with_current_version(mut self, version: i64) -> Self {
        self.0.current_version = Some(version);
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Turns parameters into fields, for values that came in the body and not in the query.
    #[must_use]
    pub fn in_body(mut self) -> Self {
        for fault in &mut self.0.errors {
            if let Some(parameter) = fault.parameter.take() {
                fault.pointer = Some(format!("/{parameter}{}", fault.pointer.as_deref().unwrap_or_default()));
            }
        }
        self
    }

    /// The code of the error.
    #[must_use]
    pub fn code(&self) -> Code {
        self.0.code
    }

    fn as_fault(&self) -> Fault {
        Fault { pointer: None, parameter: None, code: self.0.code.as_str().to_owned(), detail: self.0.detail.clone() }
    }

    /// The problem document that the client gets.
    #[must_use]
    pub fn problem(&self) -> Problem {
        Problem {
            problem_type: format!("urn:problem-type:crm:{}", self.0.code.as_str()),
            title: self.0.code.title().to_owned(),
            status: self.0.code.status().as_u16(),
            code: self.0.code.as_str().to_owned(),
            detail: self.0.detail.clone(),
            instance: self.0.instance.clone(),
            errors: self.0.errors.clone(),
            current_version: self.0.current_version,
            survivor_id: self.0.survivor_id,
            possible_duplicates: self.0.possible_duplicates.clone(),
            request_id: self.0.request_id.clone(),
        }
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.code.as_str())
    }
}

impl StdError for ApiError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.cause.as_deref().map(|cause| cause as _)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.0.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.0.code.status());
        for header in &self.0.headers {
            response.insert_header(header.clone());
        }
        if let Some(id) = &self.0.request_id {
            response.insert_header(("x-request-id", id.as_str()));
        }
        // Serialising a struct of strings and numbers cannot fail.
        let body = serde_json::to_string(&self.problem()).unwrap_or_default();
        response.insert_header((CONTENT_TYPE, MEDIA_TYPE)).body(body)
    }
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::NotFound { .. } => Self::new(Code::NotFound, detail),
            Error::CustomerMerged { survivor_id, .. } => {
                let mut failure = Self::new(Code::CustomerMerged, detail);
                failure.0.survivor_id = Some(survivor_id);
                failure
            }
            Error::ChangedSinceMerge(changes) => {
                let mut failure = Self::new(Code::ChangedSinceMerge, detail);
                failure.0.errors = changes.0.into_iter().map(Fault::from).collect();
                failure
            }
            Error::Conflict(conflict) => {
                let code = Code::named(conflict.code()).unwrap_or(Code::Conflict);
                match conflict.pointer() {
                    Some(pointer) => Self::of_field(code, pointer, detail),
                    None => Self::new(code, detail),
                }
            }
            Error::PossibleDuplicate { candidates } => {
                let mut failure = Self::new(Code::PossibleDuplicate, detail);
                failure.0.possible_duplicates = Some(*candidates);
                failure
            }
            Error::ErasureRefused { .. } => Self::new(Code::ErasureRefused, detail),
            Error::Stale { current, .. } => Self::new(Code::VersionMismatch, detail).with_current_version(current),
            Error::Invalid(violations) => violations.into(),
            Error::Malformed(malformed) => malformed.into(),
            Error::Forbidden { .. } => Self::new(Code::Forbidden, detail),
            Error::CompanyClosed { state: CompanyState::Deleted } => Self::new(Code::CompanyDeleted, detail),
            Error::CompanyClosed { .. } => Self::new(Code::CompanySuspended, detail),
            Error::CompanyBusy => Self::unavailable(Code::CompanyBusy, &detail, None),
            Error::Unavailable(cause) => Self::unavailable(Code::Unavailable, &detail, Some(cause.into())),
            Error::Internal(cause) => Self::internal(cause),
            other => Self::internal(other),
        }
    }
}

impl From<Violations> for ApiError {
    /// A violation that concerns the request as a whole becomes the problem itself.
    fn from(Violations(violations): Violations) -> Self {
        if let [whole] = violations.as_slice()
            && let Some(code) = Code::named(&whole.code)
        {
            return Self::new(code, whole.detail.clone());
        }
        let errors: Vec<Fault> = violations.into_iter().map(Fault::from).collect();
        let detail = match errors.len() {
            1 => "1 value breaks a rule".to_owned(),
            count => format!("{count} values break rules"),
        };
        let mut failure = Self::new(Code::Invalid, detail);
        failure.0.errors = errors;
        failure
    }
}

impl From<Malformed> for ApiError {
    fn from(malformed: Malformed) -> Self {
        let Malformed { code, at, detail } = malformed;
        let code = Code::named(code).unwrap_or(Code::Malformed);
        match at.split_once('/') {
            _ if at.is_empty() => Self::new(code, detail),
            Some(("", _)) => Self::of_field(code, &at, detail),
            Some((parameter, pointer)) => {
                let mut failure = Self::of_parameter(code, parameter, detail);
                failure.0.errors.iter_mut().for_each(|fault| fault.pointer = Some(format!("/{pointer}")));
                failure
            }
            None => Self::of_parameter(code, &at, detail),
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::ResponseError;
    use crm_core::actor::{Action, Resource};
    use crm_core::companies::CompanyState;
    use crm_core::ids::CustomerId;
    use crm_core::sea_orm::DbErr;
    use crm_core::{Conflict, Error, Kind, Malformed, Violations};

    use super::ApiError;
    use crate::problem::Problem;

    fn problem(error: impl Into<ApiError>) -> Problem {
        error.into().problem()
    }

    fn status_and_code(error: Error) -> (u16, String) {
        let problem = problem(error);
        (problem.status, problem.code)
    }

    #[test]
    fn every_error_of_the_core_has_its_status() {
        let closed = |state| Error::CompanyClosed { state };
        let stale = Error::Stale { kind: Kind::Customer, id: uuid::Uuid::nil(), current: 7 };
        let forbidden = Error::Forbidden { action: Action::Purge, resource: Resource::Customers, id: None };
        let id = CustomerId(uuid::Uuid::nil());
        let refused = Error::ErasureRefused { by: "erp".to_owned(), reason: "an open invoice".to_owned() };
        let merged = Error::CustomerMerged { id, survivor_id: id };
        let cases = [
            (Error::NotFound { kind: Kind::Customer, id: "1".to_owned() }, 404, "not_found"),
            (merged, 410, "customer_merged"),
            (Error::ChangedSinceMerge(Violations::default()), 409, "changed_since_merge"),
            (Conflict::CustomerEmailTaken.into(), 409, "customer_email_taken"),
            (Error::PossibleDuplicate { candidates: Box::default() }, 409, "possible_duplicate"),
            (refused, 409, "erasure_refused"),
            (stale, 412, "version_mismatch"),
            (Violations::one("/email", "email_invalid", "").into(), 422, "invalid"),
            (Violations::one("", "idempotency_key_reused", "").into(), 422, "idempotency_key_reused"),
            (forbidden, 403, "forbidden"),
            (closed(CompanyState::Suspended), 403, "company_suspended"),
            (closed(CompanyState::Deleted), 403, "company_deleted"),
            (Error::CompanyBusy, 429, "company_busy"),
            (Error::Unavailable(DbErr::Custom("away".to_owned())), 503, "unavailable"),
            (Error::Internal("broken".into()), 500, "internal"),
        ];
        for (error, status, code) in cases {
            assert_eq!(status_and_code(error), (status, code.to_owned()));
        }
    }

    #[test]
    fn faults_name_their_places() {
        let stale = problem(Error::Stale { kind: Kind::Customer, id: uuid::Uuid::nil(), current: 7 });
        assert_eq!(stale.current_version, Some(7));
        let at = |at: &str| {
            let malformed = Malformed { code: "filter_invalid", at: at.to_owned(), detail: "no".to_owned() };
            let fault = problem(malformed).errors.remove(0);
            (fault.parameter, fault.pointer)
        };
        assert_eq!(at("filter"), (Some("filter".to_owned()), None));
        assert_eq!(at("filter/all/0"), (Some("filter".to_owned()), Some("/all/0".to_owned())));
        assert_eq!(at("/filter/all/0"), (None, Some("/filter/all/0".to_owned())));
        let malformed = Malformed { code: "filter_invalid", at: "filter/all/0".to_owned(), detail: "no".to_owned() };
        let in_body = ApiError::from(malformed).in_body().problem().errors.remove(0);
        assert_eq!((in_body.parameter, in_body.pointer), (None, Some("/filter/all/0".to_owned())));
    }

    #[test]
    fn what_is_our_fault_is_not_shown() {
        let failure = ApiError::from(Error::Internal("password=hunter2".into()));
        assert!(!serde_json::to_string(&failure.problem()).unwrap().contains("hunter2"));
        let unavailable = ApiError::from(Error::Unavailable(DbErr::Custom("hunter2".to_owned())));
        assert!(!serde_json::to_string(&unavailable.problem()).unwrap().contains("hunter2"));
        assert!(unavailable.error_response().headers().contains_key("retry-after"));
    }
}
