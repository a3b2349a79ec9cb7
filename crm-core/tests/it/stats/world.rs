//! A company with random work, and its final records.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use crm_core::actor::Role;
use crm_core::clock::Clock;
use crm_core::customers::{Customer, CustomerPatch, CustomerQuery, CustomerStatus, NewCustomer};
use crm_core::interactions::{
    Completion, FollowUp, Interaction, InteractionPatch, InteractionQuery, InteractionStatus, InteractionType,
    NewInteraction,
};
use crm_core::notes::{NewNote, Note, NotePatch, NoteQuery, NoteVisibility};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::tags::{Tag, TagQuery};
use crm_core::{CompanyScope, Crm, Error};
use testkit::{FixedClock, TestDatabase};

use crate::chance::Chance;
use crate::support::TestCrm;

const ROLES: [Role; 3] = [Role::Admin, Role::Manager, Role::SalesRep];

/// Everything that a user sees of a company outside the trash; only shared notes.
#[derive(Debug)]
pub struct Records {
    pub customers: Vec<Customer>,
    pub interactions: Vec<Interaction>,
    pub notes: Vec<Note>,
    pub tags: Vec<Tag>,
}

pub struct World {
    pub crm: TestCrm,
    pub clock: FixedClock,
    chance: Chance,
}

impl World {
    pub async fn new(database: &TestDatabase, seed: u64) -> crm_core::Result<Self> {
        let clock = FixedClock::at(FixedClock::default_time() - TimeDelta::days(70));
        let crm = TestCrm::with(database, Crm::builder().clock(clock.clone()));
        for role in ROLES {
            crm.ensure_mirrored(role).await?;
        }
        Ok(Self { crm, clock, chance: Chance::new(seed) })
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Lets something happen so many times, over ten weeks.
    pub async fn live(&mut self, times: usize) -> anyhow::Result<()> {
        for _ in 0..times {
            let pause = 70 * 24 * 3600 / times;
            self.clock.advance(Duration::from_secs(self.chance.below(2 * pause) as u64));
            match self.happen().await {
                // Random actors ask for much that makes no sense.
                Ok(()) | Err(Error::Conflict(_) | Error::Invalid(_) | Error::Forbidden { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn happen(&mut self) -> crm_core::Result<()> {
        let role = ROLES[self.chance.below(3)];
        let mut scope = self.crm.scope(role);
        let customers = customers(&mut self.crm.admin(), false).await?;
        if customers.len() < 3 || self.chance.once_in(8) {
            return self.add_customer().await;
        }
        let customer = customers[self.chance.below(customers.len())].id;
        match self.chance.below(12) {
            0..4 => {
                let new = self.interaction();
                scope.interactions(customer).create(new).await?;
            }
            4 | 5 => self.change_interaction(&mut scope).await?,
            6 => {
                let note = NewNote::text("What was said");
                let note = if self.chance.once_in(2) { note.private() } else { note };
                scope.notes(customer).create(note).await?;
            }
            7 => self.change_note(&mut scope).await?,
            8 => {
                let tag = self.chance.one(&["vip", "new", "fair", "late"]);
                scope.customer_tags(customer).add([tag]).await?;
            }
            9 => {
                let owner = self.owner();
                let patch = CustomerPatch {
                    owner_id: owner,
                    is_archived: Patch::Set(self.chance.once_in(3)),
                    ..CustomerPatch::default()
                };
                self.crm.admin().customers().update(customer, patch, None).await?;
            }
            10 => self.throw_away_or_bring_back(customer).await?,
            _ => {
                if self.chance.once_in(6) {
                    self.crm.admin().customers().purge(customer, None).await?;
                }
            }
        }
        Ok(())
    }

    async fn add_customer(&mut self) -> crm_core::Result<()> {
        let status = CustomerStatus::ALL[self.chance.below(CustomerStatus::ALL.len())];
        let new = if self.chance.once_in(3) {
            NewCustomer::organization("Lee & Co")
        } else {
            NewCustomer::person("Ann", "Lee")
        };
        let owner_id = self.owner().value().copied();
        self.crm.admin().customers().create(NewCustomer { status: Some(status), owner_id, ..new }).await?;
        Ok(())
    }

    fn owner(&mut self) -> Patch<crm_core::ids::UserId> {
        match self.chance.below(4) {
            3 => Patch::Clear,
            user => Patch::Set(self.crm.user(ROLES[user])),
        }
    }

    /// Within some days of now.
    fn time(&mut self, days: usize) -> DateTime<Utc> {
        let minutes = self.chance.below(2 * days * 24 * 60) as i64 - (days * 24 * 60) as i64;
        self.now() + TimeDelta::minutes(minutes)
    }

    fn interaction(&mut self) -> NewInteraction {
        let types = [InteractionType::Call, InteractionType::Email, InteractionType::Meeting];
        let new = NewInteraction::of(types[self.chance.below(3)], "Contract");
        let statuses = InteractionStatus::ALL;
        let status = statuses[self.chance.below(statuses.len())];
        let scheduled_at = (!self.chance.once_in(4)).then(|| self.time(20));
        let completed_at =
            (status == InteractionStatus::Completed).then(|| self.now() - (self.time(10) - self.now()).abs());
        NewInteraction {
            status: Some(status),
            scheduled_at,
            completed_at,
            duration_seconds: (!self.chance.once_in(3)).then(|| 60 * self.chance.below(90) as i64),
            owner_id: self.owner(),
            follow_up_at: self.chance.once_in(3).then(|| self.time(15)),
            ..new
        }
    }

    async fn change_interaction(&mut self, scope: &mut CompanyScope<'_>) -> crm_core::Result<()> {
        let all = interactions(&mut self.crm.admin()).await?;
        if all.is_empty() {
            return Ok(());
        }
        let Interaction { id, customer_id, .. } = all[self.chance.below(all.len())];
        match self.chance.below(4) {
            0 => {
                let follow_up = self.chance.once_in(2).then(|| FollowUp::at(self.time(10)));
                let completion = Completion { follow_up, ..Completion::default() };
                scope.interactions(customer_id).complete(id, completion, None).await?;
            }
            1 => {
                scope.interactions(customer_id).delete(id, None).await?;
                if self.chance.once_in(2) {
                    self.crm.admin().interactions(customer_id).restore(id).await?;
                }
            }
            2 => {
                let statuses = [InteractionStatus::Cancelled, InteractionStatus::NoShow, InteractionStatus::InProgress];
                let patch = InteractionPatch {
                    status: Patch::Set(statuses[self.chance.below(3)]),
                    ..InteractionPatch::default()
                };
                scope.interactions(customer_id).update(id, patch, None).await?;
            }
            _ => {
                let patch = InteractionPatch {
                    scheduled_at: Patch::Set(self.time(20)),
                    follow_up_at: if self.chance.once_in(2) { Patch::Clear } else { Patch::Set(self.time(15)) },
                    ..InteractionPatch::default()
                };
                scope.interactions(customer_id).update(id, patch, None).await?;
            }
        }
        Ok(())
    }

    async fn change_note(&mut self, scope: &mut CompanyScope<'_>) -> crm_core::Result<()> {
        let customers = customers(&mut self.crm.admin(), false).await?;
        let customer = customers[self.chance.below(customers.len())].id;
        let notes = scope.notes(customer).list(&NoteQuery::default(), &PageRequest::default().limit(100)).await?.data;
        let Some(note) = notes.first() else {
            return Ok(());
        };
        if self.chance.once_in(2) {
            let other = match note.visibility {
                NoteVisibility::Shared => NoteVisibility::Private,
                NoteVisibility::Private => NoteVisibility::Shared,
            };
            let patch = NotePatch { visibility: Patch::Set(other), ..NotePatch::default() };
            scope.notes(customer).update(note.id, patch, None).await?;
            return Ok(());
        }
        scope.notes(customer).delete(note.id, None).await?;
        if self.chance.once_in(2) {
            scope.notes(customer).restore(note.id).await?;
        }
        Ok(())
    }

    async fn throw_away_or_bring_back(&mut self, customer: crm_core::ids::CustomerId) -> crm_core::Result<()> {
        let mut scope = self.crm.admin();
        let trash = customers(&mut scope, true).await?;
        if let Some(trashed) = trash.first().filter(|_| self.chance.once_in(2)) {
            scope.customers().restore(trashed.id).await?;
            return Ok(());
        }
        scope.customers().delete(customer, None).await
    }

    /// What a user sees now.
    pub async fn records(&self, scope: &mut CompanyScope<'_>) -> crm_core::Result<Records> {
        let customers = customers(scope, false).await?;
        let interactions = interactions(scope).await?;
        let mut notes = Vec::new();
        for customer in &customers {
            let page = scope.notes(customer.id).list(&NoteQuery::default(), &PageRequest::default().limit(100)).await?;
            notes.extend(page.data.into_iter().filter(|note| note.visibility == NoteVisibility::Shared));
        }
        let tags = scope.tags().list(&TagQuery::default(), &PageRequest::default().limit(100)).await?.data;
        Ok(Records { customers, interactions, notes, tags })
    }
}

async fn customers(scope: &mut CompanyScope<'_>, trashed: bool) -> crm_core::Result<Vec<Customer>> {
    let anyone = r#"{"any": [{"field": "isArchived", "op": "eq", "value": true}, {"field": "isArchived", "op": "eq", "value": false}]}"#;
    let query = CustomerQuery { trashed, filter: Some(anyone.parse()?), ..CustomerQuery::default() };
    Ok(scope.customers().list(&query, &PageRequest::default().limit(100)).await?.data)
}

/// All of them, page by page.
async fn interactions(scope: &mut CompanyScope<'_>) -> crm_core::Result<Vec<Interaction>> {
    let (query, mut request) = (InteractionQuery::default(), PageRequest::default().limit(100));
    let mut all = Vec::new();
    loop {
        let page = scope.all_interactions().list(&query, &request).await?;
        all.extend(page.data);
        match page.next_cursor {
            Some(cursor) => request = PageRequest::after(cursor).limit(100),
            None => return Ok(all),
        }
    }
}
