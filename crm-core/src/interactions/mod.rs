//! Interactions: what happens between a company and a customer, a call, a visit, a demonstration, and what is planned.
//!
//! An interaction has a [type](InteractionType), a [status](InteractionStatus), and an owner among the company's users: whose
//! it is to keep, or who kept it. Everybody in the company who sees the customer sees it.
//!
//! - Without a status, an interaction that is scheduled for later is *planned*, and any other has been *completed*.
//! - What is planned or in progress is *open*. What is completed, cancelled or was not kept (`no_show`) is *closed*, and that
//!   is final; its other fields can still be put right.
//! - [`Interactions::complete`] closes an interaction, says what came of it, and may plan what follows, all at once. Said
//!   again in the same words it changes nothing.
//! - `occurredAt` places an interaction in time, whatever is known of it: completed, else started, else scheduled, else added.
//! - *Participants* are users, customers, or e-mail addresses of anybody.
//! - *Deleted* interactions are in the trash until they are restored. A customer that is deleted, restored or purged takes its
//!   interactions along.

mod completion;
mod input;
mod model;
mod participants;
mod query;
mod repo;
mod row;
mod validate;

pub use completion::{Completion, FollowUp};
pub use input::{InteractionPatch, NewInteraction};
pub use model::{
    CompletedInteraction, Interaction, InteractionDirection, InteractionStatus, InteractionType, Participant,
    ParticipantKind, ParticipantResponse, ParticipantRole,
};
pub use query::{InteractionQuery, InteractionSort, InteractionSortKey};
pub(crate) use repo::ensure_visible;
pub use repo::{AllInteractions, Interactions};

use crate::base::error::Kind;
use crate::base::rights::Resource;
use crate::customers::Child;
use crate::scope::FromRow;
use crate::timeline::{Branch, TimelineKind};

crate::scope::company_owned!(row, Id, Version);

pub(crate) static CHILD: Child = Child {
    table: row::TABLE,
    kind: Some(Kind::Interaction),
    timeline: Some(Branch {
        kind: TimelineKind::Interaction,
        at: "occurred_at",
        resource: Resource::Interactions,
        owner: "owner_id",
        has_private: false,
        columns: &row::EXCERPT,
        read: |row| Ok(Interaction::from_row(row)?.into()),
    }),
};
