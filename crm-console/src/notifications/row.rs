//! A notification as the list shows it.

use crm_core::notifications::Notification;

use crate::base::moment::Shown;
use crate::web::Frame;

/// One notification.
pub(super) struct Row {
    pub icon: &'static str,
    /// The title of the record, or what kind of record it is.
    pub title: String,
    /// Who did what.
    pub text: String,
    /// How often it has happened, if more than once.
    pub count: Option<String>,
    pub at: Shown,
    pub is_unread: bool,
    /// Whether its record has a page.
    pub has_page: bool,
    /// Where it is marked as read.
    pub read: String,
}

impl Row {
    pub(super) fn of(frame: &Frame, notification: &Notification) -> Self {
        let record = notification.record_kind.as_str();
        let count = usize::try_from(notification.count).unwrap_or_default();
        Self {
            icon: icon(notification.kind.as_str()),
            title: notification.title.clone().unwrap_or_else(|| frame.named("notified", record)),
            text: text(frame, notification),
            count: (count > 1).then(|| frame.n("notification-times", &count)),
            at: frame.calendar.clock(notification.created_at),
            is_unread: notification.read_at.is_none(),
            has_page: page_of(frame, notification).is_some(),
            read: frame.url(&format!("notifications/{}/read", notification.id)),
        }
    }
}

/// The words for a kind with a record of this kind; otherwise those for the kind.
fn text(frame: &Frame, notification: &Notification) -> String {
    let (kind, record) = (notification.kind.as_str(), notification.record_kind.as_str());
    let name = format!("notification-{kind}-{record}");
    if frame.language().known(&name).is_none() {
        return frame.named("notification-kind", kind);
    }
    let actor = match &notification.actor {
        Some(actor) => actor.display_name.clone().unwrap_or_else(|| frame.t("person-unknown")),
        None => frame.console.name.clone(),
    };
    frame.w(&name, &actor)
}

fn icon(kind: &str) -> &'static str {
    match kind {
        "assigned" => "user-plus",
        "mentioned" => "at-sign",
        "due" | "response_failed" => "calendar-clock",
        "stage_changed" => "arrow-right-left",
        _ => "bell",
    }
}

/// Where the record of a notification is.
pub(super) fn page_of(frame: &Frame, notification: &Notification) -> Option<String> {
    let id = notification.record_id;
    let path = match (notification.record_kind.as_str(), notification.customer_id) {
        ("task", _) => format!("tasks/{id}"),
        ("deal", _) => format!("deals/{id}"),
        ("lead", _) => format!("leads/{id}"),
        ("interaction", _) => format!("interactions/{id}"),
        ("note", Some(customer)) => format!("customers/{customer}/notes/{id}"),
        _ => return None,
    };
    Some(frame.url(&path))
}
