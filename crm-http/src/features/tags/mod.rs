//! Tags, and the tags of customers and leads.

mod handlers;
mod of_customers;
mod of_leads;
mod parameters;

use crm_core::tags::{CustomerTag, Tag};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::page::List;

/// A page of tags.
pub type TagList = List<Tag>;

/// All tags of a customer or a lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CustomerTagList {
    /// The tags, by name; at most 100.
    pub data: Vec<CustomerTag>,
}

impl From<Vec<CustomerTag>> for CustomerTagList {
    fn from(data: Vec<CustomerTag>) -> Self {
        Self { data }
    }
}

/// Mounted before the customers, because `tags` in `/customers/tags` is not a customer id.
pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::list_tags)
        .service(handlers::list_available_tags)
        .service(handlers::create_tag)
        .service(handlers::get_tag)
        .service(handlers::update_tag)
        .service(handlers::delete_tag)
        .service(handlers::merge_tag)
        .service(of_customers::list_customer_tags)
        .service(of_customers::add_customer_tags)
        .service(of_customers::remove_customer_tags)
        .service(of_customers::remove_customer_tag)
        .service(of_leads::list_lead_tags)
        .service(of_leads::add_lead_tags)
        .service(of_leads::remove_lead_tags)
        .service(of_leads::remove_lead_tag);
}
