//! Which team is part of which. The company is held by all who write it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use crm_core::Violations;
use crm_core::ids::CompanyId;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::base::error::Result;
use crate::base::ids::TeamId;
use crate::rows::team::{Column, Entity};

/// Fails unless the company has the team that this one is to be part of, and it is not part of this one.
pub(super) async fn ensure(
    tx: &DatabaseTransaction,
    company: CompanyId,
    id: TeamId,
    parent: Option<TeamId>,
) -> Result<()> {
    let Some(parent) = parent else {
        return Ok(());
    };
    let parents: Vec<(Uuid, Option<Uuid>)> = Entity::find()
        .select_only()
        .columns([Column::Id, Column::ParentId])
        .filter(Column::CompanyId.eq(company.0))
        .into_tuple()
        .all(tx)
        .await?;
    let parents: HashMap<Uuid, Option<Uuid>> = parents.into_iter().collect();
    let mut violations = Violations::default();
    if !parents.contains_key(&parent.0) {
        violations.add("/parentId", "team_unknown", "the company has no such team");
    } else if is_below(&parents, parent, id) {
        violations.add("/parentId", "team_cycle", "the team would be part of itself");
    }
    Ok(violations.into_result()?)
}

/// Whether a team is the other one, or part of it. What was stored has no circles.
fn is_below(parents: &HashMap<Uuid, Option<Uuid>>, team: TeamId, other: TeamId) -> bool {
    let above = std::iter::successors(Some(team.0), |team| parents.get(team).copied().flatten());
    above.take(parents.len() + 1).any(|team| team == other.0)
}

/// Makes the teams below a team part of none, and counts it in them.
pub(super) async fn leave(
    tx: &DatabaseTransaction,
    now: DateTime<Utc>,
    company: CompanyId,
    parent: TeamId,
) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::ParentId, Expr::val(None::<Uuid>))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::val(now))
        .filter(Column::CompanyId.eq(company.0))
        .filter(Column::ParentId.eq(parent.0))
        .exec(tx)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use uuid::Uuid;

    use super::is_below;

    #[test]
    fn a_team_is_below_itself_and_those_above() {
        let id = Uuid::from_u128;
        let parents = HashMap::from([(id(1), None), (id(2), Some(id(1))), (id(3), Some(id(2))), (id(4), None)]);
        let is_below = |team: u128, other: u128| is_below(&parents, id(team).into(), id(other).into());
        assert!(is_below(3, 1) && is_below(3, 2) && is_below(3, 3));
        assert!(!is_below(1, 3) && !is_below(3, 4));
    }
}
