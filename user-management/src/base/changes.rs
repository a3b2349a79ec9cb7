//! Changes that services must learn of at once: ended sessions, changed rights, changed users.

use async_trait::async_trait;
use crm_core::ids::{CompanyId, UserId};
use serde::{Deserialize, Serialize};

use super::ids::SessionId;

/// A change that ends tokens before they expire, or that changes what others know of users.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum AccessChange {
    /// A session ended: tokens with this `sid` are void.
    SessionEnded {
        /// The session.
        session: SessionId,
    },
    /// The rights of a user in a company changed: their tokens with a lower `gen` are void.
    MemberChanged {
        /// The company.
        company: CompanyId,
        /// The user.
        user: UserId,
        /// The lowest generation whose tokens are still valid.
        generation: i64,
    },
    /// A user was added or their profile changed; tokens stay valid.
    ProfileChanged {
        /// The company.
        company: CompanyId,
        /// The user.
        user: UserId,
    },
    /// A company was added or changed.
    CompanyChanged {
        /// The company.
        company: CompanyId,
        /// Whether the tokens that its users have are void.
        ended: bool,
    },
}

/// Tells other services of changes, for example through Redis. Called after the commit. What is not told is learnt when
/// tokens expire, so a failure is logged and not returned.
#[async_trait]
pub trait ChangePublisher: Send + Sync + 'static {
    /// Tells them.
    async fn publish(&self, changes: &[AccessChange]);
}

#[async_trait]
impl ChangePublisher for std::sync::Arc<dyn ChangePublisher> {
    async fn publish(&self, changes: &[AccessChange]) {
        (**self).publish(changes).await;
    }
}

/// Tells nobody.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Unpublished;

#[async_trait]
impl ChangePublisher for Unpublished {
    async fn publish(&self, _: &[AccessChange]) {}
}
