//! The gate: whether a customer may be contacted, and why not.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::model::{Consent, ConsentStatus, ContactChannel, LawfulBasis};
use super::points::Point;
use crate::base::ids::ConsentId;
use crate::base::string_enum::string_enum;
use crate::leads::ContactFlags;

/// Purposes that no contract and no law asks for: they rest on consent, or on a legitimate interest.
const ADVERTISING: &[&str] = &["marketing", "newsletter", "profiling", "survey"];

string_enum! {
    /// Why a customer may not be contacted.
    ContactReason {
        /// The customer or the lead is in the trash.
        Trashed = "trashed",
        /// The ledger has no entry of the purpose on the channel.
        ConsentMissing = "consent_missing",
        /// The customer has not confirmed yet.
        ConsentPending = "consent_pending",
        /// The customer has not agreed.
        ConsentDenied = "consent_denied",
        /// The customer does not agree any more.
        ConsentWithdrawn = "consent_withdrawn",
        /// The time of the consent is over.
        ConsentExpired = "consent_expired",
        /// The lawful basis of the entry does not bear the purpose: a contract asks for no advertising.
        LawfulBasis = "lawful_basis",
        /// The lead does not want to be called.
        DoNotCall = "do_not_call",
        /// The lead wants no e-mails.
        DoNotEmail = "do_not_email",
        /// There is no address and no number for the channel.
        NoContactPoint = "no_contact_point",
        /// The do-not-contact list has the address or the number.
        Suppressed = "suppressed",
        /// The do-not-contact list has the domain of the address.
        DomainSuppressed = "domain_suppressed",
        /// The address or the number is opted out.
        OptedOut = "opted_out",
        /// Nobody is reached at the address or the number.
        Invalid = "invalid",
        /// The number has no international form, so that it cannot be looked for in the do-not-contact list.
        NotNormalised = "not_normalised",
    }
}

/// An address or a number of the customer, and whether it may be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CheckedContactPoint {
    /// The address or the number, as the customer has it.
    pub value: String,
    /// Whether it is the primary one.
    pub is_primary: bool,
    /// Whether it may be used for the purpose.
    pub allowed: bool,
    /// What stands against it.
    pub reasons: Vec<ContactReason>,
}

/// Whether a customer or a lead may be contacted for a purpose on a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MayContact {
    /// Whether they may. Then only the contact points that are allowed may be used.
    pub allowed: bool,
    /// What for.
    pub purpose: String,
    /// How.
    pub channel: ContactChannel,
    /// The time for which it was asked.
    pub at: DateTime<Utc>,
    /// Why they may not; all reasons at once, none if they may.
    pub reasons: Vec<ContactReason>,
    /// What holds by the ledger; absent without an entry.
    pub status: Option<ConsentStatus>,
    /// What contacting the customer rests on; absent unless something was granted that holds.
    pub lawful_basis: Option<LawfulBasis>,
    /// The entry of the ledger that says so.
    pub consent_id: Option<ConsentId>,
    /// The addresses or numbers for the channel.
    pub contact_points: Vec<CheckedContactPoint>,
}

impl MayContact {
    /// The answer for what is in the trash.
    pub(super) fn trashed(purpose: String, channel: ContactChannel, at: DateTime<Utc>) -> Self {
        Self {
            allowed: false,
            purpose,
            channel,
            at,
            reasons: vec![ContactReason::Trashed],
            status: None,
            lawful_basis: None,
            consent_id: None,
            contact_points: Vec::new(),
        }
    }
}

/// What the gate looks at.
pub(super) struct Facts<'f> {
    pub purpose: String,
    pub channel: ContactChannel,
    pub now: DateTime<Utc>,
    /// The entry that holds.
    pub entry: Option<&'f Consent>,
    /// The flags of the leads that the customer is or was.
    pub flags: &'f [ContactFlags],
    pub points: Vec<Point>,
    /// What the do-not-contact list has of the keys of the points.
    pub suppressed: &'f HashSet<String>,
}

impl Facts<'_> {
    /// The answer.
    pub fn decide(self) -> MayContact {
        let status = self.entry.map(|entry| entry.status(self.now));
        let mut reasons: Vec<ContactReason> = self.against_the_entry(status).into_iter().collect();
        reasons.extend(self.against_the_channel(status));
        let is_open = reasons.is_empty();
        let points: Vec<CheckedContactPoint> =
            self.points.iter().map(|point| checked(point, self.suppressed, is_open)).collect();
        if points.is_empty() {
            reasons.push(ContactReason::NoContactPoint);
        }
        if points.iter().all(|point| !point.reasons.is_empty()) {
            let mut against: Vec<ContactReason> = points.iter().flat_map(|point| point.reasons.clone()).collect();
            against.sort_unstable();
            against.dedup();
            reasons.extend(against);
        }
        let Self { purpose, channel, now, entry, .. } = self;
        let granted = entry.filter(|_| status == Some(ConsentStatus::Granted));
        MayContact {
            allowed: reasons.is_empty(),
            purpose,
            channel,
            at: now,
            reasons,
            status,
            lawful_basis: granted.map(|entry| entry.lawful_basis),
            consent_id: entry.map(|entry| entry.id),
            contact_points: points,
        }
    }

    fn against_the_entry(&self, status: Option<ConsentStatus>) -> Option<ContactReason> {
        match status {
            None => Some(ContactReason::ConsentMissing),
            Some(ConsentStatus::Pending) => Some(ContactReason::ConsentPending),
            Some(ConsentStatus::Denied) => Some(ContactReason::ConsentDenied),
            Some(ConsentStatus::Withdrawn) => Some(ContactReason::ConsentWithdrawn),
            Some(ConsentStatus::Expired) => Some(ContactReason::ConsentExpired),
            Some(ConsentStatus::Granted) => {
                let basis = self.entry.map(|entry| entry.lawful_basis).unwrap_or_default();
                let is_enough = matches!(basis, LawfulBasis::Consent | LawfulBasis::LegitimateInterest);
                let is_advertising = ADVERTISING.contains(&self.purpose.as_str());
                (is_advertising && !is_enough).then_some(ContactReason::LawfulBasis)
            }
        }
    }

    /// The flags of a lead that is a customer by now cannot be changed any more: what the customer grants later lifts them.
    fn against_the_channel(&self, status: Option<ConsentStatus>) -> Option<ContactReason> {
        let granted = self.entry.filter(|_| status == Some(ConsentStatus::Granted)).map(|entry| entry.obtained_at);
        let stands = |flags: &&ContactFlags| match (flags.converted_at, granted) {
            (Some(converted), Some(granted)) => granted <= converted,
            _ => true,
        };
        let mut flags = self.flags.iter().filter(stands);
        match self.channel {
            ContactChannel::Phone => flags.any(|flags| flags.do_not_call).then_some(ContactReason::DoNotCall),
            ContactChannel::Email => flags.any(|flags| flags.do_not_email).then_some(ContactReason::DoNotEmail),
            ContactChannel::Sms | ContactChannel::Whatsapp | ContactChannel::Post => None,
        }
    }
}

fn checked(point: &Point, suppressed: &HashSet<String>, is_open: bool) -> CheckedContactPoint {
    let keys = point.keys.as_deref().unwrap_or_default();
    let has = |key: &String| suppressed.contains(key);
    let against = [
        (keys.first().is_some_and(has), ContactReason::Suppressed),
        (keys.iter().skip(1).any(has), ContactReason::DomainSuppressed),
        (point.is_opted_out, ContactReason::OptedOut),
        (point.is_invalid, ContactReason::Invalid),
        (point.keys.is_none(), ContactReason::NotNormalised),
    ];
    let reasons: Vec<ContactReason> =
        against.into_iter().filter_map(|(stands, reason)| stands.then_some(reason)).collect();
    CheckedContactPoint {
        value: point.value.clone(),
        is_primary: point.is_primary,
        allowed: is_open && reasons.is_empty(),
        reasons,
    }
}
