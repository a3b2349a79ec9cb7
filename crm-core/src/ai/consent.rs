//! Whether a company wants a language model, and has agreed to where texts are sent.

use crate::base::error::Violations;
use crate::base::patch::Patch;
use crate::scope::company::{AiConsent, CompanySettings};
use crate::scope::language_model::{ConnectedModel, ModelDescription};
use crate::scope::{CompanyTx, Crm};

/// Why no text of a company is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Withheld {
    /// The service has no language model.
    NoModel,
    /// The company has not switched it on.
    SwitchedOff,
    /// The company has not agreed to this provider.
    NoConsent,
}

impl Withheld {
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::NoModel => "no_language_model",
            Self::SwitchedOff => "switched_off",
            Self::NoConsent => "consent_missing",
        }
    }
}

/// The model that the company's texts may be sent to.
pub(super) fn allowed<'c>(crm: &'c Crm, settings: &CompanySettings) -> Result<&'c ConnectedModel, Withheld> {
    let model = crm.0.language_model.as_ref().ok_or(Withheld::NoModel)?;
    match (settings.ai_enabled, is_consented(settings, &model.description)) {
        (false, _) => Err(Withheld::SwitchedOff),
        (true, false) => Err(Withheld::NoConsent),
        (true, true) => Ok(model),
    }
}

/// Whether the company has agreed to this provider and host.
pub(crate) fn is_consented(settings: &CompanySettings, model: &ModelDescription) -> bool {
    let consent = settings.ai_consent.as_ref();
    consent.is_some_and(|consent| (&consent.provider, &consent.host) == (&model.provider, &model.host))
}

/// Switches the language model on or off. What is sent, and where, must have been agreed to before.
pub(crate) fn switch(
    settings: &mut CompanySettings,
    enabled: &Patch<bool>,
    consents: Option<bool>,
    tx: &CompanyTx<'_>,
    violations: &mut Violations,
) {
    let wanted = *enabled.value().unwrap_or(&false);
    if !enabled.is_absent() {
        settings.ai_enabled = wanted;
    }
    let Some(model) = &tx.crm().0.language_model else {
        if wanted {
            violations.add("/aiEnabled", "no_language_model", "this service has no language model");
        }
        return;
    };
    let ModelDescription { provider, host, model: name } = &model.description;
    if is_consented(settings, &model.description) {
        return;
    }
    match consents {
        Some(true) => {
            settings.ai_consent = Some(AiConsent { provider: provider.clone(), host: host.clone(), at: tx.now() });
        }
        _ if wanted => violations.add(
            "/aiConsent",
            "ai_consent_required",
            format!(
                "subject, content, type and direction of every interaction that is added or changed will be sent to \
                 {provider} ({host}, model {name}); names, addresses, telephone numbers and e-mail addresses of the \
                 customer are replaced by placeholders unless aiPlaceholders is false; notes are never sent; set \
                 aiConsent to true to agree"
            ),
        ),
        _ => {}
    }
}
