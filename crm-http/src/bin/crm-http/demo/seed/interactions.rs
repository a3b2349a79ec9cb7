//! The demo's interactions: past ones over the twelve months, planned ones, and overdue ones.

use std::ops::Range;

use chrono::{DateTime, TimeDelta, Timelike, Utc};
use crm_core::ids::{CustomerId, InteractionId, UserId};
use crm_core::interactions::{Completion, FollowUp, InteractionStatus, NewInteraction};
use crm_core::patch::Patch;
use crm_http::examples;
use rand::RngExt;

use super::super::names::{INTERACTIONS, Story};
use super::Seeder;

/// The customer, the time it was added, and the owner.
#[derive(Clone, Copy)]
struct With {
    id: CustomerId,
    added: DateTime<Utc>,
    owner: Option<UserId>,
}

impl Seeder<'_, '_> {
    /// The interactions of the document's examples.
    pub(super) async fn example_interactions(&mut self) -> anyhow::Result<()> {
        let sales = Patch::from(self.user("sales"));
        let read = |value| serde_json::from_value::<NewInteraction>(value);
        let planned = NewInteraction { owner_id: sales, ..read(examples::new_interaction())? };
        let call = |subject: &str| NewInteraction { subject: Some(subject.to_owned()), ..planned.clone() };
        for (id, new) in [
            (examples::INTERACTION, NewInteraction { owner_id: sales, ..read(examples::interaction_fields())? }),
            (examples::INTERACTION_TO_COMPLETE, planned.clone()),
            (examples::INTERACTION_TO_DELETE, call("Planned twice")),
            (examples::INTERACTION_TO_RESTORE, call("Thrown away too soon")),
            (examples::ANY_INTERACTION_TO_DELETE, call("Planned three times")),
            (examples::ANY_INTERACTION_TO_RESTORE, call("Thrown away too soon, too")),
        ] {
            self.randomness.choose(id);
            let interaction = self.tx.scope().interactions(examples::CUSTOMER.into()).create(new).await?;
            anyhow::ensure!(interaction.id == InteractionId(id), "the example {id} became {}", interaction.id);
        }
        for thrown in [examples::INTERACTION_TO_RESTORE, examples::ANY_INTERACTION_TO_RESTORE] {
            self.tx.scope().all_interactions().delete(thrown.into(), None).await?;
        }
        Ok(())
    }

    /// The past and planned interactions with a customer.
    pub(super) async fn interactions(
        &mut self,
        id: CustomerId,
        number: u32,
        added: DateTime<Utc>,
    ) -> crm_core::Result<()> {
        let with = With { id, added, owner: self.owner(number).or_else(|| self.user("support")) };
        for _ in 0..[1, 0, 2, 1, 0, 3][number as usize % 6] {
            self.has_been(with).await?;
        }
        match number % 24 {
            1 | 13 => self.ahead(with, 1..30).await,
            4 | 16 => self.ahead(with, -14..0).await,
            7 | 19 => self.was_done(with).await,
            10 => self.was_called_off(with, InteractionStatus::Cancelled).await,
            22 => self.was_called_off(with, InteractionStatus::NoShow).await,
            _ => Ok(()),
        }
    }

    /// Logged at the end.
    async fn has_been(&mut self, with: With) -> crm_core::Result<()> {
        let (story, days) = (*self.pick(INTERACTIONS), (self.now - with.added).num_days());
        let at = self.office_hour(-days - 1..0);
        if at < with.added {
            return Ok(());
        }
        let ended = at + TimeDelta::minutes(story.minutes);
        self.clock.set(ended);
        let new = NewInteraction {
            content: Some(story.content.to_owned()),
            outcome: Some(story.outcome.to_owned()),
            started_at: Some(at),
            completed_at: Some(ended),
            follow_up_at: (story.outcome == "callback").then(|| at + TimeDelta::days(7)),
            ..about(story, with.owner)
        };
        self.add(with.id, new).await.map(|_| ())
    }

    /// Planned in this number of days.
    async fn ahead(&mut self, with: With, days: Range<i64>) -> crm_core::Result<()> {
        let (story, at) = (*self.pick(INTERACTIONS), self.office_hour(days));
        self.clock.set((at - TimeDelta::days(10)).max(with.added).min(self.now));
        self.add(with.id, about(story, with.owner).planned(at)).await.map(|_| ())
    }

    /// Planned, completed, and followed by another planned one.
    async fn was_done(&mut self, with: With) -> crm_core::Result<()> {
        let (story, at) = (*self.pick(INTERACTIONS), self.office_hour(-30..-5));
        if at < with.added {
            return Ok(());
        }
        self.clock.set((at - TimeDelta::days(7)).max(with.added));
        let planned = self.add(with.id, about(story, with.owner).planned(at)).await?;
        self.clock.set(at + TimeDelta::minutes(story.minutes));
        let completion = Completion {
            outcome: Some(story.outcome.to_owned()),
            content: Some(story.content.to_owned()),
            follow_up: Some(FollowUp::at(self.office_hour(-4..21))),
            ..Completion::default()
        };
        self.tx.scope().interactions(with.id).complete(planned, completion, None).await.map(|_| ())
    }

    /// Cancelled or missed.
    async fn was_called_off(&mut self, with: With, status: InteractionStatus) -> crm_core::Result<()> {
        let (story, at) = (*self.pick(INTERACTIONS), self.office_hour(-90..-2));
        if at < with.added {
            return Ok(());
        }
        self.clock.set(at);
        let new = NewInteraction { status: Some(status), scheduled_at: Some(at), ..about(story, with.owner) };
        self.add(with.id, new).await.map(|_| ())
    }

    async fn add(&mut self, id: CustomerId, new: NewInteraction) -> crm_core::Result<InteractionId> {
        Ok(self.tx.scope().interactions(id).create(new).await?.id)
    }

    /// A quarter of an hour during office hours, in this number of days.
    fn office_hour(&mut self, days: Range<i64>) -> DateTime<Utc> {
        let day = self.now + TimeDelta::days(self.random.random_range(days));
        let (hour, quarter) = (self.random.random_range(8..17), self.random.random_range(0..4) * 15);
        // Every day has these hours in UTC.
        day.with_hour(hour).and_then(|at| at.with_minute(quarter)?.with_second(0)?.with_nanosecond(0)).unwrap_or(day)
    }
}

fn about(story: Story, owner: Option<UserId>) -> NewInteraction {
    NewInteraction {
        direction: Some(story.direction),
        duration_seconds: Some(story.minutes * 60),
        owner_id: owner.into(),
        ..NewInteraction::of(story.interaction_type, story.subject)
    }
}
