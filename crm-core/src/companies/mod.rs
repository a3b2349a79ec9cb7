//! Companies: the CRM's mirror of the tenants, with their settings.
//!
//! The user-management service owns companies; the CRM stores what it needs from the first write on. A host controls
//! with [`Crm::companies`](crate::Crm::companies) which of them may use the CRM.

mod lead_response;
mod lost_reasons;
mod repo;
mod settings;

pub use repo::Companies;
pub use settings::{AvailableLanguageModel, Settings, SettingsPatch, SettingsRepository};

pub use crate::base::company_state::CompanyState;
pub use crate::scope::company::{
    AiConsent, CompanySettings, DuplicatePolicy, LeadResponseTarget, LostReason, RecordAccess,
};
