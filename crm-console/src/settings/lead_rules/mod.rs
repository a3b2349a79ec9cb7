//! Rules by which leads are assigned: the list, and what is done with a rule as a whole.

mod condition;
mod form;

use std::collections::HashMap;

use actix_web::http::StatusCode;
use actix_web::web::{self, ServiceConfig};
use askama::Template;
use crm_core::actor::{Action, Resource};
use crm_core::ids::{LeadAssignmentRuleId, TeamId};
use crm_core::lead_assignment_rules::{
    LeadAssignmentRule, LeadAssignmentRulePatch, LeadAssignmentRuleQuery, LeadAssignmentStrategy,
};
use crm_core::page::{MAX_PAGE, PageRequest};
use crm_core::patch::Patch;
use crm_core::users::Team;
use crm_core::{CompanyScope, Error};

use super::Around;
use crate::customers::parsed;
use crate::web::{ConfirmPage, Form, Frame, PageResult, People, Visit, html, see_other};

/// The path of the list.
const LIST: &str = "settings/lead-assignment-rules";

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route("/settings/lead-assignment-rules", web::get().to(list))
        .route("/settings/lead-assignment-rules", web::post().to(form::create))
        .route("/settings/lead-assignment-rules/new", web::get().to(form::add))
        .route("/settings/lead-assignment-rules/{id}", web::get().to(form::show))
        .route("/settings/lead-assignment-rules/{id}", web::post().to(form::save))
        .route("/settings/lead-assignment-rules/{id}/active", web::post().to(activate))
        .route("/settings/lead-assignment-rules/{id}/delete", web::get().to(ask))
        .route("/settings/lead-assignment-rules/{id}/delete", web::post().to(delete));
}

#[derive(Template)]
#[template(path = "settings/lead_rules.html")]
struct ListPage {
    around: Around,
    frame: Frame,
    rows: Vec<Row>,
    may_add: bool,
}

struct Row {
    url: String,
    position: i64,
    name: String,
    description: String,
    strategy: String,
    /// Who gets the leads.
    who: String,
    has_condition: bool,
    is_active: bool,
}

/// All rules, in the order in which they are asked. A company has no more than come at once.
async fn list(visit: Visit) -> PageResult {
    visit.authorize(Resource::LeadAssignmentRules, Action::Read, None)?;
    let mut scope = visit.scope();
    let request = PageRequest::default().limit(MAX_PAGE);
    let page = scope.lead_assignment_rules().list(&LeadAssignmentRuleQuery::default(), &request).await?;
    let people = People::read(&mut scope).await?;
    let teams: HashMap<TeamId, Team> = teams(&mut scope).await?.into_iter().map(|team| (team.id, team)).collect();
    let around = Around::of(&visit, "lead-rules");
    let frame = around.frame.clone();
    let page = ListPage {
        rows: page.data.into_iter().map(|rule| row(&frame, &people, &teams, rule)).collect(),
        may_add: visit.may(Resource::LeadAssignmentRules, Action::Create, None),
        around,
        frame,
    };
    html(StatusCode::OK, &page)
}

/// The teams that the CRM knows, by name: at most a page; none for those who may not read users.
async fn teams(scope: &mut CompanyScope<'_>) -> crm_core::Result<Vec<Team>> {
    match scope.users().teams(&PageRequest::default().limit(MAX_PAGE)).await {
        Err(Error::Forbidden { .. }) => Ok(Vec::new()),
        page => Ok(page?.data),
    }
}

/// The name of a team; its id if it has none.
fn team_name(team: &Team) -> String {
    team.name.clone().unwrap_or_else(|| team.id.to_string())
}

fn row(frame: &Frame, people: &People, teams: &HashMap<TeamId, Team>, rule: LeadAssignmentRule) -> Row {
    let name = |id| people.name(id).map_or_else(|| frame.t("person-unknown"), str::to_owned);
    let users: Vec<String> = match rule.strategy {
        LeadAssignmentStrategy::ByField => {
            rule.field_users.iter().map(|entry| format!("{}: {}", entry.value, name(entry.user_id))).collect()
        }
        _ => rule.user_ids.iter().map(|user| name(*user)).collect(),
    };
    let team = rule.team_id.map(|id| teams.get(&id).map_or_else(|| id.to_string(), team_name));
    Row {
        url: frame.url(&format!("{LIST}/{}", rule.id)),
        position: rule.position,
        name: rule.name,
        description: rule.description.unwrap_or_default(),
        strategy: frame.named("rules-strategy", rule.strategy.as_str()),
        who: team.unwrap_or_else(|| users.join(", ")),
        has_condition: rule.condition.is_some(),
        is_active: rule.is_active,
    }
}

/// Lets a rule be asked, or not.
async fn activate(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let id: LeadAssignmentRuleId = parsed(&id)?;
    let is_active = form.0.text("active") == "true";
    let patch = LeadAssignmentRulePatch { is_active: Patch::Set(is_active), ..LeadAssignmentRulePatch::default() };
    let version = form.version()?;
    visit.scope().lead_assignment_rules().update(id, patch, Some(version)).await?;
    let done = if is_active { "lead-rule-on" } else { "lead-rule-off" };
    Ok(see_other(visit.frame.url(&format!("{LIST}?done={done}"))))
}

async fn ask(visit: Visit, id: web::Path<String>) -> PageResult {
    visit.authorize(Resource::LeadAssignmentRules, Action::Delete, None)?;
    let rule = visit.scope().lead_assignment_rules().get(parsed(&id)?).await?;
    let frame = visit.frame.clone().within("settings");
    let page = ConfirmPage {
        action: frame.url(&format!("{LIST}/{}/delete", rule.id)),
        back: frame.url(&format!("{LIST}/{}", rule.id)),
        title: frame.w("rules-delete-this", &rule.name),
        text: frame.t("rules-delete-text"),
        label: frame.t("delete"),
        version: rule.version,
        stays: false,
        frame,
    };
    html(StatusCode::OK, &page)
}

async fn delete(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    let version = form.version()?;
    visit.scope().lead_assignment_rules().delete(parsed(&id)?, Some(version)).await?;
    Ok(see_other(visit.frame.url(&format!("{LIST}?done=lead-rule-deleted"))))
}
