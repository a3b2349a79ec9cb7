//! Filters and orders of lists of users.

use crm_core::Malformed;
use crm_core::actor::Role;
use crm_core::page::{Key, KeyKind, Order};
use crm_core::sort::{Sort, SortKey};
use crm_core::text::fold;
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition};
use serde::Serialize;

use super::model::UserStatus;
use super::row::{Column, Model};
use crate::base::ids::TeamId;
use crate::base::input;
use crate::rows::team_member;

const TABLE: &str = "um_memberships";

/// The sort keys of users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UserSortKey {
    /// Their name, without case and accents; their address if they have none.
    Name,
    /// The time at which they were added to the company.
    CreatedAt,
}

/// An order of users.
pub type UserSort = Sort<UserSortKey>;

impl SortKey for UserSortKey {
    const ALL: &'static [(Self, &'static str)] = &[(Self::Name, "name"), (Self::CreatedAt, "createdAt")];
    const DESCENDING: bool = false;
}

/// The users in a list.
#[derive(Clone, Default, PartialEq, Eq, Hash, Serialize)]
pub struct UserQuery {
    /// Only users whose name or address contains this text, in any case.
    pub q: Option<String>,
    /// Only users with this role.
    pub role: Option<Role>,
    /// Only users with this status.
    pub status: Option<UserStatus>,
    /// Only users of this team.
    pub team_id: Option<TeamId>,
    /// The order.
    #[serde(skip)]
    pub sort: UserSort,
}

impl std::fmt::Debug for UserQuery {
    /// Prints no text, which may be an address.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserQuery").field("role", &self.role).field("status", &self.status).finish_non_exhaustive()
    }
}

impl UserQuery {
    pub(super) fn condition(&self) -> Result<Condition, Malformed> {
        let mut all = Condition::all();
        if let Some(text) = input::search(self.q.as_deref())? {
            all = all.add(named(text));
        }
        if let Some(role) = self.role {
            all = all.add(Column::Role.eq(role.as_str()));
        }
        if let Some(status) = self.status {
            all = all.add(Column::Status.eq(status.as_str()));
        }
        if let Some(team) = self.team_id {
            all = all.add(in_team(team));
        }
        Ok(all)
    }

    pub(super) fn order(&self) -> Order {
        let order = match self.sort.key {
            UserSortKey::Name => self.sort.order(TABLE, "name_key", KeyKind::Text),
            UserSortKey::CreatedAt => self.sort.order(TABLE, "created_at", KeyKind::Time),
        };
        Order { id: Expr::col((TABLE, "user_id")), ..order }
    }

    pub(super) fn key(&self, row: &Model) -> Key {
        match self.sort.key {
            UserSortKey::Name => Key::Text(row.name_key.clone()),
            UserSortKey::CreatedAt => Key::Time(row.created_at),
        }
    }
}

fn named(text: &str) -> Condition {
    let has = |needle: &str| input::contains(Expr::col((TABLE, "search_text")), needle);
    // Names are stored without accents, addresses with them.
    let lower = text.to_lowercase();
    match fold(text) {
        folded if folded.is_empty() || folded == lower => Condition::any().add(has(&lower)),
        folded => Condition::any().add(has(&lower)).add(has(&folded)),
    }
}

fn in_team(team: TeamId) -> Expr {
    use team_member::Column as Member;
    let same = |column: Member, of: &'static str| Expr::col((team_member::Entity, column)).equals((TABLE, of));
    let member = Query::select()
        .expr(Expr::val(1))
        .from(team_member::Entity)
        .and_where(same(Member::CompanyId, "company_id"))
        .and_where(same(Member::UserId, "user_id"))
        .and_where(Expr::col((team_member::Entity, Member::TeamId)).eq(team.0))
        .to_owned();
    Expr::exists(member)
}
