//! Who is logged in: sessions of the ERP's own. The table has digests only, so reading it does not let anyone log in.

use chrono::{TimeDelta, Utc};
use rand::distr::{Alphanumeric, SampleString};
use sea_orm::ActiveValue::Set;
use sea_orm::{ActiveModelTrait, ColumnTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter};
use sha2::{Digest, Sha256};

use crate::tables::{employee, session};

/// A working day.
const LIFETIME: TimeDelta = TimeDelta::hours(10);

/// Logs an employee in; returns the token of the session. They must be authenticated before.
pub(crate) async fn begin(db: &DatabaseConnection, employee: &employee::Model) -> Result<String, DbErr> {
    let has_ended = session::Column::ExpiresAt.lte(Utc::now());
    session::Entity::delete_many().filter(has_ended).exec(db).await?;
    let token = Alphanumeric.sample_string(&mut rand::rng(), 43);
    let new = session::ActiveModel {
        digest: Set(digest(&token)),
        employee_id: Set(employee.id),
        expires_at: Set(Utc::now() + LIFETIME),
    };
    new.insert(db).await?;
    Ok(token)
}

/// Logs the employee out.
pub(crate) async fn end(db: &DatabaseConnection, token: &str) -> Result<(), DbErr> {
    session::Entity::delete_by_id(digest(token)).exec(db).await.map(drop)
}

/// The employee of a valid token.
pub(crate) async fn employee(db: &DatabaseConnection, token: &str) -> Result<Option<employee::Model>, DbErr> {
    let holds = session::Entity::find_by_id(digest(token)).filter(session::Column::ExpiresAt.gt(Utc::now()));
    match holds.one(db).await? {
        Some(session) => employee::Entity::find_by_id(session.employee_id).one(db).await,
        None => Ok(None),
    }
}

fn digest(token: &str) -> String {
    Sha256::digest(token).iter().map(|byte| format!("{byte:02x}")).collect()
}
