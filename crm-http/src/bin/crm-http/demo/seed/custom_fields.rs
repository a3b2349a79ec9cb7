//! The demo's custom fields.

use chrono::TimeDelta;
use crm_core::custom_fields::{CustomFieldType, NewCustomField};
use crm_core::ids::CustomFieldId;
use crm_http::examples;
use rand::RngExt;
use serde_json::{Map, Value, json};

use super::{Seeder, json_object};

impl Seeder<'_, '_> {
    /// The custom fields of the document's examples, and two others.
    pub(super) async fn custom_fields(&mut self) -> anyhow::Result<()> {
        let main: NewCustomField = serde_json::from_value(examples::custom_field_fields())?;
        for (id, new) in [
            (examples::CUSTOM_FIELD, main),
            (
                examples::CUSTOM_FIELD_TO_DELETE,
                NewCustomField {
                    is_archived: Some(true),
                    ..NewCustomField::of(CustomFieldType::Text, "madeByMistake", "Made by mistake")
                },
            ),
        ] {
            self.randomness.choose(id);
            let field = self.tx.scope().custom_fields().create(new).await?;
            anyhow::ensure!(field.id == CustomFieldId(id), "the example {id} became {}", field.id);
        }
        for other in examples::more_custom_fields() {
            self.tx.scope().custom_fields().create(serde_json::from_value(other)?).await?;
        }
        Ok(())
    }

    /// The contract of every third customer.
    pub(super) fn contract(&mut self, number: u32) -> Map<String, Value> {
        if !number.is_multiple_of(3) {
            return Map::new();
        }
        let end = self.now + TimeDelta::days(self.random.random_range(10..700));
        let tier = ["silver", "gold", "platinum"][number as usize / 3 % 3];
        json_object(json!({
            "tier": tier,
            "contractEnd": end.date_naive(),
            "seats": self.random.random_range(1..60) * 5,
        }))
    }
}
