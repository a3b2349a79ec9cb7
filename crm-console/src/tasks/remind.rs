//! The reminders of a task in its form: so long before it is due, or at a moment before that.

use chrono::{DateTime, NaiveDate, Utc};
use crm_core::patch::Patch;
use crm_core::tasks::{ReminderChannel, Task, TaskReminder};

use crate::base::fields::Fields;
use crate::base::moment::Calendar;
use crate::customers::{Choice, Faults};
use crate::web::Frame;

/// How many reminders a task has at most.
const MOST: usize = 5;
/// The distances that are offered, in minutes.
const USUAL: [u32; 10] = [0, 5, 15, 30, 60, 120, 240, 1_440, 2_880, 10_080];
/// The button that shows another line.
pub(super) const MORE: &str = "moreReminders";
/// The choice of a moment.
const AT: &str = "at";
/// The time of day at which reminders take a task with a date for due.
const OF_A_DAY: &str = "T09:00";

/// A reminder as the form shows it.
pub(super) struct Row {
    pub place: usize,
    /// Its number, for people.
    pub number: String,
    /// True if it was asked for just now, so that the keyboard goes on here.
    pub is_focused: bool,
    pub before: Vec<Choice>,
    pub at: String,
    pub channels: Vec<Choice>,
}

/// The part of the form.
pub(super) struct Reminders {
    pub rows: Vec<Row>,
    /// Whether there may be another one.
    pub may_add: bool,
    pub fault: Option<String>,
}

impl Reminders {
    pub(super) fn of(frame: &Frame, values: &Fields, faults: &Faults) -> Self {
        let (shown, is_step) = (count(values).max(1), values.has(MORE));
        let count = if is_step { (shown + 1).min(MOST) } else { shown };
        let row = |place: usize| Row {
            place,
            number: (place + 1).to_string(),
            is_focused: is_step && place + 1 == count,
            before: distances(frame, values.text(&name(place, "before"))),
            at: values.text(&name(place, "at")).to_owned(),
            channels: channels(frame, values.text(&name(place, "channel"))),
        };
        Self { rows: (0..count).map(row).collect(), may_add: count < MOST, fault: faults.at("reminders") }
    }
}

/// The name of a field of a reminder.
fn name(place: usize, field: &str) -> String {
    format!("reminder.{place}.{field}")
}

/// How many reminders a form has.
fn count(form: &Fields) -> usize {
    form.get("reminders").and_then(|count| count.parse::<usize>().ok()).unwrap_or_default().min(MOST)
}

fn distances(frame: &Frame, chosen: &str) -> Vec<Choice> {
    let choice = |value: String, label: String| Choice { is_chosen: value == chosen, value, label };
    let own: Option<u32> = chosen.parse().ok().filter(|minutes| !USUAL.contains(minutes));
    let before = USUAL.into_iter().chain(own).map(|minutes| choice(minutes.to_string(), words(frame, minutes)));
    let none = std::iter::once(choice(String::new(), frame.t("reminder-none")));
    none.chain(before).chain([choice(AT.to_owned(), frame.t("reminder-at"))]).collect()
}

fn channels(frame: &Frame, chosen: &str) -> Vec<Choice> {
    let choice = |name: &&str| Choice {
        value: (*name).to_owned(),
        label: frame.named("reminder-channel", name),
        is_chosen: *name == chosen,
    };
    ReminderChannel::NAMES.iter().map(choice).collect()
}

/// A distance in its greatest unit.
fn words(frame: &Frame, minutes: u32) -> String {
    let language = frame.language();
    match (minutes / 1_440, minutes / 60) {
        _ if minutes == 0 => frame.t("reminder-when-due"),
        (days, _) if minutes.is_multiple_of(1_440) => language.counted("reminder-days", days),
        (_, hours) if minutes.is_multiple_of(60) => language.counted("reminder-hours", hours),
        _ => language.counted("reminder-minutes", minutes),
    }
}

/// A reminder in words.
pub(super) fn told(frame: &Frame, reminder: &TaskReminder) -> String {
    let channel = frame.named("reminder-channel", reminder.channel.as_str());
    format!("{} ({channel})", words(frame, reminder.minutes_before))
}

/// The fields of stored reminders as they are typed.
pub(super) fn typed(fields: Fields, reminders: &[TaskReminder]) -> Fields {
    let fields = fields.with("reminders", &reminders.len().max(1).to_string());
    reminders.iter().enumerate().fold(fields, |fields, (place, reminder)| {
        let fields = fields.with(&name(place, "before"), &reminder.minutes_before.to_string());
        fields.with(&name(place, "channel"), reminder.channel.as_str())
    })
}

/// When a task with a date counts as due. `days` are those of the company.
pub(super) fn of_day(days: &Calendar, day: NaiveDate) -> Option<DateTime<Utc>> {
    days.read(&format!("{day}{OF_A_DAY}"))
}

/// The change that a form makes. A form without these fields changes nothing, and so does one that says the same.
///
/// # Errors
/// What cannot be read, and a moment after the task is due.
pub(super) fn patch(
    frame: &Frame,
    before: Option<&Task>,
    due: Option<DateTime<Utc>>,
    form: &Fields,
) -> Result<Patch<Vec<TaskReminder>>, Faults> {
    if !form.has("reminders") {
        return Ok(Patch::Absent);
    }
    let mut wanted = Vec::new();
    for place in 0..count(form) {
        let Some(minutes_before) = minutes(frame, due, form, place)? else { continue };
        let channel = form.text(&name(place, "channel")).parse().unwrap_or(ReminderChannel::InApp);
        wanted.push(TaskReminder { channel, minutes_before });
    }
    let held = before.map(|before| before.reminders.as_slice()).unwrap_or_default();
    Ok(if wanted == held { Patch::Absent } else { Patch::Set(wanted) })
}

/// How many minutes before the task is due; nothing for a line that is left empty.
fn minutes(frame: &Frame, due: Option<DateTime<Utc>>, form: &Fields, place: usize) -> Result<Option<u32>, Faults> {
    let fault = |rule: &str| Faults::named("reminders", rule, frame.language());
    match form.get(&name(place, "before")) {
        None => Ok(None),
        Some(AT) => {
            let at = form.get(&name(place, "at")).and_then(|text| frame.calendar.read(text));
            let at = at.ok_or_else(|| fault("reminder-moment"))?;
            let due = due.ok_or_else(|| fault("due-required"))?;
            // Whole minutes are what a form shows.
            let minutes = u32::try_from((due - at).num_minutes()).map_err(|_| fault("reminder-late"))?;
            Ok(Some(minutes))
        }
        Some(text) => text.parse().map(Some).map_err(|_| fault("reminder-moment")),
    }
}
