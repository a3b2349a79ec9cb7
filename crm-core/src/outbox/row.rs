//! A row of `crm_outbox`.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_outbox")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub occurred_at: ChronoDateTimeUtc,
    pub event_type: String,
    pub entity: String,
    pub entity_id: Uuid,
    pub data: Json,
    pub private_to: Option<Uuid>,
    pub position: Option<i64>,
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

    /// Events are written once.
    fn version_column() -> impl ColumnTrait {
        Column::Position
    }
}
