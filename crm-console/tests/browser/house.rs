//! The console as people reach it: a server on a port of its own, with the data of the example.

use std::sync::{Arc, mpsc};
use std::thread;

use actix_web::dev::Server;
use actix_web::web::{self, ServiceConfig};
use actix_web::{App, HttpResponse, HttpServer, rt};
use anyhow::{Context, Result};
use chrono::{TimeDelta, Utc};
use crm_console::Console;
use crm_core::capture_forms::NewSubmission;
use crm_core::customers::{CustomerKind, CustomerQuery, CustomerSort, CustomerSortKey, ImportOptions};
use crm_core::deals::{DealQuery, DealStatus};
use crm_core::ids::CustomerId;
use crm_core::interactions::{InteractionQuery, InteractionType, NewInteraction, Participant};
use crm_core::jobs::JobOptions;
use crm_core::lead_scoring::LeadScoringRuleQuery;
use crm_core::lead_statuses::{LeadStatusQuery, LeadStatusType};
use crm_core::leads::LeadQuery;
use crm_core::notes::NewNote;
use crm_core::page::{MAX_PAGE, PageRequest};
use crm_core::saved_views::{NewSavedView, ViewEntity};
use crm_core::sea_orm::DatabaseConnection;
use crm_core::tags::TagQuery;
use crm_core::tasks::{ChecklistItem, NewTask};
use crm_core::{CompanyScope, Crm};
use crm_web::Service;
use crm_web::seal::SealKey;
use testkit::{Backend, TestDatabase};
use tokio::sync::OnceCell;

use crate::model::Rules;
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
    /// What stands for a record in the tables of pages, and its id.
    pub ids: Ids,
}

/// Names of records in the tables of pages, with their ids.
pub type Ids = Vec<(&'static str, String)>;

impl House {
    /// The one of this process.
    pub async fn shared() -> Result<&'static Self> {
        static SHARED: OnceCell<House> = OnceCell::const_new();
        SHARED.get_or_try_init(Self::start).await
    }

    /// An address or a selector of a table of pages, with the ids of records in it.
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
    let crm = Crm::builder().language_model(Arc::new(Rules)).build();
    let console = Console::new(Service::new(crm.clone(), connection.clone(), Demo))
        .with_login(Demo, SealKey::random())
        .with_demo_users(buttons())
        .with_company_names(|id| {
            COMPANIES.iter().find(|company| company.id() == id).map(|company| company.name.to_owned())
        });
    let forms = web::Data::new(Forms { crm: crm.clone(), connection: connection.clone() });
    let more = move |config: &mut ServiceConfig| {
        config.app_data(forms.clone()).route("/api/capture/{key}", web::post().to(take));
    };
    let (server, origin) = listen_with(console, more)?;
    told.send(origin)?;
    // Imports are jobs.
    let options = JobOptions::default();
    let work = crm.run_jobs(&connection, &options, std::future::pending());
    tokio::select! {
        served = server => Ok(served?),
        () = work => Ok(()),
    }
}

/// What the forms of websites are sent to.
struct Forms {
    crm: Crm,
    connection: DatabaseConnection,
}

/// Takes what a visitor has sent, as the API does.
async fn take(forms: web::Data<Forms>, key: web::Path<String>, sent: web::Json<NewSubmission>) -> HttpResponse {
    match forms.crm.capture_form(&forms.connection, &key, "a visitor").await {
        Ok(Some(mut form)) => match form.submit(sent.into_inner()).await {
            Ok(()) => HttpResponse::Accepted().finish(),
            Err(_) => HttpResponse::UnprocessableEntity().finish(),
        },
        _ => HttpResponse::NotFound().finish(),
    }
}

/// A server of this console on a free port, and its origin.
pub fn listen(console: Console) -> Result<(Server, String)> {
    listen_with(console, |_: &mut ServiceConfig| {})
}

/// The same with more than the console.
fn listen_with(
    console: Console,
    more: impl Fn(&mut ServiceConfig) + Clone + Send + 'static,
) -> Result<(Server, String)> {
    let server =
        HttpServer::new(move || App::new().configure(more.clone()).configure(crm_console::configure(console.clone())));
    let server = server.workers(2).disable_signals().bind(("127.0.0.1", 0))?;
    let address = server.addrs().first().copied().context("no address")?;
    Ok((server.run(), format!("http://{address}")))
}

async fn ids(database: &TestDatabase) -> Result<Ids> {
    let mut scope = Crm::default().on(actor(READERS, PEOPLE[0]), &database.connection);
    let sort = CustomerSort { key: CustomerSortKey::UpdatedAt, descending: true }.into();
    let query = CustomerQuery { sort, ..CustomerQuery::default() };
    let customers = scope.customers().list(&query, &PageRequest::default()).await?.data;
    let customer = customers.iter().find(|it| it.kind == CustomerKind::Person).context("no customer")?;
    let tags = scope.tags().list(&TagQuery::default(), &PageRequest::default()).await?.data;
    let tag = tags.first().context("no tag")?;
    let all =
        scope.all_interactions().list(&InteractionQuery::default(), &PageRequest::default().limit(MAX_PAGE)).await?;
    let summarised = all.data.iter().find(|it| it.ai.has_text()).context("no interaction has a summary")?;
    let deals = scope.deals().list(&DealQuery::default(), &PageRequest::default()).await?.data;
    let deal = deals.iter().find(|it| it.status == DealStatus::Open).context("no open deal")?;
    let leads = scope.leads().list(&LeadQuery::default(), &PageRequest::default()).await?.data;
    let lead = leads.iter().find(|it| it.status_type == LeadStatusType::Open).context("no open lead")?;
    let statuses = scope.lead_statuses().list(&LeadStatusQuery::default(), &PageRequest::default()).await?.data;
    let status = statuses.last().context("no status")?;
    let rules = scope.lead_scoring().list_rules(&LeadScoringRuleQuery::default(), &PageRequest::default()).await?.data;
    let rule = rules.first().context("no rule")?;
    let mut ids = vec![
        ("{rule}", rule.id.to_string()),
        ("{deal}", deal.id.to_string()),
        ("{pipeline}", deal.pipeline_id.to_string()),
        ("{lead}", lead.id.to_string()),
        ("{status}", status.id.to_string()),
        ("{customer}", customer.id.to_string()),
        ("{summarised}", summarised.customer_id.to_string()),
        ("{interaction}", summarised.id.to_string()),
        ("{tag}", tag.id.to_string()),
    ];
    ids.extend(added(&mut scope, customer.id).await?);
    ids.extend(imports(&mut scope, database).await?);
    Ok(ids)
}

/// What the data of the example does not have.
async fn added(scope: &mut CompanyScope<'static>, customer: CustomerId) -> Result<Ids> {
    let colleague = actor(READERS, PEOPLE[1]).user_id().context("a user")?;
    let participants =
        vec![Participant::user(colleague), Participant::customer(customer), Participant::email("ann@partner.example")];
    let visit = NewInteraction {
        participants: Some(participants),
        ..NewInteraction::of(InteractionType::Meeting, "Visit to the plant").planned(Utc::now() + TimeDelta::days(3))
    };
    let visit = scope.interactions(customer).create(visit).await?;
    let note = scope.notes(customer).create(NewNote::text("Prefers to be called in the morning.")).await?;
    let view = NewSavedView::named(ViewEntity::Customers, "All of Berlin");
    let view = scope.saved_views().create(view).await?;
    let steps = ["Book a room", "Print the offer"].map(ChecklistItem::new);
    let new = NewTask { checklist: Some(steps.into()), ..NewTask::titled("Prepare the visit to the plant") };
    let new = NewTask { description: Some("With the **new** prices.".to_owned()), ..new };
    let task = scope.tasks().create(new.due(Utc::now() + TimeDelta::days(2)).for_customer(customer)).await?;
    let deleted = scope.tasks().create(NewTask::titled("Added by mistake").for_customer(customer)).await?;
    scope.tasks().delete(deleted.id, None).await?;
    Ok(vec![
        ("{attended}", visit.id.to_string()),
        ("{note}", note.id.to_string()),
        ("{view}", view.id.to_string()),
        ("{task}", task.id.to_string()),
    ])
}

/// Files that are at different steps of the import, each with a row that fails.
async fn imports(scope: &mut CompanyScope<'static>, database: &TestDatabase) -> Result<Ids> {
    const FILE: &str = "First Name,Last Name,Company,Email,Favourite colour\n\
        Ida,Import,Harbour & Sons,ida@import.example,green\nOle,Import,,no address,\n";
    let mut ids = Vec::new();
    for (name, dry_run) in [("{columns}", None), ("{checked}", Some(true)), ("{imported}", Some(false))] {
        let import = scope.imports().add("customers.csv", FILE.as_bytes()).await?;
        if let Some(dry_run) = dry_run {
            let started =
                scope.imports().start(import.id, ImportOptions { dry_run, ..ImportOptions::default() }).await?;
            ids.push(("{job}", started.job_id.context("no job")?.to_string()));
        }
        ids.push((name, import.id.to_string()));
    }
    let crm = Crm::builder().language_model(Arc::new(Rules)).build();
    crm.run_due_jobs(&database.connection, &JobOptions::default()).await?;
    Ok(ids)
}
