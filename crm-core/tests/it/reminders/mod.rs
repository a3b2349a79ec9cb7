//! Reminders, what is due, and mails: to the right users, when it is time, and once.

mod digests;
mod killed;
mod mails;
mod moments;

pub use killed::work_if_asked;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use crm_core::actor::{Actor, Role};
use crm_core::ids::UserId;
use crm_core::jobs::JobOptions;
use crm_core::notifications::{Mail, MailError, Mailer, NotificationKind, NotificationQuery};
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::tasks::{NewTask, TaskReminder};
use crm_core::users::UserProfile;
use crm_core::{CompanyScope, Crm};
use testkit::{FixedClock, Suite, TestDatabase};
use uuid::Uuid;

use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    moments::register(suite);
    mails::register(suite);
    digests::register(suite);
    killed::register(suite);
}

/// A mail server that keeps what it takes, and fails when it is told to.
#[derive(Clone, Default)]
struct Post {
    taken: Arc<Mutex<Vec<Mail>>>,
    /// The ids of all mails, also of those that were not taken.
    tried: Arc<Mutex<Vec<Uuid>>>,
    faults: Arc<Mutex<Vec<MailError>>>,
}

impl Post {
    fn fail_next(&self, fault: MailError) {
        self.faults.lock().unwrap().push(fault);
    }

    fn tried(&self) -> Vec<Uuid> {
        self.tried.lock().unwrap().clone()
    }

    /// What it has taken since the last look.
    fn take(&self) -> Vec<Mail> {
        std::mem::take(&mut self.taken.lock().unwrap())
    }
}

#[async_trait]
impl Mailer for Post {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        self.tried.lock().unwrap().push(mail.id);
        if let Some(fault) = self.faults.lock().unwrap().pop() {
            return Err(fault);
        }
        self.taken.lock().unwrap().push(mail);
        Ok(())
    }
}

/// A company whose seller works on tasks, at noon of 1 June 2026 unless the test moves the clock.
struct World {
    crm: TestCrm,
    clock: FixedClock,
    post: Post,
    seller: UserId,
}

impl World {
    async fn new(database: &TestDatabase) -> anyhow::Result<Self> {
        let (clock, post) = (FixedClock::default(), Post::default());
        let builder = Crm::builder().clock(clock.clone()).mailer(post.clone());
        Self::of(TestCrm::with(database, builder.public_url("https://crm.example.com/")), clock, post).await
    }

    async fn without_mail(database: &TestDatabase) -> anyhow::Result<Self> {
        let clock = FixedClock::default();
        let crm = TestCrm::with(database, Crm::builder().clock(clock.clone()));
        Self::of(crm, clock, Post::default()).await
    }

    /// Another company, with the same clock and mail server.
    async fn other_company(&self) -> anyhow::Result<Self> {
        Self::of(self.crm.other_company(), self.clock.clone(), self.post.clone()).await
    }

    async fn of(crm: TestCrm, clock: FixedClock, post: Post) -> anyhow::Result<Self> {
        let seller = crm.user(Role::SalesRep);
        let world = Self { crm, clock, post, seller };
        world.mirror(Role::SalesRep, Some(&email(Role::SalesRep)), true).await?;
        Ok(world)
    }

    async fn mirror(&self, role: Role, email: Option<&str>, is_active: bool) -> crm_core::Result<UserId> {
        let id = self.crm.user(role);
        let display_name = Some(format!("The {role}"));
        let profile = UserProfile { id, display_name, email: email.map(str::to_owned), is_active };
        self.crm.admin().users().mirror(&profile).await?;
        Ok(id)
    }

    /// A user who tells their address, as tokens do.
    fn scope(&self, role: Role) -> CompanyScope<'static> {
        let actor = Actor::user(self.crm.company, self.crm.user(role), role);
        let actor = actor.with_profile(Some(format!("The {role}")), Some(email(role)));
        self.crm.crm.on(actor, &self.crm.db)
    }

    fn at(&self, time: &str) -> DateTime<Utc> {
        let time = time.parse().expect("a time");
        self.clock.set(time);
        time
    }

    /// Runs what is due, and gives the number of jobs.
    async fn run(&self) -> crm_core::Result<u64> {
        self.crm.crm.run_due_jobs(&self.crm.db, &JobOptions::default()).await
    }

    /// What the seller was told by the clock: kinds, and how often, in their order.
    async fn told(&self) -> crm_core::Result<Vec<(NotificationKind, i64)>> {
        self.told_to(Role::SalesRep).await
    }

    async fn told_to(&self, role: Role) -> crm_core::Result<Vec<(NotificationKind, i64)>> {
        let request = PageRequest::default().limit(100);
        let page = self.scope(role).notifications().list(&NotificationQuery::default(), &request).await?;
        let told = page.data.into_iter().map(|one| (one.kind, one.count));
        let mut told: Vec<_> = told.filter(|(kind, _)| *kind != NotificationKind::Assigned).collect();
        told.sort_unstable();
        Ok(told)
    }

    /// A change of the seller's preferences.
    async fn prefer(&self, notifications: serde_json::Value) -> crm_core::Result<()> {
        let patch = serde_json::json!({ "notifications": notifications });
        self.preferences(patch).await
    }

    async fn preferences(&self, patch: serde_json::Value) -> crm_core::Result<()> {
        let patch = serde_json::from_value(patch).expect("a patch");
        self.scope(Role::SalesRep).preferences().update(patch, None).await.map(drop)
    }

    /// A task of the seller that is due in so many minutes.
    fn task(&self, minutes: i64, reminders: &[TaskReminder]) -> NewTask {
        let due = crm_core::clock::Clock::now(&self.clock) + TimeDelta::minutes(minutes);
        let task = NewTask { assignee_id: Patch::Set(self.seller), ..NewTask::titled("Send the offer").due(due) };
        NewTask { reminders: Some(reminders.to_vec()), ..task }
    }
}

fn email(role: Role) -> String {
    format!("{role}@acme.example")
}

async fn in_zone(crm: &TestCrm, zone: &str) -> crm_core::Result<()> {
    let patch = serde_json::from_value(serde_json::json!({ "timeZone": zone })).expect("a patch");
    crm.admin().settings().update(patch, None).await.map(drop)
}
