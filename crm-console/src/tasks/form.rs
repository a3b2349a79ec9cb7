//! The fields of a task in forms.

use chrono::{DateTime, NaiveDate, Utc};
use crm_core::actor::{Action, Reach, Resource};
use crm_core::ids::UserId;
use crm_core::patch::Patch;
use crm_core::tasks::{ChecklistItem, Task, TaskPatch, TaskPriority, TaskStatus, TaskType};

use super::due::days;
use super::{picker, remind, repeat};
use crate::base::fields::Fields;
use crate::customers::{Choice, Faults};
use crate::interactions::Line;
use crate::web::{Frame, People, Visit};

/// What a form asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    /// What is to be added.
    New,
    /// What is to be done.
    Open,
    Completed,
    Canceled,
}

/// A field: its name in the form, its label, how it is typed, and the longest text.
struct Spec(&'static str, &'static str, &'static str, u32);

const SPECS: &[Spec] = &[
    Spec("title", "field-title", "text", 250),
    Spec("type", "field-type", "choice", 0),
    Spec("priority", "field-priority", "choice", 0),
    Spec("dueDate", "field-due-date", "date", 0),
    Spec("dueTime", "field-due-time", "time", 0),
    Spec("status", "field-status", "choice", 0),
    Spec("assigneeId", "field-assignee-id", "choice", 0),
    Spec("startAt", "field-start-at", "datetime-local", 0),
    Spec("result", "field-result", "textarea", 2_000),
    Spec("description", "field-description", "textarea", 65_536),
    Spec("checklist", "tasks-steps", "textarea", 25_100),
];

/// What has a place of its own in the form.
const ELSEWHERE: &[&str] = &["dueAt", "customerId", "interactionId", "collaboratorIds", "reminders", "recurrence"];

impl Asks {
    /// What the form for a task asks for.
    pub(super) const fn of(task: &Task) -> Self {
        match task.status {
            TaskStatus::Completed => Self::Completed,
            TaskStatus::Canceled => Self::Canceled,
            _ => Self::Open,
        }
    }

    fn has(self, name: &str) -> bool {
        match name {
            "status" => self == Self::Open,
            "startAt" => self != Self::New,
            "result" => self == Self::Completed,
            _ => true,
        }
    }
}

/// The lines of a form, with these values.
pub(super) fn lines(visit: &Visit, people: &People, asks: Asks, values: &Fields, faults: &Faults) -> Vec<Line> {
    let first_fault = SPECS.iter().find(|spec| asks.has(spec.0) && fault(faults, spec.0).is_some());
    // A person who chooses a customer goes on there.
    let focus = if picker::is_step(values) { "" } else { first_fault.map_or("title", |spec| spec.0) };
    let line = |spec: &Spec| {
        let value = values.text(spec.0).to_owned();
        Line {
            name: spec.0,
            label: visit.frame.t(spec.1),
            input: spec.2,
            choices: choices(visit, people, asks, spec.0, &value),
            most: spec.3,
            is_wide: matches!(spec.0, "title" | "result" | "description" | "checklist"),
            is_focused: spec.0 == focus,
            fault: fault(faults, spec.0),
            value,
        }
    };
    SPECS.iter().filter(|spec| asks.has(spec.0)).map(line).collect()
}

/// What is wrong with a field. A time stands in two of them.
fn fault(faults: &Faults, name: &str) -> Option<String> {
    faults.at(if name == "dueTime" { "dueAt" } else { name })
}

/// The faults that have no line.
pub(super) fn others(asks: Asks, faults: &Faults) -> Vec<String> {
    let lines = SPECS.iter().map(|spec| spec.0).filter(|name| asks.has(name));
    let elsewhere = faults.elsewhere(&lines.chain(ELSEWHERE.iter().copied()).collect::<Vec<_>>());
    // Forms do not name the interaction, so its fault is told without a name.
    faults.at("interactionId").into_iter().chain(elsewhere).collect()
}

fn choices(visit: &Visit, people: &People, asks: Asks, name: &str, value: &str) -> Vec<Choice> {
    let frame = &visit.frame;
    let named = |group: &str, names: &[&str]| -> Vec<(String, String)> {
        names.iter().map(|name| ((*name).to_owned(), frame.named(group, name))).collect()
    };
    let choices: Vec<(String, String)> = match name {
        "type" => named("task-type", TaskType::NAMES),
        "priority" => named("task-priority", TaskPriority::NAMES),
        "status" => named("task-status", TaskStatus::NAMES),
        "assigneeId" => {
            let nobody = std::iter::once((String::new(), frame.t("tasks-whose-none")));
            nobody.chain(assignees(visit, people, asks, value)).collect()
        }
        _ => Vec::new(),
    };
    choices.into_iter().map(|(held, label)| Choice { is_chosen: held == value, value: held, label }).collect()
}

/// With the reach `own`, a task can be given to nobody else.
fn assignees(visit: &Visit, people: &People, asks: Asks, value: &str) -> Vec<(String, String)> {
    let me = visit.actor().user_id().map(|id| id.to_string());
    let action = if asks == Asks::New { Action::Create } else { Action::Update };
    let all = visit.actor().reach(Resource::Tasks, action) == Some(Reach::All);
    let offered = people.active().filter(|(id, _)| all || me.as_ref() == Some(id) || id == value);
    offered.map(|(id, name)| (id, name.to_owned())).collect()
}

/// The values of a task as they are typed.
pub(super) fn typed(frame: &Frame, task: &Task) -> Fields {
    let calendar = &frame.calendar;
    let due = task.due_at.map(|at| calendar.write(at)).unwrap_or_default();
    let (due_date, due_time) = due.split_once('T').unwrap_or_default();
    let due_date = task.due_date.map_or_else(|| due_date.to_owned(), |day| day.to_string());
    let steps: Vec<&str> = task.checklist.iter().map(|step| step.text.as_str()).collect();
    let id = |id: Option<String>| id.unwrap_or_default();
    let values = [
        ("title", task.title.clone()),
        ("type", task.task_type.to_string()),
        ("priority", task.priority.to_string()),
        ("dueDate", due_date),
        ("dueTime", due_time.to_owned()),
        ("status", task.status.to_string()),
        ("assigneeId", id(task.assignee_id.map(|assignee| assignee.to_string()))),
        ("startAt", task.start_at.map(|at| calendar.write(at)).unwrap_or_default()),
        ("result", task.result.clone().unwrap_or_default()),
        ("description", task.description.clone().unwrap_or_default()),
        ("checklist", steps.join("\n")),
        ("customer", id(task.customer_id.map(|customer| customer.to_string()))),
    ];
    let fields = values.into_iter().fold(Fields::default(), |fields, (name, value)| fields.with(name, &value));
    let fields =
        task.collaborator_ids.iter().fold(fields, |fields, user| fields.and("collaborator", &user.to_string()));
    repeat::typed(remind::typed(fields, &task.reminders), task.recurrence.as_deref())
}

/// The change that a form makes to a task, which a new one makes to a blank one; or what cannot be read. Forms have no
/// seconds, so a time that was not touched keeps its own.
pub(super) fn patch(visit: &Visit, asks: Asks, before: Option<&Task>, form: &Fields) -> Result<TaskPatch, Faults> {
    let (frame, language) = (&visit.frame, visit.frame.language());
    let held = before.map(|before| typed(frame, before)).unwrap_or_default();
    let is_changed = |name: &str| asks.has(name) && form.text(name) != held.text(name);
    let text = |name: &str| if is_changed(name) { form.get(name).map(str::to_owned).into() } else { Patch::Absent };
    let customer = picker::chosen(form);
    let start_at = match form.get("startAt") {
        _ if !is_changed("startAt") => Patch::Absent,
        None => Patch::Clear,
        Some(text) => Patch::Set(frame.calendar.read(text).ok_or_else(|| Faults::unreadable("startAt", language))?),
    };
    let due = due(frame, form)?;
    let moment = match due {
        Due::At(at) => Some(at),
        Due::On(day) => remind::of_day(&days(visit), day),
        Due::Never => None,
    };
    let (due_at, due_date) = match due {
        _ if !is_changed("dueDate") && !is_changed("dueTime") => (Patch::Absent, Patch::Absent),
        // Setting one clears the other.
        Due::At(at) => (Patch::Set(at), Patch::Absent),
        Due::On(day) => (Patch::Absent, Patch::Set(day)),
        Due::Never => (Patch::Clear, Patch::Clear),
    };
    let unreadable = |name| Faults::unreadable(name, language);
    Ok(TaskPatch {
        title: text("title"),
        description: text("description"),
        task_type: parsed(form.get("type"), is_changed("type")).ok_or_else(|| unreadable("type"))?,
        status: parsed(form.get("status"), is_changed("status")).ok_or_else(|| unreadable("status"))?,
        priority: parsed(form.get("priority"), is_changed("priority")).ok_or_else(|| unreadable("priority"))?,
        due_at,
        due_date,
        start_at,
        result: text("result"),
        assignee_id: parsed(form.get("assigneeId"), is_changed("assigneeId"))
            .ok_or_else(|| unreadable("assigneeId"))?,
        customer_id: parsed(customer, customer.unwrap_or_default() != held.text("customer"))
            .ok_or_else(|| unreadable("customerId"))?,
        collaborator_ids: collaborators(before, form).ok_or_else(|| unreadable("collaboratorIds"))?,
        reminders: remind::patch(frame, before, moment, form)?,
        recurrence: repeat::patch(frame, before, form)?,
        checklist: if is_changed("checklist") { Patch::Set(steps(before, form)) } else { Patch::Absent },
        ..TaskPatch::default()
    })
}

/// The change of the collaborators; nothing if one cannot be read. A form without this field changes nothing, and so
/// does one that names the same.
fn collaborators(before: Option<&Task>, form: &Fields) -> Option<Patch<Vec<UserId>>> {
    if !form.has("collaborators") {
        return Some(Patch::Absent);
    }
    let wanted: Vec<UserId> = form.all("collaborator").map(str::parse).collect::<Result<_, _>>().ok()?;
    let held = before.map(|before| before.collaborator_ids.as_slice()).unwrap_or_default();
    let is_same = wanted.len() == held.len() && wanted.iter().all(|user| held.contains(user));
    Some(if is_same { Patch::Absent } else { Patch::Set(wanted) })
}

/// The change of a value; nothing if it cannot be read.
fn parsed<T: std::str::FromStr>(text: Option<&str>, is_changed: bool) -> Option<Patch<T>> {
    match text {
        _ if !is_changed => Some(Patch::Absent),
        None => Some(Patch::Clear),
        Some(text) => text.parse().ok().map(Patch::Set),
    }
}

/// When a task is due, as a form says it.
#[derive(Clone, Copy)]
enum Due {
    At(DateTime<Utc>),
    On(NaiveDate),
    Never,
}

fn due(frame: &Frame, form: &Fields) -> Result<Due, Faults> {
    let language = frame.language();
    let day: Option<NaiveDate> = match form.get("dueDate") {
        Some(text) => Some(text.parse().map_err(|_| Faults::unreadable("dueDate", language))?),
        None => None,
    };
    match (day, form.get("dueTime")) {
        (None, None) => Ok(Due::Never),
        (Some(day), None) => Ok(Due::On(day)),
        (None, Some(_)) => Err(Faults::required("dueDate", language)),
        (Some(day), Some(time)) => {
            let at = frame.calendar.read(&format!("{day}T{time}"));
            at.map(Due::At).ok_or_else(|| Faults::unreadable("dueAt", language))
        }
    }
}

/// The steps of a form, one on each line. Those that the task has already stay done.
fn steps(before: Option<&Task>, form: &Fields) -> Vec<ChecklistItem> {
    let mut held = before.map(|before| before.checklist.clone()).unwrap_or_default();
    let step = |text: &str| match held.iter().position(|step| step.text == text) {
        Some(place) => held.remove(place),
        None => ChecklistItem::new(text),
    };
    form.text("checklist").lines().map(str::trim).filter(|line| !line.is_empty()).map(step).collect()
}
