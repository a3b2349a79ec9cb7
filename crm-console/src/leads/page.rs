//! The page of a lead: its status, its fields, what is planned, and what happened. A converted one tells what it became.

use actix_web::web;
use askama::Template;
use crm_core::CompanyScope;
use crm_core::actor::{Action, Resource};
use crm_core::ids::{CustomerId, LeadId};
use crm_core::lead_statuses::{LeadStatus, LeadStatusType};
use crm_core::leads::{Lead, LeadConversion, LeadResponseState};
use crm_web::problem::ApiError;

use super::card::{self, Rating};
use super::statuses::Statuses;
use super::{SECTION, path};
use crate::base::amounts;
use crate::base::fields::Fields;
use crate::base::moment::Shown;
use crate::customers::{
    Choice, Composer, Day, Entry, Left, Party, Timeline, customer_path, dialled, kinds, parsed, tag_names,
};
use crate::deals::reason;
use crate::tasks;
use crate::web::{Frame, PageResult, People, Visit, html};

#[derive(Template)]
#[template(path = "leads/page.html")]
struct LeadPage {
    frame: Frame,
    lead: Lead,
    /// The path of this lead.
    url: String,
    /// What addresses keep: the filter of the timeline.
    keep: String,
    rating: Option<Rating>,
    owner: Option<String>,
    since: Shown,
    telephone: Option<String>,
    steps: Vec<Step>,
    groups: Vec<Group>,
    actions: Actions,
    converted: Option<Converted>,
    may_tag: bool,
    all_tags: Vec<String>,
    tag_fault: Option<(String, String)>,
    composer: Option<Composer>,
    tasks: Option<tasks::OfCustomer>,
    kinds: Vec<Choice>,
    pinned: Vec<Entry>,
    days: Vec<Day>,
    more: Option<String>,
    board: String,
    /// What is told to those who cannot see it.
    announcement: Option<String>,
}

/// A status that the lead has or can get.
struct Step {
    id: String,
    name: String,
    kind: &'static str,
    is_here: bool,
    /// Where one asks for the reason first: the way into a lost status.
    asks: Option<String>,
}

/// Fields that belong together.
struct Group {
    heading: String,
    facts: Vec<Fact>,
}

/// A field: its name, its label, its value, and where it leads.
struct Fact {
    name: &'static str,
    label: String,
    value: String,
    link: Option<String>,
}

/// The addresses of what is done with the whole lead, for those who may.
#[derive(Default)]
struct Actions {
    edit: Option<String>,
    place: Option<String>,
    assign: Option<String>,
    /// The user who looks at it, if it is not theirs.
    take: Option<String>,
    convert: Option<String>,
    archive: Option<String>,
    delete: Option<String>,
}

/// What the lead became.
struct Converted {
    at: Shown,
    by: String,
    is_merged: bool,
    customer: String,
    organization: Option<String>,
    deal: Option<String>,
    /// Where it is taken back, and until when it can be.
    undo: Option<(String, Shown)>,
}

/// What belongs to a lead that was not converted.
#[derive(Default)]
struct Belongings {
    tasks: Option<tasks::OfCustomer>,
    pinned: Vec<Entry>,
    days: Vec<Day>,
    more: Option<String>,
    all_tags: Vec<String>,
}

pub(super) async fn show(visit: Visit, id: web::Path<String>) -> PageResult {
    render(&visit, parsed(&id)?, Left::default()).await
}

/// The page with what a form has left open.
pub(crate) async fn render(visit: &Visit, id: LeadId, left: Left) -> PageResult {
    let mut scope = visit.scope();
    let lead = scope.leads().get(id).await?;
    let statuses = Statuses::read(&mut scope).await?;
    let people = People::read(&mut scope).await?;
    let frame = visit.frame.clone().within(SECTION);
    let url = frame.url(&path(id));
    let kept = visit.query.get("kind").map(|kind| Fields::default().with("kind", kind)).unwrap_or_default();
    let keep = kept.query();
    let is_open = lead.conversion.is_none();
    let may_tag = is_open && visit.may(Resource::Tags, Action::Attach, lead.owner_id);
    let timeline = Timeline { party: Party::Lead(id), visit, people: &people, url: &url, keep: &keep };
    let belongings =
        if is_open { belongings(&timeline, &mut scope, (id, may_tag)).await? } else { Belongings::default() };
    let Belongings { tasks, pinned, days, more, all_tags } = belongings;
    let actions = if is_open { actions(visit, &lead, &url) } else { Actions::default() };
    let page = LeadPage {
        rating: card::rating(&frame, &lead),
        owner: card::owner(&lead),
        since: frame.calendar.relative(lead.status_changed_at),
        telephone: lead.phone_e164.as_deref().or(lead.phone.as_deref()).and_then(dialled),
        steps: steps(&statuses, &lead, actions.place.as_deref()),
        groups: groups(visit, &frame, &people, &lead),
        converted: lead.conversion.as_ref().map(|conversion| converted(visit, &people, &lead, conversion)),
        composer: if is_open { Composer::of(visit, left.composing) } else { None },
        tag_fault: left.tag_fault,
        kinds: kinds(&frame, visit.query.text("kind")).into_iter().filter(|kind| kind.value != "deal").collect(),
        announcement: visit.query.get("done").map(|what| frame.named("done", what)),
        board: frame.url(SECTION),
        actions,
        may_tag,
        all_tags,
        tasks,
        pinned,
        days,
        more,
        keep,
        url,
        lead,
        frame,
    };
    html(left.status, &page)
}

async fn belongings(
    timeline: &Timeline<'_>,
    scope: &mut CompanyScope<'_>,
    (id, may_tag): (LeadId, bool),
) -> Result<Belongings, ApiError> {
    let (days, more) = timeline.days(scope).await?;
    let back = format!("{}{}", timeline.url, timeline.keep);
    Ok(Belongings {
        pinned: timeline.pinned(scope).await?,
        tasks: tasks::OfCustomer::read(scope, timeline.visit, (CustomerId(id.0), true), back).await?,
        all_tags: if may_tag { tag_names(scope).await? } else { Vec::new() },
        days,
        more,
    })
}

fn actions(visit: &Visit, lead: &Lead, url: &str) -> Actions {
    let may = |action| visit.may(Resource::Leads, action, lead.owner_id);
    let back = card::back(url);
    let me = visit.actor().user_id().filter(|me| lead.owner_id != Some(*me));
    let updates = |path: &str| may(Action::Update).then(|| format!("{url}/{path}"));
    Actions {
        edit: updates(&format!("edit{back}")),
        place: updates(&format!("move{back}")),
        assign: updates(&format!("assign{back}")),
        take: me.filter(|_| may(Action::Update)).map(|me| me.to_string()),
        convert: updates(&format!("convert{back}")),
        archive: updates("archive"),
        delete: may(Action::Delete).then(|| format!("{url}/delete")),
    }
}

/// The statuses that the lead can get, in their order.
fn steps(statuses: &Statuses, lead: &Lead, place: Option<&str>) -> Vec<Step> {
    let step = |status: &LeadStatus| {
        let asks = status.status_type == LeadStatusType::Lost && lead.status_type != LeadStatusType::Lost;
        Step {
            id: status.id.to_string(),
            name: status.name.clone(),
            kind: status.status_type.as_str(),
            is_here: status.code == lead.status,
            asks: place.filter(|_| asks).map(|place| format!("{place}&stage={}", status.id)),
        }
    };
    statuses.next(lead).map(step).collect()
}

fn groups(visit: &Visit, frame: &Frame, people: &People, lead: &Lead) -> Vec<Group> {
    let word = |group: &str, word: Option<&str>| word.map(|word| frame.named(group, word));
    let day = |at: Option<_>| at.map(|at| frame.calendar.full(at).words);
    let flag = |is_set: bool| is_set.then(|| frame.t("yes"));
    let utm = [&lead.utm.source, &lead.utm.medium, &lead.utm.campaign, &lead.utm.term, &lead.utm.content];
    let utm: Vec<&str> = utm.into_iter().filter_map(|mark| mark.as_deref()).collect();
    let about = [
        ("statusReason", "field-status-reason", lead.status_reason.clone()),
        ("rating", "field-rating", card::rating(frame, lead).map(|rating| rating.label)),
        ("score", "field-score", (lead.score > 0).then(|| lead.score.to_string())),
        ("priority", "field-priority", lead.priority.map(|priority| frame.t(&format!("lead-priority-{priority}")))),
        ("estimatedValue", "field-estimated-value", card::value(frame, lead)),
        ("expectedCloseDate", "field-expected-close-date", lead.expected_close_date.map(|at| frame.calendar.day(at))),
        ("organizationName", "field-organization-name", lead.organization_name.clone()),
        ("jobTitle", "field-job-title", lead.job_title.clone()),
        ("industry", "field-industry", lead.industry.clone()),
        ("employeeBand", "field-employee-band", word("employee-band", lead.employee_band.map(|band| band.as_str()))),
        (
            "annualRevenue",
            "field-annual-revenue",
            lead.annual_revenue.map(|money| amounts::shown(frame.language(), money)),
        ),
        ("lostReason", "field-lost-reason", lead.lost_reason.as_deref().map(|code| reason(visit, code))),
        ("lostNotes", "field-lost-notes", lead.lost_notes.clone()),
        ("description", "field-description", lead.description.clone()),
    ];
    let contact = [
        ("email", "field-email", lead.email.clone()),
        ("phone", "field-phone", lead.phone.clone()),
        ("website", "field-website", lead.website.clone()),
        ("address", "field-address", lead.address.clone()),
        ("addressLine2", "field-address-line2", lead.address_line2.clone()),
        ("zipCode", "field-zip-code", lead.zip_code.clone()),
        ("city", "field-city", lead.city.clone()),
        ("state", "field-state", lead.state.clone()),
        ("country", "field-country", lead.country.clone()),
        ("language", "field-language", lead.language.clone()),
        ("timeZone", "field-time-zone", lead.time_zone.clone()),
        ("doNotCall", "field-do-not-call", flag(lead.do_not_call)),
        ("doNotEmail", "field-do-not-email", flag(lead.do_not_email)),
    ];
    let origin = [
        ("source", "field-source", word("source", lead.source.as_deref())),
        ("sourceDetail", "field-source-detail", lead.source_detail.clone()),
        ("referredBy", "field-referred-by", lead.referred_by.clone()),
        ("utm", "field-utm", (!utm.is_empty()).then(|| utm.join(", "))),
        ("assignedAt", "field-assigned-at", day(lead.assigned_at)),
        ("assignedByRule", "field-assigned-by-rule", lead.assigned_by_rule.as_ref().and_then(|rule| rule.name.clone())),
        ("responseState", "field-response-state", word("response", lead.response_state.map(LeadResponseState::as_str))),
        ("respondBy", "field-respond-by", day(lead.respond_by)),
        ("firstRespondedAt", "field-first-responded-at", day(lead.first_responded_at)),
        ("lastContactAt", "field-last-contact-at", day(lead.last_contact_at)),
        ("nextFollowUpAt", "field-next-follow-up-at", day(lead.next_follow_up_at)),
        ("createdBy", "field-created-by", Some(people.actor(frame, &lead.created_by))),
        ("createdAt", "field-created-at", day(Some(lead.created_at))),
        ("updatedAt", "field-updated-at", day(Some(lead.updated_at))),
    ];
    let group = |name: &str, facts: Vec<(&'static str, &str, Option<String>)>| {
        let fact = |(name, label, value): (&'static str, &str, Option<String>)| {
            Some(Fact { name, label: frame.t(label), value: value?, link: link(lead, name) })
        };
        Group { heading: frame.t(name), facts: facts.into_iter().filter_map(fact).collect() }
    };
    let groups = [
        group("group-about", about.into()),
        group("group-contact", contact.into()),
        group("leads-origin", origin.into()),
    ];
    groups.into_iter().filter(|group| !group.facts.is_empty()).collect()
}

/// Where a value leads.
fn link(lead: &Lead, name: &str) -> Option<String> {
    match name {
        "email" => lead.email.as_ref().map(|email| format!("mailto:{email}")),
        "phone" => lead.phone_e164.as_deref().or(lead.phone.as_deref()).and_then(dialled),
        _ => None,
    }
}

fn converted(visit: &Visit, people: &People, lead: &Lead, conversion: &LeadConversion) -> Converted {
    let frame = &visit.frame;
    let may_undo = visit.may(Resource::Leads, Action::Restore, lead.owner_id);
    let is_recent = conversion.revertible_until > frame.calendar.now;
    let undo = format!("{}/convert/undo", frame.url(&path(lead.id)));
    let customer = |id| frame.url(&customer_path(id));
    Converted {
        at: frame.calendar.full(conversion.at),
        by: people.actor(frame, &conversion.by),
        is_merged: conversion.is_merged,
        customer: customer(conversion.customer_id),
        organization: conversion.organization_id.map(customer),
        deal: conversion.deal_id.map(|id| frame.url(&format!("deals/{id}"))),
        undo: (may_undo && is_recent).then(|| (undo, frame.calendar.full(conversion.revertible_until))),
    }
}
