//! Tells open pages which records change, so that they ask again for what shows them.

use std::borrow::Cow;

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use crm_core::events::{Event, FeedEvent};
use crm_web::event_stream::follow;
use crm_web::problem::ApiError;
use crm_web::request::Caller;
use crm_web::streams::CursorKey;
use serde_json::json;

use crate::base::fields::Fields;

pub(crate) fn routes(config: &mut ServiceConfig) {
    config.route("/events/stream", web::get().to(stream));
}

/// Only what the person may see: the core leaves out the rest.
async fn stream(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let caller = Caller::of(&request).await?;
    let query = Fields::parse(request.query_string().as_bytes());
    follow(&request, &caller, (query.get("after"), query.get("tab")), message).await
}

/// Without a name, so that a page hears all of them: the kind of the record, and the customer that it is or belongs to.
fn message<'e>(key: &CursorKey, event: &'e FeedEvent) -> Cow<'e, str> {
    let Event { event_type, subject, data, .. } = event.event();
    let kind = event_type.split('.').nth(1).unwrap_or_default();
    let customer = data.customer_id.map(|id| id.0).or((kind == "customer").then_some(*subject));
    let data = json!({ "kind": kind, "id": subject, "version": data.version, "customer": customer });
    Cow::Owned(format!("id: {}\ndata: {data}\n\n", key.seal(event.position())))
}
