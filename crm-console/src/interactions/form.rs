//! The fields of an interaction in forms.

use chrono::{DateTime, Utc};
use crm_core::actor::{Action, Reach, Resource};
use crm_core::interactions::{Interaction, InteractionDirection, InteractionPatch, InteractionType};
use crm_core::patch::Patch;

use super::participants;
use crate::base::fields::Fields;
use crate::customers::{Choice, Faults};
use crate::web::{Frame, People, Visit};

/// A field as the form shows it.
pub(crate) struct Line {
    pub name: &'static str,
    pub label: String,
    /// The type of the `<input>`; `textarea` for several lines.
    pub input: &'static str,
    pub value: String,
    pub choices: Vec<Choice>,
    pub most: u32,
    pub is_wide: bool,
    pub is_focused: bool,
    pub fault: Option<String>,
}

/// What a form asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asks {
    /// What is to come.
    Planned,
    /// What is to come, or has begun.
    Open,
    /// What has been.
    Closed,
}

/// A field: its JSON name, its label, how it is typed, and the longest text.
struct Spec(&'static str, &'static str, &'static str, u32);

const SPECS: &[Spec] = &[
    Spec("subject", "field-subject", "text", 250),
    Spec("type", "field-type", "choice", 0),
    Spec("direction", "field-direction", "choice", 0),
    Spec("scheduledAt", "field-scheduled-at", "datetime-local", 0),
    Spec("startedAt", "field-started-at", "datetime-local", 0),
    Spec("completedAt", "field-completed-at", "datetime-local", 0),
    Spec("durationSeconds", "field-minutes", "number", 5),
    Spec("location", "field-location", "text", 250),
    Spec("meetingUrl", "field-meeting-url", "url", 2048),
    Spec("ownerId", "field-owner-id", "choice", 0),
    Spec("outcome", "field-outcome", "text", 64),
    Spec("followUpAt", "field-follow-up-at", "datetime-local", 0),
    Spec("content", "field-content", "textarea", 65_536),
];

impl Asks {
    /// What the form for an interaction asks for.
    pub(super) const fn of(interaction: &Interaction) -> Self {
        if interaction.status.is_open() { Self::Open } else { Self::Closed }
    }

    fn has(self, name: &str) -> bool {
        match self {
            Self::Planned => !matches!(name, "startedAt" | "completedAt" | "outcome" | "followUpAt"),
            Self::Open => !matches!(name, "completedAt" | "outcome"),
            Self::Closed => true,
        }
    }
}

/// The lines of a form, with these values.
pub(super) fn lines(visit: &Visit, people: &People, asks: Asks, values: &Fields, faults: &Faults) -> Vec<Line> {
    let frame = &visit.frame;
    let first_fault = SPECS.iter().find(|spec| asks.has(spec.0) && faults.at(spec.0).is_some());
    // A person who adds participants goes on there.
    let focus = if participants::is_step(values) { "" } else { first_fault.map_or("subject", |spec| spec.0) };
    let line = |spec: &Spec| {
        let value = values.text(spec.0).to_owned();
        Line {
            name: spec.0,
            // Nothing has been said yet of what is to come.
            label: frame.t(if spec.0 == "content" && asks != Asks::Closed { "interactions-details" } else { spec.1 }),
            input: spec.2,
            choices: choices(visit, people, spec.0, &value),
            most: spec.3,
            is_wide: matches!(spec.0, "subject" | "content"),
            is_focused: spec.0 == focus,
            fault: faults.at(spec.0),
            value,
        }
    };
    SPECS.iter().filter(|spec| asks.has(spec.0)).map(line).collect()
}

/// The faults that have no line.
pub(super) fn others(asks: Asks, faults: &Faults) -> Vec<String> {
    let lines = SPECS.iter().map(|spec| spec.0).filter(|name| asks.has(name));
    faults.elsewhere(&lines.chain(["participants"]).collect::<Vec<_>>())
}

fn choices(visit: &Visit, people: &People, name: &str, value: &str) -> Vec<Choice> {
    let frame = &visit.frame;
    let named = |group: &str, names: &[&str]| -> Vec<(String, String)> {
        names.iter().map(|name| ((*name).to_owned(), frame.named(group, name))).collect()
    };
    let nothing = |label: String| std::iter::once((String::new(), label));
    let choices: Vec<(String, String)> = match name {
        "type" => named("interaction", InteractionType::NAMES),
        "direction" => {
            nothing(frame.t("direction-none")).chain(named("direction", InteractionDirection::NAMES)).collect()
        }
        "ownerId" => nothing(frame.t("owner-none")).chain(owners(visit, people, value)).collect(),
        _ => Vec::new(),
    };
    choices.into_iter().map(|(held, label)| Choice { is_chosen: held == value, value: held, label }).collect()
}

/// With the reach `own`, an interaction can be given to nobody else.
fn owners(visit: &Visit, people: &People, value: &str) -> Vec<(String, String)> {
    let me = visit.actor().user_id().map(|id| id.to_string());
    let all = visit.actor().reach(Resource::Interactions, Action::Update) == Some(Reach::All);
    let offered = people.active().filter(|(id, _)| all || me.as_ref() == Some(id) || id == value);
    offered.map(|(id, name)| (id, name.to_owned())).collect()
}

/// The values of an interaction as they are typed.
pub(super) fn typed(frame: &Frame, interaction: &Interaction) -> Fields {
    let time = |at: Option<DateTime<Utc>>| at.map(|at| frame.calendar.write(at)).unwrap_or_default();
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let values = [
        ("subject", text(&interaction.subject)),
        ("type", interaction.interaction_type.to_string()),
        ("direction", interaction.direction.map(|direction| direction.to_string()).unwrap_or_default()),
        ("scheduledAt", time(interaction.scheduled_at)),
        ("startedAt", time(interaction.started_at)),
        ("completedAt", time(interaction.completed_at)),
        ("durationSeconds", minutes(interaction)),
        ("location", text(&interaction.location)),
        ("meetingUrl", text(&interaction.meeting_url)),
        ("ownerId", interaction.owner_id.map(|owner| owner.to_string()).unwrap_or_default()),
        ("outcome", text(&interaction.outcome)),
        ("followUpAt", time(interaction.follow_up_at)),
        ("content", text(&interaction.content)),
    ];
    values.into_iter().fold(Fields::default(), |fields, (name, value)| fields.with(name, &value))
}

fn minutes(interaction: &Interaction) -> String {
    interaction.duration_seconds.map(|seconds| (seconds / 60).to_string()).unwrap_or_default()
}

/// The change that a form makes to an interaction, which a new one makes to a blank one; or the field that cannot be
/// read. Forms have no seconds, so a time that was not touched keeps its own.
pub(super) fn patch(
    frame: &Frame,
    asks: Asks,
    before: Option<&Interaction>,
    form: &Fields,
) -> Result<InteractionPatch, &'static str> {
    let held = before.map(|before| typed(frame, before)).unwrap_or_default();
    let is_changed = |name: &str| asks.has(name) && form.text(name) != held.text(name);
    let text = |name: &str| if is_changed(name) { form.get(name).map(str::to_owned).into() } else { Patch::Absent };
    let time = |name: &'static str| match form.get(name) {
        _ if !is_changed(name) => Ok(Patch::Absent),
        None => Ok(Patch::Clear),
        Some(text) => frame.calendar.read(text).map(Patch::Set).ok_or(name),
    };
    Ok(InteractionPatch {
        interaction_type: parsed(form, "type", is_changed("type"))?,
        direction: parsed(form, "direction", is_changed("direction"))?,
        subject: text("subject"),
        content: text("content"),
        outcome: text("outcome"),
        scheduled_at: time("scheduledAt")?,
        started_at: time("startedAt")?,
        completed_at: time("completedAt")?,
        duration_seconds: seconds(form, is_changed("durationSeconds"))?,
        location: text("location"),
        meeting_url: text("meetingUrl"),
        owner_id: parsed(form, "ownerId", is_changed("ownerId"))?,
        follow_up_at: time("followUpAt")?,
        participants: participants::patch(before, form),
        ..InteractionPatch::default()
    })
}

fn parsed<T: std::str::FromStr>(form: &Fields, name: &'static str, is_changed: bool) -> Result<Patch<T>, &'static str> {
    match form.get(name) {
        _ if !is_changed => Ok(Patch::Absent),
        None => Ok(Patch::Clear),
        Some(text) => text.parse().map(Patch::Set).map_err(|_| name),
    }
}

fn seconds(form: &Fields, is_changed: bool) -> Result<Patch<i64>, &'static str> {
    let minutes: Patch<i64> = parsed(form, "durationSeconds", is_changed)?;
    Ok(match minutes {
        Patch::Set(minutes) => Patch::Set(minutes.checked_mul(60).ok_or("durationSeconds")?),
        other => other,
    })
}
