//! A company that sells for ten weeks at random, and its final records.

use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use crm_core::actor::Role;
use crm_core::clock::Clock;
use crm_core::companies::SettingsPatch;
use crm_core::currency_rates::NewCurrencyRates;
use crm_core::customers::NewCustomer;
use crm_core::deals::{Deal, DealMove, DealPatch, DealQuery, DealStageEntry, NewDeal};
use crm_core::ids::{CustomerId, DealId, LeadId, TaskId, UserId};
use crm_core::interactions::{Interaction, InteractionQuery, InteractionStatus, InteractionType, NewInteraction};
use crm_core::leads::{ConvertLead, Lead, LeadQuery, NewLead};
use crm_core::money::Money;
use crm_core::page::{Page, PageRequest};
use crm_core::patch::Patch;
use crm_core::pipelines::{Pipeline, PipelineQuery};
use crm_core::tasks::{NewTask, Task, TaskCompletion, TaskPatch, TaskQuery, TaskStatus};
use crm_core::{CompanyScope, Crm, Error, Result};
use testkit::{FixedClock, TestDatabase};

use crate::chance::Chance;
use crate::support::TestCrm;

pub const ZONE: Tz = Tz::America__New_York;
const ROLES: [Role; 3] = [Role::Admin, Role::Manager, Role::SalesRep];
const STAGES: [&str; 6] = ["qualification", "needs_analysis", "proposal", "negotiation", "closed_won", "closed_lost"];

/// Everything that a user sees of a company outside the trash.
pub struct Records {
    pub deals: Vec<(Deal, Vec<DealStageEntry>)>,
    pub leads: Vec<Lead>,
    pub tasks: Vec<Task>,
    pub interactions: Vec<Interaction>,
}

pub struct World {
    pub crm: TestCrm,
    pub clock: FixedClock,
    pub pipeline: Pipeline,
    /// Deals whose expected day was moved back: when, and by how many days.
    pub postponed: Vec<(DealId, DateTime<Utc>, i64)>,
    chance: Chance,
    customers: Vec<CustomerId>,
    deals: Vec<DealId>,
    leads: Vec<LeadId>,
    tasks: Vec<TaskId>,
}

impl World {
    pub async fn new(database: &TestDatabase, seed: u64) -> anyhow::Result<Self> {
        let clock = FixedClock::at(FixedClock::default_time() - TimeDelta::days(70));
        let crm = TestCrm::with(database, Crm::builder().clock(clock.clone()));
        for role in ROLES {
            crm.ensure_mirrored(role).await?;
        }
        let zone = SettingsPatch { time_zone: Patch::Set(ZONE.name().to_owned()), ..SettingsPatch::default() };
        crm.admin().settings().update(zone, None).await?;
        rate(&crm, "0.5").await?;
        let mut customers = Vec::new();
        for (number, role) in ROLES.into_iter().enumerate() {
            let new =
                NewCustomer { owner_id: Some(crm.user(role)), ..NewCustomer::organization(format!("Buyer {number}")) };
            customers.push(crm.create(new).await?.id);
        }
        crm.admin().deals().board(None, &DealQuery::default()).await?;
        let mut pipelines = crm.admin().pipelines().list(&PipelineQuery::default(), &PageRequest::default()).await?;
        let (chance, pipeline) = (Chance::new(seed), pipelines.data.remove(0));
        let (deals, leads, tasks, postponed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Ok(Self { crm, clock, pipeline, postponed, chance, customers, deals, leads, tasks })
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Lets something happen so many times, over ten weeks.
    pub async fn live(&mut self, times: usize) -> anyhow::Result<()> {
        for turn in 0..times {
            let pause = 70 * 24 * 3600 / times;
            self.clock.advance(Duration::from_secs(self.chance.below(2 * pause) as u64));
            if turn == times / 2 {
                rate(&self.crm, "0.8").await?;
            }
            match self.happen().await {
                // Random actors ask for much that makes no sense.
                Ok(()) | Err(Error::Conflict(_) | Error::Invalid(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    async fn happen(&mut self) -> Result<()> {
        match self.chance.below(16) {
            0..3 => self.add_deal().await,
            3..7 => self.move_deal().await,
            7 | 8 => self.change_deal().await,
            9 | 10 => self.add_lead().await,
            11 => self.convert_lead().await,
            12 => self.talk().await,
            13 | 14 => self.add_task().await,
            _ => self.finish_task().await,
        }
    }

    fn owner(&mut self) -> Option<UserId> {
        match self.chance.below(4) {
            3 => None,
            user => Some(self.crm.user(ROLES[user])),
        }
    }

    fn amount(&mut self) -> Option<Money> {
        // Nothing is known of what the last one is worth.
        let currency = self.chance.one(&["EUR", "EUR", "USD", "JPY"]).parse().expect("a currency");
        let amount = self.chance.below(100_000) as i64;
        (!self.chance.once_in(6)).then_some(Money { amount, currency })
    }

    /// A day around now.
    fn day(&mut self) -> Option<NaiveDate> {
        let today = self.now().with_timezone(&ZONE).date_naive();
        let day = today - Days::new(20) + Days::new(self.chance.below(90) as u64);
        (!self.chance.once_in(5)).then_some(day)
    }

    fn some<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        (!of.is_empty()).then(|| of[self.chance.below(of.len())])
    }

    async fn add_deal(&mut self) -> Result<()> {
        let customer = self.customers[self.chance.below(self.customers.len())];
        let new = NewDeal {
            amount: self.amount(),
            expected_close_date: self.day(),
            probability: self.chance.once_in(3).then_some(self.chance.below(101) as i64),
            owner_id: Patch::from(self.owner()),
            ..NewDeal::named("A deal")
        };
        let deal = self.crm.admin().deals().create(customer, new).await?;
        self.deals.push(deal.id);
        Ok(())
    }

    async fn move_deal(&mut self) -> Result<()> {
        let Some(deal) = self.some(&self.deals.clone()) else { return Ok(()) };
        let stage = STAGES[self.chance.below(STAGES.len())];
        let reason = (stage == "closed_lost").then(|| "price".to_owned());
        let to = DealMove { lost_reason: reason, ..DealMove::to(stage) };
        self.crm.admin().deals().move_to(deal, to, None).await.map(drop)
    }

    async fn change_deal(&mut self) -> Result<()> {
        let Some(id) = self.some(&self.deals.clone()) else { return Ok(()) };
        let mut scope = self.crm.admin();
        if self.chance.once_in(12) {
            self.deals.retain(|other| *other != id);
            return scope.deals().delete(id, None).await;
        }
        let before = scope.deals().get(id).await?.expected_close_date;
        let patch = DealPatch { expected_close_date: Patch::from(self.day()), ..DealPatch::default() };
        let patch = match self.chance.once_in(2) {
            true => DealPatch { amount: Patch::from(self.amount()), owner_id: Patch::from(self.owner()), ..patch },
            false => patch,
        };
        let after = scope.deals().update(id, patch, None).await?.expected_close_date;
        if let Some((before, after)) = before.zip(after).filter(|(before, after)| after > before) {
            self.postponed.push((id, self.now(), (after - before).num_days()));
        }
        Ok(())
    }

    async fn add_lead(&mut self) -> Result<()> {
        let number = self.leads.len();
        let new = NewLead {
            source: self.chance.maybe(&["fair", "web", "partner"]),
            owner_id: self.owner(),
            ..NewLead::organization(format!("Lead {number} of {}", self.chance.below(1_000_000)))
        };
        let lead = self.crm.admin().leads().create(new).await?;
        self.leads.push(lead.id);
        Ok(())
    }

    async fn convert_lead(&mut self) -> Result<()> {
        let Some(lead) = self.some(&self.leads.clone()) else { return Ok(()) };
        self.crm.admin().leads().convert(lead, ConvertLead::default(), None).await.map(drop)
    }

    /// With a lead, or with what became of it; with one of the customers if there is none.
    async fn talk(&mut self) -> Result<()> {
        let with = self.some(&self.leads.clone()).map_or(self.customers[0], |lead| CustomerId(lead.0));
        let back = TimeDelta::minutes(self.chance.below(3 * 24 * 60) as i64);
        let call = NewInteraction {
            status: Some(InteractionStatus::Completed),
            completed_at: Some(self.now() - back),
            owner_id: Patch::from(self.owner()),
            ..NewInteraction::of(InteractionType::Call, "Contract")
        };
        self.crm.admin().all_interactions().create(with, call).await.map(drop)
    }

    async fn add_task(&mut self) -> Result<()> {
        let task = NewTask { assignee_id: Patch::from(self.owner()), ..NewTask::titled("To do") };
        let task = match self.chance.below(3) {
            0 => task,
            1 => task.due(self.now() + TimeDelta::minutes(self.chance.below(20 * 24 * 60) as i64 - 4 * 24 * 60)),
            _ => match self.day() {
                Some(day) => task.due_on(day),
                None => task,
            },
        };
        let task = self.crm.admin().tasks().create(task).await?;
        self.tasks.push(task.id);
        Ok(())
    }

    async fn finish_task(&mut self) -> Result<()> {
        let Some(task) = self.some(&self.tasks.clone()) else { return Ok(()) };
        let mut scope = self.crm.admin();
        if self.chance.once_in(5) {
            let patch = TaskPatch { status: Patch::Set(TaskStatus::Canceled), ..TaskPatch::default() };
            return scope.tasks().update(task, patch, None).await.map(drop);
        }
        scope.tasks().complete(task, TaskCompletion::default(), None).await.map(drop)
    }

    /// What a user sees now.
    pub async fn records(&self, scope: &mut CompanyScope<'_>) -> Result<Records> {
        let (mut deals, mut leads, mut tasks, mut interactions) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut request = first();
        while let Some(next) = take(scope.deals().list(&DealQuery::default(), &request).await?, &mut deals) {
            request = next;
        }
        for converted in [false, true] {
            let query = LeadQuery { converted, ..LeadQuery::default() };
            let mut request = first();
            while let Some(next) = take(scope.leads().list(&query, &request).await?, &mut leads) {
                request = next;
            }
        }
        let mut request = first();
        while let Some(next) = take(scope.tasks().list(&TaskQuery::default(), &request).await?, &mut tasks) {
            request = next;
        }
        let mut request = first();
        let query = InteractionQuery::default();
        while let Some(next) = take(scope.all_interactions().list(&query, &request).await?, &mut interactions) {
            request = next;
        }
        let mut with_stages = Vec::new();
        for deal in deals {
            let stages = scope.deals().stages(deal.id, &first()).await?.data;
            with_stages.push((deal, stages));
        }
        Ok(Records { deals: with_stages, leads, tasks, interactions })
    }
}

fn first() -> PageRequest {
    PageRequest::default().limit(100)
}

/// Keeps a page, and asks for the next one, if there is one.
fn take<T>(page: Page<T>, into: &mut Vec<T>) -> Option<PageRequest> {
    into.extend(page.data);
    page.next_cursor.map(|cursor| PageRequest::after(cursor).limit(100))
}

/// Says what a dollar is worth. Nothing is said of the yen.
async fn rate(crm: &TestCrm, dollar: &str) -> anyhow::Result<()> {
    let rates = NewCurrencyRates::today([("USD".parse()?, dollar.parse()?)]);
    crm.admin().currency_rates().set(rates).await?;
    Ok(())
}
