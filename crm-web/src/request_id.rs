//! The id of a request, in answers, log lines, history and audit.

use std::sync::Arc;

use actix_web::{HttpMessage, HttpRequest};
use uuid::Uuid;

const LONGEST: usize = 64;

/// The id of a request: the client's `X-Request-Id` if it has 1 to 64 letters, digits, `-`, `_` or `.`; otherwise a new
/// UUID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Arc<str>);

impl RequestId {
    /// The id of this request, the same at every call.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        if let Some(id) = request.extensions().get::<Self>() {
            return id.clone();
        }
        let id = sent(request)
            .unwrap_or_else(|| Self::new(Uuid::now_v7().hyphenated().encode_lower(&mut Uuid::encode_buffer())));
        request.extensions_mut().insert(id.clone());
        id
    }

    fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn sent(request: &HttpRequest) -> Option<RequestId> {
    let id = request.headers().get("x-request-id")?.to_str().ok()?;
    let is_safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    ((1..=LONGEST).contains(&id.len()) && id.bytes().all(is_safe)).then(|| RequestId::new(id))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::RequestId;

    #[test]
    fn a_safe_id_is_taken_over_and_another_is_replaced() {
        let request = |id: &'static str| TestRequest::default().insert_header(("x-request-id", id)).to_http_request();
        assert_eq!(RequestId::of(&request("abc-1_2.3")).as_str(), "abc-1_2.3");
        for unsafe_id in ["", "a b", "a\"b", "é"] {
            assert_ne!(RequestId::of(&request(unsafe_id)).as_str(), unsafe_id);
        }
        let one = request("");
        assert_eq!(RequestId::of(&one), RequestId::of(&one));
    }
}
