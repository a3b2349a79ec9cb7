//! A company's settings, for its administrators.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use serde::{Deserialize, Serialize};

use super::{CompanySettings, DuplicatePolicy};
use crate::base::error::{Conflict, Error, Result, Violations};
use crate::base::patch::Patch;
use crate::jobs;
use crate::scope::actor::{Action, Resource};
use crate::scope::company::{self, Company};
use crate::scope::{Change, CompanyScope, CompanyTx};

/// A company's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// The default country (ISO 3166-1 alpha-2) of telephone numbers without a country code.
    pub default_country: Option<String>,
    /// The time zone (IANA) of days and months.
    pub time_zone: String,
    /// Whether two customers may have the same e-mail address.
    pub duplicate_policy: DuplicatePolicy,
    /// The version, which counts the writes; part of the ETag.
    pub version: i64,
    /// The time of the last change.
    pub updated_at: DateTime<Utc>,
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
    /// Whether two customers may have the same e-mail address. `reject` is refused while some customers share an
    /// address.
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

    /// Changes the settings; `expected` is the version that the caller has read. They take effect at once in this
    /// process, and within five seconds in others; after a host's transaction, within five seconds of its commit
    /// everywhere.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::Stale`], [`Error::Invalid`]; [`Conflict::DuplicateEmailsExist`] if the policy
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
    patch.apply(&mut after.settings)?;
    tx.update(&before, &mut after, Change::Updated).await?;
    tx.company_written();
    if after.settings.time_zone != before.settings.time_zone {
        jobs::reschedule(tx, &after.settings.time_zone).await?;
    }
    if mentions_policy {
        tx.expect_many_rows().await?;
        apply_policy(tx, &after).await?;
    }
    Ok(Settings::from(&after))
}

/// Makes the addresses of existing customers unique, or removes the constraint.
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
