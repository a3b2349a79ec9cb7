//! Pages: by cursor, which stays fast and never skips, or by number, which people like.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::clock;
use crate::base::error::{Malformed, Result};
use crate::base::string_enum::string_enum;

/// The largest page.
pub const MAX_PAGE: u64 = 100;
/// The page one gets without asking.
pub const DEFAULT_PAGE: u64 = 20;
/// How deep page numbers reach, in rows; cursors go on for ever.
pub const MAX_ROW_DEPTH: u64 = 10_000;
/// How far a capped count counts.
pub const COUNT_CAP: u64 = 1_000;

string_enum! {
    /// Whether a list tells how many records there are.
    Count {
        /// No; the fastest.
        None = "none",
        /// Exactly up to 1,000, then "more than".
        Capped = "capped",
        /// Exactly, whatever it costs.
        Exact = "exact",
    }
}

string_enum! {
    /// What a total means.
    TotalRelation {
        /// There are exactly so many.
        Eq = "eq",
        /// There are at least so many.
        Gte = "gte",
    }
}

/// Where a page starts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Position {
    /// At this page, counted from 1.
    Number(u64),
    /// After the last record of the page that gave this cursor.
    Cursor(String),
}

/// Which page is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PageRequest {
    pub(crate) limit: u64,
    pub(crate) position: Position,
    pub(crate) count: Count,
}

impl Default for PageRequest {
    /// The first 20, uncounted.
    fn default() -> Self {
        Self { limit: DEFAULT_PAGE, position: Position::Number(1), count: Count::None }
    }
}

impl PageRequest {
    /// A page of `limit` records (1 to 100, 20 if absent). Without `count`, a page by number is counted up to 1,000 and a
    /// page by cursor is not counted.
    ///
    /// # Errors
    /// [`Malformed`] if `limit` is out of bounds, the number is 0, or the page lies beyond the first 10,000 records.
    pub fn new(position: Option<Position>, limit: Option<u64>, count: Option<Count>) -> Result<Self> {
        let limit = limit.unwrap_or(DEFAULT_PAGE);
        if !(1..=MAX_PAGE).contains(&limit) {
            return Err(Malformed::new("limit_invalid", "limit", format!("limit is 1 to {MAX_PAGE}")).into());
        }
        let position = position.unwrap_or(Position::Number(1));
        if let Position::Number(number) = position {
            if number == 0 {
                return Err(Malformed::new("page_invalid", "page", "pages are counted from 1").into());
            }
            if number.saturating_mul(limit) > MAX_ROW_DEPTH {
                let hint = format!(
                    "page numbers reach the first {MAX_ROW_DEPTH} records; to go on, pass the nextCursor of a page as cursor"
                );
                return Err(Malformed::new("page_too_deep", "page", hint).into());
            }
        }
        let default_count = if matches!(position, Position::Number(_)) { Count::Capped } else { Count::None };
        Ok(Self { limit, position, count: count.unwrap_or(default_count) })
    }

    /// The records after `cursor`, uncounted.
    #[must_use]
    pub fn after(cursor: impl Into<String>) -> Self {
        Self { position: Position::Cursor(cursor.into()), ..Self::default() }
    }

    /// The same with another size; more than 100 are cut to 100.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = limit.clamp(1, MAX_PAGE);
        self
    }

    /// The same with another count.
    #[must_use]
    pub const fn count(mut self, count: Count) -> Self {
        self.count = count;
        self
    }
}

/// Some records of a list, and how to get the next.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The records.
    pub data: Vec<T>,
    /// The number of this page, where it was asked for by number.
    pub number: Option<u64>,
    /// How many records a page has at most.
    pub limit: u64,
    /// How many records there are in all, where it was counted.
    pub total: Option<u64>,
    /// Whether that is exact.
    pub total_relation: Option<TotalRelation>,
    /// What to pass for the next page; absent on the last.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// The same page of something else.
    pub(crate) fn try_map<U>(self, change: impl FnMut(T) -> Result<U>) -> Result<Page<U>> {
        let Self { data, number, limit, total, total_relation, next_cursor } = self;
        let data = data.into_iter().map(change).collect::<Result<_>>()?;
        Ok(Page { data, number, limit, total, total_relation, next_cursor })
    }
}

/// The value by which a record is sorted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Key {
    #[serde(rename = "n")]
    Number(i64),
    #[serde(rename = "t")]
    Time(DateTime<Utc>),
    #[serde(rename = "x")]
    Text(String),
}

/// What a sort key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyKind {
    Number,
    Time,
    Text,
}

impl Key {
    /// True if a row may have this key: PostgreSQL fails at a comparison with anything else.
    fn fits(&self, kind: KeyKind) -> bool {
        match self {
            Self::Number(_) => kind == KeyKind::Number,
            Self::Time(time) => kind == KeyKind::Time && clock::stored(*time).is_some(),
            Self::Text(text) => kind == KeyKind::Text && !text.contains('\0'),
        }
    }
}

impl From<Key> for Expr {
    fn from(key: Key) -> Self {
        match key {
            Key::Number(number) => Self::val(number),
            Key::Time(time) => Self::val(time),
            Key::Text(text) => Self::val(text),
        }
    }
}

/// One sort key with the id after it, both in the same direction.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    /// As the client writes it: `-createdAt`.
    pub name: String,
    /// What rows are sorted by; never NULL.
    pub key: Expr,
    /// What that is.
    pub kind: KeyKind,
    /// The id of a row.
    pub id: Expr,
    pub descending: bool,
    /// The key is computed for every row that is found, not read from an index.
    pub computed: bool,
}

/// The order of what happened, by its time.
pub(crate) fn newest_first(time: &'static str) -> Order {
    let (key, id) = (Expr::col(time), Expr::col("id"));
    Order { name: "-at".to_owned(), key, kind: KeyKind::Time, id, descending: true, computed: false }
}

/// Where a page ended. Holds for one sort and one filter only.
#[derive(Debug, Serialize, Deserialize)]
struct Cursor {
    v: u8,
    s: String,
    f: String,
    k: Key,
    i: Uuid,
}

impl Cursor {
    fn encode(&self) -> Result<String> {
        Ok(URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).map_err(crate::Error::internal)?))
    }

    fn decode(text: &str, order: &Order, filter: &str) -> Result<Self> {
        let invalid = |detail: &str| Malformed::new("cursor_invalid", "cursor", detail);
        let cursor: Self = URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|json| serde_json::from_slice::<Self>(&json).ok())
            .filter(|cursor| cursor.k.fits(order.kind))
            .ok_or_else(|| invalid("this is no cursor; pass the nextCursor of a page unchanged"))?;
        if cursor.v != 1 || cursor.s != order.name || cursor.f != filter {
            return Err(
                invalid("the cursor belongs to a list with another sort or filter; start again without it").into()
            );
        }
        Ok(cursor)
    }
}

/// A short digest of everything that decides which records a list has.
pub(crate) fn digest(filter: &impl Serialize) -> Result<String> {
    use sha2::{Digest, Sha256};
    let json = serde_json::to_vec(filter).map_err(crate::Error::internal)?;
    Ok(URL_SAFE_NO_PAD.encode(&Sha256::digest(json)[..9]))
}

/// Where a page begins.
pub(crate) struct Start {
    number: Option<u64>,
    /// How many records come before it, where it is asked for by number.
    pub offset: u64,
    /// The sort key and id of the record before it, where it is asked for by cursor.
    pub after: Option<(Key, Uuid)>,
}

/// Reads where a page begins.
pub(crate) fn start(order: &Order, filter: &str, request: &PageRequest) -> Result<Start> {
    Ok(match &request.position {
        Position::Number(number) => Start { number: Some(*number), offset: (number - 1) * request.limit, after: None },
        Position::Cursor(cursor) => {
            let Cursor { k, i, .. } = Cursor::decode(cursor, order, filter)?;
            Start { number: None, offset: 0, after: Some((k, i)) }
        }
    })
}

/// Makes a page of what was read, which is one record more than the page has if there is another page.
pub(crate) fn end<M>(
    mut data: Vec<M>,
    order: &Order,
    filter: &str,
    request: &PageRequest,
    start: &Start,
    key: impl Fn(&M) -> (Key, Uuid),
) -> Result<Page<M>> {
    let limit = request.limit;
    let more = data.len() as u64 > limit;
    data.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_cursor = match data.last() {
        Some(last) if more => {
            let (k, i) = key(last);
            Some(Cursor { v: 1, s: order.name.clone(), f: filter.to_owned(), k, i }.encode()?)
        }
        _ => None,
    };
    Ok(Page { data, number: start.number, limit, total: None, total_relation: None, next_cursor })
}

impl<T> Page<T> {
    /// The same page with the number of all records; a capped count goes no further than one above the cap.
    pub(crate) fn counted(self, count: u64, capped: bool) -> Self {
        let (total, relation) = match capped && count > COUNT_CAP {
            true => (COUNT_CAP, TotalRelation::Gte),
            false => (count, TotalRelation::Eq),
        };
        Self { total: Some(total), total_relation: Some(relation), ..self }
    }
}
