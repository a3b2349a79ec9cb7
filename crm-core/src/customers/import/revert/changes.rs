//! What an import has done to customers: `crm_import_changes`, and the notes that it has added: `crm_import_notes`.

use sea_orm::QueryResult;
use sea_orm::sea_query::{Expr, ExprTrait, Func, OnConflict, Order, Query};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use super::super::super::model::Customer;
use crate::base::error::{Error, Result};
use crate::base::ids::{CustomerId, ImportId, NoteId, TagId};
use crate::query::dialect::any_of;
use crate::scope::CompanyTx;

pub(super) const CHANGES: &str = "crm_import_changes";
const NOTES: &str = "crm_import_notes";
/// How many rows one statement adds: SQLite binds at most 32,766 values.
const MAX_ROWS: usize = 2_000;

/// A customer that a batch of an import has written.
#[derive(Debug)]
pub(in super::super) struct Written {
    pub customer: CustomerId,
    pub is_new: bool,
    pub version: i64,
    /// What it was before, if its fields or tags have changed.
    before: Option<Value>,
    /// Its tags afterwards, if they are known.
    tags: Option<Value>,
}

impl Written {
    pub fn added(customer: &Customer) -> Result<Self> {
        let (id, version) = (customer.id, customer.version);
        Ok(Self { customer: id, is_new: true, version, before: None, tags: Some(tags_of(customer)?) })
    }

    pub fn changed(before: &Customer, after: &Customer) -> Result<Self> {
        let (tags, before) = (Some(tags_of(after)?), Some(json(before)?));
        Ok(Self { customer: after.id, is_new: false, version: after.version, before, tags })
    }

    /// It only got notes.
    pub const fn noted(customer: CustomerId, version: i64) -> Self {
        Self { customer, is_new: false, version, before: None, tags: None }
    }
}

fn tags_of(customer: &Customer) -> Result<Value> {
    json(customer.tags.iter().map(|tag| tag.id).collect::<Vec<TagId>>())
}

fn json(value: impl Serialize) -> Result<Value> {
    serde_json::to_value(value).map_err(Error::internal)
}

/// Keeps what a batch has written. Of a customer that several rows change, the first state before and the last one after
/// count.
pub(in super::super) async fn keep(
    tx: &mut CompanyTx<'_>,
    import: ImportId,
    written: Vec<Written>,
    notes: &[(NoteId, CustomerId)],
) -> Result<()> {
    let mut all: Vec<Written> = Vec::with_capacity(written.len());
    let mut places = std::collections::HashMap::new();
    for one in written {
        match places.get(&one.customer) {
            Some(place) => {
                let earlier: &mut Written = &mut all[*place];
                earlier.version = one.version;
                earlier.before = earlier.before.take().or(one.before);
                earlier.tags = one.tags.or(earlier.tags.take());
            }
            None => {
                places.insert(one.customer, all.len());
                all.push(one);
            }
        }
    }
    while !all.is_empty() {
        let rest = all.split_off(all.len().min(MAX_ROWS));
        insert(tx, import, std::mem::replace(&mut all, rest)).await?;
    }
    for some in notes.chunks(MAX_ROWS) {
        let mut insert = Query::insert();
        insert.into_table(NOTES).columns(["company_id", "import_id", "note_id", "customer_id"]);
        for (note, customer) in some {
            let values = [tx.company.id.0, import.0, note.0, customer.0].map(Expr::val);
            insert.values_panic(values);
        }
        tx.execute(&insert).await?;
    }
    Ok(())
}

async fn insert(tx: &mut CompanyTx<'_>, import: ImportId, written: Vec<Written>) -> Result<()> {
    const COLUMNS: [&str; 8] =
        ["company_id", "import_id", "customer_id", "is_new", "version", "written_at", "before_image", "tag_ids"];
    let (company, at) = (tx.company.id.0, tx.now());
    let mut insert = Query::insert();
    insert.into_table(CHANGES).columns(COLUMNS);
    for Written { customer, is_new, version, before, tags } in written {
        insert.values_panic([
            Expr::val(company),
            Expr::val(import.0),
            Expr::val(customer.0),
            Expr::val(is_new),
            Expr::val(version),
            Expr::val(at),
            Expr::val(before),
            Expr::val(tags),
        ]);
    }
    // An earlier batch has the state before.
    let first = |column: &'static str| -> Expr {
        Func::coalesce([Expr::col((CHANGES, column)), Expr::col(("excluded", column))]).into()
    };
    let last = |column: &'static str| -> Expr {
        Func::coalesce([Expr::col(("excluded", column)), Expr::col((CHANGES, column))]).into()
    };
    let again = OnConflict::columns(["company_id", "import_id", "customer_id"])
        .update_columns(["version", "written_at"])
        .value("before_image", first("before_image"))
        .value("tag_ids", last("tag_ids"))
        .to_owned();
    insert.on_conflict(again);
    tx.execute(&insert).await.map(drop)
}

/// A customer that an import has written.
#[derive(Clone, Debug)]
pub(super) struct Change {
    pub customer: CustomerId,
    pub is_new: bool,
    /// The version that the import has left.
    pub version: i64,
    pub before: Option<Customer>,
    pub tags: Option<Vec<TagId>>,
}

impl Change {
    fn read(row: &QueryResult) -> Result<Self> {
        Ok(Self {
            customer: row.try_get::<Uuid>("", "customer_id")?.into(),
            is_new: row.try_get("", "is_new")?,
            version: row.try_get("", "version")?,
            before: value(row, "before_image")?,
            tags: value(row, "tag_ids")?,
        })
    }
}

fn value<T: DeserializeOwned>(row: &QueryResult, name: &str) -> Result<Option<T>> {
    let value: Option<Value> = row.try_get("", name)?;
    value.map(|value| serde_json::from_value(value).map_err(Error::internal)).transpose()
}

fn of(tx: &CompanyTx<'_>, import: ImportId) -> Expr {
    Expr::col("company_id").eq(tx.company.id.0).and(Expr::col("import_id").eq(import.0))
}

/// The number of customers that are not reverted yet.
pub(super) async fn count(tx: &mut CompanyTx<'_>, import: ImportId) -> Result<u64> {
    let select = Query::select()
        .expr_as(Func::count(Expr::cust("*")), "count")
        .from(CHANGES)
        .and_where(of(tx, import))
        .to_owned();
    let rows = tx.query(&select).await?;
    let count: i64 = rows.first().map_or(Ok(0), |row| row.try_get("", "count"))?;
    Ok(count.cast_unsigned())
}

/// The next customers after one of them, in the order of their ids.
pub(super) async fn next(
    tx: &mut CompanyTx<'_>,
    import: ImportId,
    after: Option<CustomerId>,
    limit: u64,
) -> Result<Vec<Change>> {
    let mut select = Query::select()
        .columns(["customer_id", "is_new", "version", "before_image", "tag_ids"])
        .from(CHANGES)
        .and_where(of(tx, import))
        .order_by("customer_id", Order::Asc)
        .limit(limit)
        .to_owned();
    if let Some(after) = after {
        select.and_where(Expr::col("customer_id").gt(after.0));
    }
    tx.query(&select).await?.iter().map(Change::read).collect()
}

/// The notes that the import has added to customers.
pub(super) async fn notes(
    tx: &mut CompanyTx<'_>,
    import: ImportId,
    customers: Vec<Uuid>,
) -> Result<Vec<(CustomerId, NoteId)>> {
    let select = Query::select()
        .columns(["customer_id", "note_id"])
        .from(NOTES)
        .and_where(of(tx, import))
        .and_where(any_of(Expr::col("customer_id"), customers, tx.is_postgres()))
        .order_by("note_id", Order::Asc)
        .to_owned();
    let read = |row: &QueryResult| -> Result<(CustomerId, NoteId)> {
        let id = |name| row.try_get::<Uuid>("", name);
        Ok((id("customer_id")?.into(), id("note_id")?.into()))
    };
    tx.query(&select).await?.iter().map(read).collect()
}

/// The time of the last batch, later than which a record of a customer is a change since.
pub(super) fn written_at() -> Expr {
    Expr::col((CHANGES, "written_at"))
}

/// Removes customers that are dealt with, and the notes.
pub(super) async fn remove(tx: &mut CompanyTx<'_>, import: ImportId, customers: Vec<Uuid>) -> Result<()> {
    for table in [NOTES, CHANGES] {
        let is_one = any_of(Expr::col("customer_id"), customers.clone(), tx.is_postgres());
        let delete = Query::delete().from_table(table).and_where(of(tx, import)).and_where(is_one).to_owned();
        tx.execute(&delete).await?;
    }
    Ok(())
}
