//! JSON bodies.

use std::fmt;

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};
use serde_path_to_error::{Path, Segment};
use sha2::{Digest, Sha256};

use crate::problem::{ApiError, Code};
use crate::service::Limits;

/// A JSON body, and a digest of its bytes.
///
/// Accepts `application/json`, `application/merge-patch+json` and other `+json` types, within the
/// [limits](Limits::of) of the request. The first structural error is a 400 with its location.
#[derive(Debug)]
pub struct JsonBody<T> {
    /// The parsed value.
    pub value: T,
    /// SHA-256 of its bytes, in hexadecimal.
    pub fingerprint: String,
}

impl<T: DeserializeOwned + 'static> FromRequest for JsonBody<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = read_json(request, payload.take());
        Box::pin(async move {
            let body = body.await?;
            Ok(Self { value: parse(&body)?, fingerprint: digest(&body) })
        })
    }
}

/// A JSON body that may be left out; `null` is the same.
#[derive(Debug)]
pub struct OptionalBody<T>(pub Option<T>);

impl<T: DeserializeOwned + 'static> FromRequest for OptionalBody<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (acceptable, body) = (expect_json(request.headers()), read_announced(request, payload.take()));
        Box::pin(async move {
            let body = body.await?;
            if body.is_empty() {
                return Ok(Self(None));
            }
            acceptable?;
            Ok(Self(parse(&body)?))
        })
    }
}

/// Reads a JSON body without parsing it.
pub(crate) fn read_json(
    request: &HttpRequest,
    payload: Payload,
) -> impl Future<Output = Result<Bytes, ApiError>> + use<> {
    let (acceptable, body) = (expect_json(request.headers()), read_announced(request, payload));
    async move {
        acceptable?;
        body.await
    }
}

/// Reads a body, unless its announced length exceeds the limit.
pub(super) fn read_announced(
    request: &HttpRequest,
    payload: Payload,
) -> impl Future<Output = Result<Bytes, ApiError>> + use<> {
    let limits = Limits::of(request);
    let announced: Option<usize> =
        request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    async move {
        match announced {
            Some(length) if length > limits.body => Err(too_large(limits.body)),
            _ => read_body(payload, limits).await,
        }
    }
}

/// Reads a body within the limits. The framework has a timeout for the head only, so the one for the body is ours.
pub(crate) async fn read_body(mut payload: Payload, limits: Limits) -> Result<Bytes, ApiError> {
    let read = async {
        let mut body = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk =
                chunk.map_err(|error| ApiError::new(Code::Malformed, format!("the body is broken: {error}")))?;
            if body.len() + chunk.len() > limits.body {
                return Err(too_large(limits.body));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    match tokio::time::timeout(limits.body_time, read).await {
        Ok(body) => body,
        Err(_) => Err(ApiError::new(Code::BodyTimeout, "the body did not arrive in time")),
    }
}

fn too_large(limit: usize) -> ApiError {
    ApiError::new(Code::PayloadTooLarge, format!("a body has at most {limit} bytes"))
}

fn expect_json(headers: &HeaderMap) -> Result<(), ApiError> {
    let refused = |detail: &str| Err(ApiError::new(Code::UnsupportedMediaType, detail));
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = text(CONTENT_TYPE).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if essence != "application/json" && !(essence.starts_with("application/") && essence.ends_with("+json")) {
        return refused("send JSON, with Content-Type: application/json");
    }
    match text(CONTENT_ENCODING) {
        "" | "identity" => Ok(()),
        _ => refused("send the body without a Content-Encoding"),
    }
}

pub(crate) fn digest(body: &[u8]) -> String {
    hex::encode(Sha256::digest(body))
}

/// Parses JSON, and names the location of the first error.
pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    // Derived types also accept lists, member by member; a body must be an object.
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(ApiError::of_field(Code::InvalidType, "", "invalid type: a list, expected an object"));
    }
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let pointer = pointer(error.path());
        fault(error.inner(), &pointer)
    })?;
    json.end().map_err(|error| fault(&error, ""))?;
    if let Ok(text) = std::str::from_utf8(body) {
        crm_core::json::exact_numbers(text)?;
    }
    Ok(value)
}

fn fault(error: &serde_json::Error, pointer: &str) -> ApiError {
    if !error.is_data() {
        return ApiError::new(Code::MalformedJson, error.to_string());
    }
    // Line and column do not help in a program's body, and the path is more precise.
    let text = error.to_string();
    let words = text.rsplit_once(" at line ").map_or(text.as_str(), |(words, _)| words);
    let named = |prefix: &str| words.strip_prefix(prefix)?.split('`').next();
    let (code, name) = if let Some(name) = named("unknown field `") {
        (Code::UnknownField, Some(name))
    } else if let Some(name) = named("missing field `") {
        (Code::MissingField, Some(name))
    } else {
        (Code::InvalidType, None)
    };
    let pointer = match name {
        Some(name) if !ends_with(pointer, name) => format!("{pointer}/{}", escaped(name)),
        _ => pointer.to_owned(),
    };
    ApiError::of_field(code, &pointer, words)
}

fn ends_with(pointer: &str, name: &str) -> bool {
    pointer.rsplit('/').next().is_some_and(|last| !pointer.is_empty() && last == escaped(name))
}

fn pointer(path: &Path) -> String {
    let segment = |segment: &Segment| match segment {
        Segment::Seq { index } => Some(format!("/{index}")),
        Segment::Map { key } => Some(format!("/{}", escaped(key))),
        Segment::Enum { .. } | Segment::Unknown => None,
    };
    path.iter().filter_map(segment).collect()
}

/// Escaped according to RFC 6901.
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// The members of an object, each of which must appear once.
pub(crate) struct Members(pub Map<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Once).map(Self)
    }
}

struct Once;

impl<'de> Visitor<'de> for Once {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
        let mut members = Map::new();
        while let Some((name, value)) = access.next_entry::<String, Value>()? {
            if members.contains_key(&name) {
                return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
            }
            members.insert(name, value);
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use crm_core::customers::{CustomerPatch, NewCustomer};
    use serde::de::DeserializeOwned;

    use super::parse;

    fn fault<T: DeserializeOwned + std::fmt::Debug>(body: &str) -> (String, Option<String>) {
        let problem = parse::<T>(body.as_bytes()).unwrap_err().problem();
        (problem.code, problem.errors.first().and_then(|fault| fault.pointer.clone()))
    }

    fn at(code: &str, pointer: &str) -> (String, Option<String>) {
        (code.to_owned(), Some(pointer.to_owned()))
    }

    #[test]
    fn the_first_fault_names_its_place() {
        assert_eq!(fault::<NewCustomer>("{\"name\": "), ("malformed_json".to_owned(), None));
        assert_eq!(fault::<NewCustomer>("{} x"), ("malformed_json".to_owned(), None));
        assert_eq!(fault::<NewCustomer>("[]"), at("invalid_type", ""));
        assert_eq!(fault::<CustomerPatch>(" []"), at("invalid_type", ""));
        assert_eq!(fault::<NewCustomer>(r#"{"nmae": "Ann"}"#), at("unknown_field", "/nmae"));
        assert_eq!(fault::<NewCustomer>(r#"{"name": 1}"#), at("invalid_type", "/name"));
        assert_eq!(fault::<NewCustomer>(r#"{"name": "A", "name": "B"}"#), at("invalid_type", ""));
        assert_eq!(
            fault::<NewCustomer>(r#"{"externalRefs": [{"system": "erp"}]}"#),
            at("missing_field", "/externalRefs/0/id")
        );
        assert_eq!(fault::<CustomerPatch>(r#"{"status": "vip"}"#), at("invalid_type", "/status"));
        assert_eq!(fault::<CustomerPatch>(r#"{"a/b": 1}"#), at("unknown_field", "/a~1b"));
    }
}
