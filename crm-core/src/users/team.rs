//! The teams of the mirror, as a list.

use sea_orm::sea_query::Expr;
use serde::{Deserialize, Serialize};

use super::Users;
use super::team_row as row;
use crate::base::error::Result;
use crate::base::ids::{TeamId, UserId};
use crate::query::page::{self, Key, KeyKind, Order, Page, PageRequest};
use crate::scope::read_page;

/// A team of the company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Team {
    /// Its id in the user-management service.
    pub id: TeamId,
    /// Its name, if known.
    pub name: Option<String>,
    /// The team that it is part of.
    pub parent_id: Option<TeamId>,
    /// The user who manages it, and the teams below it.
    pub manager_id: Option<UserId>,
}

impl From<row::Model> for Team {
    fn from(row: row::Model) -> Self {
        let row::Model { id, name, parent_id, manager_id, .. } = row;
        Self { id: id.into(), name, parent_id: parent_id.map(Into::into), manager_id: manager_id.map(Into::into) }
    }
}

impl Users<'_, '_> {
    /// A page of the teams that the CRM knows, by name. One statement, which counts as well.
    ///
    /// # Errors
    /// [`Error::Forbidden`](crate::Error::Forbidden) without the right to read users;
    /// [`Error::Malformed`](crate::Error::Malformed) for a cursor of another list.
    pub async fn teams(&self, request: &PageRequest) -> Result<Page<Team>> {
        self.may_read().await?;
        let order = Order {
            name: "name".to_owned(),
            key: Expr::col("name_key"),
            kind: KeyKind::Text,
            id: Expr::col("id"),
            descending: false,
            computed: false,
        };
        let key = |row: &row::Model| (Key::Text(row.name_key.clone()), row.id);
        let digest = page::digest(&"teams")?;
        read_page(|| self.0.find::<row::Entity>(), &order, &digest, request, key).await?.try_map(|row| Ok(row.into()))
    }
}
