//! Stored files: kept for a day, imported by a job that goes on where it was interrupted.

use std::fmt::Write as _;
use std::io::Cursor;
use std::time::Duration;

use async_trait::async_trait;
use crm_core::actor::{Action, Permission, Resource, Role};
use crm_core::customers::{ImportCustomers, ImportOptions, StoredImport};
use crm_core::jobs::{JobDone, JobError, JobHandler, JobOptions, JobPolicy, JobState, RunningJob};
use crm_core::{Crm, Error};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use testkit::{FixedClock, TestDatabase, tests};

use super::counts;
use crate::support::{TestCrm, assert_matches};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub fn register(suite: &mut testkit::Suite) {
    // Workers take the jobs of all companies.
    tests!(suite, own: [
        an_interrupted_import_goes_on_where_it_was,
        a_dry_run_can_be_repeated_and_an_import_cannot,
        the_rights_of_the_start_count,
        files_are_kept_for_a_day,
        the_oldest_files_make_room,
    ]);
}

/// Imports, but breaks the first attempt off when rows are committed.
struct Interrupted(DatabaseConnection);

#[async_trait]
impl JobHandler for Interrupted {
    fn kind(&self) -> &'static str {
        ImportCustomers::KIND
    }

    fn policy(&self) -> JobPolicy {
        ImportCustomers.policy()
    }

    async fn run(&self, job: &mut RunningJob) -> Result<JobDone, JobError> {
        if job.attempt() > 1 {
            return ImportCustomers.run(job).await;
        }
        let company = job.company_id();
        let has_rows = async {
            let sql = "SELECT max(last_row) FROM crm_imports WHERE company_id = $1";
            let backend = self.0.get_database_backend();
            loop {
                let statement = Statement::from_sql_and_values(backend, sql, [company.0.into()]);
                let last: Option<i64> =
                    self.0.query_one_raw(statement).await.unwrap().unwrap().try_get_by_index(0).unwrap();
                if last > Some(0) {
                    return;
                }
            }
        };
        tokio::select! {
            done = ImportCustomers.run(job) => done,
            () = has_rows => Err(JobError::retry("interrupted")),
        }
    }
}

impl TestCrm {
    pub async fn store(&self, content: impl Into<Vec<u8>>) -> crm_core::Result<StoredImport> {
        self.scope(Role::Manager).imports().add("people.csv", Cursor::new(content.into())).await
    }

    pub async fn start(&self, import: &StoredImport, dry_run: bool) -> crm_core::Result<StoredImport> {
        let options = ImportOptions { dry_run, ..ImportOptions::default() };
        self.scope(Role::Manager).imports().start(import.id, options).await
    }

    pub async fn stored(&self, import: &StoredImport) -> crm_core::Result<StoredImport> {
        self.scope(Role::Manager).imports().get(import.id).await
    }

    pub async fn work(&self) -> crm_core::Result<u64> {
        self.crm.run_due_jobs(&self.db, &JobOptions::default()).await
    }
}

async fn an_interrupted_import_goes_on_where_it_was(database: TestDatabase) -> anyhow::Result<()> {
    let clock = FixedClock::default();
    let other = database.connect(2).await?;
    let handler = Interrupted(other);
    let crm = TestCrm::with(&database, Crm::builder().clock(clock.clone()).job_handler(handler));
    let mut file = "Name,Email\n".to_owned();
    for number in 0..3_000 {
        let address = if number % 100 == 7 { "wrong" } else { "" };
        writeln!(file, "Firm {number},{address}")?;
    }
    let import = crm.store(file).await?;
    assert_eq!(import.rows, 3_000);
    let job = crm.start(&import, false).await?.job_id.unwrap();
    crm.work().await?;
    clock.advance(Duration::from_secs(60));
    crm.work().await?;
    let job = crm.scope(Role::Manager).jobs().get(job).await?;
    assert_eq!((job.state, job.progress), (JobState::Done, 100));
    let report = crm.stored(&import).await?.report.unwrap();
    assert_eq!(counts(&report), [2_970, 0, 0, 30]);
    assert_eq!(crm.count("crm_customers").await?, 2_970);
    let (mut scope, mut failed, mut after) = (crm.scope(Role::Manager), String::new(), None);
    while let Some(piece) = scope.imports().failed_rows(import.id, after).await? {
        failed += std::str::from_utf8(&piece.content)?;
        after = Some(piece.number);
    }
    assert_eq!(failed.matches("Import error").count(), 1);
    assert_eq!(failed.lines().count(), 31);
    // The file itself is of no use any more.
    assert!(!crm.dump("crm_import_parts").await?.contains("'file'"));
    assert!(!crm.dump("crm_import_parts").await?.contains(",file,"));
    Ok(())
}

async fn a_dry_run_can_be_repeated_and_an_import_cannot(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let import = crm.store("Name\nAnn\nBob\n").await?;
    for _ in 0..2 {
        crm.start(&import, true).await?;
        crm.work().await?;
        let report = crm.stored(&import).await?.report.unwrap();
        assert!(report.dry_run);
        assert_eq!(counts(&report), [2, 0, 0, 0]);
    }
    for _ in 0..2 {
        crm.start(&import, false).await?;
        crm.work().await?;
    }
    crm.start(&import, true).await?;
    crm.work().await?;
    assert_eq!(crm.count("crm_customers").await?, 2);
    Ok(())
}

async fn the_rights_of_the_start_count(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let may = [(Resource::Customers, Action::Import), (Resource::Jobs, Action::Read)];
    let actor = crm.actor(Role::Viewer).with_permissions(may.map(|(of, action)| Permission::own(of, action)));
    let mut scope = crm.crm.on(actor, &crm.db);
    let owner = crm.ensure_mirrored(Role::Admin).await?;
    let file = format!("Name,Owner\nAnn,{owner}\nBob,\n");
    let import = scope.imports().add("", Cursor::new(file)).await?;
    scope.imports().start(import.id, ImportOptions::default()).await?;
    crm.work().await?;
    let report = scope.imports().get(import.id).await?.report.unwrap();
    assert_eq!(counts(&report), [1, 0, 0, 1], "{:?}", report.errors);
    for role in [Role::SalesRep, Role::Support, Role::Viewer] {
        let refused = crm.scope(role).imports().add("a.csv", Cursor::new("Name\nAnn\n")).await;
        assert_matches!(refused, Err(Error::Forbidden { .. }));
        assert_matches!(crm.scope(role).imports().list().await, Err(Error::Forbidden { .. }));
    }
    assert_matches!(crm.scope(Role::Manager).imports().get(import.id).await, Err(Error::NotFound { .. }));
    Ok(())
}

async fn files_are_kept_for_a_day(database: TestDatabase) -> anyhow::Result<()> {
    let clock = FixedClock::default();
    let crm = TestCrm::with(&database, Crm::builder().clock(clock.clone()));
    let import = crm.store("Name\nAnn\n").await?;
    clock.advance(DAY - Duration::from_secs(1));
    assert_eq!(crm.stored(&import).await?.name, "people.csv");
    clock.advance(Duration::from_secs(1));
    assert_matches!(crm.stored(&import).await, Err(Error::NotFound { .. }));
    assert!(crm.scope(Role::Manager).imports().list().await?.is_empty());
    crm.crm.delete_old_imports(&crm.db).await?;
    assert_eq!((crm.count("crm_imports").await?, crm.count("crm_import_parts").await?), (0, 0));
    Ok(())
}

async fn the_oldest_files_make_room(database: TestDatabase) -> anyhow::Result<()> {
    let crm = TestCrm::new(&database);
    let first = crm.store("Name\nAnn\n").await?;
    let other = crm.scope(Role::Admin).imports().add("other.csv", Cursor::new("Name\nAnn\n")).await?;
    for _ in 0..20 {
        crm.store("Name\nAnn\n").await?;
    }
    assert_matches!(crm.stored(&first).await, Err(Error::NotFound { .. }));
    assert_eq!(crm.scope(Role::Manager).imports().list().await?.len(), 20);
    assert_eq!(crm.scope(Role::Admin).imports().get(other.id).await?.name, "other.csv");
    Ok(())
}
