//! How leads are scored: the rules of the company, what was learned from its leads, and how good that is.

mod conditions;
mod form;
mod learned;

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::ids::LeadScoringRuleId;
use crm_core::lead_scoring::{LeadScoringRule, LeadScoringRulePatch, LeadScoringRuleQuery};
use crm_core::page::{MAX_PAGE, PageRequest};
use crm_core::patch::Patch;

use super::Around;
use crate::base::chart::Chart;
use crate::customers::parsed;
use crate::web::{ConfirmPage, Form, Frame, PageResult, Visit, html, see_other};
use learned::{Quality, Term};

/// The path of the list.
const LIST: &str = "settings/lead-scoring";

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/settings/lead-scoring", web::get().to(list))
        .route("/settings/lead-scoring", web::post().to(form::create))
        .route("/settings/lead-scoring/new", web::get().to(form::add))
        .route("/settings/lead-scoring/rebuild", web::post().to(rebuild))
        .route("/settings/lead-scoring/{id}", web::get().to(form::show))
        .route("/settings/lead-scoring/{id}", web::post().to(form::save))
        .route("/settings/lead-scoring/{id}/active", web::post().to(set_active))
        .route("/settings/lead-scoring/{id}/delete", web::get().to(ask))
        .route("/settings/lead-scoring/{id}/delete", web::post().to(delete));
}

#[derive(Template)]
#[template(path = "settings/lead_scoring.html")]
struct ListPage {
    around: Around,
    frame: Frame,
    rows: Vec<Row>,
    may_manage: bool,
    /// What was learned, in words, and by terms.
    learned: String,
    terms: Vec<Term>,
    quality: Option<Quality>,
    /// What was predicted and what was observed, by score.
    chart: Option<Chart>,
}

/// A rule.
struct Row {
    url: String,
    name: String,
    condition: String,
    points: String,
    /// For how long the points count.
    decay: String,
    is_active: bool,
    version: i64,
}

async fn list(visit: Visit) -> PageResult {
    let mut scope = visit.scope();
    // A company has no more than come at once.
    let request = PageRequest::default().limit(MAX_PAGE);
    let rules = scope.lead_scoring().list_rules(&LeadScoringRuleQuery::default(), &request).await?;
    let model = scope.lead_scoring().model().await?;
    let quality = scope.lead_scoring().quality().await?;
    let around = Around::of(&visit, "lead-scoring");
    let frame = around.frame.clone();
    let page = ListPage {
        rows: rules.data.iter().map(|rule| row(&frame, rule)).collect(),
        may_manage: visit.may(Resource::LeadScoring, Action::Update, None),
        learned: learned::words(&frame, &model),
        terms: learned::terms(&frame, &model),
        chart: learned::chart(&frame, &quality),
        quality: Quality::of(&frame, &quality),
        around,
        frame,
    };
    html(StatusCode::OK, &page)
}

fn row(frame: &Frame, rule: &LeadScoringRule) -> Row {
    Row {
        url: frame.url(&format!("{LIST}/{}", rule.id)),
        name: rule.name.clone(),
        condition: conditions::words(frame, &rule.condition),
        points: format!("{:+}", rule.points),
        decay: rule.decay_days.map(|days| frame.language().counted("deals-days", days)).unwrap_or_default(),
        is_active: rule.is_active,
        version: rule.version,
    }
}

/// Learns anew from the company's leads, by a job.
async fn rebuild(visit: Visit) -> PageResult {
    visit.scope().lead_scoring().rebuild().await?;
    Ok(see_other(visit.frame.url(&format!("{LIST}?done=scoring-rebuilt"))))
}

/// Lets a rule count, or not.
async fn set_active(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let is_active = form.0.text("active") == "true";
    let patch = LeadScoringRulePatch { is_active: Patch::Set(is_active), ..LeadScoringRulePatch::default() };
    let version = form.version()?;
    visit.scope().lead_scoring().update_rule(parsed(&id)?, patch, Some(version)).await?;
    Ok(see_other(visit.frame.url(&format!("{LIST}?done=scoring-rule-saved"))))
}

async fn ask(visit: Visit, id: web::Path<String>) -> PageResult {
    visit.authorize(Resource::LeadScoring, Action::Delete, None)?;
    let rule = visit.scope().lead_scoring().get_rule(parsed::<LeadScoringRuleId>(&id)?).await?;
    let frame = visit.frame.clone().within("settings");
    let page = ConfirmPage {
        action: frame.url(&format!("{LIST}/{}/delete", rule.id)),
        back: frame.url(&format!("{LIST}/{}", rule.id)),
        title: frame.w("scoring-delete-this", &rule.name),
        text: frame.t("scoring-delete-text"),
        label: frame.t("delete"),
        version: rule.version,
        stays: false,
        frame,
    };
    html(StatusCode::OK, &page)
}

async fn delete(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let version = form.0.version();
    visit.scope().lead_scoring().delete_rule(parsed(&id)?, version).await?;
    Ok(see_other(visit.frame.url(&format!("{LIST}?done=scoring-rule-deleted"))))
}
