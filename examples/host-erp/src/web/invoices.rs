//! Invoices over HTTP.

use actix_web::web::{Data, Json, ServiceConfig};
use actix_web::{HttpResponse, get, post};
use serde::{Deserialize, Serialize};

use super::Employee;
use super::refusal::Refusal;
use crate::tables::invoice;
use crate::{Erp, NewInvoice};

/// The form for an invoice.
#[derive(Debug, Deserialize)]
struct Form {
    number: i64,
    cents: i64,
    customer: String,
    email: Option<String>,
}

/// An invoice that is booked.
#[derive(Debug, Serialize)]
struct Booked {
    number: i64,
    cents: i64,
    customer_id: i64,
}

impl From<invoice::Model> for Booked {
    fn from(invoice: invoice::Model) -> Self {
        Self { number: invoice.number, cents: invoice.cents, customer_id: invoice.customer_id }
    }
}

pub(super) fn routes(config: &mut ServiceConfig) {
    config.service(list).service(book);
}

#[get("/invoices")]
async fn list(who: Employee, erp: Data<Erp>) -> Result<Json<Vec<Booked>>, Refusal> {
    let invoices = erp.invoices(&who.0).await?;
    Ok(Json(invoices.into_iter().map(Booked::from).collect()))
}

#[post("/invoices")]
async fn book(who: Employee, erp: Data<Erp>, form: Json<Form>) -> Result<HttpResponse, Refusal> {
    let Form { number, cents, customer, email } = form.into_inner();
    let invoice = erp.book(&who.0, NewInvoice { number, cents, to: (customer, email) }).await?;
    Ok(HttpResponse::Created().json(Booked::from(invoice)))
}
