//! The calendar of the document's examples.

use anyhow::Context;
use crm_core::Crm;
use crm_core::sea_orm::DatabaseConnection;
use crm_http::examples;

use super::Company;

/// A calendar of the first company's seller: the secret of its address begins with the company.
pub(super) async fn share(crm: &Crm, database: &DatabaseConnection, company: Company) -> anyhow::Result<()> {
    if company != Company::Acme {
        return Ok(());
    }
    let sales = company.people().find(|person| person.login == "sales").context("a seller of the demo")?;
    let secret = crm.on(sales.actor(), database).calendar_feed().create().await?.expose();
    anyhow::ensure!(secret == examples::CALENDAR_SECRET, "the secret of the example became {secret}");
    Ok(())
}
