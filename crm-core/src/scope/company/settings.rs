//! The settings of a company.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::base::lead_rating::LeadRating;
use crate::base::money::Currency;
use crate::base::score::Score;
use crate::base::string_enum::string_enum;
use crate::base::working_hours::WorkingHours;

string_enum! {
    /// What happens to a customer that may be there already.
    DuplicatePolicy {
        /// It is refused: one with an e-mail address of another customer, and one whose score reaches the threshold for
        /// refusals, if the company has set one.
        Reject = "reject",
        /// It is written, and the answer names the candidates.
        Warn = "warn",
        /// It is written, and nothing is looked for.
        Allow = "allow",
    }
}

string_enum! {
    /// Whose customers, leads, deals and tasks users see. Administrators see all, and records without an owner are
    /// everyone's.
    RecordAccess {
        /// Those of the company.
        Company = "company",
        /// Their own, those of the users in their teams, and those of the teams that they manage and the teams below.
        Team = "team",
        /// Their own, and those of the teams that they manage and the teams below.
        Own = "own",
    }
}

/// At this score the labelled set of the tests has at least 95 % precision and 90 % recall.
const DEFAULT_DUPLICATE_THRESHOLD: Score = Score::from_thousandths(720);

/// The settings of a company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CompanySettings {
    /// The default country (ISO 3166-1 alpha-2) of telephone numbers without a country code.
    pub default_country: Option<String>,
    /// The time zone (IANA) of days and months.
    pub time_zone: String,
    /// The currency in which amounts of several currencies are summed up.
    pub base_currency: Currency,
    /// What happens to a customer that may be there already.
    pub duplicate_policy: DuplicatePolicy,
    /// The score from which on customers count as possible duplicates.
    pub duplicate_threshold: Score,
    /// The score from which on the policy `reject` refuses a customer; without one, only for its e-mail addresses.
    pub duplicate_reject_threshold: Option<Score>,
    /// Whether a language model summarises interactions and suggests replies.
    pub ai_enabled: bool,
    /// Whether personal data is replaced by placeholders before a text is sent to the language model.
    pub ai_placeholders: bool,
    /// The number of tokens that the company uses at most in a day; the service's limit if absent.
    pub ai_daily_tokens: Option<u64>,
    /// Where an administrator has agreed that texts are sent.
    pub ai_consent: Option<AiConsent>,
    /// Whether custom fields without a definition are refused.
    pub custom_fields_only_defined: bool,
    /// Why deals are lost, in the order of the list; every word is a reason while there is none.
    pub lost_reasons: Vec<LostReason>,
    /// Whose records users see.
    pub record_access: RecordAccess,
    /// When the company works; around the clock without any.
    pub working_hours: Option<WorkingHours>,
    /// Within what working time new leads get a first response: the first target that a lead meets counts.
    pub lead_response_targets: Vec<LeadResponseTarget>,
}

impl CompanySettings {
    /// The time zone of the company's days.
    pub(crate) fn zone(&self) -> Tz {
        self.time_zone.parse().unwrap_or(Tz::UTC)
    }

    /// The company's day at this moment.
    pub(crate) fn today(&self, now: DateTime<Utc>) -> NaiveDate {
        now.with_timezone(&self.zone()).date_naive()
    }
}

/// A reason why deals are lost, in the words of a company.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LostReason {
    /// The stable code, which deals have; unique in the list: lower case with underscores. If absent, it is made of the
    /// label.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(example = "price", required = false, max_length = 64))]
    pub code: String,
    /// The name for people.
    #[cfg_attr(feature = "openapi", schema(example = "Too expensive", min_length = 1, max_length = 100))]
    pub label: String,
    /// The colour, as `#rrggbb`.
    #[cfg_attr(feature = "openapi", schema(example = "#d62728"))]
    pub color: Option<String>,
    /// True if no more deals get it; false if absent.
    #[serde(default)]
    pub is_archived: bool,
}

impl LostReason {
    /// A reason with this label, and a code that is made of it.
    pub fn labelled(label: impl Into<String>) -> Self {
        Self { label: label.into(), ..Self::default() }
    }
}

/// Within what working time leads of some kind get a first response. A target without conditions is for all leads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LeadResponseTarget {
    /// Only leads with this rating.
    pub rating: Option<LeadRating>,
    /// Only leads with at least this priority, from 0 to 3.
    #[cfg_attr(feature = "openapi", schema(example = 2, minimum = 0, maximum = 3))]
    pub priority: Option<i64>,
    /// Only leads from this source, without case, accents, hyphens and underscores.
    #[cfg_attr(feature = "openapi", schema(example = "web_site", max_length = 64))]
    pub source: Option<String>,
    /// The working time in minutes, from 1 to 43,200.
    #[cfg_attr(feature = "openapi", schema(example = 240, minimum = 1, maximum = 43_200))]
    pub minutes: i64,
}

/// The agreement that texts are sent to a language model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AiConsent {
    /// The name of the provider.
    pub provider: String,
    /// The host that receives the texts.
    pub host: String,
    /// The time of the agreement.
    pub at: DateTime<Utc>,
}

impl Default for CompanySettings {
    fn default() -> Self {
        Self {
            default_country: None,
            time_zone: "UTC".to_owned(),
            base_currency: Currency::EUR,
            duplicate_policy: DuplicatePolicy::Reject,
            duplicate_threshold: DEFAULT_DUPLICATE_THRESHOLD,
            duplicate_reject_threshold: None,
            ai_enabled: false,
            ai_placeholders: true,
            ai_daily_tokens: None,
            ai_consent: None,
            custom_fields_only_defined: false,
            lost_reasons: Vec::new(),
            record_access: RecordAccess::Company,
            working_hours: None,
            lead_response_targets: Vec::new(),
        }
    }
}
