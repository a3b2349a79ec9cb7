//! Interactions: calls, visits, demonstrations and other contacts with a customer, planned and completed.
//!
//! An interaction has a [type](InteractionType), a [status](InteractionStatus), and an owner among the company's users.
//! All users who may see the customer may see it.
//!
//! - Without a status, an interaction scheduled for the future is *planned*, and any other is *completed*.
//! - A planned or running interaction is *open*. A completed, cancelled or missed (`no_show`) interaction is *closed*,
//!   and its status is final; its other fields can still be corrected.
//! - [`Interactions::complete`] closes an interaction, records its outcome, and may plan the next one, in one
//!   transaction. A retry with the same input changes nothing.
//! - `occurredAt` is the time of completion, else the actual start, else the scheduled start, else the time it was
//!   added.
//! - *Participants* are users, customers, or other people by e-mail address.
//! - A language model may add a summary and a suggested reply: see [`ai`](crate::ai).
//! - *Deleted* interactions are in the trash until they are restored. Deleting, restoring or purging a customer
//!   includes its interactions.

mod ai;
mod completion;
mod input;
mod model;
mod participants;
mod planned;
mod query;
mod repo;
mod row;
mod stored_query;
mod tell;
mod validate;
mod whose;

pub(crate) use ai::{AiChange, lock_for_job, lock_for_user, read_for_job, store_ai};
pub use completion::{Completion, FollowUp};
pub use input::{InteractionPatch, NewInteraction};
pub use model::{
    CompletedInteraction, Interaction, InteractionDirection, InteractionStatus, InteractionType, Participant,
    ParticipantKind, ParticipantResponse, ParticipantRole,
};
pub(crate) use planned::planned_of;
pub use query::{InteractionQuery, InteractionSort, InteractionSortKey};
pub(crate) use repo::ensure_visible;
pub use repo::{AllInteractions, Interactions, LeadInteractions};
pub(crate) use row::of_customers;
pub(crate) use stored_query::checked_query;
pub use whose::AnyCustomer;

use crate::base::error::Kind;
use crate::base::rights::Resource;
use crate::customers::Child;
use crate::scope::FromRow;
use crate::scope::visibility::Access;
use crate::timeline::{Branch, TimelineKind};

crate::scope::company_owned!(row, Id, Version);

pub(crate) static ACCESS: Access =
    Access { table: row::TABLE, resource: Resource::Interactions, owner: "owner_id", has_private: false, link: None };

pub(crate) static CHILD: Child = Child {
    table: row::TABLE,
    kind: Some(Kind::Interaction),
    timeline: Some(Branch {
        kind: TimelineKind::Interaction,
        at: "occurred_at",
        access: &ACCESS,
        columns: |_| &row::EXCERPT,
        read: |row| Ok(Interaction::from_row(row)?.into()),
    }),
};
