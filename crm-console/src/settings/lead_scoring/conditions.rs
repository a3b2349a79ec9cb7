//! The condition of a rule as rows of a form: a field, how it is compared, and a value. What rows cannot say is written as the
//! filter of the API.

use crm_core::customers::{CustomerKind, EmployeeBand};
use crm_core::lead_statuses::LeadStatusType;
use crm_core::leads::LeadRating;
use serde_json::{Map, Value, json};

use super::super::choices;
use crate::base::fields::Fields;
use crate::customers::{Choice, field_label};
use crate::web::Frame;

/// How many rows a condition has at most.
const MOST: usize = 20;
/// What stands between the values of a list.
const SEPARATOR: char = ',';

/// What the values of a field are.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Text,
    /// One of some names; their messages begin with this.
    Name(&'static str, &'static [&'static str]),
    Number,
    Flag,
    /// Several words.
    List,
}

/// The fields that can be chosen.
const FIELDS: &[(&str, Kind)] = &[
    ("source", Kind::Text),
    ("rating", Kind::Name("rating", LeadRating::NAMES)),
    ("status", Kind::Text),
    ("statusType", Kind::Name("lead-type", LeadStatusType::NAMES)),
    ("priority", Kind::Number),
    ("tags", Kind::List),
    ("kind", Kind::Name("kind", CustomerKind::NAMES)),
    ("jobTitle", Kind::Text),
    ("organizationName", Kind::Text),
    ("industry", Kind::Text),
    ("employeeBand", Kind::Name("employee-band", EmployeeBand::NAMES)),
    ("email", Kind::Text),
    ("phone", Kind::Text),
    ("city", Kind::Text),
    ("state", Kind::Text),
    ("zipCode", Kind::Text),
    ("countryCode", Kind::Text),
    ("language", Kind::Text),
    ("expectedCloseDate", Kind::Text),
    ("doNotCall", Kind::Flag),
    ("doNotEmail", Kind::Flag),
];
/// How fields are compared. Which fields can be compared how, the core decides.
const OPERATORS: &[&str] =
    &["eq", "ne", "in", "contains", "starts_with", "gte", "lte", "has_any", "has_all", SET, UNSET];
/// The operators for any value and for none, in forms.
const SET: &str = "is_set";
const UNSET: &str = "is_null";

/// A row of the form.
pub(super) struct Row {
    pub key: usize,
    pub fields: Vec<Choice>,
    pub operators: Vec<Choice>,
    pub value: String,
}

/// The rows of a form.
pub(super) fn rows(frame: &Frame, typed: &Fields) -> Vec<Row> {
    let names: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
    keys(typed).map(|key| row(frame, typed, &names, key)).collect()
}

fn row(frame: &Frame, typed: &Fields, names: &[&str], key: usize) -> Row {
    let text = |name: &str| typed.text(&format!("{name}-{key}"));
    let field = |name: &&str| Choice {
        value: (*name).to_owned(),
        label: field_label(frame, name),
        is_chosen: *name == text("field"),
    };
    Row {
        key,
        fields: names.iter().map(field).collect(),
        operators: choices(frame, "scoring-op", OPERATORS, text("op")),
        value: text("value").to_owned(),
    }
}

/// The words that a value can be, beside those of the company.
pub(super) fn offered(frame: &Frame) -> Vec<String> {
    let names = FIELDS.iter().filter_map(|(_, kind)| match kind {
        Kind::Name(group, names) => Some(names.iter().map(|name| frame.named(group, name)).collect::<Vec<_>>()),
        _ => None,
    });
    names.flatten().chain([frame.t("yes"), frame.t("no")]).collect()
}

/// The keys of the rows, each once.
fn keys(typed: &Fields) -> impl Iterator<Item = usize> {
    let mut keys: Vec<usize> = typed.all("row").filter_map(|key| key.parse().ok()).collect();
    keys.dedup();
    keys.into_iter().take(MOST)
}

/// The form after one of its own buttons: another row, or one less. Nothing if another button was pressed.
pub(super) fn step(form: &Fields) -> Option<Fields> {
    if let Some(key) = form.get("without") {
        return Some(form.without("row", Some(key)).without("without", None));
    }
    form.get("add")?;
    let next = keys(form).max().map_or(0, |key| key + 1);
    Some(form.without("add", None).and("row", &next.to_string()))
}

/// The condition as a form has it: as rows, or as it is written for the API.
pub(super) fn typed(frame: &Frame, condition: &Map<String, Value>) -> Fields {
    let (matching, leaves): (&str, Vec<&Value>) = match (condition.get("all"), condition.get("any")) {
        (Some(Value::Array(leaves)), None) => ("all", leaves.iter().collect()),
        (None, Some(Value::Array(leaves))) => ("any", leaves.iter().collect()),
        _ => ("all", Vec::new()),
    };
    let read: Option<Vec<[String; 3]>> = match leaves.as_slice() {
        [] => leaf(frame, condition).map(|leaf| vec![leaf]),
        leaves => leaves.iter().map(|leaf| self::leaf(frame, leaf.as_object()?)).collect(),
    };
    match read.filter(|rows| rows.len() <= MOST) {
        Some(rows) => rows.iter().enumerate().fold(Fields::default().and("match", matching), |fields, (key, row)| {
            let fields = fields.and("row", &key.to_string());
            let pairs = ["field", "op", "value"].into_iter().zip(row);
            pairs.fold(fields, |fields, (name, value)| fields.and(&format!("{name}-{key}"), value))
        }),
        None => Fields::default().and("filter", &written(condition)),
    }
}

/// A condition as it is written for the API.
pub(super) fn written(condition: &Map<String, Value>) -> String {
    serde_json::to_string_pretty(condition).unwrap_or_default()
}

/// A leaf as the field, the operator and the value of a row; nothing if a row cannot say it.
fn leaf(frame: &Frame, members: &Map<String, Value>) -> Option<[String; 3]> {
    let (name, op) = (members.get("field")?.as_str()?, members.get("op")?.as_str()?);
    let (_, kind) = FIELDS.iter().find(|(known, _)| *known == name)?;
    let value = members.get("value").unwrap_or(&Value::Null);
    let (op, value) = match (op, value) {
        (UNSET, Value::Bool(false)) => (SET, String::new()),
        (UNSET, _) => (UNSET, String::new()),
        (op, Value::Array(values)) => {
            let words: Option<Vec<String>> = values.iter().map(|value| shown(frame, *kind, value)).collect();
            // A word with a separator in it would come back as two.
            let words = words.filter(|words| words.iter().all(|word| !word.contains(SEPARATOR)))?;
            (op, words.join(", "))
        }
        (op, value) => (op, shown(frame, *kind, value)?),
    };
    OPERATORS.contains(&op).then(|| [name.to_owned(), op.to_owned(), value])
}

fn shown(frame: &Frame, kind: Kind, value: &Value) -> Option<String> {
    match (kind, value) {
        (Kind::Name(group, _), Value::String(name)) => Some(frame.named(group, name)),
        (Kind::Flag, Value::Bool(flag)) => Some(frame.t(if *flag { "yes" } else { "no" })),
        (Kind::Text | Kind::List, Value::String(text)) => Some(text.clone()),
        (Kind::Number, Value::Number(number)) => Some(number.to_string()),
        _ => None,
    }
}

/// The condition of a form; an empty one if none of its rows has a field.
///
/// # Errors
/// That it cannot be read.
pub(super) fn read(frame: &Frame, form: &Fields) -> Result<Option<Map<String, Value>>, ()> {
    if let Some(filter) = form.get("filter") {
        return serde_json::from_str(filter).map(Some).map_err(drop);
    }
    let mut leaves: Vec<Value> = keys(form).filter_map(|key| read_row(frame, form, key)).collect();
    Ok(match leaves.len() {
        0 => None,
        1 => leaves.pop().and_then(|leaf| leaf.as_object().cloned()),
        _ => {
            let matching = if form.text("match") == "any" { "any" } else { "all" };
            Some(Map::from_iter([(matching.to_owned(), Value::Array(leaves))]))
        }
    })
}

/// A row as a leaf. A value that is not of the kind of its field stays as it was typed: the core says what is wrong with it.
fn read_row(frame: &Frame, form: &Fields, key: usize) -> Option<Value> {
    let name = form.get(&format!("field-{key}"))?;
    let (_, kind) = FIELDS.iter().find(|(known, _)| *known == name)?;
    let op = form.get(&format!("op-{key}")).unwrap_or("eq");
    let text = form.text(&format!("value-{key}"));
    let (op, value) = match op {
        SET => (UNSET, json!(false)),
        UNSET => (UNSET, json!(true)),
        "in" | "has_any" | "has_all" => {
            let words = text.split(SEPARATOR).map(str::trim).filter(|word| !word.is_empty());
            (op, words.map(|word| meant(frame, *kind, word)).collect())
        }
        op => (op, meant(frame, *kind, text)),
    };
    Some(json!({ "field": name, "op": op, "value": value }))
}

fn meant(frame: &Frame, kind: Kind, text: &str) -> Value {
    let is = |label: String| label.to_lowercase() == text.to_lowercase();
    match kind {
        Kind::Name(group, names) => {
            let name = names.iter().find(|name| **name == text || is(frame.named(group, name)));
            json!(name.copied().unwrap_or(text))
        }
        Kind::Flag if text == "true" || is(frame.t("yes")) => json!(true),
        Kind::Flag if text == "false" || is(frame.t("no")) => json!(false),
        Kind::Number => text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number)),
        Kind::Flag | Kind::Text | Kind::List => json!(text),
    }
}

/// A condition in words; as it is written for the API if rows cannot say it.
pub(super) fn words(frame: &Frame, condition: &Map<String, Value>) -> String {
    let typed = typed(frame, condition);
    if typed.get("filter").is_some() {
        return Value::Object(condition.clone()).to_string();
    }
    let text = |name: &str, key: usize| typed.text(&format!("{name}-{key}")).to_owned();
    let row = |key: usize| {
        let (field, op) = (field_label(frame, &text("field", key)), frame.named("scoring-op", &text("op", key)));
        [field, op, text("value", key)].join(" ").trim_end().to_owned()
    };
    let rows: Vec<String> = keys(&typed).map(row).collect();
    let between = frame.t(if typed.text("match") == "any" { "scoring-or" } else { "scoring-and" });
    rows.join(&format!(" {between} "))
}
