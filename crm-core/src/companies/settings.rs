//! A company's settings, as its administrators see and change them.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use serde::{Deserialize, Serialize};

use super::{CompanySettings, DuplicatePolicy};
use crate::base::error::{Conflict, Error, Result, Violations};
use crate::base::patch::Patch;
use crate::scope::actor::{Action, Resource};
use crate::scope::company::{self, Company};
use crate::scope::{Change, CompanyScope, CompanyTx};

/// A company's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// The country (ISO 3166-1 alpha-2) by which telephone numbers without a country code are read.
    pub default_country: Option<String>,
    /// The time zone (IANA) in which days and months begin.
    pub time_zone: String,
    /// What happens when a second customer gets an e-mail address that another one has.
    pub duplicate_policy: DuplicatePolicy,
    /// Counts the writes; part of the ETag.
    pub version: i64,
    /// When they were last written.
    pub updated_at: DateTime<Utc>,
}

/// A change of settings: fields that are absent stay, `null` restores the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SettingsPatch {
    /// The country (ISO 3166-1 alpha-2, or a name) by which telephone numbers without a country code are read.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    #[serde(default)]
    pub default_country: Patch<String>,
    /// The time zone (IANA) in which days and months begin.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    #[serde(default)]
    pub time_zone: Patch<String>,
    /// What happens when a second customer gets an e-mail address that another one has. `reject` is refused while some
    /// customers share an address.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<DuplicatePolicy>))]
    #[serde(default)]
    pub duplicate_policy: Patch<DuplicatePolicy>,
}

impl From<&Company> for Settings {
    fn from(company: &Company) -> Self {
        let CompanySettings { default_country, time_zone, duplicate_policy } = company.settings.clone();
        let (version, updated_at) = (company.version, company.updated_at);
        Self { default_country, time_zone, duplicate_policy, version, updated_at }
    }
}

impl SettingsPatch {
    fn apply(self, settings: &mut CompanySettings) -> Result<()> {
        let Self { default_country, time_zone, duplicate_policy } = self;
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
        match duplicate_policy {
            Patch::Absent => {}
            Patch::Clear => settings.duplicate_policy = defaults.duplicate_policy,
            Patch::Set(policy) => settings.duplicate_policy = policy,
        }
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
            Some(company) => company.ensure_open().map(|()| Settings::from(&*company)),
            None => Ok(Settings::from(&*self.0.company().await?)),
        }
    }

    /// Changes the settings; `expected` is the version that the caller has seen. They hold at once in this process, and within
    /// five seconds in all others; where a host's transaction changes them, within five seconds of its commit everywhere.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Stale`], [`Error::Invalid`]; [`Conflict::DuplicateEmailsExist`] if the policy is to
    /// become `reject` while some customers share an e-mail address.
    pub async fn update(&mut self, patch: SettingsPatch, expected: Option<i64>) -> Result<Settings> {
        self.0.write(async |tx| update(tx, patch, expected).await).await
    }
}

async fn update(tx: &mut CompanyTx<'_>, patch: SettingsPatch, expected: Option<i64>) -> Result<Settings> {
    tx.authorize(Resource::Settings, Action::Update, None, None)?;
    let before = company::lock(tx).await?;
    CompanyTx::expect_version(&before, expected)?;
    let mut after = before.clone();
    // Also where the policy stays as it is: another instance may have written under the one before for some seconds.
    let mentions_policy = !patch.duplicate_policy.is_absent();
    patch.apply(&mut after.settings)?;
    tx.update(&before, &mut after, Change::Updated).await?;
    tx.company_written();
    if mentions_policy {
        tx.expect_many_rows().await?;
        apply_policy(tx, &after).await?;
    }
    Ok(Settings::from(&after))
}

/// Makes the addresses of existing customers unique, or no longer so.
async fn apply_policy(tx: &mut CompanyTx<'_>, after: &Company) -> Result<()> {
    let (key, is_other) = match after.settings.duplicate_policy {
        DuplicatePolicy::Reject => (Expr::col("email"), Expr::col("email_key").is_null()),
        DuplicatePolicy::Allow => (Expr::cust("NULL"), Expr::col("email_key").is_not_null()),
    };
    let statement = Query::update()
        .table("crm_customers")
        .value("email_key", key)
        .and_where(Expr::col("company_id").eq(after.id.0))
        .and_where(Expr::col("deleted_at").is_null())
        .and_where(Expr::col("email").is_not_null())
        .and_where(is_other)
        .to_owned();
    tx.execute(&statement).await.map(|_| ()).map_err(|error| match error {
        Error::Conflict(Conflict::CustomerEmailTaken) => Conflict::DuplicateEmailsExist.into(),
        other => other,
    })
}
