//! A request under construction.

use std::future::IntoFuture;
use std::rc::Rc;

use actix_web::HttpResponse;
use actix_web::body::to_bytes;
use actix_web::http::Method;
use actix_web::http::header::{CONTENT_LENGTH, HeaderName, HeaderValue};
use actix_web::test::TestRequest;
use actix_web::web::Bytes;
use futures_util::future::LocalBoxFuture;
use serde_json::Value;

use super::answer::Answer;
use super::api::Handler;
use super::check;

/// A request, sent when it is awaited. Its answer is held against the document; if it is accepted, so is the request.
#[must_use = "a request is sent when it is awaited"]
#[derive(Clone)]
pub struct Call {
    pub(super) handler: Rc<Handler>,
    pub method: &'static str,
    /// With the query.
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Option<Bytes>,
    /// The reason why the request is accepted although the document does not describe it.
    pub(super) undocumented: Option<&'static str>,
}

impl Call {
    /// Adds query parameters.
    pub fn query<N: AsRef<str>, V: ToString>(mut self, pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in pairs {
            query.append_pair(name.as_ref(), &value.to_string());
        }
        let separator = if self.path.contains('?') { '&' } else { '?' };
        self.path = format!("{}{separator}{}", self.path, query.finish());
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Leaves a header out.
    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// The version that the caller has seen.
    pub fn if_match(self, tag: impl Into<String>) -> Self {
        self.header("If-Match", tag)
    }

    /// A key under which the request can be repeated.
    pub fn once(self, key: impl Into<String>) -> Self {
        self.header("Idempotency-Key", key)
    }

    /// A JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// Any body.
    pub fn body(self, content_type: &str, body: impl Into<Bytes>) -> Self {
        let call = self.without_header("Content-Type").header("Content-Type", content_type);
        Self { body: Some(body.into()), ..call }
    }

    /// A file to import, with the mapping of its columns.
    pub fn file(self, file: impl AsRef<[u8]>, mapping: Option<&str>) -> Self {
        const BOUNDARY: &str = "the-boundary-of-the-tests";
        let mut body = Vec::new();
        let mut part = |head: &str, content: &[u8]| {
            body.extend_from_slice(
                format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes(),
            );
            body.extend_from_slice(content);
            body.extend_from_slice(b"\r\n");
        };
        part("name=\"file\"; filename=\"customers.csv\"\r\nContent-Type: text/csv", file.as_ref());
        if let Some(mapping) = mapping {
            part("name=\"mapping\"", mapping.as_bytes());
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        self.body(&format!("multipart/form-data; boundary={BOUNDARY}"), body)
    }

    /// Accepts a request that the document does not describe, on purpose.
    pub fn undocumented(self, reason: &'static str) -> Self {
        Self { undocumented: Some(reason), ..self }
    }

    /// What a person reads in a message.
    fn line(&self) -> String {
        const LONGEST: usize = 500;
        let body = self.body.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
        let body: String = body.chars().take(LONGEST).collect();
        let headers: Vec<String> = self
            .headers
            .iter()
            .filter(|(name, _)| !name.eq_ignore_ascii_case("authorization"))
            .map(|(name, value)| format!("{name}: {value}"))
            .collect();
        format!("{} {} [{}] {body}", self.method, self.path, headers.join(", "))
    }

    /// Sends it, for an answer whose body is still to come. It is not held against the document.
    pub async fn open(&self) -> HttpResponse {
        let method = Method::from_bytes(self.method.as_bytes()).expect("a method");
        let mut request = TestRequest::default().method(method).uri(&self.path);
        if let Some(body) = &self.body {
            request = request.set_payload(body.clone());
        }
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("the name of a header");
            let header = (name, HeaderValue::from_bytes(value.as_bytes()).expect("a header"));
            request = match &header.0 {
                &CONTENT_LENGTH => request.insert_header(header),
                _ => request.append_header(header),
            };
        }
        (self.handler)(request).await
    }

    async fn send(self) -> Answer {
        let (response, body) = self.open().await.into_parts();
        let body =
            to_bytes(body).await.unwrap_or_else(|_| panic!("the body of the answer to {} is broken", self.line()));
        let status = response.status().as_u16();
        let answer = Answer { request: self.line(), status, headers: response.headers().clone(), body };
        if let Err(faults) = check::exchange(&self, &answer) {
            panic!("the document does not tell the truth:\n  - {}\nof {answer}", faults.join("\n  - "));
        }
        answer
    }
}

impl IntoFuture for Call {
    type Output = Answer;
    type IntoFuture = LocalBoxFuture<'static, Answer>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}
