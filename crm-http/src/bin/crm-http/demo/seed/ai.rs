//! Summaries in the demo's companies.

use anyhow::Context;
use crm_core::Crm;
use crm_core::companies::SettingsPatch;
use crm_core::interactions::InteractionQuery;
use crm_core::page::PageRequest;
use crm_core::patch::Patch;
use crm_core::sea_orm::DatabaseConnection;
use crm_http::examples;

use super::super::people::Company;

/// The number of interactions per company that have one from the beginning.
const SUMMARISED: u64 = 40;

/// Switches the language model on in both companies, and has the latest interactions summarised.
pub(in super::super) async fn summarise(crm: &Crm, database: &DatabaseConnection) -> anyhow::Result<()> {
    for company in Company::ALL {
        let admin = company.people().next().context("a company has people")?;
        let mut scope = crm.on(admin.actor(), database);
        // The port is another one each time, and so is what was agreed to.
        let on = SettingsPatch { ai_enabled: Patch::Set(true), ai_consent: Some(true), ..SettingsPatch::default() };
        scope.settings().update(on, None).await?;
        let query = InteractionQuery { occurred_to: Some("now".parse()?), ..InteractionQuery::default() };
        let page = scope.all_interactions().list(&query, &PageRequest::default().limit(SUMMARISED)).await?;
        let latest = page.data.iter().filter(|interaction| interaction.content.is_some() && !interaction.ai.has_text());
        for id in latest.map(|interaction| interaction.id).chain([examples::INTERACTION.into()]) {
            match scope.ai().request(id).await {
                Ok(_) | Err(crm_core::Error::NotFound { .. } | crm_core::Error::Invalid(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(())
}
