//! The choices of a person: kept in their preferences, and in cookies for those who are not logged in.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use crm_core::patch::Patch;
use crm_core::preferences::{NotificationPreferencesPatch, PreferencesPatch, Theme};
use crm_web::problem::ApiError;
use crm_web::request::Caller;

use crate::base::fields::Fields;
use crate::base::language::Language;
use crate::session::cookie::{self, remembered};
use crate::web::{Form, Prefix, console, is_secure, local_path, see_other};

pub(crate) fn routes(config: &mut ServiceConfig) {
    config.route("/preferences", web::post().to(choose));
}

async fn choose(request: HttpRequest, form: Form) -> Result<HttpResponse, ApiError> {
    let (is_secure, prefix) = (is_secure(&console(&request)?, &request), Prefix::of(&request));
    if let Ok(caller) = Caller::of(&request).await {
        caller.scope().preferences().update(patch(&form.0), None).await?;
    }
    let back = local_path(&prefix, form.0.text("here")).map_or_else(|| format!("{}/", prefix.0), str::to_owned);
    let mut answer = see_other(back);
    let choices = [
        theme(&form.0).map(|theme| (cookie::THEME, theme.as_str())),
        language(&form.0).map(|language| (cookie::LANGUAGE, language.code())),
    ];
    for (name, value) in choices.into_iter().flatten() {
        let cookie = remembered(name, value.to_owned(), is_secure);
        answer.add_cookie(&cookie).map_err(ApiError::internal)?;
    }
    Ok(answer)
}

fn theme(form: &Fields) -> Option<Theme> {
    form.get("theme")?.parse().ok()
}

fn language(form: &Fields) -> Option<Language> {
    Language::of(form.get("language")?)
}

/// The choices of a form. An input that is there without a value is the default again.
fn patch(form: &Fields) -> PreferencesPatch {
    PreferencesPatch {
        theme: set(theme(form)),
        language: set(language(form).map(|language| language.code().to_owned())),
        time_zone: match form.get("timeZone") {
            None if form.has("timeZone") => Patch::Clear,
            zone => set(zone.map(str::to_owned)),
        },
        density: set(form.get("density").and_then(|density| density.parse().ok())),
        sidebar_collapsed: set(form.get("sidebar").map(|state| state == "collapsed")),
        notifications: set(form.has("notifications").then(|| notifications(form))),
        ..PreferencesPatch::default()
    }
}

/// Ticks that are off are not sent, so the form says of all of them what they are.
fn notifications(form: &Fields) -> NotificationPreferencesPatch {
    NotificationPreferencesPatch {
        email: Patch::Set(form.all("email").filter_map(|kind| kind.parse().ok()).collect()),
        email_reminders: Patch::Set(form.has("emailReminders")),
        digest: Patch::Set(form.has("digest")),
    }
}

fn set<T>(value: Option<T>) -> Patch<T> {
    value.map_or(Patch::Absent, Patch::Set)
}
