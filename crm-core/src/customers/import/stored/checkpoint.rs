//! What a batch commits beside its customers, so that an interrupted import goes on after it.

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use serde_json::json;

use super::super::columns::Columns;
use super::super::report::{ImportFault, ImportReport, Outcome};
use super::super::revert::REVERTIBLE_FOR;
use super::super::rows::Row;
use super::parts::{self, Kind};
use super::{StoredImport, TABLE};
use crate::base::error::{Error, Result};
use crate::base::ids::ImportId;
use crate::scope::CompanyTx;

/// How far a stored import is.
#[derive(Debug)]
pub(in super::super) struct Checkpoint {
    import: ImportId,
    last_row: u64,
}

impl Checkpoint {
    pub(super) const fn of(import: &StoredImport) -> Self {
        Self { import: import.id, last_row: import.last_row }
    }

    pub(in super::super) const fn import(&self) -> ImportId {
        self.import
    }

    pub(in super::super) const fn last_row(&self) -> u64 {
        self.last_row
    }

    /// To be called when the transaction with these rows is committed.
    pub(in super::super) fn passed(&mut self, rows: &[Row]) {
        self.last_row = last_of(rows).unwrap_or(self.last_row);
    }

    /// Stores the report with these rows, and those of them that failed.
    pub(in super::super) async fn store(
        &self,
        tx: &mut CompanyTx<'_>,
        columns: &Columns,
        (rows, outcomes): (&[Row], &[(Outcome, Vec<ImportFault>)]),
        report: &ImportReport,
    ) -> Result<()> {
        let Some(last) = last_of(rows) else { return Ok(()) };
        let mut report = ImportReport { columns: columns.described(), ..report.clone() };
        let mut failed = String::new();
        for (row, (outcome, warnings)) in rows.iter().zip(outcomes) {
            if let (Outcome::Failed(faults), Some(source)) = (outcome, &row.source) {
                if report.failed == 0 {
                    failed.push_str(&source.header(columns));
                }
                failed.push_str(&source.line(faults));
            }
            report.count(outcome.clone(), warnings.clone());
        }
        let (company, number) = (tx.company.id, last.cast_signed());
        let update = Query::update()
            .table(TABLE)
            .values([
                ("last_row", number.into()),
                ("report", Expr::val(json!(report))),
                ("revertible_until", (tx.now() + REVERTIBLE_FOR).into()),
                ("expires_at", (tx.now() + REVERTIBLE_FOR).into()),
            ])
            .and_where(Expr::col("company_id").eq(company.0))
            .and_where(Expr::col("id").eq(self.import.0))
            .and_where(Expr::col("last_row").eq(self.last_row.cast_signed()))
            .to_owned();
        // Another attempt, which was believed dead, has written these rows.
        if tx.execute(&update).await? == 0 {
            return Err(Error::CompanyBusy);
        }
        if !failed.is_empty() {
            let insert = parts::insert(tx, self.import, Kind::Failed, (number, failed.as_bytes()));
            tx.execute(&insert).await?;
        }
        Ok(())
    }
}

fn last_of(rows: &[Row]) -> Option<u64> {
    rows.last().map(|row| row.number)
}
