//! STAND-IN: the other branch has this module.

use chrono::{DateTime, Utc};
use crm_core::ids::{CompanyId, UserId};
use crm_core::string_enum::string_enum;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter};

use crate::base::changes::AccessChange;
use crate::base::error::Result;
use crate::rows::session::{Column, Entity};

string_enum! {
    /// Why a session ended.
    EndReason {
        /// The password was changed.
        PasswordChanged = "password_changed",
        /// The user was suspended.
        Suspended = "suspended",
        /// The user was removed.
        Removed = "removed",
    }
}

pub(crate) async fn end_all(
    tx: &DatabaseTransaction,
    now: DateTime<Utc>,
    user: UserId,
    company: Option<CompanyId>,
    reason: EndReason,
) -> Result<Vec<AccessChange>> {
    let mut of_user = sea_orm::Condition::all().add(Column::UserId.eq(user.0)).add(Column::EndedAt.is_null());
    if let Some(company) = company {
        of_user = of_user.add(Column::CompanyId.eq(company.0));
    }
    let ended = Entity::find().filter(of_user.clone()).all(tx).await?;
    Entity::update_many()
        .col_expr(Column::EndedAt, Expr::val(now))
        .col_expr(Column::EndReason, Expr::val(reason.as_str()))
        .filter(of_user)
        .exec(tx)
        .await?;
    Ok(ended.into_iter().map(|session| AccessChange::SessionEnded { session: session.id.into() }).collect())
}
