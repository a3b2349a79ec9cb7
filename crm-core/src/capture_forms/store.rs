//! Keeps a submission: the lead, and what was sent.

use sea_orm::sea_query::{Expr, ExprTrait, Query, UpdateStatement};
use sea_orm::{ActiveModelTrait, EntityTrait, IntoActiveModel, QueryTrait};
use serde_json::json;
use uuid::Uuid;

use super::fill::{self, Filled};
use super::model::{CaptureForm, DuplicateLeads};
use super::row::TABLE;
use super::submission::{CaptureOutcome, NewSubmission};
use super::{repo, submission_row};
use crate::base::error::{Error, Kind, Result};
use crate::base::ids::{CaptureFormId, LeadId};
use crate::base::text;
use crate::journal::Deferred;
use crate::leads::{self, NewLead};
use crate::scope::CompanyTx;

/// Keeps a submission of a form with this key. The form is held, so that of two with one address or one challenge, the second
/// finds what the first has done.
pub(super) async fn store(
    tx: &mut CompanyTx<'_>,
    (id, key): (CaptureFormId, &str),
    new: &NewSubmission,
    challenge: Option<Uuid>,
) -> Result<()> {
    let form = repo::locked(tx, id).await?;
    if !form.is_active || form.key != key {
        return Err(Error::not_found(Kind::CaptureForm, id));
    }
    if is_used(tx, challenge).await? {
        return reject(tx, id).await;
    }
    let filled = fill::filled(&tx.company, &form, new)?;
    let kept = match existing(tx, &form, &filled.lead).await? {
        None => Some((add(tx, &form, filled.lead.clone()).await?, CaptureOutcome::Created)),
        Some(lead) if form.on_duplicate == DuplicateLeads::Update => {
            supplement(tx, &form, lead, &filled.lead).await?;
            Some((lead, CaptureOutcome::Updated))
        }
        Some(_) => None,
    };
    if let Some((lead, outcome)) = kept {
        tag(tx, &form, lead).await?;
        keep(tx, &form, (lead, outcome), filled, challenge);
    }
    let now = tx.now();
    let mut taken = counted(tx, id, "submissions");
    taken.value("last_submitted_at", now);
    tx.execute(&taken).await.map(drop)
}

/// Counts a submission that is refused in silence.
pub(super) async fn reject(tx: &mut CompanyTx<'_>, id: CaptureFormId) -> Result<()> {
    let rejected = counted(tx, id, "rejected");
    tx.execute(&rejected).await.map(drop)
}

/// Counts are no write of the form: they change no version, and have no history.
fn counted(tx: &CompanyTx<'_>, id: CaptureFormId, column: &'static str) -> UpdateStatement {
    Query::update()
        .table(TABLE)
        .value(column, Expr::col(column).add(1))
        .and_where(Expr::col("company_id").eq(tx.company.id.0))
        .and_where(Expr::col("id").eq(id.0))
        .to_owned()
}

/// Whether something was sent with this challenge before.
async fn is_used(tx: &CompanyTx<'_>, challenge: Option<Uuid>) -> Result<bool> {
    let Some(number) = challenge else { return Ok(false) };
    let used = tx.find::<submission_row::Entity>().filter(Expr::col("challenge").eq(number));
    Ok(used.count(Some(1)).await? > 0)
}

/// The open lead that has the address already, where the form asks for it.
async fn existing(tx: &mut CompanyTx<'_>, form: &CaptureForm, new: &NewLead) -> Result<Option<LeadId>> {
    match new.email.as_deref().filter(|_| form.on_duplicate != DuplicateLeads::Create) {
        Some(email) => leads::open_with_email(tx, &text::email(email)).await,
        None => Ok(None),
    }
}

async fn add(tx: &mut CompanyTx<'_>, form: &CaptureForm, new: NewLead) -> Result<LeadId> {
    let lead = tx.scope().leads().create(new).await;
    Ok(in_form(form, lead)?.id)
}

/// Gives a lead that is there what it lacks.
async fn supplement(tx: &mut CompanyTx<'_>, form: &CaptureForm, id: LeadId, new: &NewLead) -> Result<()> {
    let lead = tx.scope().leads().get(id).await?;
    let written = tx.scope().leads().update(id, fill::missing(&lead, new), None).await;
    in_form(form, written).map(drop)
}

fn in_form<T>(form: &CaptureForm, outcome: Result<T>) -> Result<T> {
    outcome.map_err(|error| match error {
        Error::Invalid(violations) => fill::told(form, violations).into(),
        other => other,
    })
}

/// A lead is not lost for a tag: one that has too many goes without.
async fn tag(tx: &mut CompanyTx<'_>, form: &CaptureForm, lead: LeadId) -> Result<()> {
    if form.tags.is_empty() {
        return Ok(());
    }
    match tx.scope().lead_tags(lead).add(form.tags.clone()).await {
        Ok(_) | Err(Error::Invalid(_) | Error::Conflict(_)) => Ok(()),
        Err(error) => Err(error),
    }
}

fn keep(
    tx: &mut CompanyTx<'_>,
    form: &CaptureForm,
    (lead, outcome): (LeadId, CaptureOutcome),
    filled: Filled,
    challenge: Option<Uuid>,
) {
    let row = submission_row::Model {
        company_id: tx.company.id.0,
        id: tx.id(),
        lead_id: lead.0,
        form_id: form.id.0,
        form_name: form.name.clone(),
        submitted_at: tx.now(),
        outcome: outcome.to_string(),
        fields: json!(filled.given),
        consent_text: form.consent_text.clone(),
        consent_version: form.consent_text.as_ref().map(|_| form.consent_version),
        landing_page: filled.landing_page,
        referrer: filled.referrer,
        challenge,
    };
    let insert = submission_row::Entity::insert_many([row.into_active_model().reset_all()]).into_query();
    tx.defer([Deferred::Insert(insert)]);
}
