//! Whether a company scores its leads, as it is read with it: one that does not pays nothing for it.

/// What of a lead and of what belongs to it can change its score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CompanyScoring {
    /// Leads have scores: there are active rules, or a model that has learned enough.
    pub is_on: bool,
    /// The points of some rules decay with the age of the last activity.
    pub decays: bool,
    /// Some rules look at tags.
    pub reads_tags: bool,
}

pub(super) const IS_ON: &str = "(EXISTS (SELECT 1 FROM crm_lead_scoring_rules AS rules \
     WHERE rules.company_id = $company AND rules.is_active) \
     OR EXISTS (SELECT 1 FROM crm_lead_scoring_models AS models \
     WHERE models.company_id = $company AND models.is_ready))";

pub(super) const DECAYS: &str = "(EXISTS (SELECT 1 FROM crm_lead_scoring_rules AS rules \
     WHERE rules.company_id = $company AND rules.is_active AND rules.decay_days IS NOT NULL))";

pub(super) const READS_TAGS: &str = "(EXISTS (SELECT 1 FROM crm_lead_scoring_rules AS rules \
     WHERE rules.company_id = $company AND rules.is_active \
     AND CAST(rules.condition AS TEXT) LIKE '%\"tags\"%'))";
