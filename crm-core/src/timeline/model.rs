//! What a timeline is made of.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::ExternalEntry;
use crate::base::ids::CustomerId;
use crate::base::string_enum::string_enum;
use crate::customers::LinkedCustomer;
use crate::deals::Deal;
use crate::history::{Change, FieldChange};
use crate::interactions::Interaction;
use crate::notes::Note;
use crate::scope::actor::ActorRef;
use crate::tasks::Task;

string_enum! {
    /// What kind of entry a timeline has.
    TimelineKind {
        /// The customer was added or changed.
        Change = "change",
        /// The customer was added or changed by an import.
        Import = "import",
        /// The customer was put into the trash or brought back.
        Trash = "trash",
        /// Tags were put on the customer, or taken off.
        Tag = "tag",
        /// A note was written.
        Note = "note",
        /// Something was done with the customer, or is planned.
        Interaction = "interaction",
        /// A task was added.
        Task = "task",
        /// A deal entered the stage in which it is.
        Deal = "deal",
        /// Something that the host tells: an invoice, an order.
        External = "external",
    }
}

/// Which entries of a timeline are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TimelineQuery {
    /// Only these kinds; all if there is none.
    pub kind: Vec<TimelineKind>,
    /// Only entries at or after this time.
    pub from: Option<DateTime<Utc>>,
    /// Only entries before this time.
    pub to: Option<DateTime<Utc>>,
    /// The entries of an organization's people as well: of the customers whose primary organization it is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub include_people: bool,
}

impl TimelineQuery {
    pub(super) fn wants(&self, kind: TimelineKind) -> bool {
        self.kind.is_empty() || self.kind.contains(&kind)
    }
}

/// One entry of a timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TimelineEntry {
    /// The id of the change, the note, the interaction, the task or the deal, or what the host calls it.
    pub id: Uuid,
    /// When it happened: a note when it was written; an interaction when it was completed, begun or is planned for; a
    /// task when it was added; a deal when it entered its stage.
    pub at: DateTime<Utc>,
    /// What kind of entry this is.
    pub kind: TimelineKind,
    /// What happened: `created`, `updated`, `deleted`, `restored`, `tagged`, `untagged`; of an interaction, a task or a
    /// deal its status.
    pub action: String,
    /// A title to show, where there is one.
    pub title: Option<String>,
    /// Whose entry it is, where the people of an organization are included.
    pub customer: Option<LinkedCustomer>,
    /// Who did it.
    pub actor: ActorRef,
    /// On whose request, where one is known.
    pub request_id: Option<String>,
    /// The version that the record got, or has.
    pub version: Option<i64>,
    /// The fields of the customer that changed.
    pub changes: Vec<FieldChange>,
    /// The note.
    pub note: Option<Note>,
    /// The interaction.
    pub interaction: Option<Interaction>,
    /// The task.
    pub task: Option<Task>,
    /// The deal.
    pub deal: Option<Deal>,
    /// Which system tells it, where it is not this one.
    pub source: Option<String>,
    /// What that system tells.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub data: Map<String, Value>,
    /// Whose entry it is, if this system tells it.
    #[serde(skip)]
    pub(super) of: Option<CustomerId>,
}

impl TimelineEntry {
    /// An entry with nothing in it but what all have.
    pub(super) fn new(id: Uuid, at: DateTime<Utc>, kind: TimelineKind, action: String, actor: ActorRef) -> Self {
        Self {
            id,
            at,
            kind,
            action,
            title: None,
            customer: None,
            actor,
            request_id: None,
            version: None,
            changes: Vec::new(),
            note: None,
            interaction: None,
            task: None,
            deal: None,
            source: None,
            data: Map::new(),
            of: None,
        }
    }
}

impl From<Change> for TimelineEntry {
    fn from(change: Change) -> Self {
        let Change { id, at, action, actor, request_id, version, changes, origin } = change;
        let kind = match (action.as_str(), origin.as_deref()) {
            ("deleted" | "restored", _) => TimelineKind::Trash,
            ("tagged" | "untagged", _) => TimelineKind::Tag,
            (_, Some("import")) => TimelineKind::Import,
            _ => TimelineKind::Change,
        };
        Self { request_id, version: Some(version), changes, ..Self::new(id.0, at, kind, action, actor) }
    }
}

impl From<Note> for TimelineEntry {
    fn from(note: Note) -> Self {
        let created = || "created".to_owned();
        Self {
            title: note.title.clone(),
            version: Some(note.version),
            ..Self::new(note.id.0, note.created_at, TimelineKind::Note, created(), note.created_by.clone())
        }
        .with_note(note)
    }
}

impl From<Interaction> for TimelineEntry {
    fn from(interaction: Interaction) -> Self {
        let (at, action, by) =
            (interaction.occurred_at, interaction.status.to_string(), interaction.created_by.clone());
        Self {
            title: interaction.subject.clone(),
            version: Some(interaction.version),
            ..Self::new(interaction.id.0, at, TimelineKind::Interaction, action, by)
        }
        .with_interaction(interaction)
    }
}

impl From<Task> for TimelineEntry {
    fn from(task: Task) -> Self {
        let (action, by) = (task.status.to_string(), task.created_by.clone());
        Self {
            title: Some(task.title.clone()),
            version: Some(task.version),
            ..Self::new(task.id.0, task.created_at, TimelineKind::Task, action, by)
        }
        .with_task(task)
    }
}

impl From<Deal> for TimelineEntry {
    fn from(deal: Deal) -> Self {
        let (at, action, by) = (deal.stage_entered_at, deal.status.to_string(), deal.created_by.clone());
        Self {
            title: Some(deal.name.clone()),
            version: Some(deal.version),
            ..Self::new(deal.id.0, at, TimelineKind::Deal, action, by)
        }
        .with_deal(deal)
    }
}

impl TimelineEntry {
    fn with_note(self, note: Note) -> Self {
        Self { note: Some(note), ..self }
    }

    fn with_interaction(self, interaction: Interaction) -> Self {
        Self { interaction: Some(interaction), ..self }
    }

    fn with_task(self, task: Task) -> Self {
        Self { task: Some(task), ..self }
    }

    fn with_deal(self, deal: Deal) -> Self {
        Self { deal: Some(deal), ..self }
    }
}

impl From<ExternalEntry> for TimelineEntry {
    fn from(entry: ExternalEntry) -> Self {
        let ExternalEntry { id, at, source, action, title, actor, data } = entry;
        Self { title, source: Some(source), data, ..Self::new(id, at, TimelineKind::External, action, actor) }
    }
}
