//! Erasing a person: who is asked, what goes, what stays, and what tells of it.

use std::collections::BTreeSet;

use sea_orm::sea_query::{Expr, ExprTrait, Query, UnionType};
use serde_json::json;
use uuid::Uuid;

use super::certificate::{ErasureCertificate, ErasureOutcome};
use super::eraser::Eraser;
use super::input::{EraseSubject, refuse_data_of};
use super::subject::{Held, Subject, hold};
use super::{ErasureRequest, legal_hold};
use crate::base::error::{Error, Result};
use crate::base::ids::{CustomerId, ErasureId};
use crate::base::rights::Action;
use crate::customers;
use crate::journal::ChangeRecord;
use crate::query::dialect::any_of;
use crate::scope::{CompanyScope, CompanyTx, change_record_of};

/// What history, audit and events call it.
pub(super) const ERASED: &str = "erased";

pub(super) async fn erase(
    scope: &mut CompanyScope<'_>,
    subject: Subject,
    request: EraseSubject,
) -> Result<ErasureCertificate> {
    let asked = ask_guards(scope, subject, &request).await?;
    match request.dry_run {
        true => scope.rehearse(async |tx| erase_held(tx, subject, &request, asked.as_deref()).await).await,
        false => scope.write(async |tx| erase_held(tx, subject, &request, asked.as_deref()).await).await,
    }
}

/// Asks the host, outside of a transaction, if the actor may erase the person. Gives the ids that were asked about.
async fn ask_guards(
    scope: &mut CompanyScope<'_>,
    subject: Subject,
    request: &EraseSubject,
) -> Result<Option<Vec<CustomerId>>> {
    let crm = scope.crm.clone();
    if crm.0.erasure_guards.is_empty() {
        return Ok(None);
    }
    let held = scope.rehearse(async |tx| hold(tx, subject, Action::Erase).await).await?;
    let asked = ErasureRequest {
        company: scope.company_id(),
        ids: held.ids,
        user: scope.actor().user_id(),
        dry_run: request.dry_run,
    };
    for guard in &crm.0.erasure_guards {
        if let Some(reason) = guard.refusal(&asked).await? {
            return Err(Error::ErasureRefused { by: guard.name().to_owned(), reason });
        }
    }
    Ok(Some(asked.ids))
}

async fn erase_held(
    tx: &mut CompanyTx<'_>,
    subject: Subject,
    request: &EraseSubject,
    asked: Option<&[CustomerId]>,
) -> Result<ErasureCertificate> {
    tx.authorize_any(subject.resource(), Action::Erase, subject.id())?;
    customers::hold_merges(tx).await?;
    let held = hold(tx, subject, Action::Erase).await?;
    if asked.is_some_and(|asked| asked != held.ids.as_slice()) {
        // Others were merged since the host was asked.
        return Err(Error::Stale { kind: subject.kind(), id: subject.id(), current: held.customer.version });
    }
    legal_hold::ensure_none(tx, held.customer.id).await?;
    refuse_data_of(&held.customer, &request.reason)?;
    let (kept, id) = (kept(tx, &held).await?, ErasureId(tx.id()));
    let outcome = if kept.is_empty() { ErasureOutcome::Removed } else { ErasureOutcome::Anonymized };
    let erased = Eraser::new(tx, &held, &kept).erase().await?;
    let certificate = ErasureCertificate {
        id: Some(id).filter(|_| !request.dry_run),
        dry_run: request.dry_run,
        subject_id: held.customer.id,
        merged_ids: held.ids[1..].to_vec(),
        erased_at: tx.now(),
        reason: request.reason.clone(),
        outcome,
        erased,
        hash: None,
    };
    if request.dry_run {
        return Ok(certificate);
    }
    let certificate = certificate.sealed()?;
    record(tx, subject, &held, &certificate);
    Ok(certificate)
}

/// The rows that stay: those with deals, and of leads that were converted, which numbers over leads count. With one of them
/// the person's own row stays, to which the others lead.
async fn kept(tx: &mut CompanyTx<'_>, held: &Held) -> Result<BTreeSet<Uuid>> {
    let (company, postgres) = (tx.company.id.0, tx.is_postgres());
    let of = |column: &'static str, table: &'static str| {
        Query::select()
            .expr_as(Expr::col(column), "kept_id")
            .from(table)
            .and_where(Expr::col("company_id").eq(company))
            .and_where(any_of(Expr::col(column), held.uuids(), postgres))
            .to_owned()
    };
    let mut converted = of("id", "crm_leads");
    converted.and_where(Expr::col("converted_at").is_not_null());
    let needed = of("customer_id", "crm_deals").union(UnionType::Distinct, converted).to_owned();
    let rows = tx.query(&needed).await?;
    let mut kept = rows.iter().map(|row| Ok(row.try_get("", "kept_id")?)).collect::<Result<BTreeSet<Uuid>>>()?;
    if !kept.is_empty() {
        kept.insert(held.customer.id.0);
    }
    Ok(kept)
}

/// The audit trail keeps the certificate, which names nobody.
fn record(tx: &mut CompanyTx<'_>, subject: Subject, held: &Held, certificate: &ErasureCertificate) {
    let at = tx.after(&held.customer);
    let entry = change_record_of(&held.customer, ERASED, at, Vec::new());
    let version = match certificate.outcome {
        ErasureOutcome::Anonymized => entry.version + 1,
        ErasureOutcome::Removed => entry.version,
    };
    tx.record_change(ChangeRecord {
        kind: subject.kind(),
        version,
        details: Some(json!(certificate)),
        customers: certificate.merged_ids.clone(),
        ..entry
    });
}
