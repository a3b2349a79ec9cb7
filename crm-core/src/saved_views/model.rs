//! What a saved view is.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::entity::ViewEntity;
use crate::base::ids::{SavedViewId, UserId};
use crate::base::string_enum::string_enum;
use crate::scope::actor::ActorRef;
use crate::users::UserRef;

string_enum! {
    /// Who sees a saved view.
    #[derive(Default)]
    ViewVisibility {
        /// Its owner alone.
        #[default]
        Private = "private",
        /// All users who may read the entity.
        Shared = "shared",
    }
}

/// A saved view of a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SavedView {
    /// The id.
    pub id: SavedViewId,
    /// Counts the writes, from 1; part of the ETag.
    pub version: i64,
    /// The entity of the list.
    pub entity: ViewEntity,
    /// The name; unique among the views of the owner for the entity.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Who sees it.
    pub visibility: ViewVisibility,
    /// What the list shows, by the names of the list's parameters; those of several values are lists.
    pub query: Map<String, Value>,
    /// The order, as the list's `sort`; absent for the default.
    pub sort: Option<String>,
    /// The columns in their order; empty for the default.
    pub columns: Vec<String>,
    /// The place among the other views: those with a smaller number come first.
    pub position: i64,
    /// The user who owns it; absent if no user has added it.
    pub owner_id: Option<UserId>,
    /// The same user, with their name.
    pub owner: Option<UserRef>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last written.
    pub updated_at: DateTime<Utc>,
    /// Who added it.
    pub created_by: ActorRef,
    /// Who wrote it last.
    pub updated_by: ActorRef,
}
