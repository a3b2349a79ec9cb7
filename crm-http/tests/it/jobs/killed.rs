//! Instances of the program are killed again and again while they run jobs and take new ones: each effect happens once.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::io::Cursor;
use std::time::Instant;

use actix_web::body::to_bytes;
use anyhow::ensure;
use crm_core::actor::{Actor, Role};
use crm_core::customers::ImportOptions;
use crm_core::ids::{CompanyId, UserId};
use crm_core::jobs::Recount;
use crm_core::sea_orm::{ConnectionTrait, Database, DatabaseConnection, DbBackend, Statement};
use crm_core::{CompanyScope, Crm};
use serde_json::{Value, json};
use testkit::{Suite, TestDatabase, bounded, eventually};
use uuid::Uuid;

use crate::support::{Client, PATIENCE, SECRET, Serving, run};

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, own_postgres: [each_effect_happens_once_however_often_instances_are_killed]);
}

const INSTANCES: usize = 3;
/// The company whose customers are changed, and those into which customers are imported.
const CHANGED: CompanyId = CompanyId(Uuid::from_u128(1));
const IMPORTED: [CompanyId; 2] = [CompanyId(Uuid::from_u128(2)), CompanyId(Uuid::from_u128(3))];
/// The fewest customers that a bulk action leaves to a job.
const CUSTOMERS: usize = 1_001;
/// The rows of each imported file.
const ROWS: usize = 20;
/// How many imports of a company wait or run.
const AHEAD: i64 = 4;

struct World {
    crm: Crm,
    db: DatabaseConnection,
    /// For looks at all companies, which the check of statements does not see.
    aside: DatabaseConnection,
    settings: Vec<(&'static str, String)>,
    tokens: HashMap<CompanyId, String>,
    instances: RefCell<Vec<Serving>>,
    kills: usize,
    is_over: Cell<bool>,
}

/// What has been asked for.
struct Ordered {
    bulk_actions: usize,
    files: [usize; IMPORTED.len()],
    recounts: HashSet<String>,
}

impl fmt::Debug for Ordered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bulk_actions, files, recounts } = self;
        write!(f, "{bulk_actions} bulk actions, {files:?} files, {} recounts", recounts.len())
    }
}

async fn each_effect_happens_once_however_often_instances_are_killed(database: TestDatabase) -> anyhow::Result<()> {
    let began = Instant::now();
    let world = World::new(&database).await?;
    world.import(CHANGED, "seed", CUSTOMERS).await?;
    world.until_done(CHANGED, "crm.import", 1).await;
    let ((), bulk_actions, first, second, recounts) = tokio::try_join!(
        world.kill(),
        world.order_bulk_actions(),
        world.order_imports(IMPORTED[0]),
        world.order_imports(IMPORTED[1]),
        world.order_recounts(),
    )?;
    let ordered = Ordered { bulk_actions, files: [first, second], recounts };
    world.until_nothing_runs().await?;
    let attempts = world.number("SELECT CAST(sum(attempts) AS BIGINT) FROM crm_jobs").await?;
    // A job whose worker was killed at each of its attempts is a dead letter, which an administrator retries.
    let dead = world.retry_dead_letters().await?;
    world.until_nothing_runs().await?;
    world.each_once(&ordered).await?;
    let (jobs, took) = (ordered.jobs(), began.elapsed());
    eprintln!("{} kills in {took:?}: {jobs} jobs, {attempts} attempts, {dead} dead letters: {ordered:?}", world.kills);
    assert!(attempts > jobs, "no job was interrupted");
    Ok(())
}

impl Ordered {
    /// How many jobs that makes; the seed is one too.
    fn jobs(&self) -> i64 {
        let all = 1 + self.bulk_actions + self.files.iter().sum::<usize>() + self.recounts.len();
        i64::try_from(all).expect("a small number")
    }
}

impl World {
    async fn new(database: &TestDatabase) -> anyhow::Result<Self> {
        let settings = [
            ("DATABASE_URL", &*database.url),
            ("JWT_SECRET", SECRET),
            ("JOB_WORKERS", "4"),
            ("JOB_LEASE", "2s"),
            ("WORKERS", "1"),
            ("RATE_LIMIT_IP", "0"),
            ("LOG_LEVEL", "warn"),
        ];
        let world = Self {
            crm: Crm::default(),
            db: database.connection.clone(),
            aside: Database::connect(&database.url).await?,
            settings: settings.map(|(name, value)| (name, value.to_owned())).into(),
            tokens: [CHANGED, IMPORTED[0], IMPORTED[1]].map(|company| (company, token(company))).into(),
            instances: RefCell::default(),
            kills: bounded(15, 50),
            is_over: Cell::new(false),
        };
        world.instances.borrow_mut().extend((0..INSTANCES).map(|_| world.begin()));
        Ok(world)
    }

    fn settings(&self) -> Vec<(&str, &str)> {
        self.settings.iter().map(|(name, value)| (*name, value.as_str())).collect()
    }

    fn begin(&self) -> Serving {
        Serving::begin(&["serve"], &self.settings())
    }

    /// Kills an instance that runs jobs, and starts another one in its place; again and again.
    async fn kill(&self) -> anyhow::Result<()> {
        for kill in 0..self.kills {
            // As soon as one has taken a job, or as soon as a job is done: others are then at any point.
            if kill % 2 == 0 {
                let before = self.done().await?;
                let goes_on = async || self.done().await.is_ok_and(|done| done > before);
                assert!(eventually(PATIENCE, goes_on).await, "nothing is done: kill {kill}");
            }
            let mut victim = None;
            let works = async || {
                victim = self.victim().await.ok().flatten();
                victim.is_some()
            };
            assert!(eventually(PATIENCE, works).await, "nobody works: kill {kill}");
            let next = self.begin();
            self.instances.borrow_mut()[victim.unwrap_or_default()] = next;
        }
        self.is_over.set(true);
        Ok(())
    }

    /// One of those that run jobs, by chance.
    async fn victim(&self) -> anyhow::Result<Option<usize>> {
        let sql = "SELECT leased_by FROM crm_jobs WHERE state = 'running'";
        let rows = self.aside.query_all_raw(statement(sql)).await?;
        let names: HashSet<String> = rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<_, _>>()?;
        let instances = self.instances.borrow();
        let working = instances.iter().enumerate().filter(|(_, one)| names.contains(&one.process.id().to_string()));
        let working: Vec<usize> = working.map(|(number, _)| number).collect();
        let chance = usize::from(Uuid::new_v4().as_bytes()[0]);
        Ok(working.get(chance % working.len().max(1)).copied())
    }

    /// One after the other, each of all customers of the company.
    async fn order_bulk_actions(&self) -> anyhow::Result<usize> {
        let mut actions = 0;
        while !self.is_over.get() {
            let status = if actions % 2 == 0 { "active" } else { "inactive" };
            let body = json!({ "action": { "type": "setStatus", "status": status }, "query": {} });
            self.post(CHANGED, "/api/customers/bulk", &body, 202).await;
            actions += 1;
            self.until_done(CHANGED, "crm.bulk_customers", 1).await;
        }
        Ok(actions)
    }

    async fn order_imports(&self, company: CompanyId) -> anyhow::Result<usize> {
        let mut files = 0;
        while !self.is_over.get() {
            self.import(company, &files.to_string(), ROWS).await?;
            files += 1;
            self.until_done(company, "crm.import", AHEAD).await;
        }
        Ok(files)
    }

    async fn order_recounts(&self) -> anyhow::Result<HashSet<String>> {
        let mut jobs = HashSet::new();
        while !self.is_over.get() {
            for company in [CHANGED, IMPORTED[0], IMPORTED[1]] {
                let job = self.post(company, "/api/jobs", &json!({ "kind": Recount::KIND }), 201).await;
                jobs.insert(job["id"].as_str().expect("an id").to_owned());
            }
            self.until_done(CHANGED, Recount::KIND, 1).await;
        }
        Ok(jobs)
    }

    /// Waits until fewer than `most` jobs of this kind are not done, or until nothing is killed any more.
    async fn until_done(&self, company: CompanyId, kind: &str, most: i64) {
        let left = format!(
            "SELECT count(*) FROM crm_jobs WHERE company_id = '{company}' AND kind = '{kind}' AND state <> 'done'"
        );
        while !self.is_over.get() {
            let is_done = async || self.is_over.get() || self.number(&left).await.is_ok_and(|left| left < most);
            if eventually(PATIENCE, is_done).await {
                return;
            }
        }
    }

    async fn until_nothing_runs(&self) -> anyhow::Result<()> {
        let left = "SELECT count(*) FROM crm_jobs WHERE due_at IS NOT NULL";
        let is_over = async || self.number(left).await.is_ok_and(|left| left == 0);
        ensure!(eventually(PATIENCE, is_over).await, "{} jobs are left", self.number(left).await?);
        Ok(())
    }

    /// How many there were.
    async fn retry_dead_letters(&self) -> anyhow::Result<usize> {
        let sql = "SELECT company_id, id FROM crm_jobs WHERE state = 'failed'";
        let rows = self.aside.query_all_raw(statement(sql)).await?;
        for row in &rows {
            let (company, id): (Uuid, Uuid) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            self.post(CompanyId(company), &format!("/api/jobs/{id}/retry"), &Value::Null, 200).await;
        }
        Ok(rows.len())
    }

    /// Starts an import of organizations with names that tell where they come from. Each user has one file.
    async fn import(&self, company: CompanyId, name: &str, rows: usize) -> anyhow::Result<()> {
        let user = Actor::user(company, UserId::from_foreign(company.0, name), Role::Admin);
        let lines: String = (0..rows).map(|row| format!("Firm {name}-{row}\n")).collect();
        let mut scope: CompanyScope<'static> = self.crm.on(user, &self.db);
        let file = scope.imports().add(name, Cursor::new(format!("Name\n{lines}"))).await?;
        scope.imports().start(file.id, ImportOptions::default()).await?;
        Ok(())
    }

    /// Repeats a request, at one instance after the other, until one answers.
    async fn post(&self, company: CompanyId, path: &str, body: &Value, expected: u16) -> Value {
        let (key, mut turn, mut answered) = (Uuid::new_v4().to_string(), 0, Value::Null);
        let answers = async || {
            turn += 1;
            let mut call = self.client(turn, company).post(path).once(&key);
            if !body.is_null() {
                call = call.json(body);
            }
            let answer = call.open().await;
            let status = answer.status().as_u16();
            let body = to_bytes(answer.into_body()).await.unwrap_or_default();
            if [502, 503].contains(&status) {
                return false;
            }
            assert_eq!(status, expected, "{path} for {company}: {}", String::from_utf8_lossy(&body));
            answered = serde_json::from_slice(&body).expect("a job");
            true
        };
        assert!(eventually(PATIENCE, answers).await, "nobody answers");
        answered
    }

    fn client(&self, turn: usize, company: CompanyId) -> Client {
        let instances = self.instances.borrow();
        instances[turn % INSTANCES].client().with_token(&self.tokens[&company])
    }

    async fn each_once(&self, ordered: &Ordered) -> anyhow::Result<()> {
        let imported = i64::try_from(ordered.files.iter().sum::<usize>() * ROWS)?;
        let (customers, actions) = (i64::try_from(CUSTOMERS)?, i64::try_from(ordered.bulk_actions)?);
        for (what, sql, expected) in [
            ("jobs", "SELECT count(*) FROM crm_jobs WHERE state = 'done'", ordered.jobs()),
            ("completions", "SELECT count(*) FROM crm_outbox WHERE event_type = 'crm.job.completed'", ordered.jobs()),
            ("customers", "SELECT count(*) FROM crm_customers", customers + imported),
            ("names", "SELECT count(DISTINCT (company_id, name)) FROM crm_customers", customers + imported),
            (
                "creations",
                "SELECT count(*) FROM crm_outbox WHERE event_type = 'crm.customer.created'",
                customers + imported,
            ),
            (
                "changes",
                "SELECT count(*) FROM crm_outbox WHERE event_type = 'crm.customer.updated'",
                customers * actions,
            ),
            ("the lowest version", &of_changed("min(version)"), 1 + actions),
            ("the highest version", &of_changed("max(version)"), 1 + actions),
        ] {
            assert_eq!(self.number(sql).await?, expected, "{what}: {ordered:?}");
        }
        Ok(())
    }

    async fn done(&self) -> anyhow::Result<i64> {
        self.number("SELECT count(*) FROM crm_jobs WHERE state = 'done'").await
    }

    async fn number(&self, sql: &str) -> anyhow::Result<i64> {
        let row = self.aside.query_one_raw(statement(sql)).await?;
        Ok(row.ok_or_else(|| anyhow::anyhow!("no row"))?.try_get_by_index(0)?)
    }
}

fn token(company: CompanyId) -> String {
    let company = company.to_string();
    let arguments = ["token", "--company", &company, "--user", "ann", "--role", "admin"];
    let settings = [("DATABASE_URL", "sqlite://never-opened.db"), ("JWT_SECRET", SECRET)];
    run(&arguments, &settings).ok().trim().to_owned()
}

fn of_changed(number: &str) -> String {
    format!("SELECT {number} FROM crm_customers WHERE company_id = '{CHANGED}'")
}

fn statement(sql: &str) -> Statement {
    Statement::from_string(DbBackend::Postgres, sql)
}
