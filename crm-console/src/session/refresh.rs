//! New tokens before the old ones expire: one refresh at a time per session, over all instances.
//!
//! A refresh token works once; a second use looks like theft and ends the session. So a request claims the row before
//! it uses the token, and the others go on with the old access token or wait for the new one.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use crm_web::problem::{ApiError, Code};
use crm_web::seal::{LENGTH, hexadecimal};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use secrecy::SecretString;

use super::{Held, Sessions, row, unavailable};
use crate::login::{Renewal, Visitor};

/// How long before its end an access token is replaced.
const AHEAD: TimeDelta = TimeDelta::seconds(60);
/// How long a claim holds if its holder dies.
const CLAIM: TimeDelta = TimeDelta::seconds(20);
/// How often, and in which steps, the others look whether it is done.
const LOOKS: u32 = 50;
const STEP: Duration = Duration::from_millis(100);

pub(super) async fn fresh(
    sessions: &Sessions,
    digest: &[u8; LENGTH],
    visitor: &Visitor,
) -> Result<Option<Held>, ApiError> {
    for _ in 0..LOOKS {
        let now = Utc::now();
        let Some((row, held)) = sessions.find(digest).await? else { return Ok(None) };
        if row.expires_at <= now {
            return Ok(None);
        }
        let Some(refresh_token) = held.refresh_token.clone() else {
            return Ok((held.expires_at > now).then_some(held));
        };
        if held.expires_at > now + AHEAD {
            return Ok(Some(held));
        }
        if claim(sessions, &row, now).await? {
            // In a task of its own: the new tokens are stored even if the browser goes away meanwhile.
            let (sessions, digest, visitor) = (sessions.clone(), *digest, visitor.clone());
            let task =
                tokio::spawn(async move { replace(&sessions, &digest, row, held, refresh_token, &visitor).await });
            return task.await.map_err(ApiError::internal)?;
        }
        if held.expires_at > now {
            return Ok(Some(held));
        }
        tokio::time::sleep(STEP).await;
    }
    Err(identity_unavailable())
}

fn identity_unavailable() -> ApiError {
    ApiError::unavailable(Code::IdentityUnavailable, "the session cannot be continued at the moment", None)
}

/// True if nobody else refreshes this version of the session.
async fn claim(sessions: &Sessions, row: &row::Model, now: DateTime<Utc>) -> Result<bool, ApiError> {
    let free = row::Column::RefreshingUntil.is_null().or(row::Column::RefreshingUntil.lt(now));
    let claim = row::Entity::update_many()
        .col_expr(row::Column::RefreshingUntil, Expr::value(now + CLAIM))
        .filter(row::Column::Id.eq(&row.id))
        .filter(row::Column::Version.eq(row.version))
        .filter(free);
    let claimed = claim.exec(&sessions.database).await.map_err(unavailable)?;
    Ok(claimed.rows_affected == 1)
}

async fn replace(
    sessions: &Sessions,
    digest: &[u8; LENGTH],
    row: row::Model,
    held: Held,
    refresh_token: SecretString,
    visitor: &Visitor,
) -> Result<Option<Held>, ApiError> {
    let renewal = Renewal { refresh_token: &refresh_token, id_token: held.id_token.as_ref(), visitor };
    match sessions.login.refresh(renewal).await {
        Ok(tokens) => {
            let mut new = Held::from(tokens);
            new.refresh_token = new.refresh_token.or(held.refresh_token);
            new.id_token = new.id_token.or(held.id_token);
            new.company_name = new.company_name.or(held.company_name);
            let sealed = sessions.seal(digest, &new)?;
            store(sessions, digest, &row, Some(sealed)).await?;
            Ok(Some(new))
        }
        Err(error) if error.is_passing() => {
            store(sessions, digest, &row, None).await?;
            if held.expires_at > Utc::now() { Ok(Some(held)) } else { Err(identity_unavailable()) }
        }
        Err(_) => {
            sessions.remove(digest).await?;
            Ok(None)
        }
    }
}

/// Gives the claim back, with or without new content.
async fn store(
    sessions: &Sessions,
    digest: &[u8; LENGTH],
    row: &row::Model,
    sealed: Option<Vec<u8>>,
) -> Result<(), ApiError> {
    let mut update = row::Entity::update_many()
        .col_expr(row::Column::RefreshingUntil, Expr::cust("NULL"))
        .filter(row::Column::Id.eq(hexadecimal(digest)))
        .filter(row::Column::Version.eq(row.version));
    if let Some(sealed) = sealed {
        update = update
            .col_expr(row::Column::Sealed, Expr::value(sealed))
            .col_expr(row::Column::Version, Expr::value(row.version + 1));
    }
    update.exec(&sessions.database).await.map_err(unavailable)?;
    Ok(())
}
