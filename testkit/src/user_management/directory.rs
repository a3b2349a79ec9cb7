//! The directory of users, teams and companies.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

/// Small, so that a test with a few users has several pages.
const PAGE: usize = 2;

/// The directory.
#[derive(Default)]
pub(super) struct Directory {
    pub(super) users: Feed,
    pub(super) teams: Feed,
    pub(super) companies: Feed,
    pub(super) queries: Vec<String>,
}

/// Records in the order of their last change.
#[derive(Default)]
pub(super) struct Feed(Vec<Value>);

impl Feed {
    pub(super) fn put(&mut self, key: &[&str], record: &Value) {
        self.0.retain(|known| key.iter().any(|name| known.get(name) != record.get(name)));
        let mut record = record.clone();
        record["updatedAt"] = Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true).into();
        self.0.push(record);
    }

    /// A page, as its query wants it.
    pub(super) fn page(&self, query: &str) -> Value {
        let parameter = |wanted: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            pairs.find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
        };
        let time = |text: &str| text.parse::<DateTime<Utc>>().ok();
        let since = parameter("changedSince").and_then(|since| time(&since));
        let changed = |record: &Value| record["updatedAt"].as_str().and_then(time);
        let first = parameter("cursor").and_then(|cursor| cursor.parse().ok()).unwrap_or(0);
        let records: Vec<_> = self.0.iter().filter(|record| since.is_none() || changed(record) >= since).collect();
        let data: Vec<_> = records.iter().skip(first).take(PAGE).collect();
        let next = (records.len() > first + PAGE).then(|| (first + PAGE).to_string());
        json!({ "data": data, "nextCursor": next })
    }
}
