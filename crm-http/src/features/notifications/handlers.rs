//! Reading notifications, and marking them as read.

use actix_web::{get, post};
use crm_core::CompanyScope;
use crm_core::ids::NotificationId;
use crm_core::notifications::{Notification, NotificationQuery};
use serde::Deserialize;
use utoipa::IntoParams;

use super::NotificationList;
use crm_web::answer::{ApiResponse, ApiResult};
use crm_web::headers::IdempotencyKeyParameter;
use crm_web::page::PageParameters;
use crm_web::problem::responses::{ActionErrors, ReadErrors};
use crm_web::request::{Caller, Id, IdempotencyKeyHeader, ListParams};

/// The filters of a list of notifications.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListParameters {
    /// Only unread ones (`true`), or only those that you have read (`false`).
    #[param(nullable = false)]
    unread: Option<bool>,
}

/// List your notifications
///
/// What concerns you and others have done, and reminders, the newest first: your last 500. `unreadCount` counts all
/// unread ones. What you may not see, what is in the trash and what is gone is left out. What happens again to a record
/// before you have read of it is one notification, with a `count`. Follow `crm.notification.created` in the stream of
/// events to learn of new ones.
#[utoipa::path(
    tag = "notifications",
    params(ListParameters, PageParameters),
    responses(
        (status = 200, description = "A page of notifications, and the number of unread ones", body = NotificationList),
        ReadErrors,
    ),
)]
#[get("/notifications")]
pub(super) async fn list_notifications(caller: Caller, listing: ListParams<ListParameters>) -> ApiResult {
    let query = NotificationQuery { unread: listing.query.unread };
    let mut scope = caller.scope();
    let notifications = scope.notifications();
    let page = notifications.list(&query, &listing.page).await?;
    Ok(ApiResponse::ok(&NotificationList::new(page, notifications.unread_count().await?))?)
}

/// Mark a notification as read
///
/// One that was read before keeps its time. Only your own notifications are found.
#[utoipa::path(
    tag = "notifications",
    params(IdempotencyKeyParameter),
    responses((status = 200, description = "The notification as it is now", body = Notification), ActionErrors),
)]
#[post("/notifications/{notificationId}/read")]
pub(super) async fn mark_notification_read(
    caller: Caller,
    id: Id<NotificationId>,
    key: IdempotencyKeyHeader,
) -> ApiResult {
    let read = async |scope: &mut CompanyScope<'_>| ApiResponse::ok(&scope.notifications().read(*id).await?);
    key.once(&caller, "markNotificationRead", "", read).await
}

/// Mark all notifications as read
///
/// All of yours, whatever page they are on.
#[utoipa::path(
    tag = "notifications",
    params(IdempotencyKeyParameter),
    responses((status = 204, description = "All are read"), ActionErrors),
)]
#[post("/notifications/read-all")]
pub(super) async fn mark_all_notifications_read(caller: Caller, key: IdempotencyKeyHeader) -> ApiResult {
    let read = async |scope: &mut CompanyScope<'_>| {
        scope.notifications().read_all().await?;
        Ok(ApiResponse::no_content())
    };
    key.once(&caller, "markAllNotificationsRead", "", read).await
}
