//! A row of `crm_customers`, and how a customer is read with its owner's name and its references.

use std::sync::LazyLock;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::{QuerySelect, Select};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::contact_points;
use super::contacts::{ContactTime, Contacts};
use super::model::Customer;
use super::search;
use crate::base::error::{Error, Kind, Result};
use crate::base::text::{fold, word_key};
use crate::scope::actor::Actor;
use crate::scope::company::{Company, CompanySettings, DuplicatePolicy};
use crate::scope::{Find, FromRow, Record, RowReader, SelectList};
use crate::users::UserRef;

pub(crate) use crate::scope::visibility::CUSTOMERS as TABLE;

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
    pub salutation: Option<String>,
    pub first_name: Option<String>,
    pub middle_name: Option<String>,
    pub last_name: Option<String>,
    pub name_suffix: Option<String>,
    pub email: Option<String>,
    pub email_key: Option<String>,
    pub phone: Option<String>,
    pub phone_e164: Option<String>,
    pub organization_name: Option<String>,
    pub organization_key: Option<String>,
    pub organization_id: Option<Uuid>,
    pub parent_id: Option<Uuid>,
    pub job_title: Option<String>,
    pub department: Option<String>,
    pub birth_date: Option<ChronoDate>,
    pub language: Option<String>,
    pub time_zone: Option<String>,
    pub industry: Option<String>,
    pub employee_band: Option<String>,
    pub annual_revenue: Option<i64>,
    pub annual_revenue_currency: Option<String>,
    pub tax_id: Option<String>,
    pub website: Option<String>,
    pub address: Option<String>,
    pub address_line2: Option<String>,
    pub city: Option<String>,
    pub city_key: Option<String>,
    pub state: Option<String>,
    pub zip_code: Option<String>,
    pub country: Option<String>,
    pub country_code: Option<String>,
    pub has_contact_lists: bool,
    pub status: String,
    pub lifecycle_stage: Option<String>,
    pub relationship: Option<String>,
    pub owner_id: Option<Uuid>,
    pub source: Option<String>,
    pub source_key: Option<String>,
    pub source_created_at: Option<ChronoDateTimeUtc>,
    pub description: Option<String>,
    pub custom_fields: Json,
    pub metadata: Json,
    pub is_archived: bool,
    pub deleted_at: Option<ChronoDateTimeUtc>,
    pub delete_batch_id: Option<Uuid>,
    pub is_lead: bool,
    pub search_text: String,
    pub created_by_kind: String,
    pub created_by_id: Option<Uuid>,
    pub updated_by_kind: String,
    pub updated_by_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const OWNER_NAME: &str = "(SELECT display_name FROM crm_users WHERE crm_users.company_id = $company AND crm_users.id = crm_customers.owner_id)";

const EXTERNAL_REFS_POSTGRES: &str = "(SELECT json_agg(json_build_object('system', system, 'id', external_id))::text \
     FROM crm_customer_external_refs AS refs WHERE refs.company_id = $company AND refs.customer_id = crm_customers.id)";

const EXTERNAL_REFS_SQLITE: &str = "(SELECT json_group_array(json_object('system', system, 'id', external_id)) \
     FROM crm_customer_external_refs AS refs WHERE refs.company_id = $company AND refs.customer_id = crm_customers.id)";

const TAGS_POSTGRES: &str = "(SELECT json_agg(json_build_object('id', tags.id, 'name', tags.name, 'color', tags.color) ORDER BY tags.name_key)::text \
     FROM crm_customer_tags AS tagged JOIN crm_tags AS tags ON tags.company_id = $company AND tags.id = tagged.tag_id \
     WHERE tagged.company_id = $company AND tagged.customer_id = crm_customers.id)";

const TAGS_SQLITE: &str = "(SELECT json_group_array(json_object('id', hex(tags.id), 'name', tags.name, 'color', tags.color) ORDER BY tags.name_key) \
     FROM crm_customer_tags AS tagged JOIN crm_tags AS tags ON tags.company_id = $company AND tags.id = tagged.tag_id \
     WHERE tagged.company_id = $company AND tagged.customer_id = crm_customers.id)";

/// Selects what is read of a customer, with the owner's name, the references, the tags and the times of contact: a list
/// is one statement.
pub(super) fn select<'f>(rows: Find<'f, Entity>, actor: &Actor, postgres: bool) -> Find<'f, Entity> {
    rows.select(columns(postgres)).map(|select| with_contacts(select, actor, postgres))
}

/// The same of the customers that are joined to rows of another table, after what is selected of it.
pub(crate) fn select_joined<E: EntityTrait>(select: Select<E>, actor: &Actor, postgres: bool) -> Select<E> {
    with_contacts(select.expr(Expr::cust(columns(postgres).sql.as_str())), actor, postgres)
}

fn with_contacts<E: EntityTrait>(select: Select<E>, actor: &Actor, postgres: bool) -> Select<E> {
    let contacts = Contacts::of(actor, postgres);
    [ContactTime::Last, ContactTime::Next]
        .into_iter()
        .fold(select, |select, time| select.expr_as(contacts.time(time), time.column()))
}

fn columns(postgres: bool) -> &'static SelectList {
    static POSTGRES: LazyLock<SelectList> = LazyLock::new(|| {
        use contact_points::{ADDRESSES_POSTGRES, POINTS_POSTGRES};
        list_of([EXTERNAL_REFS_POSTGRES, TAGS_POSTGRES, POINTS_POSTGRES, ADDRESSES_POSTGRES])
    });
    static SQLITE: LazyLock<SelectList> = LazyLock::new(|| {
        use contact_points::{ADDRESSES_SQLITE, POINTS_SQLITE};
        list_of([EXTERNAL_REFS_SQLITE, TAGS_SQLITE, POINTS_SQLITE, ADDRESSES_SQLITE])
    });
    if postgres { &POSTGRES } else { &SQLITE }
}

fn list_of([external_refs, tags, contact_points, addresses]: [&str; 4]) -> SelectList {
    use Column as C;
    SelectList::new::<Entity>(
        &[C::CompanyId, C::NameKey, C::OrganizationKey, C::CityKey, C::SourceKey, C::HasContactLists, C::SearchText],
        &[
            ("owner_name", OWNER_NAME),
            ("external_refs", external_refs),
            ("tags", tags),
            ("contact_points", contact_points),
            ("addresses", addresses),
        ],
    )
}

impl FromRow for Customer {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        let mut customer = Self {
            id: row.take("id")?,
            version: row.take("version")?,
            created_at: row.take("created_at")?,
            updated_at: row.take("updated_at")?,
            kind: row.take("kind")?,
            name: row.take("name")?,
            salutation: row.take("salutation")?,
            first_name: row.take("first_name")?,
            middle_name: row.take("middle_name")?,
            last_name: row.take("last_name")?,
            name_suffix: row.take("name_suffix")?,
            email: row.take("email")?,
            email_key: row.take("email_key")?,
            phone: row.take("phone")?,
            phone_e164: row.take("phone_e164")?,
            organization_name: row.take("organization_name")?,
            organization_id: row.take("organization_id")?,
            parent_id: row.take("parent_id")?,
            job_title: row.take("job_title")?,
            department: row.take("department")?,
            birth_date: row.take("birth_date")?,
            language: row.take("language")?,
            time_zone: row.take("time_zone")?,
            industry: row.take("industry")?,
            employee_band: row.take("employee_band")?,
            annual_revenue: row.money(["annual_revenue", "annual_revenue_currency"])?,
            tax_id: row.take("tax_id")?,
            website: row.take("website")?,
            address: row.take("address")?,
            address_line2: row.take("address_line2")?,
            city: row.take("city")?,
            state: row.take("state")?,
            zip_code: row.take("zip_code")?,
            country: row.take("country")?,
            country_code: row.take("country_code")?,
            status: row.take("status")?,
            lifecycle_stage: row.take("lifecycle_stage")?,
            relationship: row.take("relationship")?,
            owner_id: row.take("owner_id")?,
            source: row.take("source")?,
            source_created_at: row.take("source_created_at")?,
            description: row.take("description")?,
            custom_fields: row.object("custom_fields")?,
            metadata: row.object("metadata")?,
            is_archived: row.take("is_archived")?,
            deleted_at: row.take("deleted_at")?,
            delete_batch_id: row.take("delete_batch_id")?,
            is_lead: row.take("is_lead")?,
            created_by: row.actor(["created_by_kind", "created_by_id"])?,
            updated_by: row.actor(["updated_by_kind", "updated_by_id"])?,
            emails: Vec::new(),
            phones: Vec::new(),
            addresses: Vec::new(),
            owner: None,
            external_refs: Vec::new(),
            tags: Vec::new(),
            last_contact_at: None,
            next_follow_up_at: None,
        };
        let display_name = row.take("owner_name")?;
        customer.owner = customer.owner_id.map(|id| UserRef { id, display_name });
        customer.external_refs = list(row.take("external_refs")?)?;
        customer.external_refs.sort();
        customer.tags = list(row.take("tags")?)?;
        let (points, addresses): (Option<String>, Option<String>) =
            (row.take("contact_points")?, row.take("addresses")?);
        contact_points::fill(&mut customer, points.as_deref(), addresses.as_deref())?;
        customer.last_contact_at = row.take(ContactTime::Last.column())?;
        customer.next_follow_up_at = row.take(ContactTime::Next.column())?;
        Ok(customer)
    }
}

/// What a sub-select has put together.
fn list<T: DeserializeOwned>(json: Option<String>) -> Result<Vec<T>> {
    json.map_or(Ok(Vec::new()), |json| serde_json::from_str(&json).map_err(Error::internal))
}

impl Customer {
    /// Outside the trash and while duplicates are refused, the address is unique. To be called before each write: what was
    /// stored under another policy is put right by the next one.
    pub(super) fn set_unique_email_key(&mut self, settings: &CompanySettings) {
        self.email_key = self.email.clone().filter(|_| self.has_unique_emails(settings));
    }

    /// Whether no other customer may have one of its e-mail addresses.
    pub(super) fn has_unique_emails(&self, settings: &CompanySettings) -> bool {
        settings.duplicate_policy == DuplicatePolicy::Reject && !self.is_trashed()
    }
}

crate::scope::envelope!(Customer);

impl Record for Customer {
    type Entity = Entity;
    const KIND: Kind = Kind::Customer;
    const UNTRACKED_FIELDS: &'static [&'static str] = Customer::UNTRACKED;

    fn trim_history(&self, members: &mut Map<String, Value>) {
        contact_points::for_history(self, members);
    }

    fn row(&self, company: &Company) -> Result<ActiveModel> {
        let has_contact_lists = contact_points::tell_more(self);
        let search_text = search::search_document(self, &company.fields);
        let customer = self.clone();
        Ok(ActiveModel {
            company_id: Set(company.id.0),
            id: Set(customer.id.0),
            version: Set(customer.version),
            created_at: Set(customer.created_at),
            updated_at: Set(customer.updated_at),
            kind: Set(customer.kind.to_string()),
            name_key: Set(fold(&customer.name)),
            name: Set(customer.name),
            salutation: Set(customer.salutation),
            first_name: Set(customer.first_name),
            middle_name: Set(customer.middle_name),
            last_name: Set(customer.last_name),
            name_suffix: Set(customer.name_suffix),
            email_key: Set(customer.email_key),
            email: Set(customer.email),
            phone: Set(customer.phone),
            phone_e164: Set(customer.phone_e164),
            organization_key: Set(customer.organization_name.as_deref().map(fold)),
            organization_name: Set(customer.organization_name),
            organization_id: Set(customer.organization_id.map(Into::into)),
            parent_id: Set(customer.parent_id.map(Into::into)),
            job_title: Set(customer.job_title),
            department: Set(customer.department),
            birth_date: Set(customer.birth_date),
            language: Set(customer.language),
            time_zone: Set(customer.time_zone),
            industry: Set(customer.industry),
            employee_band: Set(customer.employee_band.map(|band| band.to_string())),
            annual_revenue: Set(customer.annual_revenue.map(|revenue| revenue.amount)),
            annual_revenue_currency: Set(customer.annual_revenue.map(|revenue| revenue.currency.to_string())),
            tax_id: Set(customer.tax_id),
            website: Set(customer.website),
            address: Set(customer.address),
            address_line2: Set(customer.address_line2),
            city_key: Set(customer.city.as_deref().map(fold)),
            city: Set(customer.city),
            state: Set(customer.state),
            zip_code: Set(customer.zip_code),
            country: Set(customer.country),
            country_code: Set(customer.country_code),
            has_contact_lists: Set(has_contact_lists),
            status: Set(customer.status.to_string()),
            lifecycle_stage: Set(customer.lifecycle_stage.map(|stage| stage.to_string())),
            relationship: Set(customer.relationship),
            owner_id: Set(customer.owner_id.map(Into::into)),
            source_key: Set(customer.source.as_deref().map(word_key)),
            source: Set(customer.source),
            source_created_at: Set(customer.source_created_at),
            description: Set(customer.description),
            custom_fields: Set(Json::Object(customer.custom_fields)),
            metadata: Set(Json::Object(customer.metadata)),
            is_archived: Set(customer.is_archived),
            deleted_at: Set(customer.deleted_at),
            delete_batch_id: Set(customer.delete_batch_id),
            is_lead: Set(customer.is_lead),
            search_text: Set(search_text),
            created_by_kind: Set(customer.created_by.kind.to_string()),
            created_by_id: Set(customer.created_by.id.map(Into::into)),
            updated_by_kind: Set(customer.updated_by.kind.to_string()),
            updated_by_id: Set(customer.updated_by.id.map(Into::into)),
        })
    }
}
