//! The pieces of a stored file, and of the file of rows that were not imported.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{
    DeleteStatement, Expr, ExprTrait, InsertStatement, Order, Query, SelectStatement, UpdateStatement,
};
use sea_orm::{ConnectionTrait, QueryResult};

use crate::base::error::Result;
use crate::base::ids::{CompanyId, ImportId};
use crate::scope::{CompanyScope, CompanyTx};

const TABLE: &str = "crm_import_parts";

/// Which file a piece belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    File,
    Failed,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Failed => "failed",
        }
    }
}

/// A piece of the file of the rows that were not imported: CSV in UTF-8, with the reasons in the last column. It can be
/// mended and imported again.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedRows {
    /// The number of the piece. Pass it on to get the next one.
    pub number: i64,
    /// The content.
    pub content: Vec<u8>,
}

fn of(company: CompanyId, import: ImportId, kind: Kind) -> Expr {
    Expr::col("company_id")
        .eq(company.0)
        .and(Expr::col("import_id").eq(import.0))
        .and(Expr::col("kind").eq(kind.name()))
}

/// How long pieces are kept.
pub(super) const KEPT: TimeDelta = TimeDelta::hours(24);

pub(super) fn insert(
    tx: &CompanyTx<'_>,
    import: ImportId,
    kind: Kind,
    (number, content): (i64, &[u8]),
) -> InsertStatement {
    Query::insert()
        .into_table(TABLE)
        .columns(["company_id", "import_id", "kind", "number", "content", "expires_at"])
        .values_panic([
            Expr::val(tx.company.id.0),
            Expr::val(import.0),
            Expr::val(kind.name()),
            Expr::val(number),
            Expr::val(content.to_vec()),
            Expr::val(tx.now() + KEPT),
        ])
        .to_owned()
}

/// Keeps the file as long as from now on.
pub(super) fn renew(tx: &CompanyTx<'_>, import: ImportId) -> UpdateStatement {
    Query::update()
        .table(TABLE)
        .value("expires_at", tx.now() + KEPT)
        .and_where(of(tx.company.id, import, Kind::File))
        .to_owned()
}

/// The pieces of all companies that have expired.
pub(super) fn expired(now: DateTime<Utc>) -> DeleteStatement {
    Query::delete().from_table(TABLE).and_where(Expr::col("expires_at").lte(now)).to_owned()
}

pub(super) fn delete(company: CompanyId, import: ImportId, kind: Kind) -> DeleteStatement {
    Query::delete().from_table(TABLE).and_where(of(company, import, kind)).to_owned()
}

fn select(company: CompanyId, import: ImportId, kind: Kind) -> SelectStatement {
    Query::select()
        .columns(["number", "content"])
        .from(TABLE)
        .and_where(of(company, import, kind))
        .order_by("number", Order::Asc)
        .to_owned()
}

fn read(row: &QueryResult) -> Result<FailedRows> {
    Ok(FailedRows { number: row.try_get("", "number")?, content: row.try_get("", "content")? })
}

/// The piece after this number.
pub(super) async fn next(
    scope: &CompanyScope<'_>,
    import: ImportId,
    kind: Kind,
    after: i64,
) -> Result<Option<FailedRows>> {
    let mut one = select(scope.company_id(), import, kind);
    one.and_where(Expr::col("number").gt(after)).limit(1);
    scope.database().query_one(&one).await?.map(|row| read(&row)).transpose()
}

/// The whole file.
pub(super) async fn file(scope: &CompanyScope<'_>, import: ImportId) -> Result<Vec<u8>> {
    let mut whole = Vec::new();
    for row in scope.database().query_all(&select(scope.company_id(), import, Kind::File)).await? {
        whole.extend(read(&row)?.content);
    }
    Ok(whole)
}
