//! What a tag is.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::base::ids::TagId;
use crate::base::text::fold;
use crate::scope::actor::ActorRef;

/// A tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Tag {
    /// The id.
    pub id: TagId,
    /// Counts the writes, from 1; part of the ETag.
    pub version: i64,
    /// The name; unique in the company without case and accents.
    pub name: String,
    /// The colour, as `#rrggbb` in lower case.
    pub color: Option<String>,
    /// What the tag stands for.
    pub description: Option<String>,
    /// How many customers have it, of those that you may read; those in the trash do not count.
    pub usage_count: u64,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last written.
    pub updated_at: DateTime<Utc>,
    /// Who added it.
    pub created_by: ActorRef,
    /// Who wrote it last.
    pub updated_by: ActorRef,
}

/// A tag as its customers show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CustomerTag {
    /// The id.
    pub id: TagId,
    /// The name.
    pub name: String,
    /// The colour, as `#rrggbb` in lower case.
    pub color: Option<String>,
}

impl CustomerTag {
    /// What tells names apart, and what tags are sorted by.
    pub(crate) fn key(&self) -> String {
        fold(&self.name)
    }
}

impl From<&Tag> for CustomerTag {
    fn from(tag: &Tag) -> Self {
        Self { id: tag.id, name: tag.name.clone(), color: tag.color.clone() }
    }
}
