//! A model of the filter language over records in memory, written from its description: a missing value matches only
//! `is_null`, `not` negates, names are compared folded, addresses in lower case.

use chrono::{DateTime, FixedOffset, NaiveDate, SecondsFormat, TimeDelta};
use crm_core::customers::Customer;
use crm_core::filter::{Filter, Op};
use crm_core::ids::UserId;
use crm_core::text::{fold, word_key};
use serde_json::{Value, json};

use crate::chance::Chance;

/// Texts with everything that could be taken for something else.
pub const TEXTS: &[&str] = &[
    "Ångström GmbH",
    "angstrom gmbh",
    "Angstrom",
    "100% sure",
    "100 sure",
    "a_b",
    "axb",
    "back\\slash",
    "O'Brien",
    "Straße",
    "STRASSE 7",
    "ΟΔΟΣ",
    "東京",
    "東京都",
    "quo\"te",
    "İstanbul",
    "null",
    "ﬁnance",
    "a",
    "ab",
    "abc",
    "zz top",
    "Łódź",
];

/// Names of tags.
pub const TAGS: &[&str] = &["VIP", "Größter Kunde", "a_b", "100%", "none"];

/// A record that can be filtered.
pub trait Filtered {
    /// What it can be filtered by.
    const FIELDS: &'static [&'static str];

    /// What a field of it is.
    fn field(&self, name: &str) -> Field;
}

/// What a field is, to a filter.
pub enum Field {
    Folded(Option<String>),
    Lower(Option<String>),
    Exact(Option<String>),
    Bool(bool),
    Time(Option<DateTime<chrono::Utc>>),
    Date(Option<NaiveDate>),
    Json(Option<Value>),
    List(Vec<String>),
    /// Names, folded.
    Names(Vec<String>),
}

impl Filtered for Customer {
    const FIELDS: &'static [&'static str] = &[
        "id",
        "kind",
        "name",
        "email",
        "phone",
        "phoneE164",
        "organizationName",
        "jobTitle",
        "birthDate",
        "lifecycleStage",
        "city",
        "state",
        "zipCode",
        "countryCode",
        "status",
        "ownerId",
        "source",
        "isArchived",
        "createdAt",
        "updatedAt",
        "externalSystem",
        "tags",
        "customFields.tier",
        "customFields.a.b",
        "customFields.n",
        "customFields.absent",
    ];

    fn field(&self, name: &str) -> Field {
        let folded = |text: &Option<String>| Field::Folded(text.as_deref().map(fold));
        let exact = |text: &Option<String>| Field::Exact(text.clone());
        match name {
            "id" => Field::Exact(Some(self.id.to_string())),
            "kind" => Field::Exact(Some(self.kind.to_string())),
            "name" => Field::Folded(Some(fold(&self.name))),
            "email" => Field::Lower(self.email.clone()),
            "phone" => exact(&self.phone),
            "phoneE164" => exact(&self.phone_e164),
            "organizationName" => folded(&self.organization_name),
            "jobTitle" => exact(&self.job_title),
            "birthDate" => Field::Date(self.birth_date),
            "lifecycleStage" => Field::Exact(self.lifecycle_stage.map(|stage| stage.to_string())),
            "city" => folded(&self.city),
            "state" => exact(&self.state),
            "zipCode" => exact(&self.zip_code),
            "countryCode" => exact(&self.country_code),
            "status" => Field::Exact(Some(self.status.to_string())),
            "ownerId" => Field::Exact(self.owner_id.map(|id| id.to_string())),
            "source" => Field::Exact(self.source.as_deref().map(word_key)),
            "isArchived" => Field::Bool(self.is_archived),
            "createdAt" => Field::Time(Some(self.created_at)),
            "updatedAt" => Field::Time(Some(self.updated_at)),
            "externalSystem" => {
                Field::List(self.external_refs.iter().map(|reference| reference.system.clone()).collect())
            }
            "tags" => Field::Names(self.tags.iter().map(|tag| fold(&tag.name)).collect()),
            _ => {
                let key = name.strip_prefix("customFields.").expect("a known field");
                Field::Json(self.custom_fields.get(key).cloned())
            }
        }
    }
}

pub fn matches<R: Filtered>(filter: &Filter, record: &R, me: UserId) -> bool {
    match filter {
        Filter::All(inner) => inner.iter().all(|filter| matches(filter, record, me)),
        Filter::Any(inner) => inner.iter().any(|filter| matches(filter, record, me)),
        Filter::Not(inner) => !matches(inner, record, me),
        Filter::Leaf { field: name, op, value } => match record.field(name) {
            Field::Folded(text) => compares(text, *op, value, &|value| fold(search_document(value))),
            Field::Lower(text) => compares(text, *op, value, &|value| search_document(value).trim().to_lowercase()),
            Field::Exact(text) => compares(text, *op, value, &|value| plain(name, search_document(value), me)),
            Field::Bool(flag) => compares(Some(flag), *op, value, &|value| value == &json!(true)),
            Field::Time(time) => compares(time.map(|time| time.fixed_offset()), *op, value, &|value| time_of(value)),
            Field::Date(date) => compares(date, *op, value, &|value| search_document(value).parse().expect("a date")),
            Field::Json(member) => match op {
                Op::Eq => member.is_some_and(|member| json_equals(&member, value)),
                _ => member.is_none_or(|member| member.is_null()) == wants_null(value),
            },
            Field::List(items) => has(&items, *op, value, &|text| text.to_owned()),
            Field::Names(names) => has(&names, *op, value, &fold),
        },
    }
}

fn has(items: &[String], op: Op, value: &Value, read: &dyn Fn(&str) -> String) -> bool {
    let mut wanted = value.as_array().into_iter().flatten().map(|value| read(search_document(value)));
    match op {
        Op::HasAny => wanted.any(|text| items.contains(&text)),
        Op::HasAll => wanted.all(|text| items.contains(&text)),
        _ => items.is_empty() == wants_null(value),
    }
}

fn search_document(value: &Value) -> &str {
    value.as_str().expect("a text")
}

/// Names are read in any case, ids in any spelling, and `me` is who asks.
fn plain(field: &str, text: &str, me: UserId) -> String {
    match field {
        "ownerId" if text == "me" => me.to_string(),
        "kind" | "type" | "direction" | "status" | "lifecycleStage" | "id" | "customerId" | "ownerId" => {
            text.to_lowercase()
        }
        _ => text.to_owned(),
    }
}

fn time_of(value: &Value) -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339(search_document(value)).expect("a time")
}

fn wants_null(value: &Value) -> bool {
    value != &json!(false)
}

fn json_equals(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => match (one.as_i64(), other.as_i64()) {
            (Some(one), Some(other)) => one == other,
            _ => one.as_f64() == other.as_f64(),
        },
        _ => one == other,
    }
}

/// The operators on a single value; `read` takes one from the filter.
fn compares<T: PartialOrd + ToString>(mine: Option<T>, op: Op, value: &Value, read: &dyn Fn(&Value) -> T) -> bool {
    if op == Op::IsNull {
        return mine.is_none() == wants_null(value);
    }
    let Some(mine) = mine else {
        return false;
    };
    match op {
        Op::Eq => mine == read(value),
        Op::Ne => mine != read(value),
        Op::Lt => mine < read(value),
        Op::Lte => mine <= read(value),
        Op::Gt => mine > read(value),
        Op::Gte => mine >= read(value),
        Op::In => value.as_array().into_iter().flatten().any(|value| mine == read(value)),
        Op::Between => mine >= read(&value[0]) && mine <= read(&value[1]),
        Op::Contains => mine.to_string().contains(&read(value).to_string()),
        Op::StartsWith => mine.to_string().starts_with(&read(value).to_string()),
        Op::IsNull | Op::HasAny | Op::HasAll => unreachable!("not on a single value"),
    }
}

pub fn random_json(chance: &mut Chance) -> Value {
    match chance.below(10) {
        0 => json!(null),
        1 => json!(true),
        2 => json!(false),
        3 => json!(chance.below(3)),
        4 => json!(-2.5),
        5 => json!([1, "gold"]),
        6 => json!({ "gold": 1 }),
        7 => json!("1"),
        _ => json!(chance.one(&["gold", "Gold", "true", "null", "", "quo\"te", "100%"])),
    }
}

pub fn random_filter<R: Filtered>(chance: &mut Chance, records: &[R], depth: usize) -> Filter {
    let inner = |chance: &mut Chance| -> Vec<Filter> {
        (0..chance.below(4)).map(|_| random_filter(chance, records, depth - 1)).collect()
    };
    match chance.below(if depth > 0 { 8 } else { 4 }) {
        0..4 => random_leaf(chance, records),
        4 => Filter::All(inner(chance)),
        5 | 6 => Filter::Any(inner(chance)),
        _ => Filter::Not(Box::new(random_filter(chance, records, depth - 1))),
    }
}

/// Asks about a value that some record has, mostly.
fn random_leaf<R: Filtered>(chance: &mut Chance, records: &[R]) -> Filter {
    use Op::{Between, Contains, Eq, Gt, Gte, HasAll, HasAny, In, IsNull, Lt, Lte, Ne, StartsWith};
    let name = chance.one(R::FIELDS);
    let pick = |chance: &mut Chance| records[chance.below(records.len())].field(name);
    let operators: &[Op] = match pick(chance) {
        Field::Folded(_) | Field::Lower(_) => {
            &[Eq, Ne, In, Lt, Lte, Gt, Gte, Between, IsNull, Contains, StartsWith, Contains, StartsWith]
        }
        Field::Exact(_) => &[Eq, Ne, In, IsNull],
        Field::Bool(_) => &[Eq, Ne],
        Field::Time(_) | Field::Date(_) => &[Eq, Ne, Lt, Lte, Gt, Gte, Between, IsNull],
        Field::Json(_) => &[Eq, Eq, IsNull],
        Field::List(_) | Field::Names(_) => &[HasAny, HasAll, IsNull],
    };
    let op = operators[chance.below(operators.len())];
    let value = |chance: &mut Chance| match pick(chance) {
        Field::Folded(text) | Field::Lower(text) => {
            let text = text.unwrap_or_else(|| chance.one(TEXTS).to_owned());
            let text =
                if matches!(op, Contains | StartsWith) && !chance.once_in(3) { chance.part(&text) } else { text };
            json!(chance.retyped(&text))
        }
        Field::Exact(text) => match name {
            "ownerId" if chance.once_in(4) => json!("me"),
            "direction" => json!(chance.retyped(&text.unwrap_or_else(|| "inbound".to_owned()))),
            "lifecycleStage" => json!(chance.retyped(&text.unwrap_or_else(|| "other".to_owned()))),
            "kind" | "type" | "status" | "id" | "customerId" | "ownerId" => {
                json!(text.map_or("me".to_owned(), |text| chance.retyped(&text)))
            }
            _ => json!(text.unwrap_or_else(|| "nobody's".to_owned())),
        },
        Field::Bool(flag) => json!(flag),
        Field::Time(time) => {
            let time = time.unwrap_or_default() + TimeDelta::microseconds(chance.below(3) as i64 - 1);
            let east = FixedOffset::east_opt(7200 * chance.below(2) as i32).expect("an offset");
            json!(time.with_timezone(&east).to_rfc3339_opts(SecondsFormat::AutoSi, false))
        }
        Field::Date(date) => json!(date.unwrap_or_default() + TimeDelta::days(chance.below(3) as i64 - 1)),
        Field::Json(_) => loop {
            let value = random_json(chance);
            if value.is_string() || value.is_number() || value.is_boolean() {
                break value;
            }
        },
        Field::List(_) => json!(chance.one(&["erp", "shop", "ERP", "none"])),
        Field::Names(_) => {
            let name = chance.one(TAGS).to_owned();
            json!(chance.retyped(&name))
        }
    };
    let value = match op {
        IsNull => [json!(true), json!(false), json!(null)][chance.below(3)].clone(),
        In | HasAny | HasAll => (0..chance.below(4)).map(|_| value(chance)).collect(),
        Between => json!([value(chance), value(chance)]),
        _ => value(chance),
    };
    Filter::Leaf { field: name.to_owned(), op, value }
}
