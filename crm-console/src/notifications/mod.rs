//! What a person is told of: the bell in the frame, and the list of notifications by day.

mod list;
mod row;

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use crm_core::ids::NotificationId;

use crate::customers::parsed;
use crate::web::{Form, Frame, PageResult, Visit, html, see_other};

pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .route("/notifications", web::get().to(list::show))
        .route("/notifications/bell", web::get().to(bell))
        .route("/notifications/read", web::post().to(read_all))
        .route("/notifications/{id}/read", web::post().to(read));
}

/// The bell alone, for an open page.
#[derive(Template)]
#[template(path = "notifications/bell.html")]
struct Bell {
    frame: Frame,
}

async fn bell(visit: Visit) -> PageResult {
    html(StatusCode::OK, &Bell { frame: visit.frame })
}

/// Marks one as read, and goes to its record if that is what was clicked.
async fn read(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: NotificationId = parsed(&id)?;
    let notification = visit.scope().notifications().read(id).await?;
    let record = row::page_of(&visit.frame, &notification).filter(|_| form.0.has("open"));
    Ok(see_other(record.unwrap_or_else(|| visit.back(&form.0, "notifications"))))
}

async fn read_all(visit: Visit, form: Form) -> PageResult {
    visit.scope().notifications().read_all().await?;
    Ok(visit.done(&visit.back(&form.0, "notifications"), "notifications-read", None))
}
