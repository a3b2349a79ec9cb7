//! An answer of the service.

use actix_web::http::header::HeaderMap;
use actix_web::web::Bytes;
use serde_json::Value;

/// An answer that fits the document.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What was asked, for messages.
    pub request: String,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Answer {
    /// The same, if it has this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert!(self.status == status, "expected {status}, got {self}");
        self
    }

    /// The body of an answer that went well.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "expected success, got {self}");
        self.json()
    }

    /// The problem of an answer with this status and code.
    #[track_caller]
    pub fn problem(self, status: u16, code: &str) -> Value {
        let problem = if self.body.is_empty() { Value::Null } else { self.json() };
        assert!(self.status == status && problem["code"] == code, "expected {status} {code}, got {self}");
        problem
    }

    /// The problem of an answer with this status and code, which names this parameter or header.
    #[track_caller]
    pub fn problem_of_parameter(self, status: u16, code: &str, parameter: &str) -> Value {
        let text = self.to_string();
        let problem = self.problem(status, code);
        assert!(problem["errors"][0]["parameter"] == parameter, "expected a fault of {parameter}, got {text}");
        problem
    }

    /// The problem of an answer with this status and code, which names this place in the body.
    #[track_caller]
    pub fn problem_at(self, status: u16, code: &str, pointer: &str) -> Value {
        let text = self.to_string();
        let problem = self.problem(status, code);
        assert!(problem["errors"][0]["pointer"] == pointer, "expected a fault at {pointer}, got {text}");
        problem
    }

    /// The pointers and codes of a 422, sorted.
    #[track_caller]
    pub fn violations(self) -> Vec<(String, String)> {
        let problem = self.problem(422, "invalid");
        let faults = problem["errors"].as_array().cloned().unwrap_or_default();
        let text = |fault: &Value, name: &str| fault[name].as_str().unwrap_or_default().to_owned();
        let mut violations: Vec<_> = faults.iter().map(|fault| (text(fault, "pointer"), text(fault, "code"))).collect();
        violations.sort_unstable();
        violations
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {self}"))
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// A header, if it is there and text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The entity tag, which must be there.
    #[track_caller]
    pub fn etag(&self) -> String {
        self.header("etag").unwrap_or_else(|| panic!("there is no ETag in {self}")).to_owned()
    }

    /// The content type without its parameters.
    pub fn content_type(&self) -> &str {
        self.header("content-type").and_then(|text| text.split(';').next()).unwrap_or_default().trim()
    }
}

/// As a person reads it who looks for the reason of a failed test.
impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const LONGEST: usize = 2000;
        let body = self.text();
        let body = body.char_indices().nth(LONGEST).map_or(&*body, |(end, _)| &body[..end]);
        writeln!(f, "{} to {}", self.status, self.request)?;
        for (name, value) in &self.headers {
            writeln!(f, "  {name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        write!(f, "  {body}")
    }
}
