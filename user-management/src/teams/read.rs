//! Reading teams.

use std::collections::HashMap;

use crm_core::ids::{CompanyId, UserId};
use crm_core::page::{self, Key, KeyKind, Order, Page, PageRequest};
use crm_core::text::fold;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::input::TeamQuery;
use super::model::Team;
use crate::base::error::{Error, Result};
use crate::base::ids::TeamId;
use crate::base::input;
use crate::rows::team::{Column, Entity, Model};
use crate::rows::team_member;

const TABLE: &str = "um_teams";

/// One team with its members.
pub(super) async fn find(db: &impl ConnectionTrait, company: CompanyId, id: TeamId) -> Result<Team> {
    let row = Entity::find_by_id((company.0, id.0)).one(db).await?.ok_or(Error::NotFound("team"))?;
    let mut teams = [row.into()];
    add_members(db, company, &mut teams).await?;
    let [team] = teams;
    Ok(team)
}

/// A page of teams with their members, in two statements.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    company: CompanyId,
    query: &TeamQuery,
    request: &PageRequest,
) -> Result<Page<Team>> {
    let mut select = Entity::find().filter(Column::CompanyId.eq(company.0));
    if let Some(text) = input::search(query.q.as_deref())? {
        select = select.filter(input::contains(Expr::col((TABLE, "name_key")), &fold(text)));
    }
    let filter = page::digest(&("um.teams", company, query))?;
    let key = |row: &Model| (Key::Text(row.name_key.clone()), row.id);
    let mut page = page::read(db, select, &by_name(), &filter, request, key).await?.map(Team::from);
    add_members(db, company, &mut page.data).await?;
    Ok(page)
}

fn by_name() -> Order {
    Order {
        name: "name".to_owned(),
        key: Expr::col((TABLE, "name_key")),
        kind: KeyKind::Text,
        id: Expr::col((TABLE, "id")),
        descending: false,
        computed: false,
    }
}

async fn add_members(db: &impl ConnectionTrait, company: CompanyId, teams: &mut [Team]) -> Result<()> {
    if teams.is_empty() {
        return Ok(());
    }
    let rows = team_member::Entity::find()
        .filter(team_member::Column::CompanyId.eq(company.0))
        .filter(team_member::Column::TeamId.is_in(teams.iter().map(|team| team.id.0)))
        .order_by_asc(team_member::Column::UserId)
        .all(db)
        .await?;
    let mut members: HashMap<Uuid, Vec<UserId>> = HashMap::new();
    for row in rows {
        members.entry(row.team_id).or_default().push(row.user_id.into());
    }
    for team in teams {
        team.member_ids = members.remove(&team.id.0).unwrap_or_default();
    }
    Ok(())
}
