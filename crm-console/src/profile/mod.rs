//! The profile: who a person is here, what they may do, how they want pages to look, and how they log in.

mod calendar;
mod password;
mod second_factor;
mod sessions;

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use crm_core::actor::{Action, Actor, Reach, Resource, Role};
use crm_core::notifications::NotificationKind;
use crm_core::preferences::Density;

use crate::customers::{Choice, Faults};
use crate::settings::Port;
use crate::web::{Frame, PageResult, Visit, html};

pub(crate) fn routes(config: &mut ServiceConfig) {
    config
        .route("/profile", web::get().to(show))
        .route("/profile/calendar", web::post().to(calendar::create))
        .route("/profile/calendar/end", web::post().to(calendar::end))
        .route("/calendar/{secret}.ics", web::get().to(calendar::file))
        .route("/profile/password", web::post().to(password::change))
        .route("/profile/second-factor", web::get().to(second_factor::show))
        .route("/profile/second-factor", web::post().to(second_factor::begin))
        .route("/profile/second-factor/confirm", web::post().to(second_factor::confirm))
        .route("/profile/second-factor/off", web::post().to(second_factor::switch_off))
        .route("/profile/sessions", web::get().to(sessions::show))
        .route("/profile/sessions/end-others", web::post().to(sessions::end_others))
        .route("/profile/sessions/{id}/end", web::post().to(sessions::end));
}

#[derive(Template)]
#[template(path = "profile/page.html")]
struct ProfilePage {
    frame: Frame,
    role: Option<Role>,
    rights: Vec<Right>,
    zones: Vec<Zone>,
    /// The zone of the user, if they have chosen one.
    has_zone: bool,
    densities: Vec<(&'static str, bool, String)>,
    notified: Notified,
    /// The secret address of the calendar, just after it was made.
    calendar: Option<String>,
    /// The form for a new password, where the console can change it.
    password: Option<PasswordForm>,
}

/// What is wrong with the fields of the form.
struct PasswordForm {
    current_fault: Option<String>,
    new_fault: Option<String>,
}

/// What the user may do with records of a kind.
struct Right {
    resource: String,
    actions: Vec<(String, bool)>,
}

/// How the user is notified besides the bell.
struct Notified {
    kinds: Vec<Choice>,
    has_email_reminders: bool,
    has_digest: bool,
}

impl Notified {
    fn of(visit: &Visit) -> Self {
        let chosen = &visit.preferences.notifications;
        let kind = |kind: &NotificationKind| Choice {
            value: kind.to_string(),
            label: visit.frame.named("notification-kind", kind.as_str()),
            is_chosen: chosen.email.iter().flatten().any(|held| held == kind),
        };
        Self {
            kinds: NotificationKind::ALL.iter().map(kind).collect(),
            has_email_reminders: chosen.email_reminders.unwrap_or(true),
            has_digest: chosen.digest.unwrap_or_default(),
        }
    }
}

struct Zone {
    name: &'static str,
    is_chosen: bool,
}

async fn show(visit: Visit) -> PageResult {
    page(&visit, StatusCode::OK, &Faults::default(), None)
}

/// The page; the faults are those of the form for a new password, and `calendar` is an address that was just made.
fn page(visit: &Visit, status: StatusCode, faults: &Faults, calendar: Option<String>) -> PageResult {
    let frame = visit.frame.clone().within("profile");
    let chosen = visit.preferences.time_zone.as_deref();
    let density =
        |density: &Density| (density.as_str(), *density == frame.density, frame.named("density", density.as_str()));
    let page = ProfilePage {
        role: role_of(visit.actor()),
        rights: Resource::ALL.iter().filter_map(|resource| right(&frame, visit.actor(), *resource)).collect(),
        zones: zones().map(|name| Zone { name, is_chosen: chosen == Some(name) }).collect(),
        has_zone: chosen.is_some(),
        password: Port::of(visit)
            .map(|_| PasswordForm { current_fault: faults.at("currentPassword"), new_fault: faults.at("newPassword") }),
        densities: Density::ALL.iter().map(density).collect(),
        notified: Notified::of(visit),
        calendar,
        frame,
    };
    html(status, &page)
}

/// The role with exactly these rights; none where the host or the company has rights of its own.
fn role_of(actor: &Actor) -> Option<Role> {
    let reach = |role: Role, resource, action| {
        let rights = role.permissions().filter(|right| right.resource == resource && right.action == action);
        rights.map(|right| right.reach).max()
    };
    let has_all = |role: &Role| {
        Resource::ALL.iter().all(|resource| {
            Action::ALL.iter().all(|action| reach(*role, *resource, *action) == actor.reach(*resource, *action))
        })
    };
    Role::ALL.iter().copied().find(has_all)
}

fn right(frame: &Frame, actor: &Actor, resource: Resource) -> Option<Right> {
    let action = |action: &Action| {
        let reach = actor.reach(resource, *action)?;
        Some((frame.named("action", action.as_str()), reach == Reach::Own))
    };
    let actions: Vec<_> = Action::ALL.iter().filter_map(action).collect();
    (!actions.is_empty()).then(|| Right { resource: frame.named("resource", resource.as_str()), actions })
}

/// The zones that people live in: those of places, and UTC.
fn zones() -> impl Iterator<Item = &'static str> {
    const PLACES: [&str; 10] =
        ["Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"];
    let is_of_place = |name: &&str| PLACES.iter().any(|place| name.starts_with(place) && name.contains('/'));
    let named = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).filter(is_of_place);
    std::iter::once("UTC").chain(named)
}
