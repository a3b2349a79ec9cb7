//! The demo's capture forms.

use crm_core::capture_forms::NewCaptureForm;
use crm_core::ids::CaptureFormId;
use crm_http::examples;

use super::super::people::Company;
use super::Seeder;

impl Seeder<'_, '_> {
    /// The forms of the document's examples. The first one's key is the example's, whose beginning is the first company.
    pub(super) async fn capture_forms(&mut self) -> anyhow::Result<()> {
        let main: NewCaptureForm = serde_json::from_value(examples::capture_form_fields())?;
        let named = |name: &str| NewCaptureForm { name: Some(name.to_owned()), ..main.clone() };
        for (id, new) in [
            (examples::CAPTURE_FORM, main.clone()),
            (examples::CAPTURE_FORM_TO_DELETE, named("Spring campaign")),
            (examples::CAPTURE_FORM_TO_ROTATE, named("Landing page")),
        ] {
            self.randomness.choose(id);
            let form = self.tx.scope().capture_forms().create(new).await?;
            anyhow::ensure!(form.id == CaptureFormId(id), "the example {id} became {}", form.id);
            let is_example = id == examples::CAPTURE_FORM && self.company == Company::Acme;
            let key = &form.key;
            anyhow::ensure!(!is_example || key == examples::CAPTURE_FORM_KEY, "the key of the example became {key}");
        }
        Ok(())
    }
}
