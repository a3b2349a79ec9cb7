//! A note is changed, goes to the trash, and comes back.

use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use crm_core::Error;
use crm_core::actor::{Action, Resource};
use crm_core::ids::{LeadId, NoteId};
use crm_core::notes::{Note, NotePatch, NoteType, NoteVisibility};
use crm_core::patch::Patch;

use super::party::Party;
use super::{Choice, Faults, parsed};
use crate::base::fields::Fields;
use crate::base::markdown;
use crate::web::{Form, Frame, PageResult, Visit, html, see_other};

#[derive(Template)]
#[template(path = "customers/note.html")]
struct NotePage {
    frame: Frame,
    action: String,
    back: String,
    version: i64,
    types: Vec<Choice>,
    typed: Fields,
    /// Whether the person says who sees it: only its author does.
    may_hide: bool,
    faults: Faults,
    others: Vec<String>,
    /// The text that the note has meanwhile.
    meanwhile: Option<String>,
}

impl NotePage {
    fn fault(&self, name: &str) -> Option<String> {
        self.faults.at(name)
    }
}

/// One note with its whole text.
#[derive(Template)]
#[template(path = "customers/note_text.html")]
struct TextPage {
    frame: Frame,
    title: String,
    back: String,
    is_private: bool,
    /// HTML that is safe.
    body: String,
}

/// What a form has left open.
struct Open {
    status: StatusCode,
    typed: Fields,
    faults: Faults,
    is_stale: bool,
}

fn ids(path: &(String, String, String)) -> Result<(Party, NoteId), crm_web::problem::ApiError> {
    Ok((Party::at(&path.0, &path.1)?, parsed(&path.2)?))
}

pub(super) async fn read(visit: Visit, path: web::Path<(String, String, String)>) -> PageResult {
    let (party, id) = ids(&path)?;
    let found = party.notes(&mut visit.scope()).get(id).await;
    // What belongs to a lead names it like a customer.
    if let (Party::Customer(customer), Err(Error::NotFound { .. })) = (party, &found) {
        let lead = Party::Lead(LeadId(customer.0));
        if lead.notes(&mut visit.scope()).get(id).await.is_ok() {
            let path = format!("{}/notes/{id}{}", lead.path(), visit.query.query());
            return Ok(see_other(visit.frame.url(&path)));
        }
    }
    let note = found?;
    let frame = visit.frame.clone().within(party.section());
    let page = TextPage {
        title: note.title.unwrap_or_else(|| frame.named("note-type", note.note_type.as_str())),
        back: visit.back(&visit.query, &party.path()),
        is_private: note.visibility == NoteVisibility::Private,
        body: markdown::render(&note.body),
        frame,
    };
    html(StatusCode::OK, &page)
}

pub(super) async fn show(visit: Visit, path: web::Path<(String, String, String)>) -> PageResult {
    let (party, note) = ids(&path)?;
    let note = party.notes(&mut visit.scope()).get(note).await?;
    visit.authorize(Resource::Notes, Action::Update, note.author_id())?;
    let typed = visit.query.with("title", note.title.as_deref().unwrap_or_default()).with("body", &note.body);
    let typed = typed.with("type", note.note_type.as_str());
    let is_private = note.visibility == NoteVisibility::Private;
    let typed = if is_private { typed.with("private", "1") } else { typed };
    render(&visit, party, &note, Open { status: StatusCode::OK, typed, faults: Faults::default(), is_stale: false })
}

fn render(visit: &Visit, party: Party, note: &Note, open: Open) -> PageResult {
    let frame = visit.frame.clone().within(party.section());
    let Open { status, typed, faults, is_stale } = open;
    let choice = |name: &&str| super::compose::choice(&frame, "note-type", name, typed.text("type"));
    let page = NotePage {
        action: frame.url(&format!("{}/notes/{}/edit", party.path(), note.id)),
        back: visit.back(&typed, &party.path()),
        version: note.version,
        types: NoteType::NAMES.iter().map(choice).collect(),
        may_hide: note.author_id().is_some() && note.author_id() == visit.actor().user_id(),
        others: faults.elsewhere(&["title", "body"]),
        meanwhile: is_stale.then(|| note.body.clone()),
        typed,
        faults,
        frame,
    };
    html(status, &page)
}

pub(super) async fn save(visit: Visit, path: web::Path<(String, String, String)>, form: Form) -> PageResult {
    let ((party, note), typed) = (ids(&path)?, form.0);
    let version = typed.version();
    let mut scope = visit.scope();
    let before = party.notes(&mut scope).get(note).await?;
    let is_mine = before.author_id().is_some() && before.author_id() == visit.actor().user_id();
    let visibility = if typed.get("private").is_some() { NoteVisibility::Private } else { NoteVisibility::Shared };
    let patch = NotePatch {
        note_type: typed.get("type").and_then(|name| name.parse().ok()).map_or(Patch::Absent, Patch::Set),
        title: typed.get("title").map(str::to_owned).into(),
        body: Patch::Set(typed.text("body").to_owned()),
        visibility: if is_mine { Patch::Set(visibility) } else { Patch::Absent },
        is_pinned: Patch::Absent,
    };
    let outcome = party.notes(&mut scope).update(note, patch, version).await;
    let (status, faults, is_stale) = match outcome {
        Ok(_) => return Ok(visit.done(&visit.back(&typed, &party.path()), "note-saved", None)),
        Err(Error::Stale { .. }) => (StatusCode::PRECONDITION_FAILED, Faults::default(), true),
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, Faults::of(error, visit.frame.language())?, false),
    };
    let held = party.notes(&mut scope).get(note).await?;
    render(&visit, party, &held, Open { status, typed, faults, is_stale })
}

pub(super) async fn delete(visit: Visit, path: web::Path<(String, String, String)>, form: Form) -> PageResult {
    let (party, note) = ids(&path)?;
    party.notes(&mut visit.scope()).delete(note, None).await?;
    let may_undo = visit.actor().reach(Resource::Notes, Action::Restore).is_some();
    let undo = may_undo.then(|| format!("{}/notes/{note}", party.path()));
    Ok(visit.done(&visit.back(&form.0, &party.path()), "note-deleted", undo.as_deref()))
}

pub(super) async fn restore(visit: Visit, path: web::Path<(String, String, String)>, form: Form) -> PageResult {
    let (party, note) = ids(&path)?;
    let outcome = party.notes(&mut visit.scope()).restore(note).await;
    let back = visit.back(&form.0, &party.path());
    match outcome {
        Ok(_) => Ok(visit.done(&back, "note-restored", None)),
        // The note was pinned, and others are by now.
        Err(Error::Invalid(_)) => Ok(visit.done(&back, "note-pins", None)),
        Err(error) => Err(error.into()),
    }
}
