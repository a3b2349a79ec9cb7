//! The demo's saved views.

use crm_core::ids::SavedViewId;
use crm_core::saved_views::{NewSavedView, ViewEntity};
use crm_http::examples;

use super::Seeder;

impl Seeder<'_, '_> {
    /// The views of the document's examples, and another shared one.
    pub(super) async fn saved_views(&mut self) -> anyhow::Result<()> {
        let main: NewSavedView = serde_json::from_value(examples::saved_view_fields())?;
        for (id, new) in [
            (examples::SAVED_VIEW, main),
            (examples::SAVED_VIEW_TO_DELETE, NewSavedView::named(ViewEntity::Customers, "Saved by mistake")),
        ] {
            self.randomness.choose(id);
            let view = self.tx.scope().saved_views().create(new).await?;
            anyhow::ensure!(view.id == SavedViewId(id), "the example {id} became {}", view.id);
        }
        let other: NewSavedView = serde_json::from_value(examples::no_contact())?;
        self.tx.scope().saved_views().create(other).await?;
        Ok(())
    }
}
