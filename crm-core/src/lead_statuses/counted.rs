//! The statuses with a number each.

use sea_orm::QueryOrder;
use sea_orm::sea_query::SelectStatement;

use super::model::LeadStatus;
use super::repo::MAX_STATUSES;
use super::row;
use crate::base::error::Result;
use crate::scope::{CompanyScope, FromRow, RowReader};

/// A status, and the number that was selected for it.
struct Counted(LeadStatus, u64);

impl FromRow for Counted {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        let status = LeadStatus::from_row(row)?;
        Ok(Self(status, u64::try_from(row.last::<i64>("total")?).unwrap_or_default()))
    }
}

/// All statuses in their order, each with the number that `total` selects; it may speak of the code of the status. One
/// statement.
pub(crate) async fn counted(scope: &CompanyScope<'_>, total: SelectStatement) -> Result<Vec<(LeadStatus, u64)>> {
    let rows = scope.find::<row::Entity>().select(row::columns()).with_total(total);
    let rows = rows.map(|select| select.order_by_asc(row::Column::Position).order_by_asc(row::Column::Id));
    let counted: Vec<Counted> = rows.fetch_up_to(MAX_STATUSES as u64).await?;
    Ok(counted.into_iter().map(|Counted(status, count)| (status, count)).collect())
}
