//! A row of `crm_tags`, how a tag is read with its use, and what is searched of it.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, Func, Query};
use sea_orm::{FromQueryResult, QuerySelect, Select};

use super::input::NewTag;
use super::model::Tag;
use crate::base::error::{Error, Kind, Result};
use crate::base::text::fold;
use crate::customers;
use crate::scope::Record;
use crate::scope::actor::{Actor, ActorRef};
use crate::scope::company::Company;

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

/// A tag as one statement reads it.
#[derive(Debug, FromQueryResult)]
pub(super) struct TagRow {
    #[sea_orm(nested)]
    pub row: Model,
    pub usage_count: i64,
}

/// How many customers have the tag, of those that the actor sees. One index has all it takes where the actor sees all of them.
pub(super) fn usage(actor: &Actor) -> Expr {
    let column = |name: &'static str| Expr::col((ASSIGNMENTS, name));
    let mut uses = Query::select()
        .expr(Func::count(Expr::cust("*")))
        .from(ASSIGNMENTS)
        .and_where(column("company_id").equals((TABLE, "company_id")))
        .and_where(column("tag_id").equals((TABLE, "id")))
        .and_where(column("delete_batch_id").is_null())
        .to_owned();
    if let Some(is_seen) = customers::is_seen(actor) {
        let customer = Query::select()
            .expr(Expr::val(1))
            .from(customers::TABLE)
            .and_where(Expr::col((customers::TABLE, "company_id")).equals((ASSIGNMENTS, "company_id")))
            .and_where(Expr::col((customers::TABLE, "id")).equals((ASSIGNMENTS, "customer_id")))
            .and_where(is_seen)
            .to_owned();
        uses.and_where(Expr::exists(customer));
    }
    Expr::from(uses)
}

/// Adds the use: a list is one statement.
pub(super) fn joined(select: Select<Entity>, actor: &Actor) -> Select<Entity> {
    select.expr_as(usage(actor), "usage_count")
}

impl TryFrom<TagRow> for Tag {
    type Error = Error;

    fn try_from(joined: TagRow) -> Result<Self> {
        let TagRow { row, usage_count } = joined;
        let Model {
            company_id: _,
            id,
            version,
            created_at,
            updated_at,
            name,
            name_key: _,
            search_text: _,
            color,
            description,
            created_by_kind,
            created_by_id,
            updated_by_kind,
            updated_by_id,
        } = row;
        Ok(Self {
            id: id.into(),
            version,
            name,
            color,
            description,
            usage_count: usage_count.try_into().map_err(Error::internal)?,
            created_at,
            updated_at,
            created_by: ActorRef::read(&created_by_kind, created_by_id)?,
            updated_by: ActorRef::read(&updated_by_kind, updated_by_id)?,
        })
    }
}

impl Record for Tag {
    type Entity = Entity;
    const KIND: Kind = Kind::Tag;
    const UNTRACKED_FIELDS: &'static [&'static str] = NewTag::READ_ONLY;

    fn id(&self) -> Uuid {
        self.id.0
    }

    fn version(&self) -> i64 {
        self.version
    }

    fn updated_at(&self) -> DateTime<Utc> {
        self.updated_at
    }

    fn stamp(&mut self, version: i64, at: DateTime<Utc>, by: ActorRef) {
        if version == 1 {
            (self.created_at, self.created_by) = (at, by.clone());
        }
        (self.version, self.updated_at, self.updated_by) = (version, at, by);
    }

    fn row(&self, company: &Company) -> Result<ActiveModel> {
        let Self {
            id,
            version,
            name,
            color,
            description,
            usage_count: _,
            created_at,
            updated_at,
            created_by,
            updated_by,
        } = self.clone();
        Ok(ActiveModel {
            company_id: Set(company.id.0),
            id: Set(id.0),
            version: Set(version),
            created_at: Set(created_at),
            updated_at: Set(updated_at),
            name_key: Set(fold(&name)),
            search_text: Set(customers::search_text([name.as_str()])),
            name: Set(name),
            color: Set(color),
            description: Set(description),
            created_by_kind: Set(created_by.kind.to_string()),
            created_by_id: Set(created_by.id.map(Into::into)),
            updated_by_kind: Set(updated_by.kind.to_string()),
            updated_by_id: Set(updated_by.id.map(Into::into)),
        })
    }
}
