//! `If-Match`: the version a write is based on.

use std::future::{Ready, ready};

use actix_web::http::header::IF_MATCH;
use actix_web::{FromRequest, HttpRequest, dev::Payload};

use crate::etag;
use crate::problem::{Code, Failure};

/// A version that no record has: what an entity tag of somebody else stands for.
const NO_VERSION: i64 = -1;

/// The version that the client has seen, if it says so.
///
/// `"3-5f1c…"` and `W/"3-5f1c…"` stand for version 3, whatever the rest, because proxies weaken and re-encode; `*` and no
/// header at all stand for any version. A tag that is not of this service matches nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IfMatch(pub Option<i64>);

impl FromRequest for IfMatch {
    type Error = Failure;
    type Future = Ready<Result<Self, Failure>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let header: Option<Vec<&str>> = request.headers().get_all(IF_MATCH).map(|value| value.to_str().ok()).collect();
        ready(match header.as_deref() {
            Some([]) => Ok(Self(None)),
            Some(lines) => read(&lines.join(",")),
            None => Err(malformed()),
        })
    }
}

fn read(header: &str) -> Result<IfMatch, Failure> {
    if header.trim() == "*" {
        return Ok(IfMatch(None));
    }
    let tags = etag::list(header).ok_or_else(malformed)?;
    let mut versions: Vec<i64> = tags.iter().filter_map(|tag| etag::version(tag)).collect();
    versions.dedup();
    match versions.as_slice() {
        [] => Ok(IfMatch(Some(NO_VERSION))),
        [version] => Ok(IfMatch(Some(*version))),
        _ => Err(Failure::of_parameter(Code::IfMatchInvalid, "If-Match", "send the one version that you have seen")),
    }
}

fn malformed() -> Failure {
    let detail = "If-Match holds the ETag of an earlier answer, with its quotes, or *";
    Failure::of_parameter(Code::IfMatchInvalid, "If-Match", detail)
}

#[cfg(test)]
mod tests {
    use super::{IfMatch, NO_VERSION, read};

    #[test]
    fn the_version_is_read_from_the_tag() {
        assert_eq!(read("*").unwrap(), IfMatch(None));
        assert_eq!(read("\"3-00ff\"").unwrap(), IfMatch(Some(3)));
        assert_eq!(read("W/\"3-00ff\"").unwrap(), IfMatch(Some(3)));
        assert_eq!(read("\"3-00ff\", \"3-aa\"").unwrap(), IfMatch(Some(3)));
        assert_eq!(read("\"somebody else's\"").unwrap(), IfMatch(Some(NO_VERSION)));
        for malformed in ["", "3", "\"3", "\"3-00ff\" \"4-aa\"", "\"3-0\", \"4-0\""] {
            assert!(read(malformed).is_err(), "{malformed}");
        }
    }
}
