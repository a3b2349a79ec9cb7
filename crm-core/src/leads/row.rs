//! A row of `crm_leads`, and how a lead is read with its row among the customers.

use std::collections::HashMap;
use std::sync::LazyLock;

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, Func, LockType, Order, Query};
use sea_orm::{FromQueryResult, QuerySelect, Select};

use crate::base::error::Result;
use crate::base::ids::LeadId;
use crate::customers::{TABLE as CUSTOMERS, of_lead};
use crate::query::dialect::{any_of, selected_by};
use crate::scope::actor::Actor;
use crate::scope::{COMPANY, CompanyTx, Find, SelectList};

pub(crate) const TABLE: &str = "crm_leads";

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "crm_leads")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub company_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub version: i64,
    pub created_at: ChronoDateTimeUtc,
    pub updated_at: ChronoDateTimeUtc,
    pub name_key: String,
    pub owner_id: Option<Uuid>,
    pub is_archived: bool,
    pub status: String,
    pub status_type: String,
    pub status_changed_at: ChronoDateTimeUtc,
    pub status_reason: Option<String>,
    pub source_detail: Option<String>,
    pub utm_source: Option<String>,
    pub utm_medium: Option<String>,
    pub utm_campaign: Option<String>,
    pub utm_term: Option<String>,
    pub utm_content: Option<String>,
    pub referred_by: Option<String>,
    pub rating: Option<String>,
    pub priority: Option<i64>,
    pub estimated_value: Option<i64>,
    pub estimated_value_currency: Option<String>,
    pub expected_close_date: Option<ChronoDate>,
    pub lost_reason: Option<String>,
    pub lost_notes: Option<String>,
    pub do_not_call: bool,
    pub do_not_email: bool,
    pub score: i64,
    pub assigned_at: Option<ChronoDateTimeUtc>,
    pub assigned_by_rule_id: Option<Uuid>,
    pub respond_by: Option<ChronoDateTimeUtc>,
    pub respond_key: i64,
    pub first_responded_at: Option<ChronoDateTimeUtc>,
    pub response_state: Option<String>,
    pub response_due_at: Option<ChronoDateTimeUtc>,
    pub converted_at: Option<ChronoDateTimeUtc>,
    pub converted_by_kind: Option<String>,
    pub converted_by_id: Option<Uuid>,
    pub converted_customer_id: Option<Uuid>,
    pub converted_organization_id: Option<Uuid>,
    pub converted_deal_id: Option<Uuid>,
    pub converted_deal_link: Option<String>,
    pub customer_merge_id: Option<Uuid>,
    pub deleted_at: Option<ChronoDateTimeUtc>,
    pub delete_batch_id: Option<Uuid>,
    pub created_by_kind: String,
    pub created_by_id: Option<Uuid>,
    pub updated_by_kind: String,
    pub updated_by_id: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

const STATUS_NAME: &str = "(SELECT statuses.name FROM crm_lead_statuses AS statuses \
     WHERE statuses.company_id = $company AND statuses.code = crm_leads.status)";

const REQUIRES_REASON: &str = "(SELECT statuses.requires_reason FROM crm_lead_statuses AS statuses \
     WHERE statuses.company_id = $company AND statuses.code = crm_leads.status)";

const RULE_NAME: &str = "(SELECT rules.name FROM crm_lead_assignment_rules AS rules \
     WHERE rules.company_id = $company AND rules.id = crm_leads.assigned_by_rule_id)";

/// The condition, as SQL, that a lead is worked on; that of the index of open leads.
pub(crate) const IS_OPEN: &str =
    "deleted_at IS NULL AND converted_at IS NULL AND status_type IN ('open', 'ongoing', 'on_hold')";

/// What is read of a lead's own row.
static COLUMNS: LazyLock<SelectList> = LazyLock::new(|| {
    let of_others = [("status_name", STATUS_NAME), ("requires_reason", REQUIRES_REASON), ("rule_name", RULE_NAME)];
    SelectList::new::<Entity>(&[Column::CompanyId, Column::RespondKey], &of_others)
});

/// Selects what is read of a lead: a list is one statement.
pub(super) fn select<'f>(rows: Find<'f, Entity>, actor: &Actor, postgres: bool) -> Find<'f, Entity> {
    rows.select(&COLUMNS).map(|select| of_lead::select_joined(joined(select), actor, postgres))
}

/// Joins the rows among the customers.
pub(crate) fn joined(mut select: Select<Entity>) -> Select<Entity> {
    let column = |name: &'static str| Expr::col((CUSTOMERS, name));
    let is_same = column("company_id").eq(Expr::cust(COMPANY)).and(column("id").equals((TABLE, "id")));
    QuerySelect::query(&mut select).inner_join(CUSTOMERS, is_same);
    select
}

/// Holds the rows of these leads among the customers before their own, as writes do of what belongs to a lead: so that neither
/// waits for the other. SQLite has one writer and needs no lock.
pub(super) fn customers_first<'f>(tx: &CompanyTx<'_>, rows: Find<'f, Entity>, ids: Vec<Uuid>) -> Find<'f, Entity> {
    if !tx.is_postgres() {
        return rows;
    }
    let customers = Query::select()
        .column("id")
        .from(CUSTOMERS)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(any_of(Expr::col("id"), ids, true))
        .order_by("id", Order::Asc)
        .lock(LockType::NoKeyUpdate)
        .to_owned();
    rows.filter(selected_by(Expr::col((TABLE, "id")), customers, true))
}

/// A whole number that is computed of leads, whose rows this transaction sees.
pub(crate) async fn computed(tx: &CompanyTx<'_>, leads: &[LeadId], number: Expr) -> Result<HashMap<LeadId, i64>> {
    let number: Expr = Func::cast_as(number, "bigint").into();
    let id = || Expr::col((TABLE, "id"));
    let ids: Vec<Uuid> = leads.iter().map(|lead| lead.0).collect();
    let rows = tx.find::<Entity>().filter(any_of(id(), ids, tx.is_postgres()));
    let rows = rows.map(|select| joined(select.select_only().expr_as(id(), "id").expr_as(number, "number")));
    let found: Vec<Computed> = rows.fetch_up_to(leads.len() as u64).await?;
    Ok(found.into_iter().map(|computed| (LeadId(computed.id), computed.number)).collect())
}

#[derive(FromQueryResult)]
struct Computed {
    id: Uuid,
    number: i64,
}

/// Whether leads have this status, be they converted or in the trash.
pub(crate) async fn are_in(tx: &mut CompanyTx<'_>, status: &str) -> Result<bool> {
    let any = Query::select()
        .column("id")
        .from(TABLE)
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(Expr::col("status").eq(status))
        .limit(1)
        .to_owned();
    Ok(!tx.query(&any).await?.is_empty())
}
