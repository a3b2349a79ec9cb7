//! Users.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::base::error::Result;
use crate::rows::user;

/// The user with this address, in any spelling.
pub(crate) async fn by_email(db: &impl ConnectionTrait, email: &str) -> Result<Option<user::Model>> {
    let email = crm_core::text::email(email);
    Ok(user::Entity::find().filter(user::Column::Email.eq(email)).one(db).await?)
}
