//! What a list of customers shows, as its address says it.

use crm_core::customers::CustomerSearch;
use crm_core::saved_views::SavedView;
use serde_json::{Map, Value, json};

use crate::base::fields::Fields;

/// The parameters of the list: the name in addresses, the name in the API, and whether there may be several values.
const PARAMETERS: &[(&str, &str, bool)] = &[
    ("q", "q", false),
    ("status", "status", true),
    ("kind", "kind", true),
    ("owner", "ownerId", false),
    ("tag", "tag", true),
    ("tagAll", "tagAll", true),
    ("isArchived", "isArchived", false),
    ("createdFrom", "createdFrom", false),
    ("createdTo", "createdTo", false),
    ("lastContactAfter", "lastContactAfter", false),
    ("lastContactBefore", "lastContactBefore", false),
    ("nextFollowUpBefore", "nextFollowUpBefore", false),
    ("filter", "filter", false),
];

/// The names of the parameters that narrow the list, in addresses.
pub(super) fn parameters() -> impl Iterator<Item = &'static str> {
    PARAMETERS.iter().map(|(name, ..)| *name)
}

/// The query as the API has it.
pub(super) fn query_of(fields: &Fields) -> Map<String, Value> {
    let member = |(name, api, is_list): &(&str, &str, bool)| {
        let value = if *is_list {
            let values: Vec<&str> = fields.all(name).collect();
            (!values.is_empty()).then(|| json!(values))
        } else {
            fields.get(name).map(Value::from)
        };
        Some(((*api).to_owned(), value?))
    };
    PARAMETERS.iter().filter_map(member).collect()
}

/// What is searched. A value that cannot be read is left out: it comes from an address that was typed.
pub(super) fn search_of(fields: &Fields) -> CustomerSearch {
    let mut query = query_of(fields);
    loop {
        let faults = match CustomerSearch::from_json(&query) {
            Ok(search) => return search,
            Err(faults) => faults,
        };
        let before = query.len();
        for fault in faults.0 {
            query.remove(fault.pointer.trim_start_matches('/').split('/').next().unwrap_or_default());
        }
        if query.len() == before {
            return CustomerSearch::default();
        }
    }
}

/// The address of a saved view: its id, and everything that it shows.
pub(super) fn fields_of(view: &SavedView) -> Fields {
    let mut fields = Fields::default().with("view", &view.id.to_string());
    for (name, api, _) in PARAMETERS {
        match view.query.get(*api) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => fields = fields.and(name, text),
            Some(Value::Array(values)) => {
                fields = values.iter().filter_map(Value::as_str).fold(fields, |fields, value| fields.and(name, value));
            }
            Some(other) => fields = fields.and(name, &other.to_string()),
        }
    }
    if let Some(sort) = &view.sort {
        fields = fields.and("sort", sort);
    }
    if !view.columns.is_empty() {
        fields = fields.and("columns", &view.columns.join(","));
    }
    fields
}
