//! Pages: by cursor, which stays fast and never skips a record, or by number.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ConnectionTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::base::clock;
use crate::base::error::{Malformed, Result};
use crate::base::string_enum::string_enum;

/// The maximum page size.
pub const MAX_PAGE: u64 = 100;
/// The default page size.
pub const DEFAULT_PAGE: u64 = 20;
/// The number of rows that page numbers reach; cursors have no limit.
pub const MAX_ROW_DEPTH: u64 = 10_000;
/// The maximum of a capped count.
pub const COUNT_CAP: u64 = 1_000;

string_enum! {
    /// Whether a list is counted.
    Count {
        /// Not counted; the fastest.
        None = "none",
        /// Exact up to 1,000, then "at least".
        Capped = "capped",
        /// Exact, at any cost.
        Exact = "exact",
    }
}

string_enum! {
    /// The meaning of a total.
    TotalRelation {
        /// The total is exact.
        Eq = "eq",
        /// The total is a lower bound.
        Gte = "gte",
    }
}

/// The start of a page.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Position {
    /// The page with this number, counted from 1.
    Number(u64),
    /// The page after this cursor.
    Cursor(String),
}

/// The requested page.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PageRequest {
    pub(crate) limit: u64,
    pub(crate) position: Position,
    pub(crate) count: Count,
}

impl Default for PageRequest {
    /// The first 20 records, not counted.
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

    /// The records after `cursor`, not counted.
    #[must_use]
    pub fn after(cursor: impl Into<String>) -> Self {
        Self { position: Position::Cursor(cursor.into()), ..Self::default() }
    }

    /// Sets the page size; more than 100 are reduced to 100.
    #[must_use]
    pub fn limit(mut self, limit: u64) -> Self {
        self.limit = limit.clamp(1, MAX_PAGE);
        self
    }

    /// Sets the kind of count.
    #[must_use]
    pub const fn count(mut self, count: Count) -> Self {
        self.count = count;
        self
    }
}

/// Some records of a list, and the cursor of the next page.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The records.
    pub data: Vec<T>,
    /// The number of this page, if it was requested by number.
    pub number: Option<u64>,
    /// The maximum number of records on a page.
    pub limit: u64,
    /// The total number of records, if it was counted.
    pub total: Option<u64>,
    /// Whether the total is exact.
    pub total_relation: Option<TotalRelation>,
    /// The cursor of the next page; absent on the last page.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// The same page with its records converted.
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        let Self { data, number, limit, total, total_relation, next_cursor } = self;
        Page { data: data.into_iter().map(change).collect(), number, limit, total, total_relation, next_cursor }
    }

    /// The same page with its records converted, if all can be.
    ///
    /// # Errors
    /// The first error of `change`.
    pub fn try_map<U, E>(self, change: impl FnMut(T) -> Result<U, E>) -> Result<Page<U>, E> {
        let Self { data, number, limit, total, total_relation, next_cursor } = self;
        let data = data.into_iter().map(change).collect::<Result<_, E>>()?;
        Ok(Page { data, number, limit, total, total_relation, next_cursor })
    }
}

/// The value of the sort key of a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Key {
    /// A number.
    #[serde(rename = "n")]
    Number(i64),
    /// A number with decimal places, as its bits: JSON would round it.
    #[serde(rename = "r")]
    Real(u64),
    /// A time.
    #[serde(rename = "t")]
    Time(DateTime<Utc>),
    /// A text, compared byte by byte.
    #[serde(rename = "x")]
    Text(String),
    /// No value.
    #[serde(rename = "-")]
    Missing,
}

/// The type of a sort key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// A number.
    Number,
    /// A time.
    Time,
    /// A text.
    Text,
    /// A time that some records do not have. They come last in either direction.
    OptionalTime,
    /// A text that some records do not have. They come last in either direction.
    OptionalText,
    /// A number with decimal places that some records do not have. They come last in either direction.
    OptionalReal,
}

impl Key {
    /// Whether a row can have this key: PostgreSQL fails to compare other values.
    fn fits(&self, kind: KeyKind) -> bool {
        match self {
            Self::Number(_) => kind == KeyKind::Number,
            Self::Time(time) => matches!(kind, KeyKind::Time | KeyKind::OptionalTime) && clock::stored(*time).is_some(),
            Self::Missing => matches!(kind, KeyKind::OptionalTime | KeyKind::OptionalText | KeyKind::OptionalReal),
            Self::Text(text) => matches!(kind, KeyKind::Text | KeyKind::OptionalText) && !text.contains('\0'),
            Self::Real(bits) => kind == KeyKind::OptionalReal && f64::from_bits(*bits).is_finite(),
        }
    }
}

impl From<Key> for Expr {
    fn from(key: Key) -> Self {
        match key {
            Key::Number(number) => Self::val(number),
            Key::Real(bits) => Self::val(f64::from_bits(bits)),
            Key::Time(time) => Self::val(time),
            Key::Text(text) => Self::val(text),
            Key::Missing => Self::cust("NULL"),
        }
    }
}

/// A sort key followed by the id, both in the same direction.
#[derive(Clone, Debug)]
pub struct Order {
    /// The name in requests: `-createdAt`.
    pub name: String,
    /// The sort key of the rows; never NULL.
    pub key: Expr,
    /// The type of the sort key.
    pub kind: KeyKind,
    /// The id of a row.
    pub id: Expr,
    /// Whether the order is descending.
    pub descending: bool,
    /// Whether the key is computed for every found row instead of read from an index.
    pub computed: bool,
}

impl Order {
    /// The rows after a cursor, as one row value: an index walks straight to it. The bound on the key alone says the same
    /// again, for SQLite, which uses no index for row values.
    pub(crate) fn beyond(&self, (key, id): (Key, Uuid)) -> Expr {
        let key: Expr = key.into();
        let row = Expr::tuple([self.key.clone(), self.id.clone()]);
        let bound = Expr::tuple([key.clone(), Expr::val(id)]);
        if self.descending {
            row.lt(bound).and(self.key.clone().lte(key))
        } else {
            row.gt(bound).and(self.key.clone().gte(key))
        }
    }

    /// The direction.
    pub(crate) const fn direction(&self) -> sea_orm::Order {
        if self.descending { sea_orm::Order::Desc } else { sea_orm::Order::Asc }
    }
}

/// Reads one page of any select, for tables that are not the CRM's own. `select` has all its conditions and no order;
/// `filter` is the [`digest`] of what selects its rows, and `key` tells the sort key and the id of a row.
///
/// # Errors
/// [`Malformed`] if the cursor does not belong to this list; errors of the database.
pub async fn read<E, M>(
    db: &impl ConnectionTrait,
    select: Select<E>,
    order: &Order,
    filter: &str,
    request: &PageRequest,
    key: impl Fn(&M) -> (Key, Uuid),
) -> Result<Page<M>>
where
    E: EntityTrait<Model = M>,
    M: FromQueryResult + Send + Sync,
{
    let start = start(order, filter, request)?;
    let mut rows = select.clone();
    if let Some(after) = &start.after {
        rows = rows.filter(order.beyond(after.clone()));
    }
    let rows = rows.order_by(order.key.clone(), order.direction()).order_by(order.id.clone(), order.direction());
    let data = rows.offset(start.offset).limit(request.limit + 1).all(db).await?;
    let page = end(data, order, filter, request, &start, key)?;
    let capped = match request.count {
        Count::None => return Ok(page),
        Count::Exact => false,
        Count::Capped => true,
    };
    let counted = if capped { select.limit(COUNT_CAP + 1) } else { select };
    Ok(page.counted(counted.count(db).await?, capped))
}

/// The order of entries by their time, and by their column `id`.
#[must_use]
pub fn newest_first(time: &'static str) -> Order {
    let (key, id) = (Expr::col(time), Expr::col("id"));
    Order { name: "-at".to_owned(), key, kind: KeyKind::Time, id, descending: true, computed: false }
}

/// The position at which a page ended. Valid for one sort and one filter only.
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
            .ok_or_else(|| invalid("this is not a cursor; pass the nextCursor of a page unchanged"))?;
        if cursor.v != 1 || cursor.s != order.name || cursor.f != filter {
            return Err(
                invalid("the cursor belongs to a list with another sort or filter; start again without it").into()
            );
        }
        Ok(cursor)
    }
}

/// A short digest of everything that selects the records of a list.
///
/// # Errors
/// [`Error::Internal`](crate::Error::Internal) if it cannot be written as JSON.
pub fn digest(filter: &impl Serialize) -> Result<String> {
    use sha2::{Digest, Sha256};
    let json = serde_json::to_vec(filter).map_err(crate::Error::internal)?;
    Ok(URL_SAFE_NO_PAD.encode(&Sha256::digest(json)[..9]))
}

/// The start of a page.
pub(crate) struct Start {
    number: Option<u64>,
    /// The number of records before it, for a page by number.
    pub offset: u64,
    /// The sort key and id of the record before it, for a page by cursor.
    pub after: Option<(Key, Uuid)>,
}

/// Reads the start of a page.
pub(crate) fn start(order: &Order, filter: &str, request: &PageRequest) -> Result<Start> {
    Ok(match &request.position {
        Position::Number(number) => Start { number: Some(*number), offset: (number - 1) * request.limit, after: None },
        Position::Cursor(cursor) => {
            let Cursor { k, i, .. } = Cursor::decode(cursor, order, filter)?;
            Start { number: None, offset: 0, after: Some((k, i)) }
        }
    })
}

/// Makes a page of the rows that were read: one more than the page size if there is a next page.
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
    /// Adds the total number of records; a capped count stops one above the cap.
    pub(crate) fn counted(self, count: u64, capped: bool) -> Self {
        let (total, relation) = match capped && count > COUNT_CAP {
            true => (COUNT_CAP, TotalRelation::Gte),
            false => (count, TotalRelation::Eq),
        };
        Self { total: Some(total), total_relation: Some(relation), ..self }
    }
}
