//! The worker: takes due jobs of all companies in turn, and runs several at once.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::DatabaseConnection;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::claim::{Ask, claim, due_companies};
use super::run::Attendant;
use super::schedules;
use crate::base::error::{Error, Result};
use crate::base::ids::{CompanyId, JobId};
use crate::scope::Crm;
use crate::scope::actor::Actor;
use crate::scope::jobs::{JobBacklog, JobHandler, JobObserver, JobOutcome, Lease};

/// The pause when other workers are taking jobs of all the companies that wait.
const PAUSE: Duration = Duration::from_millis(20);

/// The shortest time between two looks at all companies, however many commits there are.
const LOOKS_APART: Duration = Duration::from_millis(100);

/// How a process runs jobs.
#[derive(Clone)]
pub struct JobOptions {
    /// The maximum number of jobs that run at once in this process; 2 by default.
    pub parallel: usize,
    /// The maximum number of them for one company, so that slow jobs of one company do not delay the others; half of
    /// `parallel`, but at least one, if absent.
    pub of_company: Option<usize>,
    /// After this time without a sign of life of its worker, a job is given to another one; 30 seconds by default.
    pub lease: Duration,
    /// The interval of looks at all companies; a second by default. Commits of this process are noticed at once.
    pub look_every: Duration,
    /// How long running jobs have to end when the worker stops, before they are given back; 10 seconds by default.
    pub end_within: Duration,
    /// The name of the process, stored with its jobs: `host:pid`.
    pub name: String,
    /// Is told what happens.
    pub observer: Option<Arc<dyn JobObserver>>,
}

impl Default for JobOptions {
    fn default() -> Self {
        Self {
            parallel: 2,
            of_company: None,
            lease: Duration::from_secs(30),
            look_every: Duration::from_secs(1),
            end_within: Duration::from_secs(10),
            name: std::process::id().to_string(),
            observer: None,
        }
    }
}

impl fmt::Debug for JobOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobOptions").field("parallel", &self.parallel).field("name", &self.name).finish_non_exhaustive()
    }
}

/// Runs jobs until `stop`.
pub(crate) async fn run_jobs(crm: &Crm, db: &DatabaseConnection, options: &JobOptions, stop: impl Future<Output = ()>) {
    Worker::new(crm, db, options).run(stop).await;
}

/// Runs all jobs that are due.
pub(crate) async fn run_due_jobs(crm: &Crm, db: &DatabaseConnection, options: &JobOptions) -> Result<u64> {
    Worker::new(crm, db, options).drain().await
}

/// Runs one job, if it may run now.
pub(crate) async fn run_job(
    crm: &Crm,
    db: &DatabaseConnection,
    (company, id): (CompanyId, JobId),
    options: &JobOptions,
) -> Result<Option<JobOutcome>> {
    crm.on(Actor::system(company), db).company().await?;
    let worker = Worker::new(crm, db, options);
    let claimed = worker.claim(company, 1, Some(id)).await?.unwrap_or_default();
    match claimed.into_iter().next() {
        Some(row) => Ok(Some(worker.attendant().attend(row).await)),
        None => Ok(None),
    }
}

struct Worker {
    crm: Crm,
    db: DatabaseConnection,
    options: Arc<JobOptions>,
    tasks: JoinSet<CompanyId>,
    running: HashMap<CompanyId, usize>,
    /// The companies of the last look that may still have due jobs.
    waiting: Vec<CompanyId>,
    /// When each of them had its last turn.
    turns: HashMap<CompanyId, u64>,
    turn: u64,
    looked_at: Option<Instant>,
    /// Something was committed since.
    is_woken: bool,
    stopping: watch::Sender<bool>,
    /// The database was not available, and that has been logged.
    is_stuck: bool,
}

impl Worker {
    fn new(crm: &Crm, db: &DatabaseConnection, options: &JobOptions) -> Self {
        Self {
            crm: crm.clone(),
            db: db.clone(),
            options: Arc::new(options.clone()),
            tasks: JoinSet::new(),
            running: HashMap::new(),
            waiting: Vec::new(),
            turns: HashMap::new(),
            turn: 0,
            looked_at: None,
            is_woken: false,
            stopping: watch::Sender::new(false),
            is_stuck: false,
        }
    }

    async fn run(mut self, stop: impl Future<Output = ()>) {
        let (mut commits, mut stop) = (self.crm.commits(), std::pin::pin!(stop));
        loop {
            let round = self.round().await;
            self.note(round.as_ref().err());
            let pause = match round {
                Ok(Round { is_contended: true, .. }) => PAUSE,
                Ok(_) if self.is_woken && self.waiting.is_empty() => LOOKS_APART,
                _ => self.options.look_every,
            };
            tokio::select! {
                ended = self.tasks.join_next(), if !self.tasks.is_empty() => self.reap(ended),
                () = commits.here(), if !self.is_woken && !self.is_stuck => self.is_woken = true,
                () = sleep(pause) => {}
                () = &mut stop => break,
            }
        }
        self.end().await;
    }

    async fn drain(mut self) -> Result<u64> {
        let mut attempts = 0;
        loop {
            self.looked_at = if self.waiting.is_empty() { None } else { self.looked_at };
            let Round { taken, is_contended } = self.round().await?;
            attempts += taken;
            if taken == 0 && !is_contended && self.tasks.is_empty() {
                return Ok(attempts);
            }
            if self.tasks.is_empty() {
                sleep(PAUSE).await;
            } else {
                let ended = self.tasks.join_next().await;
                self.reap(ended);
            }
        }
    }

    /// Lets running jobs end, and gives back the others.
    async fn end(&mut self) {
        let all = async |tasks: &mut JoinSet<CompanyId>| while tasks.join_next().await.is_some() {};
        if timeout(self.options.end_within, all(&mut self.tasks)).await.is_err() {
            self.stopping.send_replace(true);
            if timeout(self.options.end_within, all(&mut self.tasks)).await.is_err() {
                tracing::warn!("jobs were broken off; they are run again when their leases have ended");
            }
        }
    }

    fn reap(&mut self, ended: Option<Result<CompanyId, tokio::task::JoinError>>) {
        if let Some(Ok(company)) = ended
            && let Some(running) = self.running.get_mut(&company)
        {
            *running -= 1;
            if *running == 0 {
                self.running.remove(&company);
            }
        }
    }

    /// Fills the free places. Looks for companies when that is due, or when none is left.
    async fn round(&mut self) -> Result<Round> {
        while let Some(ended) = self.tasks.try_join_next() {
            self.reap(Some(ended));
        }
        // What has been found has its turn before the next look.
        let is_woken = self.is_woken && self.waiting.is_empty();
        let apart = if is_woken { LOOKS_APART } else { self.options.look_every };
        if self.looked_at.is_none_or(|at| at.elapsed() >= apart) {
            self.look().await?;
        }
        let mut round = Round::default();
        let mut contended = Vec::new();
        while let Some((company, limit)) = self.next(&contended) {
            let Some(rows) = self.claim(company, limit as u64, None).await? else {
                contended.push(company);
                continue;
            };
            self.turn += 1;
            self.turns.insert(company, self.turn);
            if rows.len() < limit {
                self.waiting.retain(|waiting| *waiting != company);
            }
            round.taken += rows.len() as u64;
            for row in rows {
                *self.running.entry(company).or_default() += 1;
                let attendant = self.attendant();
                self.tasks.spawn(async move {
                    attendant.attend(row).await;
                    company
                });
            }
        }
        round.is_contended = !contended.is_empty();
        Ok(round)
    }

    /// The company whose turn is longest ago, and how many of its jobs can be taken.
    fn next(&self, contended: &[CompanyId]) -> Option<(CompanyId, usize)> {
        let parallel = self.options.parallel.max(1);
        let free = parallel.saturating_sub(self.tasks.len());
        let most = self.options.of_company.unwrap_or(parallel / 2).max(1);
        let room = |company: &CompanyId| most.saturating_sub(self.running.get(company).copied().unwrap_or_default());
        let candidates = self.waiting.iter().filter(|company| !contended.contains(company) && room(company) > 0);
        let company = *candidates.min_by_key(|company| self.turns.get(company).copied().unwrap_or_default())?;
        let share = free / self.waiting.len().max(1);
        (free > 0).then(|| (company, room(&company).min(share.max(1))))
    }

    /// Enqueues what schedules say, does what is due by the clock, and finds the companies with due jobs. Jobs of
    /// closed companies wait.
    async fn look(&mut self) -> Result<()> {
        (self.looked_at, self.is_woken) = (Some(Instant::now()), false);
        schedules::fire_due(&self.crm, &self.db).await?;
        for alarm in &self.crm.0.jobs.alarms {
            alarm.ring(&self.crm, &self.db).await?;
        }
        let (now, mut backlog) = (self.crm.now(), JobBacklog::default());
        self.waiting.clear();
        for due in due_companies(&self.db, now).await? {
            if is_closed(&self.crm, &self.db, due.company).await? {
                continue;
            }
            backlog.waiting += due.jobs;
            backlog.oldest = backlog.oldest.max((now - due.since).to_std().unwrap_or_default());
            self.waiting.push(due.company);
        }
        let waiting: std::collections::HashSet<CompanyId> = self.waiting.iter().copied().collect();
        self.turns.retain(|company, _| waiting.contains(company));
        if let Some(observer) = &self.options.observer {
            observer.waiting(backlog);
        }
        Ok(())
    }

    async fn claim(
        &self,
        company: CompanyId,
        limit: u64,
        only: Option<JobId>,
    ) -> Result<Option<Vec<super::row::Model>>> {
        let lease = Lease { token: self.token(), lasts: self.options.lease };
        let ask = Ask { kinds: self.kinds(only.is_some()), limit, only, lease, worker: &self.options.name };
        claim(&mut self.crm.on(Actor::system(company), &self.db), &ask).await
    }

    /// The kinds that this process can run now; with those that rest, if they were asked for.
    fn kinds(&self, with_resting: bool) -> Vec<&'static str> {
        let now = self.crm.now();
        let rests = |handler: &dyn JobHandler| handler.rests_until(&self.crm).is_some_and(|until| now < until);
        let handlers = self.crm.0.jobs.handlers.iter();
        handlers.filter(|(_, handler)| with_resting || !rests(&***handler)).map(|(kind, _)| *kind).collect()
    }

    /// A token that no other worker has.
    fn token(&self) -> Uuid {
        self.crm.id(self.crm.now())
    }

    fn attendant(&self) -> Attendant {
        let (crm, db, options) = (self.crm.clone(), self.db.clone(), self.options.clone());
        Attendant { crm, db, options, stopping: self.stopping.subscribe() }
    }

    /// Logs the error, once for each time that jobs have to wait.
    fn note(&mut self, error: Option<&Error>) {
        match error {
            None if std::mem::take(&mut self.is_stuck) => tracing::info!("jobs are run again"),
            Some(error) if !std::mem::replace(&mut self.is_stuck, true) => {
                tracing::warn!(error = error as &dyn std::error::Error, "jobs have to wait");
            }
            _ => {}
        }
    }
}

/// What a round has done.
#[derive(Clone, Copy, Debug, Default)]
struct Round {
    taken: u64,
    /// Other workers were taking jobs of some companies.
    is_contended: bool,
}

pub(super) async fn is_closed(crm: &Crm, db: &DatabaseConnection, company: CompanyId) -> Result<bool> {
    match crm.on(Actor::system(company), db).company().await {
        Ok(_) => Ok(false),
        Err(Error::CompanyClosed { .. }) => Ok(true),
        Err(error) => Err(error),
    }
}
