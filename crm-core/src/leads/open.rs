//! Finds open leads by their e-mail addresses.

use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use uuid::Uuid;

use super::row::TABLE;
use crate::base::error::Result;
use crate::base::ids::LeadId;
use crate::lead_statuses::LeadStatusType;
use crate::scope::{CompanyTx, is_live};

/// The e-mail addresses and numbers of customers and leads.
const POINTS: &str = "crm_customer_contact_points";

/// The latest lead that has this address, in its stored form, and on which users may still work: not archived, not in the
/// trash, not converted, and neither won nor lost.
pub(crate) async fn open_with_email(tx: &mut CompanyTx<'_>, email: &str) -> Result<Option<LeadId>> {
    let (company, point) = (tx.company.id.0, |name: &'static str| Expr::col((POINTS, name)));
    let lead = |name: &'static str| Expr::col((TABLE, name));
    let is_open = [LeadStatusType::Open, LeadStatusType::Ongoing, LeadStatusType::OnHold].map(LeadStatusType::as_str);
    let leads = Query::select()
        .column((TABLE, "id"))
        .from(POINTS)
        .inner_join(TABLE, lead("company_id").eq(company).and(lead("id").equals((POINTS, "customer_id"))))
        .and_where(point("company_id").eq(company))
        .and_where(point("kind").eq("email"))
        .and_where(point("normalized").eq(email))
        .and_where(is_live(TABLE))
        .and_where(lead("converted_at").is_null())
        .and_where(lead("is_archived").eq(false))
        .and_where(lead("status_type").is_in(is_open))
        .order_by((TABLE, "created_at"), Order::Desc)
        .order_by((TABLE, "id"), Order::Desc)
        .limit(1)
        .to_owned();
    let found = tx.query(&leads).await?;
    found.first().map(|row| Ok(LeadId(row.try_get::<Uuid>("", "id")?))).transpose()
}
