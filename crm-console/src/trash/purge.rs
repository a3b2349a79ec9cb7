//! A customer or a lead is removed for good, after a question: it cannot be undone.

use actix_web::http::StatusCode;
use actix_web::web;
use crm_core::actor::{Action, Resource};
use crm_core::customers::{Customer, CustomerQuery};
use crm_core::filter::{Filter, Op};
use crm_core::ids::{CustomerId, LeadId};
use crm_core::leads::{Lead, LeadQuery};
use crm_core::page::PageRequest;
use crm_web::problem::{ApiError, Code};

use crate::customers::parsed;
use crate::leads;
use crate::web::{ConfirmPage, Form, PageResult, Visit, html};

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    let customer = trashed(&visit, parsed(&id)?).await?;
    visit.authorize(Resource::Customers, Action::Purge, customer.owner_id)?;
    let frame = visit.frame.clone().within("trash");
    let page = ConfirmPage {
        action: frame.url(&format!("customers/{}/purge", customer.id)),
        back: visit.back(&visit.query, "trash"),
        title: frame.w("purge-this", &customer.name),
        text: frame.t("purge-text"),
        label: frame.t("purge"),
        version: customer.version,
        stays: false,
        frame,
    };
    html(StatusCode::OK, &page)
}

/// Only what is in the trash is removed: what was restored meanwhile stays.
pub(super) async fn save(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let version = form.version()?;
    visit.scope().customers().purge(parsed::<CustomerId>(&id)?, Some(version)).await?;
    Ok(visit.done(&visit.back(&form.0, "trash"), "customer-purged", None))
}

async fn trashed(visit: &Visit, id: CustomerId) -> Result<Customer, ApiError> {
    let filter = Some(Filter::leaf("id", Op::Eq, id.to_string()));
    let query = CustomerQuery { filter, trashed: true, ..CustomerQuery::default() };
    let page = visit.scope().customers().list(&query, &PageRequest::default().limit(1)).await?;
    page.data.into_iter().next().ok_or_else(|| ApiError::new(Code::NotFound, "there is no such customer"))
}

pub(super) async fn show_lead(visit: Visit, id: web::Path<String>) -> PageResult {
    let lead = trashed_lead(&visit, parsed(&id)?).await?;
    visit.authorize(Resource::Leads, Action::Purge, lead.owner_id)?;
    let frame = visit.frame.clone().within("trash");
    let page = ConfirmPage {
        action: frame.url(&format!("{}/purge", leads::path(lead.id))),
        back: visit.back(&visit.query, "trash"),
        title: frame.w("purge-this", &lead.name),
        text: frame.t("purge-lead-text"),
        label: frame.t("purge"),
        version: lead.version,
        stays: false,
        frame,
    };
    html(StatusCode::OK, &page)
}

pub(super) async fn save_lead(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let version = form.version()?;
    visit.scope().leads().purge(parsed::<LeadId>(&id)?, Some(version)).await?;
    Ok(visit.done(&visit.back(&form.0, "trash"), "lead-purged", None))
}

async fn trashed_lead(visit: &Visit, id: LeadId) -> Result<Lead, ApiError> {
    let filter = Some(Filter::leaf("id", Op::Eq, id.to_string()));
    let query = LeadQuery { filter, trashed: true, ..LeadQuery::default() };
    let page = visit.scope().leads().list(&query, &PageRequest::default().limit(1)).await?;
    page.data.into_iter().next().ok_or_else(|| ApiError::new(Code::NotFound, "there is no such lead"))
}
