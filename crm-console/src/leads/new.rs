//! A lead is added.

use actix_web::http::StatusCode;
use askama::Template;
use crm_core::CompanyScope;
use crm_core::actor::{Action, Resource};
use crm_core::leads::{LeadPatch, NewLead};

use super::{SECTION, form, path};
use crate::base::fields::Fields;
use crate::customers::Faults;
use crate::deals::{Line, last_currency};
use crate::web::{Form, Frame, PageResult, People, Visit, html};

#[derive(Template)]
#[template(path = "leads/form.html")]
pub(super) struct FormPage {
    pub frame: Frame,
    pub title: String,
    pub label: String,
    pub action: String,
    pub back: String,
    /// The version of a lead that is changed.
    pub version: Option<i64>,
    pub lines: Vec<Line>,
    pub others: Vec<String>,
    pub is_lost: bool,
    /// True if the lead has changed since the form was made.
    pub is_stale: bool,
}

pub(super) async fn show(visit: Visit) -> PageResult {
    visit.authorize(Resource::Leads, Action::Create, None)?;
    let mut scope = visit.scope();
    let me = visit.actor().user_id().map(|user| user.to_string()).unwrap_or_default();
    let currency = last_currency(&mut scope).await?;
    let usual = [("kind", "person"), ("ownerId", me.as_str()), ("currency", currency.as_str())];
    let usual = usual.into_iter().filter(|(name, _)| !visit.query.has(name));
    let given = usual.fold(visit.query.clone(), |given, (name, value)| given.with(name, value));
    render(&visit, &mut scope, StatusCode::OK, (&given, &Faults::default())).await
}

async fn render(
    visit: &Visit,
    scope: &mut CompanyScope<'_>,
    status: StatusCode,
    (given, faults): (&Fields, &Faults),
) -> PageResult {
    let people = People::read(scope).await?;
    let frame = visit.frame.clone().within(SECTION);
    let page = FormPage {
        title: frame.t("leads-add"),
        label: frame.t("leads-add"),
        action: frame.url(SECTION),
        back: visit.back(given, SECTION),
        version: None,
        lines: form::lines(visit, &people, given, faults),
        others: form::others(faults),
        is_lost: false,
        is_stale: false,
        frame,
    };
    html(status, &page)
}

pub(super) async fn create(visit: Visit, form: Form) -> PageResult {
    visit.authorize(Resource::Leads, Action::Create, None)?;
    let mut scope = visit.scope();
    // A currency stands there before an amount is typed.
    let typed = if form.0.get("amount").is_some() { form.0.clone() } else { form.0.without("currency", None) };
    let faults = match form::patch(&visit.frame, None, &typed, false) {
        Err(faults) => faults,
        Ok(patch) => match scope.leads().create(added(patch)).await {
            Ok(lead) => return Ok(visit.done(&visit.frame.url(&path(lead.id)), "lead-added", None)),
            Err(error) => Faults::of(error, visit.frame.language())?,
        },
    };
    render(&visit, &mut scope, StatusCode::UNPROCESSABLE_ENTITY, (&form.0, &faults)).await
}

/// What was typed, as a new lead.
fn added(patch: LeadPatch) -> NewLead {
    let mut new = NewLead::default();
    patch.kind.apply(&mut new.kind);
    patch.name.apply(&mut new.name);
    patch.first_name.apply(&mut new.first_name);
    patch.last_name.apply(&mut new.last_name);
    patch.organization_name.apply(&mut new.organization_name);
    patch.job_title.apply(&mut new.job_title);
    patch.email.apply(&mut new.email);
    patch.phone.apply(&mut new.phone);
    patch.website.apply(&mut new.website);
    patch.source.apply(&mut new.source);
    patch.source_detail.apply(&mut new.source_detail);
    patch.referred_by.apply(&mut new.referred_by);
    patch.rating.apply(&mut new.rating);
    patch.priority.apply(&mut new.priority);
    patch.owner_id.apply(&mut new.owner_id);
    patch.estimated_value.apply(&mut new.estimated_value);
    patch.expected_close_date.apply(&mut new.expected_close_date);
    patch.industry.apply(&mut new.industry);
    patch.address.apply(&mut new.address);
    patch.zip_code.apply(&mut new.zip_code);
    patch.city.apply(&mut new.city);
    patch.state.apply(&mut new.state);
    patch.country.apply(&mut new.country);
    patch.do_not_call.apply(&mut new.do_not_call);
    patch.do_not_email.apply(&mut new.do_not_email);
    patch.description.apply(&mut new.description);
    new
}
