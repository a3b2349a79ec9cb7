//! One day at the ERP: an invoice, a mistake, a customer that is renamed in the CRM.

use anyhow::Result;
use crm_core::customers::{CustomerPatch, CustomerQuery};
use crm_core::page::PageRequest;
use host_erp::tables::{Job, invoice};
use host_erp::{Erp, NewInvoice, crm};
use sea_orm::{Database, DatabaseConnection, EntityTrait, PaginatorTrait};

const COMPANY: i64 = 4711;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "it is there to be watched")]
async fn main() -> Result<()> {
    let url = std::env::var("DATABASE_URL").unwrap_or_else(|_| "sqlite://host-erp.db?mode=rwc".to_owned());
    let db = Database::connect(url).await?;
    let erp = Erp::open(db.clone()).await?;
    println!("The ERP's tables and the CRM's are there, side by side.");

    let mary = erp.hire(COMPANY, "Mary Major", Job::Accountant).await?;
    let tom = erp.hire(COMPANY, "Tom Trainee", Job::Clerk).await?;
    let number = 1 + i64::try_from(invoices(&db).await?)?;
    let name = format!("Lee & Co, branch {number}");
    let new = NewInvoice { number, cents: 12_900, to: (name.clone(), Some(format!("branch{number}@lee.example"))) };
    let invoice = erp.book(&mary, new.clone()).await?;
    let reference = invoice.customer_id.to_string();
    let customer = erp.crm(&mary).customers().by_external(crm::SYSTEM, &reference).await?;
    println!("Mary has booked invoice {number}, and \"{}\" is {} in the CRM.", customer.name, customer.status);

    println!();
    let twice = NewInvoice { to: ("Somebody else".to_owned(), None), ..new.clone() };
    println!("The same number once more: {}", told(&erp.book(&mary, twice).await));
    let other = NewInvoice { number: number + 1, to: ("Somebody else".to_owned(), None), ..new };
    println!("Tom, who may not:          {}", told(&erp.book(&tom, other).await));
    let page = erp.crm(&tom).customers().list(&CustomerQuery::default(), &PageRequest::default()).await?;
    println!("Customers in the CRM: {}, invoices in the ERP: {}.", page.data.len(), invoices(&db).await?);

    println!();
    let renamed = CustomerPatch { name: Some(format!("{name}, renamed")).into(), ..CustomerPatch::default() };
    erp.crm(&mary).customers().update(customer.id, renamed, Some(customer.version)).await?;
    for name in erp.follow_crm().await? {
        println!("The ERP has heard from the CRM of \"{name}\".");
    }
    println!("What it has heard it does not hear again: {} more.", erp.follow_crm().await?.len());
    Ok(())
}

async fn invoices(db: &DatabaseConnection) -> Result<u64> {
    Ok(invoice::Entity::find().count(db).await?)
}

fn told<T>(booked: &Result<T>) -> String {
    booked.as_ref().err().map_or("booked".to_owned(), |error| format!("refused ({error})"))
}
