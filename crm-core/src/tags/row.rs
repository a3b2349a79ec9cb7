//! A row of `crm_tags`, how a tag is read with its use, and what is searched of it.

use std::sync::LazyLock;

use sea_orm::ActiveValue::Set;
use sea_orm::QuerySelect;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query};

use super::input::NewTag;
use super::model::Tag;
use crate::base::error::{Error, Kind, Result};
use crate::base::text::fold;
use crate::customers;
use crate::scope::actor::{Action, Actor, Resource};
use crate::scope::company::Company;
use crate::scope::{Find, FromRow, Record, RowReader, SelectList};

pub(crate) const TABLE: &str = "crm_tags";
/// Which customers have which tags.
pub(crate) const ASSIGNMENTS: &str = "crm_customer_tags";

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_tags")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
    pub name: String,
    pub name_key: String,
    pub search_text: String,
    pub color: Option<String>,
    pub description: Option<String>,
    pub created_by_kind: String,
    pub created_by_id: Option<Uuid>,
    pub updated_by_kind: String,
    pub updated_by_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What is read of a tag; its use comes after it.
pub(super) static COLUMNS: LazyLock<SelectList> =
    LazyLock::new(|| SelectList::new::<Entity>(&[Column::CompanyId, Column::NameKey, Column::SearchText], &[]));

/// Nothing but the name.
pub(super) static NAMES: LazyLock<SelectList> = LazyLock::new(|| {
    let others: Vec<Column> =
        <Column as sea_orm::Iterable>::iter().filter(|column| !matches!(column, Column::Name)).collect();
    SelectList::new::<Entity>(&others, &[])
});

pub(super) struct Name(pub String);

impl FromRow for Name {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        Ok(Self(row.take("name")?))
    }
}

impl FromRow for Tag {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        Ok(Self {
            id: row.take("id")?,
            version: row.take("version")?,
            created_at: row.take("created_at")?,
            updated_at: row.take("updated_at")?,
            name: row.take("name")?,
            color: row.take("color")?,
            description: row.take("description")?,
            created_by: row.actor(["created_by_kind", "created_by_id"])?,
            updated_by: row.actor(["updated_by_kind", "updated_by_id"])?,
            usage_count: row.take::<i64>("usage_count")?.try_into().map_err(Error::internal)?,
        })
    }
}

/// How many customers have the tag, of those that the actor sees. One index has all it takes where the actor sees all of them.
pub(super) fn usage(actor: &Actor) -> Expr {
    let column = |name: &'static str| Expr::col((ASSIGNMENTS, name));
    let mut uses = Query::select()
        .expr(Func::count(Expr::cust("*")))
        .from(ASSIGNMENTS)
        .and_where(column("company_id").eq(actor.company().0))
        .and_where(column("tag_id").equals((TABLE, "id")))
        .and_where(column("delete_batch_id").is_null())
        .to_owned();
    let owners = actor.owners(Resource::Customers, Action::Read);
    if let Some(is_seen) = owners.condition(Expr::col((customers::TABLE, "owner_id"))) {
        let customer = Query::select()
            .expr(Expr::val(1))
            .from(customers::TABLE)
            .and_where(Expr::col((customers::TABLE, "company_id")).eq(actor.company().0))
            .and_where(Expr::col((customers::TABLE, "id")).equals((ASSIGNMENTS, "customer_id")))
            .and_where(is_seen)
            .to_owned();
        uses.and_where(Expr::exists(customer));
    }
    Expr::from(uses)
}

/// Reads tags with their use: a list is one statement.
pub(super) fn with_usage<'f>(rows: Find<'f, Entity>, actor: &Actor) -> Find<'f, Entity> {
    rows.select(&COLUMNS).map(|select| select.expr_as(usage(actor), "usage_count"))
}

crate::scope::envelope!(Tag);

impl Record for Tag {
    type Entity = Entity;
    const KIND: Kind = Kind::Tag;
    const UNTRACKED_FIELDS: &'static [&'static str] = NewTag::READ_ONLY;

    fn row(&self, company: &Company) -> Result<ActiveModel> {
        let tag = self.clone();
        Ok(ActiveModel {
            company_id: Set(company.id.0),
            id: Set(tag.id.0),
            version: Set(tag.version),
            created_at: Set(tag.created_at),
            updated_at: Set(tag.updated_at),
            name_key: Set(fold(&tag.name)),
            search_text: Set(customers::search_text([tag.name.as_str()])),
            name: Set(tag.name),
            color: Set(tag.color),
            description: Set(tag.description),
            created_by_kind: Set(tag.created_by.kind.to_string()),
            created_by_id: Set(tag.created_by.id.map(Into::into)),
            updated_by_kind: Set(tag.updated_by.kind.to_string()),
            updated_by_id: Set(tag.updated_by.id.map(Into::into)),
        })
    }
}
