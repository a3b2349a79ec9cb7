//! The input for consents.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use validator::Validate;

use super::model::{Consent, ConsentSource, ConsentState, ContactChannel, LawfulBasis};
use crate::base::clock;
use crate::base::error::Violations;
use crate::base::string_enum::canonical;
use crate::base::text;
use crate::base::validation::{self, normalise};

/// The purposes that companies usually have. Others are allowed.
pub const PURPOSES: &[&str] = &["marketing", "newsletter", "profiling", "service", "sharing", "survey"];
/// How many purposes the ledger of a customer has at most.
pub const MAX_PURPOSES: usize = 50;
/// The maximum length of a purpose, in characters.
const MAX_PURPOSE: usize = 50;
/// What is said of another purpose.
const PURPOSE_RULE: &str =
    "a purpose has 1 to 50 letters, digits and underscores, and begins with a letter: newsletter";
/// How far the clocks of clients may be ahead.
const MAX_SKEW: TimeDelta = TimeDelta::minutes(1);

/// An entry to add to the ledger of consents. An absent or `null` field has no value.
///
/// ```
/// use crm_core::consents::{ConsentSource, ContactChannel, NewConsent};
///
/// let consent = NewConsent {
///     source: Some(ConsentSource::Website),
///     text_version: Some("2026-03".into()),
///     ..NewConsent::granted("newsletter", ContactChannel::Email)
/// };
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewConsent {
    /// What for: `marketing`, `newsletter`, `profiling`, `service`, `sharing`, `survey`, or a word of your own. A customer has at
    /// most 50 purposes.
    #[cfg_attr(feature = "openapi", schema(example = "newsletter", min_length = 1, max_length = 50))]
    pub purpose: String,
    /// How.
    pub channel: ContactChannel,
    /// What was said.
    pub state: ConsentState,
    /// What contacting the customer rests on; `consent` if absent.
    pub lawful_basis: Option<LawfulBasis>,
    /// Where the entry comes from.
    pub source: Option<ConsentSource>,
    /// The version of the text that the customer has seen.
    #[validate(length(max = 100))]
    #[cfg_attr(feature = "openapi", schema(example = "2026-03", max_length = 100))]
    pub text_version: Option<String>,
    /// What proves it: a text, or where it is kept.
    #[validate(length(max = 2_000))]
    #[cfg_attr(feature = "openapi", schema(example = "Double opt-in, confirmed by link", max_length = 2_000))]
    pub proof: Option<String>,
    /// When the customer said it; now if absent. It is not in the future.
    pub obtained_at: Option<DateTime<Utc>>,
    /// From when on it holds no more. Only of what was granted, or is pending.
    pub expires_at: Option<DateTime<Utc>>,
}

impl NewConsent {
    /// The fields of a [`Consent`] that history does not repeat.
    pub(super) const READ_ONLY: &'static [&'static str] =
        &["id", "version", "customerId", "createdAt", "updatedAt", "createdBy", "updatedBy"];

    /// What the customer says now.
    pub fn new(purpose: impl Into<String>, channel: ContactChannel, state: ConsentState) -> Self {
        Self {
            purpose: purpose.into(),
            channel,
            state,
            lawful_basis: None,
            source: None,
            text_version: None,
            proof: None,
            obtained_at: None,
            expires_at: None,
        }
    }

    /// The customer agrees.
    pub fn granted(purpose: impl Into<String>, channel: ContactChannel) -> Self {
        Self::new(purpose, channel, ConsentState::Granted)
    }

    /// The customer does not agree any more.
    pub fn withdrawn(purpose: impl Into<String>, channel: ContactChannel) -> Self {
        Self::new(purpose, channel, ConsentState::Withdrawn)
    }

    /// The same, said at this time.
    #[must_use]
    pub fn at(self, time: DateTime<Utc>) -> Self {
        Self { obtained_at: Some(time), ..self }
    }

    /// The same, until this time.
    #[must_use]
    pub fn until(self, time: DateTime<Utc>) -> Self {
        Self { expires_at: Some(time), ..self }
    }

    /// Trims all texts, clears empty ones, and checks every rule.
    pub(super) fn validated(mut self, now: DateTime<Utc>) -> Result<Self, Violations> {
        let mut violations = Violations::default();
        normalise(&mut self.text_version, "/textVersion", text::line, &mut violations);
        normalise(&mut self.proof, "/proof", text::block, &mut violations);
        match purpose(&self.purpose) {
            Ok(purpose) => self.purpose = purpose,
            Err(rule) if self.purpose.trim().is_empty() => violations.add("/purpose", "required", rule),
            Err(rule) => violations.add("/purpose", "purpose_invalid", rule),
        }
        self.check_times(now, &mut violations);
        if let Err(errors) = self.validate() {
            validation::collect(&errors, "", &mut violations);
        }
        violations.into_result()?;
        Ok(self)
    }

    fn check_times(&mut self, now: DateTime<Utc>, violations: &mut Violations) {
        let cut = |time: DateTime<Utc>| clock::stored(time).unwrap_or(time);
        let is_plausible = |time: DateTime<Utc>| (1900..=9999).contains(&time.year());
        let obtained = cut(self.obtained_at.unwrap_or(now));
        (self.obtained_at, self.expires_at) = (Some(obtained), self.expires_at.map(cut));
        if obtained > now + MAX_SKEW {
            violations.add("/obtainedAt", "in_the_future", "what was said must not be in the future");
        } else if !is_plausible(obtained) {
            violations.add("/obtainedAt", "out_of_range", "expected a time of the years 1900 to 9999");
        }
        let Some(end) = self.expires_at else { return };
        if !matches!(self.state, ConsentState::Granted | ConsentState::Pending) {
            violations.add("/expiresAt", "unexpected", "only what was granted or is pending ends");
        } else if !is_plausible(end) {
            violations.add("/expiresAt", "out_of_range", "expected a time of the years 1900 to 9999");
        } else if end <= obtained {
            violations.add("/expiresAt", "before_start", "the end must be after the time at which it was obtained");
        }
    }

    /// Writes validated input into an entry.
    pub(super) fn write(self, consent: &mut Consent) {
        let Self { purpose, channel, state, lawful_basis, source, text_version, proof, obtained_at, expires_at } = self;
        consent.purpose = purpose;
        consent.channel = channel;
        consent.state = state;
        consent.lawful_basis = lawful_basis.unwrap_or_default();
        consent.source = source;
        consent.text_version = text_version;
        consent.proof = proof;
        consent.obtained_at = obtained_at.unwrap_or(consent.created_at);
        consent.expires_at = expires_at;
    }
}

/// A purpose in its stored form, or the rule for purposes.
pub(super) fn purpose(text: &str) -> Result<String, &'static str> {
    let purpose = canonical(text);
    let is_letter = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    let begins = purpose.starts_with(|letter: char| letter.is_ascii_lowercase());
    (begins && purpose.len() <= MAX_PURPOSE && purpose.chars().all(is_letter)).then_some(purpose).ok_or(PURPOSE_RULE)
}

#[cfg(test)]
mod tests {
    use super::purpose;

    #[test]
    fn purposes_are_words() {
        for (typed, stored) in [("newsletter", "newsletter"), (" Product News ", "product_news"), ("A-1", "a_1")] {
            assert_eq!(purpose(typed).as_deref(), Ok(stored), "{typed}");
        }
        for typed in ["", " ", "1st", "größe", "a,b", "_a", &"a".repeat(51)] {
            assert!(purpose(typed).is_err(), "{typed}");
        }
    }
}
