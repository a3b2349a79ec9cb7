//! A key that access tokens are signed with; its private half is encrypted.

use std::fmt;

use sea_orm::entity::prelude::*;

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "um_signing_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub algorithm: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub public_key: Json,
    pub private_key: String,
    pub created_at: ChronoDateTimeUtc,
    pub signs_from: ChronoDateTimeUtc,
    pub signs_until: Option<ChronoDateTimeUtc>,
    pub published_until: Option<ChronoDateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Without what is secret.
impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Model").field("id", &self.id).finish_non_exhaustive()
    }
}
