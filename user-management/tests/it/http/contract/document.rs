//! The document, as the tests read it.

use std::sync::OnceLock;

use serde_json::{Value, json};

use super::schema::resolved;

const METHODS: [(&str, &str); 5] =
    [("get", "GET"), ("post", "POST"), ("put", "PUT"), ("patch", "PATCH"), ("delete", "DELETE")];

/// The OpenAPI document of what is mounted.
pub struct Document {
    pub root: Value,
    pub operations: Vec<Operation>,
}

/// One method on one path.
pub struct Operation {
    pub id: String,
    pub method: &'static str,
    /// With its parameters in braces.
    pub path: String,
    node: Value,
}

/// The document, generated once.
pub fn document() -> &'static Document {
    static DOCUMENT: OnceLock<Document> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let text = user_management::http::openapi().to_json().expect("a document");
        Document::new(serde_json::from_str(&text).expect("JSON"))
    })
}

impl Document {
    fn new(root: Value) -> Self {
        let paths = root["paths"].as_object().expect("paths");
        let all = paths.iter().flat_map(|(path, item)| METHODS.iter().map(move |(name, to)| (path, *to, &item[*name])));
        let operations = all.filter(|(.., node)| node.is_object()).map(|(path, method, node)| Operation {
            id: node["operationId"].as_str().expect("an id").to_owned(),
            method,
            path: path.clone(),
            node: node.clone(),
        });
        let mut operations: Vec<Operation> = operations.collect();
        // As a router has it: what is literal goes before what is not.
        operations.sort_by_key(|operation| (operation.path.matches('{').count(), operation.path.clone()));
        Self { root, operations }
    }

    /// The operation that answers this request. A HEAD is answered as a GET.
    pub fn find(&self, method: &str, path: &str) -> Option<&Operation> {
        let method = if method == "HEAD" { "GET" } else { method };
        self.operations.iter().find(|operation| operation.method == method && fits(&operation.path, path))
    }

    /// The methods of a path.
    pub fn methods(&self, path: &str) -> Vec<&'static str> {
        let of_path = self.operations.iter().filter(|operation| operation.path == path);
        of_path.map(|operation| operation.method).collect()
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<&str>, Vec<&str>) = (template.split('/').collect(), path.split('/').collect());
    let pairs = || template.iter().zip(&path);
    template.len() == path.len()
        && pairs().all(|(name, value)| name == value || name.starts_with('{') && !value.is_empty())
}

impl Operation {
    /// True if it needs no token.
    pub fn is_public(&self) -> bool {
        self.node["security"].as_array().is_some_and(|list| list.iter().all(|one| one == &json!({})))
    }

    /// True if it is for other services, with their own credentials.
    pub fn is_for_clients(&self) -> bool {
        self.node["security"].as_array().is_some_and(|list| list.iter().any(|one| one.get("client").is_some()))
    }

    /// What the document says of an answer with this status.
    pub fn response(&self, status: &str) -> Option<&Value> {
        self.node["responses"].get(status).map(resolved)
    }

    /// The status of an answer that went well.
    pub fn success(&self) -> u16 {
        let responses = self.node["responses"].as_object().expect("responses");
        let mut statuses = responses.keys().filter_map(|status| status.parse().ok());
        statuses.find(|status| (200..300).contains(status)).expect("an answer that goes well")
    }

    /// Whether it takes JSON.
    pub fn takes_json(&self) -> bool {
        self.node["requestBody"]["content"].get("application/json").is_some()
    }

    /// Whether it takes a merge patch.
    pub fn takes_a_patch(&self) -> bool {
        self.node["requestBody"]["content"].get("application/merge-patch+json").is_some()
    }
}
