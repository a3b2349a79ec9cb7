//! A row of `crm_customer_links`, and how a link is read with both customers.

use std::sync::LazyLock;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;

use super::input::NewCustomerLink;
use super::label;
use super::model::{CustomerLink, LinkedCustomer};
use crate::base::error::{Kind, Result};
use crate::base::ids::CustomerId;
use crate::scope::company::Company;
use crate::scope::{FromRow, Record, RowReader, SelectList};

pub(super) const TABLE: &str = "crm_customer_links";

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_customer_links")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub from_id: Uuid,
    pub to_id: Uuid,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
    pub label: String,
    pub label_key: String,
    pub active_key: Option<String>,
    pub title: Option<String>,
    pub is_primary: bool,
    pub is_inactive: bool,
    pub started_on: Option<ChronoDate>,
    pub ended_on: Option<ChronoDate>,
    pub created_by_kind: String,
    pub created_by_id: Option<Uuid>,
    pub updated_by_kind: String,
    pub updated_by_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What is read of a link, with the names and kinds of both customers: a list is one statement.
pub(super) static COLUMNS: LazyLock<SelectList> = LazyLock::new(|| {
    let of = |column: &str, end: &str| {
        format!(
            "(SELECT ends.{column} FROM crm_customers AS ends \
             WHERE ends.company_id = $company AND ends.id = crm_customer_links.{end})"
        )
    };
    SelectList::new::<Entity>(
        &[Column::CompanyId, Column::LabelKey, Column::ActiveKey],
        &[
            ("from_name", &of("name", "from_id")),
            ("from_kind", &of("kind", "from_id")),
            ("to_name", &of("name", "to_id")),
            ("to_kind", &of("kind", "to_id")),
        ],
    )
});

/// A link with the customer that it goes from; it has the one that it goes to.
pub(super) struct Stored {
    pub link: CustomerLink,
    from: LinkedCustomer,
}

impl Stored {
    /// The link as one of its customers sees it.
    pub(super) fn seen_from(self, customer: CustomerId) -> CustomerLink {
        let Self { mut link, from } = self;
        if link.from_id != customer {
            link.customer = from;
        }
        link
    }
}

impl FromRow for Stored {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        let (id, from_id, to_id) = (row.take("id")?, row.take("from_id")?, row.take("to_id")?);
        let mut link = CustomerLink {
            id,
            from_id,
            to_id,
            version: row.take("version")?,
            created_at: row.take("created_at")?,
            updated_at: row.take("updated_at")?,
            label: row.take("label")?,
            title: row.take("title")?,
            is_primary: row.take("is_primary")?,
            is_inactive: row.take("is_inactive")?,
            started_on: row.take("started_on")?,
            ended_on: row.take("ended_on")?,
            created_by: row.actor(["created_by_kind", "created_by_id"])?,
            updated_by: row.actor(["updated_by_kind", "updated_by_id"])?,
            customer: LinkedCustomer { id: to_id, display_name: String::new(), kind: Default::default() },
        };
        let from = LinkedCustomer { id: from_id, display_name: row.take("from_name")?, kind: row.take("from_kind")? };
        link.customer.display_name = row.take("to_name")?;
        link.customer.kind = row.take("to_kind")?;
        Ok(Self { link, from })
    }
}

crate::scope::envelope!(CustomerLink);

impl Record for CustomerLink {
    type Entity = Entity;
    const KIND: Kind = Kind::Link;
    const UNTRACKED_FIELDS: &'static [&'static str] = NewCustomerLink::READ_ONLY;

    fn customer(&self) -> Option<CustomerId> {
        Some(self.from_id)
    }

    fn row(&self, company: &Company) -> Result<ActiveModel> {
        let link = self.clone();
        let key = label::key(&link.label);
        Ok(ActiveModel {
            company_id: Set(company.id.0),
            id: Set(link.id.0),
            from_id: Set(link.from_id.0),
            to_id: Set(link.to_id.0),
            version: Set(link.version),
            created_at: Set(link.created_at),
            updated_at: Set(link.updated_at),
            label: Set(link.label),
            active_key: Set(Some(key.clone()).filter(|_| !link.is_inactive)),
            label_key: Set(key),
            title: Set(link.title),
            is_primary: Set(link.is_primary),
            is_inactive: Set(link.is_inactive),
            started_on: Set(link.started_on),
            ended_on: Set(link.ended_on),
            created_by_kind: Set(link.created_by.kind.to_string()),
            created_by_id: Set(link.created_by.id.map(Into::into)),
            updated_by_kind: Set(link.updated_by.kind.to_string()),
            updated_by_id: Set(link.updated_by.id.map(Into::into)),
        })
    }
}
