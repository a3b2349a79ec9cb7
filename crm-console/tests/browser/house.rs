//! The console as people reach it: a server on a port of its own, with the data of the example.

use std::sync::mpsc;
use std::thread;

use actix_web::{App, HttpServer, rt};
use anyhow::{Context, Result};
use crm_console::Console;
use crm_core::Crm;
use crm_core::customers::{CustomerKind, CustomerQuery, CustomerSort, CustomerSortKey};
use crm_core::jobs::JobOptions;
use crm_core::page::PageRequest;
use crm_core::tags::TagQuery;
use crm_web::Service;
use crm_web::seal::SealKey;
use testkit::{Backend, TestDatabase};
use tokio::sync::OnceCell;

use crate::people::{COMPANIES, Company, Demo, PEOPLE, actor, buttons};
use crate::seed;

/// The company whose data is only read.
pub const READERS: &Company = &COMPANIES[0];
/// The company in which tests write; each one reads only what it wrote.
pub const WRITERS: &Company = &COMPANIES[1];
/// The password of everybody.
pub const PASSWORD: &str = "demo";

/// The e-mail address of the person at this place among the people of a company.
pub fn address(company: &Company, place: usize) -> String {
    format!("{}@{}", PEOPLE[place].0.to_lowercase(), company.domain)
}

/// A running console.
#[derive(Clone, Debug)]
pub struct House {
    /// Where it listens, without a slash at the end.
    pub origin: String,
    /// What stands for a record in the table of pages, and its id.
    ids: Vec<(&'static str, String)>,
}

impl House {
    /// The one of this process.
    pub async fn shared() -> Result<&'static Self> {
        static SHARED: OnceCell<House> = OnceCell::const_new();
        SHARED.get_or_try_init(Self::start).await
    }

    /// An address of the table of pages, with the ids of records in it.
    pub fn path(&self, path: &str) -> String {
        self.ids.iter().fold(path.to_owned(), |path, (name, id)| path.replace(name, id))
    }

    async fn start() -> Result<Self> {
        let database = testkit::own(Backend::Sqlite).await?;
        crm_console::migrations::up(&database.connection).await?;
        seed::fill(&database.connection).await?;
        let ids = ids(&database).await?;
        let (told, origin) = mpsc::channel();
        thread::spawn(move || rt::System::new().block_on(serve(database, told)));
        Ok(Self { origin: origin.recv().context("the console does not start")?, ids })
    }
}

/// Serves until the process ends. Connections belong to the runtime that opened them, so the pool is opened here.
async fn serve(database: TestDatabase, told: mpsc::Sender<String>) -> Result<()> {
    let connection = database.connect(4).await?;
    let crm = Crm::default();
    let console = Console::new(Service::new(crm.clone(), connection.clone(), Demo))
        .with_login(Demo, SealKey::random())
        .with_demo_users(buttons())
        .with_company_names(|id| {
            COMPANIES.iter().find(|company| company.id() == id).map(|company| company.name.to_owned())
        });
    let server = HttpServer::new(move || App::new().configure(crm_console::configure(console.clone())));
    let server = server.workers(2).disable_signals().bind(("127.0.0.1", 0))?;
    let address = server.addrs().first().copied().context("no address")?;
    told.send(format!("http://{address}"))?;
    // Imports are jobs.
    let options = JobOptions::default();
    let work = crm.run_jobs(&connection, &options, std::future::pending());
    tokio::select! {
        served = server.run() => Ok(served?),
        () = work => Ok(()),
    }
}

async fn ids(database: &TestDatabase) -> Result<Vec<(&'static str, String)>> {
    let mut scope = Crm::default().on(actor(READERS, PEOPLE[0]), &database.connection);
    let sort = CustomerSort { key: CustomerSortKey::UpdatedAt, descending: true };
    let query = CustomerQuery { sort, ..CustomerQuery::default() };
    let customers = scope.customers().list(&query, &PageRequest::default()).await?.data;
    let customer = customers.iter().find(|it| it.kind == CustomerKind::Person).context("no customer")?;
    let tags = scope.tags().list(&TagQuery::default(), &PageRequest::default()).await?.data;
    let tag = tags.first().context("no tag")?;
    Ok(vec![("{customer}", customer.id.to_string()), ("{tag}", tag.id.to_string())])
}
