//! Worker processes are killed again and again: each task is told of once.

use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{TimeDelta, Utc};
use crm_core::Crm;
use crm_core::actor::Role;
use crm_core::jobs::JobOptions;
use crm_core::notifications::{Mail, MailError, Mailer};
use crm_core::patch::Patch;
use crm_core::tasks::{NewTask, TaskReminder};
use crm_core::users::UserProfile;
use sea_orm::{ConnectOptions, Database};
use testkit::{Suite, TestDatabase, bounded, eventually, scratch};

use crate::jobs::{aside, number};
use crate::support::TestCrm;

pub fn register(suite: &mut Suite) {
    testkit::tests!(suite, own: [each_task_is_told_of_once_however_often_workers_are_killed]);
}

/// This test program is a worker if it is started with the URL of a database, and a file for mails.
const URL: &str = "CRM_TEST_REMINDER_WORKER";
const MAILS: &str = "CRM_TEST_REMINDER_MAILS";
const WORKERS: usize = 3;
const PATIENCE: Duration = Duration::from_secs(60);
/// How far apart tasks are due, so that there are some at every kill.
const APART: TimeDelta = TimeDelta::milliseconds(100);

/// Writes the ids of mails into a file.
struct IntoFile(String);

#[async_trait]
impl Mailer for IntoFile {
    async fn send(&self, mail: Mail) -> Result<(), MailError> {
        let written = OpenOptions::new().append(true).create(true).open(&self.0);
        let written = written.and_then(|mut file| file.write_all(format!("{}\n", mail.id).as_bytes()));
        written.map_err(|error| MailError::Unavailable(error.into()))
    }
}

/// Works until it is killed, if this process was started for that.
pub fn work_if_asked() -> Option<ExitCode> {
    let (url, mails) = (env::var(URL).ok()?, env::var(MAILS).ok()?);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let mut options = ConnectOptions::new(url);
        options.max_connections(6).sqlx_logging(false);
        options.map_sqlx_sqlite_opts(|sqlite| sqlite.busy_timeout(Duration::from_secs(60)));
        let db = Database::connect(options).await.expect("a database");
        let options = JobOptions {
            parallel: 4,
            lease: Duration::from_secs(1),
            look_every: Duration::from_millis(50),
            ..JobOptions::default()
        };
        let crm = Crm::builder().mailer(IntoFile(mails)).build();
        crm.run_jobs(&db, &options, std::future::pending()).await;
    });
    Some(ExitCode::SUCCESS)
}

/// A process that is killed when it is dropped: without a chance to tidy up.
struct Worker(Child);

impl Worker {
    fn start(url: &str, mails: &Path) -> anyhow::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.env(URL, url).env(MAILS, mails).stdin(Stdio::null()).stdout(Stdio::null());
        Ok(Self(command.spawn()?))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn each_task_is_told_of_once_however_often_workers_are_killed(database: TestDatabase) -> anyhow::Result<()> {
    let (crm, aside, directory) = (TestCrm::new(&database), &aside(&database).await?, scratch()?);
    let (mails, all): (_, i64) = (directory.join(format!("mails-{}", database.backend)), bounded(60, 200));
    let seller = crm.user(Role::SalesRep);
    let email = Some("sales@acme.example".to_owned());
    crm.admin().users().mirror(&UserProfile { id: seller, display_name: None, email, is_active: true }).await?;
    // They are written before the first of them is due.
    let first = Utc::now() + TimeDelta::seconds(5);
    for number in 0..i32::try_from(all)? {
        let task = NewTask::titled(format!("Task {number}")).due(first + APART * number);
        let task = NewTask { assignee_id: Patch::Set(seller), reminders: Some(vec![TaskReminder::email(0)]), ..task };
        crm.admin().tasks().create(task).await?;
    }
    let told = async || {
        let sql = "SELECT count(*) FROM crm_notifications WHERE kind = 'due'";
        number(aside, sql).await.unwrap_or_default()
    };
    let mailed = async || number(aside, "SELECT count(*) FROM crm_jobs WHERE state = 'done'").await.unwrap_or_default();
    let mut workers = Vec::new();
    for _ in 0..WORKERS {
        workers.push(Worker::start(&database.url, &mails)?);
    }
    let mut kills = 0;
    while told().await < all {
        let before = told().await;
        // As soon as something is told: other moments and mails are then at any point.
        assert!(eventually(PATIENCE, async || told().await > before).await, "nothing is told: kill {kills}");
        workers[kills % WORKERS] = Worker::start(&database.url, &mails)?;
        kills += 1;
    }
    assert!(eventually(PATIENCE, async || mailed().await == all).await, "{} of {all} are mailed", mailed().await);
    eprintln!("{}: {kills} kills, {all} tasks", database.backend);
    assert!(kills > 5, "{kills} kills are too few");
    for (what, sql) in [
        ("tasks", "SELECT count(DISTINCT record_id) FROM crm_notifications WHERE kind = 'due'"),
        ("times", "SELECT CAST(sum(count) AS BIGINT) FROM crm_notifications WHERE kind = 'due'"),
        ("mails", "SELECT count(*) FROM crm_jobs WHERE kind = 'crm.mail_reminder'"),
    ] {
        assert_eq!(number(aside, sql).await?, all, "{what}");
    }
    let written = fs::read_to_string(&mails)?;
    let mut ids: Vec<&str> = written.lines().collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(i64::try_from(ids.len())?, all, "one id for each mail, however often it was handed over");
    Ok(())
}
