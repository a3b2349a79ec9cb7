//! Challenges: a signed time with a random number, so that no instance has to remember one that was not used.
//!
//! What is signed includes the version of the consent text, so that nobody agrees to a text that has changed meanwhile.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use sha2::Sha256;
use uuid::Uuid;

use super::model::CaptureForm;
use crate::base::hex::hex;
use crate::scope::Crm;

/// How long a challenge holds.
pub const CHALLENGE_LIFETIME: TimeDelta = TimeDelta::hours(12);
/// How long people need at least to fill in a form.
pub const SHORTEST_VISIT: TimeDelta = TimeDelta::seconds(3);

const SECRET: usize = 32;
const SIGNATURE: usize = 32;

/// What a page needs to send a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct CaptureChallenge {
    /// The challenge to send with the form, once.
    pub challenge: String,
    /// How many seconds have to pass before that.
    #[cfg_attr(feature = "openapi", schema(example = 3))]
    pub min_seconds: i64,
    /// After how many seconds it is void.
    #[cfg_attr(feature = "openapi", schema(example = 43200))]
    pub max_seconds: i64,
    /// What the visitor has to agree to; nothing if `null`.
    pub consent_text: Option<String>,
}

/// What a challenge is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It can be used, unless it was.
    Good(Uuid),
    /// Nobody fills in a form so quickly.
    TooQuick,
    /// It is none of this form as it is now, or no longer.
    Void,
}

/// A new secret of a form.
pub(super) fn new_secret(crm: &Crm) -> String {
    let mut random = [0; SECRET];
    crm.0.source.randomness.fill(&mut random);
    hex(random)
}

/// A new challenge of the form.
pub(super) fn issue(crm: &Crm, form: &CaptureForm) -> CaptureChallenge {
    let (at, number) = (crm.now(), crm.id(crm.now()));
    let signed = [&at.timestamp_micros().to_be_bytes()[..], number.as_bytes()].concat();
    let signature = mac(form, &signed).map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default();
    CaptureChallenge {
        challenge: URL_SAFE_NO_PAD.encode([signed, signature].concat()),
        min_seconds: SHORTEST_VISIT.num_seconds(),
        max_seconds: CHALLENGE_LIFETIME.num_seconds(),
        consent_text: form.consent_text.clone(),
    }
}

/// What this challenge is worth now.
pub(super) fn judge(form: &CaptureForm, now: DateTime<Utc>, challenge: &str) -> Verdict {
    let Some((at, number)) = genuine(form, challenge) else { return Verdict::Void };
    match now - at {
        // The clock of another instance may be a little ahead.
        age if age < SHORTEST_VISIT => Verdict::TooQuick,
        age if age > CHALLENGE_LIFETIME => Verdict::Void,
        _ => Verdict::Good(number),
    }
}

/// The time and the number of a challenge that this form has signed.
fn genuine(form: &CaptureForm, challenge: &str) -> Option<(DateTime<Utc>, Uuid)> {
    let bytes = URL_SAFE_NO_PAD.decode(challenge).ok()?;
    let (signed, signature) = bytes.split_at_checked(bytes.len().checked_sub(SIGNATURE)?)?;
    let (at, number) = signed.split_first_chunk::<8>()?;
    let number = Uuid::from_slice(number).ok()?;
    // In constant time.
    mac(form, signed)?.verify_slice(signature).ok()?;
    Some((DateTime::from_timestamp_micros(i64::from_be_bytes(*at))?, number))
}

fn mac(form: &CaptureForm, signed: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(form.secret.0.as_bytes()).ok()?;
    mac.update(form.id.0.as_bytes());
    mac.update(&form.consent_version.to_be_bytes());
    mac.update(signed);
    Some(mac)
}
