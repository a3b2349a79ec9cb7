//! What a list shows, as its address says it.

use crm_core::Violations;
use crm_core::preferences::Preferences;
use crm_core::saved_views::SavedView;
use serde_json::{Map, Value, json};

use super::List;
use crate::base::fields::Fields;

/// A parameter of a list.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter {
    /// The name in addresses.
    pub name: &'static str,
    /// The name in the API.
    pub api: &'static str,
    /// Whether there may be several values.
    pub is_many: bool,
    /// The value that narrows nothing, where an address without the parameter means another one.
    pub any: Option<&'static str>,
}

/// A parameter with one value.
pub(crate) const fn one(name: &'static str) -> Parameter {
    Parameter { name, api: name, is_many: false, any: None }
}

/// A parameter with several values.
pub(crate) const fn many(name: &'static str) -> Parameter {
    Parameter { is_many: true, ..one(name) }
}

impl List {
    /// The names of the parameters that narrow the list, in addresses.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &'static str> {
        self.parameters.iter().map(|parameter| parameter.name)
    }

    /// The query as the API has it.
    pub(crate) fn query_of(&self, fields: &Fields) -> Map<String, Value> {
        let member = |parameter: &Parameter| {
            let value = if parameter.is_many {
                let values: Vec<&str> = fields.all(parameter.name).collect();
                (!values.is_empty()).then(|| json!(values))
            } else {
                fields.get(parameter.name).filter(|value| parameter.any != Some(value)).map(Value::from)
            };
            Some((parameter.api.to_owned(), value?))
        };
        self.parameters.iter().filter_map(member).collect()
    }

    /// The address of a saved view: its id, and everything that it shows.
    pub(crate) fn fields_of(&self, view: &SavedView) -> Fields {
        let mut fields = Fields::default().with("view", &view.id.to_string());
        for Parameter { name, api, any, .. } in self.parameters {
            fields = match view.query.get(*api) {
                None | Some(Value::Null) => any.map_or_else(|| fields.clone(), |any| fields.clone().and(name, any)),
                Some(Value::String(text)) => fields.and(name, text),
                Some(Value::Array(values)) => {
                    values.iter().filter_map(Value::as_str).fold(fields, |fields, value| fields.and(name, value))
                }
                Some(other) => fields.and(name, &other.to_string()),
            };
        }
        if let Some(sort) = &view.sort {
            fields = fields.and("sort", sort);
        }
        if !view.columns.is_empty() {
            fields = fields.and("columns", &view.columns.join(","));
        }
        self.with_view.iter().fold(fields, |fields, (name, value)| fields.and(name, value))
    }

    /// The names of the columns: those of the address, else those that the user has chosen.
    pub(crate) fn columns_of(&self, fields: &Fields, preferences: &Preferences) -> Vec<String> {
        let of_user = || preferences.lists.of(self.entity).and_then(|list| list.columns.clone());
        let asked = fields.get("columns").map(|names| names.split(',').map(str::to_owned).collect());
        let wanted: Vec<String> = asked.or_else(of_user).unwrap_or_default();
        let usual = || self.usual.iter().copied().map(str::to_owned).collect();
        if wanted.is_empty() { usual() } else { self.known(wanted.iter().map(String::as_str)) }
    }

    /// The columns of these names, each once, after the first one.
    pub(super) fn known<'n>(&self, names: impl Iterator<Item = &'n str>) -> Vec<String> {
        let mut columns = vec![self.first.to_owned()];
        for name in names.filter(|name| self.entity.has_column(name)) {
            if !columns.iter().any(|column| column == name) {
                columns.push(name.to_owned());
            }
        }
        columns
    }
}

/// Reads a query without the values that cannot be read: they come from an address that was typed.
pub(crate) fn readable<T: Default>(
    mut query: Map<String, Value>,
    read: impl Fn(&Map<String, Value>) -> Result<T, Violations>,
) -> T {
    loop {
        let faults = match read(&query) {
            Ok(found) => return found,
            Err(faults) => faults,
        };
        let before = query.len();
        for fault in faults.0 {
            query.remove(fault.pointer.trim_start_matches('/').split('/').next().unwrap_or_default());
        }
        if query.len() == before {
            return T::default();
        }
    }
}
