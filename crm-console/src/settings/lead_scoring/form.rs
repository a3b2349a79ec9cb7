//! The form of a rule.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::Error;
use crm_core::actor::{Action, Resource};
use crm_core::ids::LeadScoringRuleId;
use crm_core::lead_scoring::{LeadScoringRule, LeadScoringRulePatch, NewLeadScoringRule};
use crm_core::patch::Patch;

use super::super::{Around, faults};
use super::LIST;
use super::conditions::{self, Row};
use crate::base::fields::Fields;
use crate::customers::{Faults, parsed};
use crate::web::{Form, Frame, PageResult, Visit, html, see_other};

/// The fields of the form that have faults of their own.
const NAMES: &[&str] = &["name", "description", "condition", "points", "decayDays", "position"];

#[derive(Template)]
#[template(path = "settings/lead_scoring_rule.html")]
struct RulePage {
    around: Around,
    frame: Frame,
    action: String,
    title: String,
    /// The version that the form began with; none for a new rule.
    version: Option<i64>,
    rows: Vec<Row>,
    /// The condition as it is written for the API, where rows cannot say it.
    filter: Option<String>,
    /// The words that values can be.
    offered: Vec<String>,
    typed: Fields,
    faults: Faults,
    others: Vec<String>,
    is_stale: bool,
    may_manage: bool,
    may_delete: bool,
}

impl RulePage {
    fn fault(&self, name: &str) -> Option<String> {
        self.faults.at(name)
    }

    /// The numbers, with their names in messages and their lengths.
    fn numbers(&self) -> &'static [(&'static str, &'static str, u16)] {
        &[("points", "scoring-points", 4), ("decayDays", "scoring-decay", 4), ("position", "scoring-position", 7)]
    }
}

/// What a form has left open.
struct Open {
    status: StatusCode,
    typed: Fields,
    faults: Faults,
    is_stale: bool,
}

impl Open {
    fn of(typed: Fields) -> Self {
        Self { status: StatusCode::OK, typed, faults: Faults::default(), is_stale: false }
    }

    fn faulty(typed: Fields, faults: Faults) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, faults, ..Self::of(typed) }
    }
}

pub(super) async fn add(visit: Visit) -> PageResult {
    visit.authorize(Resource::LeadScoring, Action::Create, None)?;
    let typed = Fields::default().and("isActive", "true").and("row", "0");
    let typed = if visit.query.text("as") == "filter" { typed.and("as", "filter") } else { typed };
    render(&visit, None, Open::of(typed))
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    let rule = visit.scope().lead_scoring().get_rule(parsed::<LeadScoringRuleId>(&id)?).await?;
    let mut typed = typed(&visit.frame, &rule);
    if visit.query.text("as") == "filter" {
        typed = typed.with("filter", &conditions::written(&rule.condition));
    }
    render(&visit, Some(&rule), Open::of(typed))
}

/// The rule as the form shows it.
fn typed(frame: &Frame, rule: &LeadScoringRule) -> Fields {
    conditions::typed(frame, &rule.condition)
        .and("name", &rule.name)
        .and("description", rule.description.as_deref().unwrap_or_default())
        .and("points", &rule.points.to_string())
        .and("decayDays", &rule.decay_days.map(|days| days.to_string()).unwrap_or_default())
        .and("position", &rule.position.to_string())
        .and("isActive", if rule.is_active { "true" } else { "" })
}

fn render(visit: &Visit, rule: Option<&LeadScoringRule>, open: Open) -> PageResult {
    let around = Around::of(visit, "lead-scoring");
    let frame = around.frame.clone();
    let Open { status, typed, faults, is_stale } = open;
    let action = rule.map_or_else(|| LIST.to_owned(), |rule| format!("{LIST}/{}", rule.id));
    let may = |action| visit.may(Resource::LeadScoring, action, None);
    let written = typed.get("filter").or_else(|| typed.get("as").map(|_| ""));
    let page = RulePage {
        action: frame.url(&action),
        title: rule.map_or_else(|| frame.t("scoring-add"), |rule| rule.name.clone()),
        version: rule.map(|rule| rule.version),
        rows: conditions::rows(&frame, &typed),
        filter: written.map(str::to_owned),
        offered: conditions::offered(&frame),
        others: faults.elsewhere(NAMES),
        may_manage: may(if rule.is_some() { Action::Update } else { Action::Create }),
        may_delete: rule.is_some() && may(Action::Delete),
        typed,
        faults,
        is_stale,
        around,
        frame,
    };
    html(status, &page)
}

pub(super) async fn create(visit: Visit, form: Form) -> PageResult {
    if let Some(typed) = conditions::step(&form.0) {
        visit.authorize(Resource::LeadScoring, Action::Create, None)?;
        return render(&visit, None, Open::of(typed));
    }
    let language = visit.frame.language();
    let faults = match read(&visit.frame, &form.0) {
        Err(name) => Faults::unreadable(name, language),
        Ok(new) => match visit.scope().lead_scoring().create_rule(new).await {
            Ok(_) => return Ok(see_other(visit.frame.url(&format!("{LIST}?done=scoring-rule-added")))),
            Err(error) => faults(error, language)?,
        },
    };
    render(&visit, None, Open::faulty(form.0, faults))
}

pub(super) async fn save(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let (id, version) = (parsed::<LeadScoringRuleId>(&id)?, form.version()?);
    let mut scope = visit.scope();
    if let Some(typed) = conditions::step(&form.0) {
        visit.authorize(Resource::LeadScoring, Action::Update, None)?;
        // A form that goes on keeps the version that it began with.
        let mut rule = scope.lead_scoring().get_rule(id).await?;
        rule.version = version;
        return render(&visit, Some(&rule), Open::of(typed));
    }
    let language = visit.frame.language();
    let open = match read(&visit.frame, &form.0) {
        Err(name) => Open::faulty(form.0, Faults::unreadable(name, language)),
        Ok(new) => match scope.lead_scoring().update_rule(id, patch(new), Some(version)).await {
            Ok(_) => return Ok(see_other(visit.frame.url(&format!("{LIST}?done=scoring-rule-saved")))),
            Err(Error::Stale { .. }) => {
                Open { status: StatusCode::PRECONDITION_FAILED, is_stale: true, ..Open::of(form.0) }
            }
            Err(error) => Open::faulty(form.0, faults(error, language)?),
        },
    };
    let rule = scope.lead_scoring().get_rule(id).await?;
    render(&visit, Some(&rule), open)
}

/// A form as a rule.
///
/// # Errors
/// The name of a value that cannot be read.
fn read(frame: &Frame, form: &Fields) -> Result<NewLeadScoringRule, &'static str> {
    let number = |name: &'static str| match form.get(name) {
        None => Ok(None),
        Some(text) => text.trim_start_matches('+').parse::<i64>().map(Some).map_err(|_| name),
    };
    Ok(NewLeadScoringRule {
        name: form.get("name").map(str::to_owned),
        description: form.get("description").map(str::to_owned),
        condition: conditions::read(frame, form).map_err(|()| "condition")?,
        points: number("points")?,
        decay_days: number("decayDays")?,
        is_active: Some(form.get("isActive").is_some()),
        position: number("position")?,
    })
}

/// The change that makes a rule what the form says.
fn patch(new: NewLeadScoringRule) -> LeadScoringRulePatch {
    let NewLeadScoringRule { name, description, condition, points, decay_days, is_active, position } = new;
    LeadScoringRulePatch {
        name: name.into(),
        description: description.into(),
        condition: condition.into(),
        points: points.into(),
        decay_days: decay_days.into(),
        is_active: is_active.into(),
        position: Patch::Set(position.unwrap_or_default()),
    }
}
