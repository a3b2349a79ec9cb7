//! Codes: each works once, also from two places at the same time.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use totp_rs::{Builder, Totp};
use uuid::Uuid;

use super::recovery;
use crate::base::error::{Error, Result};
use crate::base::secrets;
use crate::base::service::UserManagement;
use crate::rows::user;

/// What secrets are sealed for.
const PURPOSE: &[u8] = b"totp";
/// The number of digits of a code.
const DIGITS: usize = 6;

/// Uses up a code of the app, or a recovery code. Whether it was right and not used before.
pub(crate) async fn consume(
    um: &UserManagement,
    tx: &DatabaseTransaction,
    user: &user::Model,
    code: &str,
) -> Result<bool> {
    let code: String = code.chars().filter(|character| !character.is_whitespace()).collect();
    if code.len() == DIGITS && code.bytes().all(|byte| byte.is_ascii_digit()) {
        let Some(step) = step_of(um, user, &code)? else {
            return Ok(false);
        };
        return use_step(tx, user.id, step).await;
    }
    recovery::consume(um, tx, user.id, &code).await
}

/// The time step of a right code (RFC 6238, section 5.2: one step before and after the present one).
pub(super) fn step_of(um: &UserManagement, user: &user::Model, code: &str) -> Result<Option<i64>> {
    let Some(sealed) = &user.totp_secret else {
        return Ok(None);
    };
    let totp = open(um, user.id, sealed)?;
    Ok(totp.check(code, seconds(um.now())).and_then(|step| i64::try_from(step).ok()))
}

/// RFC 6238, section 5.2: a code is accepted once. The number of changed rows decides between two.
async fn use_step(tx: &DatabaseTransaction, user: Uuid, step: i64) -> Result<bool> {
    let last = || Expr::col("totp_last_step");
    let update = Query::update()
        .table("um_users")
        .value("totp_last_step", step)
        .and_where(Expr::col("id").eq(user))
        .and_where(Expr::col("totp_confirmed_at").is_not_null())
        .and_where(last().is_null().or(last().lt(step)))
        .to_owned();
    Ok(tx.execute(&update).await?.rows_affected() == 1)
}

/// The generator of a secret: what all apps know, SHA-1 with six digits and 30 seconds.
pub(super) fn builder(secret: Vec<u8>) -> Builder {
    Builder::new().with_secret(secret)
}

pub(super) fn sealed(um: &UserManagement, user: Uuid, secret: Vec<u8>) -> Result<String> {
    let sealed = um.0.seal.seal(PURPOSE, &secrets::name(user.as_bytes()), secret);
    sealed.map(|sealed| STANDARD.encode(sealed)).ok_or_else(|| Error::internal("a secret cannot be encrypted"))
}

fn open(um: &UserManagement, user: Uuid, sealed: &str) -> Result<Totp> {
    let sealed = STANDARD.decode(sealed).map_err(Error::internal)?;
    let secret = um.0.seal.open(PURPOSE, &secrets::name(user.as_bytes()), &sealed);
    let secret = secret.ok_or_else(|| Error::internal("the secret of a second factor cannot be decrypted"))?;
    builder(secret).build().map_err(|_| Error::internal("the secret of a second factor is too short"))
}

fn seconds(now: DateTime<Utc>) -> u64 {
    u64::try_from(now.timestamp()).unwrap_or_default()
}
