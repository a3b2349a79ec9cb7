//! The companies that a user may sign in to.

use crm_core::actor::Role;
use crm_core::ids::{CompanyId, UserId};
use crm_core::text::fold;
use sea_orm::sea_query::{Expr, ExprTrait, NullOrdering, Order, Query};
use sea_orm::{ConnectionTrait, QueryResult};
use serde_json::Value;
use uuid::Uuid;

use crate::base::error::{Error, Result};

/// An active membership in an active company.
#[derive(Clone)]
pub(crate) struct Seat {
    pub company: CompanyId,
    pub company_name: String,
    pub role: Role,
    pub permissions: Vec<String>,
    pub generation: i64,
}

/// The companies of a user, by name.
pub(super) async fn of(db: &impl ConnectionTrait, user: UserId) -> Result<Vec<Seat>> {
    let (member, company) = ("um_memberships", "um_companies");
    let select = Query::select()
        .columns([(company, "id"), (company, "name")])
        .columns([(member, "role"), (member, "permissions"), (member, "generation")])
        .from(member)
        .inner_join(company, Expr::col((company, "id")).equals((member, "company_id")))
        .and_where(Expr::col((member, "user_id")).eq(user))
        .and_where(Expr::col((member, "status")).eq("active"))
        .and_where(Expr::col((company, "status")).eq("active"))
        .order_by((company, "name_key"), Order::Asc)
        .order_by((company, "id"), Order::Asc)
        .to_owned();
    db.query_all(&select).await?.iter().map(seat).collect()
}

/// The company that a user last signed in to; without a session that which they joined first.
pub(super) async fn last(db: &impl ConnectionTrait, user: UserId) -> Result<Option<CompanyId>> {
    let (member, session) = ("um_memberships", "um_sessions");
    let same = |column: &'static str| Expr::col((session, column)).equals((member, column));
    let signed_in = Query::select()
        .expr(Expr::col((session, "created_at")).max())
        .from(session)
        .and_where(same("user_id"))
        .and_where(same("company_id"))
        .to_owned();
    let select = Query::select()
        .column("company_id")
        .from(member)
        .and_where(Expr::col("user_id").eq(user))
        .order_by_expr_with_nulls(signed_in.into(), Order::Desc, NullOrdering::Last)
        .order_by("created_at", Order::Asc)
        .limit(1)
        .to_owned();
    let row = db.query_one(&select).await?;
    Ok(row.map(|row| row.try_get_by_index::<Uuid>(0)).transpose()?.map(CompanyId))
}

fn seat(row: &QueryResult) -> Result<Seat> {
    let permissions: Value = row.try_get("", "permissions")?;
    Ok(Seat {
        company: CompanyId(row.try_get::<Uuid>("", "id")?),
        company_name: row.try_get("", "name")?,
        role: row.try_get::<String>("", "role")?.parse().map_err(Error::internal)?,
        permissions: serde_json::from_value(permissions).map_err(Error::internal)?,
        generation: row.try_get("", "generation")?,
    })
}

/// The seat in a company.
pub(super) fn at(seats: &[Seat], company: CompanyId) -> Option<&Seat> {
    seats.iter().find(|seat| seat.company == company)
}

/// The seat in a company by its id or name.
pub(super) fn named<'s>(seats: &'s [Seat], company: &str) -> Option<&'s Seat> {
    let by_id = company.trim().parse().ok().and_then(|id| at(seats, id));
    let key = fold(company);
    by_id.or_else(|| seats.iter().find(|seat| fold(&seat.company_name) == key))
}
