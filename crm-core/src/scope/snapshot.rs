//! A record as history keeps it, and what two of them differ in.

use sea_orm::{ActiveModelTrait, EntityTrait};
use serde_json::{Map, Value};

use super::Record;
use crate::base::error::{Error, Result};
use crate::journal::FieldChange;

/// The record as history keeps it.
pub(super) fn snapshot<R: Record>(record: &R) -> Result<Map<String, Value>> {
    match serde_json::to_value(record).map_err(Error::internal)? {
        Value::Object(mut members) => {
            members.retain(|name, _| !R::UNTRACKED_FIELDS.contains(&name.as_str()));
            record.trim_history(&mut members);
            Ok(members)
        }
        _ => Err(Error::internal("a record is a JSON object")),
    }
}

/// What a new record holds, as changes from nothing.
pub(super) fn content<R: Record>(record: &R) -> Result<Vec<FieldChange>> {
    let mut content = snapshot(record)?;
    content.retain(|_, value| !is_empty(value));
    Ok(difference(&Map::new(), &content))
}

/// Only the columns that differ: an unchanged one would cost its index an entry.
pub(super) fn changed_columns<R: Record>(
    before: <R::Entity as EntityTrait>::ActiveModel,
    after: <R::Entity as EntityTrait>::ActiveModel,
) -> <R::Entity as EntityTrait>::ActiveModel {
    use sea_orm::Iterable;
    let mut changed = after;
    for column in <R::Entity as EntityTrait>::Column::iter() {
        if before.get(column).into_value() == changed.get(column).into_value() {
            changed.not_set(column);
        }
    }
    changed
}

/// Nothing worth telling of a new record.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// The members that differ, in the order of their names.
pub(crate) fn difference(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<FieldChange> {
    let absent = Value::Null;
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    names
        .into_iter()
        .filter_map(|field| {
            let (from, to) = (before.get(field).unwrap_or(&absent), after.get(field).unwrap_or(&absent));
            (from != to).then(|| FieldChange { field: field.clone(), from: from.clone(), to: to.clone() })
        })
        .collect()
}
