//! A row of `crm_saved_views`, and how a view is read with its owner's name.

use std::sync::LazyLock;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sqlx::types::Json as SqlxJson;

use super::input::NewSavedView;
use super::model::{SavedView, ViewVisibility};
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::UserId;
use crate::base::text::fold;
use crate::scope::actor::Resource;
use crate::scope::company::Company;
use crate::scope::{FromRow, Record, RowReader, SelectList, Trashable};
use crate::users::UserRef;

pub(super) const TABLE: &str = "crm_saved_views";

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_saved_views")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
    pub entity: String,
    pub owner_id: Option<Uuid>,
    pub private_to: Option<Uuid>,
    pub name: String,
    pub name_key: String,
    pub description: Option<String>,
    pub query: Json,
    pub sort: Option<String>,
    pub columns: Json,
    pub position: i64,
    pub created_by_kind: String,
    pub created_by_id: Option<Uuid>,
    pub updated_by_kind: String,
    pub updated_by_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const OWNER_NAME: &str = "(SELECT display_name FROM crm_users \
     WHERE crm_users.company_id = $company AND crm_users.id = crm_saved_views.owner_id)";

/// What is read of a view, with its owner's name: a list is one statement.
pub(super) static COLUMNS: LazyLock<SelectList> =
    LazyLock::new(|| SelectList::new::<Entity>(&[Column::CompanyId, Column::NameKey], &[("owner_name", OWNER_NAME)]));

impl FromRow for SavedView {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        let mut view = Self {
            id: row.take("id")?,
            version: row.take("version")?,
            created_at: row.take("created_at")?,
            updated_at: row.take("updated_at")?,
            entity: row.take("entity")?,
            owner_id: row.take("owner_id")?,
            visibility: match row.take::<Option<UserId>>("private_to")? {
                Some(_) => ViewVisibility::Private,
                None => ViewVisibility::Shared,
            },
            name: row.take("name")?,
            description: row.take("description")?,
            query: row.object("query")?,
            sort: row.take("sort")?,
            columns: row.take::<SqlxJson<_>>("columns")?.0,
            position: row.take("position")?,
            created_by: row.actor(["created_by_kind", "created_by_id"])?,
            updated_by: row.actor(["updated_by_kind", "updated_by_id"])?,
            owner: None,
        };
        let display_name = row.take("owner_name")?;
        view.owner = view.owner_id.map(|id| UserRef { id, display_name });
        Ok(view)
    }
}

crate::scope::envelope!(SavedView);

impl Record for SavedView {
    type Entity = Entity;
    const KIND: Kind = Kind::SavedView;
    const UNTRACKED_FIELDS: &'static [&'static str] = NewSavedView::READ_ONLY;

    fn private_to(&self) -> Option<UserId> {
        self.owner_id.filter(|_| self.visibility == ViewVisibility::Private)
    }

    fn row(&self, company: &Company) -> Result<ActiveModel> {
        let private_to = self.private_to();
        let view = self.clone();
        Ok(ActiveModel {
            company_id: Set(company.id.0),
            id: Set(view.id.0),
            version: Set(view.version),
            created_at: Set(view.created_at),
            updated_at: Set(view.updated_at),
            entity: Set(view.entity.to_string()),
            owner_id: Set(view.owner_id.map(Into::into)),
            private_to: Set(private_to.map(Into::into)),
            name_key: Set(fold(&view.name)),
            name: Set(view.name),
            description: Set(view.description),
            query: Set(Json::Object(view.query)),
            sort: Set(view.sort),
            columns: Set(serde_json::to_value(view.columns).map_err(Error::internal)?),
            position: Set(view.position),
            created_by_kind: Set(view.created_by.kind.to_string()),
            created_by_id: Set(view.created_by.id.map(Into::into)),
            updated_by_kind: Set(view.updated_by.kind.to_string()),
            updated_by_id: Set(view.updated_by.id.map(Into::into)),
        })
    }
}

impl Trashable for SavedView {
    const RESOURCE: Resource = Resource::SavedViews;

    fn owner_id(&self) -> Option<UserId> {
        self.owner_id
    }

    fn is_trashed(&self) -> bool {
        false
    }
}
