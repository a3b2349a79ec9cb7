//! `Idempotency-Key`: a repeated request has one effect, and one answer.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use crm_core::{CompanyScope, IdempotencyKey, Once};

use crate::answer::ApiResponse;
use crate::problem::{ApiError, Code};
use crate::request::Caller;

const HEADER: &str = "Idempotency-Key";

/// The client's `Idempotency-Key`, if it sent one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKeyHeader {
    key: Option<String>,
    path: String,
}

impl FromRequest for IdempotencyKeyHeader {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(read(request))
    }
}

fn read(request: &HttpRequest) -> Result<IdempotencyKeyHeader, ApiError> {
    let path = request.path().to_owned();
    let mut values = request.headers().get_all(HEADER);
    let key = match (values.next(), values.next()) {
        (None, _) => None,
        (Some(value), None) => Some(value.to_str().map_err(|_| refused())?.to_owned()),
        (Some(_), Some(_)) => return Err(refused()),
    };
    Ok(IdempotencyKeyHeader { key, path })
}

fn refused() -> ApiError {
    let detail = "an idempotency key has 1 to 255 visible ASCII characters, and is sent once";
    ApiError::of_parameter(Code::IdempotencyKeyInvalid, HEADER, detail)
}

impl IdempotencyKeyHeader {
    /// Does `work` once per key, in the transaction that stores its answer; without a key, only does it. `fingerprint`
    /// distinguishes requests with the same key. `work` may run twice; the first run is then rolled back.
    ///
    /// # Errors
    /// The errors of [`CompanyScope::once`] and of `work`.
    pub async fn once<W>(
        self,
        caller: &Caller,
        operation: &str,
        fingerprint: &str,
        work: W,
    ) -> Result<ApiResponse, ApiError>
    where
        W: AsyncFn(&mut CompanyScope<'_>) -> crm_core::Result<ApiResponse>,
    {
        let mut scope = caller.scope();
        let Some(key) = self.key else {
            return Ok(work(&mut scope).await?);
        };
        let key = IdempotencyKey::new(operation, &key, format!("{} {fingerprint}", self.path))?;
        Ok(match scope.once(&key, work).await? {
            Once::Done(answer) => answer,
            Once::Repeated(answer) => answer.replayed(),
        })
    }
}
