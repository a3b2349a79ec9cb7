//! Databases for tests.

use std::fmt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, anyhow};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use tokio::sync::OnceCell;
use url::Url;
use uuid::Uuid;

use crate::servers::postgres::is_given;
use crate::{ServerError, postgres_url, scratch, statements};

/// The databases the CRM runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Backend {
    /// The embedded default.
    Sqlite,
    /// The one for production.
    Postgres,
}

impl Backend {
    /// Both, in the order tests are registered.
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];
}

/// As in test names: `sqlite`, `postgres`.
impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        })
    }
}

/// A database with a pool of connections; removed at the end of the test process.
#[derive(Clone, Debug)]
pub struct TestDatabase {
    /// The pool, on [`runtime`](crate::runtime).
    pub connection: DatabaseConnection,
    /// Which database this is.
    pub backend: Backend,
    /// For a pool of the test's own.
    pub url: String,
}

impl TestDatabase {
    /// Another pool to the same database.
    pub async fn connect(&self, connections: u32) -> anyhow::Result<DatabaseConnection> {
        connect(self.backend, &self.url, connections).await
    }
}

/// The migrated database of this test process; its tests share it, each in a fresh company.
pub async fn migrated(backend: Backend) -> anyhow::Result<TestDatabase> {
    type Shared = OnceCell<Result<TestDatabase, Trouble>>;
    static SQLITE: Shared = Shared::const_new();
    static POSTGRES: Shared = Shared::const_new();
    let shared = match backend {
        Backend::Sqlite => &SQLITE,
        Backend::Postgres => &POSTGRES,
    };
    let made = shared.get_or_init(|| async { own(backend).await.map_err(Trouble::from) }).await;
    Ok(made.clone()?)
}

/// A migrated database of a test's own: a copy of one that is migrated once in this test process.
pub async fn own(backend: Backend) -> anyhow::Result<TestDatabase> {
    let template = template(backend).await?;
    let name = name();
    let url = match backend {
        Backend::Sqlite => {
            let file = scratch()?.join(&name);
            tokio::fs::copy(scratch()?.join(template), &file).await.context("copying the migrated file")?;
            sqlite_url(&file)
        }
        Backend::Postgres => create(name, template).await?,
    };
    open(backend, url).await
}

/// A migrated database without connections, by its name.
async fn template(backend: Backend) -> anyhow::Result<&'static str> {
    type Template = OnceCell<Result<String, Trouble>>;
    static SQLITE: Template = Template::const_new();
    static POSTGRES: Template = Template::const_new();
    let template = match backend {
        Backend::Sqlite => &SQLITE,
        Backend::Postgres => &POSTGRES,
    };
    let made = template.get_or_init(|| async { migrate(backend).await.map_err(Trouble::from) }).await;
    Ok(made.as_ref().map_err(Clone::clone)?)
}

async fn migrate(backend: Backend) -> anyhow::Result<String> {
    let TestDatabase { connection, url, .. } = empty(backend).await?;
    migration::up(&connection).await.context("the migrations fail")?;
    connection.close().await?;
    let name = Url::parse(&url)?.path().rsplit('/').next().map(str::to_owned);
    name.context("the name of the migrated database")
}

/// A database of a test's own, without a table.
pub async fn empty(backend: Backend) -> anyhow::Result<TestDatabase> {
    let url = match backend {
        Backend::Sqlite => sqlite_url(&scratch()?.join(name())),
        Backend::Postgres => create(name(), "template0").await?,
    };
    open(backend, url).await
}

fn name() -> String {
    format!("crm_test_{}", Uuid::new_v4().simple())
}

fn sqlite_url(file: &Path) -> String {
    format!("sqlite://{}?mode=rwc", file.display())
}

/// Makes a database on the PostgreSQL server; its URL.
async fn create(name: String, template: &str) -> anyhow::Result<String> {
    administer(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await?;
    let mut url = Url::parse(postgres_url()?).context("the PostgreSQL URL")?;
    url.set_path(&name);
    CREATED.lock().unwrap_or_else(PoisonError::into_inner).push(name);
    Ok(url.into())
}

async fn open(backend: Backend, url: String) -> anyhow::Result<TestDatabase> {
    let connection = connect(backend, &url, CONNECTIONS).await?;
    Ok(TestDatabase { connection, backend, url })
}

/// Several, as in production.
const CONNECTIONS: u32 = 8;

async fn connect(backend: Backend, url: &str, connections: u32) -> anyhow::Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(connections).test_before_acquire(false).sqlx_logging(false);
    // Foreign keys are on already. All tests write to one file, so a writer may have to wait for many others.
    options.map_sqlx_sqlite_opts(|sqlite| {
        let sqlite = sqlite.pragma("journal_mode", "WAL").pragma("synchronous", "OFF");
        sqlite.foreign_keys(true).busy_timeout(Duration::from_secs(60))
    });
    let mut connection = Database::connect(options).await.with_context(|| format!("connecting to {backend}"))?;
    if backend == Backend::Postgres {
        statements::remember(&mut connection);
    }
    Ok(connection)
}

/// One statement on the server, outside of the tests' databases.
async fn administer(sql: &str) -> anyhow::Result<()> {
    let connection = connect(Backend::Postgres, postgres_url()?, 1).await?;
    connection.execute_unprepared(sql).await?;
    connection.close().await?;
    Ok(())
}

static CREATED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Removes this process's databases from a server that outlives it.
pub(crate) async fn drop_created() -> anyhow::Result<()> {
    let names = std::mem::take(&mut *CREATED.lock().unwrap_or_else(PoisonError::into_inner));
    for name in names.iter().filter(|_| is_given()) {
        administer(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
    }
    Ok(())
}

/// An error that several tests report: they share the database that could not be created.
#[derive(Clone, Debug)]
enum Trouble {
    Server(ServerError),
    Other(String),
}

impl From<anyhow::Error> for Trouble {
    fn from(error: anyhow::Error) -> Self {
        match error.downcast::<ServerError>() {
            Ok(error) => Self::Server(error),
            Err(error) => Self::Other(format!("{error:#}")),
        }
    }
}

impl From<Trouble> for anyhow::Error {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Server(error) => error.into(),
            Trouble::Other(text) => anyhow!(text),
        }
    }
}
