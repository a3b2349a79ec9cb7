//! The document, as the tests read it.

use std::sync::OnceLock;

use serde_json::Value;

use super::schema::resolved;

/// The methods an operation can have, as the document and the wire write them.
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
    pub node: Value,
}

/// The document, generated once.
pub fn document() -> &'static Document {
    static DOCUMENT: OnceLock<Document> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let text = crm_http::openapi().to_json().expect("a document");
        Document::new(serde_json::from_str(&text).expect("JSON"))
    })
}

impl Document {
    fn new(root: Value) -> Self {
        let paths = root["paths"].as_object().expect("paths");
        let mut operations: Vec<Operation> = paths
            .iter()
            .flat_map(|(path, item)| METHODS.iter().map(move |(name, method)| (path, *method, &item[*name])))
            .filter(|(_, _, node)| node.is_object())
            .map(|(path, method, node)| Operation {
                id: node["operationId"].as_str().unwrap_or_default().to_owned(),
                method,
                path: path.clone(),
                node: node.clone(),
            })
            .collect();
        // As a router has it: what is literal goes before what is not.
        operations.sort_by_key(|operation| (operation.path.matches('{').count(), operation.path.clone()));
        Self { root, operations }
    }

    /// The operation with this id.
    pub fn operation(&self, id: &str) -> &Operation {
        let found = self.operations.iter().find(|operation| operation.id == id);
        found.unwrap_or_else(|| panic!("the document has no operation {id}"))
    }

    /// The operation with this method and path template, if there is one.
    pub fn at(&self, method: &str, template: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.method == method && operation.path == template)
    }

    /// The operation that answers this request. A HEAD is answered as a GET.
    pub fn find(&self, method: &str, path: &str) -> Option<&Operation> {
        let method = if method == "HEAD" { "GET" } else { method };
        let template = self.template(path)?;
        self.at(method, template)
    }

    /// The path template that a path belongs to.
    pub fn template(&self, path: &str) -> Option<&str> {
        let templates = self.operations.iter().map(|operation| operation.path.as_str());
        templates.into_iter().find(|template| fits(template, path))
    }

    /// All path templates.
    pub fn templates(&self) -> Vec<&str> {
        let mut templates: Vec<&str> = self.operations.iter().map(|operation| operation.path.as_str()).collect();
        templates.dedup();
        templates
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    loop {
        match (template.next(), path.next()) {
            (None, None) => return true,
            (Some(name), Some(value)) if name.starts_with('{') => {
                if value.is_empty() {
                    return false;
                }
            }
            (Some(name), Some(value)) if name == value => {}
            _ => return false,
        }
    }
}

impl Operation {
    /// True if it needs no token.
    pub fn is_public(&self) -> bool {
        self.node["security"].as_array().is_some_and(|list| list.iter().all(|one| one == &serde_json::json!({})))
    }

    /// Its parameters in `query`, `path` or `header`.
    pub fn parameters(&self, place: &str) -> impl Iterator<Item = &Value> {
        let parameters = self.node["parameters"].as_array().into_iter().flatten();
        let place = place.to_owned();
        parameters.map(resolved).filter(move |parameter| parameter["in"] == place.as_str())
    }

    /// True if it takes this parameter.
    pub fn takes(&self, place: &str, name: &str) -> bool {
        self.parameters(place).any(|parameter| parameter["name"] == name)
    }

    /// What the document says of an answer with this status.
    pub fn response(&self, status: &str) -> Option<&Value> {
        self.node["responses"].get(status).map(resolved)
    }

    /// The statuses it answers.
    pub fn statuses(&self) -> impl Iterator<Item = u16> {
        let responses = self.node["responses"].as_object().expect("responses");
        responses.keys().map(|status| status.parse().expect("a status"))
    }

    /// The status of an answer that went well.
    pub fn success(&self) -> u16 {
        self.statuses().find(|status| (200..300).contains(status)).expect("an answer that goes well")
    }

    /// What it takes as a body: media types with their schemas and examples.
    pub fn body(&self) -> Option<&serde_json::Map<String, Value>> {
        resolved(self.node.get("requestBody")?)["content"].as_object()
    }

    /// The example of its JSON body.
    pub fn example(&self) -> Option<Value> {
        super::schema::examples(self.body()?.get("application/json")?).into_iter().next()
    }
}
