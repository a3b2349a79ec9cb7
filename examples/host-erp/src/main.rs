//! Starts the little ERP on this machine, and prints how to try it.

use std::net::SocketAddr;
use std::time::Duration;

use actix_web::{App, HttpServer};
use anyhow::{Context, Result};
use crm_core::ids::CustomerId;
use host_erp::tables::{Job, employee};
use host_erp::web::{SESSION, Site};
use host_erp::{Erp, NewInvoice, crm};
use sea_orm::{ColumnTrait, Database, DatabaseConnection, EntityTrait, QueryFilter};
use tracing::level_filters::LevelFilter;

const FOLLOW_EVERY: Duration = Duration::from_secs(1);
/// The number of rounds between two cleanups.
const TIDY_EVERY: u32 = 3600;

#[actix_web::main]
async fn main() -> Result<()> {
    tracing_subscriber::fmt().with_max_level(LevelFilter::WARN).with_writer(std::io::stderr).init();
    let url = std::env::var("DATABASE_URL").unwrap_or_else(|_| "sqlite://host-erp.db?mode=rwc".to_owned());
    let port = std::env::var("PORT").map_or(Ok(8080), |port| port.parse()).context("PORT is no port")?;
    let db = Database::connect(url).await?;
    let erp = Erp::open(db.clone()).await?;
    let staff = staff(&erp, &db).await?;
    let customer = first_customer(&erp, &staff[0].employee).await?;
    let number = 1 + erp.invoices(&staff[0].employee).await?.last().map_or(0, |last| last.number);

    let site = Site::new(erp.clone());
    let streams = site.clone();
    actix_web::rt::spawn(async move {
        if actix_web::rt::signal::ctrl_c().await.is_ok() {
            streams.stop();
        }
    });
    let server = HttpServer::new(move || App::new().configure(site.routes())).bind(("127.0.0.1", port))?;
    let address = *server.addrs().first().context("nothing is listened on")?;
    welcome(address, &staff, customer, number);
    let following = actix_web::rt::spawn(follow(erp));
    server.run().await?;
    following.abort();
    Ok(())
}

/// An employee, and their present session.
struct LoggedIn {
    employee: employee::Model,
    session: String,
}

/// The staff of two companies, hired when the ERP starts for the first time.
async fn staff(erp: &Erp, db: &DatabaseConnection) -> Result<[LoggedIn; 4]> {
    let log_in = async |company: i64, name: &str, job: Job| -> Result<LoggedIn> {
        let (here, called) = (employee::Column::CompanyId.eq(company), employee::Column::Name.eq(name));
        let known = employee::Entity::find().filter(here).filter(called).one(db).await?;
        let employee = match known {
            Some(known) => known,
            None => erp.hire(company, name, job).await?,
        };
        Ok(LoggedIn { session: erp.log_in(&employee).await?, employee })
    };
    Ok([
        log_in(4711, "Mary Major", Job::Bookkeeper).await?,
        log_in(4711, "Tom Trainee", Job::Clerk).await?,
        log_in(4711, "Bea Boss", Job::Boss).await?,
        log_in(4712, "Ned Neighbour", Job::Bookkeeper).await?,
    ])
}

/// The customer of invoice 1, which is booked when the ERP starts for the first time; as the CRM has them.
async fn first_customer(erp: &Erp, mary: &employee::Model) -> Result<CustomerId> {
    let booked = erp.invoices(mary).await?.into_iter().find(|invoice| invoice.number == 1);
    let invoice = match booked {
        Some(booked) => booked,
        None => {
            let to = ("Lee & Co".to_owned(), Some("office@lee.example".to_owned()));
            erp.book(mary, NewInvoice { number: 1, cents: 12_900, to }).await?
        }
    };
    Ok(erp.crm(mary).customers().by_external(crm::SYSTEM, &invoice.customer_id.to_string()).await?.id)
}

/// Follows the CRM's events, and cleans up, as long as the ERP runs.
#[expect(clippy::print_stdout, reason = "it is there to be watched")]
async fn follow(erp: Erp) {
    let mut clock = actix_web::rt::time::interval(FOLLOW_EVERY);
    for round in 0_u32.. {
        clock.tick().await;
        match erp.follow_crm().await {
            Ok(names) => names.iter().for_each(|name| println!("The ERP has heard from the CRM of \"{name}\".")),
            Err(error) => tracing::warn!(error = &*error, "the CRM's events have to wait"),
        }
        if round % TIDY_EVERY == 0
            && let Err(error) = erp.tidy_crm().await
        {
            tracing::warn!(error = &*error, "cleaning up is delayed");
        }
    }
}

#[expect(clippy::print_stdout, reason = "the welcome is what the user asked for")]
fn welcome(address: SocketAddr, staff: &[LoggedIn; 4], customer: CustomerId, number: i64) {
    let (erp, crm) = (format!("http://{address}/erp"), format!("http://{address}/erp/crm"));
    println!("The ERP is running, and the CRM in it. Stop it with Ctrl-C.\n");
    println!("  Console      {crm}/   (log in with a session)");
    println!("  Swagger UI   {crm}/docs/   (press Authorize, and paste a session)\n");
    for LoggedIn { employee, session } in staff {
        let who = format!("{}, {:?} of company {}", employee.name, employee.job, employee.company_id);
        println!("  {who:<45} {session}");
    }
    let [mary, tom, _, ned] = staff.each_ref().map(|who| format!("-H '{SESSION}: {}'", who.session));
    let json = "-H 'Content-Type: application/json'";
    println!("\n  Mary books an invoice. Its recipient is in the CRM at once, for Tom too, but not for Ned:\n");
    println!("    curl -s {erp}/invoices {mary} {json} \\");
    println!("      -d '{{\"number\": {number}, \"cents\": 4900, \"customer\": \"Customer {number}\"}}'");
    println!("    curl -s '{crm}/api/customers?limit=1' {tom}");
    println!("    curl -s '{crm}/api/customers?limit=1' {ned}\n");
    println!("  Tom may read, but not write:\n");
    println!("    curl -s {crm}/api/customers {tom} {json} -d '{{\"name\": \"Met at a fair\"}}'\n");
    println!("  The ERP follows when Mary renames a customer in the CRM:\n");
    println!("    curl -s -X PATCH {crm}/api/customers/{customer} {mary} {json} \\");
    println!("      -d '{{\"name\": \"Lee Ltd {number}\"}}'\n");
}
