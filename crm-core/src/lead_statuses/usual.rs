//! The statuses that a company has without saying anything.

use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait, QueryTrait};

use super::input::NewLeadStatus;
use super::model::{LeadStatus, LeadStatusType};
use super::{repo, row};
use crate::base::error::Result;
use crate::scope::{CompanyTx, Record};

/// In their order.
fn usual_statuses() -> Vec<NewLeadStatus> {
    use LeadStatusType as T;
    let coded = |code: &str, status: NewLeadStatus| NewLeadStatus { code: Some(code.to_owned()), ..status };
    vec![
        coded("new", NewLeadStatus { is_default: Some(true), ..NewLeadStatus::of(T::Open, "New") }),
        coded("contacted", NewLeadStatus::of(T::Ongoing, "Contacted")),
        coded("in_progress", NewLeadStatus::of(T::Ongoing, "In progress")),
        coded("qualified", NewLeadStatus::of(T::Won, "Qualified")),
        coded("unqualified", NewLeadStatus::of(T::Lost, "Unqualified")),
    ]
}

/// Adds the usual statuses unless the company has some, and tells how many. Of several that do so at once, one adds each, and
/// the others wait for it.
pub(crate) async fn ensure_usual(tx: &mut CompanyTx<'_>) -> Result<usize> {
    if tx.find::<row::Entity>().count(Some(1)).await? > 0 {
        return Ok(0);
    }
    let mut added = 0;
    for (position, new) in (0..).zip(usual_statuses()) {
        let status = made(tx, NewLeadStatus { position: Some(position), ..new })?;
        let insert = row::Entity::insert_many([status.row(&tx.company)?])
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .into_query();
        if tx.execute(&insert).await? > 0 {
            tx.record_created(&status)?;
            added += 1;
        }
    }
    Ok(added)
}

fn made(tx: &CompanyTx<'_>, new: NewLeadStatus) -> Result<LeadStatus> {
    let mut status = repo::blank(tx);
    new.validated(None)?.write(&mut status);
    Ok(status)
}
