//! What a feed is.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::base::ids::UserId;
use crate::base::rights::{ActorRef, Permission};

/// The feed of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CalendarFeed {
    pub version: i64,
    /// The beginning of the digest: history tells by it that there is another address.
    pub fingerprint: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
    #[serde(skip)]
    pub user: Uuid,
    #[serde(skip)]
    pub digest: String,
    #[serde(skip)]
    pub rights: Vec<Permission>,
    #[serde(skip)]
    pub by: ActorRef,
}

impl CalendarFeed {
    pub fn user(&self) -> UserId {
        self.user.into()
    }

    /// The part of a digest that is shown.
    pub fn fingerprint(digest: &str) -> String {
        digest.chars().take(16).collect()
    }
}
