//! What is in the trash, as pages show it.

use crm_core::actor::{Action, ActorRef, Resource};
use crm_core::customers::Customer;
use crm_core::deals::Deal;
use crm_core::interactions::Interaction;
use crm_core::leads::Lead;
use crm_core::notes::{Note, NoteVisibility};
use crm_core::tasks::Task;

use crate::base::amounts;
use crate::base::fields::Fields;
use crate::base::moment::Shown;
use crate::customers::{customer_path, interaction_icon};
use crate::leads;
use crate::tasks::{due, icon};
use crate::web::{People, Visit};

/// A record in the trash.
pub(super) struct Row {
    pub icon: &'static str,
    pub title: String,
    /// The beginning of the text, or what else tells which one it is.
    pub about: Option<String>,
    pub is_private: bool,
    /// The name of the customer, and the address of the page.
    pub customer: Option<(String, String)>,
    /// Who put it there, and when.
    pub by: String,
    pub at: Option<Shown>,
    pub restore: Option<String>,
    /// Where it can be removed for good.
    pub purge: Option<String>,
}

/// How many characters of a text are shown.
const BEGINNING: usize = 140;

/// What the rows of a page have in common.
pub(super) struct Context<'p> {
    pub visit: &'p Visit,
    pub people: &'p People,
}

impl Context<'_> {
    fn by(&self, actor: &ActorRef) -> String {
        self.people.actor(&self.visit.frame, actor)
    }

    /// The list, for the form that comes back to it.
    fn back(&self) -> String {
        let list = self.visit.frame.url(&format!("trash{}", self.visit.query.without("cursor", None).query()));
        Fields::default().with("back", &list).query()
    }

    /// Nothing is written in the trash, so the last writer put it there.
    pub(super) fn customer(&self, customer: Customer) -> Row {
        let (frame, path) = (&self.visit.frame, customer_path(customer.id));
        let may = |action| self.visit.may(Resource::Customers, action, customer.owner_id);
        let about = [customer.organization_name, customer.email, customer.phone].into_iter().flatten().next();
        Row {
            icon: if customer.kind.as_str() == "organization" { "building-2" } else { "user" },
            title: customer.name,
            about,
            is_private: false,
            customer: None,
            by: self.by(&customer.updated_by),
            at: customer.deleted_at.map(|at| frame.calendar.relative(at)),
            restore: may(Action::Restore).then(|| frame.url(&format!("{path}/restore"))),
            purge: may(Action::Purge).then(|| frame.url(&format!("{path}/purge{}", self.back()))),
        }
    }

    /// The same holds for leads.
    pub(super) fn lead(&self, lead: Lead) -> Row {
        let (frame, path) = (&self.visit.frame, leads::path(lead.id));
        let may = |action| self.visit.may(Resource::Leads, action, lead.owner_id);
        let about = [lead.organization_name, lead.email, lead.phone].into_iter().flatten().next();
        Row {
            icon: "user-plus",
            title: lead.name,
            about,
            is_private: false,
            customer: None,
            by: self.by(&lead.updated_by),
            at: lead.deleted_at.map(|at| frame.calendar.relative(at)),
            restore: may(Action::Restore).then(|| frame.url(&format!("{path}/restore"))),
            purge: may(Action::Purge).then(|| frame.url(&format!("{path}/purge{}", self.back()))),
        }
    }

    pub(super) fn interaction(&self, interaction: Interaction, customer: Option<String>) -> Row {
        let frame = &self.visit.frame;
        let kind = frame.named("interaction", interaction.interaction_type.as_str());
        let may_restore = self.visit.may(Resource::Interactions, Action::Restore, interaction.owner_id);
        Row {
            icon: interaction_icon(interaction.interaction_type),
            title: interaction.subject.unwrap_or_else(|| kind.clone()),
            about: Some(format!("{kind}, {}", frame.calendar.full(interaction.occurred_at).words)),
            is_private: false,
            customer: customer.map(|name| (name, frame.url(&customer_path(interaction.customer_id)))),
            by: self.by(&interaction.updated_by),
            at: interaction.deleted_at.map(|at| frame.calendar.relative(at)),
            restore: may_restore.then(|| frame.url(&format!("interactions/{}/restore", interaction.id))),
            purge: None,
        }
    }

    pub(super) fn task(&self, task: Task, customer: Option<String>) -> Row {
        let frame = &self.visit.frame;
        let kind = frame.named("task-type", task.task_type.as_str());
        let about = due(self.visit, &task).map(|due| frame.w("task-due", &due.words));
        let may_restore = self.visit.may(Resource::Tasks, Action::Restore, task.assignee_id);
        Row {
            icon: icon(task.task_type),
            about: Some(about.map_or_else(|| kind.clone(), |due| format!("{kind}, {due}"))),
            title: task.title,
            is_private: false,
            customer: customer.zip(task.customer_id).map(|(name, id)| (name, frame.url(&customer_path(id)))),
            by: self.by(&task.updated_by),
            at: task.deleted_at.map(|at| frame.calendar.relative(at)),
            restore: may_restore.then(|| frame.url(&format!("tasks/{}/restore", task.id))),
            purge: None,
        }
    }

    pub(super) fn deal(&self, deal: Deal) -> Row {
        let frame = &self.visit.frame;
        let may_restore = self.visit.may(Resource::Deals, Action::Restore, deal.owner_id);
        let amount = deal.amount.map(|amount| amounts::shown(frame.language(), amount));
        Row {
            icon: "circle-dollar-sign",
            title: deal.name,
            about: Some([Some(deal.stage_name), amount].into_iter().flatten().collect::<Vec<_>>().join(", ")),
            is_private: false,
            customer: Some((deal.customer_name, frame.url(&customer_path(deal.customer_id)))),
            by: self.by(&deal.updated_by),
            at: deal.deleted_at.map(|at| frame.calendar.relative(at)),
            restore: may_restore.then(|| frame.url(&format!("deals/{}/restore", deal.id))),
            purge: None,
        }
    }

    pub(super) fn note(&self, note: Note) -> Row {
        let frame = &self.visit.frame;
        let path = format!("{}/notes/{}/restore", customer_path(note.customer_id), note.id);
        let may_restore = self.visit.may(Resource::Notes, Action::Restore, note.author_id());
        let beginning: String = note.body.chars().take(BEGINNING).collect();
        Row {
            icon: "message-square",
            title: note.title.unwrap_or_else(|| frame.named("note-type", note.note_type.as_str())),
            about: Some(beginning),
            is_private: note.visibility == NoteVisibility::Private,
            customer: None,
            by: self.by(&note.updated_by),
            at: note.deleted_at.map(|at| frame.calendar.relative(at)),
            restore: may_restore.then(|| frame.url(&path)),
            purge: None,
        }
    }
}
