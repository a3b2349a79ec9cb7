//! What is measured on: one company with many customers.

use anyhow::Result;
use crm_core::Crm;
use crm_core::actor::{Actor, Role};
use crm_core::customers::{ImportMode, ImportOptions};
use crm_core::ids::{CompanyId, CustomerId, UserId};
use crm_core::page::PageRequest;
use crm_core::sea_orm::{ConnectOptions, ConnectionTrait, Database};
use uuid::Uuid;

/// The company, and some of its customers.
pub(crate) struct Data {
    pub company: CompanyId,
    pub user: UserId,
    pub customers: Vec<CustomerId>,
}

impl Data {
    pub fn actor(&self) -> Actor {
        Actor::user(self.company, self.user, Role::Admin).with_profile(Some("Bench".to_owned()), None)
    }
}

/// Migrates, and imports so many customers.
pub(crate) async fn fill(url: &str, customers: usize) -> Result<Data> {
    let mut connect = ConnectOptions::new(url);
    connect.sqlx_logging(false);
    let db = Database::connect(connect).await?;
    migration::up(&db).await?;
    let mut data = Data { company: Uuid::new_v4().into(), user: Uuid::new_v4().into(), customers: Vec::new() };
    let mut scope = Crm::default().on(data.actor(), &db);
    let file = std::io::Cursor::new(csv(customers));
    let options = ImportOptions { mode: ImportMode::Create, ..ImportOptions::default() };
    let report = scope.customers().import(file, options).await?;
    anyhow::ensure!(report.created == customers as u64, "only {} of {customers} were imported", report.created);
    db.execute_unprepared("VACUUM ANALYZE").await?;
    let page = scope.customers().list(&Default::default(), &PageRequest::default().limit(20)).await?;
    data.customers = page.data.iter().map(|customer| customer.id).collect();
    Ok(data)
}

fn csv(customers: usize) -> String {
    const FIRST: [&str; 8] = ["Anna", "Bert", "Carla", "Dieter", "Eva", "Frank", "Greta", "Hans"];
    const LAST: [&str; 8] = ["Adler", "Becker", "Costa", "Dahl", "Evans", "Fischer", "Gomez", "Hart"];
    const CITY: [&str; 5] = ["Berlin", "Boston", "Paris", "Kyoto", "Lima"];
    let mut csv = String::from("First Name,Last Name,Email,Company,City,Country,Phone,Status\n");
    for number in 0..customers {
        let (first, last) = (FIRST[number % 8], LAST[number / 8 % 8]);
        let (firm, city) = (number % 997, CITY[number % 5]);
        csv.push_str(&format!(
            "{first},{last},{first}.{last}.{number}@example.com,{last} {firm} Ltd,{city},Germany,030 9018{:05},active\n",
            number % 100_000
        ));
    }
    csv
}
