//! What precedes a write: company and actor are mirrored, and it is known whose records the actor sees.

use std::sync::Arc;

use super::actor::Actor;
use super::company::{self, Company};
use super::{CompanyScope, Crm, Database, user};
use crate::base::error::Result;

/// Whether a company may write.
pub(super) type CompanyCheck = fn(&Company) -> Result<()>;

/// Company and actor are mirrored before anything that refers to them is written. `anew`: the company is to be read again,
/// because this transaction has written it.
pub(super) async fn mirror(
    db: Database<'_>,
    crm: &Crm,
    actor: &Actor,
    anew: bool,
    check: CompanyCheck,
) -> Result<Arc<Company>> {
    let company = company::mirrored(db, crm, actor.company, anew).await?;
    check(&company)?;
    user::mirror_actor(db, crm, actor).await?;
    Ok(company)
}

/// Company and actor, mirrored, and whose records the actor sees.
pub(super) async fn prepare(
    scope: &CompanyScope<'_>,
    db: Database<'_>,
    check: CompanyCheck,
) -> Result<(Arc<Company>, Arc<Actor>)> {
    let company = mirror(db, &scope.crm, &scope.actor, scope.has_written_company(), check).await?;
    let actor = scope.actor_on(db, &company).await?;
    Ok((company, actor))
}
