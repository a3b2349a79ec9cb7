//! What alarms have in common: they look at all companies, and one company does not hold up the others.

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, DatabaseConnection};

use crate::base::error::{Error, Result};
use crate::base::ids::CompanyId;
use crate::scope::Crm;

/// The companies in which a row of a table is due by its column.
pub(crate) async fn companies_with_due(
    crm: &Crm,
    db: &DatabaseConnection,
    (table, at): (&'static str, &'static str),
) -> Result<Vec<CompanyId>> {
    let due =
        Query::select().distinct().column("company_id").from(table).and_where(Expr::col(at).lte(crm.now())).to_owned();
    db.query_all(&due).await?.iter().map(|row| Ok(CompanyId(row.try_get("", "company_id")?))).collect()
}

/// Logs why what is due in a company stays due until the next look.
pub(crate) fn note_failure(company: CompanyId, outcome: Result<()>) {
    match outcome {
        Ok(()) | Err(Error::CompanyClosed { .. }) => {}
        Err(error) => {
            let cause = &error as &dyn std::error::Error;
            tracing::warn!(company.id = %company, error = cause, "what is due is late");
        }
    }
}
