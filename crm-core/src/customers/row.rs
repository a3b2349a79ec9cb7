//! A row of `crm_customers`, and how a customer is read with its owner's name and its references.

use chrono::{DateTime, Utc};
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{FromQueryResult, QuerySelect, Select};
use serde::de::DeserializeOwned;

use super::model::{Customer, ExternalRef};
use super::search;
use crate::base::error::{Error, Kind, Result};
use crate::base::text::fold;
use crate::scope::Record;
use crate::scope::actor::ActorRef;
use crate::scope::company::{Company, CompanySettings, DuplicatePolicy};
use crate::users::UserRef;

pub(crate) const TABLE: &str = "crm_customers";

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_customers")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
    pub kind: String,
    pub name: String,
    pub name_key: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub email: Option<String>,
    pub email_key: Option<String>,
    pub phone: Option<String>,
    pub phone_e164: Option<String>,
    pub organization_name: Option<String>,
    pub organization_key: Option<String>,
    pub job_title: Option<String>,
    pub website: Option<String>,
    pub address: Option<String>,
    pub address_line2: Option<String>,
    pub city: Option<String>,
    pub city_key: Option<String>,
    pub state: Option<String>,
    pub zip_code: Option<String>,
    pub country: Option<String>,
    pub country_code: Option<String>,
    pub status: String,
    pub owner_id: Option<Uuid>,
    pub source: Option<String>,
    pub custom_fields: Json,
    pub metadata: Json,
    pub is_archived: bool,
    pub deleted_at: Option<ChronoDateTimeUtc>,
    pub delete_batch_id: Option<Uuid>,
    pub search_text: String,
    pub created_by_kind: String,
    pub created_by_id: Option<Uuid>,
    pub updated_by_kind: String,
    pub updated_by_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A customer as one statement reads it.
#[derive(Debug, FromQueryResult)]
pub(super) struct CustomerRow {
    #[sea_orm(nested)]
    pub row: Model,
    owner_name: Option<String>,
    external_refs: Option<String>,
    tags: Option<String>,
}

const OWNER_NAME: &str = "(SELECT display_name FROM crm_users \
     WHERE crm_users.company_id = crm_customers.company_id AND crm_users.id = crm_customers.owner_id)";

const EXTERNAL_REFS_POSTGRES: &str = "(SELECT json_agg(json_build_object('system', system, 'id', external_id))::text \
     FROM crm_customer_external_refs AS refs \
     WHERE refs.company_id = crm_customers.company_id AND refs.customer_id = crm_customers.id)";

const EXTERNAL_REFS_SQLITE: &str = "(SELECT json_group_array(json_object('system', system, 'id', external_id)) \
     FROM crm_customer_external_refs AS refs \
     WHERE refs.company_id = crm_customers.company_id AND refs.customer_id = crm_customers.id)";

const TAGS_POSTGRES: &str = "(SELECT json_agg(json_build_object('id', tags.id, 'name', tags.name, 'color', tags.color) ORDER BY tags.name_key)::text \
     FROM crm_customer_tags AS tagged JOIN crm_tags AS tags ON tags.company_id = tagged.company_id AND tags.id = tagged.tag_id \
     WHERE tagged.company_id = crm_customers.company_id AND tagged.customer_id = crm_customers.id)";

const TAGS_SQLITE: &str = "(SELECT json_group_array(json_object('id', hex(tags.id), 'name', tags.name, 'color', tags.color) ORDER BY tags.name_key) \
     FROM crm_customer_tags AS tagged JOIN crm_tags AS tags ON tags.company_id = tagged.company_id AND tags.id = tagged.tag_id \
     WHERE tagged.company_id = crm_customers.company_id AND tagged.customer_id = crm_customers.id)";

/// Adds the owner's name, the references and the tags: a list is one statement.
pub(super) fn joined(select: Select<Entity>, postgres: bool) -> Select<Entity> {
    let (external_refs, tags) =
        if postgres { (EXTERNAL_REFS_POSTGRES, TAGS_POSTGRES) } else { (EXTERNAL_REFS_SQLITE, TAGS_SQLITE) };
    select
        .expr_as(Expr::cust(OWNER_NAME), "owner_name")
        .expr_as(Expr::cust(external_refs), "external_refs")
        .expr_as(Expr::cust(tags), "tags")
}

impl TryFrom<CustomerRow> for Customer {
    type Error = Error;

    fn try_from(joined: CustomerRow) -> Result<Self> {
        let CustomerRow { row, owner_name, external_refs, tags } = joined;
        let Model {
            company_id: _,
            id,
            version,
            created_at,
            updated_at,
            kind,
            name,
            name_key: _,
            first_name,
            last_name,
            email,
            email_key,
            phone,
            phone_e164,
            organization_name,
            organization_key: _,
            job_title,
            website,
            address,
            address_line2,
            city,
            city_key: _,
            state,
            zip_code,
            country,
            country_code,
            status,
            owner_id,
            source,
            custom_fields,
            metadata,
            is_archived,
            deleted_at,
            delete_batch_id,
            search_text: _,
            created_by_kind,
            created_by_id,
            updated_by_kind,
            updated_by_id,
        } = row;
        let mut external_refs: Vec<ExternalRef> = list(external_refs)?;
        external_refs.sort();
        Ok(Self {
            id: id.into(),
            version,
            kind: kind.parse().map_err(Error::internal)?,
            name,
            first_name,
            last_name,
            email,
            phone,
            phone_e164,
            organization_name,
            job_title,
            website,
            address,
            address_line2,
            city,
            state,
            zip_code,
            country,
            country_code,
            status: status.parse().map_err(Error::internal)?,
            owner_id: owner_id.map(Into::into),
            owner: owner_id.map(|id| UserRef { id: id.into(), display_name: owner_name }),
            source,
            external_refs,
            tags: list(tags)?,
            custom_fields: object(custom_fields)?,
            metadata: object(metadata)?,
            is_archived,
            created_at,
            updated_at,
            created_by: ActorRef::read(&created_by_kind, created_by_id)?,
            updated_by: ActorRef::read(&updated_by_kind, updated_by_id)?,
            deleted_at,
            delete_batch_id,
            email_key,
        })
    }
}

/// What a sub-select has put together.
fn list<T: DeserializeOwned>(json: Option<String>) -> Result<Vec<T>> {
    json.map_or(Ok(Vec::new()), |json| serde_json::from_str(&json).map_err(Error::internal))
}

fn object(json: Json) -> Result<serde_json::Map<String, Json>> {
    match json {
        Json::Object(members) => Ok(members),
        _ => Err(Error::internal("a column of crm_customers is no JSON object")),
    }
}

impl Customer {
    /// Outside the trash and while duplicates are refused, the address is unique. To be called before each write: what was
    /// stored under another policy is put right by the next one.
    pub(super) fn set_unique_email_key(&mut self, settings: &CompanySettings) {
        let unique = settings.duplicate_policy == DuplicatePolicy::Reject && !self.is_trashed();
        self.email_key = self.email.clone().filter(|_| unique);
    }
}

impl Record for Customer {
    type Entity = Entity;
    const KIND: Kind = Kind::Customer;
    const UNTRACKED_FIELDS: &'static [&'static str] = super::input::NewCustomer::READ_ONLY;

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
        let search_text = search::search_document(self);
        let Self {
            id,
            version,
            kind,
            name,
            first_name,
            last_name,
            email,
            phone,
            phone_e164,
            organization_name,
            job_title,
            website,
            address,
            address_line2,
            city,
            state,
            zip_code,
            country,
            country_code,
            status,
            owner_id,
            owner: _,
            source,
            external_refs: _,
            tags: _,
            custom_fields,
            metadata,
            is_archived,
            created_at,
            updated_at,
            created_by,
            updated_by,
            deleted_at,
            delete_batch_id,
            email_key,
        } = self.clone();
        Ok(ActiveModel {
            company_id: Set(company.id.0),
            id: Set(id.0),
            version: Set(version),
            created_at: Set(created_at),
            updated_at: Set(updated_at),
            kind: Set(kind.to_string()),
            name_key: Set(fold(&name)),
            name: Set(name),
            first_name: Set(first_name),
            last_name: Set(last_name),
            email_key: Set(email_key),
            email: Set(email),
            phone: Set(phone),
            phone_e164: Set(phone_e164),
            organization_key: Set(organization_name.as_deref().map(fold)),
            organization_name: Set(organization_name),
            job_title: Set(job_title),
            website: Set(website),
            address: Set(address),
            address_line2: Set(address_line2),
            city_key: Set(city.as_deref().map(fold)),
            city: Set(city),
            state: Set(state),
            zip_code: Set(zip_code),
            country: Set(country),
            country_code: Set(country_code),
            status: Set(status.to_string()),
            owner_id: Set(owner_id.map(Into::into)),
            source: Set(source),
            custom_fields: Set(Json::Object(custom_fields)),
            metadata: Set(Json::Object(metadata)),
            is_archived: Set(is_archived),
            deleted_at: Set(deleted_at),
            delete_batch_id: Set(delete_batch_id),
            search_text: Set(search_text),
            created_by_kind: Set(created_by.kind.to_string()),
            created_by_id: Set(created_by.id.map(Into::into)),
            updated_by_kind: Set(updated_by.kind.to_string()),
            updated_by_id: Set(updated_by.id.map(Into::into)),
        })
    }
}
