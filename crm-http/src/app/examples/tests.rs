//! Examples are what the types of the core read and write.

use crm_core::currency_rates::{CurrentRates, NewCurrencyRates};
use crm_core::custom_fields::{CustomField, CustomFieldPatch, NewCustomField};
use crm_core::customers::{Customer, CustomerPatch, FoundCustomer, NewCustomer};
use crm_core::deals::{
    Deal, DealBoard, DealItems, DealMove, DealPatch, DealStageEntry, DealTotals, NewDeal, NewDealItems,
};
use crm_core::interactions::{CompletedInteraction, Completion, Interaction, InteractionPatch, NewInteraction};
use crm_core::notes::{NewNote, Note, NotePatch};
use crm_core::pipelines::{NewPipeline, Pipeline, PipelinePatch};
use crm_core::tags::{NewTag, Tag, TagPatch};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Parses as `T`, and serialises to the same value.
pub(super) fn is_exactly<T: Serialize + DeserializeOwned>(example: &Value) {
    let value: T = serde_json::from_value(example.clone()).unwrap();
    assert_eq!(serde_json::to_value(value).unwrap(), *example);
}

#[test]
fn examples_are_true() {
    is_exactly::<Customer>(&super::customer());
    is_exactly::<Customer>(&super::created_customer());
    is_exactly::<FoundCustomer>(&super::found_customers()["data"][0]);
    is_exactly::<crm_core::timeline::TimelineEntry>(&super::history()["data"][0]);
    is_exactly::<crm_core::events::Event>(&super::events()["data"][0]);
    is_exactly::<crm_core::users::User>(&super::users()["data"][0]);
    is_exactly::<crm_core::users::Team>(&super::teams()["data"][0]);
    is_exactly::<crm_core::companies::Settings>(&super::settings());
    is_exactly::<crm_core::audit::AuditEntry>(&super::audit()["data"][0]);
    is_exactly::<crm_core::audit::AuditChainState>(&super::audit_chain());
    is_exactly::<crm_core::customers::ImportReport>(&super::import_report());
    is_exactly::<crm_core::customers::ImportPreview>(&super::import_preview());
    is_exactly::<crm_core::customers::StoredImport>(&super::imported());
    is_exactly::<crm_core::customers::StoredImport>(&super::started_import());
    is_exactly::<crm_core::customers::RevertedImport>(&super::reverted_import());
    is_exactly::<crm_core::import_mappings::ImportMapping>(&super::created_import_mapping());
    is_exactly::<NewCustomer>(&super::customer_fields());
    is_exactly::<Note>(&super::note());
    is_exactly::<Note>(&super::created_note());
    is_exactly::<NewNote>(&super::note_fields());
    is_exactly::<Interaction>(&super::interaction());
    is_exactly::<Interaction>(&super::created_interaction());
    is_exactly::<CompletedInteraction>(&super::completed_interaction());
    is_exactly::<NewInteraction>(&super::interaction_fields());
    serde_json::from_value::<NewInteraction>(super::new_interaction()).unwrap();
    serde_json::from_value::<InteractionPatch>(super::interaction_patch()).unwrap();
    serde_json::from_value::<Completion>(super::completion()).unwrap();
    is_exactly::<CustomField>(&super::custom_field());
    is_exactly::<CustomField>(&super::created_custom_field());
    is_exactly::<NewCustomField>(&super::custom_field_fields());
    serde_json::from_value::<NewCustomField>(super::new_custom_field()).unwrap();
    serde_json::from_value::<CustomFieldPatch>(super::custom_field_patch()).unwrap();
    is_exactly::<Pipeline>(&super::pipeline());
    is_exactly::<Pipeline>(&super::created_pipeline());
    serde_json::from_value::<NewPipeline>(super::pipeline_fields()).unwrap();
    serde_json::from_value::<NewPipeline>(super::new_pipeline()).unwrap();
    serde_json::from_value::<PipelinePatch>(super::pipeline_patch()).unwrap();
    is_exactly::<Deal>(&super::deal());
    is_exactly::<Deal>(&super::moved_deal());
    is_exactly::<Deal>(&super::created_deal());
    is_exactly::<DealBoard>(&super::deal_board());
    is_exactly::<DealItems>(&super::deal_items());
    serde_json::from_value::<NewDealItems>(super::new_deal_items()).unwrap();
    is_exactly::<DealTotals>(&super::deal_totals());
    is_exactly::<DealStageEntry>(&super::deal_stage_entry());
    is_exactly::<CurrentRates>(&super::currency_rates());
    serde_json::from_value::<NewCurrencyRates>(super::new_currency_rates()).unwrap();
    serde_json::from_value::<NewDeal>(super::deal_fields()).unwrap();
    serde_json::from_value::<DealPatch>(super::deal_patch()).unwrap();
    serde_json::from_value::<DealMove>(super::deal_move()).unwrap();
    is_exactly::<crm_core::notifications::Notification>(&super::notification());
    is_exactly::<crm_core::notifications::Notification>(&super::read_notification());
    is_exactly::<crm_core::privacy::ErasureCertificate>(&super::erasure_certificate());
    is_exactly::<crm_core::privacy::LegalHold>(&super::legal_hold());
    is_exactly::<crm_core::privacy::PersonalData>(&super::personal_data());
    serde_json::from_value::<crm_core::privacy::EraseSubject>(super::erasure()).unwrap();
    is_exactly::<Tag>(&super::tag());
    is_exactly::<Tag>(&super::created_tag());
    is_exactly::<NewTag>(&super::tag_fields());
    is_exactly::<crate::features::tags::CustomerTagList>(&super::customer_tags());
    serde_json::from_value::<NewTag>(super::new_tag()).unwrap();
    serde_json::from_value::<TagPatch>(super::tag_patch()).unwrap();
    serde_json::from_value::<NewNote>(super::new_note()).unwrap();
    serde_json::from_value::<NotePatch>(super::note_patch()).unwrap();
    serde_json::from_value::<NewCustomer>(super::new_customer()).unwrap();
    serde_json::from_value::<CustomerPatch>(super::customer_patch()).unwrap();
    let written = json!(super::customer_fields());
    assert!(NewCustomer::FIELDS.iter().all(|field| written.get(field).is_some()));
}
