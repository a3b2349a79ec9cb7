//! The demo's saved mappings of imports.

use crm_core::ids::ImportMappingId;
use crm_core::import_mappings::NewImportMapping;
use crm_http::examples;

use super::Seeder;

impl Seeder<'_, '_> {
    /// The saved mappings of the document's examples.
    pub(super) async fn import_mappings(&mut self) -> anyhow::Result<()> {
        let main: NewImportMapping = serde_json::from_value(examples::import_mapping_fields())?;
        let mistake = NewImportMapping::of("Saved by mistake", vec!["Name".to_owned(), "Mail".to_owned()]);
        for (id, new) in [(examples::IMPORT_MAPPING, main), (examples::IMPORT_MAPPING_TO_DELETE, mistake)] {
            self.randomness.choose(id);
            let mapping = self.tx.scope().import_mappings().create(new).await?;
            anyhow::ensure!(mapping.id == ImportMappingId(id), "the example {id} became {}", mapping.id);
        }
        Ok(())
    }
}
