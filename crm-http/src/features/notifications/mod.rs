//! The caller's own notifications.

mod handlers;

use crm_core::notifications::Notification;
use crm_core::page::Page;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crm_web::page::{List, Pagination};

/// A page of notifications, and how many are unread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotificationList {
    /// The notifications of this page, the newest first.
    pub data: Vec<Notification>,
    /// The position of the page in its list.
    pub pagination: Pagination,
    /// How many of your notifications are unread, on this page or not.
    #[schema(example = 3)]
    pub unread_count: u64,
}

impl NotificationList {
    fn new(page: Page<Notification>, unread_count: u64) -> Self {
        let List { data, pagination } = List::from(page);
        Self { data, pagination, unread_count }
    }
}

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(handlers::list_notifications)
        .service(handlers::mark_all_notifications_read)
        .service(handlers::mark_notification_read);
}
