//! Tags are put on a customer or a lead, and taken off.

use actix_web::http::StatusCode;
use actix_web::web;
use crm_core::ids::TagId;
use crm_core::tags::TagRef;

use super::party::{Left, Party};
use super::{Faults, parsed};
use crate::web::{Form, PageResult, Visit, see_other};

pub(super) async fn add(visit: Visit, path: web::Path<(String, String)>, form: Form) -> PageResult {
    let party = Party::at(&path.0, &path.1)?;
    let typed = form.0.text("tag").to_owned();
    let outcome = party.tags(&mut visit.scope()).add([TagRef::Name(typed.clone())]).await;
    match outcome {
        Ok(_) => done(&visit, party),
        Err(error) => {
            let faults = Faults::of(error, visit.frame.language())?;
            let tag_fault = faults.first().map(|fault| (typed, fault));
            party.render(&visit, Left { status: StatusCode::UNPROCESSABLE_ENTITY, tag_fault, ..Left::default() }).await
        }
    }
}

pub(super) async fn remove(visit: Visit, path: web::Path<(String, String, String)>) -> PageResult {
    let (party, tag): (_, TagId) = (Party::at(&path.0, &path.1)?, parsed(&path.2)?);
    party.tags(&mut visit.scope()).remove([tag]).await?;
    done(&visit, party)
}

fn done(visit: &Visit, party: Party) -> PageResult {
    let query = visit.query.with("done", "tags").query();
    Ok(see_other(visit.frame.url(&format!("{}{query}", party.path()))))
}
