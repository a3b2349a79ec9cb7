//! The sessions of a user.

use chrono::{DateTime, Utc};
use crm_core::ids::CompanyId;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Serialize;

use crate::base::caller::Caller;
use crate::base::error::Result;
use crate::base::ids::SessionId;
use crate::base::service::UserManagement;
use crate::rows::session::{Column as C, Entity, Model};

/// How many sessions are listed.
const MOST: u64 = 100;

/// A session in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    /// The id.
    pub id: SessionId,
    /// The company that the user works in.
    pub company_id: CompanyId,
    /// When the user has signed in.
    pub created_at: DateTime<Utc>,
    /// When tokens were last issued.
    pub last_used_at: DateTime<Utc>,
    /// When it ends at the latest.
    pub expires_at: DateTime<Utc>,
    /// The address it was last used from.
    pub address: Option<String>,
    /// The program it was last used with.
    pub user_agent: Option<String>,
    /// Whether it is the session of this request.
    pub current: bool,
}

impl UserManagement {
    /// The caller's sessions in force, newest first; at most 100.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn sessions(&self, caller: &Caller) -> Result<Vec<Session>> {
        let rows = Entity::find().filter(C::UserId.eq(caller.user.0)).filter(C::EndedAt.is_null());
        let rows = rows.filter(C::ExpiresAt.gt(self.now())).order_by_desc(C::CreatedAt).order_by_desc(C::Id);
        let rows = rows.limit(MOST).all(self.db()).await?;
        Ok(rows.into_iter().map(|row| session(row, caller)).collect())
    }
}

fn session(row: Model, caller: &Caller) -> Session {
    Session {
        id: SessionId(row.id),
        company_id: CompanyId(row.company_id),
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        expires_at: row.expires_at,
        address: row.address,
        user_agent: row.user_agent,
        current: caller.session == Some(SessionId(row.id)),
    }
}
