//! The timeline of a customer or a lead, by day.

use chrono::NaiveDate;
use crm_core::actor::{Action, ActorRef, Resource};
use crm_core::deals::{Deal, DealStatus};
use crm_core::history::FieldChange;
use crm_core::ids::CustomerId;
use crm_core::interactions::{Interaction, InteractionType};
use crm_core::money::Money;
use crm_core::notes::{Note, NoteQuery, NoteVisibility};
use crm_core::page::PageRequest;
use crm_core::tasks::Task;
use crm_core::timeline::{TimelineEntry, TimelineKind, TimelineQuery};
use crm_core::{CompanyScope, Error};
use crm_web::problem::ApiError;
use serde_json::Value;

use super::party::Party;
use super::{Choice, fields};
use crate::base::amounts;
use crate::base::fields::Fields;
use crate::base::markdown;
use crate::base::moment::Shown;
use crate::interactions::Generated;
use crate::tasks::{due, icon as task_icon, steps};
use crate::web::{Frame, People, Visit};

/// How many entries come at once.
const ENTRIES: u64 = 30;

/// What happened on a day.
pub(crate) struct Day {
    pub heading: String,
    /// The day, for the id of its heading.
    pub key: NaiveDate,
    pub entries: Vec<Entry>,
}

/// One entry as the page shows it.
#[derive(Default)]
pub(crate) struct Entry {
    pub id: String,
    pub icon: &'static str,
    /// Who did it.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// The page and the name of the person whose entry it is, on the page of an organization.
    pub customer: Option<(String, String)>,
    pub title: Option<String>,
    /// The page of what the title names.
    pub link: Option<String>,
    pub at: Option<Shown>,
    /// HTML that is safe.
    pub body: Option<String>,
    pub is_truncated: bool,
    /// Where the whole text is.
    pub page: Option<String>,
    pub is_private: bool,
    /// A few words each: the outcome, how long it took.
    pub facts: Vec<String>,
    pub changes: Vec<Changed>,
    /// What a language model has made of it.
    pub ai: Option<Generated>,
    /// Where to pin or unpin it, and whether it is pinned.
    pub pin: Option<(String, bool)>,
    /// Where to complete it.
    pub complete: Option<String>,
    /// Where it is completed with one click.
    pub tick: Option<String>,
    /// Where to edit it, and where to delete it.
    pub edit: Option<String>,
    pub delete: Option<String>,
    /// Where its forms come back to.
    pub back: String,
    pub is_card: bool,
}

/// A field before and after.
pub(crate) struct Changed {
    pub label: String,
    pub from: String,
    pub to: String,
}

/// What the entries of a page have in common.
pub(crate) struct Context<'p> {
    /// Whose timeline it is.
    pub party: Party,
    pub visit: &'p Visit,
    pub people: &'p People,
    /// The path of the page.
    pub url: &'p str,
    /// The query that addresses keep.
    pub keep: &'p str,
}

/// The icon of a type of interaction.
pub(crate) fn icon(kind: InteractionType) -> &'static str {
    match kind {
        InteractionType::Call | InteractionType::Sms | InteractionType::Whatsapp => "phone",
        InteractionType::Email | InteractionType::Letter => "mail",
        InteractionType::Video => "video",
        InteractionType::Meeting | InteractionType::Visit | InteractionType::Lunch | InteractionType::Demo => {
            "calendar"
        }
        _ => "activity",
    }
}

/// The path of an interaction of a customer.
pub(crate) fn with_id(frame: &Frame, customer: CustomerId, rest: impl std::fmt::Display) -> String {
    frame.url(&format!("customers/{customer}/{rest}"))
}

/// What the timeline can be narrowed to: `value` is what addresses call it.
pub(crate) fn kinds(frame: &Frame, chosen: &str) -> Vec<Choice> {
    let choice = |value: &str| Choice {
        label: frame.named("timeline", if value.is_empty() { "all" } else { value }),
        is_chosen: value == chosen,
        value: value.to_owned(),
    };
    ["", "note", "interaction", "task", "deal", "change"].map(choice).into()
}

fn query(kind: &str, include_people: bool) -> TimelineQuery {
    let kind = match kind {
        "note" => vec![TimelineKind::Note],
        "interaction" => vec![TimelineKind::Interaction],
        "task" => vec![TimelineKind::Task],
        "deal" => vec![TimelineKind::Deal],
        "change" => vec![TimelineKind::Change, TimelineKind::Import, TimelineKind::Trash, TimelineKind::Tag],
        _ => Vec::new(),
    };
    TimelineQuery { kind, include_people, ..TimelineQuery::default() }
}

impl Context<'_> {
    fn frame(&self) -> &Frame {
        &self.visit.frame
    }

    /// A page of the timeline, by day, and the address of the next one.
    pub(crate) async fn days(&self, scope: &mut CompanyScope<'_>) -> Result<(Vec<Day>, Option<String>), ApiError> {
        let asked = &self.visit.query;
        let request = asked.get("cursor").map_or_else(PageRequest::default, PageRequest::after).limit(ENTRIES);
        let query = query(asked.text("kind"), asked.has("people"));
        let page = self.party.timeline(scope, &query, &request).await?;
        let mut days: Vec<Day> = Vec::new();
        for entry in page.data {
            let key = self.frame().calendar.date(entry.at);
            let entry = self.entry_of(entry);
            match days.last_mut().filter(|day| day.key == key) {
                Some(day) => day.entries.push(entry),
                None => days.push(Day { heading: self.frame().calendar.heading(key), key, entries: vec![entry] }),
            }
        }
        let next = |cursor: &str| {
            let kept = asked.without("done", None).without("edit", None).with("cursor", cursor);
            format!("{}{}", self.url, kept.query())
        };
        Ok((days, page.next_cursor.as_deref().map(next)))
    }

    /// The notes that are pinned; none for those who may not read notes.
    pub(crate) async fn pinned(&self, scope: &mut CompanyScope<'_>) -> Result<Vec<Entry>, ApiError> {
        let query = NoteQuery { is_pinned: Some(true), ..NoteQuery::default() };
        let page = match self.party.notes(scope).list(&query, &PageRequest::default()).await {
            Err(Error::Forbidden { .. }) => return Ok(Vec::new()),
            page => page?,
        };
        Ok(page.data.into_iter().map(|note| self.note(note)).collect())
    }

    /// An entry of the customer of the page, or of one of their people, to whose page its addresses belong.
    fn entry_of(&self, entry: TimelineEntry) -> Entry {
        match entry.customer.clone().filter(|customer| customer.id != self.party.id()) {
            None => self.entry(entry),
            Some(person) => {
                let url = self.frame().url(&super::customer_path(person.id));
                let context = Context { party: Party::Customer(person.id), url: &url, keep: "", ..*self };
                Entry { customer: Some((url.clone(), person.display_name)), ..context.entry(entry) }
            }
        }
    }

    fn entry(&self, entry: TimelineEntry) -> Entry {
        let (at, kind) = (entry.at, entry.kind);
        if let Some(task) = &entry.task {
            return Entry { at: Some(self.frame().calendar.clock(at)), ..self.task(task) };
        }
        if let Some(deal) = entry.deal {
            return Entry { at: Some(self.frame().calendar.clock(at)), ..self.deal(deal) };
        }
        // What a new customer began with stands in the fields.
        let changes = if entry.action == "created" { Vec::new() } else { self.changes(&entry.changes) };
        let shown = match (entry.note, entry.interaction) {
            (Some(note), _) => self.note(note),
            (None, Some(interaction)) => self.interaction(interaction),
            (None, None) => Entry {
                id: entry.id.to_string(),
                icon: match kind {
                    TimelineKind::Tag => "tag",
                    TimelineKind::Trash => "trash-2",
                    TimelineKind::External => "activity",
                    _ => "history",
                },
                actor: entry.source.unwrap_or_else(|| self.actor(&entry.actor)),
                action: match kind {
                    TimelineKind::External => entry.action,
                    TimelineKind::Import => self.frame().t("timeline-imported"),
                    _ => self.done(&entry.action),
                },
                title: entry.title,
                changes,
                ..Entry::default()
            },
        };
        Entry { at: Some(self.frame().calendar.clock(at)), ..shown }
    }

    /// A note.
    fn note(&self, note: Note) -> Entry {
        let frame = self.frame();
        let may_pin = self.visit.may(Resource::Notes, Action::Update, note.author_id());
        let may_delete = self.visit.may(Resource::Notes, Action::Delete, note.author_id());
        let address = format!("{}/notes/{}/pin{}", self.url, note.id, self.keep);
        Entry {
            id: note.id.to_string(),
            icon: "message-square",
            actor: note
                .author
                .as_ref()
                .and_then(|author| author.display_name.clone())
                .unwrap_or_else(|| self.actor(&note.created_by)),
            action: frame.named("note", note.note_type.as_str()),
            title: note.title,
            at: Some(frame.calendar.relative(note.created_at)),
            body: Some(markdown::render(&note.body)),
            is_truncated: note.is_truncated,
            page: Some(format!("{}/notes/{}{}", self.url, note.id, self.back_query())),
            is_private: note.visibility == NoteVisibility::Private,
            pin: may_pin.then_some((address, note.is_pinned)),
            edit: may_pin.then(|| format!("{}/notes/{}/edit{}", self.url, note.id, self.back_query())),
            delete: may_delete.then(|| format!("{}/notes/{}/delete", self.url, note.id)),
            back: self.back(),
            is_card: true,
            ..Entry::default()
        }
    }

    fn interaction(&self, interaction: Interaction) -> Entry {
        let frame = self.frame();
        let may = |action| self.visit.may(Resource::Interactions, action, interaction.owner_id);
        let may_complete = interaction.status.is_open() && may(Action::Update);
        let path = frame.url(&format!("interactions/{}", interaction.id));
        let owner = interaction.owner.as_ref().and_then(|owner| owner.display_name.clone());
        let minutes = interaction.duration_seconds.map(|seconds| seconds / 60).filter(|minutes| *minutes > 0);
        let facts = [
            Some(frame.named("interaction-status", interaction.status.as_str())),
            interaction.direction.map(|direction| frame.named("direction", direction.as_str())),
            interaction.outcome.as_deref().map(|outcome| frame.named("outcome", outcome)),
            minutes.map(|minutes| frame.language().counted("interaction-minutes", minutes)),
            interaction.location.clone(),
            interaction.follow_up_at.map(|at| frame.w("interaction-follow-up", &frame.calendar.full(at).words)),
        ];
        let ai = Generated::in_timeline(self.visit, self.people, &interaction, &self.back());
        Entry {
            ai,
            id: interaction.id.to_string(),
            icon: icon(interaction.interaction_type),
            actor: owner.unwrap_or_else(|| self.actor(&interaction.created_by)),
            action: frame.named("interaction", interaction.interaction_type.as_str()),
            title: interaction.subject,
            body: interaction.content.as_deref().map(markdown::render),
            is_truncated: interaction.is_truncated,
            page: Some(format!("{path}{}", self.back_query())),
            facts: facts.into_iter().flatten().collect(),
            complete: may_complete
                .then(|| format!("{}/interactions/{}/complete{}", self.url, interaction.id, self.keep)),
            edit: may(Action::Update).then(|| format!("{path}/edit{}", self.back_query())),
            delete: may(Action::Delete).then(|| format!("{path}/delete")),
            back: self.back(),
            is_card: true,
            ..Entry::default()
        }
    }

    /// A task, as it stands by now.
    fn task(&self, task: &Task) -> Entry {
        let frame = self.frame();
        let may = |action| self.visit.may(Resource::Tasks, action, task.assignee_id);
        let path = frame.url(&format!("tasks/{}", task.id));
        let assignee = task.assignee.as_ref().and_then(|assignee| assignee.display_name.clone());
        let facts = [
            Some(frame.named("task-status", task.status.as_str())),
            task.is_overdue.then(|| frame.t("tasks-late")),
            Some(frame.named("task-type", task.task_type.as_str())),
            due(self.visit, task).map(|due| frame.w("task-due", &due.words)),
            assignee.map(|name| frame.w("task-of", &name)),
            steps(frame, &task.checklist),
            task.result.as_ref().map(|result| frame.w("task-result", result)),
        ];
        Entry {
            id: task.id.to_string(),
            icon: task_icon(task.task_type),
            actor: self.actor(&task.created_by),
            action: frame.t("task-added"),
            title: Some(task.title.clone()),
            link: Some(format!("{path}{}", self.back_query())),
            body: task.description.as_deref().map(markdown::render),
            is_truncated: task.is_truncated,
            page: Some(format!("{path}{}", self.back_query())),
            facts: facts.into_iter().flatten().collect(),
            tick: (task.status.is_open() && may(Action::Update)).then(|| format!("{path}/complete")),
            edit: may(Action::Update).then(|| format!("{path}/edit{}", self.back_query())),
            delete: may(Action::Delete).then(|| format!("{path}/delete")),
            back: self.back(),
            is_card: true,
            ..Entry::default()
        }
    }

    /// A deal, where it entered its stage.
    fn deal(&self, deal: Deal) -> Entry {
        let frame = self.frame();
        let owner = deal.owner.as_ref().and_then(|owner| owner.display_name.clone());
        let money = |money: Option<Money>| money.map(|money| amounts::shown(frame.language(), money));
        let expected = deal.expected_close_date.filter(|_| deal.status == DealStatus::Open);
        let facts = [
            Some(deal.stage_name),
            money(deal.amount),
            expected.map(|day| frame.w("deals-expected", &frame.calendar.day(day))),
            deal.lost_reason.as_deref().map(|reason| frame.named("lost-reason", reason)),
        ];
        Entry {
            id: deal.id.to_string(),
            icon: "circle-dollar-sign",
            actor: owner.unwrap_or_else(|| self.actor(&deal.created_by)),
            action: frame.named("deal", deal.status.as_str()),
            title: Some(deal.name),
            link: Some(frame.url(&format!("deals/{}", deal.id))),
            facts: facts.into_iter().flatten().collect(),
            is_card: true,
            ..Entry::default()
        }
    }

    fn back(&self) -> String {
        format!("{}{}", self.url, self.keep)
    }

    fn back_query(&self) -> String {
        Fields::default().with("back", &self.back()).query()
    }

    fn actor(&self, actor: &ActorRef) -> String {
        self.people.actor(self.frame(), actor)
    }

    /// What was done, in words.
    fn done(&self, action: &str) -> String {
        let of_lead = || self.frame().language().known(&format!("timeline-lead-{action}"));
        let own = matches!(self.party, Party::Lead(_)).then(of_lead).flatten();
        own.unwrap_or_else(|| self.frame().named("timeline", action))
    }

    fn changes(&self, changes: &[FieldChange]) -> Vec<Changed> {
        let changed = changes.iter().map(|change| Changed {
            label: fields::label(self.frame(), &change.field),
            from: self.value(&change.field, &change.from),
            to: self.value(&change.field, &change.to),
        });
        changed.filter(|change| change.from != change.to).collect()
    }

    fn value(&self, field: &str, value: &Value) -> String {
        match value {
            Value::Null => String::new(),
            Value::String(text) if field == "ownerId" => {
                let known = text.parse().ok().and_then(|id| self.people.name(id).map(str::to_owned));
                known.unwrap_or_else(|| self.frame().t("person-unknown"))
            }
            // The name of a primary organization is another field; that of a parent is below the fields.
            Value::String(_) if matches!(field, "organizationId" | "parentId") => self.frame().t("link-linked"),
            Value::String(text) if matches!(field, "status" | "kind" | "rating" | "lostReason") => {
                let group = if field == "lostReason" { "lost-reason" } else { field };
                self.frame().named(group, text)
            }
            Value::String(text) => text.clone(),
            Value::Bool(flag) => self.frame().t(if *flag { "yes" } else { "no" }),
            Value::Array(items) => {
                let names = items.iter().map(|item| item.as_str().or(item["name"].as_str()).unwrap_or_default());
                names.filter(|name| !name.is_empty()).collect::<Vec<_>>().join(", ")
            }
            other => other.to_string(),
        }
    }
}
