//! The settings of the company.

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use chrono_tz::TZ_VARIANTS;
use crm_core::actor::{Action, Resource};
use crm_core::companies::{DuplicatePolicy, RecordAccess, Settings, SettingsPatch};
use crm_core::customers::Score;
use crm_core::patch::Patch;
use crm_core::{CompanyScope, Error, Violations};

use super::ai::ModelPart;
use super::response_targets::{self, TARGETS};
use super::working_hours::{self, HOLIDAYS, HOURS};
use super::{Around, choices, faults};
use crate::base::fields::Fields;
use crate::customers::{Choice, Faults};
use crate::web::{Form, Frame, PageResult, Visit, html, see_other};

/// What the core takes at least.
const LOWEST_PERCENT: f64 = 30.0;
const THRESHOLD: &str = "duplicateThreshold";
const REJECT_THRESHOLD: &str = "duplicateRejectThreshold";
/// The maximum length of a setting that is one value, and of one that is several.
const ONE: usize = 120;
const SEVERAL: usize = 6_000;

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/settings", web::get().to(show)).route("/settings", web::post().to(save));
}

#[derive(Template)]
#[template(path = "settings/company.html")]
struct CompanyPage {
    around: Around,
    frame: Frame,
    lines: Vec<Line>,
    policies: Vec<Choice>,
    policy: String,
    policy_fault: Option<String>,
    accesses: Vec<Choice>,
    access: String,
    zones: Vec<&'static str>,
    version: i64,
    is_stale: bool,
    is_faulty: bool,
    may_update: bool,
    model: ModelPart,
}

/// What a form of the page has left open.
#[derive(Default)]
pub(super) struct Open {
    pub typed: Option<Fields>,
    pub faults: Faults,
    pub is_stale: bool,
}

/// A setting that is typed.
struct Line {
    name: &'static str,
    label: String,
    hint: String,
    value: String,
    list: &'static str,
    most: usize,
    fault: Option<String>,
    /// The value that the setting has meanwhile.
    meanwhile: Option<String>,
}

async fn show(visit: Visit) -> PageResult {
    render(&visit, &mut visit.scope(), StatusCode::OK, Open::default(), Open::default()).await
}

async fn save(visit: Visit, form: Form) -> PageResult {
    let (version, language) = (form.version()?, visit.frame.language());
    let text = |name: &str| form.0.get(name).map_or(Patch::Clear, |text| Patch::Set(text.to_owned()));
    let policy: Option<DuplicatePolicy> = form.0.get("duplicatePolicy").and_then(|policy| policy.parse().ok());
    let access: Option<RecordAccess> = form.0.get("recordAccess").and_then(|access| access.parse().ok());
    let patch = SettingsPatch {
        default_country: text("defaultCountry"),
        time_zone: text("timeZone"),
        duplicate_policy: policy.map_or(Patch::Absent, Patch::Set),
        record_access: access.map_or(Patch::Absent, Patch::Set),
        ..SettingsPatch::default()
    };
    let mut scope = visit.scope();
    let outcome = match read(&form.0, patch) {
        Ok(patch) => scope.settings().update(patch, Some(version)).await,
        Err(fault) => Err(fault),
    };
    let (status, faults, is_stale) = match outcome {
        Ok(_) => return Ok(see_other(visit.frame.url("settings?done=company"))),
        Err(Error::Stale { .. }) => (StatusCode::PRECONDITION_FAILED, Faults::default(), true),
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, faults(error, language)?, false),
    };
    let open = Open { typed: Some(form.0), faults, is_stale };
    render(&visit, &mut scope, status, open, Open::default()).await
}

/// The patch with what the page reads itself.
fn read(form: &Fields, patch: SettingsPatch) -> Result<SettingsPatch, Error> {
    Ok(SettingsPatch {
        duplicate_threshold: percent(form, THRESHOLD)?,
        duplicate_reject_threshold: percent(form, REJECT_THRESHOLD)?,
        working_hours: working_hours::typed(form)?,
        lead_response_targets: response_targets::typed(form)?,
        ..patch
    })
}

/// The score in a field with a percentage. Empty is the default.
fn percent(form: &Fields, name: &'static str) -> Result<Patch<Score>, Error> {
    if !form.has(name) {
        return Ok(Patch::Absent);
    }
    let Some(text) = form.get(name) else { return Ok(Patch::Clear) };
    let number: Option<f64> = text.trim_end_matches('%').trim_end().replace(',', ".").parse().ok();
    let score = number.filter(|number| *number >= LOWEST_PERCENT).and_then(|number| Score::new(number / 100.0));
    let fault = || Violations::one(format!("/{name}"), "threshold_invalid", "a percentage from 30 to 100");
    score.map(Patch::Set).ok_or_else(|| fault().into())
}

/// A score as a percentage without needless digits.
fn as_percent(score: Score) -> String {
    let percent = format!("{:.1}", score.as_f64() * 100.0);
    percent.trim_end_matches(".0").to_owned()
}

/// The page, with what its two forms have left open.
pub(super) async fn render(
    visit: &Visit,
    scope: &mut CompanyScope<'_>,
    status: StatusCode,
    company: Open,
    model: Open,
) -> PageResult {
    let settings = scope.settings().get().await?;
    let model = ModelPart::read(visit, scope, &settings, &model).await?;
    html(status, &page(visit, &settings, &company, model))
}

fn page(visit: &Visit, settings: &Settings, open: &Open, model: ModelPart) -> CompanyPage {
    let Open { typed, faults, is_stale } = open;
    let (typed, is_stale) = (typed.as_ref(), *is_stale);
    let around = Around::of(visit, "company");
    let frame = around.frame.clone();
    let line = |name: &'static str, list, label: &str, value: &str| {
        let shown = typed.map_or(value, |typed| typed.text(name)).to_owned();
        Line {
            name,
            label: frame.t(label),
            hint: frame.t(&format!("{label}-hint")),
            meanwhile: (is_stale && shown != value).then(|| value.to_owned()),
            value: shown,
            list,
            most: if [HOURS, HOLIDAYS, TARGETS].contains(&name) { SEVERAL } else { ONE },
            fault: faults.at(name),
        }
    };
    let policy = settings.duplicate_policy.as_str();
    let chosen = typed.and_then(|typed| typed.get("duplicatePolicy")).unwrap_or(policy);
    let access = settings.record_access.as_str();
    let chosen_access = typed.and_then(|typed| typed.get("recordAccess")).unwrap_or(access);
    let reject = settings.duplicate_reject_threshold.map(as_percent).unwrap_or_default();
    let country = settings.default_country.as_deref().unwrap_or_default();
    let hours = settings.working_hours.as_ref();
    let (periods, holidays) = (hours.map(working_hours::written), hours.map(working_hours::days));
    CompanyPage {
        lines: vec![
            line("timeZone", "zones", "settings-time-zone", &settings.time_zone),
            line("defaultCountry", "", "settings-country", country),
            line(HOURS, "", "settings-working-hours", &periods.unwrap_or_default()),
            line(HOLIDAYS, "", "settings-holidays", &holidays.unwrap_or_default()),
            line(TARGETS, "", "settings-response-targets", &response_targets::written(&settings.lead_response_targets)),
            line(THRESHOLD, "", "settings-threshold", &as_percent(settings.duplicate_threshold)),
            line(REJECT_THRESHOLD, "", "settings-reject-threshold", &reject),
        ],
        policies: choices(&frame, "duplicates", DuplicatePolicy::NAMES, chosen),
        policy: frame.named("duplicates", policy),
        policy_fault: faults.at("duplicatePolicy"),
        accesses: choices(&frame, "record-access", RecordAccess::NAMES, chosen_access),
        access: frame.named("record-access", access),
        zones: TZ_VARIANTS.iter().map(|zone| zone.name()).collect(),
        version: settings.version,
        is_faulty: !is_stale && faults.first().is_some(),
        is_stale,
        may_update: visit.may(Resource::Settings, Action::Update, None),
        model,
        around,
        frame,
    }
}
