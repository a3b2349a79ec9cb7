//! The composer: a note, or an interaction that took place or is planned. And what notes and interactions offer.

use actix_web::http::StatusCode;
use actix_web::web;
use crm_core::actor::{Action, Resource};
use crm_core::ids::{InteractionId, NoteId};
use crm_core::interactions::{Completion, InteractionPatch, NewInteraction};
use crm_core::notes::{NewNote, NotePatch, NoteType, NoteVisibility};
use crm_core::patch::Patch;

use super::party::{Left, Party};
use super::{Choice, Faults, parsed};
use crate::base::fields::Fields;
use crate::base::markdown;
use crate::web::{Form, Frame, PageResult, Prefix, Visit, local_path, see_other};

/// What the composer makes: a note, or one of these types of interaction.
const TABS: &[(&str, &str)] =
    &[("note", "message-square"), ("call", "phone"), ("meeting", "calendar"), ("email", "mail")];
/// The outcomes that are offered; a company can use its own words.
pub(crate) const OUTCOMES: &[&str] =
    &["connected", "left_message", "no_answer", "interested", "not_interested", "callback", "resolved"];

/// What was typed, and what is wrong with it.
#[derive(Default)]
pub(crate) struct Composing {
    pub typed: Fields,
    pub faults: Faults,
    pub preview: Option<String>,
}

/// The composer as the page shows it.
pub(crate) struct Composer {
    /// The tabs: name, icon, label, whether it is open.
    pub tabs: Vec<(&'static str, &'static str, String, bool)>,
    pub tab: String,
    pub typed: Fields,
    pub types: Vec<Choice>,
    pub outcomes: Vec<(&'static str, String)>,
    pub directions: Vec<Choice>,
    pub at: String,
    /// HTML that is safe.
    pub preview: Option<String>,
    pub faults: Faults,
    /// True if the keyboard goes on in it.
    pub is_focused: bool,
}

impl Composer {
    /// None for those who may write neither notes nor interactions.
    pub(crate) fn of(visit: &Visit, composing: Option<Composing>) -> Option<Self> {
        let may = |resource| visit.actor().reach(resource, Action::Create).is_some();
        let (notes, interactions) = (may(Resource::Notes), may(Resource::Interactions));
        let offered = TABS.iter().filter(|(name, _)| if *name == "note" { notes } else { interactions });
        let offered: Vec<_> = offered.copied().collect();
        let asked = composing.as_ref().and_then(|composing| composing.typed.get("compose"));
        let asked = asked.or_else(|| visit.query.get("compose"));
        let tab = offered.iter().find(|(name, _)| Some(*name) == asked).or_else(|| offered.first())?.0;
        let (frame, is_focused) = (&visit.frame, asked.is_some());
        let Composing { typed, faults, preview } = composing.unwrap_or_default();
        let choices = |group: &str, names: &[&str], chosen: &str| {
            names.iter().map(|name| choice(frame, group, name, chosen)).collect()
        };
        let at = typed.get("at").map_or_else(|| frame.calendar.write(frame.calendar.now), str::to_owned);
        Some(Self {
            tabs: offered
                .iter()
                .map(|(name, icon)| (*name, *icon, frame.named("compose", name), *name == tab))
                .collect(),
            types: choices("note-type", NoteType::NAMES, typed.get("type").unwrap_or("general")),
            directions: choices("direction", &["outbound", "inbound"], typed.get("direction").unwrap_or("outbound")),
            outcomes: OUTCOMES.iter().map(|name| (*name, frame.named("outcome", name))).collect(),
            tab: tab.to_owned(),
            typed,
            at,
            preview,
            faults,
            is_focused,
        })
    }

    pub(crate) fn typed(&self, name: &str) -> &str {
        self.typed.text(name)
    }

    pub(crate) fn fault(&self, name: &str) -> Option<String> {
        self.faults.at(name)
    }

    /// What is wrong and has no field in the form.
    pub(crate) fn others(&self) -> Vec<String> {
        self.faults.elsewhere(&[
            "body",
            "title",
            "subject",
            "content",
            "outcome",
            "startedAt",
            "scheduledAt",
            "completedAt",
            "durationSeconds",
            "followUpAt",
        ])
    }
}

pub(super) fn choice(frame: &Frame, group: &str, name: &str, chosen: &str) -> Choice {
    Choice { value: name.to_owned(), label: frame.named(group, name), is_chosen: name == chosen }
}

fn text(form: &Fields, name: &str) -> Option<String> {
    form.get(name).map(str::to_owned)
}

/// The page of the customer or the lead, after something was done.
fn done(visit: &Visit, party: Party, what: &str) -> PageResult {
    let query = visit.query.with("done", what).query();
    Ok(see_other(visit.frame.url(&format!("{}{query}", party.path()))))
}

async fn again(visit: &Visit, party: Party, composing: Composing, status: StatusCode) -> PageResult {
    party.render(visit, Left { status, composing: Some(composing), ..Left::default() }).await
}

pub(super) async fn note(visit: Visit, path: web::Path<(String, String)>, form: Form) -> PageResult {
    let (party, typed) = (Party::at(&path.0, &path.1)?, form.0);
    if typed.get("preview").is_some() {
        let preview = Some(markdown::render(typed.text("body")));
        return again(&visit, party, Composing { typed, preview, ..Composing::default() }, StatusCode::OK).await;
    }
    let visibility = if typed.get("private").is_some() { NoteVisibility::Private } else { NoteVisibility::Shared };
    let new = NewNote {
        note_type: typed.get("type").and_then(|name| name.parse().ok()),
        title: text(&typed, "title"),
        body: text(&typed, "body"),
        visibility: Some(visibility),
        is_pinned: Some(typed.get("pinned").is_some()),
    };
    let outcome = party.notes(&mut visit.scope()).create(new).await;
    match outcome {
        Ok(_) => done(&visit, party, "note"),
        Err(error) => {
            let faults = Faults::of(error, visit.frame.language())?;
            again(&visit, party, Composing { typed, faults, preview: None }, StatusCode::UNPROCESSABLE_ENTITY).await
        }
    }
}

pub(super) async fn pin(visit: Visit, path: web::Path<(String, String, String)>, form: Form) -> PageResult {
    let (party, note): (_, NoteId) = (Party::at(&path.0, &path.1)?, parsed(&path.2)?);
    let is_pinned = Patch::Set(form.0.get("pinned") == Some("true"));
    let patch = NotePatch { is_pinned, ..NotePatch::default() };
    party.notes(&mut visit.scope()).update(note, patch, None).await?;
    done(&visit, party, if is_pinned == Patch::Set(true) { "pinned" } else { "unpinned" })
}

pub(super) async fn interaction(visit: Visit, path: web::Path<(String, String)>, form: Form) -> PageResult {
    let (party, typed) = (Party::at(&path.0, &path.1)?, form.0);
    let language = visit.frame.language();
    let outcome = match read(&visit.frame, &typed) {
        Ok(new) => party.log(&mut visit.scope(), new).await.map_err(|error| Faults::of(error, language)),
        Err(field) => Err(Ok(Faults::unreadable(field, language))),
    };
    match outcome {
        Ok(made) => done(&visit, party, if made.status.is_open() { "planned" } else { "logged" }),
        Err(faults) => {
            let composing = Composing { typed, faults: faults?, preview: None };
            again(&visit, party, composing, StatusCode::UNPROCESSABLE_ENTITY).await
        }
    }
}

/// The interaction that was typed; or the field that cannot be read.
fn read(frame: &Frame, typed: &Fields) -> Result<NewInteraction, &'static str> {
    let time = |name| typed.get(name).map(|text| frame.calendar.read(text).ok_or(name)).transpose();
    let at = time("at").map_err(|_| "startedAt")?;
    let is_ahead = at.is_some_and(|at| at > frame.calendar.now);
    let minutes =
        typed.get("minutes").map(|minutes| minutes.parse::<i64>().map_err(|_| "durationSeconds")).transpose()?;
    Ok(NewInteraction {
        interaction_type: typed.get("compose").and_then(|name| name.parse().ok()),
        direction: typed.get("direction").and_then(|name| name.parse().ok()),
        subject: text(typed, "subject"),
        content: text(typed, "content"),
        outcome: if is_ahead { None } else { text(typed, "outcome") },
        scheduled_at: at.filter(|_| is_ahead),
        started_at: at.filter(|_| !is_ahead),
        duration_seconds: minutes.and_then(|minutes| minutes.checked_mul(60)),
        follow_up_at: time("followUpAt").map_err(|_| "followUpAt")?,
        ..NewInteraction::default()
    })
}

/// Completes an interaction, or takes a reminder off; from the page of the customer or the lead, or from the dashboard,
/// which does not tell the two apart.
pub(super) async fn complete(visit: Visit, path: web::Path<(String, String, String)>, form: Form) -> PageResult {
    let (party, interaction): (_, InteractionId) = (Party::at(&path.0, &path.1)?, parsed(&path.2)?);
    let mut scope = visit.scope();
    let what = if form.0.get("reminder").is_some() {
        let patch = InteractionPatch { follow_up_at: Patch::Clear, ..InteractionPatch::default() };
        scope.all_interactions().update(interaction, patch, None).await?;
        "reminder"
    } else {
        let completion = Completion { outcome: text(&form.0, "outcome"), ..Completion::default() };
        scope.all_interactions().complete(interaction, completion, None).await?;
        "completed"
    };
    let prefix: &Prefix = &visit.frame.prefix;
    match local_path(prefix, form.0.text("back")) {
        Some(back) => Ok(see_other(back)),
        None => done(&visit, party, what),
    }
}
