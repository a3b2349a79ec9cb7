//! A company's settings, for its administrators.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use serde::{Deserialize, Serialize};

use super::{
    CompanySettings, DuplicatePolicy, LeadResponseTarget, LostReason, RecordAccess, lead_response, lost_reasons,
};
use crate::base::error::{Conflict, Error, Result, Violations};
use crate::base::money::Currency;
use crate::base::patch::Patch;
use crate::base::score::Score;
use crate::base::working_hours::WorkingHours;
use crate::customers::email_keys;
use crate::scope::actor::{Action, Resource};
use crate::scope::company::{self, Company};
use crate::scope::{Change, CompanyScope, CompanyTx, Crm};
use crate::{ai, jobs};

/// The most tokens that a company can allow itself in a day.
const MAX_DAILY_TOKENS: u64 = 1_000_000_000;
/// Below this score, customers have next to nothing in common.
const LOWEST_THRESHOLD: Score = Score::from_thousandths(300);

/// A company's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// The default country (ISO 3166-1 alpha-2) of telephone numbers without a country code.
    pub default_country: Option<String>,
    /// The time zone (IANA) of days and months.
    pub time_zone: String,
    /// The currency (ISO 4217) in which amounts of several currencies are summed up.
    #[cfg_attr(feature = "openapi", schema(value_type = String, example = "EUR", min_length = 3, max_length = 3))]
    pub base_currency: Currency,
    /// What happens to a customer that may be there already.
    pub duplicate_policy: DuplicatePolicy,
    /// The score from 0 to 1 from which on customers count as possible duplicates.
    #[cfg_attr(feature = "openapi", schema(value_type = f64, example = 0.75, minimum = 0, maximum = 1))]
    pub duplicate_threshold: Score,
    /// The score from which on the policy `reject` refuses a customer; with `null`, only for an e-mail address of another
    /// customer.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<f64>, example = 0.95, minimum = 0, maximum = 1))]
    pub duplicate_reject_threshold: Option<Score>,
    /// Whether a language model summarises interactions and suggests replies. Nothing is sent while `languageModel` is
    /// absent, or its `isConsented` false.
    pub ai_enabled: bool,
    /// Whether names, addresses, telephone numbers and e-mail addresses are replaced by placeholders before a text is
    /// sent to the language model.
    pub ai_placeholders: bool,
    /// The number of tokens that the language model uses at most in a day; `null` for the limit of the service, which
    /// also holds if it is lower.
    #[cfg_attr(feature = "openapi", schema(example = 100_000))]
    pub ai_daily_tokens: Option<u64>,
    /// Whether custom fields without a definition are refused.
    pub custom_fields_only_defined: bool,
    /// Why deals are lost, in their order; at most 100. While there is none, every word is a reason.
    pub lost_reasons: Vec<LostReason>,
    /// Whose customers, leads, deals and tasks users see. Administrators see all, and records without an owner are
    /// everyone's.
    pub record_access: RecordAccess,
    /// When your company works, in its time zone; `null` for around the clock.
    pub working_hours: Option<WorkingHours>,
    /// Within what working time new leads get a first response; at most 20. The first that a lead meets counts.
    pub lead_response_targets: Vec<LeadResponseTarget>,
    /// The language model that the service has, if it has one.
    pub language_model: Option<AvailableLanguageModel>,
    /// The version, which counts the writes; part of the ETag.
    pub version: i64,
    /// The time of the last change.
    pub updated_at: DateTime<Utc>,
}

/// The language model of the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct AvailableLanguageModel {
    /// The name of the provider.
    pub provider: String,
    /// The host that receives the texts.
    pub host: String,
    /// The name of the model.
    pub model: String,
    /// Whether an administrator has agreed that texts are sent to this provider and host.
    pub is_consented: bool,
}

/// A change of settings: absent fields stay unchanged, `null` restores the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SettingsPatch {
    /// The default country (ISO 3166-1 alpha-2, or a name) of telephone numbers without a country code.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    #[serde(default)]
    pub default_country: Patch<String>,
    /// The time zone (IANA) of days and months.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    #[serde(default)]
    pub time_zone: Patch<String>,
    /// The currency (ISO 4217) in which amounts of several currencies are summed up; `EUR` by default. Rates belong to
    /// it: another one needs rates of its own.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>, min_length = 3, max_length = 3))]
    #[serde(default)]
    pub base_currency: Patch<Currency>,
    /// What happens to a customer that may be there already. `reject` also makes e-mail addresses unique, and is refused
    /// while some customers share one.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<DuplicatePolicy>))]
    #[serde(default)]
    pub duplicate_policy: Patch<DuplicatePolicy>,
    /// The score from 0.3 to 1 from which on customers count as possible duplicates.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<f64>, minimum = 0.3, maximum = 1))]
    #[serde(default)]
    pub duplicate_threshold: Patch<Score>,
    /// The score from 0.3 to 1 from which on the policy `reject` refuses a customer.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<f64>, minimum = 0.3, maximum = 1))]
    #[serde(default)]
    pub duplicate_reject_threshold: Patch<Score>,
    /// Whether a language model summarises interactions and suggests replies. The first time, and after the service has
    /// changed its provider, it is switched on only with `aiConsent`.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<bool>))]
    #[serde(default)]
    pub ai_enabled: Patch<bool>,
    /// Whether personal data is replaced by placeholders before a text is sent to the language model.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<bool>))]
    #[serde(default)]
    pub ai_placeholders: Patch<bool>,
    /// The number of tokens that the language model uses at most in a day, from 1 to 1,000,000,000.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>, minimum = 1, maximum = 1_000_000_000))]
    #[serde(default)]
    pub ai_daily_tokens: Patch<u64>,
    /// Whether custom fields without a definition are refused. Records keep those that they have.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<bool>))]
    #[serde(default)]
    pub custom_fields_only_defined: Patch<bool>,
    /// All reasons why deals are lost, in their order; at most 100. Deals keep reasons that are no longer there.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<LostReason>>, max_items = 100))]
    #[serde(default)]
    pub lost_reasons: Patch<Vec<LostReason>>,
    /// Whose customers, leads, deals and tasks users see; `company` by default.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<RecordAccess>))]
    #[serde(default)]
    pub record_access: Patch<RecordAccess>,
    /// When your company works, in its time zone; replaced as a whole. Without it, it works around the clock. Leads keep the
    /// `respondBy` that they have.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<WorkingHours>))]
    #[serde(default)]
    pub working_hours: Patch<WorkingHours>,
    /// Within what working time new leads get a first response, by rating, priority and source; at most 20. The first that a
    /// lead meets counts, so one without conditions comes last. Leads keep the `respondBy` that they have.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<Vec<LeadResponseTarget>>, max_items = 20))]
    #[serde(default)]
    pub lead_response_targets: Patch<Vec<LeadResponseTarget>>,
    /// True to agree that texts of interactions are sent to the language model of the service. It is recorded, and is
    /// asked for again when the service changes its provider.
    #[serde(default)]
    pub ai_consent: Option<bool>,
}

impl Settings {
    fn of(company: &Company, crm: &Crm) -> Self {
        let CompanySettings {
            default_country,
            time_zone,
            base_currency,
            duplicate_policy,
            duplicate_threshold,
            duplicate_reject_threshold,
            ai_enabled,
            ai_placeholders,
            ai_daily_tokens,
            ai_consent: _,
            custom_fields_only_defined,
            lost_reasons,
            record_access,
            working_hours,
            lead_response_targets,
        } = company.settings.clone();
        let language_model = crm.0.language_model.as_ref().map(|model| AvailableLanguageModel {
            provider: model.description.provider.clone(),
            host: model.description.host.clone(),
            model: model.description.model.clone(),
            is_consented: ai::is_consented(&company.settings, &model.description),
        });
        let (version, updated_at) = (company.version, company.updated_at);
        Self {
            default_country,
            time_zone,
            base_currency,
            duplicate_policy,
            duplicate_threshold,
            duplicate_reject_threshold,
            ai_enabled,
            ai_placeholders,
            ai_daily_tokens,
            custom_fields_only_defined,
            lost_reasons,
            record_access,
            working_hours,
            lead_response_targets,
            language_model,
            version,
            updated_at,
        }
    }
}

impl SettingsPatch {
    fn apply(self, settings: &mut CompanySettings, tx: &CompanyTx<'_>) -> Result<()> {
        let Self {
            default_country,
            time_zone,
            base_currency,
            duplicate_policy,
            duplicate_threshold,
            duplicate_reject_threshold,
            ai_enabled,
            ai_placeholders,
            ai_daily_tokens,
            custom_fields_only_defined,
            lost_reasons,
            record_access,
            working_hours,
            lead_response_targets,
            ai_consent,
        } = self;
        let defaults = CompanySettings::default();
        let mut violations = Violations::default();
        match default_country {
            Patch::Absent => {}
            Patch::Clear => settings.default_country = None,
            Patch::Set(country) => match crate::base::places::country_code(&country) {
                Some(code) => settings.default_country = Some(code),
                None => violations.add("/defaultCountry", "country_unknown", "expected an ISO 3166-1 code such as DE"),
            },
        }
        match time_zone {
            Patch::Absent => {}
            Patch::Clear => settings.time_zone = defaults.time_zone,
            Patch::Set(zone) => match crate::base::places::time_zone(&zone) {
                Some(zone) => settings.time_zone = zone.name().to_owned(),
                None => violations.add("/timeZone", "time_zone_unknown", "expected an IANA zone such as Europe/Berlin"),
            },
        }
        base_currency.apply_or(&mut settings.base_currency, defaults.base_currency);
        duplicate_policy.apply_or(&mut settings.duplicate_policy, defaults.duplicate_policy);
        for (pointer, threshold) in
            [("/duplicateThreshold", &duplicate_threshold), ("/duplicateRejectThreshold", &duplicate_reject_threshold)]
        {
            if threshold.value().is_some_and(|score| *score < LOWEST_THRESHOLD) {
                violations.add(pointer, "out_of_range", "from 0.3 to 1");
            }
        }
        duplicate_threshold.apply_or(&mut settings.duplicate_threshold, defaults.duplicate_threshold);
        duplicate_reject_threshold.apply(&mut settings.duplicate_reject_threshold);
        ai_placeholders.apply_or(&mut settings.ai_placeholders, defaults.ai_placeholders);
        custom_fields_only_defined
            .apply_or(&mut settings.custom_fields_only_defined, defaults.custom_fields_only_defined);
        match lost_reasons {
            Patch::Absent => {}
            Patch::Clear => settings.lost_reasons = defaults.lost_reasons,
            Patch::Set(reasons) => settings.lost_reasons = lost_reasons::settle(reasons, &mut violations),
        }
        record_access.apply_or(&mut settings.record_access, defaults.record_access);
        match working_hours {
            Patch::Absent => {}
            Patch::Clear => settings.working_hours = None,
            Patch::Set(hours) => settings.working_hours = Some(hours.settled("/workingHours", &mut violations)),
        }
        match lead_response_targets {
            Patch::Absent => {}
            Patch::Clear => settings.lead_response_targets = defaults.lead_response_targets,
            Patch::Set(targets) => {
                settings.lead_response_targets = lead_response::settle(targets, &mut violations);
            }
        }
        if ai_daily_tokens.value().is_some_and(|tokens| !(1..=MAX_DAILY_TOKENS).contains(tokens)) {
            violations.add("/aiDailyTokens", "out_of_range", format!("from 1 to {MAX_DAILY_TOKENS}"));
        }
        ai_daily_tokens.apply(&mut settings.ai_daily_tokens);
        ai::switch(settings, &ai_enabled, ai_consent, tx, &mut violations);
        Ok(violations.into_result()?)
    }
}

/// The settings of the company. Obtained from [`CompanyScope::settings`].
#[derive(Debug)]
pub struct SettingsRepository<'s, 'c>(&'s mut CompanyScope<'c>);

impl<'c> CompanyScope<'c> {
    /// The settings of the company.
    pub fn settings(&mut self) -> SettingsRepository<'_, 'c> {
        SettingsRepository(self)
    }
}

impl SettingsRepository<'_, '_> {
    /// Reads the settings.
    ///
    /// # Errors
    /// [`Error::CompanyClosed`], [`Error::Unavailable`].
    pub async fn get(&self) -> Result<Settings> {
        // Not from the cache: the version goes into an ETag.
        self.0.authorize_read(Resource::Settings, Action::Read).await?;
        let company = company::read(self.0.database(), self.0.actor.company).await?;
        match company {
            Some(company) => company.ensure_open().map(|()| Settings::of(&company, &self.0.crm)),
            None => Ok(Settings::of(&*self.0.company().await?, &self.0.crm)),
        }
    }

    /// Changes the settings; `expected` is the version that the caller has read. They take effect at once in this
    /// process, and within five seconds in others; after a host's transaction, within five seconds of its commit
    /// everywhere.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Stale`], [`Error::Invalid`], also for a language model that is switched on without
    /// consent (`ai_consent_required`), or that there is not; [`Conflict::DuplicateEmailsExist`] if the policy
    /// changes to `reject` while some customers share an e-mail address.
    pub async fn update(&mut self, patch: SettingsPatch, expected: Option<i64>) -> Result<Settings> {
        self.0.write(async |tx| update(tx, patch, expected).await).await
    }
}

async fn update(tx: &mut CompanyTx<'_>, patch: SettingsPatch, expected: Option<i64>) -> Result<Settings> {
    tx.authorize(Resource::Settings, Action::Update, None, None)?;
    let before = company::lock(tx).await?;
    CompanyTx::expect_version(&before, expected)?;
    let mut after = before.clone();
    // Also if the policy does not change: another instance may have used the previous one for some seconds.
    let mentions_policy = !patch.duplicate_policy.is_absent();
    patch.apply(&mut after.settings, tx)?;
    tx.update(&before, &mut after, Change::Updated).await?;
    tx.company_written();
    if after.settings.time_zone != before.settings.time_zone {
        jobs::reschedule(tx, &after.settings.time_zone).await?;
    }
    if mentions_policy {
        tx.expect_many_rows().await?;
        apply_policy(tx, &after).await?;
    }
    Ok(Settings::of(&after, tx.crm()))
}

/// Makes the addresses of existing customers unique, or removes the constraint.
async fn apply_policy(tx: &mut CompanyTx<'_>, after: &Company) -> Result<()> {
    let (key, is_other) = match after.settings.duplicate_policy {
        DuplicatePolicy::Reject => (Expr::col("email"), Expr::col("email_key").is_null()),
        DuplicatePolicy::Warn | DuplicatePolicy::Allow => (Expr::cust("NULL"), Expr::col("email_key").is_not_null()),
    };
    let statement = Query::update()
        .table("crm_customers")
        .value("email_key", key)
        .and_where(Expr::col("company_id").eq(after.id.0))
        .and_where(Expr::col("deleted_at").is_null())
        .and_where(Expr::col("email").is_not_null())
        .and_where(is_other)
        .to_owned();
    let live = Query::select()
        .column("id")
        .from("crm_customers")
        .and_where(Expr::col("company_id").eq(after.id.0))
        .and_where(Expr::col("deleted_at").is_null())
        .to_owned();
    let is_unique = after.settings.duplicate_policy == DuplicatePolicy::Reject;
    let is_other = if is_unique { Expr::col("email_key").is_null() } else { Expr::col("email_key").is_not_null() };
    let lists = email_keys(after.id.0, Expr::col("customer_id").in_subquery(live).and(is_other), is_unique);
    for statement in [statement, lists] {
        tx.execute(&statement).await.map_err(|error| match error {
            Error::Conflict(Conflict::CustomerEmailTaken) => Conflict::DuplicateEmailsExist.into(),
            other => other,
        })?;
    }
    Ok(())
}
