//! Recovery codes: ten, each for one log-in without the app.

use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel};
use uuid::Uuid;

use crate::base::error::Result;
use crate::base::service::UserManagement;
use crate::rows::recovery_code::{Entity, Model};
use crm_web::seal::hexadecimal;

const TABLE: &str = "um_recovery_codes";
/// How many codes there are.
const COUNT: usize = 10;
/// Letters and digits that are not mistaken for each other: 50 bits in ten of them.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Replaces the codes of a user. They are not stored, only their keyed digests.
pub(super) async fn renew(um: &UserManagement, tx: &DatabaseTransaction, user: Uuid) -> Result<Vec<String>> {
    remove(tx, user).await?;
    let codes: Vec<String> = (0..COUNT).map(|_| random()).collect();
    let rows = codes.iter().map(|code| Model { user_id: user, hash: digest(um, user, code), used_at: None });
    Entity::insert_many(rows.map(IntoActiveModel::into_active_model)).exec_without_returning(tx).await?;
    Ok(codes)
}

/// Uses up a code. Whether it was right and not used before.
pub(super) async fn consume(um: &UserManagement, tx: &DatabaseTransaction, user: Uuid, code: &str) -> Result<bool> {
    let update = Query::update()
        .table(TABLE)
        .value("used_at", um.now())
        .and_where(Expr::col("user_id").eq(user))
        .and_where(Expr::col("hash").eq(digest(um, user, code)))
        .and_where(Expr::col("used_at").is_null())
        .to_owned();
    Ok(tx.execute(&update).await?.rows_affected() == 1)
}

pub(super) async fn remove(tx: &DatabaseTransaction, user: Uuid) -> Result<()> {
    let delete = Query::delete().from_table(TABLE).and_where(Expr::col("user_id").eq(user)).to_owned();
    tx.execute(&delete).await?;
    Ok(())
}

fn random() -> String {
    let letters = rand::random::<[u8; 10]>().map(|byte| char::from(ALPHABET[usize::from(byte % 32)]));
    let (first, second) = letters.split_at(5);
    format!("{}-{}", String::from_iter(first), String::from_iter(second))
}

/// The digest of a code in any case, with or without its hyphen. Keyed: a code is too short for a plain digest.
fn digest(um: &UserManagement, user: Uuid, code: &str) -> String {
    let code: String = code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    hexadecimal(&um.0.seal.digest(&[b"recovery-code", user.as_bytes(), code.as_bytes()]))
}
