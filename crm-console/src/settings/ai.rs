//! The language model of the company: what is sent and where, the switch, and what is used.

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use chrono::{Days, NaiveDate};
use crm_core::actor::{Action, Resource};
use crm_core::ai::{AiUsage, AiUsageOfDay};
use crm_core::companies::{AvailableLanguageModel, Settings, SettingsPatch};
use crm_core::patch::Patch;
use crm_core::{CompanyScope, Error};
use crm_web::problem::ApiError;

use super::company::{Open, render};
use super::faults;
use crate::customers::Faults;
use crate::web::{Form, Frame, PageResult, Visit, see_other};

/// The number of days that have a bar.
const SHOWN_DAYS: u64 = 30;
/// The room of a bar, and its greatest height.
const BAR: u64 = 10;
const HEIGHT: u64 = 60;

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/settings/ai", web::post().to(save));
}

/// The part of the page.
pub(super) struct ModelPart {
    /// Provider, host and model; none where the service has no model.
    pub to: Option<String>,
    pub needs_consent: bool,
    pub is_on: bool,
    /// True if it is stored as switched on, although the provider was not agreed to.
    pub is_waiting: bool,
    pub has_placeholders: bool,
    pub daily_tokens: String,
    pub enabled_fault: Option<String>,
    pub consent_fault: Option<String>,
    pub tokens_fault: Option<String>,
    pub is_stale: bool,
    pub usage: Option<Usage>,
    /// Where the audit trail tells what was sent.
    pub audit: Option<String>,
}

/// What the company has used.
pub(super) struct Usage {
    pub today: String,
    pub most: Option<String>,
    /// The share of today's tokens, in percent.
    pub share: Option<u64>,
    /// When it goes on, if all are used up.
    pub resumes: Option<String>,
    pub bars: Vec<Bar>,
    pub width: u64,
    pub height: u64,
    /// Day, calls, tokens sent, tokens received; the last row is all of them.
    pub rows: Vec<[String; 4]>,
    pub total: [String; 3],
}

/// The tokens of a day.
pub(super) struct Bar {
    pub x: u64,
    pub y: u64,
    pub width: u64,
    pub height: u64,
    pub title: String,
}

impl ModelPart {
    pub(super) async fn read(
        visit: &Visit,
        scope: &mut CompanyScope<'_>,
        settings: &Settings,
        open: &Open,
    ) -> Result<Self, ApiError> {
        let may_update = visit.may(Resource::Settings, Action::Update, None);
        let may_audit = visit.actor().reach(Resource::Audit, Action::Read).is_some();
        let model = settings.language_model.as_ref();
        let usage = match may_update && model.is_some() {
            true => Some(Usage::of(&visit.frame, &scope.ai().usage().await?)),
            false => None,
        };
        let needs_consent = model.is_some_and(|model| !model.is_consented);
        let typed = open.typed.as_ref();
        let is_checked = |name: &str, stored: bool| typed.map_or(stored, |typed| typed.get(name).is_some());
        let tokens = settings.ai_daily_tokens.map(|tokens| tokens.to_string()).unwrap_or_default();
        let audit = "settings/audit?action=sent_to_language_model";
        Ok(Self {
            to: model.map(receiver),
            needs_consent,
            is_on: is_checked("aiEnabled", settings.ai_enabled),
            is_waiting: settings.ai_enabled && needs_consent,
            has_placeholders: is_checked("aiPlaceholders", settings.ai_placeholders),
            daily_tokens: typed.map_or(tokens, |typed| typed.text("aiDailyTokens").to_owned()),
            enabled_fault: open.faults.at("aiEnabled"),
            consent_fault: open.faults.at("aiConsent"),
            tokens_fault: open.faults.at("aiDailyTokens"),
            is_stale: open.is_stale,
            usage,
            audit: may_audit.then(|| visit.frame.url(audit)),
        })
    }
}

fn receiver(model: &AvailableLanguageModel) -> String {
    let AvailableLanguageModel { provider, host, model, .. } = model;
    if provider == host { format!("{host}, {model}") } else { format!("{provider} ({host}), {model}") }
}

impl Usage {
    fn of(frame: &Frame, usage: &AiUsage) -> Self {
        let number = |number: u64| frame.language().number(i64::try_from(number).unwrap_or(i64::MAX));
        let today = usage.today.day;
        let by_day: HashMap<NaiveDate, u64> = usage.days.iter().map(|day| (day.day, tokens(day))).collect();
        let top = by_day.values().copied().max().unwrap_or_default().max(1);
        let days = (0..SHOWN_DAYS).filter_map(|place| {
            let day = today.checked_sub_days(Days::new(SHOWN_DAYS - 1 - place))?;
            let used = by_day.get(&day).copied().filter(|used| *used > 0)?;
            let height = (used * HEIGHT / top).max(1);
            let title = format!("{}: {}", frame.calendar.day(day), number(used));
            Some(Bar { x: place * BAR + 1, y: HEIGHT - height, width: BAR - 2, height, title })
        });
        let sum = |of: fn(&AiUsageOfDay) -> i64| frame.language().number(usage.days.iter().map(of).sum::<i64>());
        Self {
            today: number(usage.used_tokens),
            most: usage.daily_tokens.map(number),
            share: usage.daily_tokens.map(|most| (usage.used_tokens.saturating_mul(100) / most.max(1)).min(100)),
            resumes: usage.is_used_up.then(|| frame.calendar.full(usage.resumes_at).words),
            bars: days.collect(),
            width: SHOWN_DAYS * BAR,
            height: HEIGHT,
            rows: usage.days.iter().map(|day| row(frame, day)).collect(),
            total: [sum(|day| day.calls), sum(|day| day.input_tokens), sum(|day| day.output_tokens)],
        }
    }
}

fn row(frame: &Frame, day: &AiUsageOfDay) -> [String; 4] {
    let number = |number: i64| frame.language().number(number);
    [frame.calendar.day(day.day), number(day.calls), number(day.input_tokens), number(day.output_tokens)]
}

fn tokens(day: &AiUsageOfDay) -> u64 {
    u64::try_from(day.input_tokens + day.output_tokens).unwrap_or_default()
}

async fn save(visit: Visit, form: Form) -> PageResult {
    let (version, language) = (form.version()?, visit.frame.language());
    let typed = Some(form.0.clone());
    let mut scope = visit.scope();
    let (status, model) = match patch(&form) {
        None => {
            // Before anything is told, so that others are refused.
            visit.authorize(Resource::Settings, Action::Update, None)?;
            let faults = Faults::unreadable("aiDailyTokens", language);
            (StatusCode::UNPROCESSABLE_ENTITY, Open { typed, faults, is_stale: false })
        }
        Some(patch) => match scope.settings().update(patch, Some(version)).await {
            Ok(_) => return Ok(see_other(visit.frame.url("settings?done=ai"))),
            Err(Error::Stale { .. }) => {
                (StatusCode::PRECONDITION_FAILED, Open { typed, faults: Faults::default(), is_stale: true })
            }
            Err(error) => {
                let faults = faults(error, language)?;
                (StatusCode::UNPROCESSABLE_ENTITY, Open { typed, faults, is_stale: false })
            }
        },
    };
    render(&visit, &mut scope, status, Open::default(), model).await
}

/// The change; nothing if the number cannot be read.
fn patch(form: &Form) -> Option<SettingsPatch> {
    let is_checked = |name: &str| form.0.get(name).is_some();
    let daily_tokens = match form.0.get("aiDailyTokens") {
        None => Patch::Clear,
        Some(text) => Patch::Set(text.trim().parse().ok()?),
    };
    let is_on = is_checked("aiEnabled");
    Some(SettingsPatch {
        ai_enabled: Patch::Set(is_on),
        ai_placeholders: Patch::Set(is_checked("aiPlaceholders")),
        ai_daily_tokens: daily_tokens,
        ai_consent: (is_on && is_checked("aiConsent")).then_some(true),
        ..SettingsPatch::default()
    })
}
