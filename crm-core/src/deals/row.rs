//! A row of `crm_deals`, and how a deal is read with its items and the names of its customer, its stage and its owner.

use std::sync::LazyLock;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sqlx::types::Json as SqlxJson;
use serde_json::{Map, Value, json};

use super::model::{Deal, DealStatus};
use super::{contact_row, item_row};
use crate::base::decimal::Rate;
use crate::base::error::{Kind, Result};
use crate::base::ids::CustomerId;
use crate::base::text::fold;
use crate::query::dialect::any_of;
use crate::scope::company::Company;
use crate::scope::{CompanyTx, Find, FromRow, Record, RowReader, SelectList};
use crate::users::UserRef;

pub(crate) const TABLE: &str = "crm_deals";

/// What stands for no amount in the order of lists: less than any.
pub(super) const NO_AMOUNT: i64 = -1;
/// What stands for no expected day in the order of lists: later than any.
pub(super) const NO_DAY: &str = "9999-12-31";

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_deals")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub customer_id: Uuid,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
    pub name: String,
    pub name_key: String,
    pub pipeline_id: Uuid,
    pub stage_id: Uuid,
    pub stage_entered_at: ChronoDateTimeUtc,
    pub status: String,
    pub amount: Option<i64>,
    pub amount_currency: Option<String>,
    pub amount_key: i64,
    pub probability: Option<i64>,
    pub expected_close_date: Option<ChronoDate>,
    pub expected_close_key: String,
    pub closed_at: Option<ChronoDateTimeUtc>,
    pub lost_reason: Option<String>,
    pub lost_notes: Option<String>,
    pub competitor: Option<String>,
    pub source: Option<String>,
    pub r#type: Option<String>,
    pub next_step: Option<String>,
    pub next_step_at: Option<ChronoDateTimeUtc>,
    pub description: Option<String>,
    pub owner_id: Option<Uuid>,
    pub position: String,
    pub deleted_at: Option<ChronoDateTimeUtc>,
    pub delete_batch_id: Option<Uuid>,
    pub created_by_kind: String,
    pub created_by_id: Option<Uuid>,
    pub updated_by_kind: String,
    pub updated_by_id: Option<Uuid>,
    // Only of deals that are closed.
    pub base_amount: Option<i64>,
    pub base_currency: Option<String>,
    pub rate: Option<i64>,
    pub rate_date: Option<ChronoDate>,
    pub rate_source: Option<String>,
    pub amount_from_items: bool,
    pub recurring_amount: Option<i64>,
    pub recurring_currency: Option<String>,
    pub recurring_interval: Option<String>,
    pub quote_ref: Option<Json>,
    pub order_ref: Option<Json>,
    pub invoice_refs: Option<Json>,
    pub rotten_at: Option<ChronoDateTimeUtc>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const OWNER_NAME: &str =
    "(SELECT display_name FROM crm_users WHERE crm_users.company_id = $company AND crm_users.id = crm_deals.owner_id)";

const CUSTOMER_NAME: &str = "(SELECT names.name FROM crm_customers AS names \
     WHERE names.company_id = $company AND names.id = crm_deals.customer_id)";

const STAGE_NAME: &str = "(SELECT stages.name FROM crm_pipeline_stages AS stages \
     WHERE stages.company_id = $company AND stages.id = crm_deals.stage_id)";

const STAGE_PROBABILITY: &str = "(SELECT stages.probability FROM crm_pipeline_stages AS stages \
     WHERE stages.company_id = $company AND stages.id = crm_deals.stage_id)";

const ROTTEN_DAYS: &str = "(SELECT COALESCE(stages.rotten_days, pipelines.rotten_days) \
     FROM crm_pipeline_stages AS stages \
     JOIN crm_pipelines AS pipelines ON pipelines.company_id = $company AND pipelines.id = stages.pipeline_id \
     WHERE stages.company_id = $company AND stages.id = crm_deals.stage_id)";

/// What is read of a deal, with the names that it shows and its items: a list is one statement.
pub(crate) fn columns(postgres: bool) -> &'static SelectList {
    static POSTGRES: LazyLock<SelectList> = LazyLock::new(|| list_of(item_row::POSTGRES, contact_row::POSTGRES));
    static SQLITE: LazyLock<SelectList> = LazyLock::new(|| list_of(item_row::SQLITE, contact_row::SQLITE));
    if postgres { &POSTGRES } else { &SQLITE }
}

/// All deals with these customers: for what is handed out to a person.
pub(crate) fn of_customers<'t>(tx: &'t CompanyTx<'_>, customers: &[Uuid]) -> Find<'t, Entity> {
    let theirs = any_of(Expr::col((TABLE, "customer_id")), customers.to_vec(), tx.is_postgres());
    tx.find().filter(theirs).select(columns(tx.is_postgres()))
}

fn list_of(items: &str, contacts: &str) -> SelectList {
    SelectList::new::<Entity>(
        &[Column::CompanyId, Column::NameKey, Column::AmountKey, Column::ExpectedCloseKey],
        &[
            ("owner_name", OWNER_NAME),
            ("customer_name", CUSTOMER_NAME),
            ("stage_name", STAGE_NAME),
            ("stage_probability", STAGE_PROBABILITY),
            ("rotten_days", ROTTEN_DAYS),
            ("items", items),
            ("contacts", contacts),
        ],
    )
}

impl FromRow for Deal {
    fn from_row(row: &mut RowReader<'_>) -> Result<Self> {
        let mut deal = Self {
            id: row.take("id")?,
            customer_id: row.take("customer_id")?,
            version: row.take("version")?,
            created_at: row.take("created_at")?,
            updated_at: row.take("updated_at")?,
            name: row.take("name")?,
            pipeline_id: row.take("pipeline_id")?,
            stage_id: row.take("stage_id")?,
            stage_entered_at: row.take("stage_entered_at")?,
            status: row.take("status")?,
            amount: row.money(["amount", "amount_currency"])?,
            probability: row.take("probability")?,
            expected_close_date: row.take("expected_close_date")?,
            closed_at: row.take("closed_at")?,
            lost_reason: row.take("lost_reason")?,
            lost_notes: row.take("lost_notes")?,
            competitor: row.take("competitor")?,
            source: row.take("source")?,
            deal_type: row.take("type")?,
            next_step: row.take("next_step")?,
            next_step_at: row.take("next_step_at")?,
            description: row.take("description")?,
            owner_id: row.take("owner_id")?,
            position: row.take("position")?,
            deleted_at: row.take("deleted_at")?,
            delete_batch_id: row.take("delete_batch_id")?,
            created_by: row.actor(["created_by_kind", "created_by_id"])?,
            updated_by: row.actor(["updated_by_kind", "updated_by_id"])?,
            base_amount: row.money(["base_amount", "base_currency"])?,
            rate: row.take::<Option<i64>>("rate")?.map(Rate::from_units),
            rate_date: row.take("rate_date")?,
            rate_source: row.take("rate_source")?,
            amount_from_items: row.take("amount_from_items")?,
            recurring_amount: row.money(["recurring_amount", "recurring_currency"])?,
            recurring_interval: row.take("recurring_interval")?,
            quote_ref: row.take::<Option<SqlxJson<_>>>("quote_ref")?.map(|json| json.0),
            order_ref: row.take::<Option<SqlxJson<_>>>("order_ref")?.map(|json| json.0),
            invoice_refs: row.take::<Option<SqlxJson<_>>>("invoice_refs")?.map(|json| json.0).unwrap_or_default(),
            rotten_at: row.take("rotten_at")?,
            rotten_days: None,
            days_in_stage: 0,
            is_rotten: false,
            owner: None,
            customer_name: String::new(),
            stage_name: String::new(),
            stage_probability: 0,
            effective_probability: 0,
            weighted_amount: None,
            items: Vec::new(),
            contacts: Vec::new(),
            hidden_contacts: Vec::new(),
        };
        let display_name = row.take("owner_name")?;
        deal.owner = deal.owner_id.map(|id| UserRef { id, display_name });
        deal.customer_name = row.take("customer_name")?;
        deal.stage_name = row.take("stage_name")?;
        deal.stage_probability = row.take("stage_probability")?;
        deal.rotten_days = row.take("rotten_days")?;
        deal.items = item_row::read(row.take("items")?)?;
        deal.hidden_contacts = contact_row::read(row.take("contacts")?)?;
        deal.settle();
        Ok(deal)
    }
}

crate::scope::envelope!(Deal);

impl Record for Deal {
    type Entity = Entity;
    const KIND: Kind = Kind::Deal;
    const UNTRACKED_FIELDS: &'static [&'static str] = Deal::UNTRACKED;

    fn customer(&self) -> Option<CustomerId> {
        Some(self.customer_id)
    }

    /// Without the names of other customers, which are theirs.
    fn trim_history(&self, members: &mut Map<String, Value>) {
        let contacts = members.get_mut("contacts").and_then(Value::as_array_mut);
        for contact in contacts.into_iter().flatten().filter_map(Value::as_object_mut) {
            contact.remove("customerName");
        }
    }

    fn row(&self, company: &Company) -> Result<ActiveModel> {
        let deal = self.clone();
        let day = deal.expected_close_date.map_or_else(|| NO_DAY.to_owned(), |day| day.to_string());
        // While it is open, it is worth what the current rate says.
        let is_frozen = deal.status != DealStatus::Open;
        let base = deal.base_amount.filter(|_| is_frozen);
        Ok(ActiveModel {
            company_id: Set(company.id.0),
            id: Set(deal.id.0),
            customer_id: Set(deal.customer_id.0),
            version: Set(deal.version),
            created_at: Set(deal.created_at),
            updated_at: Set(deal.updated_at),
            name_key: Set(fold(&deal.name)),
            name: Set(deal.name),
            pipeline_id: Set(deal.pipeline_id.0),
            stage_id: Set(deal.stage_id.0),
            stage_entered_at: Set(deal.stage_entered_at),
            status: Set(deal.status.to_string()),
            amount: Set(deal.amount.map(|money| money.amount)),
            amount_currency: Set(deal.amount.map(|money| money.currency.to_string())),
            amount_key: Set(deal.amount.map_or(NO_AMOUNT, |money| money.amount)),
            probability: Set(deal.probability),
            expected_close_date: Set(deal.expected_close_date),
            expected_close_key: Set(day),
            closed_at: Set(deal.closed_at),
            lost_reason: Set(deal.lost_reason),
            lost_notes: Set(deal.lost_notes),
            competitor: Set(deal.competitor),
            source: Set(deal.source),
            r#type: Set(deal.deal_type.map(|deal_type| deal_type.to_string())),
            next_step: Set(deal.next_step),
            next_step_at: Set(deal.next_step_at),
            description: Set(deal.description),
            owner_id: Set(deal.owner_id.map(Into::into)),
            position: Set(deal.position),
            deleted_at: Set(deal.deleted_at),
            delete_batch_id: Set(deal.delete_batch_id),
            created_by_kind: Set(deal.created_by.kind.to_string()),
            created_by_id: Set(deal.created_by.id.map(Into::into)),
            updated_by_kind: Set(deal.updated_by.kind.to_string()),
            updated_by_id: Set(deal.updated_by.id.map(Into::into)),
            base_amount: Set(base.map(|money| money.amount)),
            base_currency: Set(base.map(|money| money.currency.to_string())),
            rate: Set(deal.rate.filter(|_| is_frozen).map(Rate::units)),
            rate_date: Set(deal.rate_date.filter(|_| is_frozen)),
            rate_source: Set(deal.rate_source.filter(|_| is_frozen)),
            amount_from_items: Set(deal.amount_from_items),
            recurring_amount: Set(deal.recurring_amount.map(|money| money.amount)),
            recurring_currency: Set(deal.recurring_amount.map(|money| money.currency.to_string())),
            recurring_interval: Set(deal.recurring_interval.map(|interval| interval.to_string())),
            quote_ref: Set(deal.quote_ref.map(|reference| json!(reference))),
            order_ref: Set(deal.order_ref.map(|reference| json!(reference))),
            invoice_refs: Set((!deal.invoice_refs.is_empty()).then(|| json!(deal.invoice_refs))),
            rotten_at: Set(deal.rotten_at),
        })
    }
}
