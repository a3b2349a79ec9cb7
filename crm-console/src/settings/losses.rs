//! The reasons why deals are lost: a company chooses them, names them, puts them in order and archives them.

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use crm_core::Error;
use crm_core::actor::{Action, Resource};
use crm_core::companies::{LostReason, SettingsPatch};
use crm_core::patch::Patch;

use super::{Around, faults};
use crate::base::fields::Fields;
use crate::customers::Faults;
use crate::web::{Form, Frame, PageResult, Visit, html, see_other};

const PATH: &str = "settings/lost-reasons";

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/settings/lost-reasons", web::get().to(show)).route("/settings/lost-reasons", web::post().to(change));
}

#[derive(Template)]
#[template(path = "settings/losses.html")]
struct LossesPage {
    around: Around,
    frame: Frame,
    rows: Vec<Row>,
    /// The version of the settings that was seen.
    version: i64,
    may_update: bool,
    /// What was typed as another reason.
    typed: String,
    /// What is wrong with it, or with another name.
    fault: Option<String>,
    /// True if the settings have changed since the page was made.
    is_stale: bool,
}

/// A reason.
struct Row {
    code: String,
    label: String,
    is_archived: bool,
    is_first: bool,
    is_last: bool,
}

/// What a form has left open.
#[derive(Default)]
struct Open {
    typed: String,
    fault: Option<String>,
    is_stale: bool,
}

async fn show(visit: Visit) -> PageResult {
    render(&visit, StatusCode::OK, Open::default()).await
}

async fn render(visit: &Visit, status: StatusCode, open: Open) -> PageResult {
    let settings = visit.scope().settings().get().await?;
    let around = Around::of(visit, "losses");
    let last = settings.lost_reasons.len().saturating_sub(1);
    let row = |(place, reason): (usize, LostReason)| Row {
        code: reason.code,
        label: reason.label,
        is_archived: reason.is_archived,
        is_first: place == 0,
        is_last: place == last,
    };
    let page = LossesPage {
        version: settings.version,
        rows: settings.lost_reasons.into_iter().enumerate().map(row).collect(),
        may_update: visit.may(Resource::Settings, Action::Update, None),
        typed: open.typed,
        fault: open.fault,
        is_stale: open.is_stale,
        frame: around.frame.clone(),
        around,
    };
    html(status, &page)
}

async fn change(visit: Visit, form: Form) -> PageResult {
    let version = form.version()?;
    let mut scope = visit.scope();
    let mut reasons = scope.settings().get().await?.lost_reasons;
    apply(&form.0, &mut reasons);
    let patch = SettingsPatch { lost_reasons: Patch::Set(reasons), ..SettingsPatch::default() };
    let outcome = scope.settings().update(patch, Some(version)).await;
    let typed = if form.0.get("do") == Some("add") { form.0.text("label").to_owned() } else { String::new() };
    let (status, wrong, is_stale) = match outcome {
        Ok(_) => return Ok(see_other(visit.frame.url(&format!("{PATH}?done=losses")))),
        Err(Error::Stale { .. }) => (StatusCode::PRECONDITION_FAILED, Faults::default(), true),
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, faults(error, visit.frame.language())?, false),
    };
    render(&visit, status, Open { typed, fault: wrong.first(), is_stale }).await
}

/// Does what a button says. A reason that is not there any more stays away.
fn apply(form: &Fields, reasons: &mut Vec<LostReason>) {
    let label = || form.text("label").to_owned();
    let Some(place) = reasons.iter().position(|reason| reason.code == form.text("code")) else {
        if form.get("do") == Some("add") {
            let (code, color, is_archived) = (String::new(), None, false);
            reasons.push(LostReason { code, label: label(), color, is_archived });
        }
        return;
    };
    match form.text("do") {
        "rename" => reasons[place].label = label(),
        "archive" => reasons[place].is_archived = true,
        "restore" => reasons[place].is_archived = false,
        "up" if place > 0 => reasons.swap(place - 1, place),
        "down" if place + 1 < reasons.len() => reasons.swap(place, place + 1),
        "remove" => drop(reasons.remove(place)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::{Fields, LostReason, apply};

    #[test]
    fn a_button_changes_one_reason() {
        let reason = |label: &str| LostReason {
            code: label.to_lowercase(),
            label: label.to_owned(),
            color: None,
            is_archived: false,
        };
        for (form, expected) in [
            ("do=add&label=C", "A B C"),
            ("do=rename&code=a&label=Z", "Z B"),
            ("do=up&code=b", "B A"),
            ("do=down&code=a", "B A"),
            ("do=up&code=a", "A B"),
            ("do=down&code=b", "A B"),
            ("do=remove&code=a", "B"),
            ("do=remove&code=gone", "A B"),
            ("do=nonsense&code=a", "A B"),
        ] {
            let mut reasons = vec![reason("A"), reason("B")];
            apply(&Fields::parse(form.as_bytes()), &mut reasons);
            let labels: Vec<&str> = reasons.iter().map(|reason| reason.label.as_str()).collect();
            assert_eq!(labels.join(" "), expected, "{form}");
        }
        let mut reasons = vec![reason("A")];
        apply(&Fields::parse(b"do=archive&code=a"), &mut reasons);
        assert!(reasons[0].is_archived);
        apply(&Fields::parse(b"do=restore&code=a"), &mut reasons);
        assert!(!reasons[0].is_archived);
    }
}
