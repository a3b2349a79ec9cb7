//! A row of `crm_users`.

use sea_orm::entity::prelude::*;

use super::User;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub display_name: Option<String>,
    pub name_key: String,
    pub email: Option<String>,
    pub is_active: bool,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl crate::scope::CompanyOwned for Entity {
    fn company_column() -> impl ColumnTrait {
        Column::CompanyId
    }

    fn id_column() -> impl ColumnTrait {
        Column::Id
    }

    fn version_column() -> impl ColumnTrait {
        Column::UpdatedAt
    }
}

impl From<Model> for User {
    fn from(row: Model) -> Self {
        let Model { company_id: _, id, display_name, name_key: _, email, is_active, created_at, updated_at } = row;
        Self { id: id.into(), display_name, email, is_active, created_at, updated_at }
    }
}
