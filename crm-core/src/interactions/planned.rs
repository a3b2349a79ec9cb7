//! The planned interactions of a user, for their calendar.

use chrono::{DateTime, Utc};
use sea_orm::QueryOrder;
use sea_orm::sea_query::{Expr, ExprTrait};

use super::model::{Interaction, InteractionStatus};
use super::repo::within_reach;
use super::row;
use crate::base::error::Result;
use crate::base::ids::UserId;
use crate::base::rights::{Action, Resource};
use crate::scope::{CompanyScope, is_live};

/// The first planned interactions of a user between two times that the actor sees.
pub(crate) async fn planned_of(
    scope: &CompanyScope<'_>,
    user: UserId,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    most: u64,
) -> Result<Vec<Interaction>> {
    let cannot_read = |resource| scope.actor().owners(resource, Action::Read).are_none();
    if [Resource::Interactions, Resource::Customers].into_iter().any(cannot_read) {
        return Ok(Vec::new());
    }
    let column = |name: &'static str| Expr::col((row::TABLE, name));
    let planned = within_reach(scope, false)?
        .add(is_live(row::TABLE))
        .add(column("owner_id").eq(user.0))
        .add(column("status").eq(InteractionStatus::Planned.as_str()))
        .add(column("scheduled_at").gte(from).and(column("scheduled_at").lt(to)));
    let planned = scope.find::<row::Entity>().filter(planned).select(&row::EXCERPT);
    let planned = planned.map(|select| select.order_by_asc(row::Column::ScheduledAt).order_by_asc(row::Column::Id));
    planned.fetch_up_to(most).await
}
