//! One task with its whole text and its steps.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::ids::{TaskId, UserId};
use crm_core::tasks::Task;

use super::row::Row;
use super::{remind, repeat};
use crate::base::fields::Fields;
use crate::base::markdown;
use crate::customers::{Faults, parsed};
use crate::interactions::customer_names;
use crate::web::{Frame, PageResult, People, Visit, html};

#[derive(Template)]
#[template(path = "tasks/show.html")]
struct ShowPage {
    frame: Frame,
    row: Row,
    back: String,
    version: i64,
    /// Labels and values.
    facts: Vec<(String, String)>,
    /// The interaction that it comes from.
    interaction: Option<String>,
    /// HTML that is safe.
    description: Option<String>,
    steps: Vec<Step>,
    /// True, so that a tick comes back to the dialogue that shows the page.
    stays: bool,
    /// What was typed as the result, and what is wrong with it.
    result: String,
    fault: Option<String>,
    others: Vec<String>,
    /// True if the task had changed when a step was ticked.
    is_stale: bool,
}

struct Step {
    text: String,
    is_done: bool,
    /// True if it was ticked just now, so that the keyboard goes on here.
    is_focused: bool,
}

impl ShowPage {
    /// Where the keyboard begins: at a step, at the result, or at the last button.
    fn focus(&self) -> &'static str {
        if self.steps.iter().any(|step| step.is_focused) {
            "step"
        } else if self.row.is_open && self.row.may_update {
            "result"
        } else {
            "close"
        }
    }
}

/// What a form has left open.
pub(super) struct Open {
    pub status: StatusCode,
    /// What was typed, or the query.
    pub given: Fields,
    pub faults: Faults,
    pub is_stale: bool,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    let given = visit.query.clone();
    let open = Open { status: StatusCode::OK, given, faults: Faults::default(), is_stale: false };
    render(&visit, parsed(&id)?, open).await
}

/// The page of a task, with what a form has left open.
pub(super) async fn render(visit: &Visit, id: TaskId, open: Open) -> PageResult {
    let mut scope = visit.scope();
    let task = scope.tasks().get(id).await?;
    let names = customer_names(&mut scope, task.customer_id.into_iter()).await?;
    let people = People::read(&mut scope).await?;
    let frame = visit.frame.clone().within("tasks");
    let Open { status, given, faults, is_stale } = open;
    let back = visit.back(&given, "tasks");
    let focused: Option<usize> = given.get("step").and_then(|place| place.parse().ok());
    let steps = task.checklist.iter().enumerate().map(|(place, step)| Step {
        text: step.text.clone(),
        is_done: step.is_done,
        is_focused: focused == Some(place),
    });
    let here = frame.url(&format!("tasks/{id}{}", Fields::default().with("back", &back).query()));
    let page = ShowPage {
        row: Row::of(visit, &task, &names, &back),
        version: task.version,
        facts: facts(&frame, &task, &people),
        interaction: task.interaction_id.map(|interaction| {
            let query = Fields::default().with("back", &here).query();
            frame.url(&format!("interactions/{interaction}{query}"))
        }),
        description: task.description.as_deref().map(markdown::render),
        steps: steps.collect(),
        stays: true,
        result: given.text("result").to_owned(),
        fault: faults.at("result"),
        others: faults.elsewhere(&["result"]),
        is_stale,
        back,
        frame,
    };
    html(status, &page)
}

fn facts(frame: &Frame, task: &Task, people: &People) -> Vec<(String, String)> {
    let time = |at: Option<_>| at.map(|at| frame.calendar.full(at).words);
    let unknown = || frame.t("person-unknown");
    let name = |user: &UserId| people.name(*user).map_or_else(unknown, str::to_owned);
    let collaborators: Vec<String> = task.collaborator_ids.iter().map(name).collect();
    let reminders: Vec<String> = task.reminders.iter().map(|reminder| remind::told(frame, reminder)).collect();
    let listed = |words: Vec<String>| (!words.is_empty()).then(|| words.join(", "));
    let facts = [
        ("field-priority", Some(frame.named("task-priority", task.priority.as_str()))),
        ("field-assignee-id", task.assignee.as_ref().and_then(|assignee| assignee.display_name.clone())),
        ("field-start-at", time(task.start_at)),
        ("field-collaborator-ids", listed(collaborators)),
        ("field-reminders", listed(reminders)),
        ("field-recurrence", task.recurrence.as_deref().map(|rule| repeat::words(frame, rule))),
        ("field-completed-at", time(task.completed_at)),
        ("tasks-completed-by", task.completed_by.as_ref().map(|by| people.actor(frame, by))),
        ("field-result", task.result.clone()),
        ("field-created-by", Some(people.actor(frame, &task.created_by))),
        ("field-created-at", time(Some(task.created_at))),
    ];
    facts.into_iter().filter_map(|(label, value)| Some((frame.t(label), value?))).collect()
}
