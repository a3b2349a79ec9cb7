//! The form of a rule by which leads are assigned.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::Error;
use crm_core::actor::{Action, Resource};
use crm_core::ids::{LeadAssignmentRuleId, UserId};
use crm_core::lead_assignment_rules::{
    LeadAssignmentRule, LeadAssignmentRulePatch, LeadAssignmentStrategy, LeadFieldUser, NewLeadAssignmentRule,
};
use serde_json::Value;

use super::super::{Around, choices, faults};
use super::{LIST, condition, team_name, teams};
use crate::base::fields::Fields;
use crate::customers::{Choice, Faults, parsed};
use crate::web::{Form, Frame, PageResult, People, Visit, html, see_other};

/// How many empty rows for values of a field a form has beside those that are there.
const MORE: usize = 3;
/// How many there are at most.
const MOST: usize = 100;
/// The fields of the form that have faults of their own.
const NAMES: &[&str] = &[
    "name",
    "description",
    "position",
    "condition",
    "strategy",
    "userIds",
    "teamId",
    "field",
    "fieldUsers",
    "capacity",
];

#[derive(Template)]
#[template(path = "settings/lead_rule.html")]
struct RulePage {
    around: Around,
    frame: Frame,
    action: String,
    title: String,
    /// What is there already.
    rule: Option<LeadAssignmentRule>,
    conditions: Vec<ConditionRow>,
    strategies: Vec<Choice>,
    people: Vec<Choice>,
    teams: Vec<Choice>,
    fields: Vec<Choice>,
    values: Vec<ValueRow>,
    typed: Fields,
    faults: Faults,
    others: Vec<String>,
    is_stale: bool,
    may_manage: bool,
}

/// A part of the condition.
struct ConditionRow {
    place: usize,
    fields: Vec<Choice>,
    operators: Vec<Choice>,
    value: String,
}

/// A value of the field that decides, and the user who goes with it.
struct ValueRow {
    place: usize,
    value: String,
    users: Vec<Choice>,
}

impl RulePage {
    fn fault(&self, name: &str) -> Option<String> {
        self.faults.at(name)
    }

    /// The lines: their names, their names in messages, and their maximum lengths.
    fn lines(&self) -> &'static [(&'static str, &'static str, u16)] {
        &[("name", "field-name", 100), ("description", "field-description", 1000), ("position", "rules-position", 7)]
    }

    fn flags(&self) -> &'static [(&'static str, &'static str)] {
        &[("workingHoursOnly", "rules-working-hours-only"), ("isActive", "rules-active")]
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
}

pub(super) async fn add(visit: Visit) -> PageResult {
    visit.authorize(Resource::LeadAssignmentRules, Action::Create, None)?;
    let typed = Fields::default().and("strategy", LeadAssignmentStrategy::RoundRobin.as_str()).and("isActive", "true");
    render(&visit, None, Open::of(typed)).await
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    visit.authorize(Resource::LeadAssignmentRules, Action::Read, None)?;
    let rule = visit.scope().lead_assignment_rules().get(parsed::<LeadAssignmentRuleId>(&id)?).await?;
    let typed = typed(&rule);
    render(&visit, Some(rule), Open::of(typed)).await
}

/// The rule as its form shows it.
fn typed(rule: &LeadAssignmentRule) -> Fields {
    let flag = |flag: bool| if flag { "true" } else { "" };
    let mut form = Fields::default()
        .and("name", &rule.name)
        .and("description", rule.description.as_deref().unwrap_or_default())
        .and("position", &rule.position.to_string())
        .and("strategy", rule.strategy.as_str())
        .and("teamId", &rule.team_id.map(|id| id.to_string()).unwrap_or_default())
        .and("field", rule.field.as_deref().unwrap_or_default())
        .and("capacity", &rule.capacity.map(|most| most.to_string()).unwrap_or_default())
        .and("workingHoursOnly", flag(rule.working_hours_only))
        .and("isActive", flag(rule.is_active));
    for user in &rule.user_ids {
        form = form.and("order", &user.to_string()).and("userIds", &user.to_string());
    }
    for (place, entry) in rule.field_users.iter().enumerate() {
        let user = entry.user_id.to_string();
        form = form.and(&format!("value-{place}"), &entry.value).and(&format!("user-{place}"), &user);
    }
    let Some(condition) = &rule.condition else { return form };
    match condition::rows(condition) {
        Some(rows) => rows.iter().enumerate().fold(form, |form, (place, row)| {
            form.and(&format!("field-{place}"), &row.field)
                .and(&format!("operator-{place}"), &row.operator)
                .and(&format!("operand-{place}"), &row.value)
        }),
        None => form.and("filter", &format!("{:#}", Value::Object(condition.clone()))),
    }
}

async fn render(visit: &Visit, rule: Option<LeadAssignmentRule>, open: Open) -> PageResult {
    let around = Around::of(visit, "lead-rules");
    let frame = around.frame.clone();
    let Open { status, typed, faults, is_stale } = open;
    let mut scope = visit.scope();
    let people = People::read(&mut scope).await?;
    let teams = teams(&mut scope).await?;
    let known = condition::fields(&frame, &mut scope).await?;
    let action = rule.as_ref().map_or_else(|| LIST.to_owned(), |rule| format!("{LIST}/{}", rule.id));
    let right = if rule.is_some() { Action::Update } else { Action::Create };
    let condition_row = |(place, row): (usize, condition::Row)| ConditionRow {
        place,
        fields: condition::choices(&frame, &known, &row.field),
        operators: condition::operators(&frame, &row.operator),
        value: row.value,
    };
    let no_team = Choice { value: String::new(), label: frame.t("rules-no-team"), is_chosen: false };
    let team = |team: &crm_core::users::Team| {
        let value = team.id.to_string();
        Choice { is_chosen: value == typed.text("teamId"), label: team_name(team), value }
    };
    let chosen: Vec<&str> = typed.all("userIds").collect();
    let page = RulePage {
        action: frame.url(&action),
        title: rule.as_ref().map_or_else(|| frame.t("rules-add"), |rule| rule.name.clone()),
        conditions: condition::typed(&typed).into_iter().enumerate().map(condition_row).collect(),
        strategies: choices(&frame, "rules-strategy", LeadAssignmentStrategy::NAMES, typed.text("strategy")),
        people: users(&people, &chosen),
        teams: std::iter::once(no_team).chain(teams.iter().map(team)).collect(),
        fields: condition::choices(&frame, &known, typed.text("field")),
        values: values(&frame, &people, &typed),
        others: faults.elsewhere(NAMES),
        may_manage: visit.may(Resource::LeadAssignmentRules, right, None),
        rule,
        typed,
        faults,
        is_stale,
        around,
        frame,
    };
    html(status, &page)
}

/// Those who can own leads, and those who are chosen already.
fn users(people: &People, chosen: &[&str]) -> Vec<Choice> {
    let mut users: Vec<Choice> = people
        .active()
        .map(|(value, name)| Choice { is_chosen: chosen.contains(&value.as_str()), label: name.to_owned(), value })
        .collect();
    for id in chosen {
        if users.iter().all(|user| user.value != **id) {
            let name = id.parse().ok().and_then(|id: UserId| people.name(id).map(str::to_owned));
            let label = name.unwrap_or_else(|| (*id).to_owned());
            users.push(Choice { value: (*id).to_owned(), label, is_chosen: true });
        }
    }
    users
}

fn values(frame: &Frame, people: &People, typed: &Fields) -> Vec<ValueRow> {
    let is_filled = |place: &usize| typed.get(&format!("value-{place}")).is_some();
    let filled = (0..MOST).filter(is_filled).max().map_or(0, |last| last + 1);
    let row = |place: usize| {
        let chosen: Vec<&str> = typed.get(&format!("user-{place}")).into_iter().collect();
        let nobody = Choice { value: String::new(), label: frame.t("rules-no-user"), is_chosen: chosen.is_empty() };
        ValueRow {
            place,
            value: typed.text(&format!("value-{place}")).to_owned(),
            users: std::iter::once(nobody).chain(users(people, &chosen)).collect(),
        }
    };
    (0..(filled + MORE).min(MOST)).map(row).collect()
}

pub(super) async fn create(visit: Visit, form: Form) -> PageResult {
    visit.authorize(Resource::LeadAssignmentRules, Action::Create, None)?;
    let outcome = match read(&visit, &form.0).await {
        Ok(new) => visit.scope().lead_assignment_rules().create(new).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(_) => Ok(see_other(visit.frame.url(&format!("{LIST}?done=lead-rule-added")))),
        Err(error) => faulty(&visit, None, form.0, error).await,
    }
}

pub(super) async fn save(visit: Visit, id: web::Path<String>, form: Form) -> PageResult {
    visit.authorize(Resource::LeadAssignmentRules, Action::Update, None)?;
    let (id, version) = (parsed::<LeadAssignmentRuleId>(&id)?, form.version()?);
    let mut scope = visit.scope();
    let outcome = match read(&visit, &form.0).await {
        Ok(new) => scope.lead_assignment_rules().update(id, patch(new), Some(version)).await,
        Err(error) => Err(error),
    };
    match outcome {
        Ok(_) => Ok(see_other(visit.frame.url(&format!("{LIST}?done=lead-rule-saved")))),
        Err(error @ (Error::NotFound { .. } | Error::Forbidden { .. })) => Err(error.into()),
        Err(error) => {
            let now = scope.lead_assignment_rules().get(id).await?;
            faulty(&visit, Some(now), form.0, error).await
        }
    }
}

async fn faulty(visit: &Visit, rule: Option<LeadAssignmentRule>, typed: Fields, error: Error) -> PageResult {
    let (status, faults, is_stale) = match error {
        Error::Stale { .. } => (StatusCode::PRECONDITION_FAILED, Faults::default(), true),
        error => (StatusCode::UNPROCESSABLE_ENTITY, faults(error, visit.frame.language())?, false),
    };
    render(visit, rule, Open { status, typed, faults, is_stale }).await
}

/// The rule that a form describes. What the strategy does not ask for is left out.
async fn read(visit: &Visit, form: &Fields) -> Result<NewLeadAssignmentRule, Error> {
    let fields = condition::fields(&visit.frame, &mut visit.scope()).await?;
    let text = |name: &str| form.get(name).map(str::to_owned);
    let strategy: LeadAssignmentStrategy = form.text("strategy").parse().unwrap_or_default();
    let is_by_field = strategy == LeadAssignmentStrategy::ByField;
    let takes_turns = matches!(strategy, LeadAssignmentStrategy::RoundRobin | LeadAssignmentStrategy::LeastLoaded);
    Ok(NewLeadAssignmentRule {
        name: text("name"),
        description: text("description"),
        condition: condition::read(form, &fields)?,
        strategy: Some(strategy),
        user_ids: Some(if is_by_field { Vec::new() } else { in_order(form) }),
        team_id: form.get("teamId").filter(|_| takes_turns).and_then(|id| id.parse().ok()),
        field: text("field").filter(|_| is_by_field),
        field_users: Some(if is_by_field { by_value(form) } else { Vec::new() }),
        capacity: number(form, "capacity")?,
        working_hours_only: Some(form.get("workingHoursOnly").is_some()),
        position: number(form, "position")?,
        is_active: Some(form.get("isActive").is_some()),
    })
}

/// A number; what is none is told as one that is out of range.
fn number(form: &Fields, name: &'static str) -> Result<Option<i64>, Error> {
    let fault = || crm_core::Violations::one(format!("/{name}"), "out_of_range", "a whole number from 0 to 1,000,000");
    form.get(name).map(|text| text.parse::<i64>().map_err(|_| fault().into())).transpose()
}

/// The chosen users: those that the rule has had in their order, then the others.
fn in_order(form: &Fields) -> Vec<UserId> {
    let chosen: Vec<UserId> = form.all("userIds").filter_map(|id| id.parse().ok()).collect();
    let before = form.all("order").filter_map(|id| id.parse().ok()).filter(|id| chosen.contains(id));
    let mut users: Vec<UserId> = Vec::with_capacity(chosen.len());
    for user in before.chain(chosen.iter().copied()) {
        if !users.contains(&user) {
            users.push(user);
        }
    }
    users
}

/// The users that go with values. A row without a value or a user counts for nothing.
fn by_value(form: &Fields) -> Vec<LeadFieldUser> {
    let entry = |place: usize| {
        let user_id = form.get(&format!("user-{place}"))?.parse().ok()?;
        Some(LeadFieldUser { value: form.get(&format!("value-{place}"))?.to_owned(), user_id })
    };
    (0..MOST).filter_map(entry).collect()
}

/// The change that makes a rule this one.
fn patch(new: NewLeadAssignmentRule) -> LeadAssignmentRulePatch {
    LeadAssignmentRulePatch {
        name: new.name.into(),
        description: new.description.into(),
        condition: new.condition.into(),
        strategy: new.strategy.into(),
        user_ids: new.user_ids.into(),
        team_id: new.team_id.into(),
        field: new.field.into(),
        field_users: new.field_users.into(),
        capacity: new.capacity.into(),
        working_hours_only: new.working_hours_only.into(),
        position: new.position.into(),
        is_active: new.is_active.into(),
    }
}
