//! Whether a genuine token is still in force: each question is one statement.

use crm_core::actor::Role;
use sea_orm::ConnectionTrait;
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};

use super::verification::Genuine;
use crate::api_keys;
use crate::base::error::{Error, Result};
use crate::base::service::UserManagement;

/// The role of a user's token: the session has not ended, the membership is active and has the token's generation, the
/// company is active, and the key was not revoked.
pub(super) async fn role_in_force(um: &UserManagement, token: &Genuine) -> Result<Option<Role>> {
    let claims = &token.claims;
    let Some(generation) = claims.generation.filter(|_| claims.actor_kind.is_none()) else {
        return Ok(None);
    };
    let (session, member, company) = ("um_sessions", "um_memberships", "um_companies");
    let select = Query::select()
        .column((member, "role"))
        .from(session)
        .inner_join(member, Expr::col((member, "user_id")).equals((session, "user_id")))
        .inner_join(company, Expr::col((company, "id")).equals((member, "company_id")))
        .and_where(Expr::col((session, "id")).eq(claims.sid))
        .and_where(Expr::col((session, "user_id")).eq(claims.sub))
        .and_where(Expr::col((session, "ended_at")).is_null())
        .and_where(Expr::col((session, "expires_at")).gt(um.now()))
        .and_where(Expr::col((member, "company_id")).eq(claims.company_id))
        .and_where(Expr::col((member, "status")).eq("active"))
        .and_where(Expr::col((member, "generation")).eq(generation))
        .and_where(Expr::col((company, "status")).eq("active"))
        .and_where(Expr::exists(key(&token.kid)))
        .to_owned();
    let row = um.db().query_one(&select).await?;
    let role = row.map(|row| row.try_get_by_index::<String>(0)).transpose()?;
    role.map(|role| role.parse().map_err(Error::internal)).transpose()
}

/// Whether a token is in force, of a user or of an API key.
pub(super) async fn is_in_force(um: &UserManagement, token: &Genuine) -> Result<bool> {
    if token.claims.actor_kind.is_none() {
        return Ok(role_in_force(um, token).await?.is_some());
    }
    let is_published = um.db().query_one(&key(&token.kid)).await?.is_some();
    Ok(is_published && api_keys::is_live(um, token.claims.company_id, token.claims.sid).await?)
}

fn key(kid: &str) -> SelectStatement {
    Query::select().expr(Expr::val(1)).from("um_signing_keys").and_where(Expr::col("id").eq(kid)).to_owned()
}
