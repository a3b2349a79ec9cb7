//! `If-Match`: the version on which a write is based.

use std::future::{Ready, ready};

use actix_web::http::header::{self, EntityTag, Header};
use actix_web::{FromRequest, HttpRequest, dev::Payload};

use crate::etag;
use crate::problem::{ApiError, Code};

/// A version that no record has: for entity tags that are not ours.
const NO_VERSION: i64 = -1;

/// The version in `If-Match`, if the client sent one.
///
/// `"3"` and `"3-5f1c…"` mean version 3, whatever the digest; `*` and no header mean any version. A weak tag (`W/"3"`)
/// and a tag of another service match nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IfMatch(pub Option<i64>);

impl FromRequest for IfMatch {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(read(request))
    }
}

fn read(request: &HttpRequest) -> Result<IfMatch, ApiError> {
    if !request.headers().contains_key(header::IF_MATCH) {
        return Ok(IfMatch(None));
    }
    match header::IfMatch::parse(request) {
        Ok(header::IfMatch::Any) => Ok(IfMatch(None)),
        Ok(header::IfMatch::Items(tags)) if !tags.is_empty() => Ok(IfMatch(Some(seen(&tags)?))),
        _ => {
            let detail = "If-Match holds the ETag of an earlier answer, with its quotes, or *";
            Err(ApiError::of_parameter(Code::IfMatchInvalid, "If-Match", detail))
        }
    }
}

fn seen(tags: &[EntityTag]) -> Result<i64, ApiError> {
    let mut versions: Vec<i64> = tags.iter().filter_map(etag::version).collect();
    versions.dedup();
    match versions.as_slice() {
        [] => Ok(NO_VERSION),
        [version] => Ok(*version),
        _ => Err(ApiError::of_parameter(Code::IfMatchInvalid, "If-Match", "If-Match must have exactly one version")),
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::{IfMatch, NO_VERSION};
    use crate::problem::ApiError;

    fn read(header: &str) -> Result<IfMatch, ApiError> {
        super::read(&TestRequest::default().insert_header(("If-Match", header)).to_http_request())
    }

    #[test]
    fn the_version_is_read_from_the_tag() {
        assert_eq!(super::read(&TestRequest::default().to_http_request()).unwrap(), IfMatch(None));
        assert_eq!(read("*").unwrap(), IfMatch(None));
        for three in ["\"3\"", "\"3-00ff\"", "\"3-00ff\", \"3-aa\"", "W/\"4-00\", \"3\"", "\"another's\",\"3-00ff\""] {
            assert_eq!(read(three).unwrap(), IfMatch(Some(3)), "{three}");
        }
        for nothing in ["W/\"3\"", "W/\"3-00ff\"", "\"another's\"", "\"\""] {
            assert_eq!(read(nothing).unwrap(), IfMatch(Some(NO_VERSION)), "{nothing}");
        }
        for malformed in ["", "3", "\"3", "w/\"3\"", "\"3-00ff\" \"4-aa\"", "\"3-0\", \"4-0\"", "* *"] {
            assert!(read(malformed).is_err(), "{malformed}");
        }
    }
}
