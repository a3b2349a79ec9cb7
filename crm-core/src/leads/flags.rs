//! Whether a lead wants to be called and written to, also when it is a customer by now.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{FromQueryResult, QuerySelect};

use super::row::{Column, Entity, TABLE};
use crate::base::error::Result;
use crate::base::ids::CustomerId;
use crate::customers;
use crate::query::dialect::selected_by;
use crate::scope::CompanyScope;

/// How many leads with such a flag are one customer by now, at most.
const MOST: u64 = 1_000;

/// The flags of a lead that has at least one of them.
#[derive(Clone, Copy, Debug, FromQueryResult)]
pub(crate) struct ContactFlags {
    pub do_not_call: bool,
    pub do_not_email: bool,
    pub converted_at: Option<DateTime<Utc>>,
}

/// The flags of the lead that a customer is or was, and of those that were merged into it.
pub(crate) async fn contact_flags(scope: &CompanyScope<'_>, customer: CustomerId) -> Result<Vec<ContactFlags>> {
    let column = |name: &'static str| Expr::col((TABLE, name));
    let ids = customers::ids_leading_to(scope.company_id(), customer);
    let flagged = scope
        .find::<Entity>()
        .filter(selected_by(column("id"), ids, scope.is_postgres()))
        .filter(column("do_not_call").or(column("do_not_email")));
    use Column as C;
    let flagged = flagged.map(|select| select.select_only().columns([C::DoNotCall, C::DoNotEmail, C::ConvertedAt]));
    flagged.fetch_up_to(MOST).await
}
